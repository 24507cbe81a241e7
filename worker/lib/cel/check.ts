// Finds out the type of every part of an expression. Mirrors cel-go checker/checker.go, whose words these are.

import type { Expr, Fold, Problem } from './ast.ts';
import type { Overload } from './functions.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  ERROR,
  INT,
  isAny,
  isSame,
  listOf,
  Mapping,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  typeOf,
  typeText,
  UINT,
} from './types.ts';
import type { Type } from './types.ts';

export interface Names {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  /** Types that may be named: `int`, `string`. */
  readonly types: ReadonlyMap<string, Type>;
  /** Structs that an expression may build: their fields. */
  structOf?(name: string): Type | undefined;
}

export interface Checked {
  readonly type: Type;
  readonly problems: readonly Problem[];
  readonly types: ReadonlyMap<number, Type>;
  /** Which overloads a call may come to. */
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Selects and calls that are a name after all (`net.url`): that name. */
  readonly qualified: ReadonlyMap<number, string>;
}

export function check(expr: Expr, names: Names): Checked {
  const checker = new Checker(names);
  const type = checker.visit(expr);
  return checker.finish(type);
}

class Checker {
  readonly #names: Names;
  readonly #types = new Map<number, Type>();
  readonly #overloads = new Map<number, readonly Overload[]>();
  readonly #qualified = new Map<number, string>();
  readonly #problems: Problem[] = [];
  readonly #mapping = new Mapping();
  readonly #scopes: Map<string, Type>[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  finish(type: Type): Checked {
    const types = new Map([...this.#types].map(([id, one]) => [id, this.#mapping.resolve(one, true)]));
    const problems = this.#problems.toSorted((a, b) => a.at - b.at);
    return { type: this.#mapping.resolve(type, true), problems, types, overloads: this.#overloads, qualified: this.#qualified };
  }

  visit(expr: Expr): Type {
    const type = this.#typeOf(expr);
    this.#types.set(expr.id, type);
    return type;
  }

  #report(at: number, message: string): Type {
    this.#problems.push({ at, message });
    return ERROR;
  }

  #text = (type: Type): string => typeText(this.#mapping.resolve(type));

  #typeOf(expr: Expr): Type {
    switch (expr.kind) {
      case 'const':
        return literalType(expr.value);
      case 'ident':
        return this.#variable(expr.name) ?? this.#report(expr.at, `undeclared reference to '${expr.name}' (in container '')`);
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

  #variable(name: string): Type | undefined {
    const plain = name.replace(/^\./, '');
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const local = this.#scopes[i]!.get(plain);
      if (local) return local;
    }
    const named = this.#names.types.get(plain);
    return this.#names.variables.get(plain) ?? (named && typeOf(named));
  }

  /** `a.b.c` as one name, if it is one. */
  #nameOf(expr: Expr): string | undefined {
    if (expr.kind === 'ident') return expr.name;
    if (expr.kind !== 'select' || expr.test) return undefined;
    const operand = this.#nameOf(expr.operand);
    return operand === undefined ? undefined : `${operand}.${expr.field}`;
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Type {
    const name = this.#nameOf(expr);
    const whole = name === undefined || expr.test ? undefined : this.#variable(name);
    if (whole && name!.includes('.')) {
      this.#qualified.set(expr.id, name!);
      return whole;
    }
    const operand = this.#mapping.resolve(this.visit(expr.operand));
    const field = this.#field(operand, expr.field, expr.at);
    return expr.test ? BOOL : field;
  }

  #field(operand: Type, field: string, at: number): Type {
    if (isOptional(operand)) return optionalOf(unwrapped(this.#field(operand.params[0]!, field, at)));
    switch (operand.kind) {
      case 'map':
        return operand.params[1]!;
      case 'object':
        return operand.fieldOf?.(field) ?? this.#report(at, `undefined field '${field}'`);
      case 'param':
        this.#mapping.assign(operand, DYN);
        return DYN;
      default:
        if (isAny(operand)) return DYN;
        return this.#report(at, `type '${this.#text(operand)}' does not support field selection`);
    }
  }

  #call(expr: Extract<Expr, { kind: 'call' }>): Type {
    const { name, target, args, at } = expr;
    if (name === '_?._') return this.#optionalSelect(expr);
    if (!target) {
      const functions = this.#names.functions.get(name.replace(/^\./, ''));
      const types = args.map((one) => this.visit(one));
      if (!functions) return this.#report(at, `undeclared reference to '${name}' (in container '')`);
      return this.#resolve(expr, functions, false, types);
    }
    const prefix = this.#nameOf(target);
    const qualified = prefix === undefined ? undefined : this.#names.functions.get(`${prefix}.${name}`);
    if (qualified) {
      this.#qualified.set(expr.id, `${prefix}.${name}`);
      return this.#resolve(
        expr,
        qualified,
        false,
        args.map((one) => this.visit(one)),
      );
    }
    const types = [target, ...args].map((one) => this.visit(one));
    const functions = this.#names.functions.get(name);
    if (!functions) return this.#report(at, `undeclared reference to '${name}' (in container '')`);
    return this.#resolve(expr, functions, true, types);
  }

  #optionalSelect({ args: [operand, field], at }: Extract<Expr, { kind: 'call' }>): Type {
    const type = this.#mapping.resolve(this.visit(operand!));
    this.visit(field!);
    const name = field!.kind === 'const' ? String(field!.value) : '';
    return optionalOf(unwrapped(this.#field(isOptional(type) ? type.params[0]! : type, name, at)));
  }

  #resolve(expr: Extract<Expr, { kind: 'call' }>, overloads: readonly Overload[], isMember: boolean, types: readonly Type[]): Type {
    const found: Overload[] = [];
    let result: Type | undefined;
    for (const overload of overloads) {
      if (overload.isMember !== isMember || overload.args.length !== types.length) continue;
      const instance = this.#instantiate(overload);
      const trial = this.#mapping.copy();
      if (!overload.args.every((_, i) => trial.assign(instance.args[i]!, types[i]!))) continue;
      this.#mapping.take(trial);
      found.push(overload);
      const type = this.#mapping.resolve(instance.result);
      result = result && !isSame(this.#mapping.resolve(result), type) ? DYN : type;
    }
    if (!result) {
      const names = types.map((type) => this.#text(type));
      const applied = isMember ? `${names[0]}.(${names.slice(1).join(', ')})` : `(${names.join(', ')})`;
      const name = this.#qualified.get(expr.id) ?? expr.name;
      return this.#report(expr.at, `found no matching overload for '${name}' applied to '${applied}'`);
    }
    this.#overloads.set(expr.id, found);
    return result;
  }

  /** With parameters that nobody else has. */
  #instantiate({ args, result }: Overload): { args: Type[]; result: Type } {
    const fresh = new Map<string, Type>();
    const rename = (type: Type): Type => {
      if (type.kind === 'param') {
        let known = fresh.get(type.name);
        if (!known) fresh.set(type.name, (known = this.#mapping.freshParam()));
        return known;
      }
      return type.params.length ? { ...type, params: type.params.map(rename) } : type;
    };
    return { args: args.map(rename), result: rename(result) };
  }

  #list({ items, optional }: Extract<Expr, { kind: 'list' }>): Type {
    let of: Type | undefined;
    for (const [i, item] of items.entries()) {
      let type = this.visit(item);
      if (optional.has(i)) type = this.#opened(type, item.at);
      of = this.#join(of, type, item.at);
    }
    return listOf(of ?? this.#mapping.freshParam());
  }

  #opened(type: Type, at: number): Type {
    const known = this.#mapping.resolve(type);
    if (isOptional(known)) return known.params[0]!;
    if (isAny(known)) return DYN;
    this.#report(at, `expected type 'optional_type(${this.#text(known)})' but found '${this.#text(known)}'`);
    return known;
  }

  /** Literals hold one type only. */
  #join(before: Type | undefined, type: Type, at: number): Type {
    if (!before) return type;
    if (this.#mapping.assign(before, type)) return isAny(this.#mapping.resolve(type)) ? DYN : before;
    this.#report(at, `expected type '${this.#text(before)}' but found '${this.#text(type)}'`);
    return DYN;
  }

  #map({ entries }: Extract<Expr, { kind: 'map' }>): Type {
    let [key, value]: (Type | undefined)[] = [];
    for (const entry of entries) {
      key = this.#join(key, this.visit(entry.key), entry.key.at);
      let type = this.visit(entry.value);
      if (entry.optional) type = this.#opened(type, entry.value.at);
      value = this.#join(value, type, entry.value.at);
    }
    return mapOf(key ?? this.#mapping.freshParam(), value ?? this.#mapping.freshParam());
  }

  #struct({ name, fields, at }: Extract<Expr, { kind: 'struct' }>): Type {
    const type = this.#names.structOf?.(name);
    if (!type) {
      for (const { value } of fields) this.visit(value);
      return this.#report(at, `undeclared reference to '${name}' (in container '')`);
    }
    for (const field of fields) {
      const wanted = type.fieldOf?.(field.name);
      let given = this.visit(field.value);
      if (field.optional) given = this.#opened(given, field.value.at);
      if (!wanted) this.#report(field.value.at, `undefined field '${field.name}'`);
      else if (!this.#mapping.assign(wanted, given))
        this.#report(
          field.value.at,
          `expected type of field '${field.name}' is '${this.#text(wanted)}' but provided type is '${this.#text(given)}'`,
        );
    }
    return type;
  }

  #fold(fold: Fold): Type {
    const range = this.#mapping.resolve(this.visit(fold.range));
    const start = this.visit(fold.start);
    this.#scopes.push(new Map([[fold.accumulator, start]]));
    const [variable, second] = this.#rangeTypes(range, fold);
    this.#scopes.push(new Map([[fold.variable, variable], ...(fold.second === undefined ? [] : [[fold.second, second] as const])]));
    this.#expect(fold.condition, BOOL);
    this.#expect(fold.step, start);
    this.#scopes.pop();
    const result = this.visit(fold.result);
    this.#scopes.pop();
    return this.#mapping.resolve(result);
  }

  #rangeTypes(range: Type, { range: { at }, second }: Fold): [Type, Type] {
    switch (range.kind) {
      case 'list':
        return second === undefined ? [range.params[0]!, DYN] : [INT, range.params[0]!];
      case 'map':
        return [range.params[0]!, range.params[1]!];
      case 'param':
        this.#mapping.assign(range, DYN);
        return [DYN, DYN];
      default:
        if (!isAny(range))
          this.#report(at, `expression of type '${this.#text(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
        return [isAny(range) ? DYN : ERROR, isAny(range) ? DYN : ERROR];
    }
  }

  #expect(expr: Expr, wanted: Type): void {
    const type = this.visit(expr);
    if (!this.#mapping.assign(wanted, type)) this.#report(expr.at, `expected type '${this.#text(wanted)}' but found '${this.#text(type)}'`);
  }
}

export const isOptional = ({ kind, name }: Type): boolean => kind === 'opaque' && name === 'optional_type';
const unwrapped = (type: Type): Type => (isOptional(type) ? type.params[0]! : type);

function literalType(value: unknown): Type {
  switch (typeof value) {
    case 'bigint':
      return INT;
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
    case 'boolean':
      return BOOL;
    default:
      if (value === null) return NULL;
      return value instanceof Uint8Array ? BYTES : UINT;
  }
}
