// Pods that claim devices: where they go, which devices their claims get, and what they are told if there are none.

import { describe, expect, test } from 'vitest';
import type { Device, ResourceClaim, ResourceClaimTemplate } from '../../../../worker/api/gen/resource-v1.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { deviceClasses } from '../../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { resourceSlices } from '../../../../worker/resources/resource/resourceslice.ts';
import { resourceClaimTemplates } from '../../../../worker/resources/resource/resourceclaimtemplate.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { made, makeBench, makeSchedulerLab } from '../lab.ts';
import type { Made, PodDraft } from '../lab.ts';
import { addClaim, addClass, addPod, addSlice, asking, claimOf, devicesOf, DRIVER, gpu, nodeOf, refusalOf } from '../devices/lab.ts';

/** With devices on the second node. */
function withDevices(devices: Device[] = [0, 1, 2, 3].map((i) => gpu(i))): { cluster: TestCluster; node: string } {
  const cluster = makeTestCluster();
  const node = cluster.api.list(nodes)[1]!.metadata.name;
  addClass(cluster);
  addSlice(cluster, { nodeName: node, devices });
  return { cluster, node };
}

describe('a claim gets', () => {
  const numa = { matchAttribute: `${DRIVER}/numa` };
  const alternatives = {
    devices: {
      requests: [
        {
          name: 'gpu',
          firstAvailable: [
            { name: 'many', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 9 },
            { name: 'few', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 },
          ],
        },
      ],
    },
  };
  test.each<{ name: string; claim: ResourceClaim['spec']; devices?: Device[]; want: string[] | undefined }>([
    { name: 'one device', claim: asking(), want: ['gpu-0'] },
    { name: 'as many as it asks for', claim: asking({ count: 3 }), want: ['gpu-0', 'gpu-1', 'gpu-2'] },
    { name: 'none, if there are not so many', claim: asking({ count: 5 }), want: undefined },
    { name: 'all of them', claim: asking({ allocationMode: 'All' }), want: ['gpu-0', 'gpu-1', 'gpu-2', 'gpu-3'] },
    {
      name: 'what it selects',
      claim: asking({ selectors: [{ cel: { expression: `device.attributes['${DRIVER}'].model == 'large'` } }] }),
      want: ['gpu-2'],
    },
    {
      name: 'what has enough',
      claim: asking({ selectors: [{ cel: { expression: `device.capacity['${DRIVER}'].memory.compareTo(quantity('35Gi')) > 0` } }] }),
      want: ['gpu-3'],
    },
    { name: 'what is alike', claim: asking({ count: 2 }, { constraints: [numa] }), want: ['gpu-0', 'gpu-2'] },
    { name: 'none, if too few are alike', claim: asking({ count: 3 }, { constraints: [numa] }), want: undefined },
    {
      name: 'what differs',
      claim: asking({ count: 2 }, { constraints: [{ distinctAttribute: `${DRIVER}/model` }] }),
      want: ['gpu-0', 'gpu-2'],
    },
    { name: 'the first that is there', claim: alternatives, want: ['gpu-0', 'gpu-1'] },
    {
      name: 'none with a taint',
      claim: asking(),
      devices: [gpu(0, { taints: [{ key: 'broken', effect: 'NoSchedule' }] }), gpu(1)],
      want: ['gpu-1'],
    },
    {
      name: 'one with a taint that it tolerates',
      claim: asking({ tolerations: [{ operator: 'Exists' }] }),
      devices: [gpu(0, { taints: [{ key: 'broken', effect: 'NoSchedule' }] }), gpu(1)],
      want: ['gpu-0'],
    },
  ])('$name', ({ claim, devices, want }) => {
    const { cluster, node } = withDevices(devices);
    addClaim(cluster, claim);
    addPod(cluster, 'p');
    cluster.advance(5000);
    expect(devicesOf(cluster)).toEqual(want);
    expect(nodeOf(cluster, 'p')).toBe(want && node);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a claim says what is wrong', () => {
  const notOne = (what: string): RegExp => new RegExp(`^0/3 nodes are available: 3 ${what}\\. still not schedulable, preemption`);
  const error = (what: string): string => `running "DynamicResources" filter plugin: ${what}`;
  const all = asking({ allocationMode: 'All' });
  test.each<{ name: string; claim?: ResourceClaim['spec']; pool?: object; devices?: Device[]; want: string | RegExp }>([
    {
      name: 'with all devices of a pool that is being changed',
      claim: all,
      pool: { resourceSliceCount: 2 },
      want: error('claim default/c, request gpu: asks for all devices, but resource pool gpu.example.com/net is currently being updated'),
    },
    {
      name: 'with some devices of such a pool: only that there are none',
      pool: { resourceSliceCount: 2 },
      want: notOne('cannot allocate all claims'),
    },
    {
      name: 'with all devices, and a constraint that not all of them meet',
      claim: asking({ allocationMode: 'All' }, { constraints: [{ matchAttribute: `${DRIVER}/index` }] }),
      want: error(
        'claim default/c, request gpu: cannot add device gpu.example.com/net/gpu-1 because a claim constraint would not be satisfied',
      ),
    },
    {
      name: 'with all devices, one of which has a taint: only that there are not all',
      claim: all,
      devices: [gpu(0), gpu(1, { taints: [{ key: 'broken', effect: 'NoSchedule' }] })],
      want: notOne('cannot allocate all claims'),
    },
    {
      name: 'with more devices than a claim may have',
      claim: asking({ count: 33 }),
      want: error('claim default/c: number of requested devices 33 exceeds the claim limit of 32'),
    },
    {
      name: 'with counters that there are not',
      devices: [gpu(0, { consumesCounters: [{ counterSet: 'card', counters: { memory: { value: '1' } } }] })],
      want: notOne('invalid resource pools were encountered'),
    },
  ])('$name', ({ claim, pool, devices = [gpu(0), gpu(1)], want }) => {
    const cluster = makeTestCluster();
    addClass(cluster);
    addSlice(cluster, { allNodes: true, pool: { name: 'net', generation: 1, resourceSliceCount: 1, ...pool }, devices });
    addClaim(cluster, claim);
    addPod(cluster, 'p');
    cluster.advance(2000);
    const [message] = cluster.api.list(events).flatMap((event) => (event.reason === 'FailedScheduling' ? [event.message] : []));
    if (typeof want === 'string') expect(message).toBe(want);
    else expect(message).toMatch(want);
  });
});

test('the node with the alternative that is named first is better', () => {
  const cluster = makeTestCluster();
  addClass(cluster);
  cluster.api.list(nodes).forEach(({ metadata: { name } }, i) => addSlice(cluster, { nodeName: name, devices: [gpu(i)] }, name));
  const of = (name: string, index: number): object => ({
    name,
    deviceClassName: 'gpu',
    selectors: [{ cel: { expression: `device.attributes['${DRIVER}'].index == ${index}` } }],
  });
  addClaim(cluster, { devices: { requests: [{ name: 'gpu', firstAvailable: [of('a', 2), of('b', 0), of('c', 1)] }] } } as never);
  addPod(cluster, 'p');
  cluster.advance(2000);
  expect(claimOf(cluster).status.allocation?.devices.results).toMatchObject([{ request: 'gpu/a', device: 'gpu-2' }]);
});

test('what a claim got before counts for every node that its devices can be reached from', () => {
  const of = (name: string, index: number): object => ({
    name,
    deviceClassName: 'gpu',
    selectors: [{ cel: { expression: `device.attributes['${DRIVER}'].index == ${index}` } }],
  });
  const claim = (name: string, status: object = {}): Made =>
    made(resourceClaims, {
      metadata: { name, namespace: 'default' },
      spec: { devices: { requests: [{ name: 'gpu', firstAvailable: [of('x', 0), of('y', 1)] }] } },
      status,
    });
  const slice = (name: string, spec: object): Made =>
    made(resourceSlices, { metadata: { name }, spec: { driver: DRIVER, pool: { name, generation: 1, resourceSliceCount: 1 }, ...spec } });
  const results = [{ request: 'gpu/x', driver: DRIVER, pool: 'net', device: 'gpu-0' }];
  const bench = makeBench('DynamicResources', {
    nodes: [{ name: 'a' }, { name: 'b' }],
    objects: [
      made(deviceClasses, { metadata: { name: 'gpu' }, spec: {} }),
      slice('net', { allNodes: true, devices: [gpu(0)] }),
      slice('a', { nodeName: 'a', devices: [gpu(0)] }),
      slice('b', { nodeName: 'b', devices: [gpu(1)] }),
      claim('shared', { allocation: { devices: { results } } }),
      claim('own'),
    ],
  });
  const uses = (...names: string[]): PodDraft => ({
    containers: [{ name: 'c', image: 'i', resources: {} }],
    resourceClaims: names.map((resourceClaimName) => ({ name: resourceClaimName, resourceClaimName })),
  });
  expect(bench.score(uses('own'))).toEqual({ a: 100, b: 87 });
  expect(bench.score(uses('own', 'shared'))).toEqual({ a: 100, b: 93 });
});

test('devices are tried driver by driver', () => {
  const cluster = makeTestCluster();
  addClass(cluster, { selectors: [] });
  for (const driver of [`${DRIVER}-x`, DRIVER]) addSlice(cluster, { driver, allNodes: true, devices: [gpu(0)] }, driver);
  addClaim(cluster);
  addPod(cluster, 'p');
  cluster.advance(2000);
  expect(claimOf(cluster).status.allocation?.devices.results).toMatchObject([{ driver: DRIVER }]);
});

test('a claim is for no more than 256 pods at a time', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a' });
  addClass(lab);
  addSlice(lab, { nodeName: 'a', devices: [gpu(0)] });
  addClaim(lab);
  addPod(lab, 'p');
  lab.settle();
  const claim = claimOf(lab);
  const others = Array.from({ length: 255 }, (_, i) => ({ resource: 'pods', name: `other-${i}`, uid: `uid-${i}` }));
  lab.api.updateStatus(resourceClaims, { ...claim, status: { ...claim.status, reservedFor: [...claim.status.reservedFor!, ...others] } });
  addPod(lab, 'q');
  lab.settle();
  expect(refusalOf(lab, 'q')).toBe(
    'running PreBind plugin "DynamicResources": add reservation to claim default/c: ResourceClaim.resource.k8s.io "c" is invalid: ' +
      'status.reservedFor: Too many: 257: must have at most 256 items',
  );
  expect(lab.placeOf('q')).toBeUndefined();
});

test('what a class says of its devices is there once, for all its requests; what a claim says, for each that got devices', () => {
  const { cluster } = withDevices();
  const config = (mode: string): { opaque: { driver: string; parameters: Record<string, unknown> } } => ({
    opaque: { driver: DRIVER, parameters: { mode } },
  });
  addClass(cluster, { config: [config('class')] }, 'other');
  const requests = ['a', 'b'].map((name) => ({ name, exactly: { deviceClassName: 'other' } }));
  addClaim(cluster, { devices: { requests, config: [{ requests: ['a', 'b'], ...config('both') }, config('all')] } } as never);
  addPod(cluster, 'p');
  cluster.advance(2000);
  expect(claimOf(cluster).status.allocation?.devices.config).toEqual([
    { source: 'FromClass', requests: ['a', 'b'], ...config('class') },
    { source: 'FromClaim', requests: ['a', 'b'], ...config('both') },
    { source: 'FromClaim', requests: ['a', 'b'], ...config('both') },
    { source: 'FromClaim', ...config('all') },
  ]);
});

describe('partitions of a device', () => {
  /** A card of 40Gi as a whole, two halves, and four quarters. */
  function withCard(): TestCluster {
    const cluster = makeTestCluster({ nodes: 1 });
    addClass(cluster);
    const part = (name: string, memory: number): Device => ({
      name,
      attributes: { size: { int: memory } },
      consumesCounters: [{ counterSet: 'card', counters: { memory: { value: `${memory}Gi` } } }],
    });
    const devices = [part('whole', 40), part('half-0', 20), part('half-1', 20), ...[0, 1, 2, 3].map((i) => part(`quarter-${i}`, 10))];
    const pool = { name: 'net', generation: 1, resourceSliceCount: 2 };
    const sharedCounters = [{ name: 'card', counters: { memory: { value: '40Gi' } } }];
    addSlice(cluster, { pool, allNodes: true, sharedCounters } as never, 'counters');
    addSlice(cluster, { pool, allNodes: true, devices }, 'devices');
    return cluster;
  }
  const ofSize = (size: number, count = 1): ResourceClaim['spec'] =>
    asking({ count, selectors: [{ cel: { expression: `device.attributes['${DRIVER}'].size == ${size}` } }] });

  test.each([
    { name: 'the whole leaves nothing', sizes: [40, 10], want: [['whole'], undefined] },
    { name: 'halves and quarters share', sizes: [20, 10, 10, 10], want: [['half-0'], ['quarter-0'], ['quarter-1'], undefined] },
    { name: 'a part leaves no whole', sizes: [10, 40], want: [['quarter-0'], undefined] },
  ])('$name', ({ sizes, want }) => {
    const cluster = withCard();
    for (const [i, size] of sizes.entries()) {
      addClaim(cluster, ofSize(size), `c${i}`);
      addPod(cluster, `p${i}`, [{ resourceClaimName: `c${i}` }]);
      cluster.advance(2000);
    }
    expect(sizes.map((_size, i) => devicesOf(cluster, `c${i}`))).toEqual(want);
    expect(cluster.errors).toEqual([]);
  });

  test('within one claim, too; and come back with who had them', () => {
    const cluster = withCard();
    addClaim(cluster, ofSize(20, 2), 'both');
    addPod(cluster, 'p', [{ resourceClaimName: 'both' }]);
    cluster.advance(2000);
    expect(devicesOf(cluster, 'both')).toEqual(['half-0', 'half-1']);
    addClaim(cluster, ofSize(40), 'whole');
    addPod(cluster, 'q', [{ resourceClaimName: 'whole' }]);
    cluster.advance(2000);
    expect(devicesOf(cluster, 'whole')).toBeUndefined();
    cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    cluster.api.delete(resourceClaims, 'default', 'both');
    cluster.advance(30_000);
    expect(devicesOf(cluster, 'whole')).toEqual(['whole']);
  });
});

describe('a pod with a claim', () => {
  test('goes to its devices, and the claim says for whom they are', () => {
    const { cluster, node } = withDevices();
    addClaim(cluster, asking({}, { config: [{ opaque: { driver: DRIVER, parameters: { mode: 'fast' } } }] }));
    addPod(cluster, 'p');
    cluster.advance(10_000);
    const { metadata, status } = claimOf(cluster);
    expect(metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
    expect(status).toEqual({
      allocation: {
        devices: {
          results: [{ request: 'gpu', driver: DRIVER, pool: node, device: 'gpu-0' }],
          config: [{ source: 'FromClaim', opaque: { driver: DRIVER, parameters: { mode: 'fast' } } }],
        },
        nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] },
        allocationTimestamp: '2026-01-01T00:00:00Z',
      },
      reservedFor: [{ resource: 'pods', name: 'p', uid: cluster.api.get(pods, 'default', 'p')!.metadata.uid }],
    });
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Running');
  });

  test('shares it with others, on the same node', () => {
    const { cluster, node } = withDevices();
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(5000);
    addPod(cluster, 'q');
    cluster.advance(5000);
    expect(nodeOf(cluster, 'q')).toBe(node);
    expect(claimOf(cluster).status.reservedFor?.map(({ name }) => name)).toEqual(['p', 'q']);
  });

  test('waits until there are devices again', () => {
    const { cluster, node } = withDevices([gpu(0)]);
    addClaim(cluster);
    addClaim(cluster, asking(), 'd');
    addPod(cluster, 'p');
    cluster.advance(5000);
    addPod(cluster, 'q', [{ resourceClaimName: 'd' }]);
    cluster.advance(5000);
    expect(nodeOf(cluster, 'q')).toBeUndefined();
    expect(refusalOf(cluster, 'q')).toMatch(
      /^0\/3 nodes are available: 3 cannot allocate all claims\. still not schedulable, preemption: 0\/3/,
    );
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(60_000);
    expect(nodeOf(cluster, 'q')).toBe(node);
    expect([devicesOf(cluster), devicesOf(cluster, 'd')]).toEqual([undefined, ['gpu-0']]);
  });

  test('waits for devices that a driver has yet to offer, and for their class', () => {
    const cluster = makeTestCluster();
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(5000);
    expect(refusalOf(cluster, 'p')).toMatch(/^0\/3 nodes are available: request gpu: device class gpu does not exist\./);
    addClass(cluster);
    cluster.advance(20_000);
    expect(refusalOf(cluster, 'p')).toMatch(/^0\/3 nodes are available: 3 cannot allocate all claims\./);
    addSlice(cluster, { allNodes: true, devices: [gpu(0)] });
    cluster.advance(20_000);
    expect(devicesOf(cluster)).toEqual(['gpu-0']);
    expect(claimOf(cluster).status.allocation).not.toHaveProperty('nodeSelector');
    expect(nodeOf(cluster, 'p')).toBeDefined();
  });

  test('is not looked at before its claim is there', () => {
    const { cluster, node } = withDevices();
    addPod(cluster, 'p');
    cluster.advance(5000);
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    addClaim(cluster);
    cluster.advance(20_000);
    expect(nodeOf(cluster, 'p')).toBe(node);
  });

  test('of a template goes with devices of its own', () => {
    const { cluster } = withDevices([gpu(0), gpu(1)]);
    cluster.api.create<ResourceClaimTemplate>(resourceClaimTemplates, {
      metadata: { name: 't', namespace: 'default' },
      spec: { spec: asking() },
    } as never);
    for (const name of ['p', 'q', 'r']) addPod(cluster, name, [{ resourceClaimTemplateName: 't' }]);
    cluster.advance(20_000);
    expect(cluster.api.list(pods).filter(({ spec }) => spec.nodeName)).toHaveLength(2);
    const given = cluster.api
      .list(resourceClaims)
      .flatMap(({ status }) => status.allocation?.devices.results?.map(({ device }) => device) ?? []);
    expect(given.sort()).toEqual(['gpu-0', 'gpu-1']);
    const first = cluster.api.list(pods).find(({ spec }) => spec.nodeName)!;
    cluster.api.delete(pods, 'default', first.metadata.name);
    cluster.advance(90_000);
    expect(cluster.api.list(pods).filter(({ spec }) => spec.nodeName)).toHaveLength(2);
    expect(cluster.api.list(resourceClaims)).toHaveLength(2);
    expect(cluster.errors).toEqual([]);
  });

  test('with several gets devices for all of them, or none', () => {
    const { cluster } = withDevices([gpu(0), gpu(1)]);
    addClaim(cluster);
    addClaim(cluster, asking({ count: 2 }), 'd');
    addPod(cluster, 'p', [{ resourceClaimName: 'c' }, { resourceClaimName: 'd' }]);
    cluster.advance(5000);
    expect([devicesOf(cluster), devicesOf(cluster, 'd')]).toEqual([undefined, undefined]);
  });

  test('says when an expression fails', () => {
    const { cluster } = withDevices();
    addClaim(cluster, asking({ selectors: [{ cel: { expression: `device.attributes['${DRIVER}'].color == 'red'` } }] }));
    addPod(cluster, 'p');
    cluster.advance(5000);
    expect(cluster.api.list(events).filter(({ reason }) => reason === 'FailedScheduling')[0]?.message).toBe(
      'running "DynamicResources" filter plugin: claim default/c: selector #0: CEL runtime error: no such key: color',
    );
    expect(cluster.errors).toEqual([]);
  });

  test('takes devices of the newest generation of a pool only', () => {
    const { cluster, node } = withDevices([gpu(0)]);
    addSlice(cluster, { nodeName: node, pool: { name: node, generation: 2, resourceSliceCount: 2 }, devices: [gpu(7)] }, 's2');
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(5000);
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    addSlice(cluster, { nodeName: node, pool: { name: node, generation: 2, resourceSliceCount: 2 }, devices: [gpu(8)] }, 's3');
    cluster.advance(20_000);
    expect(devicesOf(cluster)).toEqual(['gpu-7']);
  });

  test('is the same after an eviction', () => {
    const { cluster, node } = withDevices([gpu(0)]);
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(2000);
    cluster.save();
    const again = makeTestCluster({ backend: cluster.backend, startAt: cluster.elapsed() });
    again.advance(20_000);
    expect([devicesOf(again), nodeOf(again, 'p')]).toEqual([['gpu-0'], node]);
    expect(again.errors).toEqual([]);
  });
});
