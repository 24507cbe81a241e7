// What is published of a custom resource's schema: as it is in version 3, in version 2 what kubectl understands.

import { expect, test } from 'vitest';
import { defineResource } from '../../../../worker/api/resource.ts';
import { objectType } from '../../../../worker/resources/custom/types.ts';
import { builtinType } from '../../../../worker/resources/schema/index.ts';
import { addCustom } from '../../../../worker/server/openapi/custom-definitions.ts';
import { Definitions } from '../../../../worker/server/openapi/definitions.ts';
import type { Schema } from '../../../../worker/server/openapi/definitions.ts';

const KEEPS = { 'x-kubernetes-preserve-unknown-fields': true };

/** The definition of a kind with this schema. */
function published(schema: Schema, isVersion2: boolean): Schema {
  const definitions = new Definitions(builtinType, () => undefined);
  const widgets = defineResource({
    group: 'example.com',
    version: 'v1',
    resource: 'widgets',
    kind: 'Widget',
    namespaced: true,
    schema: objectType({}, 'example.com.v1.Widget'),
    openapiSchema: () => schema,
  });
  const { object } = addCustom(definitions, widgets, isVersion2);
  return definitions.all()[object]!;
}

const specOf = (schema: Schema): Schema => (schema['properties'] as Record<string, Schema>)['spec']!;

test.each<{ name: string; spec: Schema; two: Schema; three?: Schema }>([
  { name: 'what both can say', spec: { type: 'array', items: { type: 'string' } }, two: { type: 'array', items: { type: 'string' } } },
  { name: 'alternatives', spec: { type: 'string', anyOf: [{ minLength: 1 }], not: { maxLength: 0 } }, two: { type: 'string' } },
  { name: 'a value that may be null', spec: { type: 'object', nullable: true, properties: { a: { type: 'string' } } }, two: {} },
  { name: 'an object of which a part is known', spec: { type: 'object', ...KEEPS, properties: { a: { type: 'string' } } }, two: KEEPS },
  { name: 'a list of which a part is known', spec: { type: 'array', ...KEEPS, items: { type: 'string' } }, two: KEEPS },
  {
    name: 'what must be there, and may be null',
    spec: { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string', nullable: true }, b: { type: 'string' } } },
    two: { type: 'object', required: ['b'], properties: { a: {}, b: { type: 'string' } } },
  },
  {
    name: 'a map of values that may be null',
    spec: { type: 'object', required: ['a'], additionalProperties: { type: 'string', nullable: true } },
    two: { type: 'object', additionalProperties: {} },
  },
  {
    name: 'an object in the object, of which a part is known',
    spec: { type: 'object', 'x-kubernetes-embedded-resource': true, ...KEEPS },
    two: { 'x-kubernetes-embedded-resource': true, ...KEEPS },
    three: expect.objectContaining({
      required: ['kind', 'apiVersion'],
      properties: { apiVersion: expect.anything(), kind: expect.anything(), metadata: expect.anything() },
    }) as Schema,
  },
])('$name', ({ spec, two, three = spec }) => {
  const schema = { type: 'object', properties: { spec } };
  expect(specOf(published(schema, true))).toEqual(two);
  expect(specOf(published(schema, false))).toEqual(three);
});

test('of a kind with fields that nobody knows version 2 names none', () => {
  const schema = { type: 'object', ...KEEPS, properties: { a: { type: 'string' } } };
  const gvk = [{ group: 'example.com', kind: 'Widget', version: 'v1' }];
  expect(published(schema, true)).toEqual({ type: 'object', 'x-kubernetes-group-version-kind': gvk });
  expect(Object.keys(published(schema, false)['properties'] as object).sort()).toEqual(['a', 'apiVersion', 'kind', 'metadata']);
});
