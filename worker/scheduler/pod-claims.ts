// The volume claims of a pod: those it names, and those that are made for its ephemeral volumes. Mirrors component-helpers storage/ephemeral.

import type { PersistentVolumeClaim, Pod, Volume } from '../api/gen/core-v1.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import type { PodInfo } from './pod-info.ts';

export interface NamedClaim {
  readonly name: string;
  readonly isEphemeral: boolean;
}

/** Undefined for a volume without a claim. */
export function claimOfVolume(volume: Volume, podName: string): NamedClaim | undefined {
  if (volume.persistentVolumeClaim) return { name: volume.persistentVolumeClaim.claimName, isEphemeral: false };
  return volume.ephemeral ? { name: `${podName}-${volume.name}`, isEphemeral: true } : undefined;
}

export const claimsOfPod = ({ metadata: { name }, spec: { volumes = [] } }: Pod): NamedClaim[] =>
  volumes.flatMap((volume) => claimOfVolume(volume, name) ?? []);

/** Of those that the pod names itself. */
export const claimNames = ({ spec: { volumes = [] } }: Pod): string[] =>
  volumes.flatMap(({ persistentVolumeClaim }) => (persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []));

/** A claim by an ephemeral volume's name may be somebody else's. */
export function ownershipProblem(pod: Pick<PodInfo, 'key' | 'uid'>, claim: PersistentVolumeClaim): string | undefined {
  if (controllerOf(claim)?.uid === pod.uid) return undefined;
  return `PVC ${keyOf(claim)} was not created for pod ${pod.key} (pod is not owner)`;
}

export const claimNotFound = (name: string): string => `persistentvolumeclaim "${name}" not found`;

/** Whether a pod uses a claim, as QueueingHints ask it. */
export const usesClaim = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  metadata.namespace === pod.metadata.namespace && claimsOfPod(pod).some(({ name }) => name === metadata.name);
