// Which volume a claim may have, and how the two are tied to each other: what the volume controller and the scheduler have to agree on. Mirrors
// component-helpers storage/volume.

import type { Node, ObjectReference, PersistentVolume, PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { compileSelector, matchesAnyTerm } from './node-selector.ts';
import { labelSelectorOf, matchesLabels } from '../../api/selectors.ts';
import { compareQuantities } from '../../lib/quantity.ts';

export const volumeAnnotation = {
  /** Of a claim: the controller is done with binding it. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** Of either: the controller tied it, so that it may untie it. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** Of a claim: the scheduler's choice of a node for whoever provisions. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  storageClass: 'volume.beta.kubernetes.io/storage-class',
} as const;

/** What volumes are looked up by. */
export const volumeTerm = {
  /** Of a storage class, '' being one. */
  class: (name: string): string => `class/${name}`,
  /** Meant for a claim (`namespace/name`). */
  claim: (key: string): string => `claim/${key}`,
  attributesClass: (name: string): string => `vac/${name}`,
};

/** What claims are looked up by. */
export const claimTerm = {
  class: (name: string): string => `class/${name}`,
  /** Name it. */
  volume: (name: string): string => `volume/${name}`,
  attributesClass: (name: string): string => `vac/${name}`,
};

/** Annotation of a claim: who is asked for a volume. */
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';

export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** '' where there is none. */
export const classOfClaim = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.[volumeAnnotation.storageClass] ?? spec.storageClassName ?? '';

export const classOfVolume = ({ metadata, spec }: PersistentVolume): string =>
  metadata.annotations?.[volumeAnnotation.storageClass] ?? spec.storageClassName ?? '';

export const isFullyBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  Boolean(spec.volumeName) && metadata.annotations?.[volumeAnnotation.bindCompleted] !== undefined;

/** Whether a volume is meant for a claim, by name at least. */
export function isVolumeOf({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

/** The volume with a reference to the claim; undefined if it has it already. */
export function tieToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume | undefined {
  const { namespace = '', name, uid, resourceVersion } = claim.metadata;
  const { claimRef } = volume.spec;
  const isTied = claimRef?.name === name && claimRef.namespace === namespace && claimRef.uid === uid;
  const isMarked = isVolumeOf(volume, claim) || volume.metadata.annotations?.[volumeAnnotation.boundByController] !== undefined;
  if (isTied && isMarked) return undefined;
  const reference: ObjectReference = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
  const annotations = isMarked
    ? volume.metadata.annotations
    : { ...volume.metadata.annotations, [volumeAnnotation.boundByController]: 'yes' };
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations && { annotations }) },
    spec: { ...volume.spec, claimRef: isTied ? claimRef : reference },
  };
}

/** Whether a volume can be reached from a node. */
export function isReachable({ spec: { nodeAffinity } }: PersistentVolume, labels: Readonly<Record<string, string>>): boolean {
  return !nodeAffinity?.required || matchesAnyTerm(compileSelector(nodeAffinity.required), { name: '', labels });
}

/**
 * The volume that was made for the claim, or the smallest that suits it. With `node`, only what can be reached from there; without, and if binding is
 * `delayed`, only one that was made for it.
 */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  node: Pick<Node, 'metadata'> | undefined,
  excluded: ReadonlySet<string>,
  delayed: boolean,
): PersistentVolume | undefined {
  const { spec } = claim;
  const wanted = spec.resources.requests?.['storage'];
  const selector = spec.selector && labelSelectorOf(spec.selector);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (excluded.has(volume.metadata.name) || !isOfKind(volume, claim, wanted)) continue;
    const isThere = !node || isReachable(volume, node.metadata.labels ?? {});
    if (isVolumeOf(volume, claim)) return isThere ? volume : undefined;
    if (!node && delayed) continue;
    if (volume.status.phase !== 'Available' || (selector && !matchesLabels(selector, volume.metadata.labels))) continue;
    if (classOfVolume(volume) !== classOfClaim(claim) || !isThere) continue;
    if (node && !hasAccessModes(volume, claim)) continue;
    if (!smallest || compareQuantities(sizeOf(smallest), sizeOf(volume)) > 0) smallest = volume;
  }
  return smallest;
}

const sizeOf = ({ spec }: PersistentVolume): string | undefined => spec.capacity?.['storage'];

/** What holds for every volume that a claim may have, made for it or not. */
function isOfKind(volume: PersistentVolume, claim: PersistentVolumeClaim, wanted: string | undefined): boolean {
  if (volume.spec.claimRef && !isVolumeOf(volume, claim)) return false;
  if (compareQuantities(sizeOf(volume), wanted) < 0) return false;
  if ((claim.spec.volumeMode ?? 'Filesystem') !== (volume.spec.volumeMode ?? 'Filesystem')) return false;
  if ((claim.spec.volumeAttributesClassName ?? '') !== (volume.spec.volumeAttributesClassName ?? '')) return false;
  return volume.metadata.deletionTimestamp === undefined;
}

export const hasAccessModes = ({ spec: { accessModes } }: PersistentVolume, { spec }: PersistentVolumeClaim): boolean =>
  (spec.accessModes ?? []).every((mode) => accessModes?.includes(mode));
