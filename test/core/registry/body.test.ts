// Bodies as they come over the wire, each sent as the creation of a ConfigMap unless it says otherwise.

import { expect, test } from 'vitest';
import { utf8 } from '../../../worker/lib/text.ts';
import { ProtobufWriter } from '../../../worker/lib/protobuf.ts';
import { makeTestCluster, statusOf } from '../harness.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const YAML = 'application/yaml';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

/** A message of texts and messages by field number; a list repeats the field. */
type Message = { readonly [field: number]: string | Message | readonly (string | Message)[] };

function write(writer: ProtobufWriter, message: Message): void {
  for (const [number, value] of Object.entries(message)) {
    for (const one of (Array.isArray(value) ? value : [value]) as (string | Message)[]) {
      writer.tag(Number(number), 2);
      if (typeof one === 'string') writer.string(one);
      else {
        const start = writer.begin();
        write(writer, one);
        writer.end(start);
      }
    }
  }
}

function protobuf(apiVersion: string, kind: string, message: Message): Uint8Array {
  const writer = new ProtobufWriter();
  writer.raw(new Uint8Array([0x6b, 0x38, 0x73, 0]));
  write(writer, { 1: { 1: apiVersion, 2: kind }, 2: message });
  return writer.finish();
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('protobuf makes the object that JSON makes', async () => {
  const { request } = makeTestCluster();
  const message = { 1: { 1: 'a', 11: [{ 1: 'app', 2: 'web' }] }, 2: [{ 1: 'x', 2: 'ü' }, { 1: 'y' }] };
  const created = await request('POST', CONFIG_MAPS, protobuf('v1', 'ConfigMap', message), { 'content-type': PROTOBUF });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ metadata: { name: 'a', labels: { app: 'web' } }, data: { x: 'ü', y: '' } });
});

test('a deletion reads its options from protobuf', async () => {
  const { request } = makeTestCluster();
  await request('POST', CONFIG_MAPS, { metadata: { name: 'a' } });
  const options = protobuf('v1', 'DeleteOptions', { 2: { 1: 'another-uid' } });
  const refused = await request('DELETE', `${CONFIG_MAPS}/a`, options, { 'content-type': PROTOBUF });
  expect(refused.status).toBe(409);
  expect(statusOf(refused).message).toContain('Precondition failed: UID in precondition: another-uid');
});

const NOT_RECOGNIZED = 'the object provided is unrecognized (must be of type ConfigMap): ';
const NOT_JSON = `${NOT_RECOGNIZED}couldn't get version/kind; json parse error: `;
const NOT_A_CONFIG_MAP = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: ';

test.each([
  { name: 'nothing', body: '', want: `${NOT_JSON}unexpected end of JSON input (<empty>)` },
  { name: 'no JSON', body: 'not json\n', want: `${NOT_JSON}invalid character 'o' in literal null (expecting 'u') (6e6f74206a736f6e0a)` },
  { name: 'JSON that ends early', body: '{"kind":"ConfigMap",', want: `${NOT_JSON}unexpected end of JSON input ({"kind":"ConfigMap",)` },
  {
    name: 'a list',
    body: '[]',
    want: `${NOT_JSON}json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)`,
  },
  {
    name: 'a number for a kind',
    body: '{"kind":5}',
    want: `${NOT_JSON}json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})`,
  },
  {
    name: 'a version of three parts',
    body: '{"apiVersion":"a/b/c"}',
    want: `${NOT_RECOGNIZED}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`,
  },
  {
    name: 'a kind that is not known',
    body: '{"kind":"Foo","apiVersion":"v1"}',
    want: 'Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  },
  {
    name: 'another kind',
    body: '{"kind":"Pod","apiVersion":"v1"}',
    want: 'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
  },
  {
    name: 'a version that is not known',
    body: '{"kind":"ConfigMap","apiVersion":"v2"}',
    want: 'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  },
  {
    name: 'another version of the kind',
    path: '/apis/apps/v1/namespaces/default/deployments',
    body: '{"kind":"Deployment","apiVersion":"apps/v1beta1"}',
    want: 'the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)',
  },
  {
    name: 'a wrong value in a map',
    body: '{"data":{"a":5}}',
    want: `${NOT_A_CONFIG_MAP}json: cannot unmarshal number into Go struct field ConfigMap.data of type string`,
  },
  {
    name: 'wrong values: the first one in the source is named',
    body: '{"immutable":"x","data":[]}',
    want: `${NOT_A_CONFIG_MAP}json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool`,
  },
  { name: 'bad base64', body: '{"binaryData":{"a":"x*=="}}', want: `${NOT_A_CONFIG_MAP}illegal base64 data at input byte 1` },
  {
    name: 'a number that a type of its own does not take',
    body: '{"metadata":{"creationTimestamp":7}}',
    want: `${NOT_A_CONFIG_MAP}json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string`,
  },
  {
    name: 'a time that is none',
    body: '{"metadata":{"creationTimestamp":"2026-13-01T00:00:00Z"}}',
    want: `${NOT_A_CONFIG_MAP}parsing time "2026-13-01T00:00:00Z": month out of range`,
  },
  {
    name: 'a whole number with a fraction',
    body: '{"metadata":{"generation":1.0}}',
    want: `${NOT_A_CONFIG_MAP}json: cannot unmarshal number 1.0 into Go struct field ObjectMeta.metadata.generation of type int64`,
  },
  {
    name: 'a number beyond 64 bits',
    body: '{"metadata":{"generation":9223372036854775808}}',
    want: `${NOT_A_CONFIG_MAP}json: cannot unmarshal number 9223372036854775808 into Go struct field ObjectMeta.metadata.generation of type int64`,
  },
  {
    name: 'a quantity that is none',
    path: '/api/v1/namespaces/default/pods',
    body: '{"spec":{"containers":[{"resources":{"limits":{"cpu":"1ii"}}}]}}',
    want: 'Pod in version "v1" cannot be handled as a Pod: unable to parse quantity\'s suffix',
  },
  {
    name: 'YAML that is none',
    type: YAML,
    body: 'a: b: c\n',
    want: `${NOT_RECOGNIZED}yaml: line 1: mapping values are not allowed in this context (613a20623a20630a)`,
  },
  {
    name: 'protobuf without its beginning',
    type: PROTOBUF,
    body: bytes(1, 2),
    want: `${NOT_RECOGNIZED}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (0102)`,
  },
  { name: 'protobuf without a body', type: PROTOBUF, body: bytes(0x6b, 0x38, 0x73, 0), want: `${NOT_RECOGNIZED}empty body (6b387300)` },
  {
    name: 'protobuf that ends early',
    type: PROTOBUF,
    body: bytes(0x6b, 0x38, 0x73, 0, 0x0a, 9),
    want: `${NOT_RECOGNIZED}unexpected EOF (6b3873000a09)`,
  },
  {
    name: 'protobuf with a wrong wire type',
    type: PROTOBUF,
    body: protobuf('v1', 'ConfigMap', { 4: 'x' }),
    want: `${NOT_A_CONFIG_MAP}proto: wrong wireType = 2 for field Immutable`,
  },
  {
    name: 'protobuf of another kind',
    type: PROTOBUF,
    body: protobuf('v1', 'Pod', {}),
    want: 'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
  },
  {
    name: 'too many values inside each other',
    body: `{"a":${'['.repeat(1200)}${']'.repeat(1200)}}`,
    want: /^the object provided is unrecognized .* exceeded max depth/,
  },
] as { name: string; body: string | Uint8Array; type?: string; path?: string; want: string | RegExp }[])(
  '$name is refused',
  async ({ body, type, path, want }) => {
    const { request, errors, cluster } = makeTestCluster();
    const before = cluster.registry.revision;
    const reply = await request('POST', path ?? CONFIG_MAPS, body, { 'content-type': type ?? 'application/json' });
    expect(statusOf(reply)).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: want instanceof RegExp ? expect.stringMatching(want) : want,
    });
    expect(cluster.registry.revision).toBe(before);
    expect(errors).toEqual([]);
  },
);

test.each([
  {
    name: 'unknown fields',
    body: '{"dta":{},"metadata":{"name":"a","label":{}}}',
    want: ['unknown field "dta"', 'unknown field "metadata.label"'],
  },
  {
    name: 'fields that come twice',
    body: '{"metadata":{"name":"b","name":"a"},"data":{"x":"1","x":"2"}}',
    want: ['duplicate field "metadata.name"', 'duplicate field "data.x"'],
  },
  {
    name: 'a doubled field that escapes hide',
    body: '{"metadata":{"name":"a"},"data":{"x":"1","\\u0078":"2"}}',
    want: ['duplicate field "data.x"'],
  },
  { name: 'a field that comes three times, once', body: '{"metadata":{"name":"a"},"x":1,"x":2,"x":3}', want: ['unknown field "x"'] },
  { name: 'names in other letters', body: '{"metadata":{"name":"a"},"Data":{}}', want: ['unknown field "Data"'] },
  {
    name: 'YAML',
    type: YAML,
    body: 'metadata:\n  name: a\nfoo: 1\ndata: {}\ndata: {}\n',
    want: ['line 5: key "data" already set in map', 'unknown field "foo"'],
  },
])('$name: told, or refused', async ({ body, type, want }) => {
  const { request } = makeTestCluster();
  const headers = { 'content-type': type ?? 'application/json' };
  const strict = await request('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, body, headers);
  expect(strict.status).toBe(400);
  for (const sentence of want) expect(statusOf(strict).message).toContain(sentence);
  expect(statusOf(strict).message).toMatch(/^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: /);
  const warned = await request('POST', CONFIG_MAPS, body, headers);
  expect({ status: warned.status, warnings: warned.warnings }).toEqual({ status: 201, warnings: want });
  const ignored = await request('PUT', `${CONFIG_MAPS}/a?fieldValidation=Ignore`, body, headers);
  expect({ status: ignored.status, warnings: ignored.warnings }).toEqual({ status: 200, warnings: [] });
});

test('YAML is read as go-yaml reads it', async () => {
  const { request } = makeTestCluster();
  const body =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: a\nimmutable: yes\ndata:\n  a: "yes"\n  b: |\n    text\n---\nignored: true\n';
  const created = await request('POST', CONFIG_MAPS, body, { 'content-type': YAML });
  expect(created.body).toMatchObject({ immutable: true, data: { a: 'yes', b: 'text\n' } });
});

test.each([
  {
    name: 'another content type',
    body: '{}',
    type: 'text/plain',
    code: 415,
    want: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    name: 'CBOR',
    body: '{}',
    type: 'application/cbor',
    code: 415,
    want: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    name: 'more than 3 MiB',
    body: utf8(' '.repeat(3 * 1024 * 1024 + 1)),
    type: 'application/json',
    code: 413,
    want: 'Request entity too large: limit is 3145728',
  },
])('$name: $code', async ({ body, type, code, want }) => {
  const { request } = makeTestCluster();
  expect(statusOf(await request('POST', CONFIG_MAPS, body, { 'content-type': type }))).toMatchObject({ code, message: want });
});
