// Characters and classes of characters in Go's regular expressions: `a`, `\x{61}`, `[a-z\d]`, `[[:alpha:]]`, `\pL`, `\p{Greek}`. Mirrors Go's regexp/syntax. What is
// written for JavaScript is safe inside of brackets as well as outside.

type Range = readonly [first: number, last: number];

/** A part of a pattern, as JavaScript writes it, and how much of the pattern it takes. */
interface Read {
  readonly text: string;
  readonly length: number;
}

const LAST = 0x10ffff;
const refuse = (what: string, text: string): SyntaxError => new SyntaxError(`${what}: \`${text}\``);

const range = (text: string): Range[] =>
  [...text.matchAll(/([\s\S])-([\s\S])|([\s\S])/g)].map(([, first, last, single]) => [
    (first ?? single)!.codePointAt(0)!,
    (last ?? single)!.codePointAt(0)!,
  ]);

const DIGITS = range('0-9');
const WORD = range('0-9A-Z_a-z');
const SPACE = range('\t\n\f\r ');
const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: range('0-9A-Za-z'),
  alpha: range('A-Za-z'),
  ascii: [[0, 0x7f]],
  blank: range('\t '),
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: DIGITS,
  graph: range('!-~'),
  lower: range('a-z'),
  print: range(' -~'),
  punct: range('!-/:-@[-`{-~'),
  space: range('\t-\r '),
  upper: range('A-Z'),
  word: WORD,
  xdigit: range('0-9A-Fa-f'),
};

/** One character, for itself: in either case if `foldCase`. */
export function literal(char: string, foldCase: boolean): string {
  const code = char.codePointAt(0)!;
  const all = foldCase ? folded([[code, code]]) : [];
  return all.length > 1 ? `[${textOf(all)}]` : codeText(code);
}

const codeText = (code: number): string => {
  const char = String.fromCodePoint(code);
  return /[\w \-"'#%&,:;<=>@`~!]/.test(char) && char !== '-' ? char : `\\u{${code.toString(16)}}`;
};

const textOf = (ranges: readonly Range[]): string =>
  ranges.map(([first, last]) => (first === last ? codeText(first) : `${codeText(first)}-${codeText(last)}`)).join('');

/** Larger ranges have all the letters of either case, or are looked at in no case. */
const MOST_FOLDED = 5000;

function folded(ranges: readonly Range[]): Range[] {
  const more: Range[] = [];
  for (const [first, last] of ranges.filter((one) => one[1] - one[0] < MOST_FOLDED))
    for (let code = first; code <= last; code++) {
      const char = String.fromCodePoint(code);
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        const found = other.codePointAt(0)!;
        if (found !== code && other.length === String.fromCodePoint(found).length) more.push([found, found]);
      }
    }
  return [...ranges, ...more];
}

function complement(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  let next = 0;
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    if (first > next) out.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  return next <= LAST ? [...out, [next, LAST]] : out;
}

/** `[…]` at the beginning of the text. */
export function readClass(text: string, foldCase: boolean): Read {
  let at = 1;
  const isNegated = text[at] === '^';
  if (isNegated) at++;
  const ranges: Range[] = [];
  let special = '';
  for (let isFirst = true; isFirst || text[at] !== ']'; isFirst = false) {
    const rest = text.slice(at);
    const posix = /^\[:([\s\S]*?):\]/.exec(rest);
    if (posix) {
      ranges.push(...posixClass(posix[0], posix[1]!));
      at += posix[0].length;
      continue;
    }
    const named = unicodeClass(rest) ?? perlClass(rest);
    if (named) {
      special += named.text;
      at += named.length;
      continue;
    }
    const [first, length] = classCharacter(rest, text);
    let last = first;
    let end = length;
    if (rest[length] === '-' && rest[length + 1] !== undefined && rest[length + 1] !== ']') {
      const [other, otherLength] = classCharacter(rest.slice(length + 1), text);
      last = other;
      end = length + 1 + otherLength;
      if (last < first) throw refuse('invalid character class range', rest.slice(0, end));
    }
    ranges.push([first, last]);
    at += end;
  }
  return { text: `[${isNegated ? '^' : ''}${textOf(foldCase ? folded(ranges) : ranges)}${special}]`, length: at + 1 };
}

function classCharacter(rest: string, whole: string): [code: number, length: number] {
  if (!rest) throw refuse('missing closing ]', whole);
  if (rest.startsWith('\\')) {
    const { code, length } = escapedCodePoint(rest);
    return [code, length];
  }
  const code = rest.codePointAt(0)!;
  return [code, code > 0xffff ? 2 : 1];
}

function posixClass(text: string, name: string): readonly Range[] {
  const isNegated = name.startsWith('^');
  const ranges = POSIX[isNegated ? name.slice(1) : name];
  if (!ranges) throw refuse('invalid character class range', text);
  return isNegated ? complement(ranges) : ranges;
}

/** `\d` and its like. */
export function perlClass(text: string): Read | undefined {
  const letter = /^\\([dswDSW])/.exec(text)?.[1];
  if (!letter) return undefined;
  const ranges = { d: DIGITS, s: SPACE, w: WORD }[letter.toLowerCase()]!;
  return { text: textOf(letter === letter.toLowerCase() ? ranges : complement(ranges)), length: 2 };
}

/** `\pN`, `\p{Greek}`, `\P{^Lu}`: by category or script. */
export function unicodeClass(text: string): Read | undefined {
  const match = /^\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))/u.exec(text);
  if (!match) {
    if (/^\\[pP]/.test(text)) throw refuse('invalid character class range', text);
    return undefined;
  }
  const [whole, letter, not, inner, single] = match;
  const name = inner ?? single!;
  const sign = (letter === 'P') !== (not === '^') ? 'P' : 'p';
  const isCategory = name === 'Any' || /^[A-Z][a-z]?$/.test(name);
  if (isCategory || /^[A-Z][A-Za-z_]+$/.test(name)) {
    const property = isCategory ? name : `Script=${name}`;
    try {
      const found = `\\${sign}{${property}}`;
      void new RegExp(found, 'u');
      return { text: found, length: whole.length };
    } catch {
      // No category or script of that name.
    }
  }
  throw refuse('invalid character class range', whole);
}

const LETTERS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** `\n`, `\x41`, `\.`: what stands for one character. */
export function escapedCodePoint(text: string): { code: number; length: number } {
  if (text === '\\') throw refuse('trailing backslash at end of expression', '');
  const octal = /^\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(text);
  if (octal) return { code: parseInt(octal[0].slice(1), 8), length: octal[0].length };
  const hex = /^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(text);
  if (hex) {
    const code = parseInt((hex[1] ?? hex[2])!, 16);
    if (code <= LAST) return { code, length: hex[0].length };
  }
  const char = String.fromCodePoint(text.codePointAt(1)!);
  const code = LETTERS[char];
  if (code !== undefined) return { code, length: 2 };
  if (char < '\u0080' && !/[0-9A-Za-z]/.test(char)) return { code: char.charCodeAt(0), length: 2 };
  // Go has read on until it saw that this is nothing.
  const read = /^\\x(?:\{[0-9A-Fa-f]*.?|[0-9A-Fa-f]?.?)/su.exec(text)?.[0] ?? `\\${char}`;
  throw refuse('invalid escape sequence', read);
}
