// A script of sed, read: a list of commands, in which blocks and jumps are places. Mirrors sed/compile.c of GNU sed.

import type { Dialect } from '../../shell/regexp.ts';

export type Address =
  | { readonly type: 'line'; readonly line: number }
  | { readonly type: 'last' }
  | { readonly type: 'pattern'; readonly source: string; readonly folds: boolean }
  | { readonly type: 'step'; readonly first: number; readonly step: number }
  /** Only as the end of a range: so many lines more, or the next line that is a multiple. */
  | { readonly type: 'more'; readonly lines: number }
  | { readonly type: 'multiple'; readonly of: number };

export interface Command {
  readonly name: string;
  readonly from?: Address;
  readonly to?: Address;
  readonly negated: boolean;
  /** Text of `a`, `i`, `c`; label of `:`, `b`, `t`, `T`; file of `r`, `w`; what `y` changes. */
  readonly text: string;
  /** What `y` changes it to; exit status of `q`. */
  readonly other: string;
  readonly substitution?: Substitution;
  /** Of `{`: where its block ends. */
  end?: number;
}

export interface Substitution {
  readonly source: string;
  readonly replacement: readonly Piece[];
  readonly folds: boolean;
  readonly isGlobal: boolean;
  /** From which match on. */
  readonly nth: number;
  readonly prints: boolean;
  readonly file: string;
}

/** Text, a group that matched (0 for all of it), or how letters go on: `U`, `L`, `u`, `l`, `E`. */
export type Piece = string | { readonly group: number } | { readonly letters: string };

export interface Script {
  readonly commands: readonly Command[];
  readonly dialect: Dialect;
  readonly isQuiet: boolean;
}

export type Problem =
  | 'unterminated s'
  | 'unterminated y'
  | 'unterminated address'
  | 'option'
  | 'command'
  | 'missing'
  | 'open'
  | 'closed'
  | 'label'
  | 'lengths'
  | 'text'
  | 'file'
  | 'extra'
  | 'comma';

/** What is wrong with a script, where (a character of it, from 1), and what it is about. */
export class ScriptError extends Error {
  readonly problem: Problem;
  readonly at: number;
  readonly about: string;
  constructor(problem: Problem, at: number, about = '') {
    super(problem);
    this.problem = problem;
    this.at = at;
    this.about = about;
  }
}

const NAMES = '{}:=abcdDFgGhHilnNpPqQrRstTvwWxyz#';

/** Escapes in the text of `a`, `i` and `c`. */
const CONTROLS: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

export class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Throws ScriptError. */
  commands(): Command[] {
    const out: Command[] = [];
    const open: number[] = [];
    for (this.#skip(/[\s;]/); this.#at < this.#text.length; this.#skip(/[\s;]/)) {
      const command = this.#command();
      if (command.name === '#') continue;
      if (command.name === '{') open.push(out.length);
      if (command.name === '}') {
        const start = open.pop();
        if (start === undefined) throw this.#error('closed');
        out[start]!.end = out.length;
      }
      out.push(command);
    }
    if (open.length) throw new ScriptError('open', 0);
    const labels = new Set(out.filter(({ name }) => name === ':').map(({ text }) => text));
    const lost = out.find(({ name, text }) => 'btT'.includes(name) && text !== '' && !labels.has(text));
    if (lost) throw new ScriptError('label', this.#at, lost.text);
    return out;
  }

  #error(problem: Problem, about = ''): ScriptError {
    return new ScriptError(problem, this.#at, about);
  }

  #skip(what: RegExp): void {
    while (this.#at < this.#text.length && what.test(this.#text[this.#at]!)) this.#at++;
  }

  #take(what: RegExp): string {
    const found = new RegExp(what.source, 'y');
    found.lastIndex = this.#at;
    const [text = ''] = found.exec(this.#text) ?? [];
    this.#at += text.length;
    return text;
  }

  #command(): Command {
    const from = this.#address();
    let to: Address | undefined;
    this.#skip(/[ \t]/);
    if (from && this.#text[this.#at] === ',') {
      this.#at++;
      this.#skip(/[ \t]/);
      to = this.#address(true);
      if (!to) throw this.#error('comma');
    }
    this.#skip(/[ \t]/);
    const negated = this.#text[this.#at] === '!';
    if (negated) this.#at++;
    this.#skip(/[ \t!]/);
    const name = this.#text[this.#at++];
    if (name === undefined) throw new ScriptError('missing', this.#at - 1);
    if (!NAMES.includes(name)) throw this.#error('command', name);
    const rest = this.#argument(name);
    return { name, ...(from && { from }), ...(to && { to }), negated, text: '', other: '', ...rest };
  }

  #address(isEnd = false): Address | undefined {
    const char = this.#text[this.#at];
    if (isEnd && (char === '+' || char === '~')) {
      this.#at++;
      const lines = Number(this.#take(/\d*/));
      return char === '+' ? { type: 'more', lines } : { type: 'multiple', of: lines };
    }
    if (char === '$') {
      this.#at++;
      return { type: 'last' };
    }
    const digits = this.#take(/\d+/);
    if (digits !== '') {
      const step = this.#take(/~\d*/);
      return step === '' ? { type: 'line', line: Number(digits) } : { type: 'step', first: Number(digits), step: Number(step.slice(1)) };
    }
    if (char !== '/' && char !== '\\') return undefined;
    if (char === '\\') this.#at++;
    const source = this.#delimited('unterminated address');
    const flags = this.#take(/[IM]*/);
    return { type: 'pattern', source, folds: flags.includes('I') };
  }

  /** From the delimiter that comes next to its like; what it was escaped by is gone. */
  #delimited(problem: Problem): string {
    const delimiter = this.#text[this.#at++];
    if (delimiter === undefined) throw this.#error(problem);
    return this.#upTo(delimiter, problem, true);
  }

  #upTo(delimiter: string, problem: Problem, hasBrackets: boolean): string {
    let out = '';
    for (let inBrackets = false; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === '\\' && this.#at + 1 < this.#text.length) {
        const next = this.#text[++this.#at]!;
        out += next === delimiter ? next : `\\${next}`;
        continue;
      }
      if (char === delimiter && !inBrackets) {
        this.#at++;
        return out;
      }
      if (hasBrackets && char === '[' && !inBrackets) {
        // A bracket that is closed later holds whatever is in it.
        const [whole] = /^\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\]/.exec(this.#text.slice(this.#at)) ?? [];
        if (whole?.includes(delimiter)) {
          out += whole;
          this.#at += whole.length - 1;
          continue;
        }
      }
      inBrackets = false;
      out += char;
    }
    throw this.#error(problem);
  }

  #argument(name: string): Partial<Command> {
    switch (name) {
      case '#':
        this.#take(/[^\n]*/);
        return {};
      case '{':
        return {};
      case 'a':
      case 'i':
      case 'c':
        return { text: this.#block() };
      case ':':
        this.#skip(/[ \t]/);
        return { text: this.#take(/[^\s;]*/) };
      case 'b':
      case 't':
      case 'T':
        this.#skip(/[ \t]/);
        return { text: this.#ended(this.#take(/[^\s;}]*/)) };
      case 'r':
      case 'R':
      case 'w':
      case 'W':
        this.#skip(/[ \t]/);
        return { text: this.#fileName() };
      case 'q':
      case 'Q':
      case 'l':
      case 'v':
        this.#skip(/[ \t]/);
        return { other: this.#ended(this.#take(/[\d.]*/)) };
      case 's':
        return this.#substitution();
      case 'y':
        return this.#letters();
      default:
        this.#ended('');
        return {};
    }
  }

  /** Nothing but the end of the command comes. */
  #ended(value: string): string {
    this.#skip(/[ \t]/);
    const char = this.#text[this.#at];
    if (char !== undefined && !/[\n;}#]/.test(char)) {
      this.#at++;
      throw this.#error('extra');
    }
    return value;
  }

  #fileName(): string {
    const name = this.#take(/[^\n]*/);
    if (name === '') throw this.#error('file');
    return name;
  }

  /** `a\` and lines, or all of one line: up to a newline that is not escaped. */
  #block(): string {
    this.#skip(/[ \t]/);
    if (this.#text[this.#at] === '\\') {
      this.#at++;
      // Without a newline, blanks are part of the text.
      this.#take(/[ \t]*\n/);
    }
    if (this.#at >= this.#text.length) throw this.#error('text');
    let out = '';
    for (; this.#at < this.#text.length && this.#text[this.#at] !== '\n'; this.#at++) {
      const isEscaped = this.#text[this.#at] === '\\';
      if (isEscaped) this.#at++;
      const char = this.#text[this.#at] ?? '';
      out += (isEscaped && CONTROLS[char]) || char;
    }
    return out;
  }

  #substitution(): Partial<Command> {
    const delimiter = this.#text[this.#at] ?? '';
    const source = this.#delimited('unterminated s');
    const replacement = piecesOf(this.#upTo(delimiter, 'unterminated s', false));
    let [isGlobal, folds, prints, nth, file] = [false, false, false, 1, ''];
    for (;;) {
      const digits = this.#take(/\d+/);
      if (digits !== '') nth = Number(digits);
      const flag = this.#take(/[gpiIeMmw]/);
      if (flag === 'g') isGlobal = true;
      else if (flag === 'p') prints = true;
      else if (flag === 'i' || flag === 'I') folds = true;
      else if (flag === 'w') {
        this.#skip(/[ \t]/);
        file = this.#fileName();
      } else if (flag === '' && digits === '') break;
    }
    this.#skip(/[ \t]/);
    const next = this.#text[this.#at];
    if (next !== undefined && !/[\n;}#]/.test(next)) {
      this.#at++;
      throw this.#error('option', next);
    }
    return { substitution: { source, replacement, folds, isGlobal, nth, prints, file } };
  }

  #letters(): Partial<Command> {
    const delimiter = this.#text[this.#at] ?? '';
    const plain = (text: string): string => text.replaceAll(/\\([^])/g, (_, char: string) => ({ n: '\n', t: '\t' })[char] ?? char);
    const text = plain(this.#delimited('unterminated y'));
    const other = plain(this.#upTo(delimiter, 'unterminated y', false));
    if (text.length !== other.length) throw this.#error('lengths');
    this.#ended('');
    return { text, other };
  }
}

/** `\1`, `&`, `\n`, `\U`. */
function piecesOf(text: string): Piece[] {
  const out: Piece[] = [];
  const put = (piece: Piece): void => {
    if (typeof piece === 'string' && typeof out.at(-1) === 'string') out[out.length - 1] += piece;
    else out.push(piece);
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '&') put({ group: 0 });
    else if (char !== '\\') put(char);
    else {
      const next = text[++i] ?? '\\';
      if (/\d/.test(next)) put({ group: Number(next) });
      else if ('ULulE'.includes(next)) put({ letters: next });
      else put({ n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' }[next] ?? next);
    }
  }
  return out;
}
