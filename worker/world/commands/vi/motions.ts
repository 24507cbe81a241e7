// Where the motions of vi lead.

import type { Editor } from './editor.ts';

export interface Place {
  readonly row: number;
  readonly column: number;
  /** An operator takes whole lines. */
  readonly isLines?: boolean;
  /** An operator takes the character there, too. */
  readonly isInclusive?: boolean;
}

/** Undefined if there is no such motion, or it leads nowhere. `forOperator`: it may lead behind the last character. */
export function motionOf(editor: Editor, key: string, count: number | undefined, forOperator = false): Place | undefined {
  const { lines, row, column } = editor;
  const line = lines[row] ?? '';
  const times = count ?? 1;
  const lineAt = (at: number): Place => {
    const target = Math.max(0, Math.min(at, lines.length - 1));
    return { row: target, column: lines[target]!.search(/\S|$/), isLines: true };
  };
  const vertical = (by: number): Place | undefined =>
    forOperator && lines[row + by] === undefined
      ? undefined
      : { row: Math.max(0, Math.min(row + by, lines.length - 1)), column, isLines: true };
  switch (key) {
    case 'h':
    case '\b':
    case '\u007F':
      return { row, column: Math.max(0, column - times) };
    case 'l':
    case ' ':
      return { row, column: Math.min(line.length, column + times) };
    case 'j':
      return vertical(times);
    case 'k':
      return vertical(-times);
    case '+':
    case '\r':
    case '\n':
      return lineAt(row + times);
    case '-':
      return lineAt(row - times);
    case '0':
      return { row, column: 0 };
    case '^':
      return { row, column: line.search(/\S|$/) };
    case '$':
      return { row, column: line.length };
    case 'G':
      return lineAt((count ?? lines.length) - 1);
    case 'gg':
      return lineAt(times - 1);
    case 'w':
    case 'W':
    case 'b':
    case 'B':
    case 'e':
    case 'E': {
      let at: Place = { row, column };
      for (let i = 0; i < times; i++) at = word(lines, at, key);
      // An operator with `w` does not take the end of a line.
      if (forOperator && key.toLowerCase() === 'w' && at.row > row) at = { row, column: line.length };
      return key.toLowerCase() === 'e' ? { ...at, isInclusive: true } : at;
    }
    case '\u0006':
      return lineAt(row + editor.rows - 2);
    case '\u0002':
      return lineAt(row - editor.rows + 2);
    case '\u0004':
      return lineAt(row + Math.floor(editor.rows / 2));
    case '\u0015':
      return lineAt(row - Math.floor(editor.rows / 2));
    case '%':
      return bracket(lines, row, column);
    case 'n':
    case 'N':
      return searched(editor, (key === 'n') === editor.search.isForward);
    default:
      return /^[ftFT].$/s.test(key) ? inLine(line, row, column, key, times) : undefined;
  }
}

function word(lines: readonly string[], { row, column }: Place, key: string): Place {
  const pattern = key === key.toUpperCase() ? /\S+/g : /\w+|[^\w\s]+/g;
  const isBack = key.toLowerCase() === 'b';
  const isEnd = key.toLowerCase() === 'e';
  for (let at = row; at >= 0 && at < lines.length; at += isBack ? -1 : 1) {
    const places = [...lines[at]!.matchAll(pattern)].map(({ index, 0: text }) => (isEnd ? index + text.length - 1 : index));
    const found = isBack ? places.findLast((place) => at < row || place < column) : places.find((place) => at > row || place > column);
    if (found !== undefined) return { row: at, column: found };
  }
  return isBack ? { row: 0, column: 0 } : { row: lines.length - 1, column: lines.at(-1)!.length };
}

const PAIRS = '()[]{}';

function bracket(lines: readonly string[], row: number, column: number): Place | undefined {
  const from = lines[row]!.slice(column).search(/[()[\]{}]/);
  if (from < 0) return undefined;
  const open = lines[row]![column + from]!;
  const index = PAIRS.indexOf(open);
  const step = index % 2 ? -1 : 1;
  const close = PAIRS[index + step]!;
  let depth = 0;
  for (let [at, place] = [row, column + from]; at >= 0 && at < lines.length;) {
    const letter = lines[at]![place];
    if (letter === open) depth++;
    if (letter === close && --depth === 0) return { row: at, column: place, isInclusive: true };
    place += step;
    if (place >= 0 && place < lines[at]!.length) continue;
    at += step;
    place = step > 0 ? 0 : (lines[at]?.length ?? 1) - 1;
  }
  return undefined;
}

function inLine(line: string, row: number, column: number, key: string, times: number): Place | undefined {
  const [kind, letter] = [key[0]!, key[1]!];
  const isForward = kind === 'f' || kind === 't';
  let at = column;
  for (let i = 0; i < times; i++) {
    at = isForward ? line.indexOf(letter, at + 1) : at > 0 ? line.lastIndexOf(letter, at - 1) : -1;
    if (at < 0) return undefined;
  }
  const place = kind === 't' ? at - 1 : kind === 'T' ? at + 1 : at;
  return { row, column: place, ...(isForward && { isInclusive: true }) };
}

/** A pattern of vi as JavaScript has it; what it cannot read stands for itself. */
export function patternOf(text: string, flags = ''): RegExp {
  const converted = text.replaceAll(/\\([(){}|+?<>])|([(){}|+?])/g, (_, special: string | undefined, plain: string | undefined) =>
    special === undefined ? `\\${plain}` : special === '<' || special === '>' ? '\\b' : special,
  );
  try {
    return new RegExp(converted, flags);
  } catch {
    return new RegExp(text.replaceAll(/[^\w\s]/g, '\\$&'), flags);
  }
}

function searched(editor: Editor, isForward: boolean): Place | undefined {
  const { lines, row, column, search } = editor;
  if (!search.text) return undefined;
  const pattern = patternOf(search.text, 'g');
  const placesOf = (at: number): number[] => [...(lines[at] ?? '').matchAll(pattern)].map(({ index }) => index);
  for (let i = 0; i <= lines.length; i++) {
    const at = (row + (isForward ? i : -i) + lines.length) % lines.length;
    const places = placesOf(at);
    const fits = (place: number): boolean => i !== 0 || (isForward ? place > column : place < column);
    const found = isForward ? places.find(fits) : places.findLast(fits);
    if (found !== undefined) return { row: at, column: found };
  }
  editor.message = `Pattern not found: ${search.text}`;
  return undefined;
}
