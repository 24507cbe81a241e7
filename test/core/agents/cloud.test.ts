import { describe, expect, test } from 'vitest';
import type { Event, Node, Service } from '../../../worker/api/gen/core-v1.ts';
import type { Draft } from '../../../worker/api/object.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { eventsOf } from '../controllers/workloads.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

function start(): TestCluster {
  const cluster = makeTestCluster({ nodes: 3 });
  expect(cluster.cluster.installAddon('cloud')).toBe(true);
  cluster.advance(10_000);
  return cluster;
}

const node = ({ api }: TestCluster, name = 'node-1'): Node => api.get(nodes, '', name)!;
const service = ({ api }: TestCluster, name = 'web'): Service => api.get(services, 'default', name)!;
function make({ api }: TestCluster, name = 'web', more: Partial<Service['spec']> = {}): Service {
  const spec = { type: 'LoadBalancer', selector: { app: name }, ports: [{ port: 80 }], ...more };
  return api.create<Service>(services, { metadata: { name, namespace: 'default' }, spec } as Draft<Service>);
}
function change(cluster: TestCluster, spec: Partial<Service['spec']>): void {
  const now = service(cluster);
  cluster.api.update(services, { ...now, spec: { ...now.spec, ...spec } });
  cluster.advance(1000);
}
const ips = (cluster: TestCluster, name?: string): string[] =>
  (service(cluster, name).status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');
const told = (cluster: TestCluster, name?: string): string[] => eventsOf(cluster.api, service(cluster, name));

describe('the cloud knows nodes as its instances', () => {
  test('and says who and where they are', () => {
    const cluster = start();
    const { metadata, spec, status } = node(cluster);
    expect(spec.providerID).toMatch(/^kubarium:\/\/\/kubarium-1[abc]\/i-[0-9a-f]{8}$/);
    expect(metadata.labels).toMatchObject({
      'node.kubernetes.io/instance-type': 'k.4c8g',
      'topology.kubernetes.io/region': 'kubarium-1',
    });
    const zones = cluster.api.list(nodes).map((one) => one.metadata.labels!['topology.kubernetes.io/zone']);
    expect(zones.toSorted()).toEqual(['kubarium-1a', 'kubarium-1b', 'kubarium-1c']);
    expect(status.addresses).toEqual([
      { type: 'InternalIP', address: '172.18.0.2' },
      { type: 'ExternalIP', address: '198.18.0.2' },
      { type: 'Hostname', address: 'node-1' },
    ]);
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NetworkUnavailable',
        status: 'False',
        reason: 'RouteCreated',
        message: 'RouteController created a route',
      }),
    );
    expect(eventsOf(cluster.api, node(cluster))).toContain('Synced: Node synced successfully');
    expect(cluster.errors).toEqual([]);
  });

  test('and that there is no way to one that is none of them', () => {
    const cluster = start();
    cluster.api.create(nodes, { metadata: { name: 'ghost' }, spec: { podCIDR: '10.244.9.0/24', podCIDRs: ['10.244.9.0/24'] } } as never);
    cluster.advance(2000);
    const { metadata, spec, status } = cluster.api.get(nodes, '', 'ghost')!;
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NetworkUnavailable',
        status: 'True',
        reason: 'NoRouteCreated',
        message: 'RouteController failed to create a route',
      }),
    );
    expect(spec.taints).toContainEqual(expect.objectContaining({ key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' }));
    const failures = cluster.api.list<Event>(events).filter(({ reason }) => reason === 'FailedToCreateRoute');
    expect(failures.map(({ message }) => message?.replace(/after [\d.]+µs/, 'after …'))).toContain(
      `Could not create route ${metadata.uid} 10.244.9.0/24 for node ghost after …: instance not found`,
    );
    expect(cluster.errors).toEqual([]);
  });

  test('lets them be used: the taint of those that are not initialized goes', () => {
    const cluster = start();
    const taint = { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' };
    cluster.api.update(nodes, { ...node(cluster), spec: { ...node(cluster).spec, taints: [taint] } });
    cluster.settle();
    expect(node(cluster).spec.taints).toBeUndefined();
  });

  test('makes the new names of labels follow the old', () => {
    const cluster = start();
    const labels = { ...node(cluster).metadata.labels, 'topology.kubernetes.io/zone': 'elsewhere' };
    cluster.api.update(nodes, { ...node(cluster), metadata: { ...node(cluster).metadata, labels } });
    cluster.settle();
    const now = node(cluster).metadata.labels!;
    expect(now['topology.kubernetes.io/zone']).toBe(now['failure-domain.beta.kubernetes.io/zone']);
  });

  test('deletes those that ail and are no instances', () => {
    const cluster = start();
    cluster.api.create<Node>(nodes, { metadata: { name: 'stranger' } } as Draft<Node>);
    cluster.advance(6000);
    expect(cluster.api.get(nodes, '', 'stranger')).toBeUndefined();
    expect(node(cluster)).toBeDefined();
  });

  test('marks those that are switched off', () => {
    const cluster = start();
    void cluster.cluster.operateMachine('node-2', { do: 'off' });
    cluster.advance(60_000);
    const has = (): boolean =>
      (node(cluster, 'node-2').spec.taints ?? []).some(({ key }) => key === 'node.cloudprovider.kubernetes.io/shutdown');
    expect(has()).toBe(true);
    expect(node(cluster, 'node-2').spec.taints!.find(({ key }) => key.endsWith('/shutdown'))).not.toHaveProperty('timeAdded');
    void cluster.cluster.operateMachine('node-2', { do: 'on' });
    cluster.advance(60_000);
    expect(has()).toBe(false);
  });
});

describe('a Service of type LoadBalancer', () => {
  test('waits where there is no cloud', () => {
    const cluster = makeTestCluster({ nodes: 1 });
    make(cluster);
    cluster.advance(60_000);
    expect(ips(cluster)).toEqual([]);
  });

  test('gets a balancer, and keeps its name until that is gone', () => {
    const cluster = start();
    make(cluster);
    make(cluster, 'other');
    cluster.advance(5000);
    expect(ips(cluster)).toEqual([]);
    cluster.advance(10_000);
    expect([ips(cluster), ips(cluster, 'other')].flat().toSorted()).toEqual(['203.0.113.1', '203.0.113.2']);
    expect(service(cluster).metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
    expect(told(cluster)).toEqual(['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer']);
    const before = service(cluster);
    cluster.api.delete(services, 'default', 'web');
    cluster.advance(1000);
    expect(service(cluster)).toBeUndefined();
    expect(eventsOf(cluster.api, before).slice(2)).toEqual([
      'DeletingLoadBalancer: Deleting load balancer',
      'DeletedLoadBalancer: Deleted load balancer',
    ]);
    expect(cluster.errors).toEqual([]);
  });

  test.each<{ name: string; spec: Partial<Service['spec']>; want: string[]; event?: string }>([
    { name: 'the address it asks for', spec: { loadBalancerIP: '203.0.113.77' }, want: ['203.0.113.77'] },
    {
      name: 'none that the cloud does not have',
      spec: { loadBalancerIP: '10.1.1.1' },
      want: [],
      event: 'SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: requested ip 10.1.1.1 is not available',
    },
    { name: 'none of another class', spec: { loadBalancerClass: 'example.com/lb' }, want: [] },
    { name: 'one without ports on nodes', spec: { allocateLoadBalancerNodePorts: false }, want: ['203.0.113.1'] },
  ])('gets $name', ({ spec, want, event }) => {
    const cluster = start();
    make(cluster, 'web', spec);
    cluster.advance(15_000);
    expect(ips(cluster)).toEqual(want);
    if (event) expect(told(cluster)).toContain(event);
  });

  test.each<{ name: string; spec: Partial<Service['spec']> }>([
    { name: 'its source ranges', spec: { loadBalancerSourceRanges: ['10.0.0.0/8'] } },
    { name: 'its traffic policy', spec: { externalTrafficPolicy: 'Local' } },
    { name: 'its external addresses', spec: { externalIPs: ['8.8.8.8'] } },
  ])('is ensured again after a change of $name', ({ spec }) => {
    const cluster = start();
    make(cluster);
    cluster.advance(15_000);
    change(cluster, spec);
    expect(told(cluster)).toEqual(['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer']);
    const counts = cluster.api.list<Event>(events, { namespace: 'default' }).filter(({ reason }) => reason === 'EnsuredLoadBalancer');
    expect(counts.map(({ count }) => count)).toEqual([2]);
    expect(ips(cluster)).toEqual(['203.0.113.1']);
  });

  test('is tried again, and says so each time', () => {
    const cluster = start();
    make(cluster, 'web', { loadBalancerIP: '10.1.1.1' });
    cluster.advance(40_000);
    const count = (reason: string): number =>
      cluster.api.list<Event>(events, { namespace: 'default' }).find((one) => one.reason === reason)?.count ?? 0;
    expect(count('SyncLoadBalancerFailed')).toBeGreaterThan(1);
    expect(count('EnsuringLoadBalancer')).toBe(count('SyncLoadBalancerFailed'));
  });

  test('gives its balancer up when it becomes another type', () => {
    const cluster = start();
    make(cluster);
    cluster.advance(15_000);
    change(cluster, { type: 'ClusterIP' });
    expect(ips(cluster)).toEqual([]);
    expect(service(cluster).metadata.finalizers).toBeUndefined();
    expect(told(cluster).slice(2)).toEqual(['DeletingLoadBalancer: Deleting load balancer', 'DeletedLoadBalancer: Deleted load balancer']);
  });

  test.each([
    { value: '', want: true },
    { value: 'false', want: false },
  ])('hears of nodes that come and go: "$value"', ({ value, want }) => {
    const cluster = start();
    make(cluster);
    cluster.advance(15_000);
    const labels = { ...node(cluster).metadata.labels, 'node.kubernetes.io/exclude-from-external-load-balancers': value };
    cluster.api.update(nodes, { ...node(cluster), metadata: { ...node(cluster).metadata, labels } });
    cluster.advance(1000);
    expect(told(cluster).includes('UpdatedLoadBalancer: Updated load balancer with new hosts')).toBe(want);
  });

  test('gets nothing while the manager is down', () => {
    const cluster = start();
    const deployment = cluster.api.get(deployments, 'kube-system', 'cloud-controller-manager')!;
    cluster.api.update(deployments, { ...deployment, spec: { ...deployment.spec, replicas: 0 } });
    cluster.advance(60_000);
    make(cluster);
    cluster.advance(60_000);
    expect(ips(cluster)).toEqual([]);
    cluster.api.update(deployments, { ...cluster.api.get(deployments, 'kube-system', 'cloud-controller-manager')!, spec: deployment.spec });
    cluster.advance(60_000);
    expect(ips(cluster)).toEqual(['203.0.113.1']);
  });
});
