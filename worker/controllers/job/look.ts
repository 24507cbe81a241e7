// One look at one Job: what was found, and the status as it is going to be.

import { JOB_INDEXES_FINISHED, JOB_PODS_FINISHED } from '../meters.ts';
import type { ControllerContext } from '../../api/controller.ts';
import type { Job, JobCondition, JobStatus } from '../../api/gen/batch-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { omitEmpty } from '../../lib/omit-empty.ts';
import { formatTime } from '../../lib/time.ts';
import { jobs } from '../../resources/batch/job.ts';
import type { BackOff } from './backoff.ts';
import { countIndexes, parseIndexes } from './indexes.ts';
import type { Indexes } from './indexes.ts';

export const FINALIZER = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';

/** All that the status holds, to be changed. */
export interface Counts {
  conditions: JobCondition[];
  startTime: string | undefined;
  completionTime: string | undefined;
  active: number;
  succeeded: number;
  failed: number;
  terminating: number;
  completedIndexes: string;
  failedIndexes: string | undefined;
  /** UIDs of pods that have ended, whose finalizer is not off yet. */
  uncounted: { succeeded: string[]; failed: string[] };
  ready: number;
}

export interface Look {
  readonly context: ControllerContext;
  /** As it was last written. */
  job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly status: Counts;
  /** Counted or not. */
  succeeded: number;
  readonly failed: number;
  readonly previousIndexes: Indexes;
  succeededIndexes: Indexes;
  failedIndexes: Indexes | undefined;
  /** By index, the failed pod that waits for another in its place. */
  readonly delayed: Map<number, Pod>;
  readonly backOff: BackOff;
  /** How the Job ends. */
  finished: JobCondition | undefined;
  /** What came of the pods, as a metric calls it. */
  action: 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';
  /** When to come again (ms from now): for work, and for a deadline. */
  readonly waits: { work?: number; deadline?: number };
}

export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true;
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
export const hasIndexLimit = ({ spec }: Job): boolean => spec.backoffLimitPerIndex !== undefined;
/** A terminating pod holds its place until it has ended. */
export const replacesFailedOnly = ({ spec }: Job): boolean => spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

export const hasFinalizer = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === 'Failed') return true;
  return !replacesFailedOnly(job) && pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded';
}

/** -1 for none. */
export function indexOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : -1;
}

export const isValidIndex = (job: Job, index: number): boolean => index >= 0 && index < (job.spec.completions ?? 0);

export function countsOf({ status }: Job): Counts {
  return {
    conditions: [...(status.conditions ?? [])],
    startTime: status.startTime,
    completionTime: status.completionTime,
    active: status.active ?? 0,
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
    terminating: status.terminating ?? 0,
    completedIndexes: status.completedIndexes ?? '',
    failedIndexes: status.failedIndexes,
    uncounted: {
      succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])],
      failed: [...(status.uncountedTerminatedPods?.failed ?? [])],
    },
    ready: status.ready ?? 0,
  };
}

export const completionMode = ({ spec }: Job): string => spec.completionMode ?? 'NonIndexed';

/** Writes the status as it is now. */
export function flush(look: Look): void {
  const {
    conditions,
    startTime,
    completionTime,
    active,
    succeeded,
    failed,
    terminating,
    completedIndexes,
    failedIndexes,
    uncounted,
    ready,
  } = look.status;
  const status: JobStatus = omitEmpty({ conditions: [...conditions], startTime, completionTime, active, succeeded, failed });
  status.terminating = terminating;
  if (completedIndexes) status.completedIndexes = completedIndexes;
  if (failedIndexes !== undefined) status.failedIndexes = failedIndexes;
  status.uncountedTerminatedPods = omitEmpty({ succeeded: [...uncounted.succeeded], failed: [...uncounted.failed] });
  status.ready = ready;
  const before = look.job.status;
  look.job = look.context.api.updateStatus(jobs, { ...look.job, status });
  measure(look, before);
}

/** Mirrors recordJobPodFinished: of an indexed Job the indexes count, and none of them twice. */
function measure({ job, context: { meters } }: Look, before: JobStatus): void {
  const { status, spec } = job;
  let succeeded = (status.succeeded ?? 0) - (before.succeeded ?? 0);
  if (isIndexed(job)) {
    const newly = (now: string | undefined, then: string | undefined): number =>
      now === then
        ? 0
        : countIndexes(parseIndexes(now ?? '', spec.completions ?? 0)) - countIndexes(parseIndexes(then ?? '', spec.completions ?? 0));
    const backoffLimit = hasIndexLimit(job) ? 'perIndex' : 'global';
    succeeded = newly(status.completedIndexes, before.completedIndexes);
    meters.add(JOB_INDEXES_FINISHED, { backoffLimit, status: 'succeeded' }, Math.max(0, succeeded));
    const failed = hasIndexLimit(job) ? newly(status.failedIndexes, before.failedIndexes) : 0;
    if (failed > 0) meters.add(JOB_INDEXES_FINISHED, { backoffLimit, status: 'failed' }, failed);
  }
  const mode = completionMode(job);
  meters.add(JOB_PODS_FINISHED, { completion_mode: mode, result: 'succeeded' }, Math.max(0, succeeded));
  meters.add(JOB_PODS_FINISHED, { completion_mode: mode, result: 'failed' }, Math.max(0, (status.failed ?? 0) - (before.failed ?? 0)));
}

export function makeCondition(type: string, status: string, reason: string, message: string, now: number): JobCondition {
  const time = formatTime(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, ...omitEmpty({ reason, message }) };
}

/** In place. A condition that is False is not added. True if something changed. */
export function ensureCondition(conditions: JobCondition[], next: JobCondition): boolean {
  const at = conditions.findIndex(({ type }) => type === next.type);
  const now = conditions[at];
  if (!now) {
    if (next.status !== 'False') conditions.push(next);
    return next.status !== 'False';
  }
  if (now.status === next.status && now.reason === next.reason && now.message === next.message) return false;
  conditions[at] = next;
  return true;
}

export const isTrue = (conditions: readonly JobCondition[] | undefined, wanted: string): JobCondition | undefined =>
  conditions?.find(({ type, status }) => type === wanted && status === 'True');

export const isFinished = ({ status }: Job): boolean =>
  Boolean(isTrue(status.conditions, 'Complete') ?? isTrue(status.conditions, 'Failed'));
