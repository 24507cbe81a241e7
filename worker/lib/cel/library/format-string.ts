// "%s has %d".format([…]). Mirrors cel-go ext/formatting.go.

import { formatFloat } from '../../go-format.ts';
import { CelError, Duration, isMap, Optional, Timestamp, TypeValue, typeNameOf, Uint } from '../values.ts';
import type { Value } from '../values.ts';
import { decimal, timestampText } from './standard.ts';

export function formatted(format: string, args: Value[]): string {
  let next = 0;
  const out = format.replaceAll(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (clause, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%';
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    return clauseText(verb!, args[next++], precision === undefined ? 6 : Number(precision));
  });
  return out;
}

function clauseText(verb: string, value: Value, precision: number): string {
  const refuse = (wanted: string): CelError =>
    new CelError(`error during formatting: ${wanted} can only be used on ${ALLOWED[verb] ?? 'values'}, was given ${typeNameOf(value)}`);
  const integer = typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined;
  switch (verb) {
    case 's':
      return text(value);
    case 'd':
      if (integer !== undefined) return String(integer);
      if (typeof value === 'number' && !Number.isFinite(value)) return special(value);
      throw refuse('decimal clause');
    case 'f':
    case 'e': {
      const number = typeof value === 'number' ? value : integer === undefined ? undefined : Number(integer);
      if (number === undefined) throw refuse(verb === 'f' ? 'fixed-point clause' : 'scientific clause');
      if (!Number.isFinite(number)) return special(number);
      return verb === 'f' ? number.toFixed(precision) : number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
    }
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (integer === undefined) throw refuse('binary clause');
      return integer.toString(2);
    case 'o':
      if (integer === undefined) throw refuse('octal clause');
      return integer.toString(8);
    case 'x':
    case 'X': {
      const hex = integer === undefined ? hexOf(value) : integer.toString(16);
      if (hex === undefined) throw refuse('hex clause');
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

const ALLOWED: Readonly<Record<string, string>> = {
  d: 'integers',
  f: 'doubles',
  e: 'doubles',
  b: 'integers and bools',
  o: 'integers',
  x: 'integers, byte buffers, and strings',
  X: 'integers, byte buffers, and strings',
};

const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

function hexOf(value: Value): string | undefined {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : undefined;
  return bytes && [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function text(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? formatFloat(value) : special(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return `${decimal(value.nanos)}s`;
  if (value instanceof TypeValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (isMap(value))
    return `{${[...value]
      .map(([key, one]) => `${text(key)}: ${text(one)}`)
      .sort()
      .join(', ')}}`;
  if (value instanceof Optional)
    throw new CelError(
      'error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given optional_type',
    );
  return String(value);
}
