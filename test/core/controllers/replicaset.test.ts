import { describe, expect, test } from 'vitest';
import type { ReplicaSet } from '../../../worker/api/gen/apps-v1.ts';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import type { ReplicationController } from '../../../worker/api/gen/core-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { replicaSets } from '../../../worker/resources/apps/replicaset.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { replicationControllers } from '../../../worker/resources/core/replicationcontroller.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, setPod, template } from './workloads.ts';

const APP = { app: 'web' };

function makeSet({ api }: TestCluster, replicas: number, more: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  return api.create(replicaSets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: APP }, template: template(APP), ...more },
  });
}

const read = ({ api }: TestCluster): ReplicaSet => api.get(replicaSets, 'default', 'web')!;
const scale = (cluster: TestCluster, replicas: number): void => {
  const set = read(cluster);
  cluster.api.update(replicaSets, { ...set, spec: { ...set.spec, replicas } });
  cluster.settle();
};
const bare = ({ api }: TestCluster, name: string, labels: Record<string, string>): Pod =>
  api.create(pods, { metadata: { name, namespace: 'default', labels }, spec: podSpec() });

describe('a ReplicaSet', () => {
  test('makes its pods, as its template says, and counts them', () => {
    const cluster = emptyCluster();
    const set = makeSet(cluster, 3);
    cluster.settle();
    const made = podsWith(cluster.api, APP);
    expect(made).toHaveLength(3);
    for (const pod of made) {
      expect(pod.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(pod.metadata.generateName).toBe('web-');
      expect(pod.metadata.ownerReferences).toEqual([
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
      ]);
    }
    expect(read(cluster).status).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, terminatingReplicas: 0 });
    makeReady(cluster, ...made.slice(1));
    cluster.settle();
    expect(read(cluster).status).toMatchObject({ replicas: 3, readyReplicas: 2, availableReplicas: 2 });
    expect(eventsOf(cluster.api, set).toSorted()).toEqual(
      made.map(({ metadata }) => `SuccessfulCreate: Created pod: ${metadata.name}`).toSorted(),
    );
    expect(notCanonical(cluster.api)).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('replaces pods that were deleted, and pods that ended', () => {
    const cluster = emptyCluster();
    makeSet(cluster, 2);
    cluster.settle();
    const [first, second] = podsWith(cluster.api, APP);
    cluster.api.delete(pods, 'default', first!.metadata.name);
    setPod(cluster, second!, { phase: 'Failed', exitCode: 1 });
    cluster.settle();
    const names = podsWith(cluster.api, APP).map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(3);
    expect(names).toContain(second!.metadata.name);
    expect(read(cluster).status.replicas).toBe(2);
  });

  test('adopts an orphan that it selects', () => {
    const cluster = emptyCluster();
    bare(cluster, 'lonely', { ...APP, tier: 'x' });
    const set = makeSet(cluster, 2);
    cluster.settle();
    expect(controllerOf(cluster.api.get(pods, 'default', 'lonely')!)?.uid).toBe(set.metadata.uid);
    expect(podsWith(cluster.api, APP)).toHaveLength(2);
    bare(cluster, 'late', APP);
    cluster.settle();
    expect(podsWith(cluster.api, APP)).toHaveLength(2);
    expect(read(cluster).status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 2 });
  });

  test('adopts nothing that another controls, that is being deleted, or that lives elsewhere', () => {
    const cluster = emptyCluster();
    const other = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'u-1', controller: true };
    cluster.api.create(pods, {
      metadata: { name: 'theirs', namespace: 'default', labels: APP, ownerReferences: [other] },
      spec: podSpec(),
    });
    cluster.api.create(pods, { metadata: { name: 'leaving', namespace: 'default', labels: APP, finalizers: ['x.io/y'] }, spec: podSpec() });
    cluster.api.delete(pods, 'default', 'leaving');
    cluster.api.create(pods, { metadata: { name: 'far', namespace: 'kube-system', labels: APP }, spec: podSpec() });
    const set = makeSet(cluster, 1);
    cluster.settle();
    const owned = cluster.api.list(pods).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
    expect(owned.map(({ metadata }) => metadata.name)).not.toContain('leaving');
    expect(owned).toHaveLength(1);
  });

  test('releases a pod that it no longer selects, and makes another', () => {
    const cluster = emptyCluster();
    makeSet(cluster, 1);
    cluster.settle();
    const [pod] = podsWith(cluster.api, APP);
    cluster.api.update(pods, { ...pod!, metadata: { ...pod!.metadata, labels: { app: 'other' } } });
    cluster.settle();
    expect(cluster.api.get(pods, 'default', pod!.metadata.name)!.metadata.ownerReferences).toBeUndefined();
    expect(podsWith(cluster.api, APP)).toHaveLength(1);
  });

  test('counts a pod as fully labelled if it has all labels of the template', () => {
    const cluster = emptyCluster();
    makeSet(cluster, 2, { template: template({ ...APP, tier: 'front' }) });
    cluster.settle();
    const [one, two] = podsWith(cluster.api, APP);
    cluster.api.update(pods, { ...one!, metadata: { ...one!.metadata, labels: APP } });
    cluster.api.update(pods, { ...two!, metadata: { ...two!.metadata, labels: { ...two!.metadata.labels, more: 'x' } } });
    cluster.settle();
    expect(read(cluster).status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1 });
  });

  test('waits for minReadySeconds before a pod is available', () => {
    const cluster = emptyCluster();
    makeSet(cluster, 1, { minReadySeconds: 10 });
    cluster.settle();
    makeReady(cluster, ...podsWith(cluster.api, APP));
    cluster.settle();
    expect(read(cluster).status).toMatchObject({ readyReplicas: 1 });
    expect(read(cluster).status.availableReplicas).toBeUndefined();
    cluster.advance(9000);
    expect(read(cluster).status.availableReplicas).toBeUndefined();
    cluster.advance(1100);
    expect(read(cluster).status.availableReplicas).toBe(1);
  });

  test('counts terminating pods apart', () => {
    const cluster = emptyCluster();
    makeSet(cluster, 1, { template: { ...template(APP), metadata: { labels: APP, finalizers: ['x.io/y'] } } });
    cluster.settle();
    cluster.api.delete(pods, 'default', podsWith(cluster.api, APP)[0]!.metadata.name);
    cluster.settle();
    expect(read(cluster).status).toMatchObject({ replicas: 1, terminatingReplicas: 1 });
  });

  test('makes nothing once it is being deleted', () => {
    const cluster = emptyCluster();
    const set = makeSet(cluster, 1);
    cluster.api.update(replicaSets, { ...set, metadata: { ...set.metadata, finalizers: ['x.io/y'] } });
    cluster.api.delete(replicaSets, 'default', 'web');
    cluster.settle();
    expect(podsWith(cluster.api, APP)).toHaveLength(0);
  });

  test('tells of a pod that cannot be made, and tries again', () => {
    const cluster = emptyCluster();
    const set = makeSet(cluster, 3, { template: { metadata: { labels: APP, finalizers: ['not a name'] }, spec: podSpec() } });
    cluster.settle();
    const condition = read(cluster).status.conditions?.[0];
    expect(condition).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
    const told = eventsOf(cluster.api, set);
    expect(told[0]).toBe(`FailedCreate: Error creating: ${condition!.message}`);
    expect(told.every((line) => line.startsWith('FailedCreate: Error creating: Pod "web-'))).toBe(true);
    expect(told.length).toBeLessThan(3); // one an attempt, not one a pod
    expect(cluster.errors).toEqual([]);
    cluster.api.update(replicaSets, { ...read(cluster), spec: { ...set.spec, template: template(APP) } });
    cluster.settle();
    expect(read(cluster).status.conditions).toBeUndefined();
    expect(podsWith(cluster.api, APP)).toHaveLength(3);
  });
});

describe('scaling down deletes first', () => {
  const rows: {
    name: string;
    gone: Parameters<typeof setPod>[2];
    kept: Parameters<typeof setPod>[2];
    annotate?: [gone: string, kept: string];
  }[] = [
    { name: 'the pending one', gone: { phase: 'Pending' }, kept: { phase: 'Running' } },
    { name: 'the one that is not ready', gone: { phase: 'Running' }, kept: { phase: 'Running', ready: true } },
    { name: 'the cheaper one', gone: { phase: 'Running', ready: true }, kept: { phase: 'Running', ready: true }, annotate: ['-5', '5'] },
    { name: 'the one without a cost where another has one', gone: { phase: 'Running' }, kept: { phase: 'Running' }, annotate: ['', '1'] },
    {
      name: 'the one ready for a shorter time',
      gone: { phase: 'Running', ready: true, since: 9000 },
      kept: { phase: 'Running', ready: true, since: 0 },
    },
    { name: 'the one that restarted more', gone: { phase: 'Running', restarts: 3 }, kept: { phase: 'Running', restarts: 1 } },
  ];
  test.each(rows)('$name', ({ gone, kept, annotate }) => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const cluster = emptyCluster();
      makeSet(cluster, 2);
      cluster.settle();
      cluster.advance(10_000);
      const both = podsWith(cluster.api, APP);
      const [loser, winner] = [both[order[0]]!, both[order[1]]!];
      setPod(cluster, loser, gone);
      setPod(cluster, winner, kept);
      for (const [i, pod] of [loser, winner].entries()) {
        if (!annotate?.[i]) continue;
        const now = cluster.api.get(pods, 'default', pod.metadata.name)!;
        cluster.api.update(pods, {
          ...now,
          metadata: { ...now.metadata, annotations: { 'controller.kubernetes.io/pod-deletion-cost': annotate[i]! } },
        });
      }
      cluster.settle();
      scale(cluster, 1);
      expect(podsWith(cluster.api, APP).map(({ metadata }) => metadata.name)).toEqual([winner.metadata.name]);
      expect(eventsOf(cluster.api, read(cluster))).toContain(`SuccessfulDelete: Deleted pod: ${loser.metadata.name}`);
    }
  });
});

test('a ReplicationController does the same', () => {
  const cluster = emptyCluster();
  const controller: ReplicationController = cluster.api.create(replicationControllers, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 2, selector: APP, template: template(APP) },
  });
  cluster.settle();
  const made = podsWith(cluster.api, APP);
  expect(made.map((pod) => controllerOf(pod)?.kind)).toEqual(['ReplicationController', 'ReplicationController']);
  makeReady(cluster, ...made);
  cluster.settle();
  const { status } = cluster.api.get(replicationControllers, 'default', 'web')!;
  expect(status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 });
  expect('terminatingReplicas' in status).toBe(false);
  expect(eventsOf(cluster.api, controller)).toHaveLength(2);
  expect(notCanonical(cluster.api, [replicationControllers as never])).toEqual([]);
});

test('a thousand pods cost a thousand times a pod', () => {
  const cost = (replicas: number): number => {
    const cluster = emptyCluster();
    makeSet(cluster, replicas);
    cluster.settle();
    let listed = 0;
    const { lookup } = cluster.store;
    cluster.store.lookup = (bucket, term) => {
      const found = lookup.call(cluster.store, bucket, term);
      if (bucket === 'pods') listed += found.length;
      return found as never;
    };
    for (const pod of podsWith(cluster.api, APP)) {
      makeReady(cluster, pod);
      cluster.settle();
    }
    expect(read(cluster).status.availableReplicas).toBe(replicas);
    return listed;
  };
  expect(cost(100) - 100).toBeLessThanOrEqual(2 * (cost(50) - 50) + 10);
});
