// Regular expressions of tools: POSIX's, basic and extended, and Perl's.

import { compilePattern, needsBacktracking, PatternError } from '../../lib/pattern.ts';
import type { Flaw, Pattern, PatternOptions } from '../../lib/pattern.ts';
import { escapeRegExp } from './pattern.ts';

export type Dialect = 'basic' | 'extended' | 'fixed' | 'perl';

export interface RegExpOptions extends Pick<PatternOptions, 'ignoresCase' | 'isDotAll'> {
  /** Only what is a word, or a line, by itself. */
  readonly whole?: 'word' | 'line';
}

/** What is wrong with an expression, as the C library says it. */
export class RegExpProblem extends Error {}

/** Throws RegExpProblem. */
export function compileRegExp(source: string, dialect: Dialect, { whole, ...options }: RegExpOptions = {}): Pattern {
  const inner = translate(source, dialect);
  const compile = (text: string): Pattern => compilePattern(text, { ...options, isLongest: dialect !== 'perl' });
  try {
    if (whole === 'line') return compile(`^(?:${inner})$`);
    if (needsBacktracking(inner)) return compile(whole === 'word' ? `(?<!\\w)(?:${inner})(?!\\w)` : inner);
    if (whole === 'word') return new Part(compile(`(?<!\\w)(${inner})(?:\\W|$)`));
    const [before, after] = dialect === 'perl' ? inner.split('\\K') : [];
    return after === undefined ? compile(inner) : new Part(compile(`(?:${before})(${after})`));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new RegExpProblem(PROBLEMS[error.flaw] ?? 'Invalid preceding regular expression');
  }
}

/** Only what the first group of an expression matches is asked for. */
class Part implements Pattern {
  readonly #whole: Pattern;

  constructor(whole: Pattern) {
    this.#whole = whole;
  }

  test(text: string): boolean {
    return this.#whole.test(text);
  }

  exec(text: string): RegExpExecArray | null {
    const found = this.#whole.exec(text);
    return found && partOf(found);
  }

  matchAll(text: string): Iterable<RegExpExecArray> {
    return Array.from(this.#whole.matchAll(text), partOf);
  }
}

function partOf(found: RegExpExecArray): RegExpExecArray {
  const part = Object.assign(found.slice(1), { index: found.index + found[0].indexOf(found[1]!), input: found.input });
  return part as unknown as RegExpExecArray;
}

const PROBLEMS: Readonly<Partial<Record<Flaw, string>>> = {
  'open group': 'Unmatched ( or \\(',
  'closed group': 'Unmatched ) or \\)',
  'open class': 'Unmatched [, [^, [:, [., or [=',
  range: 'Invalid range end',
  backslash: 'Trailing backslash',
  count: 'Regular expression too big',
};

function translate(source: string, dialect: Dialect): string {
  if (dialect === 'fixed') return escapeRegExp(source);
  if (dialect === 'perl') return source;
  let out = '';
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (char === '[') {
      const end = bracketEnd(source, i);
      if (end < 0) throw new RegExpProblem(PROBLEMS['open class']);
      out += bracketOf(source.slice(i + 1, end));
      i = end;
    } else if (char === '\\') {
      const next = source[++i];
      if (next === undefined) throw new RegExpProblem(PROBLEMS.backslash);
      if (dialect === 'basic' && '(){}|+?'.includes(next)) out += next;
      else if (next === '<' || next === '>') out += '\\b';
      else if (/[wWsSbBdD1-9]/.test(next)) out += `\\${next}`;
      else if (next === 'n') out += '\\n';
      else if (next === 't') out += '\\t';
      else out += escapeRegExp(next);
    } else if (dialect === 'basic' && '(){}|+?'.includes(char)) out += `\\${char}`;
    else if (dialect === 'basic' && char === '*' && (out === '' || out.endsWith('(') || out === '^')) out += '\\*';
    else if (dialect === 'basic' && char === '^' && out !== '' && !out.endsWith('(') && !out.endsWith('|')) out += '\\^';
    else if (dialect === 'basic' && char === '$' && i < source.length - 1 && !/^\\[)|]/.test(source.slice(i + 1))) out += '\\$';
    else if (dialect === 'extended' && char === '{' && !/^\{\d*,?\d*\}/.test(source.slice(i))) out += '\\{';
    else out += char;
  }
  return out.replace(/(?<!\\)\{,(\d+)\}/g, '{0,$1}');
}

/** A backslash is one of the characters in POSIX' brackets. */
function bracketOf(inside: string): string {
  const isNegated = inside.startsWith('^');
  const body = (isNegated ? inside.slice(1) : inside)
    .replaceAll('\\', '\\\\')
    .replace(/^\]/, '\\]')
    .replace(/\[(?!:)/g, '\\[');
  return `[${isNegated ? '^' : ''}${body}]`;
}

function bracketEnd(source: string, from: number): number {
  let at = from + 1;
  if (source[at] === '^') at++;
  if (source[at] === ']') at++;
  for (; at < source.length; at++) {
    if (source.startsWith('[:', at)) at = source.indexOf(':]', at) + 1 || source.length;
    else if (source[at] === ']') return at;
  }
  return -1;
}
