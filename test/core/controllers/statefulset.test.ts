import { describe, expect, test } from 'vitest';
import type { StatefulSet } from '../../../worker/api/gen/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../../worker/api/gen/core-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { controllerRevisions } from '../../../worker/resources/apps/controllerrevision.ts';
import { statefulSets } from '../../../worker/resources/apps/statefulset.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, setPod, template } from './workloads.ts';

const APP = { app: 'db' };

function make({ api }: TestCluster, replicas: number, more: Partial<StatefulSet['spec']> = {}): StatefulSet {
  return api.create(statefulSets, {
    metadata: { name: 'db', namespace: 'default', generation: 1 },
    spec: {
      replicas,
      serviceName: 'db',
      selector: { matchLabels: APP },
      template: template(APP),
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      ...more,
    },
  });
}

const read = ({ api }: TestCluster): StatefulSet => api.get(statefulSets, 'default', 'db')!;
const all = ({ api }: TestCluster): Pod[] => podsWith(api, APP);
const names = (cluster: TestCluster): string[] => all(cluster).map(({ metadata }) => metadata.name);
const images = (cluster: TestCluster): Record<string, string> =>
  Object.fromEntries(all(cluster).map(({ metadata, spec }) => [metadata.name, spec.containers[0]!.image!]));
const pod = ({ api }: TestCluster, ordinal: number): Pod => api.get(pods, 'default', `db-${ordinal}`)!;
const image = (name: string) => ({ metadata: { labels: APP }, spec: podSpec({ containers: [{ name: 'c', image: name, resources: {} }] }) });
const change = (cluster: TestCluster, spec: Partial<StatefulSet['spec']>): void => {
  const now = read(cluster);
  cluster.api.update(statefulSets, { ...now, spec: { ...now.spec, ...spec } });
  cluster.settle();
};
/** Makes pods ready as they come. */
function run(cluster: TestCluster): void {
  for (let i = 0; i < 100; i++) {
    cluster.settle();
    const waiting = all(cluster).filter(({ status }) => !status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'));
    if (!waiting.length) return;
    makeReady(cluster, ...waiting);
  }
}
const running = (replicas: number, more: Partial<StatefulSet['spec']> = {}): TestCluster => {
  const cluster = emptyCluster();
  make(cluster, replicas, more);
  run(cluster);
  return cluster;
};

describe('a StatefulSet', () => {
  test('makes its pods one by one, each when the one before is ready', () => {
    const cluster = emptyCluster();
    const set = make(cluster, 3);
    cluster.settle();
    expect(names(cluster)).toEqual(['db-0']);
    const revision = read(cluster).status.updateRevision!;
    expect(pod(cluster, 0)).toMatchObject({
      metadata: {
        labels: {
          ...APP,
          'controller-revision-hash': revision,
          'statefulset.kubernetes.io/pod-name': 'db-0',
          'apps.kubernetes.io/pod-index': '0',
        },
      },
      spec: { hostname: 'db-0', subdomain: 'db' },
    });
    makeReady(cluster, pod(cluster, 0));
    cluster.settle();
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
    run(cluster);
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    expect(read(cluster).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: revision,
      updateRevision: revision,
      collisionCount: 0,
    });
    expect(eventsOf(cluster.api, set)).toEqual([0, 1, 2].map((i) => `SuccessfulCreate: create Pod db-${i} in StatefulSet db successful`));
    expect(notCanonical(cluster.api)).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('with policy Parallel, makes and deletes them all at once', () => {
    const cluster = emptyCluster();
    make(cluster, 3, { podManagementPolicy: 'Parallel' });
    cluster.settle();
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    change(cluster, { replicas: 0 });
    expect(names(cluster)).toEqual([]);
  });

  test('deletes from the highest number down, one at a time', () => {
    const cluster = running(3);
    change(cluster, {
      template: { ...template(APP), metadata: { labels: APP, finalizers: ['x.io/y'] } },
      updateStrategy: { type: 'OnDelete' },
    });
    for (const one of all(cluster)) cluster.api.update(pods, { ...one, metadata: { ...one.metadata, finalizers: ['x.io/y'] } });
    change(cluster, { replicas: 1 });
    const leaving = (): string[] =>
      all(cluster)
        .filter(({ metadata }) => metadata.deletionTimestamp)
        .map(({ metadata }) => metadata.name);
    expect(leaving()).toEqual(['db-2']);
    const { finalizers: _, ...metadata } = pod(cluster, 2).metadata;
    cluster.api.update(pods, { ...pod(cluster, 2), metadata });
    cluster.settle();
    expect(leaving()).toEqual(['db-1']);
  });

  test('does not scale down past a pod that is not ready', () => {
    const cluster = running(3);
    setPod(cluster, pod(cluster, 0), { phase: 'Running', ready: false });
    setPod(cluster, pod(cluster, 2), { phase: 'Running', ready: false });
    change(cluster, { replicas: 1 });
    expect(names(cluster)).toEqual(['db-0', 'db-1', 'db-2']);
    makeReady(cluster, pod(cluster, 0));
    cluster.settle();
    expect(names(cluster)).toEqual(['db-0']);
  });

  test('replaces a pod that failed or was deleted, under its name', () => {
    const cluster = running(2);
    const { uid } = pod(cluster, 0).metadata;
    setPod(cluster, pod(cluster, 0), { phase: 'Failed', exitCode: 1 });
    run(cluster);
    expect(pod(cluster, 0).metadata.uid).not.toBe(uid);
    cluster.api.delete(pods, 'default', 'db-1');
    run(cluster);
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
  });

  test('starts at the number it is told', () => {
    const cluster = running(2, { ordinals: { start: 5 } });
    expect(names(cluster)).toEqual(['db-5', 'db-6']);
    change(cluster, { ordinals: { start: 6 } });
    run(cluster);
    expect(names(cluster)).toEqual(['db-6', 'db-7']);
  });

  test('waits for minReadySeconds between pods', () => {
    const cluster = emptyCluster();
    make(cluster, 2, { minReadySeconds: 10 });
    cluster.settle();
    makeReady(cluster, pod(cluster, 0));
    cluster.advance(9000);
    expect(names(cluster)).toEqual(['db-0']);
    expect(read(cluster).status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    cluster.advance(1500);
    expect(names(cluster)).toEqual(['db-0', 'db-1']);
    expect(read(cluster).status).toMatchObject({ availableReplicas: 1 });
  });

  test('adopts an orphan of its name, and no other', () => {
    const cluster = emptyCluster();
    for (const name of ['db-0', 'other-0'])
      cluster.api.create(pods, { metadata: { name, namespace: 'default', labels: APP }, spec: podSpec() });
    make(cluster, 1);
    cluster.settle();
    expect(controllerOf(cluster.api.get(pods, 'default', 'db-0')!)?.name).toBe('db');
    expect(controllerOf(cluster.api.get(pods, 'default', 'other-0')!)).toBeUndefined();
  });

  test('gives a pod its label back', () => {
    const cluster = running(1);
    const one = pod(cluster, 0);
    const { 'statefulset.kubernetes.io/pod-name': _, ...labels } = one.metadata.labels!;
    cluster.api.update(pods, { ...one, metadata: { ...one.metadata, labels } });
    cluster.settle();
    expect(pod(cluster, 0).metadata.labels).toHaveProperty(['statefulset.kubernetes.io/pod-name'], 'db-0');
    expect(eventsOf(cluster.api, read(cluster))).toContain('SuccessfulUpdate: update Pod db-0 in StatefulSet db successful');
  });
});

describe('an update of the template', () => {
  test('replaces pods from the highest number down, each when the one before is ready', () => {
    const cluster = running(3);
    const before = read(cluster).status.currentRevision!;
    change(cluster, { template: image('two') });
    expect(images(cluster)).toEqual({ 'db-0': 'nginx', 'db-1': 'nginx', 'db-2': 'two' });
    expect(read(cluster).status).toMatchObject({ currentRevision: before, currentReplicas: 2, updatedReplicas: 1 });
    makeReady(cluster, pod(cluster, 2));
    cluster.settle();
    expect(images(cluster)).toEqual({ 'db-0': 'nginx', 'db-1': 'two', 'db-2': 'two' });
    run(cluster);
    expect(images(cluster)).toEqual({ 'db-0': 'two', 'db-1': 'two', 'db-2': 'two' });
    const { status } = read(cluster);
    expect(status.currentRevision).toBe(status.updateRevision);
    expect(status.currentRevision).not.toBe(before);
    expect(status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
  });

  test('stops at the partition; pods below it are made as they were', () => {
    const cluster = running(3);
    change(cluster, { template: image('two'), updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    run(cluster);
    expect(images(cluster)).toEqual({ 'db-0': 'nginx', 'db-1': 'nginx', 'db-2': 'two' });
    cluster.api.delete(pods, 'default', 'db-0');
    run(cluster);
    expect(images(cluster)).toEqual({ 'db-0': 'nginx', 'db-1': 'nginx', 'db-2': 'two' });
    change(cluster, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } });
    run(cluster);
    expect(new Set(Object.values(images(cluster)))).toEqual(new Set(['two']));
  });

  test('with strategy OnDelete, waits for pods to be deleted', () => {
    const cluster = running(2, { updateStrategy: { type: 'OnDelete' } });
    change(cluster, { template: image('two') });
    run(cluster);
    expect(images(cluster)).toEqual({ 'db-0': 'nginx', 'db-1': 'nginx' });
    cluster.api.delete(pods, 'default', 'db-0');
    run(cluster);
    expect(images(cluster)).toEqual({ 'db-0': 'two', 'db-1': 'nginx' });
  });

  // The gate of maxUnavailable is off in 1.36: the field is dropped. (Where it is on: agents/control-plane.test.ts.)
  test.each([2, '50%', '10%'])('replaces one at a time, even if %j may be unavailable', (maxUnavailable) => {
    const cluster = running(4, {
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable } },
    });
    change(cluster, { template: image('two') });
    expect(Object.values(images(cluster)).filter((one) => one === 'two')).toHaveLength(1);
    run(cluster);
    expect(new Set(Object.values(images(cluster)))).toEqual(new Set(['two']));
  });

  test('is remembered as a revision; going back brings the old one up', () => {
    const cluster = running(1);
    const revisions = (): Record<string, number> =>
      Object.fromEntries(cluster.api.list(controllerRevisions).map(({ metadata, revision }) => [metadata.name, revision]));
    const first = read(cluster).status.updateRevision!;
    expect(first).toMatch(/^db-[bcdfghjklmnpqrstvwxz2456789]+$/);
    change(cluster, { template: image('two') });
    run(cluster);
    const second = read(cluster).status.updateRevision!;
    expect(revisions()).toEqual({ [first]: 1, [second]: 2 });
    change(cluster, { template: template(APP) });
    run(cluster);
    expect(revisions()).toEqual({ [first]: 3, [second]: 2 });
    expect(cluster.api.get(controllerRevisions, 'default', first)).toMatchObject({
      data: { spec: { template: { $patch: 'replace', metadata: { labels: APP } } } },
      metadata: { labels: { ...APP, 'controller.kubernetes.io/hash': first.slice(3) } },
    });
  });

  test('forgets revisions beyond the limit', () => {
    const cluster = running(1, { revisionHistoryLimit: 1 });
    for (const name of ['a', 'b', 'c']) {
      change(cluster, { template: image(name) });
      run(cluster);
    }
    expect(
      cluster.api
        .list(controllerRevisions)
        .map(({ revision }) => revision)
        .toSorted(),
    ).toEqual([3, 4]);
  });
});

describe('claims', () => {
  const claimTemplate = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    status: {},
  } as unknown as PersistentVolumeClaim;
  const claims = ({ api }: TestCluster): PersistentVolumeClaim[] => api.list(persistentVolumeClaims, { namespace: 'default' });
  const owners = (cluster: TestCluster): Record<string, string[]> =>
    Object.fromEntries(
      claims(cluster).map(({ metadata }) => [metadata.name, (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind} ${name}`)]),
    );

  test('are made for each pod, mounted by it, and stay', () => {
    const cluster = running(2, { volumeClaimTemplates: [claimTemplate] });
    expect(claims(cluster).map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1']);
    expect(claims(cluster)[0]!.metadata.labels).toEqual(APP);
    expect(pod(cluster, 1).spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } });
    expect(eventsOf(cluster.api, read(cluster))[0]).toBe('SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success');
    change(cluster, { replicas: 0 });
    run(cluster);
    expect(claims(cluster)).toHaveLength(2);
    expect(notCanonical(cluster.api)).toEqual([]);
  });

  test.each([
    { whenScaled: 'Retain', whenDeleted: 'Retain', atWork: [], left: ['data-db-0', 'data-db-1'], afterwards: ['data-db-0', 'data-db-1'] },
    { whenScaled: 'Retain', whenDeleted: 'Delete', atWork: ['StatefulSet db'], left: ['data-db-0', 'data-db-1'], afterwards: [] },
    { whenScaled: 'Delete', whenDeleted: 'Retain', atWork: [], left: ['data-db-0'], afterwards: ['data-db-0'] },
    { whenScaled: 'Delete', whenDeleted: 'Delete', atWork: ['StatefulSet db'], left: ['data-db-0'], afterwards: [] },
  ])('are owned by the policy: scaled $whenScaled, deleted $whenDeleted', ({ whenScaled, whenDeleted, atWork, left, afterwards }) => {
    const cluster = running(2, {
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
    });
    expect(owners(cluster)).toEqual({ 'data-db-0': atWork, 'data-db-1': atWork });
    change(cluster, { replicas: 1 });
    run(cluster);
    cluster.advance(1000);
    expect(claims(cluster).map(({ metadata }) => metadata.name)).toEqual(left);
    cluster.api.delete(statefulSets, 'default', 'db');
    cluster.advance(1000);
    expect(claims(cluster).map(({ metadata }) => metadata.name)).toEqual(afterwards);
    expect(cluster.errors).toEqual([]);
  });

  test('are owned by the policy even if their pod is refused', () => {
    const cluster = emptyCluster();
    cluster.api.create(resourceQuotas, { metadata: { name: 'none', namespace: 'default' }, spec: { hard: { pods: '0' } } });
    cluster.settle();
    const policy = { whenScaled: 'Retain', whenDeleted: 'Delete' };
    const set = make(cluster, 1, { volumeClaimTemplates: [claimTemplate], persistentVolumeClaimRetentionPolicy: policy });
    cluster.settle();
    expect(names(cluster)).toEqual([]);
    expect(owners(cluster)).toEqual({ 'data-db-0': ['StatefulSet db'] });
    expect(eventsOf(cluster.api, set).slice(0, 2)).toEqual([
      'SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
      'FailedCreate: create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0',
    ]);
  });

  test('change owners with the policy, with the size, and back', () => {
    const cluster = running(2, { volumeClaimTemplates: [claimTemplate] });
    const policy = (whenScaled: string, whenDeleted: string): Record<string, string[]> => {
      change(cluster, { persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted } });
      return owners(cluster);
    };
    const both = (owner: string[]) => ({ 'data-db-0': owner, 'data-db-1': owner });
    expect(policy('Retain', 'Delete')).toEqual(both(['StatefulSet db']));
    expect(policy('Retain', 'Retain')).toEqual(both([]));
    expect(policy('Delete', 'Delete')).toEqual(both(['StatefulSet db']));
    const held = pod(cluster, 1);
    cluster.api.update(pods, { ...held, metadata: { ...held.metadata, finalizers: ['x.io/hold'] } });
    change(cluster, { replicas: 1 });
    expect(owners(cluster)).toEqual({ 'data-db-0': ['StatefulSet db'], 'data-db-1': ['Pod db-1'] });
    change(cluster, { replicas: 2 });
    const leaving = pod(cluster, 1);
    cluster.api.update(pods, { ...leaving, metadata: { ...leaving.metadata, finalizers: [] } });
    run(cluster);
    cluster.advance(10_000);
    run(cluster);
    expect(owners(cluster)).toEqual(both(['StatefulSet db']));
  });

  test('that somebody else controls are left to them, and an event says so while the pod is pending', () => {
    const cluster = emptyCluster();
    make(cluster, 1, { volumeClaimTemplates: [claimTemplate] });
    cluster.settle();
    const { uid } = cluster.api.create(configMaps, { metadata: { name: 'boss', namespace: 'default' } }).metadata;
    const [claim] = claims(cluster);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'boss', uid, controller: true }];
    cluster.api.update(persistentVolumeClaims, { ...claim!, metadata: { ...claim!.metadata, ownerReferences } });
    change(cluster, { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' } });
    setPod(cluster, pod(cluster, 0), { phase: 'Pending' });
    cluster.settle();
    expect(owners(cluster)).toEqual({ 'data-db-0': ['ConfigMap boss'] });
    expect(eventsOf(cluster.api, read(cluster))).toContain(
      'ConflictingController: PersistentVolumeClaim data-db-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim',
    );
  });
});
