// grep, egrep, fgrep: lines that match, as they come.

import type { Pattern } from '../../lib/pattern.ts';
import { FileError } from '../files/error.ts';
import type { Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { matches } from '../shell/pattern.ts';
import type { Dialect } from '../shell/regexp.ts';
import { compile } from './regexp.ts';
import { isBusybox, lineTool, nameOf, options, readOrComplain, Refusal } from './tool.ts';
import type { Reading } from './tool.ts';

interface State {
  readonly sources: string[];
  readonly dialect: Dialect;
  readonly fold: boolean;
  readonly whole: '' | 'word' | 'line';
  readonly inverts: boolean;
  readonly shows: 'lines' | 'count' | 'with' | 'without' | 'only' | 'nothing';
  readonly numbers: boolean;
  readonly names: boolean;
  readonly before: number;
  readonly after: number;
  readonly max: number;
  readonly silent: boolean;
  file: number;
  line: number;
  count: number;
  /** Lines before a match that are not printed yet. */
  held: string[];
  left: number;
  lastPrinted: number;
  found: boolean;
  hasGroups: boolean;
}

const USAGE_BUSYBOX =
  'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n';

const expressions = new WeakMap<State, Pattern[]>();

function expressionsOf(system: System, state: State): Pattern[] {
  let list = expressions.get(state);
  if (!list) {
    const given = { ignoresCase: state.fold, ...(state.whole && { whole: state.whole }) };
    list = state.sources.map((source) => compile(system, source, state.dialect, given));
    expressions.set(state, list);
  }
  return list;
}

const grepAs = (name: string, dialect: Dialect): Tool =>
  lineTool<State>(name, {
    begin: (system) => begin(system, dialect),
    line: (system, line, state, reading) => take(system, line, state, reading),
    end: (system, state, reading) => {
      finishFile(system, state, reading);
      return state.found ? 0 : reading.status ? 2 : 1;
    },
  });

export const grep = grepAs('grep', 'basic');
export const egrep = grepAs('egrep', 'extended');
export const fgrep = grepAs('fgrep', 'fixed');

function begin(system: System, usual: Dialect): { files: readonly string[]; state: State } {
  const given = options(
    system,
    'EFGPicvnolLqsHhrRwxe:f:A:B:C:m:abzUIu',
    [
      'extended-regexp',
      'fixed-strings',
      'perl-regexp',
      'ignore-case',
      'count',
      'invert-match',
      'line-number',
      'only-matching',
      'files-with-matches',
      'files-without-match',
      'quiet',
      'silent',
      'no-messages',
      'with-filename',
      'no-filename',
      'recursive',
      'word-regexp',
      'line-regexp',
      'regexp=',
      'file=',
      'after-context=',
      'before-context=',
      'context=',
      'max-count=',
      'color',
      'color=',
      'colour=',
      'line-buffered',
      'include=',
      'exclude=',
      'exclude-dir=',
      'text',
      'binary-files=',
    ],
    {
      aliases: {
        'extended-regexp': 'E',
        'fixed-strings': 'F',
        'perl-regexp': 'P',
        'ignore-case': 'i',
        count: 'c',
        'invert-match': 'v',
        'line-number': 'n',
        'only-matching': 'o',
        'files-with-matches': 'l',
        'files-without-match': 'L',
        quiet: 'q',
        silent: 'q',
        'no-messages': 's',
        'with-filename': 'H',
        'no-filename': 'h',
        recursive: 'r',
        R: 'r',
        'word-regexp': 'w',
        'line-regexp': 'x',
        regexp: 'e',
        file: 'f',
        'after-context': 'A',
        'before-context': 'B',
        context: 'C',
        'max-count': 'm',
      },
    },
  );
  const rest = [...given.rest];
  const sources = given.all('e').flatMap((one) => one.split('\n'));
  for (const path of given.all('f')) sources.push(...(readOrComplain(system, path) ?? '').replace(/\n$/, '').split('\n'));
  if (!given.has('e', 'f')) {
    const first = rest.shift();
    if (first === undefined) {
      system.err(
        isBusybox(system)
          ? USAGE_BUSYBOX
          : `Usage: ${nameOf(system)} [OPTION]... PATTERNS [FILE]...\nTry '${nameOf(system)} --help' for more information.\n`,
      );
      throw new Refusal('', 2);
    }
    sources.push(...first.split('\n'));
  }
  const files = given.has('r')
    ? (rest.length ? rest : ['.']).flatMap((path) => walk(system, path, given.all('include'), given.all('exclude')))
    : rest;
  const context = Number(given.get('C') ?? 0);
  const state: State = {
    sources,
    dialect: given.has('F') ? 'fixed' : given.has('E') ? 'extended' : given.has('P') ? 'perl' : usual,
    fold: given.has('i'),
    whole: given.has('x') ? 'line' : given.has('w') ? 'word' : '',
    inverts: given.has('v'),
    shows: given.has('q')
      ? 'nothing'
      : given.has('l')
        ? 'with'
        : given.has('L')
          ? 'without'
          : given.has('c')
            ? 'count'
            : given.has('o')
              ? 'only'
              : 'lines',
    numbers: given.has('n'),
    names: !given.has('h') && (given.has('H', 'r') || files.length > 1),
    before: Number(given.get('B') ?? context),
    after: Number(given.get('A') ?? context),
    max: Number(given.get('m') ?? Number.MAX_SAFE_INTEGER),
    silent: given.has('s'),
    file: 0,
    line: 0,
    count: 0,
    held: [],
    left: 0,
    lastPrinted: 0,
    found: false,
    hasGroups: given.has('A', 'B', 'C'),
  };
  expressionsOf(system, state);
  return { files: given.has('r') && !files.length ? ['/dev/null'] : files, state };
}

function walk(system: System, path: string, include: readonly string[], exclude: readonly string[]): string[] {
  const name = path.split('/').at(-1)!;
  const like = (pattern: string): boolean => matches(pattern, name);
  try {
    const inode = system.files.lstat(system.path(path));
    if (inode.type === 'dir')
      return system.files.list(system.path(path)).flatMap((one) => walk(system, `${path.replace(/\/$/, '')}/${one}`, include, exclude));
    if (inode.type !== 'file') return [];
    if (include.length && !include.some(like)) return [];
    return exclude.some(like) ? [] : [path];
  } catch (error) {
    if (error instanceof FileError) return [path];
    throw error;
  }
}

const label = (reading: Reading, state: State): string =>
  reading.files[state.file] === '-' ? '(standard input)' : (reading.files[state.file] ?? '');

function finishFile(system: System, state: State, reading: Reading): void {
  for (; state.file < reading.at; state.file++) {
    if (state.shows === 'count') system.out(`${state.names ? `${label(reading, state)}:` : ''}${state.count}\n`);
    if (state.shows === 'without' && state.count === 0) system.out(`${label(reading, state)}\n`);
    if (state.shows === 'without' && state.count === 0) state.found = true;
    state.line = 0;
    state.count = 0;
    state.held = [];
    state.left = 0;
    state.lastPrinted = 0;
  }
}

function take(system: System, raw: string, state: State, reading: Reading): number | undefined {
  // A last line without its newline is given when its file is already closed.
  const isLate = !raw.endsWith('\n') && reading.fd < 0;
  if (!isLate) finishFile(system, state, reading);
  const line = raw.replace(/\n$/, '');
  state.line++;
  const list = expressionsOf(system, state);
  const isHit = list.some((one) => one.test(line)) !== state.inverts;
  if (isHit && state.count < state.max) {
    state.count++;
    state.found = state.shows !== 'without' || state.found;
    if (state.shows === 'nothing') return 0;
    if (state.shows === 'with' && state.count === 1) system.out(`${label(reading, state)}\n`);
    if (state.shows === 'lines') {
      const from = state.line - state.held.length;
      if (state.hasGroups && state.lastPrinted && from > state.lastPrinted + 1) system.out('--\n');
      for (const [i, one] of state.held.entries()) print(system, state, reading, one, from + i, '-');
      state.held = [];
      print(system, state, reading, line, state.line, ':');
      state.left = state.after;
    }
    if (state.shows === 'only' && !state.inverts)
      for (const one of list) for (const [text] of one.matchAll(line)) if (text) print(system, state, reading, text, state.line, ':');
    if (state.count >= state.max && !state.after && reading.files.length === 1)
      return state.shows === 'count' ? (finishAll(system, state, reading), 0) : 0;
    return undefined;
  }
  if (state.shows !== 'lines') return undefined;
  if (state.left > 0) {
    state.left--;
    print(system, state, reading, line, state.line, '-');
  } else if (state.before) {
    state.held.push(line);
    if (state.held.length > state.before) state.held.shift();
  }
  return undefined;
}

function finishAll(system: System, state: State, reading: Reading): void {
  reading.at = reading.files.length;
  finishFile(system, state, reading);
}

function print(system: System, state: State, reading: Reading, text: string, line: number, mark: string): void {
  state.lastPrinted = line;
  system.out(`${state.names ? `${label(reading, state)}${mark}` : ''}${state.numbers ? `${line}${mark}` : ''}${text}\n`);
}
