// Scaling while a rollout may be under way: the difference is shared among the ReplicaSets in proportion to their sizes.

import type { Requeue } from '../../api/controller.ts';
import type { Deployment, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { cleanUp } from './history.ts';
import { isRolling, maxReplicas, wantedReplicas } from './limits.ts';
import { findSets } from './new-replicaset.ts';
import { rollbackTarget } from './rollback.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, activeSets, byCreation, replicasOf, scaleSet, sumOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { writeStatus } from './status.ts';

/** For a Deployment that is paused, or was scaled: no new revision, and no step of a rollout. */
export function scaleOnly(rollout: Rollout): Requeue | undefined {
  const { newSet, oldSets } = findSets(rollout);
  scale(rollout, newSet, oldSets);
  if (rollout.deployment.spec.paused && rollbackTarget(rollout.deployment) === undefined) cleanUp(rollout, oldSets);
  return writeStatus(rollout, oldSets, newSet);
}

/** Whether `spec.replicas` has changed since the sets were last scaled. */
export function isScalingEvent(rollout: Rollout): boolean {
  const { newSet, oldSets } = findSets(rollout);
  return activeSets([...oldSets, newSet]).some((set) => {
    const noted = annotatedCount(set, DESIRED_REPLICAS);
    return noted !== undefined && noted !== wantedReplicas(rollout.deployment);
  });
}

function scale(rollout: Rollout, newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): void {
  const { deployment } = rollout;
  const only = onlyActiveOrLatest(newSet, oldSets);
  if (only) {
    scaleSet(rollout, only, wantedReplicas(deployment));
  } else if (newSet && isSaturated(deployment, newSet)) {
    for (const old of activeSets(oldSets)) scaleSet(rollout, old, 0);
  } else if (isRolling(deployment)) {
    scaleInProportion(rollout, activeSets([...oldSets, newSet]));
  }
}

/** The one set that a change of size is for; undefined if several are active. */
function onlyActiveOrLatest(newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = activeSets([...oldSets, newSet]);
  if (active.length > 1) return undefined;
  return active[0] ?? newSet ?? oldSets.toSorted(byCreation).at(-1);
}

const isSaturated = (deployment: Deployment, set: ReplicaSet): boolean =>
  [replicasOf(set), Number(set.metadata.annotations?.[DESIRED_REPLICAS] ?? Number.NaN), set.status.availableReplicas ?? 0].every(
    (count) => count === wantedReplicas(deployment),
  );

function scaleInProportion(rollout: Rollout, sets: readonly ReplicaSet[]): void {
  const { deployment } = rollout;
  const allowed = wantedReplicas(deployment) > 0 ? maxReplicas(deployment) : 0;
  const toAdd = allowed - sumOf(sets, replicasOf);
  const sorted = sets.toSorted((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byCreation(b, a) : byCreation(a, b)));
  let added = 0;
  const sizes = sorted.map((set) => {
    const share = toAdd === 0 ? 0 : proportion(set, deployment, toAdd, added);
    added += share;
    return replicasOf(set) + share;
  });
  // What rounding left over is the largest set's.
  if (toAdd !== 0 && sizes.length) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  sorted.forEach((set, i) => scaleSet(rollout, set, sizes[i]!, true));
}

function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === added) return 0;
  const share = fraction(set, deployment);
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
}

function fraction(set: ReplicaSet, deployment: Deployment): number {
  const size = replicasOf(set);
  if (wantedReplicas(deployment) === 0) return -size;
  const before = annotatedCount(set, MAX_REPLICAS) || (deployment.status.replicas ?? 0);
  if (before === 0) return 0;
  return roundHalfAway((size * maxReplicas(deployment)) / before) - size;
}

const roundHalfAway = (value: number): number => (value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5));

function annotatedCount({ metadata }: ReplicaSet, key: string): number | undefined {
  const text = metadata.annotations?.[key];
  return text !== undefined && /^\d+$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : undefined;
}
