// The ConfigMap `kube-root-ca.crt` of each namespace, by which pods trust the API server. Mirrors pkg/controller/certificates/rootcacertpublisher.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import { isTerminating } from '../api/object.ts';
import { isEqual } from '../lib/json.ts';
import { configMaps } from '../resources/core/configmap.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { ROOT_CA_SYNC_DURATION, ROOT_CA_SYNCS } from './meters.ts';
import { createInNamespace } from './create-in-namespace.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. ' +
  'No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCaPublisher: Controller = {
  name: 'root_ca_cert_publisher',
  component: 'kube-controller-manager',
  serviceAccount: 'root-ca-cert-publisher',
  watches: [watch(namespaces), watch(configMaps, ({ metadata }) => (metadata.name === NAME ? [metadata.namespace!] : []))],
  reconcile(name, { api, authority, meters }) {
    const namespace = api.get(namespaces, '', name);
    if (!namespace || isTerminating(namespace)) return;
    const data = { 'ca.crt': authority?.caBundle ?? '' };
    const present = api.get(configMaps, name, NAME);
    if (!present) {
      createInNamespace(api, configMaps, { metadata: { name: NAME, namespace: name, annotations: { [DESCRIPTION]: TEXT } }, data });
    } else if (!isEqual(present.data, data) || !present.metadata.annotations?.[DESCRIPTION]) {
      const annotations = { ...present.metadata.annotations, [DESCRIPTION]: TEXT };
      api.update(configMaps, { ...present, metadata: { ...present.metadata, annotations }, data });
    }
    meters.add(ROOT_CA_SYNCS, { code: '200' });
    meters.observe(ROOT_CA_SYNC_DURATION, { code: '200' }, 0);
  },
};
