// The syntax of Go's regular expressions. Mirrors Go's regexp/syntax (parse.go, with the flags of regexp.Compile, which are Perl's): what is refused, in which words, and
// in which order. The result is the source of a JavaScript expression for the flag `u` alone, so that Go's flags may change inside of it.

import { escapedCodePoint, literal, perlClass, readClass, unicodeClass } from './go-regexp-class.ts';

interface Flags {
  readonly foldCase: boolean;
  readonly multiLine: boolean;
  readonly dotNewline: boolean;
  readonly nonGreedy: boolean;
}

/** What has been read between `(` or `|` and here. */
interface Branch {
  atoms: Atom[];
}

interface Atom {
  readonly text: string;
  /** How often the innermost part may be repeated: repetitions inside of repetitions multiply. */
  readonly copies: number;
  /** If it has to be put in brackets before it can be repeated: it asserts something, or is a repetition. */
  readonly isBare?: boolean;
}

interface Group {
  readonly open: string;
  /** Those outside, which hold again behind it. */
  readonly flags: Flags;
  readonly done: Branch[];
  branch: Branch;
}

const NO_FLAGS: Flags = { foldCase: false, multiLine: false, dotNewline: false, nonGreedy: false };
const MAX_COPIES = 1000;

/** Throws a SyntaxError. */
export function translateGoRegExp(pattern: string): string {
  return new Parser(pattern).whole();
}

const refuse = (what: string, text: string): SyntaxError => new SyntaxError(`${what}: \`${text}\``);

class Parser {
  readonly #pattern: string;
  readonly #groups: Group[] = [newGroup('', NO_FLAGS)];
  #at = 0;
  #flags = NO_FLAGS;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  whole(): string {
    // Where the last repetition begins, if that is what stands before.
    let repeated: number | undefined;
    while (this.#at < this.#pattern.length) {
      const start = this.#at;
      repeated = this.#next(repeated) ? start : undefined;
    }
    if (this.#groups.length > 1) throw refuse('missing closing )', this.#pattern);
    return textOf(this.#groups[0]!);
  }

  /** Reads one thing; true if it was a repetition. */
  #next(repeated: number | undefined): boolean {
    const rest = this.#pattern.slice(this.#at);
    const char = rest[0]!;
    switch (char) {
      case '(':
        if (rest[1] === '?') this.#special(rest);
        else this.#open('(', 1);
        return false;
      case '|':
        this.#group.done.push(this.#group.branch);
        this.#group.branch = { atoms: [] };
        this.#at++;
        return false;
      case ')':
        this.#close();
        return false;
      case '^':
        return this.#push(this.#flags.multiLine ? '(?<![^\\n])' : '^', 1, true);
      case '$':
        return this.#push(this.#flags.multiLine ? '(?![^\\n])' : '$', 1, true);
      case '.':
        return this.#push(this.#flags.dotNewline ? '[\\s\\S]' : '[^\\n]', 1);
      case '[': {
        const { text, length } = readClass(rest, this.#flags.foldCase);
        return this.#push(text, length);
      }
      case '*':
      case '+':
      case '?':
        return this.#repeat(char, char.length, undefined, repeated);
      case '{': {
        const count = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(rest);
        if (!count) return this.#push(literal('{', false), 1);
        return this.#repeat(count[0], count[0].length, [Number(count[1]), count[2] ? Number(count[3] ?? -1) : Number(count[1])], repeated);
      }
      case '\\':
        return this.#escape(rest);
      default: {
        const text = String.fromCodePoint(rest.codePointAt(0)!);
        return this.#push(literal(text, this.#flags.foldCase), text.length);
      }
    }
  }

  get #group(): Group {
    return this.#groups.at(-1)!;
  }

  #push(text: string, length: number, isBare = false): false {
    this.#group.branch.atoms.push({ text, copies: 1, isBare });
    this.#at += length;
    return false;
  }

  #open(open: string, length: number, flags = this.#flags): void {
    this.#groups.push(newGroup(open, this.#flags));
    this.#flags = flags;
    this.#at += length;
  }

  #close(): void {
    if (this.#groups.length === 1) throw refuse('unexpected )', this.#pattern);
    const group = this.#groups.pop()!;
    const copies = Math.max(1, ...[...group.done, group.branch].flatMap(({ atoms }) => atoms.map((atom) => atom.copies)));
    this.#group.branch.atoms.push({ text: `${group.open}${textOf(group)})`, copies });
    this.#flags = group.flags;
    this.#at++;
  }

  #repeat(
    operator: string,
    length: number,
    count: readonly [least: number, most: number] | undefined,
    repeated: number | undefined,
  ): boolean {
    const start = this.#at;
    const isLazy = this.#pattern[start + length] === '?';
    const end = start + length + (isLazy ? 1 : 0);
    const text = this.#pattern.slice(start, end);
    const [least, most] = count ?? [0, 1];
    if (least > MAX_COPIES || most > MAX_COPIES || (most >= 0 && least > most)) throw refuse('invalid repeat count', text.slice(0, length));
    if (repeated !== undefined) throw refuse('invalid nested repetition operator', this.#pattern.slice(repeated, end));
    const { atoms } = this.#group.branch;
    const atom = atoms.pop();
    if (!atom) throw refuse('missing argument to repetition operator', text);
    const times = most < 0 ? least : most;
    const copies = atom.copies * Math.max(1, times);
    if (times >= 2 && copies > MAX_COPIES) throw refuse('invalid repeat count', text);
    const lazily = isLazy !== this.#flags.nonGreedy ? '?' : '';
    atoms.push({ text: `${atom.isBare ? `(?:${atom.text})` : atom.text}${operator}${lazily}`, copies, isBare: true });
    this.#at = end;
    return true;
  }

  /** `(?` begins a group without a number or with a name, or says how to read on. */
  #special(rest: string): void {
    const named = /^\(\?P?</.exec(rest);
    if (named) {
      const end = rest.indexOf('>');
      if (end < 0) throw refuse('invalid named capture', rest);
      if (!/^\w+$/.test(rest.slice(named[0].length, end))) throw refuse('invalid named capture', rest.slice(0, end + 1));
      this.#open('(', end + 1);
      return;
    }
    let flags = this.#flags;
    let isOn = true;
    let sawFlag = false;
    for (let i = 2; i < rest.length; i++) {
      const char = rest[i]!;
      const name = FLAGS[char];
      if (name) {
        flags = { ...flags, [name]: isOn };
        sawFlag = true;
      } else if (char === '-' && isOn) {
        isOn = false;
        sawFlag = false;
      } else if ((char === ':' || char === ')') && (isOn || sawFlag)) {
        if (char === ':') this.#open('(?:', i + 1, flags);
        else {
          this.#flags = flags;
          this.#at += i + 1;
        }
        return;
      } else throw refuse('invalid or unsupported Perl syntax', rest.slice(0, i + String.fromCodePoint(rest.codePointAt(i)!).length));
    }
    throw refuse('invalid or unsupported Perl syntax', rest);
  }

  #escape(rest: string): false {
    const { foldCase } = this.#flags;
    switch (rest[1]) {
      case 'A':
        return this.#push('^', 2, true);
      case 'z':
        return this.#push('$', 2, true);
      case 'b':
      case 'B':
        return this.#push(rest.slice(0, 2), 2, true);
      case 'Q': {
        const [quoted = ''] = rest.slice(2).split('\\E', 1);
        for (const char of quoted) this.#group.branch.atoms.push({ text: literal(char, foldCase), copies: 1 });
        this.#at += 2 + quoted.length + (rest.startsWith('\\E', 2 + quoted.length) ? 2 : 0);
        return false;
      }
    }
    const special = unicodeClass(rest) ?? perlClass(rest);
    if (special) return this.#push(`[${special.text}]`, special.length);
    const { code, length } = escapedCodePoint(rest);
    return this.#push(literal(String.fromCodePoint(code), foldCase), length);
  }
}

const FLAGS: Readonly<Record<string, keyof Flags>> = { i: 'foldCase', m: 'multiLine', s: 'dotNewline', U: 'nonGreedy' };

const newGroup = (open: string, flags: Flags): Group => ({ open, flags, done: [], branch: { atoms: [] } });

const textOf = ({ done, branch }: Group): string => [...done, branch].map(({ atoms }) => atoms.map(({ text }) => text).join('')).join('|');
