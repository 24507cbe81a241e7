import { expect, test } from 'vitest';
import type { Container, Event, Pod, PodSpec } from '../../../../worker/api/gen/core-v1.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { quantityMilliValue } from '../../../../worker/lib/quantity.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster, TestOptions } from '../../harness.ts';
import { onePod } from './one-pod.ts';

const amounts = (cpu: string, memory: string): Container['resources'] => ({ limits: { cpu, memory }, requests: { cpu, memory } });
const app = (more: Partial<Container> = {}): Container => ({
  name: 'app',
  image: 'nginx:1.27',
  resources: amounts('100m', '128Mi'),
  ...more,
});
const RESTART = (resourceName: string): Container['resizePolicy'] => [{ resourceName, restartPolicy: 'RestartContainer' }];

function run(spec: Partial<PodSpec>, options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ strictImages: true, ...options });
  cluster.settle();
  create(cluster, 'web', spec);
  cluster.advance(30_000);
  return cluster;
}

function create({ api }: TestCluster, name: string, spec: Partial<PodSpec>): void {
  api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 5, ...spec } as PodSpec,
  });
}

const podOf = ({ api }: TestCluster): Pod => api.get(pods, 'default', 'web')!;

/** Of the first container of a list. */
function resize(cluster: TestCluster, resources: Container['resources'], list: 'containers' | 'initContainers' = 'containers'): void {
  const pod = podOf(cluster);
  const [first, ...rest] = pod.spec[list]!;
  cluster.api.updateSubresource(pods, 'resize', { ...pod, spec: { ...pod.spec, [list]: [{ ...first!, resources }, ...rest] } });
  cluster.settle();
}

const told = ({ api }: TestCluster): string[] =>
  api
    .list<Event>(events, { namespace: 'default' })
    .filter(({ involvedObject, reason }) => involvedObject.name === 'web' && /^(Resize|Killing)/.test(reason ?? ''))
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

const conditions = (cluster: TestCluster): string[] =>
  (podOf(cluster).status.conditions ?? [])
    .filter(({ type }) => type.startsWith('PodResize'))
    .map(({ type, status, reason = '', message = '', observedGeneration }) =>
      `${type} ${status} ${observedGeneration} ${reason} ${message}`.trim(),
    );

/** What the runtime holds the running container of a name to. */
const held = (cluster: TestCluster, name = 'app'): object =>
  cluster.cluster.simulation.world.sandboxes
    .find('pod', podOf(cluster).metadata.uid)[0]!
    .containers.find((one) => one.name === name && one.state === 'running')!.limits;

const summary = (resources: object, generation = 2, more: object = {}): string =>
  JSON.stringify({ containers: [{ name: 'app', resources }], generation, ...more });

test.each([
  { name: 'goes on with other limits', policy: undefined, to: amounts('200m', '256Mi'), restarts: 0 },
  { name: 'is started again where its author wants that', policy: RESTART('memory'), to: amounts('200m', '256Mi'), restarts: 1 },
  { name: 'is started again for less, too', policy: RESTART('cpu'), to: amounts('50m', '128Mi'), restarts: 1 },
  { name: 'goes on if it is something else that needs a start', policy: RESTART('memory'), to: amounts('200m', '128Mi'), restarts: 0 },
])('a container that is resized $name', ({ policy, to, restarts }) => {
  const cluster = run({ containers: [app(policy && { resizePolicy: policy })] });
  const before = podOf(cluster).status.containerStatuses![0]!;
  resize(cluster, to);
  expect(conditions(cluster)).toEqual(['PodResizeInProgress True 2']);
  expect(podOf(cluster).status.containerStatuses![0]!.allocatedResources).toEqual(to.requests);
  cluster.advance(20_000);
  const after = podOf(cluster).status.containerStatuses![0]!;
  expect(after).toMatchObject({ ready: true, restartCount: restarts, resources: to, allocatedResources: to.requests });
  expect(after.containerID === before.containerID).toBe(restarts === 0);
  expect(held(cluster)).toEqual({
    cpu: quantityMilliValue(to.limits!['cpu']),
    memory: (to.limits!['memory'] === '256Mi' ? 256 : 128) * 2 ** 20,
    cpuRequest: quantityMilliValue(to.requests!['cpu']),
  });
  expect(conditions(cluster)).toEqual([]);
  expect(told(cluster)).toEqual([
    `Normal ResizeStarted: Pod resize started: ${summary(to)}`,
    ...(restarts ? ['Normal Killing: Container app resize requires restart'] : []),
    `Normal ResizeCompleted: Pod resize completed: ${summary(to)}`,
  ]);
  expect(cluster.errors).toEqual([]);
});

test.each([
  { name: 'goes on', policy: undefined, restarts: 0 },
  { name: 'is started again', policy: RESTART('cpu'), restarts: 1 },
])('a sidecar that is resized $name', ({ policy, restarts }) => {
  const sidecar = app({ name: 'log', restartPolicy: 'Always', ...(policy && { resizePolicy: policy }) });
  const cluster = run({ initContainers: [sidecar], containers: [app()] });
  resize(cluster, amounts('200m', '128Mi'), 'initContainers');
  cluster.advance(20_000);
  const { status } = podOf(cluster);
  expect(status.initContainerStatuses![0]).toMatchObject({ ready: true, restartCount: restarts, resources: amounts('200m', '128Mi') });
  expect(status.containerStatuses![0]).toMatchObject({ ready: true, restartCount: 0 });
  expect(held(cluster, 'log')).toMatchObject({ cpu: 200, cpuRequest: 200 });
  expect(told(cluster).filter((one) => one.includes('Killing'))).toEqual(
    restarts ? ['Normal Killing: Container log resize requires restart'] : [],
  );
});

/** A node of which another pod has half, and what is beyond the rest. */
function crowded(): { cluster: TestCluster; tooMuch: Container['resources']; message: string } {
  const cluster = run({ containers: [app()] });
  const all = quantityMilliValue(cluster.api.get(nodes, '', 'node-1')!.status.allocatable!['cpu']);
  create(cluster, 'other', { containers: [app({ resources: { requests: { cpu: `${all / 2}m` } } })] });
  cluster.advance(30_000);
  const tooMuch = amounts(`${all / 2 + 100}m`, '128Mi');
  const message = `Node didn't have enough resource: cpu, requested: ${all / 2 + 100}, used: ${all / 2}, capacity: ${all}`;
  return { cluster, tooMuch: { limits: tooMuch.limits!, requests: tooMuch.requests! }, message };
}

test.each([
  { name: 'limits', to: amounts('300m', '256Mi'), want: ['30000 100000', '12', '268435456'] },
  { name: 'no more than before of one', to: amounts('100m', '256Mi'), want: ['10000 100000', '4', '268435456'] },
])('a container reads of its group what it may use: $name', ({ to, want }) => {
  const read = 'while true; do cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.weight /sys/fs/cgroup/memory.max; sleep 5; done';
  const cluster = run({ containers: [app({ image: 'busybox', command: ['sh', '-c', read] })] });
  const { world } = cluster.cluster.simulation;
  const [made] = world.sandboxes.find('pod', podOf(cluster).metadata.uid)[0]!.containers;
  const lines = (): string[] => readLog(world, made!.id).entries.map(({ text }) => text);
  expect(lines().slice(0, 3)).toEqual(['10000 100000', '4', '134217728']);
  resize(cluster, to);
  cluster.advance(10_000);
  expect(lines().slice(-3)).toEqual(want);
});

test('without limits, the group has none', () => {
  const command = ['sh', '-c', 'cd /sys/fs/cgroup; ls; cat cpu.max cpu.weight memory.max memory.current'];
  const { lines } = onePod({ command }, 10_000);
  expect(lines()).toEqual([
    ...['cgroup.controllers', 'cpu.max', 'cpu.weight', 'memory.current', 'memory.max'],
    ...['max 100000', '1', 'max', expect.stringMatching(/^[1-9]\d{6}$/)],
  ]);
});

test('a resize for which there is no room waits until there is', () => {
  const { cluster, tooMuch, message } = crowded();
  resize(cluster, tooMuch);
  cluster.advance(10_000);
  expect(conditions(cluster)).toEqual([`PodResizePending True 2 Deferred ${message}`]);
  const asked = podOf(cluster).spec.containers[0]!.resources;
  const deferred = `Warning ResizeDeferred: Pod resize OutOfcpu: ${summary(asked, 2, { error: message })}`;
  expect(told(cluster)).toEqual([deferred]);
  expect(podOf(cluster).status.containerStatuses![0]).toMatchObject({
    resources: amounts('100m', '128Mi'),
    allocatedResources: { cpu: '100m', memory: '128Mi' },
  });
  // What it only asks for takes nobody's place.
  const free = quantityMilliValue(cluster.api.get(nodes, '', 'node-1')!.status.allocatable!['cpu']) / 2 - 100;
  create(cluster, 'third', { containers: [app({ resources: { requests: { cpu: `${free}m` } } })] });
  cluster.advance(10_000);
  expect(cluster.api.get(pods, 'default', 'third')!.status.phase).toBe('Running');
  for (const name of ['third', 'other']) cluster.api.delete(pods, 'default', name, { gracePeriodSeconds: 0 });
  cluster.advance(10_000);
  expect(conditions(cluster)).toEqual([]);
  expect(podOf(cluster).status.containerStatuses![0]).toMatchObject({ restartCount: 0, resources: asked });
  expect(told(cluster).slice(-2)).toEqual([
    `Normal ResizeStarted: Pod resize started: ${summary(asked)}`,
    `Normal ResizeCompleted: Pod resize completed: ${summary(asked)}`,
  ]);
});

test('who waits for room still hears of it after an eviction', () => {
  const { cluster, tooMuch } = crowded();
  resize(cluster, tooMuch);
  cluster.advance(1000);
  cluster.save();
  const again = makeTestCluster({ strictImages: true, backend: cluster.backend, startAt: cluster.elapsed() });
  again.settle();
  again.api.delete(pods, 'default', 'other', { gracePeriodSeconds: 0 });
  again.advance(5000);
  expect(conditions(again)).toEqual([]);
  expect(podOf(again).status.containerStatuses![0]).toMatchObject({
    restartCount: 0,
    resources: podOf(again).spec.containers[0]!.resources,
  });
});

test('a resize that waits is forgotten when it is taken back', () => {
  const { cluster, tooMuch } = crowded();
  resize(cluster, tooMuch);
  resize(cluster, amounts('100m', '128Mi'));
  cluster.advance(10_000);
  expect(conditions(cluster)).toEqual([]);
  expect(told(cluster).map((one) => one.split(':')[0])).toEqual(['Warning ResizeDeferred']);
});

test('before 1.36, a resize beyond what the node has at all can never be', () => {
  const cluster = run({ containers: [app()] }, { minor: 35 });
  const capacity = quantityMilliValue(cluster.api.get(nodes, '', 'node-1')!.status.allocatable!['cpu']);
  resize(cluster, amounts(`${capacity + 100}m`, '128Mi'));
  cluster.advance(10_000);
  const message = `Node didn't have enough capacity: cpu, requested: ${capacity + 100}, capacity: ${capacity}`;
  const asked = podOf(cluster).spec.containers[0]!.resources;
  expect(conditions(cluster)).toEqual([`PodResizePending True 2 Infeasible ${message}`]);
  expect(told(cluster)).toEqual([`Warning ResizeInfeasible: Pod resize Infeasible: ${summary(asked, 2, { error: message })}`]);
});

test('memory that is in use is not taken away', () => {
  const cluster = run({ containers: [app()] });
  resize(cluster, amounts('100m', '1Mi'));
  cluster.advance(2000);
  const [condition = ''] = conditions(cluster);
  const words =
    /^PodResizeInProgress True 2 Error (cannot decrease memory limits: \[attempting to set pod memory limit \(1048576\) below current usage \((\d+)\), attempting to set container "app" memory limit \(1048576\) below current usage \(\2\)\])$/;
  expect(condition).toMatch(words);
  expect(podOf(cluster).status.containerStatuses![0]!.resources!.limits).toEqual({ cpu: '100m', memory: '128Mi' });
  cluster.advance(60_000);
  expect(told(cluster)).toEqual([
    `Normal ResizeStarted: Pod resize started: ${summary(amounts('100m', '1Mi'))}`,
    `Warning ResizeError: Pod resize error: ${summary(amounts('100m', '1Mi'), 2, { error: words.exec(condition)![1] })}`,
  ]);
  resize(cluster, amounts('100m', '128Mi'));
  cluster.advance(2000);
  expect(conditions(cluster)).toEqual([]);
});
