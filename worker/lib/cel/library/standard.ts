// CEL's own functions and operators. Mirrors cel-go common/stdlib and common/types.

import { goRegExp } from '../../go-regexp.ts';
import { formatFloat } from '../../go-format.ts';
import { fromUtf8Strict, utf8 } from '../../text.ts';
import { parseTime } from '../../time.ts';
import { costs, fn } from '../functions.ts';
import type { Library, Overload } from '../functions.ts';
import { CelError, compare, Duration, findIn, isEqual, isMap, sizeOf, Timestamp, TypeValue, typeNameOf, Uint } from '../values.ts';
import type { Value } from '../values.ts';
import { timeFunctions } from './time-fields.ts';

const int = (value: bigint): bigint => {
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new CelError('integer overflow');
  return value;
};

const nonZero = (value: bigint, what = 'division'): bigint => {
  if (value === 0n) throw new CelError(`${what} by zero`);
  return value;
};

function arithmetic(): Overload[] {
  const uint = (of: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) => new Uint(of(a.value, b.value));
  const each = (name: string, integer: (a: bigint, b: bigint) => bigint, double?: (a: number, b: number) => number): Overload[] => [
    fn(name, '(int, int) int', (a: bigint, b: bigint) => int(integer(a, b))),
    fn(name, '(uint, uint) uint', uint(integer)),
    ...(double ? [fn(name, '(double, double) double', double)] : []),
  ];
  return [
    ...each(
      '_+_',
      (a, b) => a + b,
      (a, b) => a + b,
    ),
    ...each(
      '_-_',
      (a, b) => a - b,
      (a, b) => a - b,
    ),
    ...each(
      '_*_',
      (a, b) => a * b,
      (a, b) => a * b,
    ),
    ...each(
      '_/_',
      (a, b) => a / nonZero(b),
      (a, b) => a / b,
    ),
    ...each('_%_', (a, b) => a % nonZero(b, 'modulus')),
    fn('-_', '(int) int', (a: bigint) => int(-a)),
    fn('-_', '(double) double', (a: number) => -a),
    fn('_+_', '(string, string) string', (a: string, b: string) => a + b, costs.concatenation),
    fn('_+_', '(bytes, bytes) bytes', (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b]), costs.concatenation),
    fn('_+_', '(list<A>, list<A>) list<A>', (a: Value[], b: Value[]) => [...a, ...b], {
      estimate: ([a, b]) => ({
        cost: { min: 1, max: 1 },
        size: {
          min: a!.min + b!.min,
          max: a!.max + b!.max,
          items:
            a!.items && b!.items
              ? { min: Math.min(a!.items.min, b!.items.min), max: Math.max(a!.items.max, b!.items.max) }
              : (a!.items ?? b!.items),
        },
      }),
    }),
    fn('_+_', '(timestamp, duration) timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos)),
    fn('_+_', '(duration, timestamp) timestamp', (a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos)),
    fn('_+_', '(duration, duration) duration', (a: Duration, b: Duration) => new Duration(a.nanos + b.nanos)),
    fn('_-_', '(timestamp, timestamp) duration', (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos)),
    fn('_-_', '(timestamp, duration) timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos)),
    fn('_-_', '(duration, duration) duration', (a: Duration, b: Duration) => new Duration(a.nanos - b.nanos)),
  ];
}

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const NUMBERS = ['int', 'uint', 'double'];

function comparisons(): Overload[] {
  const tests: Readonly<Record<string, (order: number) => boolean>> = {
    '_<_': (order) => order < 0,
    '_<=_': (order) => order <= 0,
    '_>_': (order) => order > 0,
    '_>=_': (order) => order >= 0,
  };
  const pairs = [
    ...ORDERED.map((one) => [one, one] as const),
    ...NUMBERS.flatMap((a) => NUMBERS.filter((b) => a !== b).map((b) => [a, b] as const)),
  ];
  const out: Overload[] = [];
  for (const [name, test] of Object.entries(tests)) {
    for (const [a, b] of pairs) {
      const call = (x: Value, y: Value): boolean => {
        const order = compare(x, y);
        if (order === undefined) throw new CelError('no such overload');
        return test(order);
      };
      out.push(fn(name, `(${a}, ${b}) bool`, call, a === 'string' || a === 'bytes' ? costs.comparison : {}));
    }
  }
  return [
    ...out,
    fn('_==_', '(A, A) bool', (a: Value, b: Value) => isEqual(a, b), costs.comparison),
    fn('_!=_', '(A, A) bool', (a: Value, b: Value) => !isEqual(a, b), costs.comparison),
    fn('@in', '(A, list<A>) bool', (a: Value, list: Value[]) => list.some((one) => isEqual(a, one)), {
      cost: (args) => sizeOf(args[1]),
      estimate: ([, list]) => ({ cost: { min: list!.min, max: list!.max } }),
    }),
    fn('@in', '(A, map<A, B>) bool', (a: Value, map: Map<Value, Value>) => findIn(map, a) !== undefined),
  ];
}

/** Their evaluation is evaluate.ts's; here are their types. */
const logic: Library = [
  fn('!_', '(bool) bool', (a: boolean) => !a),
  fn('_&&_', '(bool, bool) bool', () => false),
  fn('_||_', '(bool, bool) bool', () => false),
  fn('_?_:_', '(bool, A, A) A', () => false),
  fn('@not_strictly_false', '(bool) bool', () => false),
  fn('_[_]', '(list<A>, int) A', () => false),
  fn('_[_]', '(map<A, B>, A) B', () => false),
];

function integerOf(text: string, what: 'int' | 'uint'): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new CelError(`type conversion error from '${what === 'int' ? 'string' : 'string'}' to '${what}'`);
  return BigInt(text.replace(/^\+/, ''));
}

function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

const CONVERTED = (from: string, to: string): CelError => new CelError(`type conversion error from '${from}' to '${to}'`);

const conversions: Library = [
  fn('int', '(int) int', (a: bigint) => a),
  fn('int', '(uint) int', (a: Uint) => int(a.value)),
  fn('int', '(double) int', intOfDouble),
  fn('int', '(string) int', (a: string) => int(integerOf(a, 'int'))),
  fn('int', '(timestamp) int', (a: Timestamp) => floorDiv(a.nanos, 1_000_000_000n)),
  fn('int', '(duration) int', (a: Duration) => a.nanos),
  fn('uint', '(uint) uint', (a: Uint) => a),
  fn('uint', '(int) uint', (a: bigint) => new Uint(a)),
  fn('uint', '(double) uint', (a: number) => new Uint(intOfDouble(a))),
  fn('uint', '(string) uint', (a: string) => new Uint(integerOf(a, 'uint'))),
  fn('double', '(double) double', (a: number) => a),
  fn('double', '(int) double', (a: bigint) => Number(a)),
  fn('double', '(uint) double', (a: Uint) => Number(a.value)),
  fn('double', '(string) double', (a: string) => {
    const value = a.trim() === a && a !== '' ? Number(a) : NaN;
    if (Number.isNaN(value) && a !== 'NaN') throw CONVERTED('string', 'double');
    return value;
  }),
  fn('bool', '(bool) bool', (a: boolean) => a),
  fn('bool', '(string) bool', (a: string) => {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(a)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(a)) return false;
    throw CONVERTED('string', 'bool');
  }),
  fn('string', '(string) string', (a: string) => a),
  fn('string', '(bool) string', String),
  fn('string', '(int) string', String),
  fn('string', '(uint) string', (a: Uint) => String(a.value)),
  fn('string', '(double) string', formatFloat),
  fn(
    'string',
    '(bytes) string',
    (a: Uint8Array) => {
      try {
        return fromUtf8Strict(a);
      } catch {
        throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
      }
    },
    costs.traversal(),
  ),
  fn('string', '(timestamp) string', (a: Timestamp) => timestampText(a)),
  fn('string', '(duration) string', (a: Duration) => `${decimal(a.nanos)}s`),
  fn('bytes', '(bytes) bytes', (a: Uint8Array) => a),
  fn('bytes', '(string) bytes', (a: string) => utf8(a), costs.traversal()),
  fn('timestamp', '(timestamp) timestamp', (a: Timestamp) => a),
  fn('timestamp', '(int) timestamp', (a: bigint) => new Timestamp(a * 1_000_000_000n)),
  fn('timestamp', '(string) timestamp', parseTimestamp),
  fn('duration', '(duration) duration', (a: Duration) => a),
  fn('duration', '(int) duration', (a: bigint) => new Duration(a)),
  fn('duration', '(string) duration', parseCelDuration),
  fn('dyn', '(A) dyn', (a: Value) => a),
  fn('type', '(A) type', (a: Value) => new TypeValue(typeNameOf(a))),
];

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n);

/** Seconds, as Go's duration proto prints them. */
export function decimal(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${nanos < 0n ? '-' : ''}${size / 1_000_000_000n}${fraction && `.${fraction}`}`;
}

export function timestampText({ nanos }: Timestamp): string {
  const seconds = floorDiv(nanos, 1_000_000_000n);
  const fraction = String(nanos - seconds * 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}

/** Throws CelError. */
export function parseTimestamp(text: string): Timestamp {
  const ms = parseTime(text);
  if (ms === undefined) throw CONVERTED('string', 'google.protobuf.Timestamp');
  const fraction = /\.(\d{1,9})\d*/.exec(text)?.[1]?.padEnd(9, '0') ?? '0';
  return new Timestamp(floorDiv(BigInt(Math.floor(ms)), 1000n) * 1_000_000_000n + BigInt(fraction));
}

const UNITS: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
};

/** Go's syntax: `1h30m`. Throws CelError. */
export function parseCelDuration(text: string): Duration {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text)!;
  if (rest === '0') return new Duration(0n);
  let nanos = 0n;
  let left = rest;
  while (left) {
    const part = /^(\d*)(?:\.(\d*))?(h|ms|m|s|us|µs|μs|ns)/.exec(left);
    if (!part || (!part[1] && !part[2])) throw CONVERTED('string', 'google.protobuf.Duration');
    const unit = UNITS[part[3]!]!;
    nanos += BigInt(part[1] || 0) * unit;
    const fraction = (part[2] ?? '').slice(0, 18);
    if (fraction) nanos += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
    left = left.slice(part[0].length);
  }
  if (!rest) throw CONVERTED('string', 'google.protobuf.Duration');
  return new Duration(sign === '-' ? -nanos : nanos);
}

function matches(text: string, pattern: string): boolean {
  try {
    return goRegExp(pattern).test(text);
  } catch (error) {
    throw new CelError((error as Error).message);
  }
}

const texts: Library = [
  fn('contains', 'string.(string) bool', (a: string, b: string) => a.includes(b), costs.contains),
  fn('startsWith', 'string.(string) bool', (a: string, b: string) => a.startsWith(b), costs.traversal()),
  fn('endsWith', 'string.(string) bool', (a: string, b: string) => a.endsWith(b), costs.traversal()),
  fn('matches', 'string.(string) bool', matches, costs.regex()),
  fn('matches', '(string, string) bool', matches, costs.regex()),
];

const sizes: Library = ['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((type) => [
  fn('size', `(${type}) int`, (a: Value) => BigInt(sizeOf(a))),
  fn('size', `${type}.() int`, (a: Value) => BigInt(sizeOf(a))),
]);

const inserts: Library = [
  fn('cel.@mapInsert', '(map<A, B>, A, B) map<A, B>', (map: Map<Value, Value>, key: Value, value: Value) => inserted(map, key, value)),
  fn('cel.@mapInsert', '(map<A, B>, map<A, B>) map<A, B>', (map: Map<Value, Value>, more: Map<Value, Value>) =>
    [...more].reduce((into, [key, value]) => inserted(into, key, value), map),
  ),
];

function inserted(map: Map<Value, Value>, key: Value, value: Value): Map<Value, Value> {
  if (!isMap(map)) throw new CelError('no such overload');
  if (findIn(map, key)) throw new CelError(`insert failed: key ${String(key)} already exists`);
  return new Map([...map, [key, value]]);
}

export const standard: Library = [
  ...logic,
  ...comparisons(),
  ...arithmetic(),
  ...conversions,
  ...texts,
  ...sizes,
  ...inserts,
  ...timeFunctions,
];
