// What can be done to a machine from outside, and what the cluster makes of it.

import { describe, expect, test } from 'vitest';
import type { Event } from '../../../worker/api/gen/core-v1.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { isReady } from '../../../worker/resources/core/pod-state.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { machineViews } from '../../../worker/cluster/machine-operations.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const born = (): TestCluster => {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  cluster.settle();
  return cluster;
};
const ready = ({ api }: TestCluster, name: string): string | undefined =>
  api.get(nodes, '', name)!.status.conditions?.find(({ type }) => type === 'Ready')?.status;

test('machines say what they are', () => {
  expect(
    machineViews(born().cluster.simulation.world).map(({ name, role, address, power, services }) => [
      name,
      role,
      address,
      power,
      services['kubelet'],
    ]),
  ).toEqual([
    ['control-plane', 'control-plane', '172.18.0.2', 'on', 'active'],
    ['worker-1', 'worker', '172.18.0.3', 'on', 'active'],
  ]);
});

describe('what cannot be done', () => {
  test.each([
    { name: 'no such machine', at: 'worker-9', operation: { do: 'off' } as const, want: { missing: 'machine' } },
    {
      name: 'no such service',
      at: 'worker-1',
      operation: { do: 'stop', service: 'nginx' } as const,
      want: { problem: 'Unit nginx.service could not be found.' },
    },
    { name: 'no such file', at: 'worker-1', operation: { do: 'read', path: '/etc/none' } as const, want: { missing: 'file' } },
    {
      name: 'a path that is none',
      at: 'worker-1',
      operation: { do: 'read', path: 'etc' } as const,
      want: { problem: 'a path begins with a slash' },
    },
    {
      name: 'a file below a file',
      at: 'worker-1',
      operation: { do: 'write', path: '/etc/hosts/a', content: '' } as const,
      want: { problem: '/etc/hosts/a: ENOTDIR' },
    },
    {
      name: 'a directory that is not empty',
      at: 'worker-1',
      operation: { do: 'remove', path: '/etc' } as const,
      want: { problem: '/etc: ENOTEMPTY' },
    },
  ])('$name', async ({ at, operation, want }) => {
    const cluster = born();
    const before = cluster.log();
    expect(await cluster.cluster.operateMachine(at, operation)).toEqual(want);
    expect(cluster.log()).toBe(before);
  });
});

test('files can be read, written and taken away', async () => {
  const { cluster } = born();
  expect((await cluster.operateMachine('control-plane', { do: 'read', path: '/etc/kubernetes/manifests' })).names).toEqual([
    'etcd.yaml',
    'kube-apiserver.yaml',
    'kube-controller-manager.yaml',
    'kube-scheduler.yaml',
  ]);
  expect(await cluster.operateMachine('worker-1', { do: 'write', path: '/opt/a', content: 'text' })).toEqual({});
  expect(await cluster.operateMachine('worker-1', { do: 'read', path: '/opt/a' })).toEqual({ content: 'text' });
  expect(await cluster.operateMachine('worker-1', { do: 'remove', path: '/opt/a' })).toEqual({});
  expect(await cluster.operateMachine('worker-1', { do: 'read', path: '/opt/a' })).toEqual({ missing: 'file' });
});

test('a worker that goes off and on again', async () => {
  const cluster = born();
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
  } as never);
  cluster.advance(10_000);
  expect((await cluster.cluster.operateMachine('worker-1', { do: 'off' })).machine?.power).toBe('off');
  cluster.advance(70_000);
  expect(ready(cluster, 'worker-1')).toBe('Unknown');
  await cluster.cluster.operateMachine('worker-1', { do: 'on' });
  cluster.advance(40_000);
  expect(ready(cluster, 'worker-1')).toBe('True');
  const pod = cluster.api.get(pods, 'default', 'web')!;
  expect(isReady(pod)).toBe(true);
  expect(pod.status.containerStatuses![0]).toMatchObject({
    restartCount: 1,
    lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
  });
  const told = cluster.api.list<Event>(events, { namespace: 'default' }).map(({ reason, message }) => `${reason}: ${message}`);
  expect(told).toEqual(
    expect.arrayContaining([expect.stringMatching(/^Rebooted: Node worker-1 has been rebooted, boot id: [0-9a-f-]{36}$/)]),
  );
  expect(cluster.errors).toEqual([]);
});

test('a control plane that is rebooted comes back by itself', async () => {
  const cluster = born();
  await cluster.cluster.operateMachine('control-plane', { do: 'off' });
  expect((await cluster.request('GET', '/api/v1/nodes')).status).toBe(503);
  cluster.advance(30_000);
  await cluster.cluster.operateMachine('control-plane', { do: 'on' });
  cluster.advance(60_000);
  expect((await cluster.request('GET', '/api/v1/nodes')).status).toBe(200);
  expect(
    cluster.api
      .list(pods)
      .filter((pod) => !isReady(pod))
      .map(({ metadata }) => metadata.name),
  ).toEqual([]);
  expect(cluster.errors).toEqual([]);
});
