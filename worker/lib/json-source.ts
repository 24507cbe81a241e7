// JSON as it was written: fields in their order, repeated ones too, and numbers letter by letter, none of which JSON.parse keeps. For the few bodies
// whose faults have to be named; and a quick look that tells which bodies those may be.

import { fromUtf8 } from './text.ts';

export type SourceNode =
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: string, value: SourceNode])[] }
  | { readonly kind: 'array'; readonly items: readonly SourceNode[] }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'scalar'; readonly value: string | boolean | null };

/** Reads a text that JSON.parse has accepted. */
export function parseSource(text: string): SourceNode {
  const token = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?[0-9][^ \t\n\r,\]}]*)|([a-z]+))/gy;
  const next = (): RegExpExecArray => token.exec(text)!;

  const value = (match: RegExpExecArray): SourceNode => {
    const [, mark, string, number, word] = match;
    if (string !== undefined) return { kind: 'scalar', value: JSON.parse(string) as string };
    if (number !== undefined) return { kind: 'number', text: number };
    if (word !== undefined) return { kind: 'scalar', value: word === 'null' ? null : word === 'true' };
    return mark === '{' ? object() : array();
  };
  const object = (): SourceNode => {
    const entries: [string, SourceNode][] = [];
    for (let match = next(); match[1] !== '}'; match = next()) {
      if (match[1] === ',') match = next();
      next(); // the colon
      entries.push([JSON.parse(match[2]!) as string, value(next())]);
    }
    return { kind: 'object', entries };
  };
  const array = (): SourceNode => {
    const items: SourceNode[] = [];
    for (let match = next(); match[1] !== ']'; match = next()) items.push(value(match[1] === ',' ? next() : match));
    return { kind: 'array', items };
  };
  return value(next());
}

export interface Shape {
  /** Fields, repeated ones counted as often as they come. */
  readonly fields: number;
  readonly depth: number;
  /** A number with a fraction, an exponent or too many digits for JavaScript: what it stands for depends on its letters. */
  readonly hasOddNumbers: boolean;
}

/** Looks over the bytes of a JSON text, once. */
export function shapeOf(bytes: Uint8Array): Shape {
  let fields = 0;
  let depth = 0;
  let deepest = 0;
  let hasOddNumbers = false;
  let digits = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x22) {
      for (i++; bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++;
    } else if (byte === 0x3a) {
      fields++;
      digits = 0;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) deepest = depth;
      digits = 0;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > 15) hasOddNumbers = true;
    } else if (digits > 0) {
      if (byte === 0x2e || byte === 0x65 || byte === 0x45) hasOddNumbers = true;
      digits = 0;
    }
  }
  return { fields, depth: deepest, hasOddNumbers };
}

/** How many fields a value has, all in all. */
export function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countFields(item);
    return count;
  }
  for (const key in value) {
    count++;
    const child = (value as Record<string, unknown>)[key];
    if (typeof child === 'object') count += countFields(child);
  }
  return count;
}

/** `duplicate field "data.a"`: what comes twice in a text of any shape. */
export function doubledFields(text: string): string[] {
  const found = new Set<string>();
  const visit = (node: SourceNode, path: string): void => {
    if (node.kind === 'array') node.items.forEach((item, i) => visit(item, `${path}[${i}]`));
    if (node.kind !== 'object') return;
    const seen = new Set<string>();
    for (const [key, value] of node.entries) {
      const at = path ? `${path}.${key}` : key;
      if (seen.has(key)) found.add(`duplicate field ${JSON.stringify(at)}`);
      seen.add(key);
      visit(value, at);
    }
  };
  visit(parseSource(text), '');
  return [...found];
}

/** A plain value of a source, as JSON.parse would have made it. */
export const valueOf = (node: SourceNode): unknown => {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.entries.map(([key, value]) => [key, valueOf(value)]));
    case 'array':
      return node.items.map(valueOf);
    case 'number':
      return Number(node.text);
    case 'scalar':
      return node.value;
  }
};

/** As UTF-8, without anything taken away from its beginning. */
export const textOf = (bytes: Uint8Array): string => (bytes[0] === 0xef ? `\uFEFF${fromUtf8(bytes)}` : fromUtf8(bytes));
