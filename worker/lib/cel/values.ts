// The values of CEL. int is bigint, double number, string, bool, null and bytes what they are in JavaScript; lists are arrays, maps and objects Maps.

import type { Type } from './types.ts';

export type Value = unknown;

/** Something goes wrong while an expression is evaluated; `&&` and `||` may do without what failed. */
export class CelError extends Error {
  /** What had been taken until then. */
  cost = 0;
}

/** It took too much. Nothing does without that. */
export class CostError extends Error {
  cost = 0;
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    if (value < 0n || value >= 2n ** 64n) throw new CelError('unsigned integer overflow');
    this.value = value;
  }
}

/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos < MIN_TIME || nanos > MAX_TIME) throw new CelError('timestamp overflow');
    this.nanos = nanos;
  }
}
const MIN_TIME = -62135596800n * 1_000_000_000n;
const MAX_TIME = 253402300799_999999999n;

/** Nanoseconds. */
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos < -(2n ** 63n) || nanos >= 2n ** 63n) throw new CelError('integer overflow');
    this.nanos = nanos;
  }
}

export class Optional {
  readonly value: Value;
  readonly hasValue: boolean;
  constructor(hasValue: boolean, value?: Value) {
    this.hasValue = hasValue;
    this.value = value;
  }
}
export const NONE = new Optional(false);

export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a type that a library brings: two are equal if their texts are, and `isEqual` says nothing else. */
export abstract class Foreign {
  abstract readonly type: Type;
  abstract isEqual(other: Foreign): boolean;
}

/** How a list's items are told apart, where that is not by their places. Kept beside the list: a list is a plain array. */
export interface ListKind {
  readonly type: 'set' | 'map';
  readonly keys: readonly string[];
}
const kinds = new WeakMap<readonly unknown[], ListKind>();
export const listKindOf = (list: readonly unknown[]): ListKind | undefined => kinds.get(list);
export function withListKind<T extends readonly unknown[]>(list: T, kind: ListKind | undefined): T {
  if (kind) kinds.set(list, kind);
  return list;
}

export const isMap = (value: Value): value is Map<Value, Value> => value instanceof Map;

/** Integers of maps' keys: 1 and 1u and 1.0 are one key. */
export function keyOf(value: Value): Value {
  if (value instanceof Uint) return value.value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return value;
}

export function findIn(map: Map<Value, Value>, key: Value): { readonly value: Value } | undefined {
  const plain = keyOf(key);
  return map.has(plain) ? { value: map.get(plain) } : undefined;
}

export function isEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return x == y; // eslint-disable-line eqeqeq -- a bigint may equal a number
  if (Array.isArray(a)) return Array.isArray(b) && areListsEqual(a, b);
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = findIn(b, key);
      if (!other || !isEqual(value, other.value)) return false;
    }
    return true;
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && a.hasValue === b.hasValue && (!a.hasValue || isEqual(a.value, b.value));
  if (a instanceof Foreign) return b instanceof Foreign && a.type.name === b.type.name && a.isEqual(b);
  return false;
}

/** Sets and maps by keys do not mind the order. */
function areListsEqual(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  const kind = listKindOf(a) ?? listKindOf(b);
  if (!kind) return a.every((item, i) => isEqual(item, b[i]));
  return a.every((item) => b.some((other) => isEqual(item, other)));
}

const numeric = (value: Value): bigint | number | undefined =>
  typeof value === 'bigint' || typeof value === 'number' ? value : value instanceof Uint ? value.value : undefined;

/** Below, above or at zero; undefined if the two cannot be compared. */
export function compare(a: Value, b: Value): number | undefined {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return Number.isNaN(x) || Number.isNaN(y) ? NaN : order(x, y);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
    return a.length - b.length;
  }
  return undefined;
}

const order = (a: bigint | number, b: bigint | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** By code points, as Go compares UTF-8. */
function compareText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (left[i] !== right[i]) return left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
  return left.length - right.length;
}

/** Characters, bytes, items or entries; 1 of everything else. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') {
    let size = 0;
    for (const _ of value) size++;
    return size;
  }
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (isMap(value)) return value.size;
  if (value instanceof Optional && value.hasValue) return sizeOf(value.value);
  return 1;
}

export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    default:
  }
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  if (isMap(value)) return 'map';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof TypeValue) return 'type';
  return value instanceof Foreign ? value.type.name : 'dyn';
}
