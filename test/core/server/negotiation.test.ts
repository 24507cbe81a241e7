// The forms of an answer: JSON, YAML, protobuf; objects, Tables, bare metadata; for one object, a list, a refusal.

import { beforeAll, describe, expect, test } from 'vitest';
import { decodeProtobuf } from '../../../worker/api/protobuf/decode.ts';
import { parseEnvelope } from '../../../worker/api/protobuf/envelope.ts';
import { builtinType } from '../../../worker/resources/schema/index.ts';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import type { HttpReply } from '../../../worker/server/http.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const as = (kind: string, version = 'v1', type = 'application/json'): string => `${type};as=${kind};g=meta.k8s.io;v=${version}`;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = makeTestCluster({ alone: true });
  await cluster.request('POST', CONFIG_MAPS, { metadata: { name: 'a', labels: { app: 'web' } }, data: { b: 'yes', a: 'x: y\n' } });
});

const get = (path: string, accept: string, headers: Record<string, string> = {}): ReturnType<TestCluster['request']> =>
  cluster.request('GET', path, undefined, { accept, ...headers });

const raw = async (path: string, headers: Record<string, string> = {}): Promise<HttpReply> =>
  (await cluster.send('GET', path, undefined, headers)) as HttpReply;

/** Bytes of an answer that is not text. */
async function bytesOf(path: string, accept: string): Promise<{ type: string; bytes: Uint8Array }> {
  const reply = await raw(path, { accept });
  return { type: reply.headers['content-type'] ?? '', bytes: reply.body as Uint8Array };
}

describe('accepts', () => {
  test.each([
    ['nothing in particular', '', 'application/json', 'ConfigMap'],
    ['anything', '*/*', 'application/json', 'ConfigMap'],
    ['any application', 'application/*', 'application/json', 'ConfigMap'],
    ['YAML', 'application/yaml', 'application/yaml', undefined],
    ['the better one', 'application/yaml;q=0.5, application/json', 'application/json', 'ConfigMap'],
    ['what is there', 'text/html, application/json;q=0.1', 'application/json', 'ConfigMap'],
    ['a Table', as('Table'), 'application/json', 'Table'],
    ['a Table of old', as('Table', 'v1beta1'), 'application/json', 'Table'],
    ['bare metadata', as('PartialObjectMetadata'), 'application/json', 'PartialObjectMetadata'],
    ['kubectl', `${as('Table')},${as('Table', 'v1beta1')},application/json`, 'application/json', 'Table'],
    ['a Table in protobuf, or JSON', `${as('Table', 'v1', PROTOBUF)},application/json`, 'application/json', 'ConfigMap'],
    ['a Table of a version to come, or JSON', `${as('Table', 'v2')},application/json`, 'application/json', 'ConfigMap'],
    ['a version of the server', 'application/json;sv=v1', 'application/json', 'ConfigMap'],
  ])('%s', async (_name, accept, type, kind) => {
    const reply = await get(`${CONFIG_MAPS}/a`, accept);
    expect({ status: reply.status, type: reply.headers['content-type'] }).toEqual({ status: 200, type });
    if (kind) expect(reply.body).toMatchObject({ kind });
  });

  test.each([
    ['another type', CONFIG_MAPS, 'text/html', `only the following media types are accepted: ${TYPES}`],
    ['CBOR', CONFIG_MAPS, 'application/cbor', `only the following media types are accepted: ${TYPES}`],
    ['a Table of a version to come', CONFIG_MAPS, as('Table', 'v2'), `only the following media types are accepted: ${TYPES}`],
    ['a Table in protobuf', CONFIG_MAPS, as('Table', 'v1', PROTOBUF), `only the following media types are accepted: ${TYPES}`],
    ['another kind', CONFIG_MAPS, as('Pod'), `only the following media types are accepted: ${TYPES}`],
    [
      'one of a list',
      CONFIG_MAPS,
      as('PartialObjectMetadata'),
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
    ],
    [
      'a list of one',
      `${CONFIG_MAPS}/a`,
      as('PartialObjectMetadataList'),
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    ],
  ])('not %s', async (_name, path, accept, message) => {
    const reply = await get(path, accept);
    expect(reply.status).toBe(406);
    expect(statusOf(reply)).toMatchObject({ reason: 'NotAcceptable', message });
  });
});

test('a watch cannot be YAML; that is said in YAML', async () => {
  const { status, body } = await get(`${CONFIG_MAPS}?watch=1`, 'application/yaml');
  expect({ status, body }).toMatchObject({
    status: 406,
    body: expect.stringMatching(
      /kind: Status\nmessage: 'only the following media types are accepted: application\/json;stream=watch,\n {2}application\/vnd\.kubernetes\.protobuf;stream=watch'\n/,
    ) as string,
  });
});

test('YAML is sorted, and quotes what would be read as something else', async () => {
  const { body } = await get(`${CONFIG_MAPS}/a`, 'application/yaml');
  expect(body).toMatch(
    /^apiVersion: v1\ndata:\n {2}a: \|\n {4}x: y\n {2}b: "yes"\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: "2026-01-01T00:00:00Z"\n/,
  );
});

test('a person gets JSON over several lines', async () => {
  const curl = { 'user-agent': 'curl/8.0' };
  expect((await raw(`${CONFIG_MAPS}/a`, curl)).body).toContain('{\n  "kind": "ConfigMap",');
  expect((await raw(`${CONFIG_MAPS}/a?pretty=false`, curl)).body).toMatch(/^\{"kind":"ConfigMap",.*\}\n$/);
  expect((await raw(`${CONFIG_MAPS}?pretty=true`)).body).toContain('"items": [\n    {\n      "metadata"');
  expect((await raw(`${CONFIG_MAPS}/a?pretty=maybe`)).body).toMatch(/^\{"kind"/);
});

test('an object, a list and a refusal in protobuf', async () => {
  const object = await bytesOf(`${CONFIG_MAPS}/a`, PROTOBUF);
  expect(object.type).toBe(PROTOBUF);
  const { kind, apiVersion, raw: message } = parseEnvelope(object.bytes);
  const { body } = await get(`${CONFIG_MAPS}/a`, '');
  expect({ kind, apiVersion, ...decodeProtobuf(message, builtinType('core.v1.ConfigMap')) }).toEqual(body);

  const list = parseEnvelope((await bytesOf(CONFIG_MAPS, PROTOBUF)).bytes);
  expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
  const schema = builtinType('core.v1.ConfigMap');
  const asList = { kind: 'struct', name: 'test.v1.List', atomic: false, fields: new Map(), members: [] } as never as typeof schema;
  const field = (name: string, number: number, type: object): void => {
    const made = { name, type, omit: 'empty', pointer: false, optional: true, number, wrapped: false } as never;
    (asList.fields as Map<string, unknown>).set(name, made);
    (asList.members as unknown[]).push({ field: made });
  };
  field('metadata', 1, builtinType('meta.v1.ListMeta'));
  field('items', 2, { kind: 'list', of: schema, list: 'atomic', keys: [] });
  expect(decodeProtobuf(list.raw, asList)).toMatchObject({ items: [{ metadata: { name: 'a' }, data: { b: 'yes' } }] });

  const refusal = parseEnvelope((await bytesOf(`${CONFIG_MAPS}/nope`, PROTOBUF)).bytes);
  expect(refusal).toMatchObject({ kind: 'Status', apiVersion: 'v1' });
  expect(decodeProtobuf(refusal.raw, builtinType('meta.v1.Status'))).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "nope" not found',
  });
});

test.each([
  ['/api', { kind: 'APIVersions', apiVersion: '' }, 'meta.v1.APIVersions', { versions: ['v1'] }],
  ['/api/v1', { kind: 'APIResourceList', apiVersion: '' }, 'meta.v1.APIResourceList', { groupVersion: 'v1' }],
  ['/apis/apps', { kind: 'APIGroup', apiVersion: 'v1' }, 'meta.v1.APIGroup', { name: 'apps' }],
])('discovery may come as protobuf: %s', async (path, type, schema, want) => {
  const { kind, apiVersion, raw: message } = parseEnvelope((await bytesOf(path, PROTOBUF)).bytes);
  expect({ kind, apiVersion }).toEqual(type);
  expect(decodeProtobuf(message, builtinType(schema))).toMatchObject(want);
});

test('bare metadata may come as protobuf', async () => {
  const { bytes } = await bytesOf(`${CONFIG_MAPS}/a`, as('PartialObjectMetadata', 'v1', PROTOBUF));
  const { kind, apiVersion, raw: message } = parseEnvelope(bytes);
  expect({ kind, apiVersion }).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
  expect(decodeProtobuf(message, builtinType('meta.v1.PartialObjectMetadata'))).toMatchObject({
    metadata: { name: 'a', labels: { app: 'web' } },
  });
});

test.each([
  ['', { kind: 'PartialObjectMetadata', metadata: { name: 'a' } }],
  ['Metadata', { kind: 'PartialObjectMetadata', metadata: { name: 'a' } }],
  ['Object', { kind: 'ConfigMap', data: { b: 'yes' } }],
  ['None', null],
])('rows of a Table hold objects as asked for: %s', async (include, want) => {
  const { body } = await get(`${CONFIG_MAPS}?includeObject=${include}`, as('Table'));
  const table = body as { columnDefinitions: unknown[]; rows: { cells: unknown[]; object: unknown }[] };
  expect(table.columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
  expect(table.rows).toHaveLength(1);
  expect(table.rows[0]!.cells[0]).toBe('a');
  if (want === null) expect(table.rows[0]!.object).toBeNull();
  else expect(table.rows[0]!.object).toMatchObject(want);
});

test('rows hold nothing else', async () => {
  const reply = await get(`${CONFIG_MAPS}?includeObject=All`, as('Table'));
  expect(statusOf(reply)).toMatchObject({
    code: 400,
    message: `Unable to convert to Table as requested: includeObject: Invalid value: "All": must be 'Metadata', 'Object', 'None', or empty`,
  });
});

test('an object asked for alone is JSON as it is stored', async () => {
  const text = (await raw(`${CONFIG_MAPS}/a`, { accept: 'application/json' })).body;
  expect(text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a","namespace":"default","uid":/);
  expect(text).toMatch(/\}\n$/);
});
