// A namespace that is not there is made with the first object in it. Mirrors kubernetes plugin/pkg/admission/namespace/autoprovision. Differs: if the object is refused
// in the end, the namespace is not there either.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { KubeObject } from '../api/object.ts';
import { namespaces } from '../resources/core/namespace.ts';

export const namespaceAutoProvision: AdmissionPlugin = {
  name: 'NamespaceAutoProvision',
  operations: ['CREATE', 'UPDATE'],
  handles: ({ namespaced }) => namespaced,
  ignores: (namespace, { get }) => get(namespaces, '', namespace) !== undefined,
  admit({ operation, namespace }, { reader, store }) {
    if (operation !== 'CREATE' || !namespace || reader.get(namespaces, '', namespace)) return;
    store.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as KubeObject);
  },
};
