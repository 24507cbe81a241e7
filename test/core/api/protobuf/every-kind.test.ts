// Every kind in protobuf, there and back: an object with every field of its schema filled in, and one with none.

import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from '../../../../worker/api/protobuf/decode.ts';
import { encodeProtobuf } from '../../../../worker/api/protobuf/encode.ts';
import { apiVersionOf } from '../../../../worker/api/resource.ts';
import type { StructType, Type } from '../../../../worker/api/schema.ts';
import { isRecord } from '../../../../worker/lib/json.ts';
import { decode } from '../../../../worker/registry/decode.ts';
import { builtinResources } from '../../../../worker/resources/index.ts';

/** Schemas hold schemas: of what is inside of itself, the third is left empty. */
const DEEPEST = 2;

function valueOf(type: Type, inside: readonly StructType[]): unknown {
  switch (type.kind) {
    case 'struct':
      return full(type, inside);
    case 'list':
      return [valueOf(type.of, inside), valueOf(type.of, inside)];
    case 'map':
      return { a: valueOf(type.of, inside), b: valueOf(type.of, inside) };
    case 'bool':
      return true;
    case 'int32':
    case 'uint32':
      return 7;
    case 'int64':
      return 2 ** 40;
    case 'float64':
      return 1.5;
    case 'IntOrString':
      return '25%';
    case 'Quantity':
      return '100m';
    case 'Time':
      return '2026-01-01T00:00:00Z';
    case 'MicroTime':
      return '2026-01-01T00:00:00.000001Z';
    case 'Duration':
      return '1m0s';
    case 'bytes':
      return 'AQI=';
    case 'any':
    case 'RawExtension':
    case 'FieldsV1':
      return { a: { b: [1, null, 'x'] } };
    default:
      return 'text';
  }
}

function full(type: StructType, inside: readonly StructType[]): Record<string, unknown> {
  if (inside.filter((one) => one.name === type.name).length >= DEEPEST) return {};
  // What kind an object is, is said around it, not in it.
  const isObject = type.fields.has('metadata');
  return Object.fromEntries(
    [...type.fields.values()]
      .filter(({ name }) => !isObject || (name !== 'kind' && name !== 'apiVersion'))
      .map((field) => [field.name, valueOf(field.type, [...inside, type])]),
  );
}

/** How many fields there are, all in all. */
const sizeOf = (value: unknown): number =>
  isRecord(value) || Array.isArray(value) ? Object.values(value).reduce<number>((sum, one) => sum + 1 + sizeOf(one), 0) : 0;

describe.each(builtinResources.map((resource) => ({ name: `${apiVersionOf(resource)} ${resource.kind}`, schema: resource.schema })))(
  '$name',
  ({ schema }) => {
    test.each([
      { name: 'full', given: full(schema, []) },
      { name: 'empty', given: {} },
    ])('$name', ({ given }) => {
      const { object } = decode(given, schema);
      // What was given is what there is: no field was lost on the way in.
      if (Object.keys(given).length) expect(sizeOf(object)).toBeGreaterThan(20);
      expect(decodeProtobuf(encodeProtobuf(object, schema), schema)).toEqual(object);
    });
  },
);
