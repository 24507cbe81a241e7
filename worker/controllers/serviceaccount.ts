// The service account `default` of each namespace. Mirrors pkg/controller/serviceaccount/serviceaccounts_controller.go.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import { isTerminating } from '../api/object.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { serviceAccounts } from '../resources/core/serviceaccount.ts';
import { createInNamespace } from './create-in-namespace.ts';

const NAME = 'default';

export const serviceAccountController: Controller = {
  name: 'serviceaccount',
  component: 'kube-controller-manager',
  serviceAccount: 'service-account-controller',
  watches: [
    watch(namespaces),
    watch(serviceAccounts, ({ metadata }, _previous, _reader, type) =>
      type === 'deleted' && metadata.name === NAME ? [metadata.namespace!] : [],
    ),
  ],
  reconcile(name, { api }) {
    const namespace = api.get(namespaces, '', name);
    if (!namespace || isTerminating(namespace) || api.get(serviceAccounts, name, NAME)) return;
    createInNamespace(api, serviceAccounts, { metadata: { name: NAME, namespace: name } });
  },
};
