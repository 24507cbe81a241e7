// CronJobs: Jobs at their times. Mirrors pkg/controller/cronjob.
//
// Keys: `<namespace>/<name>`; `timetable <namespace>/<name>` when the schedule was changed: then nothing is caught up on, and the next time is waited for.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { CronJob, Job } from '../../api/gen/batch-v1.ts';
import { OwnWrites } from '../../api/own-writes.ts';
import { controllerOf, isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import { CronError, parseSchedule } from '../../lib/cron/parse.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import { isEqual } from '../../lib/json.ts';
import { formatTime, timeOf } from '../../lib/time.ts';
import { cronJobs } from '../../resources/batch/cronjob.ts';
import { hasCondition, isFinished } from '../../resources/batch/job-conditions.ts';
import { jobs } from '../../resources/batch/job.ts';
import { CRONJOB_SKEW } from '../meters.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { deleteJob, dropOldJobs, jobFor, jobNameOf, referenceTo } from './jobs.ts';
import { InvalidScheduleError, mostRecent, timetableOf, untilNext } from './times.ts';
import type { Timetable } from './times.ts';

const TIMETABLE = 'timetable ';

export function makeCronJobController(): Controller {
  const ownWrites = new OwnWrites();
  return {
    name: 'cronjob',
    component: 'kube-controller-manager',
    watches: [
      watch(cronJobs, (cronJob, previous, _reader, type) => {
        if (ownWrites.take(cronJob)) return [];
        const changed =
          type === 'updated' && (previous?.spec.schedule !== cronJob.spec.schedule || previous.spec.timeZone !== cronJob.spec.timeZone);
        return [changed ? `${TIMETABLE}${keyOf(cronJob)}` : keyOf(cronJob)];
      }),
      watch(jobs, (job, previous, _reader, type) =>
        ownWrites.take(job) || (type === 'updated' && previous && !hasNews(job, previous)) ? [] : ownersOf(job, previous),
      ),
    ],
    reconcile(key, context) {
      if (key.startsWith(TIMETABLE)) return followTimetable(key.slice(TIMETABLE.length), context);
      const { namespace, name } = splitKey(key);
      const cronJob = context.api.get(cronJobs, namespace, name);
      return cronJob && sync(cronJob, context, ownWrites);
    },
  };
}

/** Whether it started to matter otherwise to who made it. */
const hasNews = (job: Job, previous: Job): boolean =>
  isFinished(job) !== isFinished(previous) || controllerOf(job)?.uid !== controllerOf(previous)?.uid;

function ownersOf(...both: (Job | undefined)[]): string[] {
  const keys: string[] = [];
  for (const job of both) {
    const owner = job && controllerOf(job);
    if (owner?.kind === 'CronJob') keys.push(`${job!.metadata.namespace}/${owner.name}`);
  }
  return keys;
}

function followTimetable(key: string, context: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  const cronJob = context.api.get(cronJobs, namespace, name);
  if (!cronJob) return undefined;
  try {
    const timetable = timetableOf(parseSchedule(cronJob.spec.schedule), cronJob.spec.timeZone);
    context.enqueue(key, { after: untilNext(cronJob, context.now(), timetable), background: true });
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    const message = `unparseable schedule for cronjob: ${cronJob.spec.schedule}`;
    context.event(cronJob, 'Warning', 'UnParseableCronJobSchedule', message);
  }
  return undefined;
}

function sync(cronJob: CronJob, context: ControllerContext, ownWrites: OwnWrites): Requeue | undefined {
  const all = context.api.lookup(jobs, indexTerm.controller(cronJob.metadata.uid));
  const dropped = dropOldJobs(cronJob, all, context);
  const current = dropped.length ? without(new Set(dropped), cronJob, all, context) : takeStock(cronJob, all, context);
  const { status, requeue, failure, job } = startWhatIsDue(current, context);
  const { active: left = [], ...rest } = status;
  const wanted = { ...(left.length && { active: left }), ...rest };
  const written = isEqual(wanted, cronJob.status) ? [] : [context.api.updateStatus(cronJobs, { ...cronJob, status: wanted })];
  if (!repeatsItself(current, all)) for (const one of job ? [job, ...written] : written) ownWrites.add(one);
  if (failure) throw failure;
  return requeue;
}

/** The same, when Jobs have just gone. */
function without(gone: ReadonlySet<string>, cronJob: CronJob, all: readonly Job[], context: ControllerContext): CronJob {
  const { active = [], ...others } = cronJob.status;
  const kept = { ...cronJob, status: { ...others, active: active.filter(({ uid = '' }) => !gone.has(uid)) } };
  return takeStock(
    kept,
    all.filter(({ metadata }) => !gone.has(metadata.uid)),
    context,
  );
}

/** Whether another look at the same would tell the same again: upstream takes one after what it wrote itself, and counts. */
const repeatsItself = ({ spec, status }: CronJob, all: readonly Job[]): boolean =>
  spec.schedule.includes('TZ') || all.filter((job) => !isFinished(job)).length !== (status.active?.length ?? 0);

/** The CronJob with its status as its Jobs have it. */
function takeStock(cronJob: CronJob, all: readonly Job[], { api, event }: ControllerContext): CronJob {
  let { active = [], lastSuccessfulTime } = cronJob.status;
  for (const job of all) {
    const isActive = active.some(({ uid }) => uid === job.metadata.uid);
    if (!isFinished(job)) {
      if (!isActive)
        event(cronJob, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
      continue;
    }
    const succeeded = hasCondition(job, 'Complete');
    if (isActive) {
      active = active.filter(({ uid }) => uid !== job.metadata.uid);
      const condition = succeeded ? 'Complete' : 'Failed';
      event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${condition}`);
    }
    const { completionTime } = job.status;
    if (succeeded && completionTime && !(timeOf(lastSuccessfulTime) >= timeOf(completionTime))) lastSuccessfulTime = completionTime;
  }
  const known = new Set(active.length ? all.map(({ metadata }) => metadata.uid) : []);
  for (const { uid = '', namespace = '', name = '' } of active) {
    if (known.has(uid) || api.get(jobs, namespace, name)) continue;
    event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
    active = active.filter((one) => one.uid !== uid);
  }
  return { ...cronJob, status: { ...cronJob.status, active, ...(lastSuccessfulTime && { lastSuccessfulTime }) } };
}

interface Outcome {
  readonly status: CronJob['status'];
  readonly requeue?: Requeue;
  readonly failure?: unknown;
  /** The one that was started. */
  readonly job?: Job;
}

function startWhatIsDue(cronJob: CronJob, context: ControllerContext): Outcome {
  const { spec, status } = cronJob;
  const { event, now } = context;
  if (isTerminating(cronJob)) return { status };
  if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(spec.timeZone)}: unknown time zone ${spec.timeZone}`;
    event(cronJob, 'Warning', 'UnknownTimeZone', message);
    return { status };
  }
  if (spec.suspend) return { status };
  if (spec.schedule.includes('TZ')) event(cronJob, 'Warning', 'UnsupportedSchedule', unsupported(spec.schedule));
  let timetable: Timetable;
  let due: number | undefined;
  try {
    timetable = timetableOf(parseSchedule(spec.schedule), spec.timeZone);
    const { time, missed } = mostRecent(cronJob, now(), timetable, true);
    due = time;
    if (due !== undefined && missed === 'many') event(cronJob, 'Warning', 'TooManyMissedTimes', TOO_MANY);
  } catch (error) {
    if (error instanceof CronError)
      event(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${error.message}`);
    else if (error instanceof InvalidScheduleError)
      event(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${spec.schedule} : ${error.message}`);
    else throw error;
    return { status };
  }
  const later = (state: CronJob['status'] = status): Outcome => ({
    status: state,
    requeue: { after: untilNext({ ...cronJob, status: state }, now(), timetable), background: true },
  });
  if (due === undefined) return later();
  if (spec.startingDeadlineSeconds !== undefined && due + spec.startingDeadlineSeconds * 1000 < now()) {
    event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(due)}`);
    return later();
  }
  const name = jobNameOf(cronJob, due);
  const wasStarted = status.active?.some((one) => one.name === name) || timeOf(status.lastScheduleTime) === due;
  if (wasStarted) return later();
  if (spec.concurrencyPolicy === 'Forbid' && status.active?.length) {
    event(cronJob, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
    return later();
  }
  return start(cronJob, due, context, later);
}

function start(cronJob: CronJob, due: number, context: ControllerContext, later: (status: CronJob['status']) => Outcome): Outcome {
  const { api, event } = context;
  let { status } = cronJob;
  if (cronJob.spec.concurrencyPolicy === 'Replace') {
    for (const one of status.active ?? []) {
      if (!deleteJob(cronJob, one, context))
        return { status, failure: new SyncError(`could not replace job ${one.namespace}/${one.name}`) };
      status = { ...status, active: status.active!.filter(({ uid }) => uid !== one.uid) };
    }
  }
  const draft = jobFor(cronJob, due);
  let job: Job;
  try {
    job = api.create<Job>(jobs, draft);
    event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    context.meters.observe(CRONJOB_SKEW, {}, (context.now() - due) / 1000);
  } catch (error) {
    if (!(error instanceof StatusError) || isNamespaceTerminating(error)) return { status, failure: error };
    if (error.reason !== 'AlreadyExists') {
      event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${error.message}`);
      return { status, failure: error };
    }
    const known = api.get(jobs, cronJob.metadata.namespace ?? '', jobNameOf(cronJob, due));
    // Somebody else's, or one that is counted already.
    if (!known || controllerOf(known)?.uid !== cronJob.metadata.uid || status.active?.some(({ uid }) => uid === known.metadata.uid))
      return { status };
    job = known;
  }
  return { ...later({ ...status, active: [...(status.active ?? []), referenceTo(job)], lastScheduleTime: formatTime(due) }), job };
}

const TOO_MANY = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';

const unsupported = (schedule: string): string =>
  `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;

/** `Thu, 01 Jan 2026 00:05:00 +0000` */
const rfc1123 = (time: number): string => new Date(time).toUTCString().replace('GMT', '+0000');
