// NodeResourcesFit and NodeResourcesBalancedAllocation, and what a pod requests.

import { describe, expect, test } from 'vitest';
import type { Container, Pod } from '../../../../worker/api/gen/core-v1.ts';
import { podRequests } from '../../../../worker/scheduler/pod-requests.ts';
import type { RequestOptions } from '../../../../worker/scheduler/pod-requests.ts';
import { balancedScore, brokenLinear } from '../../../../worker/scheduler/resource-score.ts';
import { isExtendedResource, isScalarResource } from '../../../../worker/scheduler/resources.ts';
import { makeBench } from '../lab.ts';
import type { NodeDraft, PodDraft } from '../lab.ts';

type Requests = Record<string, string>;

const container = (requests: Requests, more: Partial<Container> = {}): Container => ({
  name: 'c',
  image: 'i',
  resources: { requests },
  ...more,
});
const init = (requests: Requests, name = 'i'): Container => container(requests, { name });
const sidecar = (requests: Requests, name = 's'): Container => container(requests, { name, restartPolicy: 'Always' });

describe('what a pod requests', () => {
  const podOf = (spec: Partial<Pod['spec']>, status: Partial<Pod['status']> = {}): Pod =>
    ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u' }, spec: { containers: [], ...spec }, status }) as never;
  test.each<{ name: string; pod: Pod; options?: RequestOptions; want: Record<string, number> }>([
    { name: 'nothing', pod: podOf({ containers: [container({})] }), want: {} },
    {
      name: 'the sum of its containers',
      pod: podOf({ containers: [container({ cpu: '100m', memory: '1Ki' }), container({ cpu: '1', 'a.io/gpu': '2' })] }),
      want: { cpu: 1100, memory: 1024, 'a.io/gpu': 2 },
    },
    {
      name: 'an init container that needs more',
      pod: podOf({ containers: [container({ cpu: '1' }), container({ cpu: '1' })], initContainers: [init({ cpu: '3', memory: '5' })] }),
      want: { cpu: 3000, memory: 5 },
    },
    {
      name: 'the largest of init containers, resource by resource',
      pod: podOf({
        containers: [container({ cpu: '1', memory: '10' })],
        initContainers: [init({ cpu: '3', memory: '5' }), init({ cpu: '2', memory: '20' })],
      }),
      want: { cpu: 3000, memory: 20 },
    },
    {
      name: 'a sidecar adds to the containers',
      pod: podOf({ containers: [container({ cpu: '1' })], initContainers: [sidecar({ cpu: '500m' })] }),
      want: { cpu: 1500 },
    },
    {
      name: 'and to the init containers after it, not before it',
      pod: podOf({
        containers: [container({ cpu: '1' })],
        initContainers: [init({ cpu: '4' }, 'before'), sidecar({ cpu: '2' }), init({ cpu: '3' }, 'after')],
      }),
      want: { cpu: 5000 },
    },
    {
      name: 'overhead',
      pod: podOf({ containers: [container({ cpu: '1' })], initContainers: [init({ cpu: '2' })], overhead: { cpu: '250m', memory: '7' } }),
      want: { cpu: 2250, memory: 7 },
    },
    {
      name: 'pod-level requests stand above those of containers, for what they name',
      pod: podOf({ containers: [container({ cpu: '1', memory: '5' })], resources: { requests: { cpu: '3' } } }),
      want: { cpu: 3000, memory: 5 },
    },
    {
      name: 'pod-level requests and overhead',
      pod: podOf({ containers: [container({ cpu: '1' })], resources: { requests: { cpu: '3' } }, overhead: { cpu: '1' } }),
      want: { cpu: 4000 },
    },
    {
      name: 'defaults for what containers do not say',
      pod: podOf({ containers: [container({ cpu: '1' }), container({})] }),
      options: {
        defaults: new Map([
          ['cpu', 100],
          ['memory', 7],
        ]),
      },
      want: { cpu: 1100, memory: 14 },
    },
    {
      name: 'a zero is said',
      pod: podOf({ containers: [container({ cpu: '0', memory: '0' })] }),
      options: {
        defaults: new Map([
          ['cpu', 100],
          ['memory', 7],
        ]),
      },
      want: { cpu: 0, memory: 0 },
    },
    {
      name: 'what is held during a resize',
      pod: podOf(
        { containers: [container({ cpu: '1' })] },
        { containerStatuses: [{ name: 'c', resources: { requests: { cpu: '2' } }, allocatedResources: { cpu: '1500m' } }] as never },
      ),
      options: { useStatus: true },
      want: { cpu: 2000 },
    },
    {
      name: 'a resize that can never be does not count',
      pod: podOf(
        { containers: [container({ cpu: '9' })] },
        {
          containerStatuses: [{ name: 'c', resources: { requests: { cpu: '2' } }, allocatedResources: { cpu: '1500m' } }] as never,
          conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }],
        },
      ),
      options: { useStatus: true },
      want: { cpu: 2000 },
    },
  ])('$name', ({ pod, options, want }) => expect(Object.fromEntries(podRequests(pod, options))).toEqual(want));

  test.each([
    ['cpu', false, false],
    ['memory', false, false],
    ['example.com/gpu', true, true],
    ['requests.example.com/gpu', false, false],
    ['kubernetes.io/batch', true, false],
    ['hugepages-2Mi', true, false],
    ['attachable-volumes-aws-ebs', true, false],
    ['pods', false, false],
  ])('%s: scalar %s, extended %s', (name, scalar, extended) => {
    expect([isScalarResource(name), isExtendedResource(name)]).toEqual([scalar, extended]);
  });
});

interface Row {
  readonly name: string;
  readonly nodes: readonly NodeDraft[];
  readonly pods?: readonly PodDraft[];
  readonly args?: object;
  readonly pod: PodDraft;
  readonly want: Record<string, string | number> | 'skip';
}

const node = (name: string, allocatable: Requests): NodeDraft => ({ name, allocatable });
const on = (nodeName: string, requests: Requests, more: PodDraft = {}): PodDraft => ({ nodeName, requests, ...more });

describe('NodeResourcesFit', () => {
  test.each<Row>([
    { name: 'an empty pod on an empty node', nodes: [node('a', { cpu: '1' })], pod: {}, want: { a: '' } },
    {
      name: 'just enough',
      nodes: [node('a', { cpu: '2', memory: '2Gi' })],
      pod: { requests: { cpu: '2', memory: '2Gi' } },
      want: { a: '' },
    },
    {
      name: 'what others have taken',
      nodes: [node('a', { cpu: '2' }), node('b', { cpu: '2' })],
      pods: [on('a', { cpu: '1500m' })],
      pod: { requests: { cpu: '1' } },
      want: { a: 'Insufficient cpu', b: '' },
    },
    {
      name: 'an empty pod fits on a full node',
      nodes: [node('a', { cpu: '1' })],
      pods: [on('a', { cpu: '1' })],
      pod: {},
      want: { a: '' },
    },
    {
      name: 'several at once',
      nodes: [node('a', { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' })],
      pod: { requests: { cpu: '2', memory: '2Gi', 'ephemeral-storage': '2Gi' } },
      want: { a: 'Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage' },
    },
    {
      name: 'too many pods, and nothing else',
      nodes: [node('a', { pods: '1' })],
      pods: [on('a', {})],
      pod: {},
      want: { a: 'Too many pods' },
    },
    {
      name: 'too many pods, and too little memory',
      nodes: [node('a', { pods: '1', memory: '1Gi' })],
      pods: [on('a', { memory: '1Gi' })],
      pod: { requests: { memory: '1' } },
      want: { a: 'Too many pods, Insufficient memory' },
    },
    {
      name: 'extended resources',
      nodes: [node('a', { 'example.com/gpu': '2' }), node('b', {})],
      pods: [on('a', { 'example.com/gpu': '1' })].map((pod) => ({
        ...pod,
        containers: [{ name: 'c', image: 'i', resources: { requests: pod.requests!, limits: pod.requests! } }],
      })),
      pod: {
        containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '2' }, limits: { 'example.com/gpu': '2' } } }],
      },
      want: { a: 'Insufficient example.com/gpu', b: 'Insufficient example.com/gpu' },
    },
    {
      name: 'ignored ones',
      nodes: [node('a', {})],
      args: { ignoredResources: ['example.com/gpu'] },
      pod: {
        containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '2' }, limits: { 'example.com/gpu': '2' } } }],
      },
      want: { a: '' },
    },
    {
      name: 'ignored groups',
      nodes: [node('a', {})],
      args: { ignoredResourceGroups: ['example.com'] },
      pod: {
        containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '2' }, limits: { 'example.com/gpu': '2' } } }],
      },
      want: { a: '' },
    },
    {
      name: 'huge pages',
      nodes: [node('a', { 'hugepages-2Mi': '4Mi' })],
      pod: {
        containers: [
          {
            name: 'c',
            image: 'i',
            resources: {
              requests: { 'hugepages-2Mi': '6Mi', memory: '1Mi', cpu: '1' },
              limits: { 'hugepages-2Mi': '6Mi', memory: '1Mi', cpu: '1' },
            },
          },
        ],
      },
      want: { a: 'Insufficient hugepages-2Mi' },
    },
    {
      name: 'init containers count at their peak',
      nodes: [node('a', { cpu: '2' })],
      pod: { containers: [container({ cpu: '1' })], initContainers: [init({ cpu: '3' })] },
      want: { a: 'Insufficient cpu' },
    },
  ])('$name', ({ nodes, pods, args, pod, want }) =>
    expect(makeBench('NodeResourcesFit', { nodes, pods: pods ?? [] }, args).filter(pod)).toEqual(want),
  );

  test.each([
    { name: 'others could go', requests: { cpu: '2' }, want: 'Unschedulable' },
    { name: 'more than the node has at all', requests: { cpu: '5' }, want: 'Unresolvable' },
    { name: 'one of two is hopeless', requests: { cpu: '2', memory: '1Ti' }, want: 'Unresolvable' },
  ])('whether preemption may help: $name', ({ requests, want }) => {
    const bench = makeBench('NodeResourcesFit', { nodes: [node('a', { cpu: '4' })], pods: [on('a', { cpu: '3' })] });
    expect(bench.statuses({ requests: requests as never }).get('a')?.code).toBe(want);
  });

  const small = node('a', { cpu: '4', memory: '10000' });
  const large = node('b', { cpu: '6', memory: '10000' });
  const least: Row[] = [
    { name: 'a little is counted for pods that say nothing', nodes: [node('a', { cpu: '1', memory: '4000Mi' })], pod: {}, want: { a: 92 } },
    { name: 'what is left, on average', nodes: [small, large], pod: { requests: { cpu: '3', memory: '5000' } }, want: { a: 37, b: 50 } },
    {
      name: 'with what others have',
      nodes: [small, large],
      pods: [on('a', { cpu: '3', memory: '0' }), on('b', { cpu: '3', memory: '5000' })],
      pod: { requests: { cpu: '0', memory: '0' } },
      want: { a: 62, b: 50 },
    },
    {
      name: 'more than there is counts as nothing left',
      nodes: [small],
      pods: [on('a', { cpu: '3', memory: '0' })],
      pod: { requests: { cpu: '3', memory: '0' } },
      want: { a: 50 },
    },
    {
      name: 'weights',
      nodes: [small],
      args: {
        scoringStrategy: {
          type: 'LeastAllocated',
          resources: [
            { name: 'cpu', weight: 3 },
            { name: 'memory', weight: 1 },
          ],
        },
      },
      pod: { requests: { cpu: '3', memory: '5000' } },
      want: { a: 31 },
    },
    {
      name: 'a resource that the node does not have is left out',
      nodes: [small],
      args: {
        scoringStrategy: {
          type: 'LeastAllocated',
          resources: [
            { name: 'cpu', weight: 1 },
            { name: 'example.com/gpu', weight: 9 },
          ],
        },
      },
      pod: { requests: { cpu: '1' } },
      want: { a: 75 },
    },
  ];
  test.each(least)('LeastAllocated: $name', scoreRow('NodeResourcesFit'));

  const most = { scoringStrategy: { type: 'MostAllocated' } };
  test.each<Row>([
    {
      name: 'the fuller, the better',
      nodes: [small, large],
      args: most,
      pod: { requests: { cpu: '3', memory: '5000' } },
      want: { a: 62, b: 50 },
    },
    {
      name: 'more than there is counts as full',
      nodes: [small],
      args: most,
      pods: [on('a', { cpu: '3', memory: '0' })],
      pod: { requests: { cpu: '3', memory: '0' } },
      want: { a: 50 },
    },
  ])('MostAllocated: $name', scoreRow('NodeResourcesFit'));

  const ratio = (...shape: [utilization: number, score: number][]): object => ({
    scoringStrategy: {
      type: 'RequestedToCapacityRatio',
      requestedToCapacityRatio: { shape: shape.map(([utilization, score]) => ({ utilization, score })) },
    },
  });
  test.each<Row>([
    {
      name: 'like least allocated',
      nodes: [small, large],
      args: ratio([0, 10], [100, 0]),
      pod: { requests: { cpu: '3', memory: '5000' } },
      want: { a: 38, b: 50 },
    },
    {
      name: 'bin packing',
      nodes: [small, large],
      args: ratio([0, 0], [100, 10]),
      pod: { requests: { cpu: '3', memory: '5000' } },
      want: { a: 63, b: 50 },
    },
    {
      name: 'scores of nothing do not weigh',
      nodes: [small],
      args: ratio([0, 0], [100, 10]),
      pod: { requests: { cpu: '2', memory: '0' } },
      want: { a: 50 },
    },
  ])('RequestedToCapacityRatio: $name', scoreRow('NodeResourcesFit'));

  test.each([
    [0, 0],
    [10, 10],
    [20, 20],
    [40, 60],
    [60, 100],
    [80, 50],
    [100, 0],
  ])('the shape 0:0 20:20 60:100 100:0 gives at %i: %i', (at, want) => {
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 20, score: 20 },
      { utilization: 60, score: 100 },
      { utilization: 100, score: 0 },
    ];
    expect(brokenLinear(shape, at)).toBe(want);
  });
});

describe('NodeResourcesBalancedAllocation', () => {
  const nodes = [node('a', { cpu: '10', memory: '10000' }), node('b', { cpu: '10', memory: '50000' })];
  test.each<Row>([
    { name: 'a pod that requests nothing', nodes, pod: {}, want: 'skip' },
    { name: 'an even pod on an even node', nodes: [nodes[0]!], pod: { requests: { cpu: '5', memory: '5000' } }, want: { a: 75 } },
    {
      name: 'a pod that makes the node uneven',
      nodes: [nodes[0]!],
      pod: { requests: { cpu: '5', memory: '0' } },
      want: { a: 62 },
    },
    {
      name: 'a pod that makes an uneven node even',
      nodes: [nodes[0]!],
      pods: [on('a', { cpu: '0', memory: '5000' })],
      pod: { requests: { cpu: '5', memory: '0' } },
      want: { a: 87 },
    },
  ])('$name', scoreRow('NodeResourcesBalancedAllocation'));

  test('of three resources it is the standard deviation', () => {
    const usage = { requested: [5, 2, 8], allocated: [0, 0, 0], allocatable: [10, 10, 10] };
    // Shares .5 .2 .8: mean .5, deviation .2449; before: none. 50 + (50 + 75 - 100) / 2
    expect(balancedScore(usage)).toBe(62);
  });
});

function scoreRow(plugin: string): (row: Row) => void {
  return ({ nodes, pods, args, pod, want }) => expect(makeBench(plugin, { nodes, pods: pods ?? [] }, args).score(pod)).toEqual(want);
}
