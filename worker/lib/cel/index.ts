// CEL, the language of Kubernetes' rules and policies: reading, checking, estimating, evaluating. An implementation of its own, because upstream's messages and
// costs are part of the API: what a rule may cost decides whether its CRD is taken. Mirrors google/cel-go and apiserver pkg/cel/environment.

import { problemText } from './ast.ts';
import type { Expr, Problem } from './ast.ts';
import { check } from './check.ts';
import type { Checked, Names } from './check.ts';
import { estimate } from './estimate.ts';
import { evaluate } from './evaluate.ts';
import type { Outcome, Run } from './evaluate.ts';
import type { Library, Overload } from './functions.ts';
import { addresses } from './library/addresses.ts';
import { authorizer } from './library/authorizer.ts';
import { formats, jsonPatch } from './library/format.ts';
import { lists } from './library/lists.ts';
import { optionals } from './library/optional.ts';
import { quantities, versions } from './library/quantity.ts';
import { standard } from './library/standard.ts';
import { strings } from './library/strings.ts';
import { parse } from './parse.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, isAny, listOf, mapOf, NULL, STRING, TIMESTAMP, typeText, UINT } from './types.ts';
import type { Type } from './types.ts';

export interface Program {
  readonly type: Type;
  /** What it may cost at most. */
  readonly maxCost: number;
  /** Whether it speaks of a variable. */
  uses(variable: string): boolean;
  /** Throws CelError, or CostError. */
  run(run: Run): Outcome;
}

/** An expression that is none; the message is what cel-go prints. */
export class CompileError extends Error {}

export interface CompileOptions {
  readonly variables: ReadonlyMap<string, Type>;
  structOf?(name: string): Type | undefined;
}

const TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['int', INT],
  ['uint', UINT],
  ['double', DOUBLE],
  ['bool', BOOL],
  ['string', STRING],
  ['bytes', BYTES],
  ['list', listOf(DYN)],
  ['map', mapOf(DYN, DYN)],
  ['null_type', NULL],
  ['type', DYN],
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['google.protobuf.Duration', DURATION],
  ['optional_type', DYN],
]);

const libraries: readonly Library[] = [
  standard,
  optionals,
  strings,
  lists,
  addresses,
  quantities,
  versions,
  formats,
  jsonPatch,
  authorizer,
];

let functions: Map<string, Overload[]> | undefined;
function functionsByName(): ReadonlyMap<string, readonly Overload[]> {
  if (functions) return functions;
  functions = new Map();
  for (const overload of libraries.flat()) {
    const known = functions.get(overload.name);
    if (known) known.push(overload);
    else functions.set(overload.name, [overload]);
  }
  return functions;
}

/** Throws CompileError. */
export function compile(source: string, options: CompileOptions): Program {
  const expr = read(source);
  const names: Names = {
    variables: options.variables,
    functions: functionsByName(),
    types: TYPES,
    ...(options.structOf && { structOf: options.structOf }),
  };
  const checked = check(expr, names);
  if (checked.problems.length) throw new CompileError(problemText(source, checked.problems));
  const literals = literalProblems(expr, checked);
  if (literals.length) throw new CompileError(problemText(source, literals));
  const used = new Set<string>();
  collect(expr, used);
  return {
    type: checked.type,
    get maxCost() {
      return estimate(expr, checked);
    },
    uses: (variable) => used.has(variable),
    run: (run) => evaluate(expr, checked, run),
  };
}

export const isBool = (type: Type): boolean => type.kind === 'bool' || isAny(type);
export { typeText };

function read(source: string): Expr {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new CompileError(problemText(source, [{ at: error.at, message: error.message }]));
  }
}

function* partsOf(expr: Expr): Generator<Expr> {
  switch (expr.kind) {
    case 'select':
      yield expr.operand;
      return;
    case 'call':
      if (expr.target) yield expr.target;
      yield* expr.args;
      return;
    case 'list':
      yield* expr.items;
      return;
    case 'map':
      for (const { key, value } of expr.entries) yield* [key, value];
      return;
    case 'struct':
      for (const { value } of expr.fields) yield value;
      return;
    case 'fold':
      yield* [expr.range, expr.start, expr.condition, expr.step, expr.result];
      return;
    default:
  }
}

function collect(expr: Expr, used: Set<string>): void {
  if (expr.kind === 'ident') used.add(expr.name.replace(/^\./, ''));
  for (const part of partsOf(expr)) collect(part, used);
}

const CHECKED_LITERALS: Readonly<Record<string, string>> = { duration: 'duration', timestamp: 'timestamp', matches: 'matches' };

/** Durations, times and regular expressions that are written out are looked at already. */
function literalProblems(expr: Expr, checked: Checked): Problem[] {
  const problems: Problem[] = [];
  const argument = expr.kind === 'call' ? expr.args[expr.args.length - 1] : undefined;
  if (
    expr.kind === 'call' &&
    Object.hasOwn(CHECKED_LITERALS, expr.name) &&
    argument?.kind === 'const' &&
    typeof argument.value === 'string'
  ) {
    const overload = checked.overloads.get(expr.id)?.[0];
    try {
      overload?.call(expr.name === 'matches' ? ['', argument.value] : [argument.value]);
    } catch {
      problems.push({ at: argument.at, message: `invalid ${expr.name} argument` });
    }
  }
  for (const part of partsOf(expr)) problems.push(...literalProblems(part, checked));
  return problems;
}
