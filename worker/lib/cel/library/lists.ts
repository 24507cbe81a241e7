// Lists: Kubernetes' (apiserver pkg/cel/library/lists.go), cel-go's (ext/lists.go, version 3) and sets (ext/sets.go).

import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { CelError, compare, Duration, isEqual, NONE, Optional, Uint } from '../values.ts';
import type { Value } from '../values.ts';

const ORDERED = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'timestamp', 'duration'];

function order(a: Value, b: Value): number {
  const found = compare(a, b);
  if (found === undefined) throw new CelError('no such overload');
  return found;
}

const isSorted = (list: Value[]): boolean => list.every((item, i) => i === 0 || order(list[i - 1], item) <= 0);

const extreme =
  (name: string, sign: 1 | -1) =>
  (list: Value[]): Value => {
    if (!list.length) throw new CelError(`${name} called on empty list`);
    return list.reduce((best, item) => (order(item, best) * sign > 0 ? item : best));
  };

const flatten = (list: Value[], depth: bigint): Value[] => {
  if (depth < 0n) throw new CelError('level must be non-negative');
  return depth === 0n ? list : list.flatMap((item) => (Array.isArray(item) ? flatten(item as Value[], depth - 1n) : [item]));
};

const distinct = (list: Value[]): Value[] => list.filter((item, i) => list.findIndex((other) => isEqual(item, other)) === i);

function slice(list: Value[], start: bigint, end: bigint): Value[] {
  if (start < 0n || end < 0n) throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (BigInt(list.length) < end) throw new CelError(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

const holds = (list: Value[], item: Value): boolean => list.some((one) => isEqual(one, item));
const covers = (list: Value[], other: Value[]): boolean => other.every((item) => holds(list, item));

export const lists: Library = [
  ...ORDERED.map((type) => fn('isSorted', `list<${type}>.() bool`, isSorted, costs.items())),
  ...ORDERED.map((type) => fn('min', `list<${type}>.() ${type}`, extreme('min', -1), costs.items())),
  ...ORDERED.map((type) => fn('max', `list<${type}>.() ${type}`, extreme('max', 1), costs.items())),
  fn('sum', 'list<int>.() int', (list: bigint[]) => list.reduce((a, b) => a + b, 0n), costs.items()),
  fn('sum', 'list<uint>.() uint', (list: Uint[]) => new Uint(list.reduce((a, b) => a + b.value, 0n)), costs.items()),
  fn('sum', 'list<double>.() double', (list: number[]) => list.reduce((a, b) => a + b, 0), costs.items()),
  fn('sum', 'list<duration>.() duration', (list: Duration[]) => new Duration(list.reduce((a, b) => a + b.nanos, 0n)), costs.items()),
  fn('indexOf', 'list<A>.(A) int', (list: Value[], item: Value) => BigInt(list.findIndex((one) => isEqual(one, item))), costs.items()),
  fn(
    'lastIndexOf',
    'list<A>.(A) int',
    (list: Value[], item: Value) => BigInt(list.findLastIndex((one) => isEqual(one, item))),
    costs.items(),
  ),
  fn('slice', 'list<A>.(int, int) list<A>', slice, costs.items()),
  fn('flatten', 'list<list<A>>.() list<A>', (list: Value[]) => flatten(list, 1n), costs.items()),
  fn('flatten', 'list<dyn>.(int) list<dyn>', flatten, costs.items()),
  fn('sort', 'list<A>.() list<A>', (list: Value[]) => list.toSorted(order), costs.items()),
  fn('distinct', 'list<A>.() list<A>', distinct, costs.pairs),
  fn('reverse', 'list<A>.() list<A>', (list: Value[]) => list.toReversed(), costs.items()),
  fn('first', 'list<A>.() optional<A>', firstOf(0)),
  fn('last', 'list<A>.() optional<A>', firstOf(-1)),
  fn('lists.range', '(int) list<int>', (count: bigint) => Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i))),
  fn('sets.contains', '(list<A>, list<A>) bool', covers, costs.pairs),
  fn('sets.equivalent', '(list<A>, list<A>) bool', (a: Value[], b: Value[]) => covers(a, b) && covers(b, a), costs.pairs),
  fn('sets.intersects', '(list<A>, list<A>) bool', (a: Value[], b: Value[]) => a.some((item) => holds(b, item)), costs.pairs),
];

function firstOf(place: number): (list: Value[]) => Optional {
  return (list) => (list.length ? new Optional(true, list.at(place)) : NONE);
}
