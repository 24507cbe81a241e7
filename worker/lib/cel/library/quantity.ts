// Quantities and semantic versions. Mirrors apiserver pkg/cel/library (quantity.go, semverlib.go).

import { formatQuantity, parseQuantity, quantityProblem } from '../../quantity.ts';
import type { Quantity } from '../../quantity.ts';
import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { opaque } from '../types.ts';
import { CelError, Foreign } from '../values.ts';

class QuantityValue extends Foreign {
  readonly type = opaque('kubernetes.Quantity');
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  isEqual(other: Foreign): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos;
  }
  override toString(): string {
    return formatQuantity(this.quantity);
  }
}

const NANO = 1_000_000_000n;

/** Throws CelError. */
export function readQuantity(text: string): QuantityValue {
  const quantity = parseQuantity(text);
  if (!quantity) throw new CelError(quantityProblem(text));
  return new QuantityValue(quantity);
}

const order = (a: bigint, b: bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);
const isWhole = ({ quantity: { nanos } }: QuantityValue): boolean => nanos % NANO === 0n;

function asInteger(value: QuantityValue): bigint {
  if (!isWhole(value)) throw new CelError('cannot convert value to integer');
  return value.quantity.nanos / NANO;
}

const plus = ({ quantity: { nanos, format } }: QuantityValue, more: bigint): QuantityValue =>
  new QuantityValue({ nanos: nanos + more, format });

export const quantities: Library = [
  fn('quantity', '(string) kubernetes.Quantity', readQuantity, costs.traversal()),
  fn('isQuantity', '(string) bool', (text: string) => parseQuantity(text) !== undefined, costs.traversal()),
  fn('sign', '(kubernetes.Quantity) int', ({ quantity }: QuantityValue) => order(quantity.nanos, 0n), costs.fixed(1)),
  fn('sign', 'kubernetes.Quantity.() int', ({ quantity }: QuantityValue) => order(quantity.nanos, 0n), costs.fixed(1)),
  fn(
    'isGreaterThan',
    'kubernetes.Quantity.(kubernetes.Quantity) bool',
    (a: QuantityValue, b: QuantityValue) => a.quantity.nanos > b.quantity.nanos,
    costs.fixed(1),
  ),
  fn(
    'isLessThan',
    'kubernetes.Quantity.(kubernetes.Quantity) bool',
    (a: QuantityValue, b: QuantityValue) => a.quantity.nanos < b.quantity.nanos,
    costs.fixed(1),
  ),
  fn(
    'compareTo',
    'kubernetes.Quantity.(kubernetes.Quantity) int',
    (a: QuantityValue, b: QuantityValue) => order(a.quantity.nanos, b.quantity.nanos),
    costs.fixed(1),
  ),
  fn('asApproximateFloat', 'kubernetes.Quantity.() double', ({ quantity }: QuantityValue) => Number(quantity.nanos) / 1e9, costs.fixed(1)),
  fn('asInteger', 'kubernetes.Quantity.() int', asInteger, costs.fixed(1)),
  fn('isInteger', 'kubernetes.Quantity.() bool', isWhole, costs.fixed(1)),
  fn(
    'add',
    'kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity',
    (a: QuantityValue, b: QuantityValue) => plus(a, b.quantity.nanos),
    costs.fixed(1),
  ),
  fn('add', 'kubernetes.Quantity.(int) kubernetes.Quantity', (a: QuantityValue, b: bigint) => plus(a, b * NANO), costs.fixed(1)),
  fn(
    'sub',
    'kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity',
    (a: QuantityValue, b: QuantityValue) => plus(a, -b.quantity.nanos),
    costs.fixed(1),
  ),
  fn('sub', 'kubernetes.Quantity.(int) kubernetes.Quantity', (a: QuantityValue, b: bigint) => plus(a, -b * NANO), costs.fixed(1)),
];

class SemverValue extends Foreign {
  readonly type = opaque('kubernetes.Semver');
  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];
  constructor(numbers: readonly bigint[], pre: readonly string[]) {
    super();
    this.numbers = numbers;
    this.pre = pre;
  }
  isEqual(other: Foreign): boolean {
    return other instanceof SemverValue && compareSemver(this, other) === 0;
  }
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

/** Throws CelError. */
export function readSemver(text: string): SemverValue {
  const match = SEMVER.exec(text);
  if (!match)
    throw new CelError(
      text.split('.').length < 3 ? 'No Major.Minor.Patch elements found' : `Invalid character(s) found in version ${JSON.stringify(text)}`,
    );
  return new SemverValue(match.slice(1, 4).map(BigInt), match[4]?.split('.') ?? []);
}

/** `v1.0` as `1.0.0`; leading zeros go. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([^+-]*)(.*)$/s.exec(text)!;
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

export function compareSemver(a: SemverValue, b: SemverValue): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1 : 1;
  if (!a.pre.length || !b.pre.length) return Math.sign(b.pre.length - a.pre.length);
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    if (x === y) continue;
    const [isX, isY] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (isX && isY) return BigInt(x) < BigInt(y) ? -1 : 1;
    if (isX !== isY) return isX ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

const isSemver = (text: string): boolean => SEMVER.test(text);

export const versions: Library = [
  fn('semver', '(string) kubernetes.Semver', readSemver, costs.traversal()),
  fn(
    'semver',
    '(string, bool) kubernetes.Semver',
    (text: string, normalize: boolean) => readSemver(normalize ? normalized(text) : text),
    costs.traversal(),
  ),
  fn('isSemver', '(string) bool', isSemver, costs.traversal()),
  fn(
    'isSemver',
    '(string, bool) bool',
    (text: string, normalize: boolean) => isSemver(normalize ? normalized(text) : text),
    costs.traversal(),
  ),
  fn(
    'isGreaterThan',
    'kubernetes.Semver.(kubernetes.Semver) bool',
    (a: SemverValue, b: SemverValue) => compareSemver(a, b) > 0,
    costs.fixed(1),
  ),
  fn(
    'isLessThan',
    'kubernetes.Semver.(kubernetes.Semver) bool',
    (a: SemverValue, b: SemverValue) => compareSemver(a, b) < 0,
    costs.fixed(1),
  ),
  fn(
    'compareTo',
    'kubernetes.Semver.(kubernetes.Semver) int',
    (a: SemverValue, b: SemverValue) => BigInt(compareSemver(a, b)),
    costs.fixed(1),
  ),
  fn('major', 'kubernetes.Semver.() int', ({ numbers }: SemverValue) => numbers[0], costs.fixed(1)),
  fn('minor', 'kubernetes.Semver.() int', ({ numbers }: SemverValue) => numbers[1], costs.fixed(1)),
  fn('patch', 'kubernetes.Semver.() int', ({ numbers }: SemverValue) => numbers[2], costs.fixed(1)),
];
