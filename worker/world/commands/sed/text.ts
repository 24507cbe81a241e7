// What sed makes of a text: substitutions (`s`), and how it is shown (`l`).

import type { Pattern } from '../../../lib/pattern.ts';
import type { Piece, Substitution } from './parse.ts';

/** The text with what was asked for put in place of its matches; undefined if there is none. */
export function substituted(text: string, expression: Pattern, { nth, isGlobal, replacement }: Substitution): string | undefined {
  let [out, at, count, end] = ['', 0, 0, -1];
  let isDone = false;
  for (const found of expression.matchAll(text)) {
    // Nothing is found right where something was found before.
    if (found[0] === '' && found.index === end) continue;
    end = found.index + found[0].length;
    if (++count < nth) continue;
    out += text.slice(at, found.index) + fill(replacement, found);
    at = end;
    isDone = true;
    if (!isGlobal) break;
  }
  return isDone ? out + text.slice(at) : undefined;
}

/** The replacement of a match. */
function fill(pieces: readonly Piece[], found: RegExpExecArray): string {
  let [out, mode, once] = ['', 'E', ''];
  for (const piece of pieces) {
    if (typeof piece === 'object' && 'letters' in piece) {
      if ('ul'.includes(piece.letters)) once = piece.letters;
      else mode = piece.letters;
      continue;
    }
    let text = typeof piece === 'string' ? piece : (found[piece.group] ?? '');
    if (mode === 'U') text = text.toUpperCase();
    if (mode === 'L') text = text.toLowerCase();
    if (once !== '' && text !== '') {
      text = (once === 'u' ? text[0]!.toUpperCase() : text[0]!.toLowerCase()) + text.slice(1);
      once = '';
    }
    out += text;
  }
  return out;
}

/** A line with what cannot be seen written out (`l`), in lines of so many characters. */
export function visible(text: string, width: number): string {
  const names: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\t': '\\t',
    '\\': '\\\\',
    '\r': '\\r',
    '\f': '\\f',
    '\v': '\\v',
    '\x07': '\\a',
    '\b': '\\b',
  };
  let [out, column] = ['', 0];
  for (const char of text) {
    const shown = names[char] ?? (char < ' ' || char > '~' ? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}` : char);
    if (width > 1 && column + shown.length > width - 1) {
      out += '\\\n';
      column = 0;
    }
    out += shown;
    column += shown.length;
  }
  return `${out}$`;
}
