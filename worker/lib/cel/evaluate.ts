// Evaluates a checked expression, and counts what it takes. Mirrors cel-go interpreter and its runtime cost: a name or field costs 1, a list 10, a map 30, a call
// what its overload says.

import type { Expr, Fold } from './ast.ts';
import type { Checked } from './check.ts';
import type { Overload } from './functions.ts';
import { CelError, CostError, findIn, isMap, keyOf, NONE, Optional, TypeValue, typeNameOf, Uint } from './values.ts';
import type { Value } from './values.ts';

export interface Run {
  /** A variable's value; undefined if it is not there. */
  variable(name: string): Value;
  /** What one evaluation may take at most. */
  readonly limit: number;
}

export interface Outcome {
  readonly value: Value;
  readonly cost: number;
}

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

/** Throws CelError, or CostError. */
export function evaluate(expr: Expr, checked: Checked, run: Run): Outcome {
  const evaluation = new Evaluation(checked, run);
  try {
    return { value: evaluation.value(expr), cost: evaluation.cost };
  } catch (error) {
    if (error instanceof CelError || error instanceof CostError) error.cost = evaluation.cost;
    throw error;
  }
}

class Evaluation {
  cost = 0;
  readonly #checked: Checked;
  readonly #run: Run;
  readonly #locals: Map<string, Value>[] = [];

  constructor(checked: Checked, run: Run) {
    this.#checked = checked;
    this.#run = run;
  }

  #take(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#run.limit) throw new CostError();
  }

  value(expr: Expr): Value {
    switch (expr.kind) {
      case 'const':
        return literal(expr.value);
      case 'ident':
        this.#take(1);
        return this.#variable(expr.name);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'fold':
        return this.#fold(expr);
    }
  }

  #variable(name: string): Value {
    const plain = name.replace(/^\./, '');
    for (let i = this.#locals.length - 1; i >= 0; i--) {
      if (!this.#locals[i]!.has(plain)) continue;
      const value = this.#locals[i]!.get(plain);
      if (value instanceof CelError) throw value;
      return value;
    }
    const value = this.#run.variable(plain);
    if (value !== undefined) return value;
    if (TYPE_NAMES.has(plain)) return new TypeValue(plain);
    throw new CelError(`no such attribute(s): ${plain}`);
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Value {
    const name = this.#checked.qualified.get(expr.id);
    if (name !== undefined) {
      this.#take(1);
      return this.#variable(name);
    }
    const operand = this.value(expr.operand);
    if (expr.test) return hasField(operand, expr.field);
    this.#take(1);
    return fieldOf(operand, expr.field);
  }

  #call(expr: Extract<Expr, { kind: 'call' }>): Value {
    const { name, target, args } = expr;
    switch (name) {
      case '_&&_':
      case '_||_':
        return this.#logic(name === '_||_', args);
      case '_?_:_':
        return this.value(this.#condition(args[0]!) ? args[1]! : args[2]!);
      case '@not_strictly_false': {
        const value = this.#attempt(args[0]!);
        this.#take(1);
        return value !== false;
      }
      case '_?._':
        this.#take(1);
        return optionalField(this.value(args[0]!), args[1]!.kind === 'const' ? String(args[1]!.value) : '');
      case '_[_]':
        this.#take(1);
        return indexed(this.value(args[0]!), this.value(args[1]!));
      case '_[?_]':
        this.#take(1);
        return optionalIndex(this.value(args[0]!), this.value(args[1]!));
      case 'or':
      case 'orValue':
        if (target) return this.#orElse(target, args[0]!, name === 'orValue');
        break;
      default:
    }
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    const isNamed = this.#checked.qualified.has(expr.id);
    const values = (target && !isNamed ? [target, ...args] : args).map((one) => this.value(one));
    const overload = overloads.length === 1 ? overloads[0]! : choose(overloads, values);
    if (!overload) throw new CelError(`no such overload: ${name}(${values.map(typeNameOf).join(', ')})`);
    const result = overload.call(values);
    if (name === '@in' && isConstant(args[1]!)) return result; // upstream looks it up in a set made beforehand
    this.#take(overload.cost ? overload.cost(values, result) : 1);
    return result;
  }

  /** What fails does not matter where the other side decides. */
  #logic(decisive: boolean, [left, right]: readonly Expr[]): Value {
    const first = this.#attempt(left!);
    if (first === decisive) return decisive;
    const second = this.#attempt(right!);
    if (second === decisive) return decisive;
    for (const one of [first, second]) {
      if (one instanceof CelError) throw one;
      if (typeof one !== 'boolean') throw new CelError('no such overload');
    }
    return !decisive;
  }

  #attempt(expr: Expr): Value {
    try {
      return this.value(expr);
    } catch (error) {
      if (error instanceof CelError) return error;
      throw error;
    }
  }

  #condition(expr: Expr): boolean {
    const value = this.value(expr);
    if (typeof value !== 'boolean') throw new CelError('no such overload');
    return value;
  }

  #orElse(target: Expr, other: Expr, unwrap: boolean): Value {
    const value = this.value(target);
    this.#take(1);
    if (!(value instanceof Optional)) throw new CelError('no such overload');
    if (!value.hasValue) return this.value(other);
    return unwrap ? value.value : value;
  }

  #list({ items, optional }: Extract<Expr, { kind: 'list' }>): Value {
    const out: Value[] = [];
    for (const [i, item] of items.entries()) {
      const value = this.value(item);
      if (!optional.has(i)) out.push(value);
      else if (value instanceof Optional && value.hasValue) out.push(value.value);
    }
    if (!items.every(isConstant)) this.#take(LIST_COST);
    return out;
  }

  #map({ entries }: Extract<Expr, { kind: 'map' }>): Value {
    const out = new Map<Value, Value>();
    for (const entry of entries) {
      const key = keyOf(this.value(entry.key));
      const value = this.value(entry.value);
      if (!KEYS.has(typeof key)) throw new CelError(`unsupported key type: ${typeNameOf(key)}`);
      if (entry.optional) {
        if (value instanceof Optional && value.hasValue) out.set(key, value.value);
      } else out.set(key, value);
    }
    if (!entries.every(({ key, value }) => isConstant(key) && isConstant(value))) this.#take(MAP_COST);
    return out;
  }

  #struct({ fields }: Extract<Expr, { kind: 'struct' }>): Value {
    const out = new Map<Value, Value>();
    for (const { name, value: given, optional } of fields) {
      const value = this.value(given);
      if (!optional) out.set(name, value);
      else if (value instanceof Optional && value.hasValue) out.set(name, value.value);
    }
    this.#take(STRUCT_COST);
    return out;
  }

  #fold(fold: Fold): Value {
    const range = this.value(fold.range);
    if (!Array.isArray(range) && !isMap(range)) throw new CelError(`got '${typeNameOf(range)}', expected iterable type`);
    const outer = new Map<string, Value>([[fold.accumulator, this.value(fold.start)]]);
    this.#locals.push(outer);
    const inner = new Map<string, Value>();
    for (const [key, value] of range.entries()) {
      if (Array.isArray(range)) {
        inner.set(fold.variable, fold.second === undefined ? value : BigInt(key as number));
      } else inner.set(fold.variable, key);
      if (fold.second !== undefined) inner.set(fold.second, value);
      this.#locals.push(inner);
      const goesOn = this.#attempt(fold.condition);
      if (goesOn !== true) {
        this.#locals.pop();
        break;
      }
      const next = this.#attempt(fold.step);
      this.#locals.pop();
      outer.set(fold.accumulator, next);
    }
    try {
      return this.value(fold.result);
    } finally {
      this.#locals.pop();
    }
  }
}

/** What upstream works out beforehand. */
const isConstant = (expr: Expr): boolean =>
  expr.kind === 'const' || (expr.kind === 'list' && !expr.optional.size && expr.items.every(isConstant));

const KEYS: ReadonlySet<string> = new Set(['string', 'bigint', 'boolean']);
const TYPE_NAMES: ReadonlySet<string> = new Set(
  'int uint double bool string bytes list map null_type type google.protobuf.Timestamp google.protobuf.Duration optional_type'.split(' '),
);

const literal = (value: unknown): Value =>
  typeof value === 'object' && value !== null && 'uint' in value ? new Uint(value.uint as bigint) : value;

/** Of several that fit by type, the one that fits the values. */
const choose = (overloads: readonly Overload[], values: readonly Value[]): Overload | undefined =>
  overloads.find(({ args }) => args.every((type, i) => fits(values[i], type.kind, type.name)));

function fits(value: Value, kind: string, name: string): boolean {
  if (kind === 'dyn' || kind === 'param') return true;
  const given = typeNameOf(value);
  return given === name || given === kind || (kind === 'null' && value === null) || (kind === 'object' && given === 'map');
}

function fieldOf(operand: Value, field: string): Value {
  if (operand instanceof Optional) return optionalField(operand, field);
  if (isMap(operand)) {
    const found = findIn(operand, field);
    if (found) return found.value;
    throw new CelError(`no such key: ${field}`);
  }
  throw new CelError(operand === null || typeof operand !== 'object' ? 'no such overload' : `no such key: ${field}`);
}

function hasField(operand: Value, field: string): boolean {
  if (operand instanceof Optional) return operand.hasValue && hasField(operand.value, field);
  if (isMap(operand)) return findIn(operand, field) !== undefined;
  throw new CelError('no such overload');
}

function optionalField(operand: Value, field: string): Optional {
  const value = operand instanceof Optional ? operand.value : operand;
  if (operand instanceof Optional && !operand.hasValue) return NONE;
  if (!isMap(value)) throw new CelError('no such overload');
  const found = findIn(value, field);
  return found ? new Optional(true, found.value) : NONE;
}

function placeIn(list: readonly unknown[], index: Value): number {
  const place = keyOf(index);
  if (typeof place !== 'bigint') throw new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
  if (place < 0n || place >= BigInt(list.length)) throw new CelError(`index out of bounds: ${place}`);
  return Number(place);
}

function indexed(operand: Value, index: Value): Value {
  if (operand instanceof Optional) return optionalIndex(operand, index);
  if (Array.isArray(operand)) return operand[placeIn(operand, index)];
  if (!isMap(operand)) throw new CelError('no such overload');
  const found = findIn(operand, index);
  if (found) return found.value;
  throw new CelError(`no such key: ${String(index instanceof Uint ? index.value : index)}`);
}

function optionalIndex(operand: Value, index: Value): Optional {
  if (operand instanceof Optional && !operand.hasValue) return NONE;
  const value = operand instanceof Optional ? operand.value : operand;
  if (isMap(value)) {
    const found = findIn(value, index);
    return found ? new Optional(true, found.value) : NONE;
  }
  if (!Array.isArray(value)) throw new CelError('no such overload');
  const place = keyOf(index);
  return typeof place === 'bigint' && place >= 0n && place < BigInt(value.length) ? new Optional(true, value[Number(place)]) : NONE;
}
