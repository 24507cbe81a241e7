// Webhooks that are pods of the cluster: the way to them and back, and what a request is that had to wait for them.

import { expect, test } from 'vitest';
import type { KubeObject } from '../../../worker/api/object.ts';
import { crdOf, install } from '../resources/custom/crds.ts';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const CORE = '/api/v1/namespaces/default';
const CONFIG_MAPS = `${CORE}/configmaps`;
const GROUP = '/apis/admissionregistration.k8s.io/v1';

/** Asks, and lets time pass until there is an answer. */
async function ask<T = KubeObject>(cluster: TestCluster, method: string, path: string, body?: object) {
  let isThere = false;
  const asked = cluster.request<T>(method, path, body).finally(() => (isThere = true));
  for (let tries = 0; tries < 20; tries++) {
    await new Promise(setImmediate);
    if (!isThere) cluster.advance(50);
  }
  return asked;
}

async function setUp(subcommand: string): Promise<TestCluster> {
  const cluster = makeTestCluster();
  const command = ['sh', '-c', `touch /c /k; exec /agnhost ${subcommand} --tls-cert-file=/c --tls-private-key-file=/k --port=8444`];
  const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53';
  const pod = { metadata: { name: 'hook', labels: { app: 'hook' } }, spec: { containers: [{ name: 'hook', image, command }] } };
  await cluster.request('POST', `${CORE}/pods`, pod);
  const spec = { selector: { app: 'hook' }, ports: [{ port: 443, targetPort: 8444 }] };
  await cluster.request('POST', `${CORE}/services`, { metadata: { name: 'hook' }, spec });
  cluster.advance(5000);
  return cluster;
}

const AUTHORITY = btoa('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n');
const clientConfig = (path: string): object => ({ caBundle: AUTHORITY, service: { namespace: 'default', name: 'hook', path } });

async function register(cluster: TestCluster, kind: 'mutating' | 'validating', path: string, more: object = {}): Promise<void> {
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  const hook = {
    name: 'a.example.com',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    rules,
    clientConfig: clientConfig(path),
    ...more,
  };
  await cluster.request('POST', `${GROUP}/${kind}webhookconfigurations`, { metadata: { name: 'hooks' }, webhooks: [hook] });
}

test('they change and refuse', async () => {
  const cluster = await setUp('webhook');
  await register(cluster, 'mutating', '/mutating-configmaps', { reinvocationPolicy: 'IfNeeded' });
  await register(cluster, 'validating', '/configmaps');
  const made = await ask(cluster, 'POST', CONFIG_MAPS, { metadata: { name: 'a' }, data: { 'mutation-start': 'yes' } });
  expect(made).toMatchObject({ status: 201, body: { data: { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' } } });
  const refused = await ask(cluster, 'POST', CONFIG_MAPS, { metadata: { name: 'b' }, data: { 'webhook-e2e-test': 'webhook-disallow' } });
  expect(statusOf(refused)).toMatchObject({
    code: 400,
    reason: 'the configmap contains unwanted key and value',
    message: 'admission webhook "a.example.com" denied the request: the configmap contains unwanted key and value',
  });
  expect(cluster.errors).toEqual([]);
});

test.each([
  { failurePolicy: 'Fail', seconds: 1, want: { status: 500, took: 1000 } },
  { failurePolicy: 'Ignore', seconds: 1, want: { status: 201, took: 1000 } },
  { failurePolicy: 'Fail', seconds: 10, want: { status: 201, took: 5000 } },
])('one that takes 5 s is given $seconds s, then: $failurePolicy', async ({ failurePolicy, seconds, want }) => {
  const cluster = await setUp('webhook');
  await register(cluster, 'validating', '/always-allow-delay-5s', { failurePolicy, timeoutSeconds: seconds });
  let answer: Awaited<ReturnType<TestCluster['request']>> | undefined;
  void cluster.request('POST', CONFIG_MAPS, { metadata: { name: 'a' } }).then((reply) => (answer = reply));
  for (const [ms, isThere] of [
    [want.took - 50, false],
    [100, true],
  ] as const) {
    await new Promise(setImmediate);
    cluster.advance(ms);
    await new Promise(setImmediate);
    expect(answer !== undefined).toBe(isThere);
  }
  expect(answer!.status).toBe(want.status);
  if (want.status === 500)
    expect(statusOf(answer!).message).toBe(
      'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hook.default.svc:443/always-allow-delay-5s?timeout=1s": context deadline exceeded',
    );
  expect(cluster.errors).toEqual([]);
});

test('without an authority that vouches for it, a webhook is not trusted', async () => {
  const cluster = await setUp('webhook');
  await register(cluster, 'validating', '/configmaps', { clientConfig: { service: { namespace: 'default', name: 'hook' } } });
  const { body } = await ask(cluster, 'POST', CONFIG_MAPS, { metadata: { name: 'a' } });
  expect(statusOf({ body })).toMatchObject({
    code: 500,
    reason: 'InternalError',
    message:
      'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hook.default.svc:443/?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  });
});

test.each([
  { path: 'attach?container=container1&stdin=true&stdout=true', refused: true },
  { path: 'attach?container=container2&stdin=true', refused: false },
  { path: 'exec?command=ls&stdin=true&container=container1', refused: false },
])('they are asked about connections: $path', async ({ path, refused }) => {
  const cluster = await setUp('webhook');
  const containers = ['container1', 'container2'].map((name) => ({ name, image: 'busybox' }));
  await cluster.request('POST', `${CORE}/pods`, { metadata: { name: 'to-be-attached-pod' }, spec: { containers } });
  cluster.advance(5000);
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/attach'] }];
  await register(cluster, 'validating', '/pods/attach', { rules, objectSelector: {} });
  const { body } = await ask(cluster, 'POST', `${CORE}/pods/to-be-attached-pod/${path}`);
  expect(statusOf({ body }).message).toBe(
    refused
      ? 'admission webhook "a.example.com" denied the request: attaching to pod \'to-be-attached-pod\' is not allowed'
      : 'Upgrade request required',
  );
  expect(cluster.errors).toEqual([]);
});

test('an object has the same names before and after it was converted, whatever happens in the cluster meanwhile', async () => {
  const cluster = await setUp('crd-conversion-webhook');
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === 'v1', schema }));
  const webhook = { conversionReviewVersions: ['v1'], clientConfig: clientConfig('/crdconvert') };
  const conversion = { strategy: 'Webhook', webhook };
  const crd = crdOf({}, { group: 'stable.example.com', plural: 'crontabs', kind: 'CronTab', versions, spec: { conversion } });
  await install(cluster, crd);
  const path = (version: string): string => `/apis/stable.example.com/${version}/namespaces/default/crontabs`;
  const object = { apiVersion: 'stable.example.com/v2', kind: 'CronTab', metadata: { generateName: 'a-' }, host: 'localhost', port: '80' };
  const made = await ask(cluster, 'POST', path('v2'), object);
  expect(made).toMatchObject({ status: 201, body: { host: 'localhost', port: '80' } });
  const { body } = await ask<{ items: KubeObject[] }>(cluster, 'GET', path('v1'));
  expect(body.items).toMatchObject([
    { hostPort: 'localhost:80', metadata: { name: made.body.metadata.name, uid: made.body.metadata.uid } },
  ]);
  expect(cluster.errors).toEqual([]);
});
