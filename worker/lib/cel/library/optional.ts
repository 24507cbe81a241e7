// Values that may not be there. Mirrors cel-go cel/library.go (optional types). `or` and `orValue` are evaluate.ts's: they look at one side only.

import { fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { CelError, Duration, isMap, NONE, Optional, Timestamp, Uint } from '../values.ts';
import type { Value } from '../values.ts';

function isZero(value: Value): boolean {
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return isMap(value) && value.size === 0;
}

export const optionals: Library = [
  fn('optional.of', '(A) optional<A>', (value: Value) => new Optional(true, value)),
  fn('optional.ofNonZeroValue', '(A) optional<A>', (value: Value) => (isZero(value) ? NONE : new Optional(true, value))),
  fn('optional.none', '() optional<A>', () => NONE),
  fn('optional.unwrap', '(list<optional<A>>) list<A>', (list: Optional[]) => list.filter((one) => one.hasValue).map((one) => one.value)),
  fn('unwrapOpt', 'list<optional<A>>.() list<A>', (list: Optional[]) => list.filter((one) => one.hasValue).map((one) => one.value)),
  fn('hasValue', 'optional<A>.() bool', (one: Optional) => one.hasValue),
  fn('value', 'optional<A>.() A', (one: Optional) => {
    if (!one.hasValue) throw new CelError('optional.none() dereference');
    return one.value;
  }),
  fn('or', 'optional<A>.(optional<A>) optional<A>', () => NONE),
  fn('orValue', 'optional<A>.(A) A', () => NONE),
  fn('_[?_]', '(list<A>, int) optional<A>', () => NONE),
  fn('_[?_]', '(map<A, B>, A) optional<B>', () => NONE),
  fn('_[?_]', '(optional<list<A>>, int) optional<A>', () => NONE),
  fn('_[?_]', '(optional<map<A, B>>, A) optional<B>', () => NONE),
  fn('_[_]', '(optional<list<A>>, int) optional<A>', () => NONE),
  fn('_[_]', '(optional<map<A, B>>, A) optional<B>', () => NONE),
];
