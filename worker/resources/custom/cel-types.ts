// A schema as a type of CEL, with how large a value may be; and JSON as CEL's values, by a schema. Mirrors apiserver pkg/cel/common (schemas.go, values.go),
// limits.go and escaping.go.

import { DYN, BOOL, BYTES, DOUBLE, DURATION, INT, listOf, mapOf, objectType, STRING, TIMESTAMP } from '../../lib/cel/types.ts';
import type { Type } from '../../lib/cel/types.ts';
import { CelError, Duration, Foreign, Optional, Timestamp, Uint, withListKind } from '../../lib/cel/values.ts';
import type { Value } from '../../lib/cel/values.ts';
import { decimal, parseCelDuration, parseTimestamp, timestampText } from '../../lib/cel/library/standard.ts';
import { isRecord, setOwn } from '../../lib/json.ts';
import { fromBase64, toBase64 } from '../../lib/text.ts';
import { isEmbedded, isIntOrString, itemsOf, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

const MAX_REQUEST = 3 * 1024 * 1024;
const TEXT_SCHEMA: Schema = { type: 'string' };

/** The metadata that rules may look at. */
const META_SCHEMA: Schema = { type: 'object', properties: { name: TEXT_SCHEMA, generateName: TEXT_SCHEMA } };

/** With what every object has, whatever its schema says. */
export const withMeta = (schema: Schema): Schema => ({
  ...schema,
  properties: { ...schema.properties, kind: TEXT_SCHEMA, apiVersion: TEXT_SCHEMA, metadata: META_SCHEMA },
});

interface Sized {
  readonly type: Type;
  /** How few characters of JSON it may take. */
  readonly minSize: number;
}

/** Undefined if rules cannot speak of such values: they have no type. */
export function celType(schema: Schema, isRoot: boolean): Type | undefined {
  return sized(schema, isRoot)?.type;
}

/** How many there may be in one request, at most. */
export function maxCardinality(schema: Schema, isRoot: boolean): number {
  return Math.floor(MAX_REQUEST / ((sized(schema, isRoot)?.minSize ?? 1) + 1));
}

const bounded = (type: Type, max: number, minSize: number): Sized => ({ type: { ...type, bounds: { max } }, minSize });

function sized(given: Schema, isRoot: boolean): Sized | undefined {
  if (isIntOrString(given)) return bounded(DYN, given.maxLength === undefined ? MAX_REQUEST - 2 : given.maxLength * 4, 1);
  const schema = isRoot || isEmbedded(given) ? withMeta(given) : given;
  switch (schema.type) {
    case 'array':
      return sizedList(schema);
    case 'object':
      return sizedObject(schema);
    case 'string':
      return sizedText(schema);
    case 'boolean':
      return { type: BOOL, minSize: 4 };
    case 'number':
      return { type: DOUBLE, minSize: 1 };
    case 'integer':
      return { type: INT, minSize: 1 };
    default:
      return undefined;
  }
}

function sizedList(schema: Schema): Sized | undefined {
  const items = itemsOf(schema);
  const of = items && sized(items, false);
  return of && bounded(listOf(of.type), schema.maxItems ?? Math.floor((MAX_REQUEST - 2) / (of.minSize + 1)), 2);
}

function sizedObject(schema: Schema): Sized | undefined {
  const values = valuesOf(schema);
  if (values) {
    const of = sized(values, false);
    const max = schema.maxProperties ?? (of && Math.floor((MAX_REQUEST - 2) / (of.minSize + 6)));
    return of && bounded(mapOf(STRING, of.type), max!, 2);
  }
  const fields = new Map<string, Type>();
  let minSize = 2;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = sized(property, false);
    if (!field) continue;
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, field.type);
    if (schema.required?.includes(name) && property.default === undefined) minSize += name.length + field.minSize + 4;
  }
  return { type: objectType('object', (name) => fields.get(name)), minSize };
}

const DATE_SIZE = 12;
const TIME_SIZE = 32;

function sizedText({ format, maxLength, enum: choices }: Schema): Sized {
  switch (format) {
    case 'byte':
      return bounded(BYTES, maxLength ?? MAX_REQUEST - 2, 2);
    case 'duration':
      return bounded(DURATION, TIME_SIZE, 3);
    case 'date':
      return bounded(TIMESTAMP, DATE_SIZE, DATE_SIZE);
    case 'date-time':
      return bounded(TIMESTAMP, TIME_SIZE, 21);
    default:
      if (maxLength !== undefined) return bounded(STRING, maxLength * 4, 2);
      if (choices?.length) return bounded(STRING, Math.max(...choices.map((one) => (typeof one === 'string' ? one.length : 0))), 2);
      return bounded(STRING, MAX_REQUEST - 2, 2);
  }
}

const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const ESCAPES: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A field's name as rules write it. Undefined if they cannot. */
export function escapeName(name: string): string | undefined {
  if (!/^[^\d]/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  if (/[^a-zA-Z0-9_.\-/]/.test(name)) return undefined;
  return name.replaceAll(/__|[-./]/g, (part) => ESCAPES[part]!);
}

/** JSON as a value. Throws CelError where it is not what the schema says. */
export function celValue(value: unknown, given: Schema | undefined, isRoot = false): Value {
  if (value === null || value === undefined) return null;
  if (!given || isIntOrString(given)) return plainValue(value);
  const schema = isRoot || isEmbedded(given) ? withMeta(given) : given;
  switch (schema.type) {
    case 'object':
      return objectValue(value, schema);
    case 'array': {
      if (!Array.isArray(value)) throw new CelError('invalid data, expected an array for unstructured list');
      const items = itemsOf(schema);
      const list = (value as unknown[]).map((item) => celValue(item, items));
      const type = schema['x-kubernetes-list-type'];
      return withListKind(list, type === 'set' || type === 'map' ? { type, keys: schema['x-kubernetes-list-map-keys'] ?? [] } : undefined);
    }
    case 'string':
      return textValue(value, schema);
    case 'number':
      return typeof value === 'number' ? value : plainValue(value);
    default:
      return plainValue(value);
  }
}

function objectValue(value: unknown, schema: Schema): Value {
  if (!isRecord(value)) throw new CelError('invalid data, expected a map for the provided schema with type=object');
  const out = new Map<Value, Value>();
  const values = valuesOf(schema);
  for (const key of Object.keys(value)) {
    if (values) out.set(key, celValue(value[key], values));
    else {
      const property = propertyOf(schema, key);
      const name = property && escapeName(key);
      if (property && name !== undefined) out.set(name, celValue(value[key], property));
    }
  }
  return out;
}

function textValue(value: unknown, { format }: Schema): Value {
  if (typeof value !== 'string') return plainValue(value);
  switch (format) {
    case 'byte':
      return fromBase64(value) ?? new Uint8Array();
    case 'duration':
      return attempt(() => parseCelDuration(value), new Duration(0n));
    case 'date':
      return attempt(() => parseTimestamp(`${value}T00:00:00Z`), new Timestamp(0n));
    case 'date-time':
      return attempt(() => parseTimestamp(value), new Timestamp(0n));
    default:
      return value;
  }
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CelError) return otherwise;
    throw error;
  }
}

/** JSON without a schema: whole numbers are int, others double. */
export function plainValue(value: unknown): Value {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(plainValue);
  if (isRecord(value)) return new Map<Value, Value>(Object.entries(value).map(([key, one]) => [key, plainValue(one)]));
  return value ?? null;
}

/** A value as JSON: what a rule built. */
export function jsonValue(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return `${decimal(value.nanos)}s`;
  if (value instanceof Uint8Array) return toBase64(value);
  if (value instanceof Optional) return value.hasValue ? jsonValue(value.value) : null;
  if (Array.isArray(value)) return value.map(jsonValue);
  if (value instanceof Map) {
    const out: Record<string, unknown> = {};
    for (const [key, one] of value as Map<Value, Value>) setOwn(out, String(key), jsonValue(one));
    return out;
  }
  return value instanceof Foreign ? String(value) : value;
}
