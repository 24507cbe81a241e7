// Whether a rollout moves: the condition Progressing, its deadline, and the failures of ReplicaSets. Mirrors progress.go.

import type { Requeue } from '../../api/controller.ts';
import type { DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { timeOf } from '../../lib/time.ts';
import { findCondition, makeCondition, withCondition, withoutCondition } from './conditions.ts';
import { progressDeadline } from './limits.ts';
import { putStatus } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { isComplete, statusOf } from './status.ts';

const TIMED_OUT = 'ProgressDeadlineExceeded';

/** Pausing stops the deadline; a Deployment that has missed it is left as it is. */
export function checkPaused(rollout: Rollout): void {
  const { context, deployment } = rollout;
  const { status, spec } = deployment;
  if (progressDeadline(deployment) === undefined) return;
  const reason = findCondition(status.conditions, 'Progressing')?.reason;
  if (reason === TIMED_OUT || Boolean(spec.paused) === (reason === 'DeploymentPaused')) return;
  const [next, message] = spec.paused ? ['DeploymentPaused', 'Deployment is paused'] : ['DeploymentResumed', 'Deployment is resumed'];
  const condition = makeCondition('Progressing', 'Unknown', next, message, context.now());
  putStatus(rollout, { ...status, conditions: withCondition(status.conditions ?? [], condition) });
}

/** Writes the status with what can be said of the progress. Comes back when the deadline is over. */
export function writeRolloutStatus(rollout: Rollout, oldSets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): Requeue | undefined {
  const { deployment } = rollout;
  const status = statusOf(rollout, oldSets, newSet);
  const conditions = withFailure(withProgress(rollout, status, newSet), newSet ? [newSet, ...oldSets] : oldSets);
  const { conditions: _, ...rest } = status;
  const { collisionCount, ...counts } = rest;
  const next: DeploymentStatus = {
    ...counts,
    ...(conditions.length && { conditions }),
    ...(collisionCount !== undefined && { collisionCount }),
  };
  if (isEqual(next, deployment.status)) return untilDeadline(rollout, next);
  putStatus(rollout, next);
  return undefined;
}

function withProgress(rollout: Rollout, status: DeploymentStatus, newSet: ReplicaSet | undefined): DeploymentCondition[] {
  const { context, deployment } = rollout;
  const { conditions = [] } = status;
  if (progressDeadline(deployment) === undefined) return withoutCondition(conditions, 'Progressing');
  const now = findCondition(deployment.status.conditions, 'Progressing');
  const wasComplete = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && now?.reason === 'NewReplicaSetAvailable';
  if (wasComplete) return conditions;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const make = (value: string, reason: string, message: string): DeploymentCondition =>
    makeCondition('Progressing', value, reason, `${subject} ${message}`, context.now());
  if (isComplete(deployment, status))
    return withCondition(conditions, make('True', 'NewReplicaSetAvailable', 'has successfully progressed.'));
  if (hasProgressed(deployment.status, status)) {
    const next = make('True', 'ReplicaSetUpdated', 'is progressing.');
    const since = now?.status === 'True' ? now.lastTransitionTime : next.lastTransitionTime;
    return [...withoutCondition(conditions, 'Progressing'), { ...next, ...(since !== undefined && { lastTransitionTime: since }) }];
  }
  return hasTimedOut(rollout) ? withCondition(conditions, make('False', TIMED_OUT, 'has timed out progressing.')) : conditions;
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut({ context, deployment }: Rollout): boolean {
  const condition = findCondition(deployment.status.conditions, 'Progressing');
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === TIMED_OUT) return true;
  return timeOf(condition.lastUpdateTime) + progressDeadline(deployment)! * 1000 < context.now();
}

function untilDeadline({ context, deployment }: Rollout, status: DeploymentStatus): Requeue | undefined {
  const seconds = progressDeadline(deployment);
  const condition = findCondition(deployment.status.conditions, 'Progressing');
  if (seconds === undefined || !condition || condition.reason === TIMED_OUT || isComplete(deployment, status)) return undefined;
  const left = timeOf(condition.lastUpdateTime) + seconds * 1000 - context.now();
  return { after: left < 1000 ? Math.max(0, left) + 1 : left + 1000, background: true };
}

/** The first failure, the new set's before others', stands for all. */
function withFailure(conditions: readonly DeploymentCondition[], sets: readonly ReplicaSet[]): DeploymentCondition[] {
  const failure = sets.flatMap(({ status }) => status.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  const { type, status, lastTransitionTime = null, reason = '', message = '' } = failure;
  return withCondition(conditions, { type, status, lastUpdateTime: lastTransitionTime, lastTransitionTime, reason, message });
}
