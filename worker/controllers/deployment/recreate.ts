// Strategy Recreate: all old pods go, and are gone, before the first new one is made.

import type { Requeue } from '../../api/controller.ts';
import type { ReplicaSet } from '../../api/gen/apps-v1.ts';
import { indexTerm } from '../../api/resource.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { cleanUp } from './history.ts';
import { wantedReplicas } from './limits.ts';
import { findOrMakeSets, findSets } from './new-replicaset.ts';
import { writeRolloutStatus } from './progress.ts';
import { activeSets, scaleSet, sumOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { isComplete } from './status.ts';

export function rollOutByRecreation(rollout: Rollout): Requeue | undefined {
  const { newSet: known, oldSets } = findSets(rollout);
  const scaled = activeSets(oldSets).map((set) => scaleSet(rollout, set, 0));
  if (scaled.some((set) => set !== undefined) || hasOldPods(rollout, oldSets)) return writeRolloutStatus(rollout, oldSets, known);
  const newSet = known ?? findOrMakeSets(rollout).newSet;
  scaleSet(rollout, newSet, wantedReplicas(rollout.deployment));
  if (isComplete(rollout.deployment, rollout.deployment.status)) cleanUp(rollout, oldSets);
  return writeRolloutStatus(rollout, oldSets, newSet);
}

/** Pods that are being deleted may still run. */
function hasOldPods({ context }: Rollout, oldSets: readonly ReplicaSet[]): boolean {
  if (sumOf(oldSets, ({ status }) => status.replicas) > 0) return true;
  return oldSets.some(({ metadata }) => context.api.lookup(pods, indexTerm.controller(metadata.uid)).some((pod) => !isTerminal(pod)));
}
