// PATCH through the API: what each type answers to what it cannot take.

import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../worker/api/object.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = makeTestCluster();
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'ns' } });
  await cluster.request('POST', '/api/v1/namespaces/ns/configmaps', { metadata: { name: 'c' }, data: { a: '1' } });
  await cluster.request('PATCH', MAP, { metadata: { managedFields: [] } }, { 'content-type': TYPES.merge });
});

const MAP = '/api/v1/namespaces/ns/configmaps/c';
const TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const patch = (type: keyof typeof TYPES, body: unknown, query = '', path = MAP) =>
  cluster.request<KubeObject & Record<string, never>>('PATCH', `${path}${query}`, typeof body === 'string' ? body : JSON.stringify(body), {
    'content-type': TYPES[type],
  });
const get = async (): Promise<Record<string, unknown>> => (await cluster.request<Record<string, unknown>>('GET', MAP)).body;

describe('all types do the same', () => {
  test.each<[keyof typeof TYPES, unknown]>([
    [
      'json',
      [
        { op: 'replace', path: '/data/a', value: '2' },
        { op: 'add', path: '/data/b', value: '3' },
      ],
    ],
    ['merge', { data: { a: '2', b: '3' } }],
    ['strategic', { data: { a: '2', b: '3' } }],
    ['apply', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '2', b: '3' } }],
  ])('%s', async (type, body) => {
    const { status, body: answer } = await patch(type, body, '?fieldManager=me&force=true'.slice(0, type === 'apply' ? undefined : 16));
    expect(status, JSON.stringify(answer)).toBe(200);
    expect(answer['data']).toEqual({ a: '2', b: '3' });
    expect((await get())['data']).toEqual({ a: '2', b: '3' });
  });
});

describe('a body that is none', () => {
  test.each<{ type: keyof typeof TYPES; body: string; query?: string; message: string }>([
    { type: 'json', body: '{', message: 'error decoding patch: unexpected end of JSON input' },
    { type: 'json', body: '{', query: '?fieldValidation=Ignore', message: 'unexpected end of JSON input' },
    { type: 'merge', body: 'nope', message: "error decoding patch: invalid character 'o' in literal null (expecting 'u')" },
    { type: 'merge', body: 'nope', query: '?fieldValidation=Ignore', message: 'Invalid JSON Patch' },
    { type: 'strategic', body: '', message: 'unexpected end of JSON input' },
    {
      type: 'json',
      body: '{}',
      message: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    },
    {
      type: 'json',
      body: '{}',
      query: '?fieldValidation=Ignore',
      message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    },
    {
      type: 'json',
      body: '[1]',
      message: 'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
    },
    {
      type: 'json',
      body: '[true]',
      query: '?fieldValidation=Ignore',
      message: 'json: cannot unmarshal bool into Go value of type jsonpatch.Operation',
    },
    {
      type: 'json',
      body: '[{"op":1}]',
      message: 'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
    },
    {
      type: 'merge',
      body: '[]',
      message: 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    },
    { type: 'merge', body: '"x"', query: '?fieldValidation=Ignore', message: 'Invalid JSON Patch' },
    { type: 'merge', body: 'null', message: 'Invalid JSON Patch' },
    { type: 'strategic', body: '"x"', message: 'json: cannot unmarshal string into Go value of type map[string]interface {}' },
  ])('$type $body $query', async ({ type, body, query, message }) => {
    const reply = await patch(type, body, query);
    expect(statusOf(reply)).toMatchObject({ code: 400, reason: 'BadRequest', message });
  });

  test.each<keyof typeof TYPES>(['json', 'strategic'])('null is a %s patch of nothing', async (type) => {
    const before = await get();
    expect((await patch(type, 'null')).body).toEqual(before);
  });

  test('an unknown type', async () => {
    const reply = await cluster.request('PATCH', MAP, {}, { 'content-type': 'application/json' });
    expect(statusOf(reply)).toMatchObject({
      code: 415,
      message: `the body of the request was in an unknown format - accepted media types include: ${Object.values(TYPES).join(', ')}`,
    });
  });
});

describe('a patch that does not apply', () => {
  const NOT_SAID = 'the server rejected our request due to an error in our request';
  test.each<{ name: string; type: keyof typeof TYPES; body: unknown; code: number; reason: string | undefined; message: string }>([
    { name: 'no such place', type: 'json', body: [{ op: 'remove', path: '/data/x' }], code: 422, reason: 'Invalid', message: NOT_SAID },
    {
      name: 'a test that fails',
      type: 'json',
      body: [{ op: 'test', path: '/data/a', value: '2' }],
      code: 422,
      reason: 'Invalid',
      message: NOT_SAID,
    },
    {
      name: 'too many operations',
      type: 'json',
      body: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' })),
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    },
    {
      name: 'a list of lists',
      type: 'strategic',
      body: { metadata: { finalizers: [['a']] } },
      code: 500,
      reason: undefined,
      message: 'cannot restore',
    },
    {
      name: 'keys to retain that are none',
      type: 'strategic',
      body: { $retainKeys: 1 },
      code: 400,
      reason: 'BadRequest',
      message: 'invalid patch format of retainKeys',
    },
    {
      name: 'another name',
      type: 'merge',
      body: { metadata: { name: 'd' } },
      code: 400,
      reason: 'BadRequest',
      message: 'the name of the object (d) does not match the name on the URL (c)',
    },
    {
      name: 'no name',
      type: 'merge',
      body: { metadata: { name: null } },
      code: 400,
      reason: 'BadRequest',
      message: 'the name of the object (c based on URL) was undeterminable: name must be provided',
    },
    {
      name: 'another namespace',
      type: 'merge',
      body: { metadata: { namespace: 'd' } },
      code: 400,
      reason: 'BadRequest',
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    },
    {
      name: 'another revision',
      type: 'merge',
      body: { metadata: { resourceVersion: '1' } },
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    },
    {
      name: 'another uid',
      type: 'merge',
      body: { metadata: { uid: 'u' } },
      code: 422,
      reason: 'Invalid',
      message: 'ConfigMap "c" is invalid: metadata.uid: Invalid value: "u": field is immutable',
    },
  ])('$name, $type', async ({ type, body, code, reason, message, name }) => {
    const before = await get();
    const status = statusOf(await patch(type, body));
    if (name === 'a list of lists')
      expect(status).toMatchObject({
        code: 422,
        message: expect.stringContaining(
          'patch: Invalid value: "map[metadata:map[finalizers:[[a]]]]": unrecognized type: string',
        ) as string,
      });
    else expect({ code: status.code, reason: status.reason, message: status.message }).toEqual({ code, reason, message });
    expect(await get()).toEqual(before);
  });

  test('of nothing there is to patch', async () => {
    for (const type of ['json', 'merge', 'strategic'] as const)
      expect(statusOf(await patch(type, 'nonsense', '', `${MAP}x`))).toMatchObject({ code: 404, message: 'configmaps "cx" not found' });
  });
});

describe('an outcome that is no such object', () => {
  const text = async (data: string): Promise<string> => {
    const { metadata } = (await get()) as unknown as KubeObject;
    return `{"apiVersion":"v1","data":${data},"kind":"ConfigMap","metadata":${JSON.stringify(metadata)}}`;
  };

  test('of JSON and merge patches the whole text is shown', async () => {
    const reply = await patch('merge', { data: { a: 1, '0': '2' } });
    expect(statusOf(reply)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: Invalid value: ${JSON.stringify(await text('{"0":"2","a":1}'))}: json: cannot unmarshal number into Go struct field ConfigMap.data of type string`,
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] },
    });
  });

  test('of strategic patches the patch', async () => {
    const reply = await patch('strategic', { data: { b: 1, a: '2' } });
    expect(statusOf(reply)).toMatchObject({
      code: 422,
      message: ' "" is invalid: patch: Invalid value: "map[data:map[a:2 b:1]]": cannot convert int64 to string',
    });
  });

  test.each<[string, object, string]>([
    ['a struct', { metadata: 'x' }, 'cannot restore struct from: string'],
    ['a map', { data: [1] }, 'cannot restore map from slice'],
    ['a list', { metadata: { finalizers: { a: 'b' } } }, 'cannot restore slice from map'],
    ['a boolean', { immutable: 'yes' }, 'unrecognized type: bool'],
    ['a number', { metadata: { generation: 'x' } }, 'unrecognized type: int64'],
    ['a whole number', { metadata: { generation: 1.5 } }, 'cannot convert float64 to int64'],
    [
      'a time',
      { metadata: { deletionTimestamp: 'now' } },
      'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    ],
    ['text', { data: { a: true } }, 'unrecognized type: string'],
    ['bytes', { binaryData: { a: 1 } }, 'cannot restore slice from int64'],
  ])('strategic: no %s', async (_, body, problem) => {
    const { message } = statusOf(await patch('strategic', body));
    expect(message).toMatch(/^ "" is invalid: patch: Invalid value: "map\[/);
    expect(message!.endsWith(`": ${problem}`), message).toBe(true);
  });

  test.each<[string, object, string]>([
    ['an unknown kind', { kind: 'Foo' }, 'no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'],
    ['another kind', { kind: 'Secret' }, 'converting (v1.Secret) to (core.ConfigMap): unknown conversion'],
    [
      'an unknown version',
      { apiVersion: 'v9' },
      'no kind "ConfigMap" is registered for version "v9" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
  ])('%s, for JSON and merge patches', async (_, body, problem) => {
    expect(statusOf(await patch('merge', body)).message!.endsWith(`: ${problem}`)).toBe(true);
    const before = await get();
    expect((await patch('strategic', body)).body).toEqual(before);
  });
});

describe('strictness', () => {
  const unknown = 'unknown field "dta"';
  test.each<{ name: string; type: keyof typeof TYPES; body: unknown; problems: string[] }>([
    {
      name: 'unknown fields',
      type: 'merge',
      body: { dta: {}, metadata: { lbls: {} } },
      problems: [unknown, 'unknown field "metadata.lbls"'],
    },
    {
      name: 'unknown fields, sorted',
      type: 'strategic',
      body: { metadata: { lbls: {} }, dta: {} },
      problems: [unknown, 'unknown field "metadata.lbls"'],
    },
    { name: 'unknown fields', type: 'json', body: [{ op: 'add', path: '/dta', value: {} }], problems: [unknown] },
    { name: 'repeated fields', type: 'merge', body: '{"data":{"a":"1","a":"2"}}', problems: ['duplicate field "data.a"'] },
    { name: 'repeated fields', type: 'strategic', body: '{"data":{"a":"1","a":"2"}}', problems: ['duplicate field "data.a"'] },
    {
      name: 'operations with more or twice',
      type: 'json',
      body: '[{"op":"add","op":"add","path":"/data/b","value":"1","x":1}]',
      problems: ['json patch duplicate field "[0].op"', 'json patch unknown field "[0].x"'],
    },
  ])('$name, $type', async ({ type, body, problems }) => {
    const before = await get();
    const strict = statusOf(await patch(type, body, '?fieldValidation=Strict'));
    expect(strict).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(strict.message!.endsWith(`": strict decoding error: ${problems.join(', ')}`), strict.message).toBe(true);
    expect(await get()).toEqual(before);
    expect((await patch(type, body, '?fieldValidation=Ignore')).warnings).toEqual([]);
    const warned = await patch(type, body);
    expect(warned.status).toBe(200);
    expect(warned.warnings).toEqual(problems);
  });
});

test('who may patch but not create is refused what an apply or a put would create', async () => {
  await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'patcher' },
    rules: [{ apiGroups: ['', 'coordination.k8s.io'], resources: ['configmaps', 'leases'], verbs: ['patch', 'update', 'get'] }],
  });
  await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'patcher' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'patcher' },
    subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  const jane = { 'impersonate-user': 'jane', 'content-type': TYPES.apply };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } };
  const created = await cluster.request('PATCH', '/api/v1/namespaces/ns/configmaps/new?fieldManager=me', body, jane);
  expect(statusOf(created)).toMatchObject({
    code: 403,
    message: 'configmaps "new" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "ns"',
  });
  const changed = await cluster.request('PATCH', `${MAP}?fieldManager=me`, { ...body, metadata: { name: 'c' } }, jane);
  expect(changed.status).toBe(200);
});
