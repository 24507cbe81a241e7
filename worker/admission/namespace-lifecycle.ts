// Nothing is made in a namespace that is not there or that is going; and the namespaces of the system stay. Mirrors apiserver
// pkg/admission/plugin/namespace/lifecycle.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Namespace } from '../api/gen/core-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { forbidden, namespaceTerminating, notFound } from '../api/status.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { nameOf } from './refusal.ts';

const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  ignores: (name, { get }) => {
    const namespace = get(namespaces, '', name);
    return namespace !== undefined && !isGoing(namespace);
  },
  admit(request, { reader }) {
    const { operation, resource, namespace, name } = request;
    if (resource.group === '' && resource.resource === 'namespaces') {
      if (operation === 'DELETE' && IMMORTAL.has(name)) throw forbidden(resource, name, 'this namespace may not be deleted');
      return;
    }
    if (operation !== 'CREATE' || !namespace) return;
    if (isGoing(existing(reader, namespace))) throw namespaceTerminating(request.resource, nameOf(request), namespace);
  },
};

const isGoing = ({ metadata, status }: Namespace): boolean => metadata.deletionTimestamp !== undefined || status?.phase === 'Terminating';

function existing(reader: ClusterReader, name: string): Namespace {
  const namespace = reader.get(namespaces, '', name);
  if (!namespace) throw notFound({ group: '', resource: 'namespaces' }, name);
  return namespace;
}
