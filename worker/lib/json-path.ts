// JSONPath as printer columns and selectable fields have it: fields, indexes, slices, wildcards, filters, recursive descent. Not kubectl's templates around
// paths. Mirrors client-go util/jsonpath, with missing keys allowed.

import { isRecord } from './json.ts';

/** What a path leads to, in order. */
export type Find = (root: unknown) => unknown[];

type Step = (value: unknown, root: unknown) => unknown[];

/** `.spec.size`, `.status.conditions[?(@.type=="Ready")].status`. Throws for a text that is no path. */
export function parseJsonPath(text: string): Find {
  const steps = new Reader(text).path();
  return (root) => follow(steps, [root], root);
}

const follow = (steps: readonly Step[], from: unknown[], root: unknown): unknown[] =>
  steps.reduce((values, step) => values.flatMap((value) => step(value, root)), from);

const fieldOf =
  (name: string): Step =>
  (value) =>
    isRecord(value) && Object.hasOwn(value, name) ? [value[name]] : [];

const every: Step = (value) => (Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []);

function descend(value: unknown): unknown[] {
  return [value, ...every(value, value).flatMap(descend)];
}

const slice =
  (start: number | undefined, end: number | undefined, by: number): Step =>
  (value) =>
    Array.isArray(value) ? value.slice(start, end).filter((_, i) => i % by === 0) : [];

const at =
  (index: number): Step =>
  (value) => {
    if (!Array.isArray(value)) return [];
    const place = index < 0 ? value.length + index : index;
    return place in value ? [value[place]] : [];
  };

class Reader {
  #at = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  path(): Step[] {
    const steps: Step[] = [];
    if (this.#peek() === '$' || this.#peek() === '@') this.#at++;
    while (this.#at < this.#text.length && !this.#isEnd()) steps.push(...this.#step());
    return steps;
  }

  #peek = (ahead = 0): string => this.#text[this.#at + ahead] ?? '';

  /** Of a path inside a filter. */
  #isEnd = (): boolean => /[\s=!<>)]/.test(this.#peek());

  #step(): Step[] {
    if (this.#peek() === '[') return [this.#bracket()];
    if (this.#peek() === '.') {
      this.#at++;
      if (this.#peek() === '.') {
        this.#at++;
        return [descend, ...(this.#peek() === '[' ? [] : [this.#name()])];
      }
      if (this.#peek() === '[' || this.#at === this.#text.length) return [];
      return [this.#name()];
    }
    return [this.#name()];
  }

  #name(): Step {
    if (this.#peek() === '*') {
      this.#at++;
      return every;
    }
    let name = '';
    while (this.#at < this.#text.length && !/[.[\]\s=!<>(){}]/.test(this.#peek())) {
      if (this.#peek() === '\\') this.#at++;
      name += this.#peek();
      this.#at++;
    }
    if (!name) throw new Error(`unrecognized character in ${JSON.stringify(this.#text)} at ${this.#at}`);
    return fieldOf(name);
  }

  #bracket(): Step {
    this.#at++;
    if (this.#text.startsWith('?(', this.#at)) return this.#filter();
    const end = this.#closing(']');
    const inside = this.#text.slice(this.#at, end).trim();
    this.#at = end + 1;
    if (inside === '*') return every;
    const quoted = inside.split(',').map((one) => /^\s*(['"])(.*)\1\s*$/.exec(one)?.[2]);
    if (quoted.every((one) => one !== undefined)) {
      const fields = quoted.map((one) => fieldOf(one.replaceAll(/\\(.)/g, '$1')));
      return (value, root) => fields.flatMap((field) => field(value, root));
    }
    if (inside.includes(':')) {
      const [start, stop, by] = inside.split(':').map((one) => (one.trim() === '' ? undefined : Number(one)));
      if ([start, stop, by].some((one) => one !== undefined && !Number.isInteger(one))) throw new Error(`invalid array index ${inside}`);
      return slice(start, stop, by ?? 1);
    }
    const indexes = inside.split(',').map(Number);
    if (inside === '' || !indexes.every(Number.isInteger)) throw new Error(`invalid array index ${inside}`);
    return (value, root) => indexes.flatMap((one) => at(one)(value, root));
  }

  #closing(mark: string): number {
    let quote = '';
    for (let i = this.#at; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (quote) {
        if (char === '\\') i++;
        else if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === mark) return i;
    }
    throw new Error('unterminated array');
  }

  /** `?(@.type=="Ready")]`. */
  #filter(): Step {
    this.#at += 2;
    const left = this.#operand();
    this.#blanks();
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.#text.slice(this.#at))?.[1];
    this.#at += operator?.length ?? 0;
    const right = operator ? this.#operand() : undefined;
    this.#blanks();
    if (!this.#text.startsWith(')]', this.#at)) throw new Error('unterminated filter');
    this.#at += 2;
    const holds = (item: unknown, root: unknown): boolean => {
      const found = left(item, root);
      if (!operator || !right) return found.length > 0;
      const wanted = right(item, root);
      return found.length > 0 && wanted.length > 0 && compare(found[0], operator, wanted[0]);
    };
    return (value, root) => (Array.isArray(value) ? value.filter((item) => holds(item, root)) : []);
  }

  #blanks(): void {
    while (this.#peek() === ' ') this.#at++;
  }

  #operand(): Step {
    this.#blanks();
    if (this.#peek() === '@' || this.#peek() === '$') {
      const isRoot = this.#peek() === '$';
      const steps = this.path();
      return (value, root) => follow(steps, [isRoot ? root : value], root);
    }
    const quote = this.#peek();
    if (quote === '"' || quote === "'") {
      this.#at++;
      const end = this.#text.indexOf(quote, this.#at);
      if (end < 0) throw new Error('unterminated quoted string');
      const literal = this.#text.slice(this.#at, end);
      this.#at = end + 1;
      return () => [literal];
    }
    const word = /^[^\s)=!<>]+/.exec(this.#text.slice(this.#at))?.[0];
    if (!word) throw new Error('invalid filter');
    this.#at += word.length;
    const literal = word === 'true' ? true : word === 'false' ? false : Number.isNaN(Number(word)) ? word : Number(word);
    return () => [literal];
  }
}

function compare(a: unknown, operator: string, b: unknown): boolean {
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false;
  const [x, y] = [a, b as typeof a];
  return operator === '<' ? x < y : operator === '>' ? x > y : operator === '<=' ? x <= y : x >= y;
}
