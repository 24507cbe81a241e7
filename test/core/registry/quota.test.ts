// A sandbox that is full: nothing new, nothing larger; what makes it smaller always.

import { expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../harness.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, size = 0): object => ({ metadata: { name }, data: { a: 'x'.repeat(size) } });

test('no object beyond the number allowed', async () => {
  const { cluster, request } = makeTestCluster({ quota: { objects: 100_000, bytes: 1e9 } });
  const { objects } = cluster.size;
  const full = makeTestCluster({ quota: { objects: objects + 1, bytes: 1e9 } });
  expect((await request('POST', PATH, configMap('a'))).status).toBe(201);
  expect((await full.request('POST', PATH, configMap('a'))).status).toBe(201);
  const before = full.cluster.registry.revision;
  const refused = await full.request('POST', PATH, configMap('b'));
  expect(refused.status).toBe(403);
  expect(statusOf(refused)).toMatchObject({
    reason: 'Forbidden',
    message: `configmaps "b" is forbidden: the sandbox is full with ${objects + 1} objects: delete what is not needed, or make another sandbox`,
  });
  expect(full.cluster.registry.revision).toBe(before);
  expect((await full.request('PUT', `${PATH}/a`, configMap('a', 10))).status).toBe(200);
  expect((await full.request('DELETE', `${PATH}/a`)).status).toBe(200);
  expect((await full.request('POST', PATH, configMap('b'))).status).toBe(201);
});

test('no growth beyond the size allowed', async () => {
  const limit = makeTestCluster().cluster.size.bytes + 5000;
  const { cluster, request } = makeTestCluster({ quota: { objects: 1e6, bytes: limit } });
  expect((await request('POST', PATH, configMap('a', 3000))).status).toBe(201);
  expect(statusOf(await request('POST', PATH, configMap('b', 3000))).message).toContain('the sandbox is full with 0 MB of objects');
  expect((await request('PUT', `${PATH}/a`, configMap('a', 6000))).status).toBe(403);
  expect((await request('PUT', `${PATH}/a`, { metadata: { name: 'a', finalizers: ['x/y'] } })).status).toBe(200);
  for (let size = 5000; (await request('POST', PATH, configMap('fill', size))).status === 403; size -= 10);
  expect(limit - cluster.size.bytes).toBeLessThan(20);
  expect((await request('POST', PATH, configMap('c'))).status).toBe(403);
  // A mark of deletion makes an object larger, too.
  expect((await request('DELETE', `${PATH}/a`)).status).toBe(200);
  expect(cluster.size.bytes).toBeGreaterThan(limit);
  expect((await request('DELETE', `${PATH}/fill`)).status).toBe(200);
  expect((await request('POST', PATH, configMap('c'))).status).toBe(201);
});
