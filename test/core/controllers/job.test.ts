import { describe, expect, test } from 'vitest';
import type { Job, PodFailurePolicyRule } from '../../../worker/api/gen/batch-v1.ts';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { finishTime } from '../../../worker/controllers/job/backoff.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, setPod, template } from './workloads.ts';

const APP = { run: 'job' };

function make({ api }: TestCluster, more: Partial<Job['spec']> = {}): Job {
  return api.create(jobs, {
    metadata: { name: 'job', namespace: 'default', generation: 1 },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: true,
      selector: { matchLabels: APP },
      template: template(APP, { restartPolicy: 'Never' }),
      ...more,
    },
  });
}
const start = (more: Partial<Job['spec']> = {}): TestCluster => {
  const cluster = emptyCluster();
  make(cluster, more);
  cluster.settle();
  return cluster;
};

const read = ({ api }: TestCluster): Job => api.get(jobs, 'default', 'job')!;
const all = ({ api }: TestCluster): Pod[] => podsWith(api, APP);
const alive = (cluster: TestCluster): Pod[] =>
  all(cluster).filter(({ status, metadata }) => !['Succeeded', 'Failed'].includes(status.phase ?? '') && !metadata.deletionTimestamp);
const indexOf = ({ metadata }: Pod): string => metadata.annotations!['batch.kubernetes.io/job-completion-index']!;
const ofIndex = (cluster: TestCluster, index: number): Pod => alive(cluster).find((pod) => indexOf(pod) === String(index))!;
const succeed = (cluster: TestCluster, ...which: readonly Pod[]): void => {
  for (const pod of which) setPod(cluster, pod, { phase: 'Succeeded', exitCode: 0 });
  cluster.advance(1100);
};
const fail = (cluster: TestCluster, pod: Pod, exitCode = 1): void => {
  setPod(cluster, pod, { phase: 'Failed', exitCode });
  cluster.advance(1100);
};
const conditions = (cluster: TestCluster): string[] =>
  (read(cluster).status.conditions ?? []).map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
const change = (cluster: TestCluster, spec: Partial<Job['spec']>): void => {
  const now = read(cluster);
  cluster.api.update(jobs, {
    ...now,
    metadata: { ...now.metadata, generation: (now.metadata.generation ?? 0) + 1 },
    spec: { ...now.spec, ...spec },
  });
  cluster.advance(1100);
};
const clean = (cluster: TestCluster): void => {
  expect(cluster.errors).toEqual([]);
  expect(notCanonical(cluster.api)).toEqual([]);
};

describe('a Job', () => {
  test('runs a pod to its end', () => {
    const cluster = start();
    const [pod] = all(cluster);
    expect(pod!.metadata).toMatchObject({ generateName: 'job-', finalizers: ['batch.kubernetes.io/job-tracking'] });
    expect(controllerOf(pod!)).toMatchObject({ kind: 'Job', apiVersion: 'batch/v1', name: 'job' });
    expect(read(cluster).status).toMatchObject({
      active: 1,
      ready: 0,
      terminating: 0,
      startTime: '2026-01-01T00:00:00Z',
      uncountedTerminatedPods: {},
    });
    makeReady(cluster, pod!);
    cluster.advance(1100);
    expect(read(cluster).status.ready).toBe(1);
    succeed(cluster, pod!);
    cluster.advance(2000);
    const { status } = read(cluster);
    expect(status).toMatchObject({
      succeeded: 1,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      completionTime: expect.any(String) as string,
    });
    expect(status.active).toBeUndefined();
    expect(conditions(cluster)).toEqual([
      'SuccessCriteriaMet True CompletionsReached: Reached expected number of succeeded pods',
      'Complete True CompletionsReached: Reached expected number of succeeded pods',
    ]);
    expect(all(cluster)[0]!.metadata.finalizers).toBeUndefined();
    expect(eventsOf(cluster.api, read(cluster))).toEqual([
      `SuccessfulCreate: Created pod: ${pod!.metadata.name}`,
      'Completed: Job completed',
    ]);
    clean(cluster);
  });

  test('keeps as many pods at work as it may, until enough have succeeded', () => {
    const cluster = start({ parallelism: 2, completions: 3 });
    expect(alive(cluster)).toHaveLength(2);
    succeed(cluster, alive(cluster)[0]!);
    expect(alive(cluster)).toHaveLength(2);
    expect(read(cluster).status).toMatchObject({ active: 2, succeeded: 1 });
    succeed(cluster, alive(cluster)[0]!);
    expect(alive(cluster)).toHaveLength(1);
    succeed(cluster, alive(cluster)[0]!);
    expect(read(cluster).status.succeeded).toBe(3);
    expect(conditions(cluster).at(-1)).toMatch(/^Complete True/);
    expect(all(cluster)).toHaveLength(3);
    clean(cluster);
  });

  test('without completions, makes no more pods once one has succeeded', () => {
    const cluster = start({ parallelism: 3, completions: null as never });
    expect(alive(cluster)).toHaveLength(3);
    succeed(cluster, alive(cluster)[0]!);
    expect(alive(cluster)).toHaveLength(2);
    expect(read(cluster).status).toMatchObject({ active: 2, succeeded: 1 });
    succeed(cluster, ...alive(cluster));
    expect(conditions(cluster).at(-1)).toMatch(/^Complete True/);
  });

  test('follows its parallelism up and down', () => {
    const cluster = start({ parallelism: 1, completions: 10 });
    change(cluster, { parallelism: 4 });
    expect(alive(cluster)).toHaveLength(4);
    change(cluster, { parallelism: 2 });
    expect(alive(cluster)).toHaveLength(2);
    expect(all(cluster)).toHaveLength(2);
    expect(read(cluster).status.failed).toBeUndefined();
  });

  test('makes pods in place of failed ones after 10, 20 … s, and gives up beyond the limit', () => {
    const cluster = start({ backoffLimit: 2 });
    fail(cluster, alive(cluster)[0]!);
    expect(read(cluster).status).toMatchObject({ failed: 1 });
    expect(alive(cluster)).toHaveLength(0);
    cluster.advance(8000);
    expect(alive(cluster)).toHaveLength(0);
    cluster.advance(1500);
    expect(alive(cluster)).toHaveLength(1);
    fail(cluster, alive(cluster)[0]!);
    cluster.advance(18_000);
    expect(alive(cluster)).toHaveLength(0);
    cluster.advance(1500);
    fail(cluster, alive(cluster)[0]!);
    cluster.advance(2000);
    expect(conditions(cluster)).toEqual([
      'FailureTarget True BackoffLimitExceeded: Job has reached the specified backoff limit',
      'Failed True BackoffLimitExceeded: Job has reached the specified backoff limit',
    ]);
    expect(read(cluster).status.failed).toBe(3);
    expect(eventsOf(cluster.api, read(cluster)).at(-1)).toBe('BackoffLimitExceeded: Job has reached the specified backoff limit');
    clean(cluster);
  });

  test('counts those that run while another waits to be made anew', () => {
    const cluster = start({ parallelism: 2, completions: 2 });
    const [first, second] = all(cluster);
    makeReady(cluster, second!);
    fail(cluster, first!);
    expect(read(cluster).status).toMatchObject({ active: 1, ready: 1, failed: 1 });
    cluster.advance(10_000);
    expect(read(cluster).status).toMatchObject({ active: 2, ready: 1, failed: 1 });
    clean(cluster);
  });

  test('counts the restarts of containers that are restarted in their pod', () => {
    const cluster = start({ backoffLimit: 3, template: template(APP, { restartPolicy: 'OnFailure' }) });
    setPod(cluster, alive(cluster)[0]!, { phase: 'Running', restarts: 2 });
    cluster.advance(1100);
    expect(conditions(cluster)).toEqual([]);
    setPod(cluster, alive(cluster)[0]!, { phase: 'Running', restarts: 3 });
    cluster.advance(1100);
    expect(conditions(cluster)[0]).toMatch(/^FailureTarget True BackoffLimitExceeded/);
  });

  test('without any time makes no pods', () => {
    const cluster = start({ activeDeadlineSeconds: 0 });
    expect(conditions(cluster)[0]).toBe('FailureTarget True DeadlineExceeded: Job was active longer than specified deadline');
    expect(eventsOf(cluster.api, read(cluster))).not.toContainEqual(expect.stringMatching(/^SuccessfulCreate/));
    expect(all(cluster)).toEqual([]);
    clean(cluster);
  });

  test('that cannot make its pods tries again after a second, then later and later, up to a minute', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(resourceQuotas, { metadata: { name: 'none', namespace: 'default' }, spec: { hard: { pods: '0' } } });
    cluster.settle();
    make(cluster);
    const tries = (): number =>
      api
        .list(events)
        .filter(({ reason }) => reason === 'FailedCreate')
        .reduce((sum, { count = 1 }) => sum + count, 0);
    cluster.advance(500);
    expect(tries()).toBe(1);
    cluster.advance(4500);
    expect(tries()).toBe(3);
    cluster.advance(295_000);
    expect(tries()).toBe(10);
  });

  test('with sidecars ends when these have ended', () => {
    const done = (name: string, finishedAt: string) => ({ name, state: { terminated: { exitCode: 0, finishedAt } } });
    const pod = {
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { initContainers: [{ name: 'side', restartPolicy: 'Always' }] },
      status: { containerStatuses: [done('main', '2026-01-01T00:00:10Z')], initContainerStatuses: [done('side', '2026-01-01T00:00:20Z')] },
    } as unknown as Pod;
    const timeOfEnd = (one: Pod): string => new Date(finishTime(one)).toISOString().slice(17, 19);
    expect(timeOfEnd(pod)).toBe('20');
    const running = [{ name: 'side', state: { running: {} } }] as never;
    expect(timeOfEnd({ ...pod, status: { ...pod.status, initContainerStatuses: running } })).toBe('00');
    expect(timeOfEnd({ ...pod, spec: { ...pod.spec, initContainers: [] } })).toBe('10');
  });

  test('ends at its deadline, when its pods are gone', () => {
    const cluster = start({
      activeDeadlineSeconds: 30,
      template: { ...template(APP, { restartPolicy: 'Never' }), metadata: { labels: APP, finalizers: ['x.io/y'] } },
    });
    cluster.advance(29_000);
    expect(conditions(cluster)).toEqual([]);
    cluster.advance(1500);
    expect(conditions(cluster)).toEqual(['FailureTarget True DeadlineExceeded: Job was active longer than specified deadline']);
    expect(read(cluster).status).toMatchObject({ terminating: 1, failed: 1 });
    const pod = all(cluster)[0]!;
    const { finalizers: _, ...metadata } = pod.metadata;
    cluster.api.update(pods, { ...pod, metadata });
    cluster.advance(2500);
    expect(conditions(cluster).at(-1)).toBe('Failed True DeadlineExceeded: Job was active longer than specified deadline');
  });

  test('suspended, has no pods; resumed, starts its time anew', () => {
    const cluster = start({ parallelism: 2, completions: 2 });
    change(cluster, { suspend: true });
    expect(all(cluster)).toHaveLength(0);
    expect(conditions(cluster)).toEqual(['Suspended True JobSuspended: Job suspended']);
    expect(read(cluster).status.active).toBeUndefined();
    expect(read(cluster).status.startTime).toBeUndefined();
    cluster.advance(60_000);
    change(cluster, { suspend: false });
    expect(alive(cluster)).toHaveLength(2);
    expect(conditions(cluster)).toEqual(['Suspended False JobResumed: Job resumed']);
    expect(Date.parse(read(cluster).status.startTime!)).toBeGreaterThan(Date.parse('2026-01-01T00:01:00Z'));
    expect(eventsOf(cluster.api, read(cluster)).filter((line) => /^(Suspended|Resumed)/.test(line))).toEqual([
      'Suspended: Job suspended',
      'Resumed: Job resumed',
    ]);
  });

  test('adopts a pod that it selects, and tracks it', () => {
    const cluster = emptyCluster();
    cluster.api.create(pods, {
      metadata: { name: 'orphan', namespace: 'default', labels: APP },
      spec: podSpec({ restartPolicy: 'Never' }),
    });
    make(cluster);
    cluster.settle();
    const [pod, ...none] = all(cluster);
    expect(none).toEqual([]);
    expect(pod!.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
    expect(controllerOf(pod!)?.name).toBe('job');
  });

  test('leaves a Job alone that somebody else manages', () => {
    const cluster = start({ managedBy: 'example.com/other' });
    expect(all(cluster)).toHaveLength(0);
  });

  test.each([
    { policy: 'TerminatingOrFailed', replaced: true },
    { policy: 'Failed', replaced: false },
  ])('replaces a terminating pod by policy $policy: $replaced', ({ policy, replaced }) => {
    const cluster = start({
      podReplacementPolicy: policy,
      template: { ...template(APP, { restartPolicy: 'Never' }), metadata: { labels: APP, finalizers: ['x.io/y'] } },
    });
    cluster.advance(2000);
    cluster.api.delete(pods, 'default', alive(cluster)[0]!.metadata.name);
    cluster.advance(12_000);
    expect(alive(cluster)).toHaveLength(replaced ? 1 : 0);
    expect(read(cluster).status.terminating).toBe(1);
  });

  test('that is deleted, leaves no finalizer behind', () => {
    const cluster = start();
    succeed(cluster, alive(cluster)[0]!);
    cluster.api.delete(jobs, 'default', 'job', { propagationPolicy: 'Orphan' });
    cluster.advance(2000);
    expect(all(cluster).flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
    const second = start();
    second.api.delete(jobs, 'default', 'job', { propagationPolicy: 'Background' });
    second.advance(2000);
    expect(all(second)).toEqual([]);
  });
});

describe('an indexed Job', () => {
  const INDEXED = { completionMode: 'Indexed', completions: 4, parallelism: 2 };

  test('gives each pod an index, the lowest first, and notes those that succeeded', () => {
    const cluster = start(INDEXED);
    expect(alive(cluster).map(indexOf).toSorted()).toEqual(['0', '1']);
    const pod = ofIndex(cluster, 1);
    expect(pod.metadata.name).toMatch(/^job-1-\w{5}$/);
    expect(pod.metadata.labels).toMatchObject({ 'batch.kubernetes.io/job-completion-index': '1' });
    expect(pod.spec.hostname).toBe('job-1');
    expect(pod.spec.containers[0]!.env).toEqual([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: {
          fieldRef: expect.objectContaining({ fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" }) as object,
        },
      },
    ]);
    succeed(cluster, ofIndex(cluster, 0));
    succeed(cluster, ofIndex(cluster, 2));
    expect(read(cluster).status).toMatchObject({ completedIndexes: '0,2', succeeded: 2 });
    succeed(cluster, ofIndex(cluster, 1));
    expect(read(cluster).status.completedIndexes).toBe('0-2');
    succeed(cluster, ofIndex(cluster, 3));
    expect(read(cluster).status).toMatchObject({ completedIndexes: '0-3', succeeded: 4 });
    expect(conditions(cluster).at(-1)).toMatch(/^Complete True/);
    clean(cluster);
  });

  test('makes an index again whose pod failed', () => {
    const cluster = start({ ...INDEXED, completions: 2 });
    fail(cluster, ofIndex(cluster, 1));
    cluster.advance(10_000);
    expect(alive(cluster).map(indexOf).toSorted()).toEqual(['0', '1']);
    expect(read(cluster).status.failed).toBe(1);
  });

  test('deletes a second pod of an index, and one without a place', () => {
    const cluster = start({ ...INDEXED, completions: 1, parallelism: 1 });
    const [first] = alive(cluster);
    for (const index of ['0', '7']) {
      cluster.api.create(pods, {
        metadata: {
          name: `extra-${index}`,
          namespace: 'default',
          labels: APP,
          annotations: { 'batch.kubernetes.io/job-completion-index': index },
        },
        spec: podSpec({ restartPolicy: 'Never' }),
      });
    }
    makeReady(cluster, first!);
    cluster.advance(2500);
    expect(alive(cluster).map(({ metadata }) => metadata.name)).toEqual([first!.metadata.name]);
  });

  test('with a limit for each index, fails when all are decided', () => {
    const cluster = start({ ...INDEXED, completions: 2, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 });
    fail(cluster, ofIndex(cluster, 0));
    expect(read(cluster).status).toMatchObject({ active: 1, failedIndexes: '' });
    cluster.advance(10_000);
    const again = ofIndex(cluster, 0);
    expect(again.metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    fail(cluster, again);
    expect(read(cluster).status).toMatchObject({ failedIndexes: '0', failed: 2 });
    expect(alive(cluster).map(indexOf)).toEqual(['1']);
    succeed(cluster, ofIndex(cluster, 1));
    cluster.advance(2000);
    expect(conditions(cluster).at(-1)).toBe('Failed True FailedIndexes: Job has failed indexes');
    expect(read(cluster).status).toMatchObject({ completedIndexes: '1', succeeded: 1 });
    clean(cluster);
  });

  test('fails at once when too many indexes have', () => {
    const cluster = start({ ...INDEXED, backoffLimitPerIndex: 0, maxFailedIndexes: 0, backoffLimit: 2 ** 31 - 1 });
    fail(cluster, ofIndex(cluster, 0));
    cluster.advance(2000);
    expect(conditions(cluster).at(-1)).toBe(
      'Failed True MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
    );
    expect(alive(cluster)).toHaveLength(0);
  });

  test.each([
    { name: 'by indexes', rules: [{ succeededIndexes: '0,2-3' }], until: [0, 2, 3], at: 0 },
    { name: 'by count', rules: [{ succeededCount: 2 }], until: [0, 1], at: 0 },
    {
      name: 'by a count among indexes',
      rules: [{ succeededIndexes: '3' }, { succeededIndexes: '1-3', succeededCount: 1 }],
      until: [0, 2],
      at: 1,
    },
  ])('succeeds early $name', ({ rules, until, at }) => {
    const cluster = start({ ...INDEXED, parallelism: 4, successPolicy: { rules } });
    for (const [i, index] of until.entries()) {
      succeed(cluster, ofIndex(cluster, index));
      if (i < until.length - 1) expect(conditions(cluster)).toEqual([]);
    }
    cluster.advance(2000);
    expect(conditions(cluster)).toEqual([
      `SuccessCriteriaMet True SuccessPolicy: Matched rules at index ${at}`,
      `Complete True SuccessPolicy: Matched rules at index ${at}`,
    ]);
    expect(alive(cluster)).toHaveLength(0);
    expect(read(cluster).status.failed).toBeUndefined();
  });
});

describe('a pod failure policy', () => {
  const rule = (action: string, values: number[]): PodFailurePolicyRule =>
    ({ action, onExitCodes: { operator: 'In', values } }) as PodFailurePolicyRule;
  const RULES = { rules: [rule('Ignore', [3]), rule('FailJob', [4]), rule('Count', [5])] };

  test.each([
    { name: 'ignores a failure', exitCode: 3, failed: undefined, alive: 1 },
    { name: 'counts a failure', exitCode: 5, failed: 1, alive: 1 },
    { name: 'counts what no rule names', exitCode: 1, failed: 1, alive: 1 },
  ])('$name', ({ exitCode, failed, alive: left }) => {
    const cluster = start({ podFailurePolicy: RULES, podReplacementPolicy: 'Failed' });
    fail(cluster, alive(cluster)[0]!, exitCode);
    cluster.advance(12_000);
    expect(alive(cluster)).toHaveLength(left);
    expect(read(cluster).status.failed).toBe(failed);
  });

  test('fails the Job', () => {
    const cluster = start({ podFailurePolicy: RULES, podReplacementPolicy: 'Failed' });
    const [pod] = alive(cluster);
    fail(cluster, pod!, 4);
    cluster.advance(2000);
    expect(conditions(cluster).at(-1)).toBe(
      `Failed True PodFailurePolicy: Container c for pod default/${pod!.metadata.name} failed with exit code 4 matching FailJob rule at index 1`,
    );
    clean(cluster);
  });

  test('looks at conditions of the pod', () => {
    const policy = { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'Ready', status: 'False' }] }] };
    const cluster = start({ podFailurePolicy: policy as never, podReplacementPolicy: 'Failed' });
    const [pod] = alive(cluster);
    fail(cluster, pod!);
    cluster.advance(2000);
    expect(conditions(cluster).at(-1)).toBe(
      `Failed True PodFailurePolicy: Pod default/${pod!.metadata.name} has condition Ready matching FailJob rule at index 0`,
    );
  });

  test('fails an index', () => {
    const cluster = start({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 5,
      podFailurePolicy: { rules: [rule('FailIndex', [7])] },
      podReplacementPolicy: 'Failed',
    });
    fail(cluster, ofIndex(cluster, 0), 7);
    expect(read(cluster).status.failedIndexes).toBe('0');
  });
});

describe('what is measured', () => {
  const measured = async (cluster: TestCluster, name: RegExp): Promise<string[]> => {
    const { body } = await cluster.request<string>('GET', '/metrics');
    return body.split('\n').filter((line) => line.startsWith('job_controller_') && name.test(line));
  };

  test('are the indexes that ended, each once, and why pods were made', async () => {
    const cluster = start({ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimitPerIndex: 0, backoffLimit: 100 });
    fail(cluster, ofIndex(cluster, 0));
    succeed(cluster, ofIndex(cluster, 1));
    succeed(cluster, ofIndex(cluster, 2));
    expect(await measured(cluster, /indexes|creation|pods_finished/)).toEqual([
      'job_controller_job_finished_indexes_total{backoffLimit="perIndex",status="failed"} 1',
      'job_controller_job_finished_indexes_total{backoffLimit="perIndex",status="succeeded"} 2',
      'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 3',
      'job_controller_job_pods_finished_total{completion_mode="Indexed",result="failed"} 1',
      'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 2',
    ]);
  });

  test.each([
    { policy: 'Failed', reason: 'recreate_failed' },
    { policy: 'TerminatingOrFailed', reason: 'recreate_terminating_or_failed' },
  ])('is that a pod replaces one that failed, where $policy ones are replaced', async ({ policy, reason }) => {
    const cluster = start({ podReplacementPolicy: policy });
    fail(cluster, alive(cluster)[0]!);
    cluster.advance(30_000);
    expect(await measured(cluster, /creation/)).toEqual([
      'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 1',
      `job_controller_job_pods_creation_total{reason="${reason}",status="succeeded"} 1`,
    ]);
  });

  test('is a pod that could not be made', async () => {
    const cluster = emptyCluster();
    cluster.api.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec: { hard: { pods: '0' } } });
    cluster.settle();
    make(cluster);
    cluster.settle();
    expect(await measured(cluster, /creation/)).toEqual([
      'job_controller_job_pods_creation_total{reason="new",status="failed"} 1',
      'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 1',
    ]);
  });

  test('is a Job that somebody else looks after', async () => {
    expect(await measured(start({ managedBy: 'example.com/other' }), /external/)).toEqual([
      'job_controller_jobs_by_external_controller_total{controller_name="example.com/other"} 1',
    ]);
  });
});
