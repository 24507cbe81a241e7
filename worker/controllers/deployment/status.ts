// The status of a Deployment, added up from its ReplicaSets.

import type { Deployment, DeploymentStatus, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { omitEmpty } from '../../lib/omit-empty.ts';
import { makeCondition, withCondition } from './conditions.ts';
import { minAvailable, wantedReplicas } from './limits.ts';
import { putStatus, replicasOf, sumOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';

export function writeStatus(rollout: Rollout, oldSets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): undefined {
  const status = statusOf(rollout, oldSets, newSet);
  if (!isEqual(status, rollout.deployment.status)) putStatus(rollout, status);
  return undefined;
}

export function statusOf(
  { context, deployment }: Rollout,
  oldSets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): DeploymentStatus {
  const all = [...oldSets, newSet];
  const available = sumOf(all, ({ status }) => status.availableReplicas);
  const terminating = terminatingOf(all);
  const { collisionCount, conditions = [] } = deployment.status;
  const availability =
    available >= minAvailable(deployment)
      ? makeCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', context.now())
      : makeCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', context.now());
  return {
    ...omitEmpty({
      observedGeneration: deployment.metadata.generation,
      replicas: sumOf(all, ({ status }) => status.replicas),
      updatedReplicas: newSet?.status.replicas,
      readyReplicas: sumOf(all, ({ status }) => status.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - available),
    }),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    conditions: withCondition(conditions, availability),
    ...(collisionCount !== undefined && { collisionCount }),
  };
}

/** Unknown as long as one set does not say. */
function terminatingOf(sets: readonly (ReplicaSet | undefined)[]): number | undefined {
  let sum = 0;
  for (const set of sets) {
    const { terminatingReplicas: count, observedGeneration } = set?.status ?? {};
    if (!set || (count === undefined && !observedGeneration)) continue;
    if (count === undefined) return undefined;
    sum += count;
  }
  return sum;
}

/** All pods are of the present template, and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  return (
    [status.updatedReplicas, status.replicas, status.availableReplicas].every((count = 0) => count === wanted) &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}
