// The Jobs of a CronJob: made, found and thrown away. Mirrors pkg/controller/cronjob's job control and history limits.

import type { ControllerContext } from '../../api/controller.ts';
import type { CronJob, Job } from '../../api/gen/batch-v1.ts';
import type { ObjectReference } from '../../api/gen/core-v1.ts';
import type { Draft } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { zoneOffset } from '../../lib/time-zone.ts';
import { formatTime, timeOf } from '../../lib/time.ts';
import { hasCondition } from '../../resources/batch/job-conditions.ts';
import { jobs } from '../../resources/batch/job.ts';
import { controllerRef } from '../claim.ts';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The same for the same minute, so that no time is served twice. */
export const jobNameOf = ({ metadata }: CronJob, scheduled: number): string => `${metadata.name}-${Math.floor(scheduled / 60_000)}`;

export function jobFor(cronJob: CronJob, scheduled: number): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { labels, annotations } = metadata ?? {};
  const job = {
    name: jobNameOf(cronJob, scheduled),
    namespace: cronJob.metadata.namespace ?? '',
    annotations: { ...annotations, [SCHEDULED_AT]: localTime(scheduled, cronJob.spec.timeZone || 'UTC') },
    ownerReferences: [controllerRef(cronJob)],
  };
  return { metadata: labels ? { ...job, labels } : job, spec };
}

/** `2026-01-01T09:00:00+09:00` */
function localTime(time: number, zone: string): string {
  const offset = zoneOffset(zone, time);
  if (offset === 0) return formatTime(time);
  const minutes = Math.abs(Math.trunc(offset / 60_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return `${formatTime(time + offset).slice(0, -1)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export const referenceTo = ({ kind, apiVersion, metadata }: Job): ObjectReference => ({
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
  apiVersion,
  resourceVersion: metadata.resourceVersion,
});

/** Whether it went; why not is told as an event. */
export function deleteJob(cronJob: CronJob, { namespace = '', name }: ObjectReference, { api, event }: ControllerContext): boolean {
  try {
    api.delete(jobs, namespace, name ?? '', { propagationPolicy: 'Background' });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${error.message}`);
    return false;
  }
  event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  return true;
}

/** Keeps so many ended Jobs of either kind as the CronJob says. The ids of those that went. */
export function dropOldJobs(cronJob: CronJob, all: readonly Job[], context: ControllerContext): string[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  return [
    ...dropOldest(
      cronJob,
      all.filter((job) => hasCondition(job, 'Complete')),
      successfulJobsHistoryLimit,
      context,
    ),
    ...dropOldest(
      cronJob,
      all.filter((job) => !hasCondition(job, 'Complete') && hasCondition(job, 'Failed')),
      failedJobsHistoryLimit,
      context,
    ),
  ];
}

function dropOldest(cronJob: CronJob, ended: readonly Job[], limit: number | undefined, context: ControllerContext): string[] {
  if (limit === undefined || ended.length <= limit) return [];
  return ended
    .toSorted(byStart)
    .slice(0, ended.length - limit)
    .filter((job) => deleteJob(cronJob, referenceTo(job), context))
    .map(({ metadata }) => metadata.uid);
}

/** Those that never started come last. */
const byStart = (a: Job, b: Job): number =>
  startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0);

const startOf = ({ status }: Job): number => (status.startTime ? timeOf(status.startTime) : Number.MAX_SAFE_INTEGER);
