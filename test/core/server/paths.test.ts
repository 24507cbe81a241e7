// What every path and method leads to: an object, a Status, or Go's plain page for what nobody serves.

import { expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../harness.ts';

const NOTHING = 'the server could not find the requested resource';
const WRONG_METHOD = 'the server does not allow this method on the requested resource';
const PLAIN = '404 page not found\n';
const NS = '/api/v1/namespaces/default';

test.each([
  ['GET', '/nope', 404, PLAIN],
  ['GET', '/apis/nope', 404, PLAIN],
  ['GET', '/apis/nope/v1', 404, PLAIN],
  ['GET', '/apis/nope/v1/things', 404, PLAIN],
  ['GET', '/apis/apps/v9', 404, PLAIN],
  ['GET', '/apis/apps/v9/deployments', 404, PLAIN],
  ['GET', '/api/v2', 404, PLAIN],
  ['GET', '/api/v2/pods', 404, PLAIN],
  ['GET', '/healthz/nope', 404, PLAIN],
  ['GET', '/api/v1/watch', 404, PLAIN],
  ['POST', '/api', 405, WRONG_METHOD],
  ['DELETE', '/apis/apps/v1', 405, WRONG_METHOD],
  ['HEAD', '/version', 405, WRONG_METHOD],
  ['GET', '/api/v1/nope', 404, NOTHING],
  ['GET', '/api/v1/nope/x', 404, NOTHING],
  ['GET', '/apis/apps/v1/nope', 404, NOTHING],
  ['GET', `${NS}/pods/a/nope`, 404, NOTHING],
  ['GET', `${NS}/configmaps/a%2Fb`, 404, NOTHING],
  ['GET', `${NS}/configmaps/a/status`, 404, NOTHING],
  ['GET', `${NS}/pods/a/status/more`, 404, NOTHING],
  ['GET', '/api/v1/pods/a', 404, NOTHING],
  ['GET', '/api/v1/proxy/nodes/a', 404, NOTHING],
  ['GET', '/api/v1/watch/namespaces/default/pods/a/status', 404, NOTHING],
  ['GET', `${NS}/nodes`, 404, NOTHING],
  ['GET', `${NS}//configmaps`, 404, NOTHING],
  ['GET', `${NS}/bindings/a`, 404, NOTHING],
  ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews/a', 404, NOTHING],
  ['POST', `${NS}/configmaps/a`, 405, WRONG_METHOD],
  ['PUT', `${NS}/configmaps`, 405, WRONG_METHOD],
  ['PATCH', `${NS}/configmaps`, 405, WRONG_METHOD],
  ['HEAD', `${NS}/configmaps`, 405, WRONG_METHOD],
  ['OPTIONS', `${NS}/configmaps`, 405, WRONG_METHOD],
  ['FROB', `${NS}/configmaps`, 405, WRONG_METHOD],
  ['POST', '/api/v1/pods', 405, WRONG_METHOD],
  ['DELETE', '/api/v1/pods', 405, WRONG_METHOD],
  ['DELETE', '/api/v1/namespaces', 405, WRONG_METHOD],
  ['GET', `${NS}/bindings`, 405, WRONG_METHOD],
  ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 405, WRONG_METHOD],
  ['POST', '/api/v1/componentstatuses', 405, WRONG_METHOD],
  ['DELETE', `${NS}/serviceaccounts/default/token`, 405, WRONG_METHOD],
  ['POST', `${NS}/pods/a/status`, 405, WRONG_METHOD],
  ['POST', '/api/v1/watch/pods', 405, WRONG_METHOD],
  ['GET', '/api/v1/componentstatuses?watch=1', 405, 'watch is not supported on resources of kind "componentstatuses"'],
  ['GET', `${NS}/configmaps/nope`, 404, 'configmaps "nope" not found'],
  ['GET', `${NS}/configmaps/nope/`, 404, 'configmaps "nope" not found'],
  ['GET', '/api/v1/namespaces/nope', 404, 'namespaces "nope" not found'],
  ['GET', '/api/v1/namespaces/nope/status', 404, 'namespaces "nope" not found'],
  ['GET', `${NS}/configmaps?timeout=soon`, 400, 'invalid timeout specified in the request URL - time: invalid duration "soon"'],
])('%s %s: %i', async (method, path, status, message) => {
  const { request, errors } = makeTestCluster();
  const reply = await request(method, path);
  expect(reply.status).toBe(status);
  expect(typeof reply.body === 'string' ? reply.body : statusOf(reply).message).toBe(message);
  expect(errors).toEqual([]);
});

test.each([
  '/',
  '/api',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/version',
  '/healthz',
  '/livez/ping',
  '/readyz/shutdown',
  '/api/v1/pods',
  `${NS}/pods/`,
])('GET %s is served', async (path) => {
  const { request } = makeTestCluster();
  expect((await request('GET', path)).status).toBe(200);
});

test('refusals say what upstream says of them', async () => {
  const { request } = makeTestCluster();
  const unknown = statusOf(await request('GET', '/api/v1/nope'));
  expect(unknown).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: NOTHING,
    reason: 'NotFound',
    details: {},
    code: 404,
  });
  const method = statusOf(await request('PUT', `${NS}/configmaps`));
  expect(method).toMatchObject({ reason: 'MethodNotAllowed', details: {}, code: 405 });
});

test('health checks can be told apart, left out, and named', async () => {
  const { request } = makeTestCluster();
  expect((await request('GET', '/healthz')).body).toBe('ok');
  const verbose = (await request<string>('GET', '/readyz?verbose')).body.split('\n');
  expect(verbose).toEqual(
    expect.arrayContaining([
      '[+]ping ok',
      '[+]etcd ok',
      '[+]etcd-readiness ok',
      '[+]informer-sync ok',
      '[+]shutdown ok',
      'readyz check passed',
    ]),
  );
  expect((await request<string>('GET', '/livez?verbose')).body).not.toContain('[+]informer-sync ok');
  const excluded = (await request<string>('GET', '/livez?verbose&exclude=etcd&exclude=nope')).body;
  expect(excluded).toContain('[+]etcd excluded: ok\n');
  expect(excluded).toContain('warn: some health checks cannot be excluded: no matches for "nope"\n');
  const paths = (await request<{ paths: string[] }>('GET', '/')).body.paths;
  expect(paths).toEqual([...paths].sort());
  expect(paths).toEqual(
    expect.arrayContaining(['/api/v1', '/apis/apps/v1', '/healthz/etcd', '/readyz/shutdown', '/openapi/v2', '/version']),
  );
});

test('what health checks said is counted', async () => {
  const { request } = makeTestCluster();
  for (const path of ['/healthz', '/healthz/etcd', '/readyz?exclude=ping']) await request('GET', path);
  const { body } = await request<string>('GET', '/metrics/slis');
  expect(body).toContain('# TYPE kubernetes_healthcheck gauge\nkubernetes_healthcheck{name="autoregister-completion",type="healthz"} 1\n');
  expect(body).toContain('kubernetes_healthchecks_total{name="etcd",status="success",type="healthz"} 2\n');
  expect(body).toContain('kubernetes_healthchecks_total{name="ping",status="success",type="readyz"} 1\n');
  expect(body).toContain('kubernetes_healthchecks_total{name="log",status="success",type="readyz"} 2\n');
});

test('every answer may be traced, and none is cached', async () => {
  const { request } = makeTestCluster();
  const { headers } = await request('GET', '/api/v1/namespaces', undefined, { 'audit-id': 'a-1' });
  expect(headers).toMatchObject({ 'audit-id': 'a-1', 'cache-control': 'no-cache, private', 'content-type': 'application/json' });
  const ids = await Promise.all(['/api/v1/namespaces', '/api/v1/none', '/livez'].map((path) => request('GET', path)));
  expect(new Set(ids.map((one) => one.headers['audit-id'])).size).toBe(3);
  expect(ids[0]!.headers['audit-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
