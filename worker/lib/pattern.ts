// Regular expressions that somebody brings (`grep`, `[[ =~ ]]`, nginx' locations), in the syntax of PCRE, matched in time proportional to the text: nobody's pattern holds up the
// sandbox. What no such engine can do, references to what matched and looking ahead, JavaScript's own does, on texts so short that it comes to an end.

import { RE2JS } from 're2js';

export interface Pattern {
  test(text: string): boolean;
  exec(text: string): RegExpExecArray | null;
  matchAll(text: string): Iterable<RegExpExecArray>;
}

export interface PatternOptions {
  readonly ignoresCase?: boolean;
  /** A dot is a newline, too. */
  readonly isDotAll?: boolean;
  /** Of matches that begin at one place the longest counts, as POSIX has it, and not that of the first alternative. */
  readonly isLongest?: boolean;
}

/** What is wrong with a pattern; each kind of program has its own words for it. */
export type Flaw = 'open group' | 'closed group' | 'open class' | 'range' | 'backslash' | 'count' | 'group syntax' | 'repetition';

export class PatternError extends Error {
  readonly flaw: Flaw;
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.flaw = FLAWS.find(([words]) => words.test(cause.message))?.[1] ?? 'repetition';
  }
}

/** By what both engines say. */
const FLAWS: readonly (readonly [RegExp, Flaw])[] = [
  [/missing closing \)|Unterminated group/, 'open group'],
  [/unexpected \)|Unmatched '\)'/, 'closed group'],
  [/missing closing \]|Unterminated character class/, 'open class'],
  [/class range|Range out of order/, 'range'],
  [/trailing backslash|\\ at end/, 'backslash'],
  [/repeat count|numbers out of order/, 'count'],
  [/Perl syntax|Invalid group/, 'group syntax'],
];

/** Throws PatternError for a pattern that is none. */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  try {
    return compile(source, options);
  } catch (error) {
    throw new PatternError(error as Error);
  }
}

function compile(source: string, { ignoresCase, isDotAll, isLongest }: PatternOptions): Pattern {
  if (needsBacktracking(source)) return new Backtracking(source, `${ignoresCase ? 'i' : ''}${isDotAll ? 's' : ''}`);
  const { CASE_INSENSITIVE, DOTALL, LONGEST_MATCH, LOOKBEHINDS } = RE2JS;
  const flags = LOOKBEHINDS | (ignoresCase ? CASE_INSENSITIVE : 0) | (isDotAll ? DOTALL : 0) | (isLongest ? LONGEST_MATCH : 0);
  return RE2JS.compile(source, flags) as Pattern; // its matches are those of RegExp; its types only say `any[]`
}

/** `\1`, `\k<name>`, `(?=…)`, `(?!…)`. */
export const needsBacktracking = (source: string): boolean => /(?:^|[^\\])(?:\\\\)*(?:\\[1-9k]|\(\?[=!])/.test(source);

/** The most steps that a match may take in the worst case. */
const MOST_STEPS = 1e9;

/**
 * Differs: a group that is repeated, or a text on which its repetitions could take long, matches nothing (PCRE gives up there as well, though later, and says so).
 */
class Backtracking implements Pattern {
  readonly #expression: RegExp;
  readonly #longest: number;

  constructor(source: string, flags: string) {
    this.#expression = new RegExp(source, `g${flags}`);
    const bare = source.replace(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]/gs, 'x');
    const repetitions = bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
    this.#longest = /\)(?:[*+]|\{)/.test(bare) ? 0 : MOST_STEPS ** (1 / (repetitions + 1));
  }

  test(text: string): boolean {
    return this.exec(text) !== null;
  }

  exec(text: string): RegExpExecArray | null {
    this.#expression.lastIndex = 0;
    return text.length <= this.#longest ? this.#expression.exec(text) : null;
  }

  matchAll(text: string): Iterable<RegExpExecArray> {
    this.#expression.lastIndex = 0;
    return text.length <= this.#longest ? text.matchAll(this.#expression) : [];
  }
}
