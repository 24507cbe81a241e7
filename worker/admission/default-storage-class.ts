// A claim without a class gets the default one, if there is one. Mirrors kubernetes plugin/pkg/admission/storage/storageclass/setdefault.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { PersistentVolumeClaim } from '../api/gen/core-v1.ts';
import { isDefaultClass, storageClasses } from '../resources/storage/storageclass.ts';
import { newest } from './default-class.ts';
import { only } from './refusal.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  handles: only('persistentvolumeclaims'),
  admit({ operation, subresource, object }, { reader }) {
    if (operation !== 'CREATE' || subresource) return;
    const { metadata, spec } = object as PersistentVolumeClaim;
    if (spec.storageClassName !== undefined || metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const found = newest(reader.list(storageClasses).filter(isDefaultClass));
    if (found) spec.storageClassName = found.metadata.name;
  },
};
