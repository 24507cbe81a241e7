// The sample API server behind an APIService: what clients of the cluster's own API server see of it.

import { expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

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

test('without its etcd it is not ready', async () => {
  const cluster = await setUp({ etcd: false });
  expect((await ask(cluster, 'GET', FLUNDERS)).status).toBe(503);
});

test('a watch ends without a word', async () => {
  const cluster = await setUp();
  expect(await ask(cluster, 'GET', `${FLUNDERS}?watch=true`)).toMatchObject({ status: 200, body: '' });
});
