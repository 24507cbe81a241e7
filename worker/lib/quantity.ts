// Kubernetes' resource quantities: "100m", "1.5Gi", "1e3". Mirrors apimachinery pkg/api/resource.
// A quantity is a whole number of nanos (upstream rounds up beyond that too) and the suffix family it was written in.

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const PATTERN = /^([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
const MAX = (2n ** 63n - 1n) * NANO;

const parsed = new Map<string, Quantity | undefined>();

/** Undefined if the text is no quantity. Values beyond ±(2^63-1) are capped, fractions below a nano rounded up, as upstream does. */
export function parseQuantity(text: string): Quantity | undefined {
  if (parsed.has(text)) return parsed.get(text);
  if (parsed.size > 5000) parsed.clear();
  const result = parse(text);
  parsed.set(text, result);
  return result;
}

function parse(text: string): Quantity | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign, digits, suffix = ''] = match as unknown as [string, string, string, string?];
  const [whole = '', fraction = ''] = digits.split('.');
  if (whole.length + fraction.length > 400) return undefined;
  let [numerator, denominator] = [BigInt((whole || '0') + fraction) * NANO, 10n ** BigInt(fraction.length)];
  let format: QuantityFormat = 'DecimalSI';
  if (suffix.endsWith('i')) {
    format = 'BinarySI';
    numerator *= 1024n ** BigInt(BINARY.indexOf(suffix));
  } else if (/^[eE]./.test(suffix)) {
    format = 'DecimalExponent';
    const exponent = Number(suffix.slice(1));
    if (Math.abs(exponent) > 400) return undefined;
    if (exponent >= 0) numerator *= 10n ** BigInt(exponent);
    else denominator *= 10n ** BigInt(-exponent);
  } else {
    const exponent = (DECIMAL.indexOf(suffix) - 3) * 3;
    if (exponent >= 0) numerator *= 10n ** BigInt(exponent);
    else denominator *= 10n ** BigInt(-exponent);
  }
  let nanos = numerator / denominator;
  if (nanos * denominator !== numerator) nanos += 1n; // away from zero: the sign comes after
  if (nanos > MAX) nanos = MAX;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

/** The canonical text: no fraction, the largest suffix that loses nothing. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  let value = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && value >= 1024n * NANO) {
    value = (value + NANO - 1n) / NANO;
    let power = 0;
    while (power < BINARY.length - 1 && value % 1024n === 0n) [value, power] = [value / 1024n, power + 1];
    return `${sign}${value}${BINARY[power]}`;
  }
  let power = 0;
  while (power < DECIMAL.length - 1 && value % 1000n === 0n) [value, power] = [value / 1000n, power + 1];
  if (format !== 'DecimalExponent') return `${sign}${value}${DECIMAL[power]}`;
  const exponent = (power - 3) * 3;
  return `${sign}${value}${exponent === 0 ? '' : `e${exponent}`}`;
}

/** The canonical form of a quantity's text, or undefined if it is none. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text);
  return quantity && formatQuantity(quantity);
}

/** What upstream says of a text that is no quantity. */
export function quantityProblem(text: string): string {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([+-]?\d*)$/.exec(text);
  if (!match || text === '') return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  return match[2] || match[3] ? "unable to parse quantity's suffix" : 'unable to parse numeric part of quantity';
}

const lookup = (text: string | undefined): Quantity => (text === undefined ? ZERO : (parseQuantity(text) ?? ZERO));
const ZERO: Quantity = { nanos: 0n, format: 'DecimalSI' };

/** -1, 0 or 1. An absent quantity counts as 0. */
export function compareQuantities(a: string | undefined, b: string | undefined): number {
  const [left, right] = [lookup(a).nanos, lookup(b).nanos];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: string | undefined, b: string | undefined): string {
  const [left, right] = [lookup(a), lookup(b)];
  return formatQuantity({ nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

export function subtractQuantities(a: string | undefined, b: string | undefined): string {
  const [left, right] = [lookup(a), lookup(b)];
  return formatQuantity({ nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

/** In whole units, rounded up (Go's Value()). */
export function quantityValue(text: string | undefined): number {
  return Number(roundUp(lookup(text).nanos, NANO));
}

/** In thousandths, rounded up (Go's MilliValue()). */
export function quantityMilliValue(text: string | undefined): number {
  return Number(roundUp(lookup(text).nanos, 1_000_000n));
}

const roundUp = (nanos: bigint, unit: bigint): bigint => (nanos >= 0n ? (nanos + unit - 1n) / unit : nanos / unit);
