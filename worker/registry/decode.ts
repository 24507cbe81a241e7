// From JSON as a client sent it to an object as Go would have read and written it: known fields only, in Go's order, zero values left out or filled in,
// quantities and times in canonical form. What cannot be read throws a DecodeError with Go's words.

import { isRecord, setOwn } from '../lib/json.ts';
import { canonicalQuantity, quantityProblem } from '../lib/quantity.ts';
import { fromBase64 } from '../lib/text.ts';
import { formatDuration, formatMicroTime, formatTime, parseDuration, parseTime } from '../lib/time.ts';
import type { Field, ScalarType, StructType, Type } from '../api/schema.ts';

export class DecodeError extends Error {}

export interface Decoded {
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.replica"`, in the order of the source. */
  readonly unknown: readonly string[];
}

/** Where in the source we are, for messages: Go names the innermost struct and the fields from the root. */
interface Place {
  readonly struct: string;
  readonly fields: readonly string[];
}

/** Reads a whole object of a built-in type. */
export function decode(value: unknown, type: StructType): Decoded {
  if (!isRecord(value)) throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${goType(type)}`);
  const state = { unknown: false };
  const object = decodeStruct(value, type, { struct: '', fields: [] }, state);
  return { object, unknown: state.unknown ? findUnknownFields(value, type) : [] };
}

function decodeStruct(
  value: Record<string, unknown>,
  type: StructType,
  place: Place,
  state: { unknown: boolean },
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let seen = 0;
  for (const [name, field] of type.fields) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined) seen++;
    const decoded = given === undefined || given === null ? undefined : decodeField(given, field, type, place, state);
    const kept = keep(decoded, field);
    if (kept !== undefined) out[name] = kept;
  }
  if (seen < Object.keys(value).length) state.unknown = true;
  return out;
}

function decodeField(value: unknown, field: Field, type: StructType, place: Place, state: { unknown: boolean }): unknown {
  return decodeValue(
    value,
    field.type,
    { struct: type.name.slice(type.name.lastIndexOf('.') + 1), fields: [...place.fields, field.name] },
    state,
  );
}

/** What Go would write of a field: undefined to leave it out. */
function keep(value: unknown, field: Field): unknown {
  const { type, omit } = field;
  if (field.pointer) return value ?? (omit === 'never' ? null : undefined);
  if (value === undefined) return omit === 'zero' || (omit === 'empty' && isOmittedWhenEmpty(type)) ? undefined : zero(type);
  return omit === 'empty' && isOmittedWhenEmpty(type) && isEmpty(value) ? undefined : value;
}

/** Go's `omitempty` never leaves out a struct; times, quantities and the like are structs. */
const isOmittedWhenEmpty = (type: Type): boolean => !STRUCT_LIKE.has(type.kind);
const STRUCT_LIKE: ReadonlySet<Type['kind']> = new Set([
  'struct',
  'Quantity',
  'IntOrString',
  'Time',
  'MicroTime',
  'Duration',
  'RawExtension',
  'FieldsV1',
]);

const isEmpty = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0);

/** What Go writes for a value that was never set. */
export function zero(type: Type): unknown {
  switch (type.kind) {
    case 'struct':
      return decodeStruct({}, type, { struct: '', fields: [] }, { unknown: false });
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'float64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'Duration':
      return '0s';
    default:
      return null; // lists, maps, bytes, times, raw JSON
  }
}

function decodeValue(value: unknown, type: Type, place: Place, state: { unknown: boolean }): unknown {
  switch (type.kind) {
    case 'struct':
      if (!isRecord(value)) throw mismatch(value, type, place);
      return decodeStruct(value, type, place, state);
    case 'list': {
      if (!Array.isArray(value)) throw mismatch(value, type, place);
      return value.map((item: unknown) => (item === null ? zero(type.of) : decodeValue(item, type.of, place, state)));
    }
    case 'map': {
      if (!isRecord(value)) throw mismatch(value, type, place);
      const out: Record<string, unknown> = {};
      for (const key in value) setOwn(out, key, value[key] === null ? zero(type.of) : decodeValue(value[key], type.of, place, state));
      return out;
    }
    default:
      return decodeScalar(value, type, place);
  }
}

function decodeScalar(value: unknown, type: ScalarType, place: Place): unknown {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, type, place);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw mismatch(value, type, place);
      return value;
    case 'int32':
    case 'uint32':
    case 'int64':
      return decodeInteger(value, type, place);
    case 'float64':
      if (typeof value !== 'number') throw mismatch(value, type, place);
      return value;
    case 'Quantity':
      return decodeQuantity(value);
    case 'IntOrString':
      if (typeof value === 'string') return value;
      if (typeof value !== 'number') throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`);
      if (!isInteger(value, -(2 ** 31), 2 ** 31 - 1))
        throw new DecodeError(`json: cannot unmarshal number ${value} into Go value of type int32`);
      return value;
    case 'Time':
      return formatTime(decodeTime(value, '2006-01-02T15:04:05Z07:00'));
    case 'MicroTime':
      return formatMicroTime(decodeTime(value, '2006-01-02T15:04:05.000000Z07:00'));
    case 'Duration':
      return decodeDuration(value);
    case 'bytes':
      return decodeBytes(value, type, place);
    case 'RawExtension':
    case 'FieldsV1':
    case 'any':
      return value;
  }
}

const isInteger = (value: number, min: number, max: number): boolean => Number.isInteger(value) && value >= min && value <= max;

const INTEGER_RANGES = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1], int64: [-(2 ** 63), 2 ** 63] } as const;

function decodeInteger(value: unknown, type: ScalarType, place: Place): number {
  if (typeof value !== 'number') throw mismatch(value, type, place);
  const [min, max] = INTEGER_RANGES[type.kind as keyof typeof INTEGER_RANGES];
  if (!isInteger(value, min, max)) throw mismatch(value, type, place, `number ${value}`);
  return value;
}

function decodeQuantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : JSON.stringify(value);
  const canonical = canonicalQuantity(text);
  if (canonical === undefined) throw new DecodeError(quantityProblem(text));
  return canonical;
}

function decodeTime(value: unknown, layout: string): number {
  if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  const time = parseTime(value);
  if (time === undefined)
    throw new DecodeError(`parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: ${timeProblem(value)}`);
  return time;
}

/** Where Go's parser stops: at the first part of the layout that the text does not have. */
function timeProblem(text: string): string {
  const parts: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d(\.\d+)?/, '05'],
    [/^(Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = text;
  for (const [pattern, part] of parts) {
    const match = pattern.exec(rest);
    if (!match) return `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
    rest = rest.slice(match[0].length);
  }
  return rest ? `extra text: ${JSON.stringify(rest)}` : 'day out of range';
}

function decodeDuration(value: unknown): string {
  if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  const duration = parseDuration(value);
  if (duration === undefined) throw new DecodeError(`time: invalid duration ${JSON.stringify(value)}`);
  return formatDuration(duration);
}

function decodeBytes(value: unknown, type: ScalarType, place: Place): string {
  if (typeof value !== 'string') throw mismatch(value, type, place);
  if (fromBase64(value) === undefined) throw new DecodeError(`illegal base64 data at input byte ${base64Problem(value)}`);
  return value.replace(/[\r\n]/g, '');
}

function base64Problem(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/);
  const padding = text.search(/=/);
  if (bad >= 0 && (padding < 0 || bad < padding)) return bad;
  return padding >= 0 ? (text.length % 4 === 0 ? padding : Math.min(text.length, padding)) : text.length - (text.length % 4);
}

const mismatch = (value: unknown, type: Type, place: Place, what = jsonKind(value)): DecodeError =>
  new DecodeError(`json: cannot unmarshal ${what} into Go struct field ${place.struct}.${place.fields.join('.')} of type ${goType(type)}`);

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `[]${goType(type.of)}`;
    case 'map':
      return `map[string]${goType(type.of)}`;
    case 'struct':
      return type.name.split('.').slice(-2).join('.');
    case 'bytes':
      return '[]uint8';
    case 'Quantity':
      return 'resource.Quantity';
    default:
      return type.kind;
  }
}

/** Walks the source in its own order, to name what the type does not have. */
function findUnknownFields(value: unknown, type: Type, path = ''): string[] {
  switch (type.kind) {
    case 'struct':
      if (!isRecord(value) || type.preserveUnknownFields) return [];
      return Object.keys(value).flatMap((key) => {
        const field = type.fields.get(key);
        const at = path ? `${path}.${key}` : key;
        return field ? findUnknownFields(value[key], field.type, at) : [`unknown field ${JSON.stringify(at)}`];
      });
    case 'list':
      return Array.isArray(value) ? value.flatMap((item: unknown, i) => findUnknownFields(item, type.of, `${path}[${i}]`)) : [];
    case 'map':
      return isRecord(value) ? Object.keys(value).flatMap((key) => findUnknownFields(value[key], type.of, `${path}.${key}`)) : [];
    default:
      return [];
  }
}
