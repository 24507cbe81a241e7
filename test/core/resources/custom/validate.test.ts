// Values against schemas: what upstream's validator says of the same.

import { expect, test } from 'vitest';
import { fieldErrorMessage } from '../../../../worker/api/field-error.ts';
import { validateValue } from '../../../../worker/resources/custom/validate.ts';
import type { Schema } from '../../../../worker/resources/custom/schema.ts';

const said = (schema: object, value: unknown): string[] =>
  validateValue({ a: value }, { type: 'object', properties: { a: schema } } as Schema).map(fieldErrorMessage);

test.each([
  {
    name: 'a text that is wrong in form and in format',
    schema: { type: 'string', pattern: 'b$', format: 'email' },
    value: 'x',
    want: ['a: Invalid value: "x": a in body should match \'b$\'', 'a: Invalid value: "x": a in body must be of type email: "x"'],
  },
  {
    name: 'a number in place of a text with a format',
    schema: { type: 'string', format: 'date' },
    value: 1.5,
    want: ['a: Invalid value: "float64": a in body must be of type date: "float64"'],
  },
  { name: 'formats of numbers are not looked at', schema: { type: 'integer', format: 'int32' }, value: 2 ** 40, want: [] },
  {
    name: 'an object in place of a number with a format',
    schema: { type: 'number', format: 'int32' },
    value: {},
    want: ['a: Invalid value: "object": a in body must be of type number: "object"'],
  },
  { name: 'of an integer, a limit counts without its fraction', schema: { type: 'number', minimum: 0.5 }, value: 0, want: [] },
  {
    name: 'and is shown so',
    schema: { type: 'number', maximum: 5.5 },
    value: 6,
    want: ['a: Invalid value: 6: a in body should be less than or equal to 5'],
  },
  {
    name: 'of another number it counts as it is',
    schema: { type: 'number', minimum: 0.5, exclusiveMinimum: true },
    value: 0.25,
    want: ['a: Invalid value: 0.25: a in body should be greater than 0.5'],
  },
  {
    name: 'a factor without its fraction is none',
    schema: { type: 'number', multipleOf: 0.5 },
    value: 3,
    want: ['a: Invalid value: 0: factor MultipleOf declared for a must be positive: 0'],
  },
  {
    name: 'a number that is too large to tell',
    schema: { type: 'number', multipleOf: 3 },
    value: 1e21,
    want: ['a: Invalid value: 1e+21: a in body should be a multiple of 3'],
  },
  { name: 'a choice of integers takes what is an integer when cut off', schema: { type: 'number', enum: [1] }, value: 1.5, want: [] },
  {
    name: 'what two parts say alike is told once',
    schema: { type: 'object', required: ['x'], allOf: [{ required: ['x'] }] },
    value: {},
    want: ['a.x: Required value', '<nil>: Invalid value: "": "a" must validate all the schemas (allOf). None validated'],
  },
])('$name', ({ schema, value, want }) => expect(said(schema, value)).toEqual(want));

test.each([
  ['date-time', '2020-01-01T00:00:00Z', true],
  ['date-time', '2020-01-01T00:00:00', false],
  ['date-time', '2020-01-01', false],
  ['duration', '3 days', true],
  ['duration', 'P1D', true],
  ['duration', '::1', false],
  ['byte', 'YQ==', true],
  ['byte', '', false],
  ['hostname', 'foo.bar', true],
  ['hostname', 'a-b', true],
  ['hostname', '2020-13-01', false],
  ['hostname', 'foo.b1', false],
])('%s: %j', (format, value, isWell) => expect(said({ type: 'string', format }, value)).toHaveLength(isWell ? 0 : 1));
