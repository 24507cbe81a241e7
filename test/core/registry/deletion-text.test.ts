// What a deletion leaves in the log is the object as it was last, at the deletion's revision: as text and as value.

import { expect, test } from 'vitest';
import { customResourceDefinitions } from '../../../worker/resources/apiextensions/customresourcedefinition.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

/** Looks like a revision, and is none. */
const LOOKALIKE = '{"resourceVersion":"1"}';

function lastChange({ store }: TestCluster): { type: string; text: string; value: unknown; revision: number } {
  const [{ type, text, value, revision }] = store.changesAfter(store.revision - 1) as [never];
  return { type, text, value, revision };
}

function expectLast(cluster: TestCluster, want: object): void {
  const { type, text, value, revision } = lastChange(cluster);
  expect(type).toBe('deleted');
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toBe(JSON.stringify(value));
  expect(value).toMatchObject({ ...want, metadata: { resourceVersion: String(revision) } });
}

test.each([
  { name: 'as it was', given: {} },
  { name: 'with finalizers that went before', given: { finalizers: ['example.com/a'] } },
  { name: 'with what looks like a revision', given: { annotations: { a: LOOKALIKE, 'b.example.com/c': '"resourceVersion":"1"' } } },
])('a built-in object, $name', ({ given }) => {
  const cluster = makeTestCluster({ nodes: 0, alone: true });
  const { api } = cluster;
  const data = { a: LOOKALIKE };
  api.create(configMaps, { metadata: { name: 'c', namespace: 'default', ...given }, data });
  api.delete(configMaps, 'default', 'c');
  const held = api.get(configMaps, 'default', 'c');
  if (held) {
    const { finalizers: _, ...metadata } = held.metadata;
    api.update(configMaps, { ...held, metadata });
  }
  expectLast(cluster, { kind: 'ConfigMap', data });
});

test('a custom resource with a field before its metadata that looks like it', async () => {
  const cluster = makeTestCluster({ nodes: 0 });
  const { api, request } = cluster;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  api.create(customResourceDefinitions, {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  } as never);
  cluster.advance(10_000);
  const path = '/apis/example.com/v1/namespaces/default/things';
  const resourceVersion = String(cluster.store.revision + 1);
  const body = { apiVersion: 'example.com/v1', kind: 'Thing', early: { resourceVersion }, metadata: { name: 't' } };
  expect((await request('POST', path, body)).status).toBe(201);
  expect((await request('DELETE', `${path}/t`)).status).toBe(200);
  expectLast(cluster, { kind: 'Thing', early: { resourceVersion } });
});
