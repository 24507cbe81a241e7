// Nodes scored by how many of the devices behind an extended resource are taken. The counts are those of upstream's own cases (resource_allocation_test.go).

import { describe, expect, test } from 'vitest';
import type { ResourceSlice } from '../../../../worker/api/gen/resource-v1.ts';
import { deviceClasses } from '../../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { resourceSlices } from '../../../../worker/resources/resource/resourceslice.ts';
import { made, makeBench } from '../lab.ts';
import type { Made, NodeDraft, PodDraft } from '../lab.ts';
import { DRIVER, gpu } from './lab.ts';

const GPU = 'example.com/gpu';
const deviceClass = (expression?: string): Made =>
  made(deviceClasses, {
    metadata: { name: 'gpu' },
    spec: { extendedResourceName: GPU, ...(expression && { selectors: [{ cel: { expression } }] }) },
  });
const slice = (name: string, spec: Partial<ResourceSlice['spec']>): Made =>
  made(resourceSlices, { metadata: { name }, spec: { driver: DRIVER, pool: { name, generation: 1, resourceSliceCount: 1 }, ...spec } });
const devices = (...numbers: number[]): { devices: ReturnType<typeof gpu>[] } => ({ devices: numbers.map((i) => gpu(i)) });
/** A claim that has these devices of a pool. */
const taken = (pool: string, numbers: readonly number[], more: object = {}): Made =>
  made(resourceClaims, {
    metadata: { name: `taken-${pool}`, namespace: 'default' },
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } },
    status: {
      allocation: { devices: { results: numbers.map((i) => ({ request: 'r', driver: DRIVER, pool, device: `gpu-${i}`, ...more })) } },
    },
  });
const node = (name: string, gpus?: string): NodeDraft =>
  ({ name, allocatable: { cpu: '10', memory: '10Gi', pods: '10', ...(gpus && { [GPU]: gpus }) } }) as never;

const PACK = { scoringStrategy: { type: 'MostAllocated', resources: [{ name: GPU, weight: 1 }] } };
const asks = (requests: Record<string, string>): PodDraft => ({
  containers: [{ name: 'c', image: 'i', resources: { requests, limits: requests } }],
});
const ONE = asks({ [GPU]: '1' });

describe('NodeResourcesFit', () => {
  test.each<{ name: string; objects: readonly Made[]; nodes?: readonly NodeDraft[]; minor?: number; want: Record<string, number> }>([
    {
      name: 'two of two, with the pod on it',
      objects: [deviceClass(), slice('a', { nodeName: 'a', ...devices(0, 1) }), taken('a', [1])],
      want: { a: 100, b: 0 },
    },
    { name: 'one of four', objects: [deviceClass(), slice('a', { nodeName: 'a', ...devices(0, 1, 2, 3) })], want: { a: 25, b: 0 } },
    {
      name: 'only those that the class takes',
      objects: [deviceClass(`device.attributes['${DRIVER}'].model == 'small'`), slice('a', { nodeName: 'a', ...devices(0, 1, 2, 3) })],
      want: { a: 50, b: 0 },
    },
    {
      name: 'devices that all nodes reach',
      objects: [deviceClass(), slice('net', { allNodes: true, ...devices(0, 1) }), slice('a', { nodeName: 'a', ...devices(2, 3) })],
      want: { a: 25, b: 50 },
    },
    {
      name: 'devices that say for themselves who reaches them',
      objects: [
        deviceClass(),
        slice('each', {
          perDeviceNodeSelection: true,
          devices: [gpu(0, { nodeName: 'a' }), gpu(1, { nodeName: 'b' }), gpu(2, { allNodes: true })],
        }),
      ],
      want: { a: 50, b: 50 },
    },
    {
      name: 'a share of a device takes it',
      objects: [
        deviceClass(),
        slice('a', { nodeName: 'a', devices: [gpu(0), gpu(1, { allowMultipleAllocations: true })] }),
        taken('a', [1], { shareID: '0b5b3f0a-5e5f-4b7e-9d3e-0d2f3c0f2b11', consumedCapacity: { memory: '1Gi' } }),
      ],
      want: { a: 100, b: 0 },
    },
    {
      name: 'a node that has the resource by itself is asked for that',
      objects: [deviceClass(), slice('a', { nodeName: 'a', ...devices(0, 1) })],
      nodes: [node('a', '10'), node('b')],
      want: { a: 10, b: 0 },
    },
    { name: 'no class, no devices', objects: [slice('a', { nodeName: 'a', ...devices(0, 1) })], want: { a: 0, b: 0 } },
    {
      name: 'nothing of it in 1.35',
      objects: [deviceClass(), slice('a', { nodeName: 'a', ...devices(0, 1) })],
      minor: 35,
      want: { a: 0, b: 0 },
    },
  ])('$name', ({ objects, nodes = [node('a'), node('b')], minor = 36, want }) => {
    expect(makeBench('NodeResourcesFit', { nodes, objects }, PACK, { minor }).score(ONE)).toEqual(want);
  });

  test('a pod that does not ask for it is not scored by it', () => {
    const bench = makeBench(
      'NodeResourcesFit',
      { nodes: [node('a')], objects: [deviceClass(), slice('a', { nodeName: 'a', ...devices(0) })] },
      PACK,
    );
    expect(bench.score({})).toEqual({ a: 0 });
  });
});

test('NodeResourcesBalancedAllocation counts devices too', () => {
  const objects = [deviceClass(), slice('a', { nodeName: 'a', ...devices(0, 1) }), slice('b', { nodeName: 'b', ...devices(0, 1, 2, 3) })];
  const bench = makeBench(
    'NodeResourcesBalancedAllocation',
    { nodes: [node('a'), node('b')], objects },
    {
      resources: [
        { name: 'cpu', weight: 1 },
        { name: GPU, weight: 1 },
      ],
    },
  );
  const half = asks({ cpu: '5', [GPU]: '1' });
  // Half of the processors and half of the devices; half and a quarter.
  const scores = bench.score(half) as Record<string, number>;
  expect(scores['a']).toBe(75);
  expect(scores['b']).toBeLessThan(75);
});
