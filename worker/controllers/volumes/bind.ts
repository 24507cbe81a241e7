// The steps by which a volume and a claim become each other's, and part again. Each is taken only if it was not taken before, so that the whole can be
// repeated from anywhere. Mirrors `bind` and `unbindVolume` of pv_controller.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { tieToClaim, volumeAnnotation } from '../../resources/core/volume-claims.ts';

export function bind(volume: PersistentVolume, claim: PersistentVolumeClaim, context: ControllerContext): void {
  const { api } = context;
  const tiedVolume = tieToClaim(volume, claim);
  const ownVolume = setVolumePhase(tiedVolume ? api.update(persistentVolumes, tiedVolume) : volume, 'Bound', context);
  const tiedClaim = tieToVolume(claim, ownVolume);
  setClaimPhase(tiedClaim ? api.update(persistentVolumeClaims, tiedClaim) : claim, 'Bound', ownVolume, context);
}

/** The claim with the name of the volume; undefined if it has it already. */
function tieToVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const { name } = volume.metadata;
  const isNamed = claim.spec.volumeName === name;
  const known = claim.metadata.annotations;
  if (isNamed && known?.[volumeAnnotation.bindCompleted] !== undefined) return undefined;
  const annotations = {
    ...known,
    ...(!isNamed && known?.[volumeAnnotation.boundByController] === undefined && { [volumeAnnotation.boundByController]: 'yes' }),
    [volumeAnnotation.bindCompleted]: 'yes',
  };
  return { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: name } };
}

/** The volume as it is then. */
export function setVolumePhase(volume: PersistentVolume, phase: string, context: ControllerContext, message = ''): PersistentVolume {
  if (volume.status.phase === phase && (volume.status.message ?? '') === message) return volume;
  const { message: _, ...status } = volume.status;
  return context.api.updateStatus(persistentVolumes, { ...volume, status: { ...status, phase, ...(message && { message }) } });
}

/** A claim that becomes bound takes over what its volume can hold; later it is the business of whoever makes it grow. */
export function setClaimPhase(
  claim: PersistentVolumeClaim,
  phase: string,
  volume: PersistentVolume | undefined,
  context: ControllerContext,
  why?: { readonly reason: string; readonly message: string },
): void {
  const { accessModes: _modes, capacity: knownCapacity, currentVolumeAttributesClassName: knownClass, ...rest } = claim.status;
  const accessModes = volume?.spec.accessModes;
  const capacity = volume ? (claim.status.phase === 'Bound' ? knownCapacity : volume.spec.capacity) : undefined;
  const attributesClass = volume ? (claim.status.phase === 'Bound' ? knownClass : volume.spec.volumeAttributesClassName) : undefined;
  const status: PersistentVolumeClaimStatus = {
    ...rest,
    phase,
    ...(accessModes?.length && { accessModes }),
    ...(capacity && { capacity }),
    ...(attributesClass && { currentVolumeAttributesClassName: attributesClass }),
  };
  if (isEqual(status, claim.status)) return;
  const updated = context.api.updateStatus(persistentVolumeClaims, { ...claim, status });
  if (why && claim.status.phase !== phase) context.event(updated, 'Warning', why.reason, why.message);
}

/** The volume is free again, or, where a user tied it, waits for the claim that was named. */
export function unbind(volume: PersistentVolume, context: ControllerContext): void {
  const { [volumeAnnotation.boundByController]: isOurs, ...annotations } = volume.metadata.annotations ?? {};
  const { claimRef, ...spec } = volume.spec;
  const { annotations: _, ...metadata } = volume.metadata;
  const kept = isOurs === undefined && claimRef ? withoutUid(claimRef) : undefined;
  const freed = context.api.update(persistentVolumes, {
    ...volume,
    metadata: { ...metadata, ...(Object.keys(annotations).length && { annotations }) },
    spec: { ...spec, ...(kept && { claimRef: kept }) },
  });
  setVolumePhase(freed, 'Available', context);
}

function withoutUid<T extends { uid?: string; resourceVersion?: string }>({
  uid: _uid,
  resourceVersion: _version,
  ...rest
}: T): Omit<T, 'uid' | 'resourceVersion'> {
  return rest;
}
