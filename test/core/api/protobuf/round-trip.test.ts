// Protobuf, there and back: what is written is what upstream writes (bytes spelled out), and what is read is the object in canonical form.

import { expect, test } from 'vitest';
import { decodeProtobuf } from '../../../../worker/api/protobuf/decode.ts';
import { encodeProtobuf } from '../../../../worker/api/protobuf/encode.ts';
import { ProtobufError, ProtobufWriter } from '../../../../worker/lib/protobuf.ts';
import { decode } from '../../../../worker/registry/decode.ts';
import { builtinType } from '../../../../worker/resources/schema/index.ts';

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text: string): Uint8Array => new Uint8Array((text.replaceAll(' ', '').match(/../g) ?? []).map((pair) => parseInt(pair, 16)));

// By hand, from the field numbers of generated.proto: what is no pointer is there even when it is empty.
test.each([
  {
    name: 'a text, an optional number, lists',
    type: 'core.v1.KeyToPath',
    value: { key: 'a', path: 'b', mode: 420 },
    want: '0a0161 120162 18a403',
  },
  { name: 'an absent pointer', type: 'core.v1.KeyToPath', value: { key: 'a', path: 'b' }, want: '0a0161 120162' },
  { name: 'an empty text', type: 'core.v1.EnvVar', value: { name: 'A' }, want: '0a0141 1200' },
  {
    name: 'a map, sorted',
    type: 'meta.v1.LabelSelector',
    value: { matchLabels: { b: '2', a: '1' } },
    want: '0a06 0a0161 120131 0a06 0a0162 120132',
  },
  { name: 'a number or a text: a number', type: 'core.v1.TCPSocketAction', value: { port: 80 }, want: '0a06 0800 1050 1a00 1200' },
  { name: 'a number or a text: a text', type: 'core.v1.TCPSocketAction', value: { port: 'web' }, want: '0a09 0801 1000 1a03776562 1200' },
  {
    name: 'quantities in a map',
    type: 'core.v1.ResourceRequirements',
    value: { limits: { cpu: '100m' } },
    want: '0a0d 0a03637075 1206 0a043130306d',
  },
  {
    name: 'a negative number',
    type: 'core.v1.Toleration',
    value: { tolerationSeconds: -1 },
    want: '0a00 1200 1a00 2200 28ffffffffffffffffff01',
  },
  { name: 'an embedded struct is a message', type: 'core.v1.Volume', value: { name: 'v', emptyDir: {} }, want: '0a0176 1204 1202 0a00' },
  { name: 'a time', type: 'core.v1.ContainerStateRunning', value: { startedAt: '2026-01-01T00:00:00Z' }, want: '0a08 0880f2d6ca06 1000' },
  { name: 'no time', type: 'core.v1.ContainerStateRunning', value: { startedAt: null }, want: '0a00' },
  { name: 'bytes', type: 'core.v1.Secret', value: { metadata: {}, data: { a: 'AQI=' } }, want: /12070a016112020102/ },
  {
    name: 'a list in a message of its own',
    type: 'authentication.v1.UserInfo',
    value: { extra: { a: ['x', 'y'] } },
    want: '0a00 1200 220b 0a0161 1206 0a0178 0a0179',
  },
  {
    name: 'raw JSON',
    type: 'apps.v1.ControllerRevision',
    value: { metadata: {}, data: { a: 1 }, revision: 2 },
    want: /12090a077b2261223a317d1802$/,
  },
])('$name', ({ type, value, want }) => {
  const schema = builtinType(type);
  const { object } = decode(value, schema);
  const written = encodeProtobuf(object, schema);
  if (want instanceof RegExp) expect(hex(written)).toMatch(want);
  else expect(hex(written)).toBe(want.replaceAll(' ', ''));
  expect(decodeProtobuf(written, schema)).toEqual(object);
});

test.each([
  { name: 'an unknown field is passed over', hex: '0a0161 fa3e 0161 120162', want: { key: 'a', path: 'b' } },
  { name: 'so is a group', hex: '0a0161 9b06 0801 9c06 120162', want: { key: 'a', path: 'b' } },
  { name: 'the last one counts', hex: '0a0161 0a0162 120163', want: { key: 'b', path: 'c' } },
])('$name', ({ hex, want }) => expect(decodeProtobuf(bytes(hex), builtinType('core.v1.KeyToPath'))).toEqual(want));

test.each([
  { name: 'a text that ends early', hex: '0a05 61', want: 'unexpected EOF' },
  { name: 'a number that ends early', hex: '18ff', want: 'unexpected EOF' },
  { name: 'a number without end', hex: '18 ffffffffffffffffffff01', want: 'proto: integer overflow' },
  { name: 'a wrong wire type', hex: '0801', want: 'proto: wrong wireType = 0 for field Key' },
  { name: 'an end without a beginning', hex: '0c', want: 'proto: KeyToPath: wiretype end group for non-group' },
  { name: 'field 0', hex: '0200', want: 'proto: KeyToPath: illegal tag 0 (wire type 2)' },
  { name: 'a wire type that is none', hex: '0f', want: 'proto: wrong wireType = 7 for field Key' },
])('$name is refused', ({ hex, want }) => {
  expect(() => decodeProtobuf(bytes(hex), builtinType('core.v1.KeyToPath'))).toThrow(new ProtobufError(want));
});

test('packed numbers are read as well as single ones', () => {
  const schema = builtinType('core.v1.PodSecurityContext');
  const want = { supplementalGroups: [1, 300] };
  expect(decodeProtobuf(bytes('2001 20ac02'), schema)).toEqual(want);
  expect(decodeProtobuf(bytes('2203 01ac02'), schema)).toEqual(want);
});

test('a schema inside a schema can be a schema, a list or a boolean', () => {
  const schema = builtinType('apiextensions.v1.JSONSchemaProps');
  const given = {
    type: 'object',
    items: { type: 'string' },
    additionalProperties: false,
    properties: { a: { items: [{ type: 'integer' }], additionalProperties: { type: 'boolean' }, default: { x: [1, null] } } },
  };
  const { object } = decode(given, schema);
  expect(decodeProtobuf(encodeProtobuf(object, schema), schema)).toEqual(object);
});

test('schemas without end are refused', () => {
  const writer = new ProtobufWriter();
  const starts: number[] = [];
  for (let depth = 0; depth < 600; depth++) {
    writer.tag(28, 2);
    starts.push(writer.begin());
  }
  for (const start of starts.reverse()) writer.end(start);
  expect(() => decodeProtobuf(writer.finish(), builtinType('apiextensions.v1.JSONSchemaProps'))).toThrow('proto: exceeded max depth');
});
