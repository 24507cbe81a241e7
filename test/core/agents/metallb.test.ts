import { describe, expect, test } from 'vitest';
import type { Service } from '../../../worker/api/gen/core-v1.ts';
import type { Draft } from '../../../worker/api/object.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { eventsOf } from '../controllers/workloads.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

function start(): TestCluster {
  const cluster = makeTestCluster({ nodes: 2 });
  expect(cluster.cluster.installAddon('metallb')).toBe(true);
  cluster.advance(10_000);
  return cluster;
}
function make({ api }: TestCluster, name: string, more: Partial<Service['spec']> = {}, annotations: Record<string, string> = {}): Service {
  const spec = { type: 'LoadBalancer', selector: { app: name }, ports: [{ port: 80 }], ...more };
  return api.create<Service>(services, { metadata: { name, namespace: 'default', annotations }, spec } as Draft<Service>);
}
const read = ({ api }: TestCluster, name: string): Service => api.get(services, 'default', name)!;
const ips = (cluster: TestCluster, name: string): string[] =>
  (read(cluster, name).status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');

describe('MetalLB', () => {
  test('is not there by itself', () => {
    const cluster = makeTestCluster({ nodes: 1 });
    make(cluster, 'web');
    cluster.advance(60_000);
    expect(ips(cluster, 'web')).toEqual([]);
  });

  test('gives addresses of its pool, one to each Service, and says so', () => {
    const cluster = start();
    make(cluster, 'a');
    make(cluster, 'b');
    cluster.settle();
    expect(ips(cluster, 'a')).toEqual(['172.18.255.200']);
    expect(ips(cluster, 'b')).toEqual(['172.18.255.201']);
    expect(eventsOf(cluster.api, read(cluster, 'a'))).toEqual([
      'IPAllocated: Assigned IP ["172.18.255.200"]',
      expect.stringMatching(/^nodeAssigned: announcing from node "node-[12]" with protocol "layer2"$/),
    ]);
    cluster.api.delete(services, 'default', 'a');
    make(cluster, 'c');
    cluster.settle();
    expect(ips(cluster, 'c')).toEqual(['172.18.255.200']);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'the one it is told', annotations: { 'metallb.io/loadBalancerIPs': '172.18.255.222' }, want: ['172.18.255.222'] },
    {
      name: 'none outside its pools',
      annotations: { 'metallb.io/loadBalancerIPs': '10.1.1.1' },
      want: [],
      event: 'AllocationFailed: Failed to allocate IP for "default/web": ["10.1.1.1"] is not allowed in config',
    },
    {
      name: 'none of a pool that is not there',
      annotations: { 'metallb.io/address-pool': 'gold' },
      want: [],
      event: 'AllocationFailed: Failed to allocate IP for "default/web": unknown pool "gold"',
    },
    { name: 'none for a balancer of another class', more: { loadBalancerClass: 'example.com/lb' }, want: [] },
  ] as { name: string; annotations?: Record<string, string>; more?: Partial<Service['spec']>; want: string[]; event?: string }[])(
    'gives $name',
    ({ annotations, more, want, event }) => {
      const cluster = start();
      make(cluster, 'web', more, annotations);
      cluster.settle();
      expect(ips(cluster, 'web')).toEqual(want);
      if (event) expect(eventsOf(cluster.api, read(cluster, 'web'))).toEqual([event]);
    },
  );

  test('goes by the pools that there are', () => {
    const cluster = start();
    const pool = cluster.api.resourceOf('metallb.io', 'IPAddressPool')!;
    cluster.api.delete(pool, 'metallb-system', 'default');
    make(cluster, 'web');
    cluster.settle();
    expect(eventsOf(cluster.api, read(cluster, 'web'))).toEqual([
      'AllocationFailed: Failed to allocate IP for "default/web": no available IPs',
    ]);
    const spec = { addresses: ['192.0.2.8/30'], avoidBuggyIPs: true };
    cluster.api.create(pool, { metadata: { name: 'small', namespace: 'metallb-system' }, spec } as never);
    cluster.settle();
    expect(ips(cluster, 'web')).toEqual(['192.0.2.8']);
  });

  test('takes the address back when the type changes, and rests while its controller does', () => {
    const cluster = start();
    make(cluster, 'web');
    cluster.settle();
    const now = read(cluster, 'web');
    cluster.api.update(services, { ...now, spec: { ...now.spec, type: 'ClusterIP', externalTrafficPolicy: undefined } as never });
    cluster.settle();
    expect(ips(cluster, 'web')).toEqual([]);
    cluster.api.setScale(deployments as never, 'metallb-system', 'controller', 0);
    cluster.advance(60_000);
    make(cluster, 'late');
    cluster.advance(10_000);
    expect(ips(cluster, 'late')).toEqual([]);
    cluster.api.setScale(deployments as never, 'metallb-system', 'controller', 1);
    cluster.advance(30_000);
    expect(ips(cluster, 'late')).toEqual(['172.18.255.200']);
    expect(cluster.errors).toEqual([]);
  });

  test.each([['metallb', 'cloud'] as const, ['cloud', 'metallb'] as const])('with %s and %s, one keeps a Service', (first, second) => {
    const cluster = makeTestCluster({ nodes: 2 });
    expect(cluster.cluster.installAddon(first)).toBe(true);
    cluster.advance(30_000);
    make(cluster, 'old');
    cluster.advance(30_000);
    const before = read(cluster, 'old').status;
    expect(cluster.cluster.installAddon(second)).toBe(true);
    cluster.advance(60_000);
    make(cluster, 'new');
    cluster.advance(60_000);
    expect(read(cluster, 'old').status).toEqual(before);
    const { resourceVersion } = read(cluster, 'new').metadata;
    expect(ips(cluster, 'new')).toHaveLength(1);
    cluster.advance(600_000);
    expect(read(cluster, 'new').metadata.resourceVersion).toBe(resourceVersion);
    const told = eventsOf(cluster.api, read(cluster, 'new')).map((text) => text.replace(/:.*/, ''));
    expect(told.includes('IPAllocated')).not.toBe(told.includes('EnsuredLoadBalancer'));
    expect(cluster.errors).toEqual([]);
  });
});
