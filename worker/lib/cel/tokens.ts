// Splits a CEL expression into tokens. Mirrors the lexer of cel-go's grammar.

import { SyntaxProblem } from './syntax-problem.ts';
import type { Literal } from './ast.ts';

export interface Token {
  readonly kind: 'ident' | 'quoted' | 'literal' | 'symbol' | 'end';
  /** As written; `<EOF>` at the end. */
  readonly text: string;
  readonly at: number;
  readonly value?: Literal;
}

const SYMBOLS = [
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '<',
  '>',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '.',
  ',',
  '?',
  ':',
  '+',
  '-',
  '*',
  '/',
  '%',
  '!',
];
const NUMBER = /^(?:0x([0-9a-fA-F]+)([uU]?)|(\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(\d+)([uU]?))/;
const STRING = /^([rR]?[bB]?|[bB][rR])("""|'''|"|')/;

/** Throws SyntaxProblem. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const blank = /^(?:[\s\u00a0]+|\/\/[^\n]*)/.exec(source.slice(at));
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const token = next(source, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at });
  return tokens;
}

function next(source: string, at: number): Token {
  const rest = source.slice(at);
  const quote = STRING.exec(rest);
  if (quote) return stringToken(source, at, quote[1]!, quote[2]!);
  const number = NUMBER.exec(rest);
  if (number && !(rest[0] === '.' && !/^\.\d/.test(rest))) return { kind: 'literal', text: number[0], at, value: numberOf(number, at) };
  const ident = /^[a-zA-Z_]\w*/.exec(rest);
  if (ident) {
    const [text] = ident;
    if (text === 'true' || text === 'false') return { kind: 'literal', text, at, value: text === 'true' };
    if (text === 'null') return { kind: 'literal', text, at, value: null };
    return { kind: 'ident', text, at };
  }
  const quoted = /^`[a-zA-Z0-9_.\-/ ]+`/.exec(rest);
  if (quoted) return { kind: 'quoted', text: quoted[0], at };
  const symbol = SYMBOLS.find((one) => rest.startsWith(one));
  if (symbol) return { kind: 'symbol', text: symbol, at };
  // Half of an operator is seen to be no whole one only with what comes behind it.
  const read = /^[&|=][\s\S]?|^[\s\S]/.exec(rest)![0];
  throw new SyntaxProblem(at, `Syntax error: token recognition error at: '${read}'`);
}

function numberOf([, hex, hexUnsigned, float, whole, unsigned]: RegExpExecArray, at: number): Literal {
  if (float !== undefined) return Number(float);
  const value = BigInt(hex === undefined ? whole! : `0x${hex}`);
  const isUnsigned = Boolean(hex === undefined ? unsigned : hexUnsigned);
  if (isUnsigned && value >= 2n ** 64n) throw new SyntaxProblem(at, 'Syntax error: invalid uint literal');
  if (!isUnsigned && value > 2n ** 63n) throw new SyntaxProblem(at, 'Syntax error: invalid int literal');
  return isUnsigned ? { uint: value } : value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '?': '?',
  '`': '`',
};

function stringToken(source: string, at: number, prefix: string, quote: string): Token {
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const start = at + prefix.length + quote.length;
  let i = start;
  const parts: (string | number)[] = [];
  for (;;) {
    if (i >= source.length || (quote.length === 1 && source[i] === '\n'))
      throw new SyntaxProblem(at, `Syntax error: token recognition error at: '${source.slice(at, i)}'`);
    if (source.startsWith(quote, i)) break;
    if (source[i] === '\\' && !isRaw) {
      const escape =
        /^\\(?:([abfnrtv"'\\?`])|x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(
          source.slice(i),
        );
      if (!escape) throw new SyntaxProblem(at, `Syntax error: token recognition error at: '${source.slice(at, i + 2)}'`);
      const [text, simple, hex, upperHex, short, long, octal] = escape;
      const byte = hex ?? upperHex;
      if (simple !== undefined) parts.push(ESCAPES[simple]!);
      else if (byte !== undefined) parts.push(parseInt(byte, 16));
      else if (octal !== undefined) parts.push(parseInt(octal, 8));
      else parts.push(String.fromCodePoint(parseInt((short ?? long)!, 16)));
      i += text.length;
    } else {
      const char = String.fromCodePoint(source.codePointAt(i)!);
      if (isRaw && char === '\\' && i + 1 < source.length) {
        parts.push(char + source[i + 1]!);
        i += 2;
      } else {
        parts.push(char);
        i += char.length;
      }
    }
  }
  const text = source.slice(at, i + quote.length);
  return {
    kind: 'literal',
    text,
    at,
    value: isBytes ? bytesOf(parts) : parts.map((part) => (typeof part === 'number' ? String.fromCodePoint(part) : part)).join(''),
  };
}

function bytesOf(parts: readonly (string | number)[]): Uint8Array {
  const encoder = new TextEncoder();
  const out: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') out.push(part);
    else out.push(...encoder.encode(part));
  }
  return Uint8Array.from(out);
}
