// What the keys of vi do to a text. Mirrors vi(1) of POSIX in what people use: motions, operators with them, counts, undo, repeat, search, and some commands of ex. All
// of it is plain data, so an eviction loses nothing.

import { runCommand } from './ex.ts';
import { motionOf } from './motions.ts';
import type { Place } from './motions.ts';

export interface Editor {
  readonly path: string;
  lines: string[];
  row: number;
  column: number;
  mode: 'normal' | 'insert' | 'replace' | 'line';
  /** Of mode `line`: `:`, `/` or `?`, and what was typed. */
  typed: string;
  /** Keys of a command that is not whole yet. */
  pending: string;
  register: { text: string[]; isLines: boolean };
  /** Texts before the last changes. */
  past: { lines: string[]; row: number; column: number }[];
  /** Keys of the last change, for `.`, and of the one being made. */
  last: string[];
  change: string[];
  search: { text: string; isForward: boolean };
  isChanged: boolean;
  message: string;
  /** It is over, with this exit status. */
  exit?: number;
  /** Where to write, before anything else. */
  write?: string;
  /** How far a page goes. */
  rows: number;
}

const PAST = 20;

export const newEditor = (path: string, text: string, rows: number): Editor => ({
  path,
  lines: text === '' ? [''] : text.replace(/\n$/, '').split('\n'),
  row: 0,
  column: 0,
  mode: 'normal',
  typed: '',
  pending: '',
  register: { text: [], isLines: true },
  past: [],
  last: [],
  change: [],
  search: { text: '', isForward: true },
  isChanged: false,
  message: '',
  rows,
});

export const textOf = ({ lines }: Editor): string => `${lines.join('\n')}\n`;

const ESCAPE = '\u001B';
const NAMED: Readonly<Record<string, string>> = { A: 'k', B: 'j', C: 'l', D: 'h', H: '0', F: '$', '3~': 'x' };

/** Takes a key: a character, or the sequence of a key that is none. */
export function press(editor: Editor, given: string): void {
  const sequence = given.length > 2 && given.startsWith(ESCAPE) ? given.slice(2) : undefined;
  if (editor.mode === 'line') return pressLine(editor, given);
  editor.message = '';
  if (editor.mode === 'insert' || editor.mode === 'replace') {
    if (sequence !== undefined) return move(editor, NAMED[sequence] ?? '');
    editor.change.push(given);
    return insert(editor, given);
  }
  const key = sequence === undefined ? given : (NAMED[sequence] ?? '');
  if (key === ESCAPE) {
    editor.pending = '';
    return;
  }
  editor.pending += key;
  const whole = /^([1-9]\d*)?([dcy<>]?)([1-9]\d*)?(.*)$/s.exec(editor.pending)!;
  const [, before = '', operator = '', between = '', rest = ''] = whole;
  if (rest === '' || rest === 'g' || rest === 'Z' || (rest.length === 1 && 'rftFT'.includes(rest))) return;
  const keys = editor.pending;
  editor.pending = '';
  const count = before || between ? Number(before || 1) * Number(between || 1) : undefined;
  if (operator) operate(editor, operator, rest, count, keys);
  else command(editor, rest, count, keys);
  clamp(editor);
}

function move(editor: Editor, key: string): void {
  const to = motionOf(editor, key, undefined);
  if (to) [editor.row, editor.column] = [to.row, to.column];
  clamp(editor);
}

/** The cursor stands on a character, or behind the last one while text is typed. */
function clamp(editor: Editor): void {
  if (!editor.lines.length) editor.lines = [''];
  editor.row = Math.max(0, Math.min(editor.row, editor.lines.length - 1));
  const end = editor.lines[editor.row]!.length - (editor.mode === 'normal' ? 1 : 0);
  editor.column = Math.max(0, Math.min(editor.column, end));
}

/** Before a change: it can be undone, and repeated by its keys. */
export function remember(editor: Editor, keys?: string): void {
  const { lines, row, column } = editor;
  editor.past.push({ lines: [...lines], row, column });
  if (editor.past.length > PAST) editor.past.shift();
  editor.isChanged = true;
  if (keys !== undefined) editor.change = [...keys];
}

function begin(editor: Editor, mode: 'insert' | 'replace' = 'insert'): void {
  editor.mode = mode;
}

function insert(editor: Editor, key: string): void {
  const line = editor.lines[editor.row]!;
  const { column } = editor;
  if (key === ESCAPE) {
    editor.mode = 'normal';
    editor.last = editor.change;
    editor.column--;
    return clamp(editor);
  }
  if (key === '\r' || key === '\n') {
    editor.lines.splice(editor.row, 1, line.slice(0, column), line.slice(column));
    editor.row++;
    editor.column = 0;
  } else if (key === '\u007F' || key === '\b') {
    if (column > 0) {
      editor.lines[editor.row] = line.slice(0, column - 1) + line.slice(column);
      editor.column--;
    } else if (editor.row > 0) {
      const above = editor.lines[editor.row - 1]!;
      editor.lines.splice(editor.row - 1, 2, above + line);
      editor.row--;
      editor.column = above.length;
    }
  } else if (key >= ' ' || key === '\t') {
    editor.lines[editor.row] = line.slice(0, column) + key + line.slice(column + (editor.mode === 'replace' ? 1 : 0));
    editor.column++;
  }
}

/** Commands that are neither motions nor operators. */
function command(editor: Editor, key: string, count: number | undefined, keys: string): void {
  const line = editor.lines[editor.row] ?? '';
  const change = (): void => remember(editor, keys);
  const first = line.search(/\S|$/);
  switch (key) {
    case 'i':
    case 'a':
    case 'I':
    case 'A':
      change();
      editor.column = { i: editor.column, a: editor.column + (line ? 1 : 0), I: first, A: line.length }[key];
      return begin(editor);
    case 'R':
      change();
      return begin(editor, 'replace');
    case 'o':
    case 'O':
      change();
      if (key === 'o') editor.row++;
      editor.lines.splice(editor.row, 0, '');
      editor.column = 0;
      return begin(editor);
    case 'x':
      return line ? operate(editor, 'd', 'l', count, keys) : undefined;
    case 'X':
      return operate(editor, 'd', 'h', count, keys);
    case 'D':
    case 'C':
      return operate(editor, key.toLowerCase(), '$', count, keys);
    case 's':
      return operate(editor, 'c', 'l', count, keys);
    case 'S':
      return operate(editor, 'c', 'c', count, keys);
    case 'Y':
      return operate(editor, 'y', 'y', count, keys);
    case 'p':
    case 'P':
      change();
      put(editor, key === 'p', count ?? 1);
      break;
    case 'J': {
      change();
      const [head, ...joined] = editor.lines.slice(editor.row, editor.row + Math.max(2, count ?? 2));
      editor.lines.splice(editor.row, joined.length + 1, [head ?? '', ...joined.map((one) => one.trimStart())].join(' '));
      break;
    }
    case '~': {
      change();
      const letter = line[editor.column] ?? '';
      const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
      editor.lines[editor.row] = line.slice(0, editor.column) + other + line.slice(editor.column + 1);
      editor.column++;
      break;
    }
    case 'u': {
      const before = editor.past.pop();
      if (before) Object.assign(editor, before);
      return;
    }
    case '.':
      for (const one of editor.last) press(editor, one);
      return;
    case ':':
    case '/':
    case '?':
      editor.mode = 'line';
      editor.typed = key;
      return;
    case 'ZZ':
      return runCommand(editor, 'x');
    default:
      if (/^r./s.test(key)) {
        if (!line) return;
        change();
        editor.lines[editor.row] = line.slice(0, editor.column) + key.slice(1) + line.slice(editor.column + 1);
        break;
      }
      {
        const to = motionOf(editor, key, count);
        if (to) [editor.row, editor.column] = [to.row, to.column];
      }
      return;
  }
  editor.last = editor.change;
}

function operate(editor: Editor, operator: string, key: string, count: number | undefined, keys: string): void {
  const here: Place = { row: editor.row, column: editor.column };
  // `cw` leaves what follows the word.
  const motion = operator === 'c' && key === 'w' ? 'e' : key;
  const to: Place | undefined =
    motion === operator ? { row: editor.row + (count ?? 1) - 1, column: 0, isLines: true } : motionOf(editor, motion, count, true);
  if (!to) return;
  if (operator !== 'y') remember(editor, keys);
  const [from, until] = [here, to].sort((a, b) => a.row - b.row || a.column - b.column) as [Place, Place];
  if (to.isLines || operator === '<' || operator === '>') onLines(editor, operator, from.row, Math.min(until.row, editor.lines.length - 1));
  else onText(editor, operator, from, { ...until, column: until.column + (to.isInclusive ? 1 : 0) });
  if (operator !== 'y' && editor.mode === 'normal') editor.last = editor.change;
}

function onLines(editor: Editor, operator: string, from: number, until: number): void {
  const some = editor.lines.slice(from, until + 1);
  if (operator === '>' || operator === '<') {
    const shift = (line: string): string => (operator === '>' ? (line ? `  ${line}` : line) : line.replace(/^ {1,2}|^\t/, ''));
    editor.lines.splice(from, some.length, ...some.map(shift));
    return;
  }
  editor.register = { text: some, isLines: true };
  editor.row = from;
  if (operator === 'y') return;
  if (operator === 'd') editor.lines.splice(from, some.length);
  else {
    editor.lines.splice(from, some.length, '');
    begin(editor);
  }
  editor.column = 0;
}

function onText(editor: Editor, operator: string, from: Place, until: Place): void {
  const [head = '', tail = ''] = [editor.lines[from.row]?.slice(0, from.column), editor.lines[until.row]?.slice(until.column)];
  const some = editor.lines.slice(from.row, until.row + 1);
  some[some.length - 1] = some.at(-1)!.slice(0, until.column);
  some[0] = some[0]!.slice(from.column);
  editor.register = { text: some, isLines: false };
  [editor.row, editor.column] = [from.row, from.column];
  if (operator === 'y') return;
  editor.lines.splice(from.row, some.length, head + tail);
  if (operator === 'c') begin(editor);
}

function put(editor: Editor, isAfter: boolean, count: number): void {
  const { text, isLines } = editor.register;
  if (!text.length) return;
  if (isLines) {
    if (isAfter) editor.row++;
    editor.lines.splice(editor.row, 0, ...Array.from({ length: count }, () => text).flat());
    editor.column = 0;
    return;
  }
  const line = editor.lines[editor.row]!;
  const at = Math.min(line.length, editor.column + (isAfter ? 1 : 0));
  const joined = text.join('\n').repeat(count);
  editor.lines.splice(editor.row, 1, ...(line.slice(0, at) + joined + line.slice(at)).split('\n'));
  editor.column = at + (joined.includes('\n') ? 0 : joined.length - 1);
}

/** Mode `line`: a command of ex, or what to search for. */
function pressLine(editor: Editor, key: string): void {
  if (key === ESCAPE || ((key === '\u007F' || key === '\b') && editor.typed.length === 1)) {
    editor.mode = 'normal';
    editor.typed = '';
  } else if (key === '\u007F' || key === '\b') editor.typed = editor.typed.slice(0, -1);
  else if (key !== '\r' && key !== '\n') editor.typed += key >= ' ' ? key : '';
  else {
    const [kind, text] = [editor.typed[0], editor.typed.slice(1)];
    editor.mode = 'normal';
    editor.typed = '';
    editor.message = '';
    if (kind === ':') runCommand(editor, text);
    else {
      editor.search = { text: text || editor.search.text, isForward: kind === '/' };
      move(editor, 'n');
    }
    clamp(editor);
  }
}
