import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../../../worker/api/gen/core-v1.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { eventsOf } from '../../controllers/workloads.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const GI = 2 ** 30;

/** One node of 8 GiB and 100 GiB. */
const start = (): TestCluster => makeTestCluster({ nodes: 1 });
function run(cluster: TestCluster, name: string, container: object, spec: object = {}): void {
  cluster.api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', resources: {}, ...container }], ...spec },
  } as never);
}
const hog = (gib: number, resources: object = {}) => ({
  image: 'polinux/stress',
  command: ['stress'],
  args: ['--vm', '1', '--vm-bytes', `${gib * 1024}M`, '--vm-hang', '1'],
  resources,
});
const writer = (command: string, more: object = {}) => ({ image: 'busybox', command: ['sh', '-c', `${command}; sleep 36000`], ...more });
const read = ({ api }: TestCluster, name: string): Pod => api.get(pods, 'default', name)!;
const reasons = (cluster: TestCluster, ...names: string[]): (string | undefined)[] =>
  names.map((name) => read(cluster, name).status.reason);
const node = ({ api }: TestCluster): Node => api.get(nodes, '', 'node-1')!;
const condition = (cluster: TestCluster, wanted: string) => node(cluster).status.conditions!.find(({ type }) => type === wanted)!;
async function wait(cluster: TestCluster, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5000) {
    cluster.advance(Math.min(left, 5000));
    await cluster.settleTools();
  }
}

describe('a node short of memory', () => {
  test('says so, puts the worst offender off, and recovers', async () => {
    const cluster = start();
    run(cluster, 'polite', hog(2, { requests: { memory: '2Gi' } }));
    run(cluster, 'greedy', hog(5));
    cluster.advance(5000);
    expect(condition(cluster, 'MemoryPressure').status).toBe('False');
    run(cluster, 'small', hog(1));
    await wait(cluster, 15_000);
    expect(reasons(cluster, 'polite', 'greedy', 'small')).toEqual([undefined, 'Evicted', undefined]);
    expect(condition(cluster, 'MemoryPressure')).toMatchObject({
      status: 'True',
      reason: 'KubeletHasInsufficientMemory',
      message: 'kubelet has insufficient memory available',
    });
    expect(node(cluster).spec.taints).toEqual([
      expect.objectContaining({ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }),
    ]);
    const { status } = read(cluster, 'greedy');
    expect(status.phase).toBe('Failed');
    expect(status.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+\w*\. Container main was using 5121Mi, request is 0, has larger consumption of memory\. $/,
    );
    expect(status.conditions!.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
      message: status.message,
    });
    expect(eventsOf(cluster.api, read(cluster, 'greedy'))).toContain(`Evicted: ${status.message}`);
    const told = cluster.api.list(cluster.api.resourceOf('', 'Event')!).map((one) => (one as unknown as { reason: string }).reason);
    expect(told).toEqual(expect.arrayContaining(['EvictionThresholdMet', 'NodeHasInsufficientMemory']));
    await wait(cluster, 330_000);
    expect(condition(cluster, 'MemoryPressure').status).toBe('False');
    expect(node(cluster).spec.taints).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'nobody who asks for nothing', container: { image: 'nginx' }, spec: {}, want: 'Evicted' },
    {
      name: 'who says what it needs',
      container: { image: 'nginx', resources: { requests: { memory: '10Mi' } } },
      spec: {},
      want: undefined,
    },
    {
      name: 'who does not mind',
      container: { image: 'nginx' },
      spec: { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] },
      want: undefined,
    },
  ])('takes $name: $want', async ({ container, spec, want }) => {
    const cluster = start();
    run(cluster, 'a', hog(4));
    run(cluster, 'b', hog(4));
    await wait(cluster, 20_000);
    run(cluster, 'late', container, { nodeName: 'node-1', ...spec });
    await wait(cluster, 5000);
    expect(read(cluster, 'late').status.reason).toBe(want);
    if (want) expect(read(cluster, 'late').status.message).toBe('Pod was rejected: The node had condition: [MemoryPressure]. ');
  });

  test('spares the important, and those that keep within their requests', async () => {
    const cluster = start();
    cluster.api.create(cluster.api.resourceOf('scheduling.k8s.io', 'PriorityClass')!, { metadata: { name: 'high' }, value: 1000 } as never);
    run(cluster, 'a', hog(4), { priorityClassName: 'high' });
    run(cluster, 'b', hog(4));
    await wait(cluster, 20_000);
    expect(reasons(cluster, 'a', 'b')).toEqual([undefined, 'Evicted']);
  });
});

test('a container that takes more than its limit is killed for it', () => {
  const cluster = start();
  run(cluster, 'greedy', hog(1, { limits: { memory: '100Mi' } }), { restartPolicy: 'Never' });
  cluster.advance(5000);
  expect(read(cluster, 'greedy').status.containerStatuses![0]!.state.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
});

describe('a disk that runs full', () => {
  test('makes the node say so, and put off who filled it', async () => {
    const cluster = start();
    run(cluster, 'filler', writer(`fallocate -l ${92 * GI} /big`));
    run(cluster, 'other', writer('true'));
    await wait(cluster, 20_000);
    expect(reasons(cluster, 'filler', 'other')).toEqual(['Evicted', undefined]);
    expect(read(cluster, 'filler').status.message).toMatch(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+\w*, available: \d+\w*\. Container main was using 92Gi, request is 0, has larger consumption of ephemeral-storage\. $/,
    );
    expect(condition(cluster, 'DiskPressure')).toMatchObject({ status: 'True', reason: 'KubeletHasDiskPressure' });
    cluster.api.delete(pods, 'default', 'filler');
    await wait(cluster, 330_000);
    expect(condition(cluster, 'DiskPressure').status).toBe('False');
  });

  test('has no room beyond its size', async () => {
    const cluster = start();
    run(cluster, 'filler', writer(`dd if=/dev/zero of=/big bs=1M count=200000`));
    await wait(cluster, 5000);
    expect(cluster.errors).toEqual([]);
    expect(reasons(cluster, 'filler')).toEqual([undefined]);
  });

  test.each([
    {
      name: 'an emptyDir beyond its limit',
      container: { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] },
      spec: { volumes: [{ name: 'cache', emptyDir: { sizeLimit: '500Mi' } }] },
      path: '/cache/x',
      want: 'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
    },
    {
      name: 'a container beyond its limit',
      container: { resources: { limits: { 'ephemeral-storage': '500Mi' } } },
      spec: {},
      path: '/x',
      want: 'Pod ephemeral local storage usage exceeds the total limit of containers 500Mi. ',
    },
  ])('loses $name', async ({ container, spec, path, want }) => {
    const cluster = start();
    run(cluster, 'filler', writer(`dd if=/dev/zero of=${path} bs=1M count=600`, container), spec);
    await wait(cluster, 20_000);
    expect(read(cluster, 'filler').status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: want });
    expect(condition(cluster, 'DiskPressure').status).toBe('False');
  });
});
