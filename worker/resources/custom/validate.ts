// Checks a value against an OpenAPI schema. Mirrors kube-openapi pkg/validation/validate, whose words these are, and what apiextensions-apiserver
// pkg/apiserver/validation makes of them; and its ratcheting: what an update leaves as it was is not held against it.

import {
  fieldErrorMessage,
  invalidField,
  notSupported,
  OMITTED,
  requiredField,
  tooLong,
  tooMany,
  wrongType,
} from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { goRegExp } from '../../lib/go-regexp.ts';
import { isEqual, isRecord } from '../../lib/json.ts';
import { hasFormat, isKnownFormat } from '../../lib/string-formats.ts';
import { isIntOrString, itemsOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** `under` is put before every path: `status` if only that is checked. `old` is what an update changes. */
export function validateValue(value: unknown, schema: Schema, under = '', old?: unknown): FieldError[] {
  const { errors } = check(value, schema, '', old);
  // What several parts of a schema say alike is told once.
  const told = new Map(errors.map((error) => [`${error.field}: ${fieldErrorMessage(error)}`, error]));
  return [...told.values()].map((error) => ({ ...error, field: placed(under, error.field) }));
}

function placed(under: string, field: string): string {
  const name = field.replace(/^\./, '');
  return under && name ? `${under}.${name}` : under || name;
}

/** `count` is how many checks were made: of several failures, that of the most is told. */
interface Result {
  readonly errors: FieldError[];
  count: number;
}

const none = (): Result => ({ errors: [], count: 0 });

function merge(into: Result, from: Result): void {
  into.errors.push(...from.errors);
  into.count += from.count;
}

function check(value: unknown, schema: Schema, path: string, old: unknown): Result {
  const result = none();
  const type = checkType(value, schema, path);
  merge(result, type);
  if (value !== null) {
    merge(result, checkCombinations(value, schema, path));
    if (typeof value === 'string') {
      merge(result, checkString(value, schema, path));
      merge(result, checkFormat(value, schema, path));
    }
    if (typeof value === 'number') merge(result, checkNumber(value, schema, path));
    if (Array.isArray(value)) merge(result, checkList(value, schema, path, old));
  }
  merge(result, checkEnum(value, schema, path));
  if (isRecord(value)) merge(result, checkObject(value, schema, path, old));
  result.count++;
  if (result.errors.length && old !== undefined && isEqual(value, old)) return { errors: [], count: result.count };
  return result;
}

const said = (path: string, what: string): string => `${path} in body ${what}`;

const failure = (...errors: FieldError[]): Result => ({ errors, count: 0 });

function checkType(value: unknown, schema: Schema, path: string): Result {
  const wanted = isIntOrString(schema) ? ['integer', 'string'] : schema.type ? [schema.type] : [];
  const format = schema.format && isKnownFormat(schema.format) ? schema.format : '';
  const found = typeName(value);
  const refuse = (type: string): Result => failure(wrongType(path, found, said(path, `must be of type ${type}: "${found}"`)));
  if (value === null) return wanted.length && !schema.nullable ? refuse(wanted.join(',')) : counted();
  if (!wanted.length && !format) return none();
  const isNumeric = wanted.includes('number') || wanted.includes('integer');
  const isWholeNumber = found === 'integer' && (wanted.includes('number') || wanted.includes('integer'));
  const isText = typeof value === 'string' || Array.isArray(value);
  if (!isText && format && !wanted.includes(found) && !isWholeNumber)
    return failure(wrongType(path, goFormat(value), said(path, `must be of type ${format}: "${goFormat(value)}"`)));
  if (!isNumeric && format && isText) return counted();
  return wanted.includes(found) || isWholeNumber ? counted() : refuse(wanted.join(','));
}

const counted = (): Result => ({ errors: [], count: 1 });

const goFormat = (value: unknown): string => (typeof value === 'number' ? (isInt64(value) ? 'int64' : 'float64') : '');

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** These are told of the object as a whole. */
const composite = (path: string, what: string): FieldError => ({ ...invalidField('', '', `"${path}" ${what}`) });

function checkCombinations(value: unknown, { anyOf, oneOf, allOf, not }: Schema, path: string): Result {
  const result = none();
  if (anyOf?.length) {
    const tried = anyOf.map((one) => check(value, one, path, undefined));
    const passed = tried.find(({ errors }) => !errors.length);
    if (!passed) result.errors.push(composite(path, 'must validate at least one schema (anyOf)'));
    merge(result, passed ?? best(tried));
  }
  if (oneOf?.length) {
    const tried = oneOf.map((one) => check(value, one, path, undefined));
    const passed = tried.filter(({ errors }) => !errors.length);
    if (passed.length === 1) merge(result, passed[0]!);
    else {
      const found = passed.length ? `Found ${passed.length} valid alternatives` : 'Found none valid';
      result.errors.push(composite(path, `must validate one and only one schema (oneOf). ${found}`));
      if (!passed.length) merge(result, best(tried));
    }
  }
  if (allOf?.length) {
    const tried = allOf.map((one) => check(value, one, path, undefined));
    for (const one of tried) merge(result, one);
    const passed = tried.filter(({ errors }) => !errors.length).length;
    if (passed !== tried.length)
      result.errors.push(composite(path, `must validate all the schemas (allOf)${passed ? '' : '. None validated'}`));
  }
  if (not && !check(value, not, path, undefined).errors.length) result.errors.push(composite(path, 'must not validate the schema (not)'));
  result.count++;
  return result;
}

const best = (tried: readonly Result[]): Result => tried.reduce((a, b) => (b.count > a.count ? b : a));

function checkString(value: string, { maxLength, minLength, pattern }: Schema, path: string): Result {
  if (maxLength !== undefined && length(value) > maxLength) return failure(tooLong(path, maxLength));
  if (minLength !== undefined && length(value) < minLength)
    return failure(invalidField(path, value, said(path, `should be at least ${minLength} chars long`)));
  if (pattern && !goRegExp(pattern).test(value)) return failure(invalidField(path, value, said(path, `should match '${pattern}'`)));
  return none();
}

const checkFormat = (value: string, { format }: Schema, path: string): Result =>
  format && !hasFormat(value, format)
    ? failure(wrongType(path, value, said(path, `must be of type ${format}: ${JSON.stringify(value)}`)))
    : none();

/** In characters, as Go's runes. */
function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Whether Go reads a number as int64; others are float64. */
const isInt64 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;

/** Of an integer, limits count as integers: what is behind their point is cut off. */
function checkNumber(value: number, schema: Schema, path: string): Result {
  const { maximum, minimum, multipleOf } = schema;
  const limited = (limit: number | undefined, check: (limit: number) => FieldError[]): FieldError[] =>
    limit === undefined ? [] : check(isInt64(value) ? Math.trunc(limit) : limit);
  const errors = [
    ...limited(multipleOf, (factor) => checkMultiple(value, factor, path)),
    ...limited(minimum, (limit) => checkMinimum(value, limit, schema, path)),
    ...limited(maximum, (limit) => checkMaximum(value, limit, schema, path)),
  ];
  return { errors, count: 1 };
}

const MAX_JSON_FLOAT = 2 ** 53 - 1;

function checkMultiple(value: number, factor: number, path: string): FieldError[] {
  if (factor <= 0) return [invalidField(path, factor, `factor MultipleOf declared for ${path} must be positive: ${factor}`)];
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  if (Number.isInteger(times) && (isInt64(value) || Math.abs(times) <= MAX_JSON_FLOAT)) return [];
  return [invalidField(path, value, said(path, `should be a multiple of ${factor}`))];
}

function checkMinimum(value: number, limit: number, { exclusiveMinimum }: Schema, path: string): FieldError[] {
  if (exclusiveMinimum ? value > limit : value >= limit) return [];
  return [invalidField(path, value, said(path, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${limit}`))];
}

function checkMaximum(value: number, limit: number, { exclusiveMaximum }: Schema, path: string): FieldError[] {
  if (exclusiveMaximum ? value < limit : value <= limit) return [];
  return [invalidField(path, value, said(path, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${limit}`))];
}

function checkList(value: unknown[], schema: Schema, path: string, old: unknown): Result {
  const result = none();
  const items = itemsOf(schema);
  const before = items && itemsBefore(schema, old);
  if (items) value.forEach((item, i) => merge(result, check(item, items, `${path}[${i}]`, before?.(item))));
  const { minItems, maxItems, uniqueItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    result.errors.push(invalidField(path, value.length, said(path, `should have at least ${minItems} items`)));
  if (maxItems !== undefined && value.length > maxItems) result.errors.push(tooMany(path, value.length, maxItems));
  if (uniqueItems && value.some((item, i) => value.slice(0, i).some((other) => isEqual(item, other))))
    result.errors.push(invalidField(path, OMITTED, said(path, "shouldn't contain duplicates")));
  result.count++;
  return result;
}

/** Finds the item that an item was before: only items of a map can be told apart. */
export function itemsBefore(schema: Schema, old: unknown): ((item: unknown) => unknown) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map' || !keys?.length) return undefined;
  const idOf = (item: unknown): string => JSON.stringify(keys.map((key) => (isRecord(item) ? (item[key] ?? null) : null)));
  const byId = new Map<string, unknown>();
  for (const item of old as unknown[]) if (!byId.has(idOf(item))) byId.set(idOf(item), item);
  return (item) => byId.get(idOf(item));
}

function checkObject(value: Record<string, unknown>, schema: Schema, path: string, old: unknown): Result {
  const result = none();
  const count = Object.keys(value).length;
  const { minProperties, maxProperties, properties = {}, required = [] } = schema;
  if (minProperties !== undefined && count < minProperties)
    result.errors.push(invalidField(path, count, said(path, `should have at least ${minProperties} properties`)));
  if (maxProperties !== undefined && count > maxProperties) result.errors.push(tooMany(path, count, maxProperties));
  const before = isRecord(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined;
  const oldOf = (key: string): unknown => (before && Object.hasOwn(before, key) ? before[key] : undefined);
  const values = valuesOf(schema);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(properties, key)) continue;
    if (schema.additionalProperties === false)
      result.errors.push(invalidField(path, OMITTED, `${path}.${key} in body is a forbidden property`));
    else if (values) merge(result, check(value[key], values, `${path}.${key}`, oldOf(key)));
  }
  for (const key of Object.keys(properties)) {
    if (Object.hasOwn(value, key)) merge(result, check(value[key], properties[key]!, path ? `${path}.${key}` : key, oldOf(key)));
  }
  for (const key of required) if (!Object.hasOwn(value, key)) result.errors.push(requiredField(`${path}.${key}`));
  return result;
}

function checkEnum(value: unknown, { enum: allowed }: Schema, path: string): Result {
  if (!allowed?.length || allowed.some((one) => isEqual(one, value) || isSameInteger(one, value))) return none();
  const values = allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return failure(notSupported(path, value, values));
}

/** Upstream turns the value into what Go has the choice as: of an integer, what is behind the point is cut off. */
const isSameInteger = (choice: unknown, value: unknown): boolean =>
  typeof choice === 'number' && typeof value === 'number' && isInt64(choice) && Math.trunc(value) === choice;
