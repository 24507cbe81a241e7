// Reads CEL. Mirrors cel-go parser: its grammar, its macros, and what ANTLR says of a text that is no expression, as far as that is one mistake.

import type { Expr, Literal, MapEntry, StructField } from './ast.ts';
import { expandMacro } from './macros.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { tokensOf } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Throws SyntaxProblem. */
export function parse(source: string): Expr {
  return new Parser(source).whole();
}

const PRIMARY = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const RESERVED: ReadonlySet<string> = new Set(
  'as break const continue else for function if import in let loop package namespace return var void while'.split(' '),
);
const RELATIONS: ReadonlySet<string> = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
/** As upstream: ANTLR's recursion limit. */
const MAX_DEPTH = 250;

/** Makes nodes, each with a number of its own. */
export class Builder {
  #next = 1;

  const = (at: number, value: Literal): Expr => ({ kind: 'const', id: this.#next++, at, value });
  ident = (at: number, name: string): Expr => ({ kind: 'ident', id: this.#next++, at, name });
  select = (at: number, operand: Expr, field: string, test = false): Expr => ({
    kind: 'select',
    id: this.#next++,
    at,
    operand,
    field,
    test,
  });
  call = (at: number, name: string, args: readonly Expr[], target?: Expr): Expr => ({
    kind: 'call',
    id: this.#next++,
    at,
    name,
    target,
    args,
  });
  list = (at: number, items: readonly Expr[], optional: ReadonlySet<number> = new Set()): Expr => ({
    kind: 'list',
    id: this.#next++,
    at,
    items,
    optional,
  });
  map = (at: number, entries: readonly MapEntry[]): Expr => ({ kind: 'map', id: this.#next++, at, entries });
  struct = (at: number, name: string, fields: readonly StructField[]): Expr => ({ kind: 'struct', id: this.#next++, at, name, fields });
  fold = (at: number, parts: Omit<Extract<Expr, { kind: 'fold' }>, 'id' | 'at' | 'kind'>): Expr => ({
    kind: 'fold',
    id: this.#next++,
    at,
    ...parts,
  });
}

class Parser {
  readonly #tokens: Token[];
  readonly #make = new Builder();
  #place = 0;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = tokensOf(source);
  }

  whole(): Expr {
    const expr = this.#expr();
    if (this.#token.kind !== 'end') throw this.#unexpected('<EOF>');
    return expr;
  }

  get #token(): Token {
    return this.#tokens[this.#place]!;
  }

  #is = (text: string): boolean => this.#token.text === text && (this.#token.kind === 'symbol' || this.#token.kind === 'ident');

  #take(text: string): Token | undefined {
    if (!this.#is(text)) return undefined;
    return this.#tokens[this.#place++];
  }

  #need(text: string): Token {
    const token = this.#take(text);
    if (token) return token;
    const { text: found, at } = this.#token;
    const next = this.#tokens[this.#place + 1];
    if (next?.kind === 'symbol' && next.text === text)
      throw new SyntaxProblem(at, `Syntax error: extraneous input '${found}' expecting '${text}'`);
    if (mayFollow(this.#token, text)) throw new SyntaxProblem(at, `Syntax error: missing '${text}' at '${found}'`);
    throw new SyntaxProblem(at, `Syntax error: mismatched input '${found}' expecting '${text}'`);
  }

  /** A token that is too much if what comes behind it would do, as ANTLR says it; else it is the wrong one. */
  #unexpected(expected: string): SyntaxProblem {
    const { text, at } = this.#token;
    const next = this.#tokens[this.#place + 1];
    const what = next && wouldDo(next, expected) ? 'extraneous' : 'mismatched';
    return new SyntaxProblem(at, `Syntax error: ${what} input '${text}' expecting ${expected}`);
  }

  #expr(): Expr {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxProblem(this.#token.at, `expression recursion limit exceeded: ${MAX_DEPTH}`);
    const condition = this.#binary(['||'], '_||_', () => this.#binary(['&&'], '_&&_', () => this.#relation()));
    const question = this.#take('?');
    let expr = condition;
    if (question) {
      const yes = this.#binary(['||'], '_||_', () => this.#binary(['&&'], '_&&_', () => this.#relation()));
      this.#need(':');
      expr = this.#make.call(question.at, '_?_:_', [condition, yes, this.#expr()]);
    }
    this.#depth--;
    return expr;
  }

  #binary(symbols: readonly string[], name: string | undefined, operand: () => Expr): Expr {
    let left = operand();
    for (;;) {
      const symbol = symbols.find((one) => this.#is(one));
      if (!symbol) return left;
      const { at } = this.#need(symbol);
      left = this.#make.call(at, name ?? `_${symbol}_`, [left, operand()]);
    }
  }

  #relation(): Expr {
    let left = this.#sum();
    while (RELATIONS.has(this.#token.text) && this.#token.kind !== 'literal') {
      const { text, at } = this.#token;
      this.#place++;
      left = this.#make.call(at, text === 'in' ? '@in' : `_${text}_`, [left, this.#sum()]);
    }
    return left;
  }

  #sum = (): Expr => this.#binary(['+', '-'], undefined, () => this.#binary(['*', '/', '%'], undefined, () => this.#unary()));

  #unary(): Expr {
    const { at } = this.#token;
    if (this.#is('!')) {
      let count = 0;
      while (this.#take('!')) count++;
      const operand = this.#member();
      return count % 2 ? this.#make.call(at, '!_', [operand]) : operand;
    }
    if (!this.#is('-')) return this.#member();
    const following = this.#tokens[this.#place + 1];
    const value = following?.kind === 'literal' ? following.value : undefined;
    if ((typeof value === 'bigint' || typeof value === 'number') && following!.at === at + 1) {
      this.#place += 2;
      return this.#suffixes(this.#make.const(at, -value));
    }
    let count = 0;
    while (this.#take('-')) count++;
    const operand = this.#member();
    return count % 2 ? this.#make.call(at, '-_', [operand]) : operand;
  }

  #member = (): Expr => this.#suffixes(this.#primary());

  #suffixes(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const dot = this.#take('.');
      if (dot) {
        expr = this.#afterDot(expr, dot.at);
        continue;
      }
      const bracket = this.#take('[');
      if (!bracket) return expr;
      const optional = Boolean(this.#take('?'));
      const index = this.#expr();
      this.#need(']');
      expr = this.#make.call(bracket.at, optional ? '_[?_]' : '_[_]', [expr, index]);
    }
  }

  #afterDot(operand: Expr, at: number): Expr {
    const optional = Boolean(this.#take('?'));
    const token = this.#token;
    if (token.kind !== 'ident' && token.kind !== 'quoted') throw this.#unexpected('IDENTIFIER');
    this.#place++;
    const name = token.kind === 'quoted' ? token.text.slice(1, -1) : token.text;
    if (optional) return this.#make.call(at, '_?._', [operand, this.#make.const(token.at, name)]);
    const open = this.#take('(');
    if (!open) return this.#make.select(at, operand, name);
    const args = this.#arguments();
    return this.#expand(open.at, name, args, operand) ?? this.#make.call(open.at, name, args, operand);
  }

  #expand(at: number, name: string, args: readonly Expr[], target: Expr | undefined): Expr | undefined {
    return expandMacro(this.#make, at, name, args, target);
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    if (this.#take(')')) return args;
    do args.push(this.#expr());
    while (this.#take(','));
    this.#need(')');
    return args;
  }

  #primary(): Expr {
    const token = this.#token;
    const { at, kind, text } = token;
    if (kind === 'literal') {
      this.#place++;
      if (token.value === 2n ** 63n) throw new SyntaxProblem(at, 'invalid int literal');
      return this.#make.const(at, token.value!);
    }
    if (kind === 'ident' && text !== 'in') return this.#named('');
    if (this.#take('.')) return this.#named('.');
    if (this.#take('(')) {
      const inner = this.#expr();
      this.#need(')');
      return inner;
    }
    if (this.#take('[')) return this.#list(at);
    if (this.#take('{')) return this.#map(at);
    throw this.#unexpected(PRIMARY);
  }

  #named(lead: string): Expr {
    const { at, kind, text } = this.#token;
    if (kind !== 'ident') throw this.#unexpected('IDENTIFIER');
    this.#place++;
    const open = this.#take('(');
    if (open) {
      const args = this.#arguments();
      return this.#expand(open.at, text, args, undefined) ?? this.#make.call(open.at, lead + text, args);
    }
    if (RESERVED.has(text)) throw new SyntaxProblem(at, `reserved identifier: ${text}`);
    const struct = this.#structName(text);
    return struct ? this.#struct(struct, at) : this.#make.ident(at, lead + text);
  }

  /** `a.b.C{`: the name, if that is what comes. */
  #structName(first: string): string | undefined {
    let name = first;
    let place = this.#place;
    while (this.#tokens[place]?.text === '.' && this.#tokens[place + 1]?.kind === 'ident') {
      name += `.${this.#tokens[place + 1]!.text}`;
      place += 2;
    }
    if (this.#tokens[place]?.text !== '{' || this.#tokens[place]?.kind !== 'symbol') return undefined;
    this.#place = place + 1;
    return name;
  }

  #struct(name: string, at: number): Expr {
    const fields: StructField[] = [];
    while (!this.#take('}')) {
      const optional = Boolean(this.#take('?'));
      const token = this.#token;
      if (token.kind !== 'ident' && token.kind !== 'quoted') throw this.#unexpected('IDENTIFIER');
      this.#place++;
      this.#need(':');
      fields.push({ name: token.kind === 'quoted' ? token.text.slice(1, -1) : token.text, value: this.#expr(), optional });
      if (!this.#take(',') && !this.#is('}')) throw this.#unexpected("{'}', ','}");
    }
    return this.#make.struct(at, name, fields);
  }

  #list(at: number): Expr {
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#take(']')) {
      if (this.#take('?')) optional.add(items.length);
      items.push(this.#expr());
      if (!this.#take(',') && !this.#is(']')) throw this.#unexpected("{']', ','}");
    }
    return this.#make.list(at, items, optional);
  }

  #map(at: number): Expr {
    const entries: MapEntry[] = [];
    while (!this.#take('}')) {
      const optional = Boolean(this.#take('?'));
      const key = this.#expr();
      this.#need(':');
      entries.push({ key, value: this.#expr(), optional });
      if (!this.#take(',') && !this.#is('}')) throw this.#unexpected("{'}', ','}");
    }
    return this.#make.map(at, entries);
  }
}

const FIRST_OF_PRIMARY: ReadonlySet<string> = new Set(['[', '{', '(', '.', '-', '!']);

function wouldDo({ kind, text }: Token, expected: string): boolean {
  if (expected === '<EOF>') return kind === 'end';
  if (expected === 'IDENTIFIER') return kind === 'ident';
  if (expected === PRIMARY) return kind === 'literal' || kind === 'ident' || (kind === 'symbol' && FIRST_OF_PRIMARY.has(text));
  return kind === 'symbol' && expected.includes(`'${text}'`);
}

/** Whether a token could stand behind `:` or behind a bracket that closes. (What closes another bracket is taken to be wrong, whether there is one or not.) */
function mayFollow(token: Token, before: string): boolean {
  if (before === ':') return wouldDo(token, PRIMARY);
  return token.kind === 'end' || token.text === 'in' || (token.kind === 'symbol' && !'({!)]},:'.includes(token.text));
}
