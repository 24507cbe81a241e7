// Claims, volumes and classes of volume attributes begin their life with a finalizer: their controllers take it away once nobody uses them. Mirrors kubernetes
// plugin/pkg/admission/storage/storageobjectinuseprotection.

import type { AdmissionPlugin } from '../api/admission.ts';
import { only } from './refusal.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  operations: ['CREATE'],
  handles: only('persistentvolumeclaims', 'persistentvolumes', 'volumeattributesclasses.storage.k8s.io'),
  admit({ operation, subresource, resource, object }) {
    if (operation !== 'CREATE' || subresource || !object) return;
    const finalizer = FINALIZERS[resource.resource]!;
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
  },
};
