// What an expression may cost at most, from how large its variables may be. Mirrors cel-go checker/cost.go.

import type { Expr } from './ast.ts';
import type { Checked } from './check.ts';
import { fixed, ONE, plus, product, union, UNKNOWN_SIZE } from './functions.ts';
import type { Overload, Size } from './functions.ts';
import { DYN } from './types.ts';
import type { Type } from './types.ts';
import { sizeOf } from './values.ts';

const NOTHING = fixed(0);

/** At most. */
export function estimate(expr: Expr, checked: Checked): number {
  return new Estimator(checked).cost(expr).max;
}

class Estimator {
  readonly #checked: Checked;
  readonly #sizes = new Map<number, Size>();
  readonly #locals: Map<string, Size | undefined>[] = [];

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  cost(expr: Expr): Size {
    switch (expr.kind) {
      case 'const':
        return NOTHING;
      case 'ident':
        return ONE;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return expr.items.reduce((sum, item) => plus(sum, this.cost(item)), fixed(10));
      case 'map':
        return expr.entries.reduce((sum, { key, value }) => plus(sum, plus(this.cost(key), this.cost(value))), fixed(30));
      case 'struct':
        return expr.fields.reduce((sum, { value }) => plus(sum, this.cost(value)), fixed(40));
      case 'fold':
        return this.#fold(expr);
    }
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Size {
    if (this.#checked.qualified.has(expr.id)) return ONE;
    const operand = this.cost(expr.operand);
    if (expr.test) return operand;
    const { kind } = this.#type(expr.operand);
    return kind === 'map' || kind === 'object' || kind === 'param' ? plus(operand, ONE) : operand;
  }

  #type = (expr: Expr): Type => this.#checked.types.get(expr.id) ?? DYN;

  #call(expr: Extract<Expr, { kind: 'call' }>): Size {
    const { name, target, args } = expr;
    const isNamed = this.#checked.qualified.has(expr.id);
    const all = target && !isNamed ? [target, ...args] : [...args];
    const costs = all.map((one) => this.cost(one));
    const sum = costs.reduce(plus, NOTHING);
    switch (name) {
      case '_&&_':
      case '_||_':
        return { min: costs[0]!.min, max: sum.max };
      case '_?_:_': {
        const sizes = [args[1]!, args[2]!].map((one) => this.size(one));
        if (sizes[0] && sizes[1]) this.#sizes.set(expr.id, union(sizes[0], sizes[1]));
        return plus(costs[0]!, union(costs[1]!, costs[2]!));
      }
      case '_[_]':
      case '_[?_]': {
        const items = this.size(args[0]!)?.items;
        if (items) this.#sizes.set(expr.id, items);
        return plus(sum, ONE);
      }
      case 'dyn': {
        const size = this.size(args[0]!);
        if (size) this.#sizes.set(expr.id, size);
        return plus(sum, ONE);
      }
      default:
    }
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    const sizes = all.map((one) => this.size(one) ?? UNKNOWN_SIZE);
    let cost: Size | undefined;
    for (const overload of overloads) {
      const one = this.#overloadCost(expr, overload, sizes);
      cost = cost ? union(cost, one) : one;
    }
    return plus(sum, cost ?? NOTHING);
  }

  #overloadCost(expr: Expr, { estimate: estimated }: Overload, sizes: readonly Size[]): Size {
    if (!estimated) return ONE;
    const { cost, size } = estimated(sizes);
    if (size) this.#sizes.set(expr.id, size);
    return cost;
  }

  /** Undefined if nobody knows. */
  size(expr: Expr): Size | undefined {
    const known = this.#sizes.get(expr.id);
    if (known) return known;
    switch (expr.kind) {
      case 'const':
        return fixed(sizeOf(expr.value));
      case 'list': {
        const items = expr.items.map((one) => this.size(one) ?? UNKNOWN_SIZE);
        return { ...fixed(items.length), items: items.length ? items.reduce(union) : NOTHING };
      }
      case 'map': {
        const values = expr.entries.map(({ value }) => this.size(value) ?? UNKNOWN_SIZE);
        return { ...fixed(values.length), items: values.length ? values.reduce(union) : NOTHING };
      }
      case 'ident':
        for (let i = this.#locals.length - 1; i >= 0; i--) {
          if (!this.#locals[i]!.has(expr.name)) continue;
          return this.#locals[i]!.get(expr.name) ?? sizeOfType(this.#type(expr));
        }
        return sizeOfType(this.#type(expr));
      default:
        return sizeOfType(this.#type(expr));
    }
  }

  #fold(fold: Extract<Expr, { kind: 'fold' }>): Size {
    const before = plus(this.cost(fold.range), this.cost(fold.start));
    const isBinding = fold.range.kind === 'list' && !fold.range.items.length;
    const start = this.size(fold.start);
    this.#locals.push(new Map([[fold.accumulator, isBinding || fold.start.kind === 'const' ? start : undefined]]));
    if (isBinding) {
      const cost = plus(before, this.cost(fold.result));
      const size = this.size(fold.result);
      if (size) this.#sizes.set(fold.id, size);
      this.#locals.pop();
      return cost;
    }
    const range = this.size(fold.range) ?? UNKNOWN_SIZE;
    const isMap = this.#type(fold.range).kind === 'map';
    const value = range.items;
    const locals = new Map<string, Size | undefined>();
    if (fold.second === undefined) locals.set(fold.variable, isMap ? undefined : value);
    else {
      locals.set(fold.variable, undefined);
      locals.set(fold.second, value);
    }
    this.#locals.push(locals);
    const each = plus(this.cost(fold.condition), this.cost(fold.step));
    const stepSize = this.size(fold.step);
    this.#locals.pop();
    const after = this.cost(fold.result);
    this.#locals.pop();
    this.#sizes.set(fold.id, fold.start.kind === 'const' ? ONE : { min: 0, max: range.max, items: stepSize?.items });
    return plus(plus(before, after), product({ min: range.min, max: range.max }, each));
  }
}

/** What the type itself says; its parts' likewise. */
function sizeOfType(type: Type): Size | undefined {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return type.bounds && { min: 0, max: type.bounds.max };
    case 'list':
      return { min: 0, max: type.bounds?.max ?? UNKNOWN_SIZE.max, items: sizeOfType(type.params[0]!) };
    case 'map':
      return { min: 0, max: type.bounds?.max ?? UNKNOWN_SIZE.max, items: sizeOfType(type.params[1]!) };
    case 'dyn':
    case 'param':
    case 'error':
      return type.bounds && { min: 0, max: type.bounds.max };
    default:
      return type.bounds ? { min: 0, max: type.bounds.max } : ONE;
  }
}
