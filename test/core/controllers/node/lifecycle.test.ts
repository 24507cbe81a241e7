// Nodes that fall silent, and come back: conditions, taints, pods, events, and how fast all this happens.

import { describe, expect, test } from 'vitest';
import type { Event, Node, Pod } from '../../../../worker/api/gen/core-v1.ts';
import { deployments } from '../../../../worker/resources/apps/deployment.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { isReady, podCondition } from '../../../../worker/resources/core/pod-state.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { machineFiles } from '../../../../worker/world/files/machine-files.ts';
import { CNI_FILE } from '../../../../worker/world/network/cni.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { setService } from '../../../../worker/world/machine.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster, TestOptions } from '../../harness.ts';

function born(options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ template: 'bare', ...options });
  cluster.settle();
  return cluster;
}

function switchKubelet({ cluster }: TestCluster, name: string, state: 'active' | 'inactive'): void {
  const { world } = cluster.simulation;
  setService(world, world.machines.get(name)!, 'kubelet', state);
}

const nodeOf = ({ api }: TestCluster, name: string): Node => api.get(nodes, '', name)!;
const ready = (cluster: TestCluster, name: string): string | undefined =>
  nodeOf(cluster, name).status.conditions?.find(({ type }) => type === 'Ready')?.status;
const taints = (cluster: TestCluster, name: string): string[] =>
  (nodeOf(cluster, name).spec.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`).sort();
const reasons = ({ api }: TestCluster, about: string): string[] =>
  api
    .list<Event>(events, { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.name === about)
    .map(({ reason }) => reason ?? '');

const podOn = (name: string, nodeName: string, more: object = {}): object => ({
  metadata: { name, namespace: 'default' },
  spec: { nodeName, containers: [{ name: 'web', image: 'nginx' }], ...more },
});
const podOf = ({ api }: TestCluster, name: string): Pod | undefined => api.get(pods, 'default', name);

describe('a node whose kubelet stops', () => {
  test('is Unknown after the grace period, tainted, and healthy again when the kubelet is back', () => {
    const cluster = born();
    switchKubelet(cluster, 'node-2', 'inactive');
    cluster.advance(49_000);
    expect([ready(cluster, 'node-2'), taints(cluster, 'node-2')]).toEqual(['True', []]);
    cluster.advance(7000);
    expect(ready(cluster, 'node-2')).toBe('Unknown');
    expect(
      nodeOf(cluster, 'node-2').status.conditions!.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ).toEqual(
      ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => [
        type,
        'Unknown',
        'NodeStatusUnknown',
        'Kubelet stopped posting node status.',
      ]),
    );
    cluster.advance(6000);
    expect(taints(cluster, 'node-2')).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule']);
    expect(reasons(cluster, 'node-2')).toEqual(expect.arrayContaining(['RegisteredNode', 'NodeNotReady']));
    switchKubelet(cluster, 'node-2', 'active');
    cluster.advance(1000);
    expect([ready(cluster, 'node-2'), taints(cluster, 'node-2')]).toEqual(['True', []]);
    expect(reasons(cluster, 'node-2')).toContain('NodeReady');
    expect(cluster.errors).toEqual([]);
  });

  test('has pods that are not ready, and that go when their tolerations have run out', () => {
    const cluster = born();
    const tolerate = (tolerationSeconds?: number): object => ({
      tolerations: [
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          ...(tolerationSeconds !== undefined && { tolerationSeconds }),
        },
      ],
    });
    cluster.api.create(pods, podOn('usual', 'node-2') as never);
    cluster.api.create(pods, podOn('short', 'node-2', tolerate(30)) as never);
    cluster.api.create(pods, podOn('ever', 'node-2', tolerate()) as never);
    cluster.advance(2000);
    switchKubelet(cluster, 'node-2', 'inactive');
    cluster.advance(65_000);
    expect(['usual', 'short', 'ever'].map((name) => isReady(podOf(cluster, name)!))).toEqual([false, false, false]);
    expect(reasons(cluster, 'usual')).toContain('NodeNotReady');
    const isLeaving = (): boolean[] =>
      ['usual', 'short', 'ever'].map((name) => podOf(cluster, name)!.metadata.deletionTimestamp !== undefined);
    expect(isLeaving()).toEqual([false, false, false]);
    cluster.advance(30_000);
    expect(isLeaving()).toEqual([false, true, false]);
    expect(podCondition(podOf(cluster, 'short')!, 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
    expect(reasons(cluster, 'short')).toContain('TaintManagerEviction');
    cluster.advance(280_000);
    expect(isLeaving()).toEqual([true, true, false]);
    // Whoever comes back finishes what was begun.
    switchKubelet(cluster, 'node-2', 'active');
    cluster.advance(60_000);
    expect(['usual', 'short', 'ever'].map((name) => podOf(cluster, name) && isReady(podOf(cluster, name)!))).toEqual([
      undefined,
      undefined,
      true,
    ]);
    expect(cluster.errors).toEqual([]);
  });

  test('comes back before its pods have to go: their deletion is cancelled', () => {
    const cluster = born();
    cluster.api.create(pods, podOn('web', 'node-2') as never);
    cluster.advance(2000);
    switchKubelet(cluster, 'node-2', 'inactive');
    cluster.advance(100_000);
    switchKubelet(cluster, 'node-2', 'active');
    cluster.advance(400_000);
    expect(isReady(podOf(cluster, 'web')!)).toBe(true);
    const told = cluster.api.list<Event>(events, { namespace: 'default' }).filter(({ reason }) => reason === 'TaintManagerEviction');
    expect(told.map(({ message, source }) => [message, source?.component])).toEqual([
      ['Cancelling deletion of Pod default/web', 'taint-eviction-controller'],
    ]);
  });

  test('loses the pods of a Deployment to other nodes', () => {
    const cluster = born();
    cluster.api.create(deployments, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      },
    } as never);
    cluster.advance(5000);
    const lost = cluster.api.list(pods, { namespace: 'default' }).filter(({ spec }) => spec.nodeName === 'node-1').length;
    expect(lost).toBeGreaterThan(0);
    switchKubelet(cluster, 'node-1', 'inactive');
    cluster.advance(380_000);
    const isUp = cluster.api.list(pods, { namespace: 'default' }).filter((pod) => isReady(pod) && pod.spec.nodeName !== 'node-1');
    expect(isUp).toHaveLength(3);
    expect(cluster.errors).toEqual([]);
  });
});

describe('how many nodes are silent', () => {
  test('one after the other is tainted, every ten seconds', () => {
    const cluster = born({ nodes: 7 });
    for (const i of [1, 2]) switchKubelet(cluster, `node-${i}`, 'inactive');
    cluster.advance(62_000);
    const tainted = (): number => [1, 2].filter((i) => taints(cluster, `node-${i}`).includes('unreachable:NoExecute')).length;
    expect(tainted()).toBe(1);
    cluster.advance(10_000);
    expect(tainted()).toBe(2);
  });

  test('most of a small zone: nobody is tainted any more', () => {
    const cluster = born({ nodes: 5 });
    for (const i of [1, 2, 3]) switchKubelet(cluster, `node-${i}`, 'inactive');
    cluster.advance(300_000);
    expect([1, 2, 3].map((i) => taints(cluster, `node-${i}`))).toEqual([1, 2, 3].map(() => ['unreachable:NoSchedule']));
  });

  test('most of a large zone: one is tainted every hundred seconds', () => {
    const cluster = born({ nodes: 51 });
    const silent = Array.from({ length: 30 }, (_, i) => `node-${i + 1}`);
    for (const name of silent) switchKubelet(cluster, name, 'inactive');
    const tainted = (): number => silent.filter((name) => taints(cluster, name).includes('unreachable:NoExecute')).length;
    const counts = [70_000, 90_000, 100_000, 100_000].map((ms) => {
      cluster.advance(ms);
      return tainted();
    });
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  test('another zone is looked at by itself', () => {
    const cluster = born({ nodes: 6 });
    for (let i = 1; i <= 6; i++) {
      const node = nodeOf(cluster, `node-${i}`);
      const labels = { ...node.metadata.labels, 'topology.kubernetes.io/zone': i <= 3 ? 'near' : 'far' };
      cluster.api.update(nodes, { ...node, metadata: { ...node.metadata, labels } });
    }
    cluster.settle();
    for (const i of [1, 2, 3]) switchKubelet(cluster, `node-${i}`, 'inactive');
    cluster.advance(100_000);
    // A zone of which nobody is heard is driven from at the usual rate, as long as there is another.
    expect([1, 2, 3].map((i) => taints(cluster, `node-${i}`).includes('unreachable:NoExecute'))).toEqual([true, true, true]);
  });

  test('a zone of nodes that are not counted', () => {
    const cluster = born({ nodes: 3 });
    const node = nodeOf(cluster, 'node-1');
    const labels = { ...node.metadata.labels, 'topology.kubernetes.io/zone': 'own', 'node.kubernetes.io/exclude-disruption': '' };
    cluster.api.update(nodes, { ...node, metadata: { ...node.metadata, labels } });
    cluster.settle();
    switchKubelet(cluster, 'node-1', 'inactive');
    cluster.advance(70_000);
    expect(taints(cluster, 'node-1')).toContain('unreachable:NoExecute');
  });

  test('all of them: nobody is tainted, and when one comes back the others are', () => {
    const cluster = born({ nodes: 3 });
    for (const i of [1, 2, 3]) switchKubelet(cluster, `node-${i}`, 'inactive');
    cluster.advance(300_000);
    expect([1, 2, 3].map((i) => taints(cluster, `node-${i}`))).toEqual([1, 2, 3].map(() => ['unreachable:NoSchedule']));
    switchKubelet(cluster, 'node-1', 'active');
    // The rate begins anew: the first has to wait for it.
    const tainted = (): number => [2, 3].filter((i) => taints(cluster, `node-${i}`).includes('unreachable:NoExecute')).length;
    const counts = [9000, 5000, 10_000].map((ms) => {
      cluster.advance(ms);
      return tainted();
    });
    expect(counts).toEqual([0, 1, 2]);
    cluster.advance(36_000);
    expect([1, 2, 3].map((i) => taints(cluster, `node-${i}`))).toEqual([
      [],
      ['unreachable:NoExecute', 'unreachable:NoSchedule'],
      ['unreachable:NoExecute', 'unreachable:NoSchedule'],
    ]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('taints by condition', () => {
  test.each([
    {
      name: 'cordoned',
      change: (node: Node): Node => ({ ...node, spec: { ...node.spec, unschedulable: true } }),
      want: ['unschedulable:NoSchedule'],
    },
    {
      name: 'a runtime that is down',
      act: (cluster: TestCluster): void => {
        const { world } = cluster.cluster.simulation;
        setService(world, world.machines.get('node-1')!, 'containerd', 'inactive');
      },
      want: ['not-ready:NoExecute', 'not-ready:NoSchedule'],
    },
    {
      name: 'a network that nobody has set up',
      act: (cluster: TestCluster): void => machineFiles(cluster.cluster.simulation.world, 'node-1').unlink(CNI_FILE),
      want: ['not-ready:NoExecute', 'not-ready:NoSchedule'],
    },
  ])('$name', ({ change, act, want }) => {
    const cluster = born();
    if (change) cluster.api.update(nodes, change(nodeOf(cluster, 'node-1')));
    act?.(cluster);
    cluster.advance(20_000);
    expect(taints(cluster, 'node-1')).toEqual(want);
    expect(nodeOf(cluster, 'node-1').spec.taints!.every(({ timeAdded }) => timeAdded?.startsWith('2026-01-01T00:00:'))).toBe(true);
    expect(cluster.errors).toEqual([]);
  });
});

test('a kubelet that is not ready says so itself, and its pods stay as they are', () => {
  const cluster = born();
  cluster.api.create(pods, podOn('host', 'node-1', { hostNetwork: true, tolerations: [{ operator: 'Exists' }] }) as never);
  cluster.advance(10_000);
  machineFiles(cluster.cluster.simulation.world, 'node-1').unlink(CNI_FILE);
  cluster.advance(20_000);
  const told = cluster.api.list<Event>(events, { namespace: 'default' }).filter(({ reason }) => reason === 'NodeNotReady');
  expect(told.map(({ involvedObject, source }) => [involvedObject.name, source?.component])).toEqual([['node-1', 'kubelet']]);
  expect([ready(cluster, 'node-1'), isReady(podOf(cluster, 'host')!)]).toEqual(['False', true]);
});

test('pods wait for the network of their node', () => {
  const cluster = born();
  const files = machineFiles(cluster.cluster.simulation.world, 'node-1');
  const text = files.read(CNI_FILE);
  files.unlink(CNI_FILE);
  cluster.advance(1000);
  expect(nodeOf(cluster, 'node-1').status.conditions!.find(({ type }) => type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'KubeletNotReady',
    message:
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
  });
  cluster.api.create(pods, podOn('web', 'node-1', { tolerations: [{ operator: 'Exists' }] }) as never);
  cluster.api.create(pods, podOn('host', 'node-1', { hostNetwork: true, tolerations: [{ operator: 'Exists' }] }) as never);
  cluster.advance(10_000);
  expect([podOf(cluster, 'web')!.status.phase, podOf(cluster, 'host')!.status.phase]).toEqual(['Pending', 'Running']);
  expect(reasons(cluster, 'web')).toContain('NetworkNotReady');
  files.write(CNI_FILE, text);
  cluster.advance(10_000);
  expect(isReady(podOf(cluster, 'web')!)).toBe(true);
  expect(cluster.errors).toEqual([]);
});

test('heartbeats go on without a write, and stop with the kubelet', async () => {
  const cluster = born();
  const beat = async (): Promise<string> => {
    const { body } = await cluster.request<Node>('GET', '/api/v1/nodes/node-1');
    return body.status.conditions!.find(({ type }) => type === 'Ready')!.lastHeartbeatTime as string;
  };
  const revision = cluster.store.revision;
  cluster.advance(16 * 60_000);
  expect(await beat()).toBe('2026-01-01T00:15:00Z');
  expect(cluster.store.revision).toBe(revision);
  switchKubelet(cluster, 'node-1', 'inactive');
  cluster.advance(20 * 60_000);
  expect(await beat()).toBe('2026-01-01T00:15:00Z');
});

test('a node that no kubelet reports for', () => {
  const cluster = born();
  cluster.api.create(nodes, { metadata: { name: 'fake' } });
  cluster.advance(55_000);
  expect(taints(cluster, 'fake')).toEqual([]);
  cluster.advance(15_000);
  expect(taints(cluster, 'fake')).toContain('unreachable:NoExecute');
  expect(nodeOf(cluster, 'fake').status.conditions!.map(({ type, status, reason }) => [type, status, reason])).toEqual(
    ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => [type, 'Unknown', 'NodeStatusNeverUpdated']),
  );
  cluster.api.delete(nodes, '', 'fake');
  cluster.advance(1000);
  const told = cluster.api.list<Event>(events, { namespace: 'default' }).filter(({ involvedObject }) => involvedObject.name === 'fake');
  expect(told.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['Node fake event: Registered Node fake in Controller', 'Node fake event: Removing Node fake from Controller']),
  );
});

describe('a pod that goes for a taint', () => {
  const taint = { key: 'upgrade', effect: 'NoExecute' };
  const marked = ({ api }: TestCluster): (string | undefined)[] =>
    api
      .list<Event>(events, { namespace: 'default' })
      .filter(({ reason }) => reason === 'TaintManagerEviction')
      .map(({ message, count = 1 }) => `${count} ${message}`);
  const mark = (cluster: TestCluster, name: string, ...more: object[]): void => {
    const node = nodeOf(cluster, name);
    cluster.api.update(nodes, { ...node, spec: { ...node.spec, taints: [taint, ...more] as never } });
  };
  const held = (more: object = {}): never =>
    ({ ...podOn('web', 'fake', more), metadata: { name: 'web', namespace: 'default', finalizers: ['x/y'] } }) as never;
  const fake = (): TestCluster => {
    const cluster = born();
    cluster.api.create(nodes, { metadata: { name: 'fake' } });
    return cluster;
  };

  test('is told so again when there is another', () => {
    const cluster = fake();
    cluster.api.create(pods, held());
    mark(cluster, 'fake');
    cluster.advance(1000);
    mark(cluster, 'fake', { key: 'other', effect: 'NoExecute' });
    cluster.advance(1000);
    expect(marked(cluster)).toEqual(['2 Marking for deletion Pod default/web']);
  });

  test('goes at its time even if the node has gone before', () => {
    const cluster = fake();
    cluster.api.create(pods, held({ tolerations: [{ key: 'upgrade', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }));
    mark(cluster, 'fake');
    cluster.advance(1000);
    cluster.api.delete(nodes, '', 'fake');
    cluster.advance(10_000);
    expect(marked(cluster)).toEqual(['1 Marking for deletion Pod default/web']);
  });

  test('says so, whatever it was disrupted by before', () => {
    const cluster = fake();
    const pod = cluster.api.create<Pod>(pods, held());
    const before = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
    cluster.api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions: [{ ...before, lastProbeTime: null }] } } as never);
    mark(cluster, 'fake');
    cluster.advance(1000);
    expect(podCondition(podOf(cluster, 'web')!, 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'DeletionByTaintManager' });
  });
});

test('a pod whose node is tainted by hand goes at once, unless it tolerates it', () => {
  const cluster = born();
  cluster.api.create(pods, podOn('goes', 'node-1') as never);
  cluster.api.create(pods, podOn('stays', 'node-1', { tolerations: [{ key: 'upgrade', operator: 'Exists' }] }) as never);
  cluster.advance(2000);
  const node = nodeOf(cluster, 'node-1');
  cluster.api.update(nodes, { ...node, spec: { ...node.spec, taints: [{ key: 'upgrade', effect: 'NoExecute' }] } });
  cluster.advance(60_000);
  expect([podOf(cluster, 'goes'), podOf(cluster, 'stays')?.status.phase]).toEqual([undefined, 'Running']);
});

test('a kubelet tells when nobody may be scheduled on its node any more, and when somebody may again', () => {
  const cluster = born();
  const told = (): string[] => reasons(cluster, 'node-1').filter((reason) => reason.endsWith('Schedulable'));
  const cordon = (unschedulable: boolean): void => {
    const node = nodeOf(cluster, 'node-1');
    cluster.api.update(nodes, { ...node, spec: { ...node.spec, unschedulable } });
    cluster.advance(10_000);
  };
  cordon(true);
  expect(told()).toEqual(['NodeNotSchedulable']);
  cordon(false);
  expect(told()).toEqual(['NodeNotSchedulable', 'NodeSchedulable']);
  cordon(true);
  switchKubelet(cluster, 'node-1', 'inactive');
  switchKubelet(cluster, 'node-1', 'active');
  cluster.advance(10_000);
  const count = cluster.api.list<Event>(events, { namespace: 'default' }).find(({ reason }) => reason === 'NodeNotSchedulable')?.count;
  expect(count).toBe(3);
});

test('a node that is deleted under its kubelet stays away until that is started again, and its pods go', () => {
  const cluster = born();
  cluster.api.create(pods, podOn('web', 'node-1') as never);
  cluster.advance(5000);
  cluster.api.delete(nodes, '', 'node-1');
  cluster.advance(30_000);
  expect(cluster.api.get(nodes, '', 'node-1')).toBeUndefined();
  expect(podOf(cluster, 'web')?.status.phase).toBe('Running');
  cluster.advance(90_000);
  expect(podOf(cluster, 'web')).toBeUndefined();
  const { world } = cluster.cluster.simulation;
  const journal = readLog(world, 'journal/node-1/kubelet').entries.map(({ text }) => text);
  expect(journal.at(-1)).toContain('"Unable to update node status" err="update node status exceeds retry count"');
  switchKubelet(cluster, 'node-1', 'inactive');
  switchKubelet(cluster, 'node-1', 'active');
  cluster.advance(5000);
  expect(ready(cluster, 'node-1')).toBe('True');
  cluster.advance(60_000);
  expect(ready(cluster, 'node-1')).toBe('True');
  expect(world.sandboxes.find('pod', 'default/web')).toEqual([]);
  expect(cluster.errors).toEqual([]);
});

test('a new node is tainted until it is ready', () => {
  const cluster = makeTestCluster({ template: 'bare' });
  expect(taints(cluster, 'node-1')).toEqual(['not-ready:NoSchedule']);
  cluster.settle();
  expect(taints(cluster, 'node-1')).toEqual([]);
});

test('nodes get ranges of addresses, and a time for which kubelets may remember', () => {
  const cluster = born({ template: 'default', nodes: 1 });
  cluster.api.create(nodes, { metadata: { name: 'more' } });
  cluster.advance(1000);
  expect(nodeOf(cluster, 'more').spec.podCIDRs).toEqual(['10.244.2.0/24']);
  expect(nodeOf(cluster, 'more').metadata.annotations).toEqual({ 'node.alpha.kubernetes.io/ttl': '0' });
  cluster.api.delete(nodes, '', 'more');
  cluster.api.create(nodes, { metadata: { name: 'again' } });
  cluster.advance(1000);
  expect(nodeOf(cluster, 'again').spec.podCIDRs).toEqual(['10.244.3.0/24']);
});

test('what a node has of the range of pods, nobody else gets, however much it is', () => {
  const cluster = born({ template: 'default', nodes: 1 });
  const make = (name: string, podCIDR?: string): string | undefined => {
    cluster.api.create(nodes, { metadata: { name }, ...(podCIDR && { spec: { podCIDR, podCIDRs: [podCIDR] } }) } as never);
    cluster.advance(1000);
    return nodeOf(cluster, name).spec.podCIDR;
  };
  make('much', '10.244.2.0/23');
  make('elsewhere', '10.99.4.0/24');
  expect(make('more')).toBe('10.244.4.0/24');
});

test('an eviction between any two events does not show', () => {
  const begin = (): TestCluster => {
    const cluster = born();
    cluster.api.create(
      pods,
      podOn('web', 'node-2', { tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }] }) as never,
    );
    cluster.advance(2000);
    switchKubelet(cluster, 'node-2', 'inactive');
    return cluster;
  };
  const whole = begin();
  whole.advance(100_000);
  let part = begin();
  part.save();
  for (let at = 2000; at < 102_000; at += 4000) {
    part = makeTestCluster({ template: 'bare', backend: part.backend, startAt: at });
    part.advance(4000);
    part.save();
  }
  expect(part.log()).toBe(whole.log());
  expect(part.errors).toEqual([]);
});
