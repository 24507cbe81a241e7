// The rolling update: up with the new ReplicaSet as far as the surge allows, down with the old ones as far as availability allows, step by step.

import type { Requeue } from '../../api/controller.ts';
import type { ReplicaSet } from '../../api/gen/apps-v1.ts';
import { cleanUp } from './history.ts';
import { maxReplicas, minAvailable, wantedReplicas } from './limits.ts';
import { findOrMakeSets } from './new-replicaset.ts';
import { writeRolloutStatus } from './progress.ts';
import { activeSets, byCreation, replicasOf, scaleSet, sumOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { isComplete } from './status.ts';

export function rollOut(rollout: Rollout): Requeue | undefined {
  const { newSet, oldSets } = findOrMakeSets(rollout);
  if (!scaleNewSet(rollout, newSet, oldSets) && !scaleOldSets(rollout, newSet, oldSets)) {
    if (isComplete(rollout.deployment, rollout.deployment.status)) cleanUp(rollout, oldSets);
  }
  return writeRolloutStatus(rollout, oldSets, newSet);
}

/** True if it was scaled. */
function scaleNewSet(rollout: Rollout, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): boolean {
  const wanted = wantedReplicas(rollout.deployment);
  const size = replicasOf(newSet);
  if (size === wanted) return false;
  if (size > wanted) return scaleSet(rollout, newSet, wanted) !== undefined;
  const room = maxReplicas(rollout.deployment) - sumOf([...oldSets, newSet], replicasOf);
  return scaleSet(rollout, newSet, size + Math.max(0, Math.min(room, wanted - size))) !== undefined;
}

/** True if any was scaled. */
function scaleOldSets(rollout: Rollout, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): boolean {
  const active = activeSets(oldSets);
  if (!active.length) return false;
  const total = sumOf([...oldSets, newSet], replicasOf);
  const newUnavailable = replicasOf(newSet) - (newSet.status.availableReplicas ?? 0);
  const room = total - minAvailable(rollout.deployment) - newUnavailable;
  if (room <= 0) return false;
  const [afterCleaning, cleaned] = scaleDownUnhealthy(rollout, active, room);
  return cleaned + scaleDownAvailable(rollout, afterCleaning, newSet) > 0;
}

/** Pods of old sets that are not available are no loss: they go first. */
function scaleDownUnhealthy(rollout: Rollout, sets: readonly ReplicaSet[], room: number): [sets: ReplicaSet[], count: number] {
  let down = 0;
  const after = sets.toSorted(byCreation).map((set) => {
    const unhealthy = replicasOf(set) - (set.status.availableReplicas ?? 0);
    const step = Math.min(room - down, unhealthy);
    if (step <= 0 || replicasOf(set) === 0) return set;
    down += step;
    return scaleSet(rollout, set, replicasOf(set) - step) ?? set;
  });
  return [after, down];
}

function scaleDownAvailable(rollout: Rollout, sets: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const available = sumOf([...sets, newSet], ({ status }) => status.availableReplicas);
  const room = available - minAvailable(rollout.deployment);
  let down = 0;
  for (const set of sets) {
    const step = Math.min(replicasOf(set), room - down);
    if (step <= 0) continue;
    scaleSet(rollout, set, replicasOf(set) - step);
    down += step;
  }
  return down;
}
