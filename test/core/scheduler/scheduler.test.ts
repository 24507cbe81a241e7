// The scheduler in a cluster: pods get nodes, or a reason why not.

import { describe, expect, test } from 'vitest';
import type { Node, Pod } from '../../../worker/api/gen/core-v1.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

function addNode({ api }: TestCluster, name: string, spec: Partial<Node['spec']> = {}, allocatable: Record<string, string> = {}): Node {
  const node = api.create(nodes, { metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec });
  const all = { cpu: '4', memory: '8Gi', pods: '110', ...allocatable };
  return api.updateStatus(nodes, { ...node, status: { ...node.status, capacity: all, allocatable: all } });
}

function addPod({ api }: TestCluster, name: string, spec: Partial<Pod['spec']> = {}, requests: Record<string, string> = {}): Pod {
  return api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests } }], ...spec },
  } as never);
}

const nodeOf = ({ api }: TestCluster, name: string): string | undefined => api.get(pods, 'default', name)?.spec.nodeName;
const scheduled = ({ api }: TestCluster, name: string): unknown => {
  const condition = api.get(pods, 'default', name)?.status.conditions?.find(({ type }) => type === 'PodScheduled');
  return condition && `${condition.status} ${condition.reason ?? ''} ${condition.message ?? ''}`.trim();
};
const eventsOf = ({ api }: TestCluster, name: string): unknown[] =>
  api
    .list(events, { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message, action, reportingComponent }) => [type, reason, message, action, reportingComponent]);

describe('placing a pod', () => {
  test('binds it, and says so', () => {
    const cluster = makeTestCluster({ nodes: 0 });
    addNode(cluster, 'a');
    addPod(cluster, 'web');
    cluster.settle();
    expect(nodeOf(cluster, 'web')).toBe('a');
    expect(scheduled(cluster, 'web')).toBe('True');
    expect(eventsOf(cluster, 'web')).toContainEqual([
      'Normal',
      'Scheduled',
      'Successfully assigned default/web to a',
      'Binding',
      'default-scheduler',
    ]);
    expect(cluster.errors).toEqual([]);
  });

  test('spreads equal pods by what is left', () => {
    const cluster = makeTestCluster({ nodes: 3 });
    for (let i = 0; i < 9; i++) addPod(cluster, `web-${i}`, {}, { cpu: '1' });
    cluster.settle();
    const counts = new Map<string, number>();
    for (let i = 0; i < 9; i++) counts.set(nodeOf(cluster, `web-${i}`)!, (counts.get(nodeOf(cluster, `web-${i}`)!) ?? 0) + 1);
    expect([...counts.values()]).toEqual([3, 3, 3]);
  });

  test('says why there is no node, and tries again when a node may fit', () => {
    const cluster = makeTestCluster({ nodes: 0 });
    addPod(cluster, 'web', {}, { cpu: '2' });
    cluster.settle();
    expect(scheduled(cluster, 'web')).toBe('False Unschedulable no nodes available to schedule pods');
    addNode(cluster, 'small', {}, { cpu: '1' });
    addNode(cluster, 'tainted', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] });
    addNode(cluster, 'cordoned', { unschedulable: true });
    cluster.advance(60_000);
    expect(scheduled(cluster, 'web')).toBe(
      'False Unschedulable 0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    );
    addNode(cluster, 'big');
    cluster.advance(60_000);
    expect(nodeOf(cluster, 'web')).toBe('big');
    expect(cluster.errors).toEqual([]);
  });
});
