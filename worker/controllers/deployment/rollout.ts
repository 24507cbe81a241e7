// One look at one Deployment: what was found, and the writes that all parts share.

import type { ControllerContext } from '../../api/controller.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { timeOf } from '../../lib/time.ts';
import { deployments } from '../../resources/apps/deployment.ts';
import { replicaSets } from '../../resources/apps/replicaset.ts';
import { maxReplicas, wantedReplicas } from './limits.ts';

export interface Rollout {
  readonly context: ControllerContext;
  /** As it was last written. */
  deployment: Deployment;
  /** All its ReplicaSets, as they were found, oldest first. */
  readonly sets: readonly ReplicaSet[];
}

export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

export const replicasOf = (set: ReplicaSet): number => set.spec.replicas ?? 1;

/** Those that want pods. */
export const activeSets = (sets: readonly (ReplicaSet | undefined)[]): ReplicaSet[] =>
  sets.filter((set): set is ReplicaSet => set !== undefined && replicasOf(set) > 0);

export const sumOf = (sets: readonly (ReplicaSet | undefined)[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((sum, set) => sum + ((set && count(set)) ?? 0), 0);

export const byCreation = (a: ReplicaSet, b: ReplicaSet): number =>
  timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp) || (a.metadata.name < b.metadata.name ? -1 : 1);

/** Writes the status, with what else was changed in the metadata. */
export function putStatus(rollout: Rollout, status: DeploymentStatus, metadata = rollout.deployment.metadata): void {
  rollout.deployment = rollout.context.api.updateStatus(deployments, { ...rollout.deployment, metadata, status });
}

/**
 * Gives a ReplicaSet its size, with the Deployment's noted on it, and tells of it. The set as it is after; undefined if it has that size already.
 * `note`: even then the Deployment's size is noted.
 */
export function scaleSet(rollout: Rollout, set: ReplicaSet, size: number, note = false): ReplicaSet | undefined {
  const { context, deployment } = rollout;
  const from = replicasOf(set);
  if (from === size && !note) return undefined;
  const annotations = sizeAnnotations(deployment);
  const noted = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (from === size && noted) return undefined;
  const scaled = context.api.update(replicaSets, {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, replicas: size },
  });
  if (from === size) return undefined;
  const way = from < size ? 'up' : 'down';
  context.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${way} replica set ${set.metadata.name} from ${from} to ${size}`);
  return scaled;
}

export const sizeAnnotations = (deployment: Deployment): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(wantedReplicas(deployment)),
  [MAX_REPLICAS]: String(maxReplicas(deployment)),
});
