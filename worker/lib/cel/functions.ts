// What a function is: overloads by the types of their arguments. Libraries are tables of these; a target (`s.size()`) is the first argument.

import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  optionalOf,
  param,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
} from './types.ts';
import type { Type } from './types.ts';
import { sizeOf } from './values.ts';
import type { Value } from './values.ts';

export interface Overload {
  readonly name: string;
  readonly isMember: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  call(args: readonly Value[]): Value;
  /** What a call takes; 1 if left out. */
  cost?(args: readonly Value[], result: Value): number;
  /** What it may take at most, by the sizes of its arguments; and how large its result may be. As `cost` if left out. */
  estimate?(args: readonly Size[]): Estimate;
}

/** Between how much and how much. */
export interface Size {
  readonly min: number;
  readonly max: number;
  /** Of the items of a list, or the values of a map. */
  readonly items?: Size | undefined;
}

export interface Estimate {
  readonly cost: Size;
  readonly size?: Size;
}

export type Library = readonly Overload[];

type Costs = Pick<Overload, 'cost' | 'estimate'>;

/** `fn('startsWith', 'string.(string) bool', …)`; types with a dot in their name are a library's own. */
export function fn(name: string, signature: string, call: (...args: never[]) => Value, costs: Costs = {}): Overload {
  const { isMember, args, result } = signatureOf(signature);
  return { name, isMember, args, result, call: (values) => (call as (...args: Value[]) => Value)(...values), ...costs };
}

function signatureOf(text: string): { isMember: boolean; args: Type[]; result: Type } {
  const [, target = '', list = '', result = ''] = /^(?:(.+?)\.)?\((.*)\) (.+)$/.exec(text)!;
  const args = splitTypes(list).map(typeNamed);
  return { isMember: target !== '', args: target ? [typeNamed(target), ...args] : args, result: typeNamed(result) };
}

/** At commas outside of brackets. */
function splitTypes(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '<') depth++;
    else if (text[i] === '>') depth--;
    else if (i === text.length || (text[i] === ',' && depth === 0)) {
      out.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return out.filter(Boolean);
}

const NAMED: Readonly<Record<string, Type>> = {
  int: INT,
  uint: UINT,
  double: DOUBLE,
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  dyn: DYN,
  timestamp: TIMESTAMP,
  duration: DURATION,
  type: typeOf(DYN),
};

function typeNamed(text: string): Type {
  const generic = /^(list|map|optional)<(.*)>$/.exec(text);
  if (generic) {
    const [a, b] = splitTypes(generic[2]!).map(typeNamed) as [Type, Type];
    return generic[1] === 'list' ? listOf(a) : generic[1] === 'map' ? mapOf(a, b) : optionalOf(a);
  }
  return NAMED[text] ?? (/^[A-Z]$/.test(text) ? param(text) : opaque(text));
}

export const STRING_FACTOR = 0.1;
const REGEX_FACTOR = 0.25;

export const fixed = (cost: number): Size => ({ min: cost, max: cost });
export const ONE = fixed(1);
export const UNKNOWN_SIZE: Size = { min: 0, max: Number.MAX_SAFE_INTEGER * 2048 };
const times = ({ min, max }: Size, factor: number): Size => ({ min: Math.ceil(min * factor), max: Math.ceil(max * factor) });
export const plus = (a: Size, b: Size): Size => ({ min: a.min + b.min, max: a.max + b.max });
export const product = (a: Size, b: Size): Size => ({ min: a.min * b.min, max: a.max * b.max });
export const union = (a: Size, b: Size): Size => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
const textCost = (size: number): number => Math.ceil(size * STRING_FACTOR);

/** Costs by shape. */
export const costs = {
  /** Its text is gone through once, or so many times. */
  traversal: (which = 0, factor = 1): Costs => ({
    cost: (args) => Math.ceil(sizeOf(args[which]) * factor * STRING_FACTOR),
    estimate: (args) => ({ cost: times(args[which]!, factor * STRING_FACTOR), size: args[which]! }),
  }),
  /** A regular expression over a text. */
  regex: (pattern = 1): Costs => ({
    cost: (args) => Math.ceil((1 + sizeOf(args[0])) * STRING_FACTOR) * Math.ceil(sizeOf(args[pattern]) * REGEX_FACTOR),
    estimate: (args) => ({ cost: product(times(plus(args[0]!, ONE), STRING_FACTOR), times(args[pattern]!, REGEX_FACTOR)), size: args[0]! }),
  }),
  contains: {
    cost: (args) => textCost(sizeOf(args[0])) * textCost(sizeOf(args[1])),
    estimate: (args) => ({ cost: product(times(args[0]!, STRING_FACTOR), times(args[1]!, STRING_FACTOR)) }),
  } satisfies Costs,
  comparison: {
    cost: (args) => textCost(Math.min(sizeOf(args[0]), sizeOf(args[1]))),
    estimate: (args) => {
      const max = Math.min(args[0]!.max, args[1]!.max);
      return { cost: times({ min: max > 0 ? 1 : 0, max }, STRING_FACTOR) };
    },
  } satisfies Costs,
  concatenation: {
    cost: (args) => textCost(sizeOf(args[0]) + sizeOf(args[1])),
    estimate: (args) => {
      const size = plus(args[0]!, args[1]!);
      return { cost: times(size, STRING_FACTOR), size };
    },
  } satisfies Costs,
  /** Each item of a list is looked at. */
  items: (which = 0): Costs => ({
    cost: (args) => sizeOf(args[which]),
    estimate: (args) => {
      const list = args[which]!;
      return { cost: list.items ? product(list, plus(ONE, times(list.items, STRING_FACTOR))) : { min: list.min, max: list.max } };
    },
  }),
  join: {
    cost: (_args, result) => Math.ceil(sizeOf(result) * 2 * STRING_FACTOR),
    estimate: ([list, separator]) => {
      const size = plus(
        product(list!, list!.items ?? UNKNOWN_SIZE),
        separator ? product(separator, { min: Math.max(0, list!.min - 1), max: Math.max(0, list!.max - 1) }) : fixed(0),
      );
      return { cost: times(size, STRING_FACTOR), size };
    },
  } satisfies Costs,
  fixed: (cost: number): Costs => ({ cost: () => cost, estimate: () => ({ cost: fixed(cost) }) }),
  /** Every pair of two lists. */
  pairs: {
    cost: (args) => sizeOf(args[0]) * sizeOf(args[1]),
    estimate: (args) => ({ cost: product(args[0]!, args[1]!) }),
  } satisfies Costs,
};
