// Plain values as YAML, letter for letter as Kubernetes writes it: keys sorted, lists not indented below their key, texts quoted only where they would be
// read as something else, long lines folded after 80 columns. Mirrors go-yaml v2: encode.go, sorter.go, emitterc.go.

import { utf8 } from './text.ts';
import { isNotText } from './yaml.ts';

const BEST_WIDTH = 80;
const INDENT = 2;
/** A longer key is written with a question mark before it. */
const MAX_SIMPLE_KEY = 128;

export function toYaml(value: unknown): string {
  const writer = new Writer();
  writer.node(value, -1, 'document');
  return writer.finish();
}

type Place = 'document' | 'mapping' | 'sequence';

class Writer {
  #out = '';
  #column = 0;
  /** Only blanks since the line began. */
  #isIndention = true;
  #isWhitespace = true;

  finish(): string {
    return this.#out.endsWith('\n') ? this.#out : `${this.#out}\n`;
  }

  /** `indent` is that of what surrounds the node. */
  node(value: unknown, indent: number, place: Place): void {
    if (Array.isArray(value)) {
      if (value.length) this.#sequence(value, place === 'mapping' && !this.#isIndention ? Math.max(indent, 0) : below(indent, false));
      else this.#indicator('[]');
    } else if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value).filter((key) => (value as Record<string, unknown>)[key] !== undefined);
      if (keys.length) this.#mapping(value as Record<string, unknown>, keys.sort(compareKeys), below(indent, false));
      else this.#indicator('{}');
    } else this.#scalar(value, below(indent, true), false);
  }

  #sequence(items: readonly unknown[], indent: number): void {
    for (const item of items) {
      this.#lineAt(indent);
      this.#indicator('-', true);
      this.node(item, indent, 'sequence');
    }
  }

  #mapping(fields: Record<string, unknown>, keys: readonly string[], indent: number): void {
    for (const key of keys) {
      this.#lineAt(indent);
      const isSimple = utf8(key).length <= MAX_SIMPLE_KEY && !/[\n\r\u0085\u2028\u2029]/.test(key);
      if (isSimple) {
        this.#scalar(key, below(indent, true), true);
        this.#put(':');
        this.#isWhitespace = false;
      } else {
        this.#indicator('?', true);
        this.#scalar(key, below(indent, true), false);
        this.#lineAt(indent);
        this.#indicator(':', true);
      }
      this.#isIndention = isSimple ? false : this.#isIndention;
      this.node(fields[key], indent, 'mapping');
    }
  }

  #scalar(value: unknown, indent: number, isKey: boolean): void {
    if (typeof value !== 'string') {
      this.#plain(
        value === null || value === undefined ? 'null' : typeof value === 'number' ? numberText(value) : String(value),
        indent,
        true,
      );
      return;
    }
    switch (styleOf(value, isKey)) {
      case 'plain':
        return this.#plain(value, indent, isKey);
      case 'single':
        return this.#single(value, indent, isKey);
      case 'double':
        return this.#double(value, indent, isKey);
      case 'literal':
        return this.#literal(value, indent);
    }
  }

  #plain(text: string, indent: number, isOneLine: boolean): void {
    if (!this.#isWhitespace) this.#put(' ');
    this.#isWhitespace = false;
    this.#isIndention = false;
    this.#folded(
      [...text],
      indent,
      isOneLine,
      (letters, i) => letters[i + 1] !== ' ',
      (letter) => this.#put(letter),
    );
  }

  #single(text: string, indent: number, isOneLine: boolean): void {
    this.#indicator("'");
    let breaks = false;
    const letters = [...text];
    this.#folded(
      letters,
      indent,
      isOneLine,
      (all, i) => i > 0 && i < all.length - 1 && all[i + 1] !== ' ',
      (letter) => {
        if (letter === '\n') {
          if (!breaks) this.#newline();
          this.#newline();
          breaks = true;
          return;
        }
        if (breaks) this.#lineAt(indent);
        breaks = false;
        this.#put(letter === "'" ? "''" : letter);
      },
    );
    this.#put("'");
    this.#isIndention = false;
    this.#isWhitespace = false;
  }

  #double(text: string, indent: number, isOneLine: boolean): void {
    this.#indicator('"');
    this.#folded(
      [...text],
      indent,
      isOneLine,
      (all, i) => i > 0 && i < all.length - 1,
      (letter) => this.#put(letter === '"' || letter === '\\' || !isPrintable(letter) || isBreak(letter) ? escape(letter) : letter),
      true,
    );
    this.#put('"');
    this.#isIndention = false;
    this.#isWhitespace = false;
  }

  /** Writes letter by letter; a blank past the width becomes a line break, where `mayFold` lets it. */
  #folded(
    letters: readonly string[],
    indent: number,
    isOneLine: boolean,
    mayFold: (letters: readonly string[], at: number) => boolean,
    write: (letter: string) => void,
    isDouble = false,
  ): void {
    let afterBlank = false;
    for (let i = 0; i < letters.length; i++) {
      const letter = letters[i]!;
      if (letter !== ' ') {
        write(letter);
        afterBlank = false;
        continue;
      }
      if (!isOneLine && !afterBlank && this.#column > BEST_WIDTH && mayFold(letters, i)) {
        this.#isIndention = false;
        this.#lineAt(indent);
        if (isDouble && letters[i + 1] === ' ') this.#put('\\');
      } else write(letter);
      afterBlank = true;
    }
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? String(INDENT) : '';
    const chomping = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
    this.#indicator(`|${hint}${chomping}`);
    this.#newline();
    let breaks = true;
    for (const letter of text) {
      if (letter === '\n') {
        this.#newline();
        breaks = true;
      } else {
        if (breaks) this.#put(' '.repeat(indent));
        breaks = false;
        this.#put(letter);
        this.#isIndention = false;
        this.#isWhitespace = false;
      }
    }
  }

  #indicator(mark: string, isIndention = false): void {
    if (!this.#isWhitespace) this.#put(' ');
    this.#put(mark);
    this.#isWhitespace = false;
    this.#isIndention = this.#isIndention && isIndention;
  }

  #lineAt(indent: number): void {
    if (!this.#isIndention || this.#column > indent || (this.#column === indent && !this.#isWhitespace)) this.#newline();
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column));
    this.#isWhitespace = true;
    this.#isIndention = true;
  }

  #put(text: string): void {
    this.#out += text;
    this.#column += text.length;
  }

  #newline(): void {
    this.#out += '\n';
    this.#column = 0;
    this.#isIndention = true;
    this.#isWhitespace = true;
  }
}

const below = (indent: number, isScalar: boolean): number => (indent < 0 ? (isScalar ? INDENT : 0) : indent + INDENT);

/** Go's shortest form of a float; whole numbers stay whole. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value).toString();
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(text: string, isKey: boolean): Style {
  const { plain, single, block, isMultiline } = analyze(text);
  let style: Style = text.includes('\n') ? 'literal' : isNotText(text) ? 'double' : 'plain';
  if (isKey && isMultiline) style = 'double';
  if (style === 'plain' && (!plain || (text === '' && isKey))) style = 'single';
  if (style === 'single' && !single) style = 'double';
  if (style === 'literal' && (!block || isKey)) style = 'double';
  return style;
}

/** Which styles can hold a text. Mirrors yaml_emitter_analyze_scalar. */
function analyze(text: string): { plain: boolean; single: boolean; block: boolean; isMultiline: boolean } {
  if (text === '') return { plain: true, single: true, block: false, isMultiline: false };
  const letters = [...text];
  let hasIndicators = text.startsWith('---') || text.startsWith('...');
  let isSpecial = false;
  let isMultiline = false;
  let [breakSpace, spaceBreak] = [false, false];
  let before = '';
  for (const [i, letter] of letters.entries()) {
    const after = letters[i + 1];
    const isFollowedByBlank = after === undefined || after === ' ' || after === '\t';
    if (i === 0 ? FIRST_INDICATORS.has(letter) || ('?:-'.includes(letter) && isFollowedByBlank) : letter === ':' && isFollowedByBlank)
      hasIndicators = true;
    if (i > 0 && letter === '#' && (before === ' ' || before === '\t' || isBreak(before))) hasIndicators = true;
    if (!isPrintable(letter)) isSpecial = true;
    if (letter === ' ' && isBreak(before)) breakSpace = true;
    if (isBreak(letter)) {
      isMultiline = true;
      if (before === ' ') spaceBreak = true;
    }
    before = letter;
  }
  const [first, last] = [letters[0]!, letters.at(-1)!];
  const hasOuterBlanks = first === ' ' || isBreak(first) || last === ' ' || isBreak(last);
  const isHard = spaceBreak || isSpecial;
  return {
    plain: !hasOuterBlanks && !breakSpace && !isHard && !isMultiline && !hasIndicators,
    single: !breakSpace && !isHard,
    block: last !== ' ' && !isHard,
    isMultiline,
  };
}

const FIRST_INDICATORS: ReadonlySet<string> = new Set('#,[]{}&*!|>\'"%@`');

const isBreak = (letter: string): boolean => letter !== '' && '\n\r\u0085\u2028\u2029'.includes(letter);

/** What go-yaml holds to be printable: not a tab, nothing beyond the basic plane. */
function isPrintable(letter: string): boolean {
  const code = letter.codePointAt(0)!;
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true;
  if (code < 0xa0 || code > 0xffff) return false;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfeff && code !== 0xfffe && code !== 0xffff;
}

const ESCAPES: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
  0x85: '\\N',
  0xa0: '\\_',
  0x2028: '\\L',
  0x2029: '\\P',
};

function escape(letter: string): string {
  const code = letter.codePointAt(0)!;
  const known = ESCAPES[code];
  if (known) return known;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

const isLetter = (letter: string): boolean => /^\p{L}$/u.test(letter);
const isDigit = (letter: string | undefined): boolean => letter !== undefined && /^\p{Nd}$/u.test(letter);

/** Numbers inside keys count as numbers: `a2` comes before `a10`. Mirrors go-yaml's keyList. */
function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [one, other] = [left[i]!, right[i]!];
    if (one === other) continue;
    const [al, bl] = [isLetter(one), isLetter(other)];
    if (al && bl) return one < other ? -1 : 1;
    if (al || bl) return bl ? -1 : 1;
    let [an, bn] = [0, 0];
    if (one === '0' || other === '0') {
      for (let j = i - 1; j >= 0 && isDigit(left[j]); j--) {
        if (left[j] !== '0') {
          an = 1;
          bn = 1;
          break;
        }
      }
    }
    let [ai, bi] = [i, i];
    for (; isDigit(left[ai]); ai++) an = an * 10 + Number(left[ai]);
    for (; isDigit(right[bi]); bi++) bn = bn * 10 + Number(right[bi]);
    if (an !== bn) return an - bn;
    if (ai !== bi) return ai - bi;
    return one < other ? -1 : 1;
  }
  return left.length - right.length;
}
