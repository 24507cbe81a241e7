// metadata.managedFields after creates, updates and patches, by users and by components.

import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../../../../worker/api/object.ts';
import { callAs, makeClusterApi } from '../../../../worker/cluster/cluster-api.ts';
import { deployments } from '../../../../worker/resources/apps/deployment.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import type { Deployment } from '../../../../worker/api/gen/apps-v1.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = makeTestCluster();
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'ns' } });
});

const MAPS = '/api/v1/namespaces/ns/configmaps';
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/ns/ingresses';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/ns/deployments';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const as = (program: string): Record<string, string> => ({ 'user-agent': `${program}/v1 (linux)` });

async function write(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<KubeObject> {
  const { status, body: object } = await cluster.request<KubeObject>(method, path, body, headers);
  expect(status, JSON.stringify(object)).toBeLessThan(300);
  return object;
}
const entries = ({ metadata }: KubeObject): ManagedFieldsEntry[] => metadata.managedFields ?? [];
/** `kubectl Update v1 {"f:data":{}}`, without the times. */
const lines = (object: KubeObject): string[] =>
  entries(object).map(({ manager, operation, apiVersion, subresource, fieldsV1 }) =>
    [manager, operation, apiVersion, ...(subresource ? [subresource] : []), JSON.stringify(fieldsV1)].join(' '),
  );
const map = (data: object, metadata: object = {}): object => ({ metadata: { name: 'c', ...metadata }, data });
const template = (image: string): object => ({ metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image }] } });
const ingress = { metadata: { name: 'i' }, spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } } };
const deployment = (spec: object = {}): object => ({
  metadata: { name: 'd' },
  spec: { replicas: 1, selector: { matchLabels: { app: 'd' } }, template: template('x'), ...spec },
});

describe('a creation', () => {
  test('gives its manager all that it set, in the form of an entry', async () => {
    const created = await write('POST', MAPS, map({ b: '1', a: '2' }, { labels: { x: 'y' } }), as('curl'));
    expect(entries(created)).toEqual([
      {
        manager: 'curl',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } },
      },
    ]);
    expect(Object.keys(entries(created)[0]!)).toEqual(['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1']);
  });

  test('of objects made alike is one and the same, in memory too', () => {
    const { api } = cluster;
    const make = (name: string): Deployment =>
      api.create(deployments, { ...(deployment() as Deployment), metadata: { name, namespace: 'ns' } as Deployment['metadata'] });
    const [one, other] = ['one', 'other'].map(make) as [Deployment, Deployment];
    expect(entries(one)).toHaveLength(1);
    for (const [i, entry] of entries(one).entries()) expect(entries(other)[i]).toBe(entry);
    const [a, b] = [one, other].map((object) => api.updateStatus(deployments, { ...object, status: { replicas: 1 } }));
    expect(entries(a!)).toHaveLength(2);
    for (const [i, entry] of entries(a!).entries()) expect(entries(b!)[i]).toBe(entry);
    expect(entries(a!)).not.toEqual(entries(one));
  });

  test('of a struct that Go always writes, the struct itself is not owned', async () => {
    const created = await write('POST', DEPLOYMENTS, deployment({ strategy: { type: 'Recreate' } }), as('curl'));
    expect(JSON.parse(lines(created)[0]!.split(' ')[3]!)['f:spec']).toMatchObject({
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } },
      },
    });
    const spec = (entries(created)[0]!.fieldsV1 as never)['f:spec'] as Record<string, Record<string, Record<string, object>>>;
    expect(Object.keys(spec['f:template']!['f:spec']!['f:containers']!)).toEqual(['k:{"name":"c"}']);
    expect(Object.keys(spec['f:strategy']!)).toEqual(['f:type']);
  });

  test.each([
    ['the fieldManager of the request', '?fieldManager=me', { 'user-agent': 'curl/8' }, 'me'],
    ['the program of the user agent', '', { 'user-agent': 'kubectl-create/v1.32 (linux)' }, 'kubectl-create'],
    ['what can be printed of it', '', { 'user-agent': 'a\u0001b\tc' }, 'abc'],
    ['no more of it than there is room for', '', { 'user-agent': 'é'.repeat(100) }, 'é'.repeat(64)],
    ['nothing known', '', {}, 'unknown'],
  ])('is by %s', async (_, query, headers, want) => {
    const created = await write('POST', `${MAPS}${query}`, map({ a: '1' }), headers);
    expect(entries(created)[0]!.manager).toBe(want);
  });

  test('does not own the status that was sent along, nor what the server sets', async () => {
    const created = await write('POST', DEPLOYMENTS, { ...deployment(), status: { replicas: 3 } }, as('curl'));
    const fields = entries(created)[0]!.fieldsV1!;
    expect(Object.keys(fields)).toEqual(['f:spec']);
  });

  test('of nothing is tracked as nothing', async () => {
    expect(entries(await write('POST', MAPS, { metadata: { name: 'c' } }))).toEqual([]);
  });
});

describe('an update', () => {
  test('takes what it changes from the others, and leaves the rest', async () => {
    await write('POST', MAPS, map({ a: '1', b: '1', c: '1' }), as('one'));
    cluster.advance(5000);
    const updated = await write('PUT', `${MAPS}/c`, map({ a: '1', b: '2', d: '1' }), as('two'));
    expect(lines(updated)).toEqual(['one Update v1 {"f:data":{".":{},"f:a":{}}}', 'two Update v1 {"f:data":{"f:b":{},"f:d":{}}}']);
    expect(entries(updated).map(({ time }) => time)).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z']);
  });

  test('by the same manager adds to what it has', async () => {
    await write('POST', MAPS, map({ a: '1', b: '1' }), as('one'));
    const updated = await write('PUT', `${MAPS}/c`, map({ a: '1', c: '1' }), as('one'));
    expect(lines(updated)).toEqual(['one Update v1 {"f:data":{".":{},"f:a":{},"f:c":{}}}']);
  });

  test('that changes nothing is none: time and revision stay', async () => {
    const before = await write('POST', MAPS, map({ a: '1' }), as('one'));
    cluster.advance(5000);
    const after = await write('PUT', `${MAPS}/c`, map({ a: '1' }), as('two'));
    expect(after).toEqual(before);
  });

  test('that is undone on the way changes no time either', async () => {
    await write('POST', INGRESSES, ingress, as('one'));
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
    const before = await write('PATCH', `${INGRESSES}/i/status`, { status }, { ...MERGE, ...as('two') });
    cluster.advance(5000);
    const after = await write(
      'PATCH',
      `${INGRESSES}/i`,
      { status: { loadBalancer: null }, metadata: { generation: 9 } },
      { ...MERGE, ...as('two') },
    );
    expect(after).toEqual(before);
  });

  test('that only takes away leaves an entry of its manager out', async () => {
    await write('POST', MAPS, map({ a: '1', b: '1' }), as('one'));
    const updated = await write('PATCH', `${MAPS}/c`, { data: { b: null } }, { ...MERGE, ...as('two') });
    expect(lines(updated)).toEqual(['one Update v1 {"f:data":{".":{},"f:a":{}}}']);
  });

  test('of items of lists is by their keys, and of a list that is one value whole', async () => {
    await write('POST', DEPLOYMENTS, deployment(), as('one'));
    const strategic = { 'content-type': 'application/strategic-merge-patch+json', ...as('two') };
    const patch = {
      spec: {
        template: { spec: { containers: [{ name: 'c', env: [{ name: 'A', value: '1' }], args: ['x'] }], tolerations: [{ key: 'a' }] } },
      },
    };
    const updated = await write('PATCH', `${DEPLOYMENTS}/d`, patch, strategic);
    expect(lines(updated)[1]).toBe(
      'two Update apps/v1 {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{"f:args":{},"f:env":{".":{},"k:{\\"name\\":\\"A\\"}":{".":{},"f:name":{},"f:value":{}}}}},"f:tolerations":{}}}}}',
    );
  });

  test('of ports is by number and protocol, in the order of numbers', async () => {
    const ports = [{ containerPort: 8080 }, { containerPort: 80 }, { containerPort: 443, protocol: 'UDP' }];
    const created = await write(
      'POST',
      DEPLOYMENTS,
      deployment({ template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'x', ports }] } } }),
      as('one'),
    );
    const keys = [...JSON.stringify(entries(created)[0]!.fieldsV1).matchAll(/k:\{[^}]*containerPort[^}]*\}/g)].map(([key]) =>
      key.replaceAll('\\', ''),
    );
    expect(keys).toEqual([
      'k:{"containerPort":80,"protocol":"TCP"}',
      'k:{"containerPort":443,"protocol":"UDP"}',
      'k:{"containerPort":8080,"protocol":"TCP"}',
    ]);
  });

  test('through the status has an entry of its own, of the status only', async () => {
    await write('POST', DEPLOYMENTS, deployment(), as('one'));
    const updated = await write(
      'PATCH',
      `${DEPLOYMENTS}/d/status`,
      { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { replicas: 7 }, status: { replicas: 1 } },
      { ...MERGE, ...as('one') },
    );
    expect(lines(updated)[1]).toBe(
      'one Update apps/v1 status {"f:metadata":{"f:annotations":{".":{},"f:c":{}}},"f:status":{"f:replicas":{}}}',
    );
  });
});

describe('managedFields that a client sends', () => {
  const mine = (fieldsV1: object, more: object = {}): object => ({
    manager: 'mine',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...more,
  });
  beforeEach(() => write('POST', MAPS, map({ a: '1', b: '1' }), as('one')));

  test.each<{ name: string; given: unknown; want: string[] }>([
    { name: 'none: they stay', given: undefined, want: ['one Update v1 {"f:data":{".":{},"f:a":{},"f:b":{}}}'] },
    { name: 'null: they stay', given: null, want: ['one Update v1 {"f:data":{".":{},"f:a":{},"f:b":{}}}'] },
    { name: 'an empty list takes them away', given: [], want: [] },
    { name: 'a list of one empty entry takes them away', given: [{}], want: [] },
    {
      name: 'others take their place, in our form',
      given: [mine({ 'f:data': { 'f:b': {}, 'f:a': {} } })],
      want: ['mine Update v1 {"f:data":{"f:a":{},"f:b":{}}}'],
    },
    {
      name: 'of an unknown version: left out',
      given: [mine({ 'f:data': { 'f:a': {} } }, { apiVersion: 'v9' }), mine({ 'f:data': { 'f:b': {} } })],
      want: ['mine Update v1 {"f:data":{"f:b":{}}}'],
    },
    ...[
      { operation: 'Edit' },
      { operation: '' },
      { apiVersion: '' },
      { fieldsType: '' },
      { fieldsType: 'FieldsV2' },
      { fieldsV1: { data: {} } },
      { fieldsV1: { 'k:x': {} } },
    ].map((wrong) => ({
      name: `wrong ones stay unread: ${JSON.stringify(wrong)}`,
      given: [mine({ 'f:data': {} }, wrong)],
      want: ['one Update v1 {"f:data":{".":{},"f:a":{},"f:b":{}}}'],
    })),
  ])('$name', async ({ given, want }) => {
    const updated = await write('PUT', `${MAPS}/c`, map({ a: '1', b: '1' }, { managedFields: given }), as('two'));
    expect(lines(updated)).toEqual(want);
    expect(lines(await write('GET', `${MAPS}/c`))).toEqual(want);
  });

  test.each(['application/merge-patch+json', 'application/strategic-merge-patch+json'])('taken away by %s', async (type) => {
    expect(lines(await write('PATCH', `${MAPS}/c`, { metadata: { managedFields: [{}] } }, { 'content-type': type }))).toEqual([]);
  });

  test('taken away by a JSON patch', async () => {
    const patch = [{ op: 'replace', path: '/metadata/managedFields', value: [] }];
    expect(lines(await write('PATCH', `${MAPS}/c`, patch, { 'content-type': 'application/json-patch+json' }))).toEqual([]);
  });

  test('once gone, updates are not tracked any more', async () => {
    await write('PATCH', `${MAPS}/c`, { metadata: { managedFields: [] } }, MERGE);
    expect(lines(await write('PUT', `${MAPS}/c`, map({ a: '2' }), as('two')))).toEqual([]);
  });

  test('through a subresource do not count', async () => {
    await write('POST', DEPLOYMENTS, deployment(), as('one'));
    const before = entries(await write('GET', `${DEPLOYMENTS}/d`));
    const after = await write('PATCH', `${DEPLOYMENTS}/d/status`, { metadata: { managedFields: [] } }, MERGE);
    expect(entries(after)).toEqual(before);
  });
});

test('more than ten updaters: the oldest become one', async () => {
  await write('POST', MAPS, map({ k0: '0' }), as('m0'));
  for (let i = 1; i <= 11; i++) {
    cluster.advance(1000);
    await write('PATCH', `${MAPS}/c`, { data: { [`k${i}`]: '1' } }, { ...MERGE, ...as(`m${String(i).padStart(2, '0')}`) });
  }
  const all = await write('GET', `${MAPS}/c`);
  expect(entries(all).map(({ manager }) => manager)).toEqual([
    'ancient-changes',
    'm03',
    'm04',
    'm05',
    'm06',
    'm07',
    'm08',
    'm09',
    'm10',
    'm11',
  ]);
  expect(entries(all)[0]).toMatchObject({
    time: '2026-01-01T00:00:02Z',
    fieldsV1: { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } },
  });
});

describe('components', () => {
  const deploymentsAs = (program: string) =>
    makeClusterApi(cluster.cluster.registry, callAs({ name: 'x', groups: ['system:masters'] }, `${program}/v1.36.0`));

  test('own what they write, each under its name', async () => {
    await write('POST', DEPLOYMENTS, deployment(), as('one'));
    const api = deploymentsAs('kube-controller-manager');
    const live = api.get(deployments, 'ns', 'd')!;
    api.updateStatus(deployments, { ...live, status: { ...live.status, observedGeneration: 1, replicas: 1 } } as Deployment);
    const after = await write('GET', `${DEPLOYMENTS}/d`);
    expect(lines(after)[0]).toBe('kube-controller-manager Update apps/v1 status {"f:status":{"f:observedGeneration":{},"f:replicas":{}}}');
  });

  test('a write that leaves the object as it is writes nothing', async () => {
    await write('POST', DEPLOYMENTS, deployment(), as('one'));
    const api = deploymentsAs('kube-controller-manager');
    const live = api.get(deployments, 'ns', 'd')!;
    const { revision } = cluster.cluster.registry;
    api.update(deployments, { ...live, spec: { ...live.spec } });
    expect(cluster.cluster.registry.revision).toBe(revision);
  });

  test('creations too', () => {
    cluster.settle();
    const api = deploymentsAs('kubelet');
    const pod = api.create(pods, { metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [{ name: 'c', image: 'x' }] } } as never);
    expect(entries(pod).map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(['kubelet Update']);
  });
});
