import { describe, expect, test } from 'vitest';
import type { DaemonSet } from '../../../worker/api/gen/apps-v1.ts';
import type { Pod, Taint } from '../../../worker/api/gen/core-v1.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import { controllerRevisions } from '../../../worker/resources/apps/controllerrevision.ts';
import { daemonSets } from '../../../worker/resources/apps/daemonset.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import type { TestCluster } from '../harness.ts';
import { makeUntaintedNode } from '../untainted-node.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, setPod, template } from './workloads.ts';

const APP = { app: 'agent' };

/** Nodes without room: pods are meant for them, and never placed, so that the test has them to itself. */
function addNode({ api }: TestCluster, name: string, labels: Record<string, string> = {}, taints: Taint[] = []): void {
  makeUntaintedNode(api, { metadata: { name, labels }, spec: { ...(taints.length && { taints }) } });
}
function withNodes(count: number): TestCluster {
  const cluster = emptyCluster();
  for (let i = 1; i <= count; i++) addNode(cluster, `n${i}`);
  return cluster;
}

function make({ api }: TestCluster, more: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return api.create(daemonSets, {
    metadata: { name: 'agent', namespace: 'default', generation: 1, annotations: { 'deprecated.daemonset.template.generation': '1' } },
    spec: {
      selector: { matchLabels: APP },
      template: template(APP),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
      ...more,
    },
  });
}

const read = ({ api }: TestCluster): DaemonSet => api.get(daemonSets, 'default', 'agent')!;
const all = ({ api }: TestCluster): Pod[] => podsWith(api, APP);
const target = ({ spec }: Pod): string =>
  spec.affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms[0]!.matchFields![0]!.values![0]!;
const targets = (cluster: TestCluster): string[] => all(cluster).map(target).toSorted();
const image = (name: string) => ({ metadata: { labels: APP }, spec: podSpec({ containers: [{ name: 'c', image: name, resources: {} }] }) });
/** The images on each node. */
const images = (cluster: TestCluster): Record<string, string> => {
  const out: Record<string, string> = {};
  for (const pod of all(cluster)) out[target(pod)] = [out[target(pod)], pod.spec.containers[0]!.image!].filter(Boolean).join('+');
  return Object.fromEntries(Object.entries(out).toSorted());
};
/** Changes the spec; of the template, as the API server counts its changes. */
const change = (cluster: TestCluster, spec: Partial<DaemonSet['spec']>): void => {
  const now = read(cluster);
  const generation = Number(now.metadata.annotations!['deprecated.daemonset.template.generation']) + (spec.template ? 1 : 0);
  const annotations = { ...now.metadata.annotations, 'deprecated.daemonset.template.generation': String(generation) };
  cluster.api.update(daemonSets, { ...now, metadata: { ...now.metadata, annotations }, spec: { ...now.spec, ...spec } });
  cluster.settle();
};
function run(cluster: TestCluster): void {
  for (let i = 0; i < 100; i++) {
    cluster.settle();
    const waiting = all(cluster).filter(({ status }) => !status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'));
    if (!waiting.length) return;
    makeReady(cluster, ...waiting);
  }
}

describe('a DaemonSet', () => {
  test('has a pod on each node, bound to it by affinity', () => {
    const cluster = withNodes(3);
    const set = make(cluster);
    cluster.settle();
    expect(targets(cluster)).toEqual(['n1', 'n2', 'n3']);
    const [pod] = all(cluster);
    expect(JSON.stringify(cluster.api.list(controllerRevisions)[0]!.data)).toBe(
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"image":"nginx","imagePullPolicy":"Always","name":"c","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}}}',
    );
    const hash = cluster.api.list(controllerRevisions)[0]!.metadata.labels!['controller-revision-hash']!;
    expect(pod!.metadata).toMatchObject({
      generateName: 'agent-',
      labels: { ...APP, 'controller-revision-hash': hash, 'pod-template-generation': '1' },
    });
    expect(pod!.spec.tolerations).toEqual(
      [
        ['not-ready', 'NoExecute'],
        ['unreachable', 'NoExecute'],
        ['disk-pressure', 'NoSchedule'],
        ['memory-pressure', 'NoSchedule'],
        ['pid-pressure', 'NoSchedule'],
        ['unschedulable', 'NoSchedule'],
      ].map(([key, effect]) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect })),
    );
    expect(read(cluster).status).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 0,
      numberUnavailable: 3,
      updatedNumberScheduled: 3,
    });
    run(cluster);
    expect(read(cluster).status).toMatchObject({ numberReady: 3, numberAvailable: 3, numberMisscheduled: 0 });
    expect(eventsOf(cluster.api, set)).toHaveLength(3);
    expect(notCanonical(cluster.api)).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('follows nodes that come', () => {
    const cluster = withNodes(1);
    make(cluster);
    cluster.settle();
    addNode(cluster, 'late');
    cluster.settle();
    expect(targets(cluster)).toEqual(['late', 'n1']);
  });

  test.each([
    { name: 'the node selector', spec: { nodeSelector: { disk: 'ssd' } }, want: ['ssd'] },
    {
      name: 'node affinity',
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
            },
          },
        },
      },
      want: ['ssd'],
    },
    { name: 'a fixed node name', spec: { nodeName: 'plain' }, want: ['plain'] },
    { name: 'taints', spec: {}, want: ['cordoned', 'plain', 'ssd'] },
    { name: 'taints it tolerates', spec: { tolerations: [{ operator: 'Exists' }] }, want: ['cordoned', 'plain', 'ssd', 'tainted'] },
  ])('chooses nodes by $name', ({ spec, want }) => {
    const cluster = emptyCluster();
    addNode(cluster, 'plain');
    addNode(cluster, 'ssd', { disk: 'ssd' });
    addNode(cluster, 'tainted', {}, [{ key: 'k', effect: 'NoSchedule' }]);
    addNode(cluster, 'cordoned', {}, [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]);
    make(cluster, { template: template(APP, spec) });
    cluster.settle();
    expect(targets(cluster)).toEqual(want);
    expect(read(cluster).status.desiredNumberScheduled).toBe(want.length);
  });

  test.each([
    { name: 'leaves a pod where a taint NoSchedule comes', effect: 'NoSchedule', stays: true },
    { name: 'takes it away where a taint NoExecute comes', effect: 'NoExecute', stays: false },
  ])('$name', ({ effect, stays }) => {
    const cluster = withNodes(2);
    make(cluster);
    run(cluster);
    const node = cluster.api.get(nodes, '', 'n1')!;
    cluster.api.update(nodes, { ...node, spec: { ...node.spec, taints: [{ key: 'k', effect }] } });
    // A pod that was placed on the node is what makes the set look.
    change(cluster, { minReadySeconds: 0 });
    expect(targets(cluster)).toEqual(stays ? ['n1', 'n2'] : ['n2']);
    expect(read(cluster).status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: stays ? 1 : 0 });
  });

  test('replaces pods that ended; those that fail, after longer and longer waits', () => {
    const cluster = withNodes(1);
    const set = make(cluster);
    cluster.settle();
    setPod(cluster, all(cluster)[0]!, { phase: 'Succeeded', exitCode: 0 });
    cluster.settle();
    expect(all(cluster)[0]!.status.phase).not.toBe('Succeeded');
    expect(
      eventsOf(cluster.api, set).some((line) =>
        /^SucceededDaemonPod: Found succeeded daemon pod default\/agent-\w+ on node n1, will try to delete it$/.test(line),
      ),
    ).toBe(true);
    const fail = (): void => {
      setPod(cluster, all(cluster)[0]!, { phase: 'Failed', exitCode: 1 });
      cluster.settle();
    };
    const hasFailed = (): boolean => all(cluster)[0]!.status.phase === 'Failed';
    fail();
    expect(hasFailed()).toBe(false);
    expect(
      eventsOf(cluster.api, set).some((line) =>
        /^FailedDaemonPod: Found failed daemon pod default\/agent-\w+ on node n1, will try to kill it$/.test(line),
      ),
    ).toBe(true);
    fail();
    expect(hasFailed()).toBe(true);
    cluster.advance(1100);
    expect(hasFailed()).toBe(false);
    fail();
    cluster.advance(1100);
    expect(hasFailed()).toBe(true);
    cluster.advance(1000);
    expect(hasFailed()).toBe(false);
  });

  test('adopts an orphan that is on a node', () => {
    const cluster = withNodes(1);
    cluster.api.create(pods, { metadata: { name: 'mine', namespace: 'default', labels: APP }, spec: podSpec({ nodeName: 'n1' }) });
    make(cluster, { updateStrategy: { type: 'OnDelete' } });
    cluster.settle();
    expect(all(cluster).map(({ metadata }) => metadata.name)).toEqual(['mine']);
    expect(controllerOf(all(cluster)[0]!)?.name).toBe('agent');
  });
});

describe('an update of the template', () => {
  test('goes node by node', () => {
    const cluster = withNodes(3);
    make(cluster);
    run(cluster);
    change(cluster, { template: image('two') });
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'nginx', n3: 'nginx' });
    makeReady(cluster, ...all(cluster));
    cluster.settle();
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'two', n3: 'nginx' });
    run(cluster);
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'two', n3: 'two' });
    expect(read(cluster).status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
  });

  test.each([
    { maxUnavailable: 2, at: 2 },
    { maxUnavailable: '50%', at: 2 },
    { maxUnavailable: '1%', at: 1 },
  ])('goes as far at once as pods may be unavailable: $maxUnavailable', ({ maxUnavailable, at }) => {
    const cluster = withNodes(4);
    make(cluster, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0 } } });
    run(cluster);
    change(cluster, { template: image('two') });
    expect(Object.values(images(cluster)).filter((one) => one === 'two')).toHaveLength(at);
  });

  test('with surge, makes the new pod before the old one goes', () => {
    const cluster = withNodes(2);
    make(cluster, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    run(cluster);
    change(cluster, { template: image('two') });
    expect(
      Object.values(images(cluster))
        .map((one) => one.split('+').length)
        .toSorted(),
    ).toEqual([1, 2]);
    run(cluster);
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'two' });
  });

  test('replaces pods that are not available without waiting for their turn', () => {
    const cluster = withNodes(3);
    make(cluster);
    cluster.settle();
    change(cluster, { template: image('two') });
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'two', n3: 'two' });
  });

  test('with strategy OnDelete, waits', () => {
    const cluster = withNodes(2);
    make(cluster, { updateStrategy: { type: 'OnDelete' } });
    run(cluster);
    change(cluster, { template: image('two') });
    expect(images(cluster)).toEqual({ n1: 'nginx', n2: 'nginx' });
    expect(read(cluster).status.updatedNumberScheduled).toBeUndefined();
    cluster.api.delete(pods, 'default', all(cluster).find((pod) => target(pod) === 'n1')!.metadata.name);
    run(cluster);
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'nginx' });
  });

  test('is remembered; going back brings the old revision up; the limit holds', () => {
    const cluster = withNodes(1);
    make(cluster, { revisionHistoryLimit: 1 });
    run(cluster);
    const numbers = (): number[] =>
      cluster.api
        .list(controllerRevisions)
        .map(({ revision }) => revision)
        .toSorted((a, b) => a - b);
    change(cluster, { template: image('two') });
    run(cluster);
    expect(numbers()).toEqual([1, 2]);
    change(cluster, { template: template(APP) });
    run(cluster);
    expect(numbers()).toEqual([2, 3]);
    change(cluster, { template: image('three') });
    run(cluster);
    expect(numbers()).toEqual([3, 4]);
  });

  test('takes the name of a revision without a hash for its hash', () => {
    const cluster = withNodes(2);
    make(cluster);
    run(cluster);
    const [revision] = cluster.api.list(controllerRevisions);
    cluster.api.update(controllerRevisions, { ...revision!, metadata: { ...revision!.metadata, labels: APP } });
    const [first] = all(cluster);
    cluster.api.delete(pods, 'default', first!.metadata.name);
    run(cluster);
    const { name } = revision!.metadata;
    expect(cluster.api.list(controllerRevisions).map(({ metadata }) => metadata.labels)).toEqual([
      { ...APP, 'controller-revision-hash': name },
    ]);
    expect(all(cluster).find((pod) => target(pod) === target(first!))!.metadata.labels).toMatchObject({ 'controller-revision-hash': name });
    expect(cluster.errors).toEqual([]);
  });

  test('waits for minReadySeconds', () => {
    const cluster = withNodes(2);
    make(cluster, { minReadySeconds: 10 });
    run(cluster);
    expect(read(cluster).status.numberAvailable).toBeUndefined();
    cluster.advance(11_000);
    expect(read(cluster).status.numberAvailable).toBe(2);
    change(cluster, { template: image('two') });
    makeReady(
      cluster,
      all(cluster).find((pod) => target(pod) === 'n1')!,
    );
    cluster.advance(5000);
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'nginx' });
    cluster.advance(6000);
    expect(images(cluster)).toEqual({ n1: 'two', n2: 'two' });
  });
});
