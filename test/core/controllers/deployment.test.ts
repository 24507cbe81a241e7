import { describe, expect, test } from 'vitest';
import type { Deployment, ReplicaSet } from '../../../worker/api/gen/apps-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { replicaSets } from '../../../worker/resources/apps/replicaset.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, runPods, template } from './workloads.ts';

const APP = { app: 'web' };
const REVISION = 'deployment.kubernetes.io/revision';

function make({ api }: TestCluster, replicas: number, more: Partial<Deployment['spec']> = {}): Deployment {
  return api.create(deployments, {
    metadata: { name: 'web', namespace: 'default', generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: APP },
      template: template(APP),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...more,
    },
  });
}

const read = ({ api }: TestCluster): Deployment => api.get(deployments, 'default', 'web')!;
const setsOf = ({ api }: TestCluster): ReplicaSet[] =>
  api.list(replicaSets, { namespace: 'default' }).sort((a, b) => revisionOf(a) - revisionOf(b));
const revisionOf = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.[REVISION]);
const sizes = (cluster: TestCluster): (number | undefined)[] => setsOf(cluster).map(({ spec }) => spec.replicas);
const condition = (cluster: TestCluster, wanted: string) => read(cluster).status.conditions?.find(({ type }) => type === wanted);
const reasons = (cluster: TestCluster): Record<string, string> =>
  Object.fromEntries((read(cluster).status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

function change(cluster: TestCluster, spec: Partial<Deployment['spec']>, annotations?: Record<string, string>): void {
  const now = read(cluster);
  const metadata = annotations ? { ...now.metadata, annotations: { ...now.metadata.annotations, ...annotations } } : now.metadata;
  cluster.api.update(deployments, { ...now, metadata, spec: { ...now.spec, ...spec } });
  cluster.settle();
}

const image = (name: string) => ({ metadata: { labels: APP }, spec: podSpec({ containers: [{ name: 'c', image: name, resources: {} }] }) });

/** A Deployment whose first revision is complete. */
function running(replicas: number, more: Partial<Deployment['spec']> = {}): TestCluster {
  const cluster = emptyCluster();
  make(cluster, replicas, more);
  runPods(cluster, APP);
  return cluster;
}

describe('a Deployment', () => {
  test('makes a ReplicaSet of its template, and tells of its progress', () => {
    const cluster = emptyCluster();
    const made = make(cluster, 3);
    cluster.settle();
    const [set] = setsOf(cluster);
    const hash = set!.metadata.labels!['pod-template-hash']!;
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{7,10}$/);
    expect(set!.metadata.name).toBe(`web-${hash}`);
    expect(set!.spec.selector.matchLabels).toEqual({ ...APP, 'pod-template-hash': hash });
    expect(set!.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      [REVISION]: '1',
    });
    expect(controllerOf(set!)?.uid).toBe(made.metadata.uid);
    expect(read(cluster).metadata.annotations?.[REVISION]).toBe('1');
    expect(read(cluster).status).toMatchObject({ replicas: 3, updatedReplicas: 3, unavailableReplicas: 3 });
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'False', message: 'Deployment does not have minimum availability.' });
    expect(condition(cluster, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `ReplicaSet "${set!.metadata.name}" is progressing.`,
    });
    expect(eventsOf(cluster.api, made)).toEqual([`ScalingReplicaSet: Scaled up replica set ${set!.metadata.name} from 0 to 3`]);

    runPods(cluster, APP);
    expect(read(cluster).status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(read(cluster).status.unavailableReplicas).toBeUndefined();
    expect(condition(cluster, 'Available')).toMatchObject({ status: 'True', message: 'Deployment has minimum availability.' });
    expect(condition(cluster, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${set!.metadata.name}" has successfully progressed.`,
    });
    expect(notCanonical(cluster.api)).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('is available as soon as no more pods are missing than may be', () => {
    const cluster = emptyCluster();
    make(cluster, 4);
    cluster.settle();
    makeReady(cluster, ...podsWith(cluster.api, APP).slice(0, 3));
    cluster.settle();
    expect(reasons(cluster)).toEqual({ Available: 'True MinimumReplicasAvailable', Progressing: 'True ReplicaSetUpdated' });
  });

  test('rolls out step by step within surge and unavailability', () => {
    const cluster = running(4);
    change(cluster, { template: image('nginx:2') });
    expect(sizes(cluster)).toEqual([3, 2]);
    expect(podsWith(cluster.api, APP)).toHaveLength(5);
    const young = (): ReturnType<typeof podsWith> =>
      podsWith(cluster.api, { 'pod-template-hash': setsOf(cluster)[1]!.metadata.labels!['pod-template-hash']! });
    makeReady(cluster, young()[0]!);
    cluster.settle();
    expect(sizes(cluster)).toEqual([2, 3]);
    runPods(cluster, APP);
    expect(sizes(cluster)).toEqual([0, 4]);
    expect(read(cluster).metadata.annotations?.[REVISION]).toBe('2');
    const [old, next] = setsOf(cluster).map(({ metadata }) => metadata.name);
    expect(eventsOf(cluster.api, read(cluster)).slice(1, 4)).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${next} from 0 to 1`,
      `ScalingReplicaSet: Scaled down replica set ${old} from 4 to 3`,
      `ScalingReplicaSet: Scaled up replica set ${next} from 1 to 2`,
    ]);
  });

  test('takes an old ReplicaSet back into use, under a new revision', () => {
    const cluster = running(1);
    change(cluster, { template: image('nginx:2') });
    runPods(cluster, APP);
    change(cluster, { template: template(APP) });
    runPods(cluster, APP);
    const sets = setsOf(cluster);
    expect(sets.map(revisionOf)).toEqual([2, 3]);
    expect(sets[1]!.metadata.annotations?.['deployment.kubernetes.io/revision-history']).toBe('1');
    expect(sizes(cluster)).toEqual([0, 1]);
  });

  test('counts revisions beyond what a float64 tells apart', () => {
    const cluster = running(1);
    const [set] = setsOf(cluster);
    const annotations = { ...set!.metadata.annotations, [REVISION]: '3546343826724305832' };
    cluster.api.update(replicaSets, { ...set!, metadata: { ...set!.metadata, annotations } });
    change(cluster, { template: image('nginx:2') });
    expect(read(cluster).metadata.annotations?.[REVISION]).toBe('3546343826724305833');
  });

  test('keeps as much history as it should', () => {
    const cluster = running(1, { revisionHistoryLimit: 2 });
    for (const name of ['a', 'b', 'c', 'd']) {
      change(cluster, { template: image(name) });
      runPods(cluster, APP);
    }
    expect(setsOf(cluster).map(revisionOf)).toEqual([3, 4, 5]);
  });

  test('copies its annotations to the new ReplicaSet, except those about itself', () => {
    const cluster = running(1);
    change(cluster, {}, { 'kubernetes.io/change-cause': 'first', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    expect(setsOf(cluster)[0]!.metadata.annotations).toMatchObject({ 'kubernetes.io/change-cause': 'first' });
    expect(setsOf(cluster)[0]!.metadata.annotations).not.toHaveProperty('kubectl.kubernetes.io/last-applied-configuration');
  });

  test('with strategy Recreate, waits until the last old pod is gone', () => {
    const cluster = running(2, {
      strategy: { type: 'Recreate' },
      template: { ...template(APP), metadata: { labels: APP, finalizers: ['x.io/y'] } },
    });
    change(cluster, { template: image('nginx:2') });
    expect(sizes(cluster)).toEqual([0]);
    const leaving = podsWith(cluster.api, APP);
    expect(leaving).toHaveLength(2);
    for (const [i, pod] of leaving.entries()) {
      const now = cluster.api.get(pods, 'default', pod.metadata.name)!;
      const { finalizers: _, ...metadata } = now.metadata;
      cluster.api.update(pods, { ...now, metadata });
      cluster.settle();
      expect(sizes(cluster)).toEqual(i === 0 ? [0] : [0, 2]);
    }
  });

  test.each([
    { name: 'percent of surge up, of unavailability down', replicas: 10, surge: '25%', unavailable: '25%', want: [8, 5] },
    { name: 'numbers', replicas: 10, surge: 1, unavailable: 4, want: [6, 5] },
    { name: 'no surge', replicas: 4, surge: 0, unavailable: 1, want: [3, 1] },
    { name: 'no unavailability', replicas: 4, surge: 2, unavailable: 0, want: [4, 2] },
    { name: 'both round to nothing: one at a time', replicas: 3, surge: 0, unavailable: '10%', want: [2, 1] },
  ])('begins a rollout within its fences: $name', ({ replicas, surge, unavailable, want }) => {
    const cluster = running(replicas, {
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
    });
    change(cluster, { template: image('nginx:2') });
    expect(sizes(cluster)).toEqual(want);
  });

  test('goes on only when new pods have been ready for minReadySeconds', () => {
    const cluster = running(2, {
      minReadySeconds: 30,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    cluster.advance(31_000);
    expect(read(cluster).status.availableReplicas).toBe(2);
    change(cluster, { template: image('nginx:2') });
    expect(sizes(cluster)).toEqual([2, 1]);
    runPods(cluster, APP);
    cluster.advance(29_000);
    expect(sizes(cluster)).toEqual([2, 1]);
    cluster.advance(3000);
    expect(sizes(cluster)).toEqual([1, 2]);
  });

  test('paused, scales but starts no rollout; resumed, goes on', () => {
    const cluster = running(2);
    change(cluster, { paused: true, template: image('nginx:2') });
    expect(condition(cluster, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    expect(sizes(cluster)).toEqual([2]);
    change(cluster, { replicas: 5 });
    expect(sizes(cluster)).toEqual([5]);
    change(cluster, { paused: false });
    runPods(cluster, APP);
    expect(sizes(cluster)).toEqual([0, 5]);
    expect(reasons(cluster)['Progressing']).toBe('True NewReplicaSetAvailable');
  });

  test('misses its deadline, and says so; a later success clears it', () => {
    const cluster = emptyCluster();
    make(cluster, 1, { progressDeadlineSeconds: 60 });
    cluster.advance(59_000);
    expect(reasons(cluster)['Progressing']).toBe('True ReplicaSetUpdated');
    cluster.advance(4000);
    const [set] = setsOf(cluster);
    expect(condition(cluster, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set!.metadata.name}" has timed out progressing.`,
    });
    runPods(cluster, APP);
    expect(reasons(cluster)['Progressing']).toBe('True NewReplicaSetAvailable');
  });

  test('does not miss its deadline while it is paused, and has all of it again afterwards', () => {
    const cluster = emptyCluster();
    make(cluster, 1, { progressDeadlineSeconds: 60 });
    cluster.advance(30_000);
    change(cluster, { paused: true });
    cluster.advance(300_000);
    expect(reasons(cluster)['Progressing']).toBe('Unknown DeploymentPaused');
    change(cluster, { paused: false });
    expect(condition(cluster, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentResumed',
      message: 'Deployment is resumed',
    });
    cluster.advance(55_000);
    expect(reasons(cluster)['Progressing']).toBe('Unknown DeploymentResumed');
    cluster.advance(10_000);
    expect(reasons(cluster)['Progressing']).toBe('False ProgressDeadlineExceeded');
    change(cluster, { paused: true });
    expect(reasons(cluster)['Progressing']).toBe('False ProgressDeadlineExceeded');
  });

  test('without a deadline says nothing of its progress', () => {
    const cluster = emptyCluster();
    make(cluster, 1, { progressDeadlineSeconds: 2 ** 31 - 1 });
    cluster.advance(1_000_000);
    expect(reasons(cluster)).toEqual({ Available: 'False MinimumReplicasUnavailable' });
  });

  test('adopts a ReplicaSet that fits, and leaves one that does not', () => {
    const cluster = emptyCluster();
    const lonely = (name: string, tier: string): ReplicaSet =>
      cluster.api.create(replicaSets, {
        metadata: { name, namespace: 'default', labels: { ...APP, tier } },
        spec: { replicas: 1, selector: { matchLabels: { ...APP, tier } }, template: template({ ...APP, tier }) },
      });
    lonely('fits', 'a');
    make(cluster, 1, { selector: { matchLabels: { ...APP, tier: 'a' } }, template: template({ ...APP, tier: 'a' }) });
    lonely('other', 'b');
    runPods(cluster, APP);
    const owners = Object.fromEntries(setsOf(cluster).map((set) => [set.metadata.name, controllerOf(set)?.name]));
    expect(owners).toEqual({ fits: 'web', other: undefined });
    expect(condition(cluster, 'Progressing')?.message).toBe('ReplicaSet "fits" has successfully progressed.');
  });

  test('finds another name when its hash is taken', () => {
    const first = emptyCluster();
    make(first, 1);
    first.settle();
    const taken = setsOf(first)[0]!.metadata.name;
    const cluster = emptyCluster();
    cluster.api.create(replicaSets, {
      metadata: { name: taken, namespace: 'default', labels: { app: 'other' } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template: template({ app: 'other' }) },
    });
    make(cluster, 1);
    cluster.advance(1000);
    expect(read(cluster).status.collisionCount).toBe(1);
    const mine = setsOf(cluster).filter((set) => controllerOf(set));
    expect(mine).toHaveLength(1);
    expect(mine[0]!.metadata.name).not.toBe(taken);
    expect(cluster.errors).toEqual([]);
  });

  test('tells of pods that cannot be made', () => {
    const cluster = emptyCluster();
    make(cluster, 1, { template: { metadata: { labels: APP, finalizers: ['no name'] }, spec: podSpec() } });
    cluster.settle();
    expect(condition(cluster, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    change(cluster, { template: image('nginx:2') });
    runPods(cluster, APP);
    expect(condition(cluster, 'ReplicaFailure')).toBeUndefined();
  });

  test.each([
    { name: 'a revision', ask: '1', event: 'DeploymentRollback: Rolled back deployment "web" to revision 1', image: 'nginx' },
    { name: 'the one before', ask: '0', event: 'DeploymentRollback: Rolled back deployment "web" to revision 1', image: 'nginx' },
    {
      name: 'none that exists',
      ask: '7',
      event: 'DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.',
      image: 'nginx:2',
    },
    {
      name: 'where it is',
      ask: '2',
      event: 'DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"',
      image: 'nginx:2',
    },
  ])('rolls back by annotation to $name', ({ ask, event, image: wanted }) => {
    const cluster = running(1);
    change(cluster, { template: image('nginx:2') });
    runPods(cluster, APP);
    change(cluster, {}, { 'deprecated.deployment.rollback.to': ask });
    runPods(cluster, APP);
    expect(eventsOf(cluster.api, read(cluster))).toContain(event);
    expect(read(cluster).metadata.annotations).not.toHaveProperty(['deprecated.deployment.rollback.to']);
    expect(read(cluster).spec.template.spec.containers[0]!.image).toBe(wanted);
  });
});

describe('scaling in the middle of a rollout shares the difference', () => {
  // Two sets of given sizes; the Deployment had as many replicas as `from`.
  test.each([
    { name: 'up, in proportion', from: 10, to: 15, surge: 0, before: [7, 3], after: [11, 4] },
    { name: 'up, the rest to the largest', from: 10, to: 12, surge: 0, before: [5, 5], after: [6, 6] },
    { name: 'down, in proportion', from: 10, to: 5, surge: 0, before: [8, 2], after: [4, 1] },
    { name: 'with surge', from: 10, to: 20, surge: 2, before: [8, 4], after: [15, 7] },
    { name: 'to nothing', from: 10, to: 0, surge: 0, before: [7, 3], after: [0, 0] },
  ])('$name', ({ from, to, surge, before, after }) => {
    const cluster = emptyCluster();
    make(cluster, from, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: 1 } }, paused: true });
    const owner = read(cluster);
    for (const [i, replicas] of before.entries()) {
      const tmpl = i === 1 ? template(APP) : image('old');
      const labels = { ...APP, 'pod-template-hash': `h${i}` };
      cluster.api.create(replicaSets, {
        metadata: {
          name: `web-h${i}`,
          namespace: 'default',
          labels,
          annotations: {
            [REVISION]: String(i + 1),
            'deployment.kubernetes.io/desired-replicas': String(from),
            'deployment.kubernetes.io/max-replicas': String(from + surge),
          },
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true },
          ],
        },
        spec: { replicas, selector: { matchLabels: labels }, template: { ...tmpl, metadata: { labels } } },
      });
    }
    cluster.settle();
    change(cluster, { replicas: to });
    expect(sizes(cluster)).toEqual(after);
    for (const set of setsOf(cluster)) {
      if (to > 0) expect(set.metadata.annotations?.['deployment.kubernetes.io/max-replicas']).toBe(String(to + surge));
    }
  });
});

test('the ReplicaSets of a rollout of a thousand pods are not looked at more often than pods change', () => {
  const reconciles = (replicas: number): number => {
    const cluster = running(replicas);
    const before = cluster.cluster.loop.reconciles;
    change(cluster, { template: image('nginx:2') });
    runPods(cluster, APP);
    expect(sizes(cluster)).toEqual([0, replicas]);
    return cluster.cluster.loop.reconciles - before;
  };
  expect(reconciles(200)).toBeLessThan(3 * reconciles(100));
});
