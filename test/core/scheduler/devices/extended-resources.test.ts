// Pods that ask for an extended resource that a class of devices stands behind.

import { describe, expect, test } from 'vitest';
import type { Container, Node, Pod } from '../../../../worker/api/gen/core-v1.ts';
import type { DeviceRequest, ResourceClaim } from '../../../../worker/api/gen/resource-v1.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { deviceClasses } from '../../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { addClaim, addClass, addPod, addSlice, asking, devicesOf, gpu, IMAGE, nodeOf, refusalOf } from './lab.ts';

const GPU = 'example.com/gpu';

/** Four devices on the second node. */
function withDevices(minor = 36, devices = 4): { cluster: TestCluster; node: string } {
  const cluster = makeTestCluster({ minor });
  const node = cluster.api.list(nodes)[1]!.metadata.name;
  addClass(cluster, { extendedResourceName: GPU });
  addSlice(cluster, { nodeName: node, devices: [0, 1, 2, 3].slice(0, devices).map((i) => gpu(i)) });
  return { cluster, node };
}

const container = (name: string, requests: Record<string, string>, more: Partial<Container> = {}): Container =>
  ({ name, image: IMAGE, resources: { requests, limits: requests }, ...more }) as Container;

function want(cluster: TestCluster, name: string, requests: Record<string, string>, more: Partial<Pod['spec']> = {}): void {
  addPod(cluster, name, [], { containers: [container('c', requests)], ...more });
  cluster.advance(5000);
}

const podOf = ({ api }: TestCluster, name: string): Pod => api.get(pods, 'default', name)!;
const madeFor = ({ api }: TestCluster, name: string): ResourceClaim | undefined =>
  api.list(resourceClaims).find(({ metadata }) => metadata.ownerReferences?.[0]?.name === name);

/** What a device plugin does. */
function offer({ api }: TestCluster, name: string, count: string): void {
  const node = api.get<Node>(nodes, '', name)!;
  const status = { ...node.status };
  for (const list of ['capacity', 'allocatable'] as const) status[list] = { ...status[list], [GPU]: count };
  api.updateStatus(nodes, { ...node, status });
}

describe('a pod that asks for two', () => {
  test.each([GPU, 'deviceclass.resource.kubernetes.io/gpu'])(
    'as %s: goes to its devices, with a claim that the scheduler makes',
    (resource) => {
      const { cluster, node } = withDevices();
      want(cluster, 'p', { [resource]: '2' });
      const { metadata, spec, status } = podOf(cluster, 'p');
      expect([spec.nodeName, status.phase]).toEqual([node, 'Running']);
      const claim = madeFor(cluster, 'p')!;
      expect(claim.metadata).toMatchObject({
        name: expect.stringMatching(/^p-extended-resources-[a-z0-9]{5}$/),
        annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
        finalizers: ['resource.kubernetes.io/delete-protection'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: metadata.uid, controller: true }],
      });
      expect(claim.spec).toEqual({
        devices: {
          requests: [{ name: 'container-0-request-0', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } }],
        },
      });
      expect(claim.status.allocation?.devices.results?.map(({ request, device }) => [request, device])).toEqual([
        ['container-0-request-0', 'gpu-0'],
        ['container-0-request-0', 'gpu-1'],
      ]);
      expect(claim.status.reservedFor).toEqual([{ resource: 'pods', name: 'p', uid: metadata.uid }]);
      expect(status.extendedResourceClaimStatus).toEqual({
        requestMappings: [{ containerName: 'c', resourceName: resource, requestName: 'container-0-request-0' }],
        resourceClaimName: claim.metadata.name,
      });
      expect(cluster.errors).toEqual([]);
    },
  );

  test('goes with its claim, and lets others have the devices', () => {
    const { cluster, node } = withDevices(36, 2);
    want(cluster, 'p', { [GPU]: '2' });
    want(cluster, 'q', { [GPU]: '1' });
    expect(refusalOf(cluster, 'q')).toMatch(
      /^0\/3 nodes are available: 3 cannot allocate all claims\. still not schedulable, preemption: 0\/3/,
    );
    expect(madeFor(cluster, 'q')).toBeUndefined();
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(60_000);
    expect([nodeOf(cluster, 'q'), madeFor(cluster, 'p')]).toEqual([node, undefined]);
  });

  test('keeps its claim no longer than it runs', () => {
    const { cluster } = withDevices();
    want(cluster, 'p', { [GPU]: '1' });
    const pod = podOf(cluster, 'p');
    cluster.api.updateStatus(pods, { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
    cluster.advance(5000);
    expect(madeFor(cluster, 'p')).toBeUndefined();
  });

  test('goes where a device plugin has them, without a claim', () => {
    const { cluster } = withDevices();
    const [first] = cluster.api.list(nodes);
    const { name } = first!.metadata;
    offer(cluster, name, '2');
    want(cluster, 'p', { [GPU]: '2' }, { nodeSelector: { 'kubernetes.io/hostname': name } });
    expect([nodeOf(cluster, 'p'), madeFor(cluster, 'p')]).toEqual([name, undefined]);
    expect(podOf(cluster, 'p').status.extendedResourceClaimStatus).toBeUndefined();
    want(cluster, 'q', { [GPU]: '2' }, { nodeSelector: { 'kubernetes.io/hostname': name } });
    expect(refusalOf(cluster, 'q')).toMatch(/1 Insufficient example\.com\/gpu/);
  });

  test('has a claim of its own beside those that it names', () => {
    const { cluster, node } = withDevices();
    addClaim(cluster, asking({ count: 2 }));
    addPod(cluster, 'p', [{ resourceClaimName: 'c' }], { containers: [container('c', { [GPU]: '2' })] });
    cluster.advance(5000);
    expect(nodeOf(cluster, 'p')).toBe(node);
    expect(devicesOf(cluster)).toEqual(['gpu-0', 'gpu-1']);
    expect(madeFor(cluster, 'p')!.status.allocation?.devices.results?.map(({ device }) => device)).toEqual(['gpu-2', 'gpu-3']);
  });

  test('waits for a class of that name', () => {
    const cluster = makeTestCluster();
    addSlice(cluster, { allNodes: true, devices: [gpu(0), gpu(1)] });
    want(cluster, 'p', { [GPU]: '2' });
    expect(refusalOf(cluster, 'p')).toMatch(
      /^0\/3 nodes are available: 3 Insufficient example\.com\/gpu\. no new claims to deallocate, preemption/,
    );
    addClass(cluster);
    cluster.advance(20_000);
    expect(nodeOf(cluster, 'p')).toBeUndefined();
    const deviceClass = cluster.api.get(deviceClasses, '', 'gpu')!;
    cluster.api.update(deviceClasses, { ...deviceClass, spec: { ...deviceClass.spec, extendedResourceName: GPU } });
    cluster.advance(20_000);
    expect(nodeOf(cluster, 'p')).toBeDefined();
  });

  test('finds no devices behind the name before 1.36', () => {
    const { cluster } = withDevices(35);
    want(cluster, 'p', { [GPU]: '2' });
    expect(refusalOf(cluster, 'p')).toMatch(/^0\/3 nodes are available: 3 Insufficient example\.com\/gpu\./);
  });

  test('has the devices of the newest class of that name', () => {
    const { cluster, node } = withDevices();
    cluster.advance(1000);
    const large = { cel: { expression: "device.attributes['gpu.example.com'].model == 'large'" } };
    addClass(cluster, { extendedResourceName: GPU, selectors: [large] }, 'newer');
    want(cluster, 'p', { [GPU]: '2' });
    expect(nodeOf(cluster, 'p')).toBe(node);
    expect(madeFor(cluster, 'p')!.status.allocation?.devices.results?.map(({ device }) => device)).toEqual(['gpu-2', 'gpu-3']);
  });
});

test('a claim that is left of an earlier try goes first', () => {
  const { cluster, node } = withDevices();
  addPod(cluster, 'p', [], { containers: [container('c', { [GPU]: '1' })], schedulingGates: [{ name: 'wait' }] });
  const { uid } = podOf(cluster, 'p').metadata;
  cluster.api.create<ResourceClaim>(resourceClaims, {
    metadata: {
      name: 'left',
      namespace: 'default',
      annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid, controller: true }],
    },
    spec: asking(),
  } as never);
  const pod = podOf(cluster, 'p');
  const { schedulingGates: _gates, ...spec } = pod.spec;
  cluster.api.update(pods, { ...pod, spec });
  cluster.settle();
  expect(refusalOf(cluster, 'p')).toMatch(
    /^0\/3 nodes are available: 3 cannot schedule extended resource claim\. deletion of ResourceClaim completed, preemption/,
  );
  expect(cluster.api.get(resourceClaims, 'default', 'left')).toBeUndefined();
  cluster.advance(10 * 60_000);
  expect(nodeOf(cluster, 'p')).toBe(node);
});

const request = (name: string, count: number): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count },
});
const always = { restartPolicy: 'Always' };

describe('the containers of a pod', () => {
  test.each<{ name: string; init?: Container[]; regular: Container[]; requests: DeviceRequest[]; mappings: string[] }>([
    {
      name: 'have requests of their own, named by their place',
      regular: [container('a', { cpu: '100m', [GPU]: '1' }), container('b', {}), container('c', { [GPU]: '2' })],
      requests: [request('container-0-request-1', 1), request('container-2-request-0', 2)],
      mappings: ['a container-0-request-1', 'c container-2-request-0'],
    },
    {
      name: 'that run before the others use the devices of these',
      init: [container('i', { [GPU]: '2' })],
      regular: [container('a', { [GPU]: '1' }), container('b', { [GPU]: '1' })],
      requests: [request('container-1-request-0', 1), request('container-2-request-0', 1)],
      mappings: ['a container-1-request-0', 'b container-2-request-0', 'i container-1-request-0', 'i container-2-request-0'],
    },
    {
      name: 'that run before the others share what they need more',
      init: [container('i', { [GPU]: '2' }), container('j', { [GPU]: '3' })],
      regular: [container('a', { [GPU]: '1' })],
      requests: [request('container-1-request-0', 2), request('container-2-request-0', 1)],
      mappings: [
        'a container-2-request-0',
        'i container-2-request-0',
        'i container-1-request-0',
        'j container-2-request-0',
        'j container-1-request-0',
      ],
    },
    {
      name: 'that stay beside the others keep theirs',
      init: [container('i', { [GPU]: '1' }, always), container('j', { [GPU]: '1' })],
      regular: [container('a', { [GPU]: '1' })],
      requests: [request('container-0-request-0', 1), request('container-2-request-0', 1)],
      mappings: ['i container-0-request-0', 'a container-2-request-0', 'j container-2-request-0'],
    },
  ])('$name', ({ init, regular, requests, mappings }) => {
    const { cluster } = withDevices();
    addPod(cluster, 'p', [], { containers: regular, ...(init && { initContainers: init }) });
    cluster.advance(5000);
    expect(madeFor(cluster, 'p')?.spec.devices.requests).toEqual(requests);
    const said = podOf(cluster, 'p').status.extendedResourceClaimStatus?.requestMappings ?? [];
    expect(said.map(({ containerName, requestName }) => `${containerName} ${requestName}`)).toEqual(mappings);
    expect(cluster.errors).toEqual([]);
  });
});
