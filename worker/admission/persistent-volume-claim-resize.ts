// Only a bound claim grows, and only if its class lets it. Mirrors kubernetes plugin/pkg/admission/storage/persistentvolume/resize.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { PersistentVolumeClaim } from '../api/gen/core-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { compareQuantities } from '../lib/quantity.ts';
import { storageClasses } from '../resources/storage/storageclass.ts';
import { only, refusal } from './refusal.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  operations: ['UPDATE'],
  handles: only('persistentvolumeclaims'),
  validate(request, { reader }) {
    if (request.operation !== 'UPDATE' || request.subresource) return;
    const [claim, old] = [request.object as PersistentVolumeClaim, request.old as PersistentVolumeClaim];
    if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
    if (old.status.phase !== 'Bound') throw refusal(request, 'Only bound persistent volume claims can be expanded');
    if (!mayGrow(claim, old, reader))
      throw refusal(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  },
};

const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec.resources?.requests?.['storage'] ?? '0';
const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '';

function mayGrow(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, reader: ClusterReader): boolean {
  const name = classOf(claim);
  if (!name || name !== classOf(old)) return false;
  return reader.get(storageClasses, '', name)?.allowVolumeExpansion === true;
}
