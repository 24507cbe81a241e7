// Devices that several claims share, as long as their capacity lasts.

import { describe, expect, test } from 'vitest';
import type { Device, DeviceRequestAllocationResult } from '../../../../worker/api/gen/resource-v1.ts';
import { namespaces } from '../../../../worker/resources/core/namespace.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { addClaim, addClass, addPod, addSlice, asking, claimOf, devicesOf, nodeOf, refusalOf } from './lab.ts';

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

const nic = (more: Partial<Device> = {}): Device => ({
  name: 'eth1',
  allowMultipleAllocations: true,
  attributes: { name: { string: 'eth1' } },
  capacity: { bandwidth: { value: '10G', requestPolicy: { default: '1M', validRange: { min: '1M', step: '8' } } } },
  ...more,
});

function withDevices(...devices: Device[]): TestCluster {
  const cluster = makeTestCluster({ nodes: 1 });
  addClass(cluster);
  addSlice(cluster, { allNodes: true, devices });
  return cluster;
}

/** A pod and a claim of the same name, one after the other. */
function ask(cluster: TestCluster, name: string, ...of: Parameters<typeof asking>): void {
  addClaim(cluster, asking(...of), name);
  addPod(cluster, name, [{ resourceClaimName: name }]);
  cluster.advance(2000);
}

const bandwidth = (amount: string): { capacity: { requests: Record<string, string> } } => ({
  capacity: { requests: { bandwidth: amount } },
});
const resultsOf = (cluster: TestCluster, name: string): DeviceRequestAllocationResult[] | undefined =>
  claimOf(cluster, name).status.allocation?.devices.results;

test('claims of two pods share a device, each with a share of its own', () => {
  const cluster = withDevices(nic());
  ask(cluster, 'a', bandwidth('6G'));
  ask(cluster, 'b', bandwidth('4G'));
  expect(resultsOf(cluster, 'a')).toEqual([
    { request: 'gpu', driver: 'gpu.example.com', pool: 'net', device: 'eth1', shareID: UUID, consumedCapacity: { bandwidth: '5859375Ki' } },
  ]);
  expect(resultsOf(cluster, 'b')).toMatchObject([{ device: 'eth1', shareID: UUID, consumedCapacity: { bandwidth: '3906250Ki' } }]);
  expect(resultsOf(cluster, 'a')![0]!.shareID).not.toBe(resultsOf(cluster, 'b')![0]!.shareID);
  expect(cluster.errors).toEqual([]);
});

test('who asks for more than what is left waits until it comes back', () => {
  const cluster = withDevices(nic());
  ask(cluster, 'a', bandwidth('6G'));
  ask(cluster, 'b', bandwidth('5G'));
  expect(refusalOf(cluster, 'b')).toMatch(
    /^0\/1 nodes are available: 1 cannot allocate all claims\. still not schedulable, preemption: 0\/1/,
  );
  cluster.api.delete(pods, 'default', 'a');
  cluster.api.delete(resourceClaims, 'default', 'a');
  cluster.advance(60_000);
  expect(resultsOf(cluster, 'b')).toMatchObject([{ device: 'eth1', consumedCapacity: { bandwidth: '5000000000' } }]);
});

describe('what is shared', () => {
  const first = nic({ name: 'eth0', attributes: { name: { string: 'eth0' } } });
  const counters = { counterSet: 'card', counters: { memory: { value: '10Gi' } } };
  test.each<{ name: string; devices: Device[]; asks: Parameters<typeof asking>[]; want: (string[] | undefined)[] }>([
    { name: 'without a request: the default of the policy', devices: [nic()], asks: [[], []], want: [['eth1'], ['eth1']] },
    {
      name: 'without a policy: all of it, once',
      devices: [nic({ capacity: { bandwidth: { value: '1G' } } })],
      asks: [[], []],
      want: [['eth1'], undefined],
    },
    { name: 'without capacity: by any number', devices: [nic({ capacity: {} })], asks: [[], [], []], want: [['eth1'], ['eth1'], ['eth1']] },
    { name: 'not twice for one request', devices: [nic()], asks: [[{ count: 2 }]], want: [undefined] },
    {
      name: 'twice for two requests of a claim',
      devices: [nic()],
      asks: [
        [
          {},
          {
            requests: [
              { name: 'a', exactly: { deviceClassName: 'gpu', ...bandwidth('5G') } },
              { name: 'b', exactly: { deviceClassName: 'gpu', ...bandwidth('5G') } },
            ],
          },
        ],
      ],
      want: [['eth1', 'eth1']],
    },
    {
      name: 'not twice where requests want what differs',
      devices: [first, nic()],
      asks: [
        [
          {},
          {
            requests: ['a', 'b'].map((name) => ({ name, exactly: { deviceClassName: 'gpu' } })),
            constraints: [{ distinctAttribute: 'gpu.example.com/name' }],
          },
        ],
      ],
      want: [['eth0', 'eth1']],
    },
    {
      name: 'the next device where the first has too little left',
      devices: [first, nic()],
      asks: [[bandwidth('6G')], [bandwidth('6G')], [bandwidth('6G')]],
      want: [['eth0'], ['eth1'], undefined],
    },
    {
      name: 'of all devices, those that have enough',
      devices: [first, nic()],
      asks: [[{ allocationMode: 'All', ...bandwidth('6G') }]],
      want: [['eth0', 'eth1']],
    },
    {
      name: 'only devices that may be shared, if the claim says so',
      devices: [nic({ name: 'own', allowMultipleAllocations: false, capacity: { bandwidth: { value: '10G' } } }), nic()],
      asks: [[{ selectors: [{ cel: { expression: 'device.allowMultipleAllocations == true' } }] }]],
      want: [['eth1']],
    },
    {
      name: 'a device of its own, whole, for who asks for less',
      devices: [nic({ allowMultipleAllocations: false, capacity: { bandwidth: { value: '10G' } } })],
      asks: [[bandwidth('1G')], [bandwidth('1G')]],
      want: [['eth1'], undefined],
    },
    {
      name: 'no device that does not know what is asked for',
      devices: [nic()],
      asks: [[{ capacity: { requests: { cores: '1' } } }]],
      want: [undefined],
    },
    {
      name: 'counters of the card: once for all shares',
      devices: [nic({ consumesCounters: [counters] })],
      asks: [[bandwidth('1G')], [bandwidth('1G')]],
      want: [['eth1'], ['eth1']],
    },
  ])('$name', ({ devices, asks, want }) => {
    const cluster = makeTestCluster({ nodes: 1 });
    addClass(cluster);
    const pool = { name: 'net', generation: 1, resourceSliceCount: 2 };
    const sharedCounters = [{ name: 'card', counters: { memory: { value: '10Gi' } } }];
    addSlice(cluster, { pool, allNodes: true, sharedCounters } as never, 'counters');
    addSlice(cluster, { pool, allNodes: true, devices }, 'devices');
    asks.forEach((of, i) => ask(cluster, `c${i}`, ...of));
    expect(asks.map((_of, i) => devicesOf(cluster, `c${i}`))).toEqual(want);
    expect(asks.map((_of, i) => nodeOf(cluster, `c${i}`) !== undefined)).toEqual(want.map((one) => one !== undefined));
    expect(cluster.errors).toEqual([]);
  });
});

test('an administrator takes nothing away from others, and has no device twice', () => {
  const cluster = withDevices(nic({ allowMultipleAllocations: false, capacity: {} }));
  const namespace = cluster.api.get(namespaces, '', 'default')!;
  const labels = { ...namespace.metadata.labels, 'resource.kubernetes.io/admin-access': 'true' };
  cluster.api.update(namespaces, { ...namespace, metadata: { ...namespace.metadata, labels } });
  ask(cluster, 'a');
  ask(cluster, 'b', { adminAccess: true });
  ask(cluster, 'c', {}, { requests: ['x', 'y'].map((name) => ({ name, exactly: { deviceClassName: 'gpu', adminAccess: true } })) });
  expect(['a', 'b', 'c'].map((name) => devicesOf(cluster, name))).toEqual([['eth1'], ['eth1'], undefined]);
});

test('shares are counted after an eviction, too', () => {
  const cluster = withDevices(nic());
  ask(cluster, 'a', bandwidth('6G'));
  cluster.save();
  const again = makeTestCluster({ backend: cluster.backend, startAt: cluster.elapsed(), nodes: 1 });
  ask(again, 'b', bandwidth('6G'));
  ask(again, 'c', bandwidth('4G'));
  expect([devicesOf(again, 'b'), devicesOf(again, 'c')]).toEqual([undefined, ['eth1']]);
});
