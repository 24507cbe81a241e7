// Nothing is changed in a namespace that is not there. Mirrors kubernetes plugin/pkg/admission/namespace/exists.

import type { AdmissionPlugin } from '../api/admission.ts';
import { notFound } from '../api/status.ts';
import { namespaces } from '../resources/core/namespace.ts';

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  validate({ operation, resource, namespace }, { reader }) {
    if (operation === 'CONNECT' || !namespace || (resource.group === '' && resource.resource === 'namespaces')) return;
    if (!reader.get(namespaces, '', namespace)) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  },
};
