import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../web/cluster/kinds.ts';
import { byName, fullnessOf, groupNodes, nodeState, rolesOf } from '../../web/model/node.ts';

const node = (name: string, labels: Record<string, string> = {}, ready: string | undefined = 'True', unschedulable?: boolean): Node =>
  ({
    metadata: { name, labels },
    spec: { ...(unschedulable && { unschedulable }) },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
      ...(ready && { conditions: [{ type: 'Ready', status: ready }] }),
    },
  }) as unknown as Node;

const pod = (cpu: string, memory: string, phase = 'Running'): Pod =>
  ({ spec: { containers: [{ resources: { requests: { cpu, memory } } }] }, status: { phase } }) as unknown as Pod;

test.each([
  ['ready', node('a'), 'Ready'],
  ['not ready', node('a', {}, 'False'), 'NotReady'],
  ['cordoned', node('a', {}, 'True', true), 'Ready,SchedulingDisabled'],
  ['not heard of', node('a', {}, 'Unknown'), 'NotReady'],
  ['new', node('a', {}, ''), 'Unknown'],
])('a node that is %s', (_name, given, want) => {
  expect(nodeState(given).text).toBe(want);
});

test('roles are read off labels', () => {
  const given = node('a', { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/edge': '' });
  expect([nodeState(given).isControlPlane, rolesOf(given)]).toEqual([true, ['control-plane', 'edge']]);
});

test('fullness is what pods that run ask for, of what may be allocated', () => {
  const { cpu, memory, pods } = fullnessOf(node('a'), [pod('500m', '1Gi'), pod('1500m', '1Gi'), pod('2', '2Gi', 'Succeeded')]);
  expect([cpu, memory, pods]).toEqual([0.5, 0.25, 2 / 110]);
});

describe('groups', () => {
  const many = Array.from({ length: 250 }, (_, i) => node(`node-${i + 1}`));
  test('by the hundred, in the order of numbers', () => {
    const groups = groupNodes([...many].reverse());
    expect(groups.map(({ title, nodes }) => `${title}: ${nodes.length}`)).toEqual([
      'node-1 – node-100: 100',
      'node-101 – node-200: 100',
      'node-201 – node-250: 50',
    ]);
  });
  test('by zone where there are several', () => {
    const zoned = many.map((one, i) => ({
      ...one,
      metadata: { ...one.metadata, labels: { 'topology.kubernetes.io/zone': i % 2 ? 'b' : 'a' } },
    }));
    expect(groupNodes(zoned).map(({ title, nodes }) => `${title}: ${nodes.length}`)).toEqual(['a: 125', 'b: 125']);
  });
  test('2 before 10', () =>
    expect([node('node-10'), node('node-2')].sort(byName).map(({ metadata }) => metadata.name)).toEqual(['node-2', 'node-10']));
});
