// What reads like a call and is none: has, all, exists, map and their like. Mirrors cel-go parser/macro.go, ext/comprehensions.go, ext/bindings.go and
// cel/library.go (optMap, optFlatMap).

import type { Expr } from './ast.ts';
import type { Builder } from './parse.ts';
import { SyntaxProblem } from './syntax-problem.ts';

export const ACCUMULATOR = '@result';

/** Undefined if it is a call after all. */
export function expandMacro(make: Builder, at: number, name: string, args: readonly Expr[], target: Expr | undefined): Expr | undefined {
  if (!target) return name === 'has' && args.length === 1 ? has(make, at, args[0]!) : undefined;
  const macro = MACROS.get(`${name}/${args.length}`);
  return macro?.({ make, at, args, target });
}

interface Use {
  readonly make: Builder;
  readonly at: number;
  readonly args: readonly Expr[];
  readonly target: Expr;
}

function has(make: Builder, at: number, argument: Expr): Expr {
  if (argument.kind === 'select' && !argument.test) return make.select(at, argument.operand, argument.field, true);
  throw new SyntaxProblem(argument.at, 'invalid argument to has() macro');
}

function variableOf(expr: Expr): string {
  if (expr.kind === 'ident' && expr.name !== ACCUMULATOR) return expr.name;
  throw new SyntaxProblem(
    expr.at,
    expr.kind === 'ident' ? 'iteration variable overwrites accumulator variable' : 'argument must be a simple name',
  );
}

interface Loop {
  readonly start: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

function loop({ make, at, args, target }: Use, variables: 1 | 2, parts: Loop): Expr {
  const [variable, second] = args.slice(0, variables).map(variableOf);
  if (second !== undefined && second === variable) throw new SyntaxProblem(args[1]!.at, `duplicate variable name: ${second}`);
  return make.fold(at, { range: target, variable: variable!, second, accumulator: ACCUMULATOR, ...parts });
}

type Macro = (use: Use) => Expr;

const accumulated = ({ make, at }: Use): Expr => make.ident(at, ACCUMULATOR);

const all =
  (variables: 1 | 2): Macro =>
  (use) => {
    const { make, at, args } = use;
    return loop(use, variables, {
      start: make.const(at, true),
      condition: make.call(at, '@not_strictly_false', [accumulated(use)]),
      step: make.call(at, '_&&_', [accumulated(use), args[variables]!]),
      result: accumulated(use),
    });
  };

const exists =
  (variables: 1 | 2): Macro =>
  (use) => {
    const { make, at, args } = use;
    return loop(use, variables, {
      start: make.const(at, false),
      condition: make.call(at, '@not_strictly_false', [make.call(at, '!_', [accumulated(use)])]),
      step: make.call(at, '_||_', [accumulated(use), args[variables]!]),
      result: accumulated(use),
    });
  };

const existsOne =
  (variables: 1 | 2): Macro =>
  (use) => {
    const { make, at, args } = use;
    return loop(use, variables, {
      start: make.const(at, 0n),
      condition: make.const(at, true),
      step: make.call(at, '_?_:_', [args[variables]!, make.call(at, '_+_', [accumulated(use), make.const(at, 1n)]), accumulated(use)]),
      result: make.call(at, '_==_', [accumulated(use), make.const(at, 1n)]),
    });
  };

/** `items` may be filtered first. */
const collect =
  (variables: 1 | 2, hasFilter: boolean): Macro =>
  (use) => {
    const { make, at, args } = use;
    const value = args[variables + (hasFilter ? 1 : 0)]!;
    const step = make.call(at, '_+_', [accumulated(use), make.list(at, [value])]);
    return loop(use, variables, {
      start: make.list(at, []),
      condition: make.const(at, true),
      step: hasFilter ? make.call(at, '_?_:_', [args[variables]!, step, accumulated(use)]) : step,
      result: accumulated(use),
    });
  };

const filter: Macro = (use) => {
  const { make, at, args } = use;
  const step = make.call(at, '_+_', [accumulated(use), make.list(at, [make.ident(at, variableOf(args[0]!))])]);
  return loop(use, 1, {
    start: make.list(at, []),
    condition: make.const(at, true),
    step: make.call(at, '_?_:_', [args[1]!, step, accumulated(use)]),
    result: accumulated(use),
  });
};

const transformMap =
  (hasFilter: boolean, isEntry: boolean): Macro =>
  (use) => {
    const { make, at, args } = use;
    const value = args[hasFilter ? 3 : 2]!;
    const key = make.ident(at, variableOf(args[0]!));
    const step = isEntry
      ? make.call(at, 'cel.@mapInsert', [accumulated(use), value])
      : make.call(at, 'cel.@mapInsert', [accumulated(use), key, value]);
    return loop(use, 2, {
      start: make.map(at, []),
      condition: make.const(at, true),
      step: hasFilter ? make.call(at, '_?_:_', [args[2]!, step, accumulated(use)]) : step,
      result: accumulated(use),
    });
  };

/** `cel.bind(name, value, expression)`. */
const bind: Macro = ({ make, at, args, target }) => {
  if (target.kind !== 'ident' || target.name !== 'cel') return make.call(at, 'bind', args, target);
  return letIn(make, at, variableOf(args[0]!), args[1]!, args[2]!);
};

function letIn(make: Builder, at: number, name: string, value: Expr, result: Expr): Expr {
  return make.fold(at, {
    range: make.list(at, []),
    variable: '#unused',
    second: undefined,
    accumulator: name,
    start: value,
    condition: make.const(at, false),
    step: make.ident(at, name),
    result,
  });
}

const optional =
  (isFlat: boolean): Macro =>
  ({ make, at, args, target }) => {
    const inner = letIn(make, at, variableOf(args[0]!), make.call(at, 'value', [], target), args[1]!);
    const optionalType = make.ident(at, 'optional');
    return make.call(at, '_?_:_', [
      make.call(at, 'hasValue', [], target),
      isFlat ? inner : make.call(at, 'of', [inner], optionalType),
      make.call(at, 'none', [], optionalType),
    ]);
  };

const MACROS: ReadonlyMap<string, Macro> = new Map([
  ['all/2', all(1)],
  ['all/3', all(2)],
  ['exists/2', exists(1)],
  ['exists/3', exists(2)],
  ['exists_one/2', existsOne(1)],
  ['existsOne/2', existsOne(1)],
  ['existsOne/3', existsOne(2)],
  ['map/2', collect(1, false)],
  ['map/3', collect(1, true)],
  ['filter/2', filter],
  ['transformList/3', collect(2, false)],
  ['transformList/4', collect(2, true)],
  ['transformMap/3', transformMap(false, false)],
  ['transformMap/4', transformMap(true, false)],
  ['transformMapEntry/3', transformMap(false, true)],
  ['transformMapEntry/4', transformMap(true, true)],
  ['bind/3', bind],
  ['optMap/2', optional(false)],
  ['optFlatMap/2', optional(true)],
]);
