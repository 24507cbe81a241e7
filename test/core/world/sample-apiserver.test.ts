// The sample API server behind an APIService: what clients of the cluster's own API server see of it.

import { describe, expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { openSocket, openStream } from '../server/connect/peer.ts';
import type { SocketPeer, StreamPeer } from '../server/connect/peer.ts';

const CORE = '/api/v1/namespaces/default';
const FLUNDERS = '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders';
const FISCHERS = '/apis/wardle.example.com/v1alpha1/fischers';
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Thing {
  kind: string;
  metadata: { name: string; uid: string; resourceVersion: string };
  spec: object;
  items: Thing[];
}

async function ask(cluster: TestCluster, method: string, path: string, body?: object, headers?: Record<string, string>) {
  let isThere = false;
  const asked = cluster.request<Thing>(method, path, body, headers).finally(() => (isThere = true));
  for (let tries = 0; tries < 5; tries++) {
    await new Promise(setImmediate);
    if (!isThere) cluster.advance(20);
  }
  return asked;
}

async function setUp({ etcd = true } = {}): Promise<TestCluster> {
  const cluster = makeTestCluster({ nodes: 1, strictImages: true });
  const url = 'http://127.0.0.1:2379';
  const containers = [
    {
      name: 'sample-apiserver',
      image: 'registry.k8s.io/e2e-test-images/sample-apiserver:1.17.7',
      args: [`--etcd-servers=${url}`, '--tls-cert-file=/c', '--audit-log-path=-'],
      readinessProbe: { httpGet: { scheme: 'HTTPS', port: 443, path: '/readyz' }, periodSeconds: 1 },
    },
    {
      name: 'etcd',
      image: 'registry.k8s.io/etcd:3.6.6-0',
      command: etcd ? ['/usr/local/bin/etcd', '--listen-client-urls', url, '--advertise-client-urls', url] : ['sleep', '100000'],
    },
  ];
  await cluster.request('POST', `${CORE}/pods`, { metadata: { name: 'sample', labels: { apiserver: 'true' } }, spec: { containers } });
  const spec = { selector: { apiserver: 'true' }, ports: [{ port: 7443, targetPort: 443 }] };
  await cluster.request('POST', `${CORE}/services`, { metadata: { name: 'sample-api' }, spec });
  await cluster.request('POST', '/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: { name: 'v1alpha1.wardle.example.com' },
    spec: {
      group: 'wardle.example.com',
      version: 'v1alpha1',
      groupPriorityMinimum: 2000,
      versionPriority: 200,
      caBundle: btoa('an authority'),
      service: { namespace: 'default', name: 'sample-api', port: 7443 },
    },
  });
  cluster.advance(60_000);
  return cluster;
}

test('flunders come and go', async () => {
  const cluster = await setUp();
  const made = await ask(cluster, 'POST', FLUNDERS, { metadata: { name: 'a', labels: { x: 'y' } }, spec: { reference: 'b' } });
  expect(made).toMatchObject({
    status: 201,
    body: {
      kind: 'Flunder',
      metadata: { name: 'a', namespace: 'default' },
      spec: { reference: 'b', referenceType: 'Flunder' },
      status: {},
    },
  });
  expect(statusOf(await ask(cluster, 'POST', FLUNDERS, { metadata: { name: 'a' } }))).toMatchObject({
    code: 409,
    message: 'flunders.wardle.example.com "a" already exists',
  });
  const patched = await ask(cluster, 'PATCH', `${FLUNDERS}/a`, { spec: { reference: null, referenceType: null } }, MERGE);
  expect(patched.body).toMatchObject({ metadata: { uid: made.body.metadata.uid, resourceVersion: '2' }, spec: {} });
  expect(statusOf(await ask(cluster, 'PUT', `${FLUNDERS}/a`, made.body))).toMatchObject({ code: 409, reason: 'Conflict' });
  expect((await ask(cluster, 'GET', `${FLUNDERS}?labelSelector=x%3Dy`)).body.items).toHaveLength(1);
  expect((await ask(cluster, 'GET', `${FLUNDERS}?labelSelector=x%3Dz`)).body.items).toHaveLength(0);
  expect(await ask(cluster, 'DELETE', `${FLUNDERS}/a`)).toMatchObject({ status: 200, body: { status: 'Success' } });
  expect(statusOf(await ask(cluster, 'GET', `${FLUNDERS}/a`))).toMatchObject({ code: 404, reason: 'NotFound' });
  expect((await ask(cluster, 'GET', FLUNDERS)).body).toMatchObject({ kind: 'FlunderList', items: [] });
});

test('a fischer bans names', async () => {
  const cluster = await setUp();
  await ask(cluster, 'POST', FISCHERS, { metadata: { name: 'f' }, disallowedFlunders: ['bad'] });
  expect(statusOf(await ask(cluster, 'POST', FLUNDERS, { metadata: { name: 'bad' } })).message).toBe(
    'flunders.wardle.example.com "bad" is forbidden: this name may not be used, please change the resource name',
  );
});

test('what it asks its etcd leaves no connection behind', async () => {
  const cluster = await setUp();
  const { connections } = cluster.cluster.simulation.world;
  const before = connections.values().length;
  cluster.advance(60_000);
  expect(connections.values().length).toBeLessThanOrEqual(before);
});

test('without its etcd it is not ready', async () => {
  const cluster = await setUp({ etcd: false });
  expect((await ask(cluster, 'GET', FLUNDERS)).status).toBe(503);
});

describe('a watch', () => {
  interface Event {
    readonly type: string;
    readonly object: Thing & { code?: number; message?: string };
  }

  async function watch(cluster: TestCluster, path: string): Promise<{ peer: StreamPeer; events(): Event[]; seen(): string[] }> {
    const opening = openStream(cluster, path);
    for (let tries = 0; tries < 3; tries++) {
      await new Promise(setImmediate);
      cluster.advance(20);
    }
    const peer = await opening;
    const events = (): Event[] =>
      peer
        .text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Event);
    return {
      peer,
      events,
      seen: () =>
        events().map(({ type, object: { metadata, message } }) => `${type} ${message ?? `${metadata.name}@${metadata.resourceVersion}`}`),
    };
  }
  const make = (cluster: TestCluster, name: string, labels = {}) => ask(cluster, 'POST', FLUNDERS, { metadata: { name, labels } });

  test.each<{ name: string; query: string; want: readonly string[] }>([
    { name: 'from now on', query: '', want: ['ADDED a@1', 'ADDED b@2', 'ADDED c@3', 'MODIFIED a@4', 'DELETED b@5'] },
    { name: 'from a revision on', query: '&resourceVersion=1', want: ['ADDED b@2', 'ADDED c@3', 'MODIFIED a@4', 'DELETED b@5'] },
    { name: 'of one of them', query: '&resourceVersion=2&fieldSelector=metadata.name%3Db', want: ['DELETED b@5'] },
    { name: 'of those that come under a selector', query: '&resourceVersion=2&labelSelector=!x', want: ['ADDED c@3', 'DELETED b@5'] },
    { name: 'of those that leave a selector', query: '&resourceVersion=2&labelSelector=x+in+(y)', want: ['DELETED a@4'] },
  ])('$name', async ({ query, want }) => {
    const cluster = await setUp();
    await make(cluster, 'a', { x: 'y' });
    await make(cluster, 'b');
    const { peer, seen } = await watch(cluster, `${FLUNDERS}?watch=true${query}`);
    await make(cluster, 'c');
    await ask(cluster, 'PATCH', `${FLUNDERS}/a`, { metadata: { labels: { x: 'z' } } }, MERGE);
    await ask(cluster, 'DELETE', `${FLUNDERS}/b`);
    expect([seen(), peer.isClosed()]).toEqual([want, false]);
    expect(cluster.errors).toEqual([]);
  });

  test('shows what there is first, if it is asked to, and where that ends', async () => {
    const cluster = await setUp();
    await make(cluster, 'a');
    const query = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const { events } = await watch(cluster, `${FLUNDERS}?${query}`);
    expect(events()).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
      {
        type: 'BOOKMARK',
        object: { kind: 'Flunder', metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } } },
      },
    ]);
  });

  test('says every minute how far it has come', async () => {
    const cluster = await setUp();
    const { events } = await watch(cluster, `${FLUNDERS}?watch=true&allowWatchBookmarks=true`);
    await ask(cluster, 'POST', FISCHERS, { metadata: { name: 'f' } });
    cluster.advance(61_000);
    expect(events()).toMatchObject([{ type: 'BOOKMARK', object: { metadata: { resourceVersion: '1' } } }]);
  });

  test('ends when its time is over', async () => {
    const cluster = await setUp();
    const { peer } = await watch(cluster, `${FLUNDERS}?watch=true&timeoutSeconds=30`);
    cluster.advance(29_000);
    expect(peer.isClosed()).toBe(false);
    cluster.advance(2000);
    expect([peer.isClosed(), peer.text()]).toEqual([true, '']);
  });

  test('from a revision that is forgotten is refused', async () => {
    const cluster = await setUp();
    await make(cluster, 'a');
    for (let i = 0; i < 101; i++) await ask(cluster, 'PATCH', `${FLUNDERS}/a`, { spec: { reference: `r${i}` } }, MERGE);
    expect((await ask(cluster, 'GET', `${FLUNDERS}?watch=true&resourceVersion=1`)).body).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' },
    });
  });

  test('ends when its server goes', async () => {
    const cluster = await setUp();
    const { peer } = await watch(cluster, `${FLUNDERS}?watch=true`);
    await cluster.request('DELETE', `${CORE}/pods/sample?gracePeriodSeconds=0`);
    cluster.advance(5000);
    expect(peer.isClosed()).toBe(true);
    expect(await ask(cluster, 'GET', FLUNDERS)).toMatchObject({ status: 503, body: 'service unavailable\n' });
  });

  test('over a WebSocket has an event a message, and its server does not hear the token', async () => {
    const cluster = await setUp();
    const protocol = 'base64url.bearer.authorization.k8s.io.YWRtaW4tdG9rZW4, base64.binary.k8s.io';
    const opening = openSocket(cluster, `${FLUNDERS}?watch=true`, protocol);
    await new Promise(setImmediate);
    cluster.advance(20);
    const asked = cluster.cluster.simulation.world.namespaces.values().flatMap(({ processes }) => Object.values(processes));
    expect(JSON.stringify(asked.map(({ data }) => data))).not.toContain('bearer');
    const peer = (await opening) as SocketPeer;
    await make(cluster, 'a');
    await make(cluster, 'b');
    expect([peer.protocol, peer.messages.map((one) => (JSON.parse(String(one)) as Event).object.metadata.name)]).toEqual([
      'base64.binary.k8s.io',
      ['a', 'b'],
    ]);
    peer.leave();
    expect(cluster.errors).toEqual([]);
  });

  test('is not gone on with when it is not known any more who reads it', async () => {
    const cluster = await setUp();
    await watch(cluster, `${FLUNDERS}?watch=true`);
    const heldOutside = ({ cluster: { simulation } }: TestCluster) =>
      simulation.world.connections.values().filter(({ isHeldOutside }) => isHeldOutside);
    expect(heldOutside(cluster)).toHaveLength(1);
    const again = makeTestCluster({ nodes: 1, strictImages: true, backend: cluster.backend, startAt: cluster.elapsed() });
    again.advance(100);
    expect(heldOutside(again)).toHaveLength(0);
    expect(await make(again, 'a')).toMatchObject({ status: 201 });
    expect(again.errors).toEqual([]);
  });

  test('of which the reader leaves is not gone on with', async () => {
    const cluster = await setUp();
    const { peer } = await watch(cluster, `${FLUNDERS}?watch=true`);
    const { connections } = cluster.cluster.simulation.world;
    const before = connections.values().length;
    peer.leave();
    cluster.advance(20);
    expect(connections.values()).toHaveLength(before - 1);
    await make(cluster, 'a');
    expect(cluster.errors).toEqual([]);
  });
});

test('objects are shown as a table to those who want one', async () => {
  const cluster = await setUp();
  await ask(cluster, 'POST', FLUNDERS, { metadata: { name: 'é' } });
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  const { body } = await ask(cluster, 'GET', FLUNDERS, undefined, { accept });
  expect(body).toMatchObject({
    kind: 'Table',
    columnDefinitions: [{ name: 'Name' }, { name: 'Created At', type: 'date' }],
    rows: [{ cells: ['é', expect.stringMatching(/^2026-01-01T00:0/)], object: { kind: 'PartialObjectMetadata', metadata: { name: 'é' } } }],
  });
});

test('a selector that cannot be read', async () => {
  const cluster = await setUp();
  expect(statusOf(await ask(cluster, 'GET', `${FLUNDERS}?fieldSelector=a`))).toMatchObject({
    code: 400,
    message: "invalid selector: 'a'; can't understand 'a'",
  });
});

describe('its OpenAPI', () => {
  const KEY = 'apis/wardle.example.com/v1alpha1';
  const placesOf = async (cluster: TestCluster) =>
    (await cluster.request<{ paths: Record<string, { serverRelativeURL: string } | undefined> }>('GET', '/openapi/v3')).body.paths;

  test('is among that of the cluster, until its APIService goes', async () => {
    const cluster = await setUp();
    const place = (await placesOf(cluster))[KEY]?.serverRelativeURL;
    expect(place).toMatch(new RegExp(`^/openapi/v3/${KEY}\\?hash=[0-9A-F]{8}$`));
    const { body } = await ask(cluster, 'GET', place!);
    expect(body).toMatchObject({
      paths: { [`/${KEY}/namespaces/{namespace}/flunders/{name}`]: { get: { 'x-kubernetes-group-version-kind': { kind: 'Flunder' } } } },
      components: { schemas: { 'io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1.FlunderSpec': { type: 'object' } } },
    });
    await cluster.request('DELETE', `${CORE}/pods/sample?gracePeriodSeconds=0`);
    cluster.advance(5000);
    expect(await placesOf(cluster)).toHaveProperty([KEY]);
    expect(await cluster.request('GET', place!)).toMatchObject({ status: 503, body: 'service unavailable\n' });
    await cluster.request('DELETE', '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.wardle.example.com');
    cluster.advance(5000);
    expect(await placesOf(cluster)).not.toHaveProperty([KEY]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a namespace that goes', () => {
  const FLUNDERS_THERE = '/apis/wardle.example.com/v1alpha1/namespaces/spare/flunders';
  const isThere = async (cluster: TestCluster) => (await cluster.request('GET', '/api/v1/namespaces/spare')).status === 200;

  test('takes its flunders with it, and no others', async () => {
    const cluster = await setUp();
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'spare' } });
    for (const name of ['a', 'b']) await ask(cluster, 'POST', FLUNDERS_THERE, { metadata: { name } });
    await ask(cluster, 'POST', FLUNDERS, { metadata: { name: 'c' } });
    await cluster.request('DELETE', '/api/v1/namespaces/spare');
    cluster.advance(10_000);
    expect(await isThere(cluster)).toBe(false);
    const { body } = await ask(cluster, 'GET', '/apis/wardle.example.com/v1alpha1/flunders');
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['c']);
    expect(cluster.store.state.entries('controller/namespace')).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('waits for a server that cannot say', async () => {
    const cluster = await setUp();
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'spare' } });
    await cluster.request('DELETE', '/api/v1/namespaces/spare');
    await cluster.request('DELETE', `${CORE}/pods/sample?gracePeriodSeconds=0`);
    cluster.advance(10_000);
    expect(await isThere(cluster)).toBe(true);
    await cluster.request('DELETE', '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.wardle.example.com');
    cluster.advance(120_000);
    expect(await isThere(cluster)).toBe(false);
  });
});
