// One look at a Job: what has ended, whether the Job has, and if not, which pods it needs. Mirrors syncJob of job_controller.go.

import type { ControllerContext, Requeue } from '../../api/controller.ts';
import type { Job, JobCondition } from '../../api/gen/batch-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { formatTime, timeOf } from '../../lib/time.ts';
import { isActive, isPodTerminating, isReady } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { claim } from '../claim.ts';
import { JOB_SYNC_DURATION, JOB_SYNCS } from '../meters.ts';
import { orphansFor } from '../orphans.ts';
import { finishTime, nextBackOff } from './backoff.ts';
import { addIndexes, countIndexes, hasIndex, parseIndexes } from './indexes.ts';
import {
  FINALIZER,
  completionMode,
  countsOf,
  ensureCondition,
  hasFinalizer,
  hasIndexLimit,
  indexOf,
  isFailed,
  isIndexed,
  isSuspended,
  isTrue,
  isValidIndex,
  makeCondition,
} from './look.ts';
import type { Look } from './look.ts';
import { absoluteFailures, failuresBefore, manage, remove } from './manage.ts';
import { judgeFailure, metSuccessRule } from './policies.ts';
import { track } from './track.ts';

export function sync(job: Job, context: ControllerContext): Requeue | undefined {
  const look = examine(job, context);
  let result = 'error';
  try {
    const requeue = advance(look);
    result = 'success';
    return requeue;
  } finally {
    const labels = { action: look.action, completion_mode: completionMode(job), result };
    context.meters.add(JOB_SYNCS, labels);
    // It takes none of the cluster's time.
    context.meters.observe(JOB_SYNC_DURATION, labels, 0);
  }
}

function advance(look: Look): Requeue | undefined {
  const { status, job, context } = look;
  const before = { active: status.active, ready: status.ready, terminating: status.terminating };
  status.ready = look.active.filter(isReady).length;
  status.terminating = look.pods.filter(isPodTerminating).length;
  if (status.startTime === undefined && !isSuspended(job)) status.startTime = formatTime(context.now());
  look.finished = findEnd(look);
  if (isIndexed(job)) examineIndexes(look);

  const { active, failure, changed } = look.finished ? endPods(look) : step(look);
  status.active = active;
  track(
    look,
    changed ||
      active !== before.active ||
      status.ready !== before.ready ||
      job.status.ready === undefined ||
      status.terminating !== before.terminating,
  );
  if (failure) throw failure as Error;
  const { work = Infinity, deadline = Infinity } = look.waits;
  if (work === Infinity && deadline === Infinity) return undefined;
  return deadline < work ? { after: deadline, background: true } : { after: work };
}

function examine(job: Job, context: ControllerContext): Look {
  const { api, state } = context;
  const selector = labelSelectorOf(job.spec.selector);
  const candidates = [
    ...api.lookup(pods, indexTerm.controller(job.metadata.uid)),
    ...orphansFor(api, job.metadata.namespace ?? '', selector),
  ];
  const mine = claim(api, pods, job, selector, candidates, { finalizer: FINALIZER });
  const status = countsOf(job);
  const isNew = (pod: Pod, known: readonly string[]): boolean =>
    hasFinalizer(pod) && !known.includes(pod.metadata.uid) && (!isIndexed(job) || isValidIndex(job, indexOf(pod)));
  const succeeded = mine.filter((pod) => pod.status.phase === 'Succeeded' && isNew(pod, status.uncounted.succeeded));
  const failed = mine.filter((pod) => isFailed(pod, job) && isNew(pod, status.uncounted.failed));
  return {
    context,
    job,
    pods: mine,
    active: mine.filter(isActive),
    status,
    succeeded: status.succeeded + succeeded.length + status.uncounted.succeeded.length,
    failed: status.failed + failed.filter((pod) => judgeFailure(job, pod).counts).length + status.uncounted.failed.length,
    previousIndexes: parseIndexes(status.completedIndexes, job.spec.completions ?? 0),
    succeededIndexes: [],
    failedIndexes: undefined,
    delayed: new Map(),
    backOff: nextBackOff(state, keyOf(job), succeeded, failed),
    finished: undefined,
    action: 'reconciling',
    waits: {},
  };
}

function findEnd(look: Look): JobCondition | undefined {
  const { job, status, context } = look;
  const now = context.now();
  const succeeded = isTrue(status.conditions, 'SuccessCriteriaMet');
  if (succeeded) return succeeded;
  const target = isTrue(status.conditions, 'FailureTarget');
  if (target) return makeCondition('Failed', 'True', target.reason ?? '', target.message ?? '', now);
  const fail = (reason: string, message: string): JobCondition => makeCondition('FailureTarget', 'True', reason, message, now);
  const byPolicy = look.pods
    .filter((pod) => isFailed(pod, job))
    .map((pod) => judgeFailure(job, pod).failJob)
    .find((message) => message !== undefined);
  if (byPolicy !== undefined) return fail('PodFailurePolicy', byPolicy);
  if (look.failed > (job.spec.backoffLimit ?? 6) || hasRestartedTooOften(look))
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const { activeDeadlineSeconds: deadline } = job.spec;
  if (deadline === undefined || isSuspended(job)) return undefined;
  const start = timeOf(status.startTime);
  if (now - start >= deadline * 1000) return fail('DeadlineExceeded', 'Job was active longer than specified deadline');
  look.waits.deadline = start + deadline * 1000 - now;
  return undefined;
}

/** Where containers are restarted in their pods, the restarts count. */
function hasRestartedTooOften({ job, pods: mine }: Look): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = mine
    .filter(({ status: { phase } }) => phase === 'Running' || phase === 'Pending')
    .flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return restarts >= Math.max(1, job.spec.backoffLimit ?? 6);
}

function examineIndexes(look: Look): void {
  const { job, status, context } = look;
  const { completions = 0, maxFailedIndexes } = job.spec;
  const placed = look.pods.filter((pod) => hasFinalizer(pod) && isValidIndex(job, indexOf(pod)));
  look.succeededIndexes = addIndexes(look.previousIndexes, placed.filter(({ status: { phase } }) => phase === 'Succeeded').map(indexOf));
  look.succeeded = countIndexes(look.succeededIndexes);
  if (hasIndexLimit(job)) {
    const failed = addIndexes(
      parseIndexes(status.failedIndexes ?? '', completions),
      placed.filter((pod) => isIndexFailed(job, pod)).map(indexOf),
    );
    look.failedIndexes = failed;
    const count = countIndexes(failed);
    const fail = (reason: string, message: string): JobCondition => makeCondition('FailureTarget', 'True', reason, message, context.now());
    if (!look.finished) {
      if (maxFailedIndexes !== undefined && count > maxFailedIndexes)
        look.finished = fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
      else if (count > 0 && count + look.succeeded >= completions) look.finished = fail('FailedIndexes', 'Job has failed indexes');
    }
    findDelayed(look, placed);
  }
  if (look.finished) return;
  const message = metSuccessRule(job, look.succeededIndexes);
  if (message !== undefined) look.finished = makeCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', message, context.now());
}

function isIndexFailed(job: Job, pod: Pod): boolean {
  if (!isFailed(pod, job)) return false;
  const { action, counts } = judgeFailure(job, pod);
  return action === 'FailIndex' || (counts && failuresBefore(pod) >= job.spec.backoffLimitPerIndex!);
}

/** For each index that is to be tried again, the pod that failed last. */
function findDelayed(look: Look, placed: readonly Pod[]): void {
  const active = new Set(look.active.map(indexOf));
  for (const pod of placed) {
    const index = indexOf(pod);
    if (
      !isFailed(pod, look.job) ||
      active.has(index) ||
      hasIndex(look.succeededIndexes, index) ||
      hasIndex(look.failedIndexes ?? [], index)
    )
      continue;
    const known = look.delayed.get(index);
    if (!known || (absoluteFailures(known) <= absoluteFailures(pod) && finishTime(pod) >= finishTime(known))) look.delayed.set(index, pod);
  }
}

interface Step {
  readonly active: number;
  readonly failure?: unknown;
  readonly changed: boolean;
}

/** The Job ends: its pods go, and their finalizers when they are counted. If one cannot be deleted, it has not ended yet. */
function endPods(look: Look): Step {
  const { active, failure } = remove(look, look.active, false);
  if (active > 0) look.finished = undefined;
  return { active, failure, changed: false };
}

function step(look: Look): Step {
  const { job, status, context } = look;
  const isManaged = !isTerminating(job);
  const { active, failure } = isManaged ? manage(look) : { active: look.active.length, failure: undefined };
  const { completions } = job.spec;
  const isComplete = active === 0 && (completions === undefined ? look.succeeded > 0 : look.succeeded >= completions);
  if (isComplete) {
    look.finished = makeCondition(
      'SuccessCriteriaMet',
      'True',
      'CompletionsReached',
      'Reached expected number of succeeded pods',
      context.now(),
    );
    return { active, failure, changed: false };
  }
  if (!isManaged) return { active, failure, changed: false };
  const suspended = isSuspended(job);
  const [value, reason, message] = suspended ? ['True', 'JobSuspended', 'Job suspended'] : ['False', 'JobResumed', 'Job resumed'];
  const changed = ensureCondition(status.conditions, makeCondition('Suspended', value, reason, message, context.now()));
  if (changed) {
    context.event(job, 'Normal', suspended ? 'Suspended' : 'Resumed', message);
    if (!suspended) status.startTime = formatTime(context.now());
    else if (context.config.minor >= 36) status.startTime = undefined;
  }
  return { active, failure, changed };
}
