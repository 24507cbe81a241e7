import { expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../harness.ts';

test('an object is created, read, changed, listed and deleted', async () => {
  const { request, errors } = makeTestCluster();
  const path = '/api/v1/namespaces/default/configmaps';
  const created = await request('POST', path, { metadata: { name: 'a' }, data: { x: '1' } });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  });
  const patched = await request('PATCH', `${path}/a`, { data: { y: '2' } }, { 'content-type': 'application/merge-patch+json' });
  expect(patched.body).toMatchObject({ data: { x: '1', y: '2' } });
  expect((await request<{ items: unknown[] }>('GET', path)).body.items).toHaveLength(1);
  expect((await request('DELETE', `${path}/a`)).body).toMatchObject({ kind: 'Status', status: 'Success' });
  const gone = await request('GET', `${path}/a`);
  expect(gone.status).toBe(404);
  expect(statusOf(gone)).toMatchObject({ reason: 'NotFound', message: 'configmaps "a" not found' });
  expect(errors).toEqual([]);
});
