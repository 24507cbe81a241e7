import { describe, expect, test } from 'vitest';
import type { Event, Service } from '../../../worker/api/gen/core-v1.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { ipAddresses } from '../../../worker/resources/networking/ipaddress.ts';
import { serviceCIDRs } from '../../../worker/resources/networking/servicecidr.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, notCanonical } from './workloads.ts';

const make = ({ api }: TestCluster, name: string, clusterIP?: string): Service =>
  api.create(services, {
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) },
  } as never);
const addressFor = (name: string, parentRef: object): object => ({
  metadata: { name, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
  spec: { parentRef },
});
const parents = ({ api }: TestCluster): string[] =>
  api.list(ipAddresses).map(({ metadata, spec }) => `${metadata.name} ${spec.parentRef?.namespace}/${spec.parentRef?.name}`);
const conditions = ({ api }: TestCluster, name: string): string[] =>
  (api.get(serviceCIDRs, '', name)?.status.conditions ?? []).map(({ status, reason, message }) => `${status} ${reason}: ${message}`);

describe('addresses of Services', () => {
  test('are written down, and taken back', () => {
    const cluster = emptyCluster();
    cluster.settle();
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
    make(cluster, 'web', '10.96.7.7');
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes', '10.96.7.7 default/web']);
    expect(cluster.api.get(ipAddresses, '', '10.96.7.7')!.metadata.labels).toEqual({
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    });
    cluster.api.delete(services, 'default', 'web');
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
    make(cluster, 'again', '10.96.7.7');
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes', '10.96.7.7 default/again']);
    cluster.api.delete(ipAddresses, '', '10.96.7.7');
    cluster.settle();
    expect(parents(cluster)).toContain('10.96.7.7 default/again');
    expect(cluster.errors).toEqual([]);
    expect(notCanonical(cluster.api)).toEqual([]);
  });

  test.each([
    {
      name: 'is written down again',
      given: [],
      want: ['10.96.7.7 default/web'],
      events: ['Cluster IP [IPv4]: 10.96.7.7 is not allocated; repairing'],
    },
    {
      name: 'is not somebody else’s',
      given: [addressFor('10.96.7.7', { resource: 'services', namespace: 'default', name: 'nobody' })],
      want: ['10.96.7.7 default/web'],
      events: ['the ClusterIP [IPv4]: 10.96.7.7 for Service default/web has a wrong reference; repairing'],
    },
  ])('that somebody took away $name', ({ given, want, events: said }) => {
    const cluster = emptyCluster();
    make(cluster, 'web', '10.96.7.7');
    cluster.settle();
    cluster.api.delete(ipAddresses, '', '10.96.7.7');
    for (const one of given) cluster.api.create(ipAddresses, one as never);
    cluster.settle();
    expect(parents(cluster)).toEqual(expect.arrayContaining(want));
    const about = cluster.api.list<Event>(events).filter(({ involvedObject }) => involvedObject.name === 'web');
    expect(about.map(({ message }) => message)).toEqual(said);
    expect(cluster.errors).toEqual([]);
  });

  test('that no range has are not written down again', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.0.0/24'] } });
    cluster.settle();
    make(cluster, 'web', '192.168.0.9');
    api.delete(serviceCIDRs, '', 'more');
    cluster.settle();
    const { metadata, ...rest } = api.get(serviceCIDRs, '', 'more')!;
    api.update(serviceCIDRs, { ...rest, metadata: { ...metadata, finalizers: [] } });
    expect(api.get(serviceCIDRs, '', 'more')).toBeUndefined();
    api.delete(ipAddresses, '', '192.168.0.9');
    cluster.settle();
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
    const about = api.list<Event>(events).filter(({ involvedObject }) => involvedObject.name === 'web');
    expect(about.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'ClusterIPOutOfRange: Cluster IP [IPv4]: 192.168.0.9 is not within any configured Service CIDR; please recreate service',
    ]);
    expect(cluster.errors).toEqual([]);
  });

  test('that no Service has go, after a while', () => {
    const cluster = emptyCluster();
    cluster.api.create(ipAddresses, addressFor('10.96.7.7', { resource: 'services', namespace: 'default', name: 'none' }) as never);
    cluster.api.create(ipAddresses, addressFor('10.96.7.8', { resource: 'services', namespace: 'default', name: 'kubernetes' }) as never);
    cluster.advance(50_000);
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes', '10.96.7.7 default/none']);
    cluster.advance(20_000);
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
  });

  test('are only asked for in a dry run', async () => {
    const cluster = emptyCluster();
    const body = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }], clusterIP: '10.96.7.7' } };
    const path = '/api/v1/namespaces/default/services?dryRun=All';
    expect((await cluster.request('POST', path, body)).status).toBe(201);
    const any = {
      metadata: { name: 'web' },
      spec: {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    };
    expect((await cluster.request('POST', path, any)).body).toMatchObject({
      spec: { clusterIP: '10.96.0.0', ports: [{ nodePort: 32_769 }, { nodePort: 32_770 }] },
    });
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
  });

  test('of a Service that needs none any more go', () => {
    const cluster = emptyCluster();
    const made = make(cluster, 'web', '10.96.7.7');
    const { clusterIP: _ip, clusterIPs: _ips, ...spec } = made.spec;
    cluster.api.update(services, { ...made, spec: { ...spec, type: 'ExternalName', externalName: 'example.com' } } as never);
    expect(parents(cluster)).toEqual(['10.96.0.1 default/kubernetes']);
  });

  test('that somebody holds are not given out', () => {
    const cluster = emptyCluster();
    cluster.api.create(ipAddresses, {
      metadata: { name: '10.96.7.7' },
      spec: { parentRef: { group: 'example.com', resource: 'gateways', name: 'mine' } },
    });
    cluster.settle();
    expect(() => make(cluster, 'web', '10.96.7.7')).toThrow('provided IP is already allocated');
    expect(parents(cluster)).toContain('10.96.7.7 undefined/mine');
  });
});

describe('a ServiceCIDR', () => {
  const READY = 'True : Kubernetes Service CIDR is ready';
  test('is there from the beginning, and ready', () => {
    const cluster = emptyCluster();
    cluster.settle();
    expect(cluster.api.get(serviceCIDRs, '', 'kubernetes')).toMatchObject({
      metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
      spec: { cidrs: ['10.96.0.0/12'] },
    });
    expect(conditions(cluster, 'kubernetes')).toEqual([READY]);
  });

  test('goes when no Service has an address of it', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.0.0/24'] } });
    cluster.settle();
    expect(conditions(cluster, 'more')).toEqual([READY]);
    make(cluster, 'web', '192.168.0.9');
    cluster.settle();
    api.delete(serviceCIDRs, '', 'more');
    cluster.advance(60_000);
    expect(conditions(cluster, 'more')).toEqual([
      'False Terminating: There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
    ]);
    api.delete(services, 'default', 'web');
    cluster.advance(20_000);
    expect(api.get(serviceCIDRs, '', 'more')).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test('goes though somebody else has an address of it', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.0.0/24'] } });
    api.create(ipAddresses, {
      metadata: { name: '192.168.0.9' },
      spec: { parentRef: { group: 'example.com', resource: 'gateways', name: 'mine' } },
    } as never);
    cluster.settle();
    api.delete(serviceCIDRs, '', 'more');
    cluster.advance(20_000);
    expect(api.get(serviceCIDRs, '', 'more')).toBeUndefined();
    expect(api.get(ipAddresses, '', '192.168.0.9')).toBeDefined();
  });

  test('goes when another has its addresses too', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.0.0/24'] } });
    make(cluster, 'web', '192.168.0.9');
    cluster.settle();
    api.delete(serviceCIDRs, '', 'more');
    cluster.advance(30_000);
    expect(api.get(serviceCIDRs, '', 'more')).toBeDefined();
    api.create(serviceCIDRs, { metadata: { name: 'wide' }, spec: { cidrs: ['192.168.0.0/16'] } });
    cluster.advance(30_000);
    expect(api.get(serviceCIDRs, '', 'more')).toBeUndefined();
    expect(api.get(services, 'default', 'web')).toBeDefined();
  });

  test.each([
    { name: 'beside one that goes too', other: '192.168.0.0/24', goesToo: true, ip: '192.168.0.9', stays: false },
    { name: 'though another, whose first address it is, has it', other: '192.168.0.16/28', ip: '192.168.0.16', stays: true },
    { name: 'though another, whose last address it is, has it', other: '192.168.0.16/28', ip: '192.168.0.31', stays: true },
    { name: 'as another has it', other: '192.168.0.16/28', ip: '192.168.0.17', stays: false },
  ])('whose address a Service has $name: $stays', ({ other, goesToo, ip, stays }) => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.0.0/24'] } });
    make(cluster, 'web', ip);
    api.create(serviceCIDRs, { metadata: { name: 'other' }, spec: { cidrs: [other] } });
    cluster.settle();
    api.delete(serviceCIDRs, '', 'more');
    if (goesToo) api.delete(serviceCIDRs, '', 'other');
    cluster.advance(30_000);
    expect(api.get(serviceCIDRs, '', 'more') !== undefined).toBe(stays);
    expect(cluster.errors).toEqual([]);
  });

  test('of the cluster comes back', () => {
    const cluster = emptyCluster();
    const { api } = cluster;
    api.create(serviceCIDRs, { metadata: { name: 'wide' }, spec: { cidrs: ['10.96.0.0/11'] } });
    cluster.settle();
    api.delete(serviceCIDRs, '', 'kubernetes');
    cluster.advance(60_000);
    expect(conditions(cluster, 'kubernetes')).toEqual([READY]);
  });
});
