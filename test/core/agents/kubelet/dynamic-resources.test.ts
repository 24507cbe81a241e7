// The devices of a pod's claims, on its node.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { resourceSlices } from '../../../../worker/resources/resource/resourceslice.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { addClaim, addClass, addPod, addSlice, asking, claimOf, gpu, IMAGE } from '../../scheduler/devices/lab.ts';

function withDevices(minor = 36): TestCluster {
  const cluster = makeTestCluster({ nodes: 1, minor });
  addClass(cluster, { extendedResourceName: 'example.com/gpu' });
  addSlice(cluster, { allNodes: true, devices: [gpu(0), gpu(1)] });
  return cluster;
}

const podOf = ({ api }: TestCluster): Pod => api.get(pods, 'default', 'p')!;
const using = (...claims: object[]): Partial<Pod['spec']> => ({
  containers: [
    { name: 'c', image: IMAGE, resources: { claims } },
    { name: 'd', image: IMAGE },
  ] as never,
});

describe('the status of a container says how the devices of its claims are', () => {
  const both = ['gpu-0', 'gpu-1'].map((device) => ({ resourceID: `gpu.example.com/net/${device}`, health: 'Unknown' }));
  test.each<{ name: string; minor?: number; claims: object[]; want: object[] | undefined }>([
    { name: 'all of a claim', claims: [{ name: 'r0' }], want: [{ name: 'claim:r0', resources: both }] },
    { name: 'of a request', claims: [{ name: 'r0', request: 'gpu' }], want: [{ name: 'claim:r0/gpu', resources: both }] },
    { name: 'of no claim that it does not use', claims: [], want: undefined },
    { name: 'not before 1.36', minor: 35, claims: [{ name: 'r0' }], want: undefined },
  ])('$name', ({ minor, claims, want }) => {
    const cluster = withDevices(minor);
    addClaim(cluster, asking({ count: 2 }));
    addPod(cluster, 'p', undefined, using(...claims));
    cluster.advance(10_000);
    const { containerStatuses, phase } = podOf(cluster).status;
    expect(phase).toBe('Running');
    expect(containerStatuses?.map(({ allocatedResourcesStatus }) => allocatedResourcesStatus)).toEqual([want, undefined]);
    expect(cluster.errors).toEqual([]);
  });
});

const told = ({ api }: TestCluster): string[] =>
  api.list(events).flatMap(({ reason, message }) => (reason === 'FailedPrepareDynamicResources' ? [message ?? ''] : []));

describe('a pod that was put on its node by somebody else', () => {
  test('does not start before it may use its claim', () => {
    const cluster = withDevices();
    addClaim(cluster);
    const nodeName = cluster.api.list(nodes)[0]!.metadata.name;
    addPod(cluster, 'p', undefined, { nodeName });
    cluster.advance(5000);
    const { uid } = podOf(cluster).metadata;
    expect(told(cluster)).toEqual([
      `Failed to prepare dynamic resources: prepare dynamic resources: pod p (${uid}) is not allowed to use ResourceClaim c (${claimOf(cluster).metadata.uid})`,
    ]);
    expect(podOf(cluster).status.phase).toBe('Pending');
    addPod(cluster, 'q');
    cluster.advance(30_000);
    expect(podOf(cluster).status.phase).toBe('Running');
  });

  test('does not start before its claim is there', () => {
    const cluster = withDevices();
    addPod(cluster, 'p', undefined, { nodeName: cluster.api.list(nodes)[0]!.metadata.name });
    cluster.advance(5000);
    expect(told(cluster)).toEqual([
      'Failed to prepare dynamic resources: prepare dynamic resources: fetch ResourceClaim c: resourceclaims.resource.k8s.io "c" not found',
    ]);
  });
});

test('a device with a taint NoExecute drives away who has it as an extended resource', () => {
  const cluster = withDevices();
  const resources = { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } };
  addPod(cluster, 'p', [], { containers: [{ name: 'c', image: IMAGE, resources }] as never });
  cluster.advance(10_000);
  expect(podOf(cluster).status.phase).toBe('Running');
  const [slice] = cluster.api.list(resourceSlices);
  const devices = [gpu(0, { taints: [{ key: 'broken', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' }] }), gpu(1)];
  cluster.api.update(resourceSlices, { ...slice!, spec: { ...slice!.spec, devices } });
  cluster.advance(60_000);
  expect(cluster.api.get(pods, 'default', 'p')).toBeUndefined();
});
