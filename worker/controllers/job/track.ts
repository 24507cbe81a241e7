// Counting pods that have ended, once each: first their UIDs are noted in the status, then their finalizers come off, then they are added to the counts.
// Mirrors trackJobStatusAndRemoveFinalizers of job_controller.go.

import type { Pod } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { JOBS_FINISHED, POD_FAILURES_HANDLED } from '../meters.ts';
import { isExpected } from '../pod-control.ts';
import { saveBackOff } from './backoff.ts';
import { addIndexes, formatIndexes, hasIndex } from './indexes.ts';
import {
  completionMode,
  ensureCondition,
  flush,
  hasFinalizer,
  hasIndexLimit,
  indexOf,
  isFailed,
  isIndexed,
  isTrue,
  isValidIndex,
  makeCondition,
} from './look.ts';
import type { Look } from './look.ts';
import { dropFinalizer } from './manage.ts';
import { judgeFailure } from './policies.ts';

/** So that the status stays small. */
const MAX_UNCOUNTED = 500;

export function track(look: Look, statusChanged: boolean): void {
  let dirty = statusChanged;
  const tracked = new Set(look.pods.filter(hasFinalizer).map(({ metadata }) => metadata.uid));
  dirty = countReleased(look, tracked) || dirty;
  const noted = noteEnded(look);
  dirty ||= noted.changed;
  dirty = writeIndexes(look, noted.indexes) || dirty;
  dirty = announceEnd(look) || dirty;
  if (dirty) {
    flush(look);
    saveBackOff(look.context.state, keyOf(look.job), look.backOff);
  }

  dirty = false;
  let failure: unknown;
  for (const pod of noted.ended) {
    try {
      dropFinalizer(look, pod);
      tracked.delete(pod.metadata.uid);
    } catch (error) {
      if (!isExpected(error)) throw error;
      failure ??= error;
    }
  }
  dirty = countReleased(look, tracked);
  if (failure) {
    if (dirty) flush(look);
    throw failure as Error;
  }
  const hasEnded = !noted.full && end(look);
  if (dirty || hasEnded) flush(look);
  if (hasEnded) tellOfEnd(look);
}

/** Adds to the counts the pods that were noted and have no finalizer any more. */
function countReleased({ status }: Look, tracked: ReadonlySet<string>): boolean {
  let changed = false;
  for (const kind of ['succeeded', 'failed'] as const) {
    const left = status.uncounted[kind].filter((uid) => tracked.has(uid));
    const released = status.uncounted[kind].length - left.length;
    if (!released) continue;
    status[kind] += released;
    status.uncounted[kind] = left;
    changed = true;
  }
  return changed;
}

/** Notes the pods whose finalizers may come off. An indexed Job counts its successes by index instead. */
function noteEnded(look: Look): { ended: Pod[]; indexes: number[]; changed: boolean; full: boolean } {
  const { job, status, finished, context } = look;
  const { uncounted } = status;
  const [ended, indexes]: [Pod[], number[]] = [[], []];
  const known = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) };
  const isFailure = finished !== undefined && finished.type !== 'SuccessCriteriaMet';
  const indexed = isIndexed(job);
  const pods = indexed ? look.pods.toSorted((a, b) => indexOf(a) - indexOf(b)) : look.pods;
  let [changed, full] = [false, false];
  for (const pod of pods) {
    const failed = isFailed(pod, job);
    if (!hasFinalizer(pod) || !mayRelease(look, pod, failed)) continue;
    ended.push(pod);
    const { uid } = pod.metadata;
    const index = indexOf(pod);
    const isPlaced = !indexed || isValidIndex(job, index);
    if (pod.status.phase === 'Succeeded' && !known.failed.has(uid)) {
      if (indexed) {
        if (isPlaced && !hasIndex(look.previousIndexes, index)) {
          indexes.push(index);
          changed = true;
        }
      } else if (!known.succeeded.has(uid)) {
        uncounted.succeeded.push(uid);
        changed = true;
      }
    } else if ((failed || isFailure) && !known.failed.has(uid) && isPlaced) {
      const { action, counts } = judgeFailure(job, pod);
      if (action) context.meters.add(POD_FAILURES_HANDLED, { action });
      if (counts) {
        uncounted.failed.push(uid);
        changed = true;
      }
    }
    if (indexes.length + uncounted.succeeded.length + uncounted.failed.length >= MAX_UNCOUNTED) {
      full = true;
      break;
    }
  }
  return { ended, indexes, changed, full };
}

function mayRelease({ job, finished, delayed }: Look, pod: Pod, failed: boolean): boolean {
  if (job.metadata.deletionTimestamp !== undefined || finished || pod.status.phase === 'Succeeded') return true;
  if (!failed) return false;
  // The next pod of the index needs its counts.
  return !(hasIndexLimit(job) && delayed.get(indexOf(pod))?.metadata.uid === pod.metadata.uid);
}

function writeIndexes(look: Look, indexes: readonly number[]): boolean {
  const { job, status, failedIndexes } = look;
  if (!isIndexed(job)) return false;
  look.succeededIndexes = addIndexes(look.succeededIndexes, indexes);
  const completed = formatIndexes(look.succeededIndexes);
  const failed = failedIndexes && formatIndexes(failedIndexes);
  const changed = completed !== status.completedIndexes || failed !== status.failedIndexes;
  status.succeeded = look.succeededIndexes.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  status.completedIndexes = completed;
  status.failedIndexes = failed;
  return changed;
}

/** First it is said that the Job is going to end; that it has ended, when its pods are gone. */
function announceEnd(look: Look): boolean {
  const { finished, status, context } = look;
  if (finished?.type === 'FailureTarget') {
    status.conditions.push(finished);
    look.finished = makeCondition('Failed', 'True', finished.reason ?? '', finished.message ?? '', context.now());
    return true;
  }
  if (finished?.type !== 'SuccessCriteriaMet') return false;
  const isNew = !isTrue(status.conditions, 'SuccessCriteriaMet');
  if (isNew) status.conditions.push(finished);
  look.finished = makeCondition('Complete', 'True', finished.reason ?? '', finished.message ?? '', context.now());
  return isNew;
}

function end({ finished, status }: Look): boolean {
  if (!finished || status.uncounted.succeeded.length + status.uncounted.failed.length || status.terminating > 0) return false;
  ensureCondition(status.conditions, finished);
  if (finished.type === 'Complete' && finished.lastTransitionTime) status.completionTime = finished.lastTransitionTime;
  return true;
}

function tellOfEnd({ job, finished, status, context }: Look): void {
  const labels = {
    completion_mode: completionMode(job),
    reason: finished!.reason ?? '',
    result: finished!.type === 'Failed' ? 'failed' : 'succeeded',
  };
  context.meters.add(JOBS_FINISHED, labels);
  if (finished!.type === 'Failed') return context.event(job, 'Warning', finished!.reason ?? '', finished!.message ?? '');
  if (job.spec.completions !== undefined && status.succeeded > job.spec.completions)
    context.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
  context.event(job, 'Normal', 'Completed', 'Job completed');
}
