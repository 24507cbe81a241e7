// One step of a StatefulSet towards what is wanted: missing pods are made, surplus ones deleted, outdated ones replaced; one at a time and in order, or, with
// policy Parallel, as they come. Mirrors updateStatefulSet of stateful_set_control.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf } from '../../api/object.ts';
import { isGateOn } from '../../lib/feature-gates.ts';
import { scaledValue } from '../../lib/int-or-percent.ts';
import { MAX_UNAVAILABLE_GATE } from '../../resources/apps/statefulset.ts';
import { isAvailable, isReady, isTerminal } from '../../resources/core/pod-state.ts';
import { isExpected } from '../pod-control.ts';
import { applyPolicy, claimsMatchPolicy, hasStaleClaim } from './claims.ts';
import type { ClaimOwner } from './claims.ts';
import { draftPod, firstOrdinal, hasIdentity, hasStorage, isInRange, ordinalOf, podName, podRevision, replicasOf } from './identity.ts';
import { templateAt } from './revisions.ts';
import type { Revisions } from './revisions.ts';
import { createMissingClaims, createPod, deletePod, repairPod } from './pods.ts';
import { countPods } from './status.ts';
import type { Counts } from './status.ts';

interface Replica extends ClaimOwner {
  readonly pod: Pod | undefined;
}

interface Step {
  readonly set: StatefulSet;
  readonly revisions: Revisions;
  readonly context: ControllerContext;
  /** One after the other. */
  readonly inOrder: boolean;
}

/** What came of it, and what went wrong: the status is to be written even then. */
export function update(
  set: StatefulSet,
  revisions: Revisions,
  mine: readonly Pod[],
  context: ControllerContext,
): { status: Counts; failure?: unknown } {
  const status = countPods(set, revisions, mine, context.now());
  if (isTerminating(set)) return { status };
  const step: Step = { set, revisions, context, inOrder: set.spec.podManagementPolicy !== 'Parallel' };
  const byOrdinal = new Map(mine.map((pod) => [ordinalOf(pod), pod]));
  const replicas = Array.from({ length: replicasOf(set) }, (_, i): Replica => {
    const ordinal = firstOrdinal(set) + i;
    return { ordinal, name: podName(set, ordinal), pod: byOrdinal.get(ordinal) };
  });
  const condemned = mine
    .filter((pod) => !isInRange(set, ordinalOf(pod)) && ordinalOf(pod) >= 0)
    .sort((a, b) => ordinalOf(b) - ordinalOf(a));
  try {
    if (!runForAll(step, replicas, (replica) => processReplica(step, replica))) return { status };
    runForAll(step, condemned, (pod) => fixClaims(step, pod));
    const firstUnavailable = [...replicas.map(({ pod }) => pod), ...condemned.toReversed()].find((pod) => isUnavailable(step, pod));
    if (!runForAll(step, condemned, (pod) => processCondemned(step, pod, firstUnavailable))) return { status };
    if (set.spec.updateStrategy.type !== 'OnDelete') replaceOutdated(step, replicas, status);
    return { status };
  } catch (failure) {
    if (!isExpected(failure)) throw failure;
    return { status, failure };
  }
}

/** False if it ended before all were done: in order, the first that says `true` ends it. Otherwise all get their turn, in batches while none fails. */
function runForAll<T>({ inOrder }: Step, items: readonly T[], act: (item: T) => boolean): boolean {
  if (inOrder) return !items.some(act);
  for (let [from, size] = [0, 1]; from < items.length; from += size, size = Math.min(2 * size, 500)) {
    let failure: unknown;
    for (const item of items.slice(from, from + size)) {
      try {
        act(item);
      } catch (error) {
        if (!isExpected(error)) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure as Error;
  }
  return true;
}

function isUnavailable({ set, context }: Step, pod: Pod | undefined): boolean {
  return !pod || isTerminating(pod) || !isAvailable(pod, set.spec.minReadySeconds ?? 0, context.now());
}

const isRunning = (pod: Pod): boolean => pod.status.phase === 'Running' && isReady(pod);

/** True if those after it have to wait. */
function processReplica(step: Step, replica: Replica): boolean {
  const { set, context, inOrder } = step;
  const { pod } = replica;
  if (!pod) {
    if (hasStaleClaim(set, replica, context)) return true;
    const { revision, template } = revisionFor(step, replica.ordinal);
    createPod(set, replica.ordinal, draftPod(set, template, revision, replica.ordinal), context);
    return inOrder;
  }
  if (isTerminal(pod)) {
    if (!isTerminating(pod)) deletePod(set, pod, context);
    return true;
  }
  if (pod.status.phase === 'Pending') createMissingClaims(set, pod, context);
  if (inOrder && (isTerminating(pod) || !isRunning(pod) || isUnavailable(step, pod))) return true;
  if (!hasIdentity(set, pod) || !hasStorage(set, pod) || !claimsMatchPolicy(set, replica, context)) repairPod(set, pod, context);
  return false;
}

/** A new pod of a number that is not updated yet is made as it was before. */
function revisionFor(
  { set, revisions: { current, update: next } }: Step,
  ordinal: number,
): { revision: string; template: ReturnType<typeof templateAt> } {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const at = ordinal - firstOrdinal(set);
  const isOld = rollingUpdate ? at < (rollingUpdate.partition ?? 0) : type === 'RollingUpdate' && at < (set.status.currentReplicas ?? 0);
  const revision = isOld ? current : next;
  return { revision: revision.metadata.name, template: templateAt(set, revision) };
}

function fixClaims({ set, context }: Step, pod: Pod): boolean {
  const owner = { name: pod.metadata.name, ordinal: ordinalOf(pod), pod };
  if (!claimsMatchPolicy(set, owner, context)) applyPolicy(set, owner, context);
  return false;
}

/** Surplus pods go from the highest number down, each when those before it are well; except that an ailing one never holds up its own deletion. */
function processCondemned(step: Step, pod: Pod, firstUnavailable: Pod | undefined): boolean {
  const { set, context, inOrder } = step;
  if (isTerminating(pod)) return inOrder;
  if (inOrder && pod !== firstUnavailable && (!isRunning(pod) || isUnavailable(step, pod))) return true;
  context.log('I', `"Pod of StatefulSet is terminating for scale down" statefulSet="${keyOf(set)}" pod="${keyOf(pod)}"`);
  deletePod(set, pod, context);
  return true;
}

/** From the highest number down to the partition, no more at once than may be unavailable. */
function replaceOutdated(step: Step, replicas: readonly Replica[], status: Counts): void {
  const { set, revisions, context } = step;
  const { rollingUpdate } = set.spec.updateStrategy;
  const isOutdated = (pod: Pod | undefined): pod is Pod =>
    pod !== undefined && podRevision(pod) !== revisions.update.metadata.name && !isTerminating(pod);
  const replace = (pod: Pod): void => {
    context.log('I', `"Pod of StatefulSet is terminating for update" statefulSet="${keyOf(set)}" pod="${keyOf(pod)}"`);
    deletePod(set, pod, context);
    status.currentReplicas--;
  };
  const candidates = replicas.slice(rollingUpdate?.partition ?? 0).toReversed();
  if (rollingUpdate?.maxUnavailable === undefined || !isGateOn(context.flag('feature-gates'), MAX_UNAVAILABLE_GATE)) {
    for (const { pod } of candidates) {
      if (isOutdated(pod)) return replace(pod);
      if (isUnavailable(step, pod)) return;
    }
    return;
  }
  const allowed = Math.max(1, scaledValue(rollingUpdate.maxUnavailable, replicasOf(set), 'down'));
  const room = allowed - replicas.filter(({ pod }) => isUnavailable(step, pod)).length;
  const outdated = candidates.map(({ pod }) => pod).filter(isOutdated);
  for (const pod of outdated.slice(0, Math.max(0, room))) replace(pod);
}
