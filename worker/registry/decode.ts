// From JSON as a client sent it to an object as Go would have read and written it: known fields only, in Go's order, zero values left out or filled in,
// quantities and times in canonical form. It is fast and says little: what is wrong with a value is put into Go's words by inspect.ts.

import { keep, zero } from '../api/canonical.ts';
import type { Field, ScalarType, StructType, Type } from '../api/schema.ts';
import { isRecord, setOwn } from '../lib/json.ts';
import { canonicalQuantity } from '../lib/quantity.ts';
import { fromBase64, isBase64, toBase64 } from '../lib/text.ts';
import { formatDuration, formatMicroTime, formatTime, isZeroTime, microsOf, parseDuration, parseTime } from '../lib/time.ts';
import { inspect, sourceOf } from './inspect.ts';

/** Something cannot be read; the message is Go's. */
export class DecodeError extends Error {}

export interface Decoded {
  readonly object: Record<string, unknown>;
  /** `unknown field "spec.replica"`, in the order of the source. */
  readonly unknown: readonly string[];
}

/** Reads a whole object of a built-in type. */
export function decode(value: unknown, type: StructType): Decoded {
  const { object, isComplete } = decodeQuietly(value, type);
  if (object && isComplete) return { object, unknown: [] };
  const { error, strict } = inspect(sourceOf(value), type);
  if (error !== undefined || !object) throw new DecodeError(error ?? 'the value cannot be read');
  return { object, unknown: strict };
}

/** `object` is undefined if something cannot be read; `isComplete` is false if something was not known. */
export function decodeQuietly(value: unknown, type: StructType): { object: Record<string, unknown> | undefined; isComplete: boolean } {
  if (value === null) return { object: zero(type) as Record<string, unknown>, isComplete: true };
  if (!isRecord(value)) return { object: undefined, isComplete: false };
  const state: State = { isComplete: true };
  try {
    return { object: decodeStruct(value, type, state), isComplete: state.isComplete };
  } catch (error) {
    if (error === MISMATCH) return { object: undefined, isComplete: false };
    throw error;
  }
}

interface State {
  isComplete: boolean;
}

/** Thrown where a value does not fit. One for all: it has nothing to say, and making an Error takes longer than reading a pod. */
const MISMATCH = new Error('mismatch');

interface Plan {
  /** JSON name → its place in Go's order. */
  readonly order: ReadonlyMap<string, number>;
  readonly fields: readonly Field[];
  /** Places of the fields that are written even if they were not given. */
  readonly always: readonly number[];
}

const plans = new WeakMap<StructType, Plan>();

function planOf(type: StructType): Plan {
  let plan = plans.get(type);
  if (!plan) {
    const fields = [...type.fields.values()];
    const always = fields.map((_, i) => i).filter((i) => keep(undefined, fields[i]!) !== undefined);
    plan = { order: new Map(fields.map(({ name }, i) => [name, i])), fields, always };
    plans.set(type, plan);
  }
  return plan;
}

function decodeStruct(value: Record<string, unknown>, type: StructType, state: State): Record<string, unknown> {
  const { order, fields, always } = planOf(type);
  const given: number[] = [];
  let last = -1;
  let isSorted = true;
  for (const name in value) {
    const place = order.get(name);
    if (place === undefined) {
      state.isComplete = false;
      continue;
    }
    if (place < last) isSorted = false;
    last = place;
    given.push(place);
  }
  if (!isSorted) sortNumbers(given);
  const out: Record<string, unknown> = {};
  let pending = 0;
  for (let i = 0; i < given.length; i++) {
    const place = given[i]!;
    while (pending < always.length && always[pending]! < place) writeZero(out, fields[always[pending++]!]!);
    if (always[pending] === place) pending++;
    const field = fields[place]!;
    const raw = value[field.name];
    const kept = keep(raw === null || raw === undefined ? undefined : decodeValue(raw, field.type, state), field);
    if (kept !== undefined) out[field.name] = kept;
  }
  while (pending < always.length) writeZero(out, fields[always[pending++]!]!);
  return out;
}

const writeZero = (out: Record<string, unknown>, field: Field): void => {
  out[field.name] = keep(undefined, field);
};

/** By insertion: a handful of numbers. */
function sortNumbers(numbers: number[]): void {
  for (let i = 1; i < numbers.length; i++) {
    const one = numbers[i]!;
    let at = i;
    for (; at > 0 && numbers[at - 1]! > one; at--) numbers[at] = numbers[at - 1]!;
    numbers[at] = one;
  }
}

function decodeValue(value: unknown, type: Type, state: State): unknown {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw MISMATCH;
      return value;
    case 'struct':
      if (!isRecord(value)) throw MISMATCH;
      return decodeStruct(value, type, state);
    case 'list':
      if (!Array.isArray(value)) throw MISMATCH;
      return value.map((item: unknown) => (item === null ? zero(type.of) : decodeValue(item, type.of, state)));
    case 'map': {
      if (!isRecord(value)) throw MISMATCH;
      const out: Record<string, unknown> = {};
      for (const key of sortedKeys(value)) {
        const item = value[key];
        setOwn(out, key, item === null ? zero(type.of) : decodeValue(item, type.of, state));
      }
      return out;
    }
    case 'bool':
      if (typeof value !== 'boolean') throw MISMATCH;
      return value;
    case 'int32':
      if (typeof value !== 'number' || (value | 0) !== value) throw MISMATCH;
      return value | 0; // takes the sign off -0
    case 'uint32':
      if (!isInteger(value, 0, 2 ** 32 - 1)) throw MISMATCH;
      return value;
    case 'int64':
      if (!isInteger(value, -(2 ** 63), 2 ** 63)) throw MISMATCH;
      return value === 0 ? 0 : value;
    case 'float64':
      if (typeof value !== 'number') throw MISMATCH;
      return value;
    default:
      return decodeSpecial(value, type, state);
  }
}

/** Go writes maps by their keys. */
function sortedKeys(value: Record<string, unknown>): string[] {
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) if (keys[i]! < keys[i - 1]!) return keys.sort();
  return keys;
}

const isInteger = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

/** Types with a JSON form of their own. */
function decodeSpecial(value: unknown, type: ScalarType, state: State): unknown {
  switch (type.kind) {
    case 'Quantity':
      return decodeQuantity(value);
    case 'IntOrString':
      if (typeof value === 'string') return value;
      if (typeof value !== 'number' || (value | 0) !== value) throw MISMATCH;
      return value | 0;
    case 'Time':
    case 'MicroTime':
      return decodeTime(value, type.kind);
    case 'Duration': {
      const duration = typeof value === 'string' ? parseDuration(value) : undefined;
      if (duration === undefined) throw MISMATCH;
      return formatDuration(duration);
    }
    case 'bytes':
      if (typeof value !== 'string' || !isBase64(value)) throw MISMATCH;
      return value.endsWith('=') || value.includes('\n') || value.includes('\r') ? toBase64(fromBase64(value)!) : value;
    case 'any':
      return type.of ? decodeSchemaOr(value, type, type.of, state) : value;
    default:
      return value; // raw JSON
  }
}

function decodeQuantity(value: unknown): string {
  const text = quantityText(value);
  const canonical = text === undefined ? undefined : canonicalQuantity(text);
  if (canonical === undefined) throw MISMATCH;
  return canonical;
}

/** A quantity may be written as a number. Undefined for what it may never be. */
const quantityText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : undefined;

function decodeTime(value: unknown, kind: 'Time' | 'MicroTime'): string | null {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  if (time === undefined) throw MISMATCH;
  if (isZeroTime(time)) return null;
  return kind === 'Time' ? formatTime(time) : formatMicroTime(time, microsOf(value as string));
}

/** A JSON schema, or what else its place allows: a list of them, a boolean, a list of names. */
function decodeSchemaOr(value: unknown, { name }: ScalarType, of: StructType, state: State): unknown {
  if (isRecord(value)) return decodeStruct(value, of, state);
  if (name === 'JSONSchemaPropsOrBool') {
    if (typeof value !== 'boolean') throw MISMATCH;
    return value;
  }
  if (!Array.isArray(value)) return null;
  if (name === 'JSONSchemaPropsOrArray') return value.map((item: unknown) => (item === null ? zero(of) : decodeValue(item, of, state)));
  if (!value.every((item) => typeof item === 'string' || item === null)) throw MISMATCH;
  return value.map((item: string | null) => item ?? '');
}
