// Services: defaults, rules, what an update keeps and drops, addresses and ports.

import { describe, expect, test } from 'vitest';
import type { Service } from '../../../../worker/api/gen/core-v1.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import { cells, createRules, defaultRules, updateRules } from '../kind-rules.ts';

const service = { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };
const spec = (change: object): object => ({ spec: change });

defaultRules(services, [
  [
    'a plain one',
    service,
    {
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
    },
  ],
  [
    'affinity',
    { ...service, ...spec({ sessionAffinity: 'ClientIP' }) },
    spec({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } }),
  ],
  [
    'a load balancer',
    { ...service, ...spec({ type: 'LoadBalancer' }) },
    spec({ allocateLoadBalancerNodePorts: true, externalTrafficPolicy: 'Cluster' }),
  ],
]);

createRules(services, service, [
  ['no ports', spec({ ports: null }), 'spec.ports: Required value'],
  ['headless without ports', spec({ ports: null, clusterIP: 'None' })],
  [
    'a port too high',
    spec({ ports: [{ port: 70000 }] }),
    'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'two ports, one name',
    spec({
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    }),
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    'the same port twice',
    spec({
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    }),
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    'a node port of ClusterIP',
    spec({ ports: [{ port: 80, nodePort: 30080 }] }),
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  ['no name of anything outside', spec({ type: 'ExternalName' }), 'spec.externalName: Required value'],
  [
    'an unknown type',
    spec({ type: 'Fancy' }),
    'spec.type: Unsupported value: "Fancy": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
  ],
  [
    'an unknown affinity',
    spec({ sessionAffinity: 'Sticky' }),
    'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
  ],
  [
    'a headless node port',
    spec({ type: 'NodePort', clusterIP: 'None' }),
    'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
  ],
  [
    'source ranges without a load balancer',
    spec({ loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'an external traffic policy inside',
    spec({ externalTrafficPolicy: 'Local' }),
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    'a strange distribution',
    spec({ trafficDistribution: 'Far' }),
    'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
  ],
]);

updateRules(services, service, [
  ['the selector', spec({ selector: { app: 'other' } })],
  ['the address', spec({ clusterIP: '10.96.9.9' }), 'spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set'],
  ['the address taken away', spec({ clusterIP: null, clusterIPs: null })],
  ['to a name', spec({ type: 'ExternalName', externalName: 'a.example', ports: null })],
]);

describe('columns', () => {
  const shown = (change: object, status: object = { loadBalancer: {} }): unknown => {
    const row = cells(services, { spec: { ...service.spec, ...change }, status });
    return [row['Type'], row['Cluster-IP'], row['External-IP'], row['Port(s)'], row['Selector']];
  };
  test.each([
    { name: 'ClusterIP', given: { clusterIPs: ['10.96.0.7'] }, want: ['ClusterIP', '10.96.0.7', '<none>', '80/TCP', 'app=web'] },
    {
      name: 'NodePort',
      given: { type: 'NodePort', clusterIPs: ['10.96.0.7'], ports: [{ port: 80, nodePort: 30080 }] },
      want: ['NodePort', '10.96.0.7', '<none>', '80:30080/TCP', 'app=web'],
    },
    { name: 'a balancer to come', given: { type: 'LoadBalancer' }, want: ['LoadBalancer', '<none>', '<pending>', '80/TCP', 'app=web'] },
    {
      name: 'a name',
      given: { type: 'ExternalName', externalName: 'a.example', ports: undefined, selector: undefined },
      want: ['ExternalName', '<none>', 'a.example', '<none>', '<none>'],
    },
  ])('of $name', ({ given, want }) => expect(shown(given)).toEqual(want));
  test('of a balancer that is there', () =>
    expect(shown({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } })).toContain('1.2.3.4'));
});

describe('allocation', () => {
  const create = (cluster: ReturnType<typeof makeTestCluster>, name: string, more: object = {}) =>
    cluster.request<Service>('POST', '/api/v1/namespaces/default/services', {
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ port: 80 }], ...more },
    });

  test('every service has an address of its own, of the range', async () => {
    const cluster = makeTestCluster();
    const made = [];
    for (let i = 0; i < 20; i++) made.push((await create(cluster, `s${i}`)).body.spec);
    expect(new Set(made.map(({ clusterIP }) => clusterIP)).size).toBe(20);
    for (const one of made) {
      expect(one.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
      expect(one).toMatchObject({ clusterIPs: [one.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    }
  });

  test.each([
    {
      name: 'an address that is taken',
      given: { clusterIP: '10.96.0.50' },
      want: 'spec.clusterIPs: Invalid value: ["10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated',
    },
    {
      name: 'an address of elsewhere',
      given: { clusterIP: '1.2.3.4' },
      want: 'spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range',
    },
    {
      name: 'a node port that is taken',
      given: { type: 'NodePort', ports: [{ port: 80, nodePort: 30999 }] },
      want: 'spec.ports[0].nodePort: Invalid value: 30999: provided port is already allocated',
    },
    {
      name: 'a node port out of range',
      given: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      want: 'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    },
    {
      name: 'two families',
      given: { ipFamilyPolicy: 'RequireDualStack' },
      want: 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    },
    {
      name: 'the other family',
      given: { ipFamilies: ['IPv6'] },
      want: 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    },
  ])('refuses $name', async ({ given, want }) => {
    const cluster = makeTestCluster();
    await create(cluster, 'first', { type: 'NodePort', clusterIP: '10.96.0.50', ports: [{ port: 80, nodePort: 30999 }] });
    const before = cluster.log();
    const refused = await create(cluster, 'second', given);
    expect(refused.status).toBe(422);
    expect(statusOf(refused).message).toBe(`Service "second" is invalid: ${want}`);
    expect(cluster.log()).toBe(before);
  });

  test('what is given back can be taken again', async () => {
    const cluster = makeTestCluster();
    const wanted = { type: 'NodePort', clusterIP: '10.96.0.50', ports: [{ port: 80, nodePort: 30999 }] };
    await create(cluster, 'first', wanted);
    await cluster.request('DELETE', '/api/v1/namespaces/default/services/first');
    expect((await create(cluster, 'second', wanted)).status).toBe(201);
  });

  test('protocols of one port share a node port', async () => {
    const ports = [
      { name: 'a', port: 53, protocol: 'UDP' },
      { name: 'b', port: 53, protocol: 'TCP' },
      { name: 'c', port: 80 },
    ];
    const { body } = await create(makeTestCluster(), 'dns', { type: 'NodePort', ports });
    const [a, b, c] = body.spec.ports!.map(({ nodePort }) => nodePort);
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });

  test('a local policy has a port for health checks', async () => {
    const { body } = await create(makeTestCluster(), 'local', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(body.spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
  });

  test('an update keeps what it does not tell, and a new type drops what it has no use for', async () => {
    const cluster = makeTestCluster();
    const { body } = await create(cluster, 'web', { type: 'NodePort' });
    const path = '/api/v1/namespaces/default/services/web';
    const put = await cluster.request<Service>('PUT', path, {
      metadata: { name: 'web' },
      spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    expect(put.body.spec).toMatchObject({ clusterIP: body.spec.clusterIP, ports: [{ nodePort: body.spec.ports![0]!.nodePort }] });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const plain = await cluster.request<Service>('PATCH', path, { spec: { type: 'ClusterIP' } }, merge);
    expect(plain.body.spec.ports![0]).not.toHaveProperty('nodePort');
    expect(plain.body.spec).not.toHaveProperty('externalTrafficPolicy');
    const named = await cluster.request<Service>('PATCH', path, { spec: { type: 'ExternalName', externalName: 'a.example' } }, merge);
    for (const gone of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) expect(named.body.spec).not.toHaveProperty(gone);
    const back = await cluster.request<Service>('PATCH', path, { spec: { type: 'ClusterIP', externalName: null } }, merge);
    expect(back.body.spec.clusterIP).toMatch(/^10\./);
  });
});
