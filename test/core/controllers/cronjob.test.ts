import { describe, expect, test } from 'vitest';
import type { CronJob, Job } from '../../../worker/api/gen/batch-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { formatTime } from '../../../worker/lib/time.ts';
import { cronJobs } from '../../../worker/resources/batch/cronjob.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, notCanonical, podsWith, setPod, template } from './workloads.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const APP = { run: 'cron' };

function make({ api }: TestCluster, more: Partial<CronJob['spec']> = {}): CronJob {
  return api.create(cronJobs, {
    metadata: { name: 'tick', namespace: 'default' },
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: { metadata: { labels: APP }, spec: { template: template(APP, { restartPolicy: 'Never' }) } },
      ...more,
    } as CronJob['spec'],
  });
}
function start(more: Partial<CronJob['spec']> = {}): TestCluster {
  const cluster = emptyCluster();
  make(cluster, more);
  cluster.settle();
  return cluster;
}

const read = ({ api }: TestCluster): CronJob => api.get(cronJobs, 'default', 'tick')!;
const all = ({ api }: TestCluster): Job[] => api.list(jobs, { namespace: 'default' });
const names = (cluster: TestCluster): string[] => all(cluster).map(({ metadata }) => metadata.name);
const told = (cluster: TestCluster): string[] => eventsOf(cluster.api, read(cluster));
const minute = (ms: number): number => (START + ms) / MINUTE;
const change = (cluster: TestCluster, spec: Partial<CronJob['spec']>): void => {
  const now = read(cluster);
  cluster.api.update(cronJobs, { ...now, spec: { ...now.spec, ...spec } });
  cluster.settle();
};
/** Ends the pods that are there. */
function finish(cluster: TestCluster, exitCode = 0): void {
  for (const pod of podsWith(cluster.api, APP)) {
    if (pod.status.phase === 'Pending') setPod(cluster, pod, { phase: exitCode ? 'Failed' : 'Succeeded', exitCode });
  }
  cluster.advance(3000);
}
const clean = (cluster: TestCluster): void => {
  expect(cluster.errors).toEqual([]);
  expect(notCanonical(cluster.api)).toEqual([]);
};

describe('a CronJob', () => {
  test('makes a Job at its time, and says so', () => {
    const cluster = start();
    cluster.advance(4 * MINUTE);
    expect(names(cluster)).toEqual([]);
    cluster.advance(1 * MINUTE + 1000);
    const [job] = all(cluster);
    expect(job!.metadata).toMatchObject({
      name: `tick-${minute(5 * MINUTE)}`,
      labels: APP,
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:05:00Z' },
    });
    expect(controllerOf(job!)).toMatchObject({ kind: 'CronJob', apiVersion: 'batch/v1', name: 'tick', blockOwnerDeletion: true });
    expect(read(cluster).status).toEqual({
      active: [expect.objectContaining({ kind: 'Job', name: job!.metadata.name, uid: job!.metadata.uid, apiVersion: 'batch/v1' })],
      lastScheduleTime: '2026-01-01T00:05:00Z',
    });
    finish(cluster);
    expect(read(cluster).status).toEqual({
      lastScheduleTime: '2026-01-01T00:05:00Z',
      lastSuccessfulTime: all(cluster)[0]!.status.completionTime,
    });
    expect(told(cluster)).toEqual([
      `SuccessfulCreate: Created job ${job!.metadata.name}`,
      `SawCompletedJob: Saw completed job: ${job!.metadata.name}, condition: Complete`,
    ]);
    clean(cluster);
  });

  test('keeps the last Jobs of either end', () => {
    const cluster = start({ schedule: '* * * * *', successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 });
    for (const exitCode of [0, 0, 0]) {
      cluster.advance(MINUTE);
      finish(cluster, exitCode);
    }
    expect(names(cluster)).toEqual([2, 3].map((n) => `tick-${minute(n * MINUTE)}`));
    expect(told(cluster)).toContain(`SuccessfulDelete: Deleted job tick-${minute(MINUTE)}`);
    change(cluster, {
      jobTemplate: { ...read(cluster).spec.jobTemplate, spec: { ...read(cluster).spec.jobTemplate.spec, backoffLimit: 0 } },
    });
    for (const exitCode of [1, 1]) {
      cluster.advance(MINUTE);
      finish(cluster, exitCode);
    }
    expect(names(cluster)).toEqual([2, 3, 5].map((n) => `tick-${minute(n * MINUTE)}`));
    expect(told(cluster)).toContain(`SawCompletedJob: Saw completed job: tick-${minute(5 * MINUTE)}, condition: Failed`);
    clean(cluster);
  });

  test.each([
    { policy: 'Allow', left: 3, active: 3 },
    {
      policy: 'Forbid',
      left: 1,
      active: 1,
      event: 'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    },
    { policy: 'Replace', left: 1, active: 1, event: `SuccessfulDelete: Deleted job tick-${minute(MINUTE)}` },
  ])('$policy: while a Job runs, has $left after three times', ({ policy, left, active, event }) => {
    const cluster = start({ schedule: '* * * * *', concurrencyPolicy: policy });
    cluster.advance(3 * MINUTE + 1000);
    expect(all(cluster)).toHaveLength(left);
    expect(read(cluster).status.active).toHaveLength(active);
    if (policy === 'Replace') expect(names(cluster)).toEqual([`tick-${minute(3 * MINUTE)}`]);
    if (event) expect(told(cluster)).toContain(event);
    clean(cluster);
  });

  test('Forbid: starts the Job it held back as soon as the other has ended', () => {
    const cluster = start({ schedule: '* * * * *', concurrencyPolicy: 'Forbid' });
    cluster.advance(2 * MINUTE + 10_000);
    finish(cluster);
    expect(names(cluster)).toEqual([1, 2].map((n) => `tick-${minute(n * MINUTE)}`));
    expect(read(cluster).status.lastScheduleTime).toBe(formatTime(START + 2 * MINUTE));
  });

  test('suspended makes none, and afterwards only the last of those it missed', () => {
    const cluster = start({ schedule: '* * * * *', suspend: true });
    cluster.advance(10 * MINUTE + 1000);
    expect(names(cluster)).toEqual([]);
    change(cluster, { suspend: false });
    cluster.advance(1000);
    expect(names(cluster)).toEqual([`tick-${minute(10 * MINUTE)}`]);
    clean(cluster);
  });

  test('that missed more than a hundred says so, and goes on', () => {
    const cluster = start({ schedule: '* * * * *', suspend: true });
    cluster.advance(2 * HOUR);
    change(cluster, { suspend: false });
    expect(names(cluster)).toEqual([`tick-${minute(2 * HOUR)}`]);
    expect(told(cluster)[0]).toBe(
      'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    );
  });

  test.each([
    { deadline: 30, late: 20_000, made: 1 },
    { deadline: 30, late: 50_000, made: 0 },
    { deadline: 90, late: 50_000, made: 1 },
  ])('with a deadline of $deadline s, $late ms late, makes $made', ({ deadline, late, made }) => {
    const cluster = start({ schedule: '*/10 * * * *', suspend: true, startingDeadlineSeconds: deadline });
    cluster.advance(10 * MINUTE + late);
    change(cluster, { suspend: false });
    expect(names(cluster)).toHaveLength(made);
    cluster.advance(10 * MINUTE);
    expect(names(cluster)).toHaveLength(made + 1);
    clean(cluster);
  });

  test('counts from its last time when its schedule is changed', () => {
    const cluster = start({ schedule: '0 0 1 1 *' });
    cluster.advance(90_000);
    change(cluster, { schedule: '* * * * *' });
    expect(names(cluster)).toEqual([]);
    cluster.advance(MINUTE);
    expect(names(cluster)).toEqual([`tick-${minute(2 * MINUTE)}`]);
  });

  test.each([
    { zone: 'Asia/Tokyo', schedule: '30 9 * * *', at: '2026-01-01T00:30:00Z', text: '2026-01-01T09:30:00+09:00' },
    { zone: 'America/New_York', schedule: '0 20 * * *', at: '2026-01-01T01:00:00Z', text: '2025-12-31T20:00:00-05:00' },
    { zone: 'Asia/Kolkata', schedule: '0 6 * * *', at: '2026-01-01T00:30:00Z', text: '2026-01-01T06:00:00+05:30' },
    { zone: 'Etc/UTC', schedule: '0 1 * * *', at: '2026-01-01T01:00:00Z', text: '2026-01-01T01:00:00Z' },
  ])('keeps the time of $zone', ({ zone, schedule, at, text }) => {
    const cluster = start({ schedule, timeZone: zone });
    cluster.advance(2 * HOUR);
    expect(all(cluster).map(({ metadata }) => metadata.annotations)).toEqual([{ 'batch.kubernetes.io/cronjob-scheduled-timestamp': text }]);
    expect(read(cluster).status.lastScheduleTime).toBe(at);
  });

  test('on a day that never comes tells of it', () => {
    const cluster = start({ schedule: '59 23 31 2 *' });
    expect(told(cluster)).toEqual([
      'InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second',
    ]);
    cluster.advance(HOUR);
    expect(names(cluster)).toEqual([]);
    clean(cluster);
  });

  test('notices Jobs that went, and Jobs that it did not make', () => {
    const cluster = start();
    cluster.advance(5 * MINUTE + 1000);
    const [name] = names(cluster);
    cluster.api.delete(jobs, 'default', name!, { propagationPolicy: 'Background' });
    cluster.settle();
    expect(told(cluster)).toContain(`MissingJob: Active job went missing: ${name}`);
    expect(read(cluster).status.active).toBeUndefined();
    const { metadata, spec } = read(cluster);
    cluster.api.create(jobs, {
      metadata: {
        name: 'by-hand',
        namespace: 'default',
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: metadata.uid, controller: true }],
      },
      spec: spec.jobTemplate.spec,
    });
    cluster.settle();
    expect(told(cluster)).toContain('UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand');
    clean(cluster);
  });

  test('takes a Job with its name that is its own, and leaves one that is not', () => {
    const cluster = start({ schedule: '*/5 * * * *' });
    cluster.api.create(jobs, {
      metadata: { name: `tick-${minute(5 * MINUTE)}`, namespace: 'default' },
      spec: read(cluster).spec.jobTemplate.spec,
    });
    cluster.advance(6 * MINUTE);
    expect(read(cluster).status).toEqual({});
    expect(told(cluster)).toEqual([]);
    clean(cluster);
  });

  test('makes up for a sleep as if it had been awake', () => {
    const cluster = start({ schedule: '0 * * * *', successfulJobsHistoryLimit: 100 });
    cluster.sleep(5 * HOUR + MINUTE);
    cluster.advance(1);
    expect(names(cluster)).toEqual([1, 2, 3, 4, 5].map((n) => `tick-${minute(n * HOUR)}`));
    clean(cluster);
  });

  test('takes its Jobs with it', () => {
    const cluster = start();
    cluster.advance(5 * MINUTE + 1000);
    expect(all(cluster)).toHaveLength(1);
    cluster.api.delete(cronJobs, 'default', 'tick');
    cluster.advance(1000);
    expect(all(cluster)).toEqual([]);
    clean(cluster);
  });
});
