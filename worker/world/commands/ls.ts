// ls: names in directories, in columns on a terminal, with details by -l.

import { FileError } from '../files/error.ts';
import type { Inode } from '../files/inode.ts';
import { sizeOf } from '../files/inode.ts';
import type { System } from '../process/system.ts';
import { groupName, userName } from './accounts.ts';
import { complainOf, isBusybox, once, options } from './tool.ts';
import type { Options } from './tool.ts';

export const ls = once('ls', (system) => {
  const given = options(
    system,
    'alAhd1RrtSFinsCxgoLHpkq',
    [
      'all',
      'almost-all',
      'human-readable',
      'directory',
      'recursive',
      'reverse',
      'color=',
      'color',
      'size',
      'inode',
      'full-time',
      'group-directories-first',
      'classify',
      'time-style=',
    ],
    {
      aliases: {
        all: 'a',
        'almost-all': 'A',
        'human-readable': 'h',
        directory: 'd',
        recursive: 'R',
        reverse: 'r',
        size: 's',
        inode: 'i',
        classify: 'F',
      },
    },
  );
  const paths = given.rest.length ? given.rest : ['.'];
  let status = 0;
  const files: Entry[] = [];
  const dirs: { path: string; inode: Inode }[] = [];
  for (const path of paths) {
    try {
      const link = system.files.lstat(system.path(path));
      const follows = !given.has('d') && (!given.has('l') || path.endsWith('/'));
      const inode = follows && link.type === 'link' ? (system.find(path) ?? link) : link;
      if (inode.type === 'dir' && !given.has('d')) dirs.push({ path, inode });
      else files.push({ name: path, inode: given.has('l') ? link : inode, path: system.path(path) });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (isBusybox(system)) system.err(`ls: ${path}: ${error.message}\n`);
      else system.err(`ls: cannot access '${path}': ${error.message}\n`);
      status = isBusybox(system) ? 1 : 2;
    }
  }
  if (files.length) print(system, given, sorted(given, files), false);
  const many = paths.length > 1 || given.has('R');
  for (const [i, { path }] of dirs.sort((a, b) => (a.path < b.path ? -1 : 1)).entries()) {
    if (i > 0 || files.length) system.out('\n');
    if (!listDirectory(system, given, path, many)) status = isBusybox(system) ? 1 : 2;
  }
  return status;
});

interface Entry {
  readonly name: string;
  readonly inode: Inode;
  readonly path: string;
}

function listDirectory(system: System, given: Options, path: string, isNamed: boolean): boolean {
  let names: string[];
  try {
    names = system.files.list(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (isBusybox(system)) complainOf(system, path, error);
    else system.err(`ls: cannot open directory '${path}': ${error.message}\n`);
    return false;
  }
  if (isNamed) system.out(`${path}:\n`);
  const at = (name: string): string => `${system.path(path).replace(/\/+$/, '')}/${name}`;
  const shown = names.filter((name) => given.has('a', 'A') || !name.startsWith('.'));
  const entries = shown.flatMap((name): Entry[] => {
    try {
      return [{ name, inode: system.files.lstat(at(name)), path: at(name) }];
    } catch {
      return [];
    }
  });
  const special = given.has('a')
    ? ['.', '..'].map((name): Entry => ({ name, inode: system.find(at(name)) ?? system.files.stat('/'), path: at(name) }))
    : [];
  print(system, given, [...special, ...sorted(given, entries)], true);
  if (given.has('R'))
    for (const { name, inode } of sorted(given, entries)) {
      if (inode.type !== 'dir') continue;
      system.out('\n');
      listDirectory(system, given, `${path.replace(/\/$/, '')}/${name}`, true);
    }
  return true;
}

function sorted(given: Options, entries: readonly Entry[]): Entry[] {
  const order = (a: Entry, b: Entry): number => {
    if (given.has('t') && a.inode.mtime !== b.inode.mtime) return b.inode.mtime - a.inode.mtime;
    if (given.has('S') && sizeOf(a.inode) !== sizeOf(b.inode)) return sizeOf(b.inode) - sizeOf(a.inode);
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  };
  const out = [...entries].sort(order);
  return given.has('r') ? out.reverse() : out;
}

function print(system: System, given: Options, entries: readonly Entry[], hasTotal: boolean): void {
  if (given.has('l', 'g', 'o', 'n', 'full-time')) return printLong(system, given, entries, hasTotal);
  const names = entries.map(
    ({ name, inode }) =>
      `${given.has('i') ? `${inodeNumber(name)} ` : ''}${name}${given.has('F', 'p') ? suffixOf(inode, given.has('F')) : ''}`,
  );
  const tty = system.tty(1);
  if (!tty || given.has('1')) return names.length ? system.out(`${names.join('\n')}\n`) : undefined;
  system.out(columns(names, tty.columns));
}

const suffixOf = (inode: Inode, isAll: boolean): string =>
  inode.type === 'dir'
    ? '/'
    : !isAll
      ? ''
      : inode.type === 'link'
        ? '@'
        : inode.type === 'socket'
          ? '='
          : inode.type === 'fifo'
            ? '|'
            : (inode.mode & 0o111) !== 0 && inode.type === 'file'
              ? '*'
              : '';

/** Names down the columns, as many columns as fit. */
function columns(names: readonly string[], width: number): string {
  if (!names.length) return '';
  for (let rows = 1; rows <= names.length; rows++) {
    const count = Math.ceil(names.length / rows);
    const widths = Array.from({ length: count }, (_, i) => Math.max(...names.slice(i * rows, (i + 1) * rows).map((name) => name.length)));
    if (rows < names.length && widths.reduce((sum, one) => sum + one + 2, -2) > width) continue;
    const lines = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: count }, (_unused, i) => {
        const name = names[i * rows + row];
        const isLast = names[(i + 1) * rows + row] === undefined;
        return name === undefined ? '' : isLast ? name : name.padEnd(widths[i]! + 2);
      }).join(''),
    );
    return `${lines.join('\n')}\n`;
  }
  return '';
}

function printLong(system: System, given: Options, entries: readonly Entry[], hasTotal: boolean): void {
  const isNumeric = given.has('n');
  const rows = entries.map(({ name, inode, path }) => ({
    mode: modeText(inode),
    links: inode.type === 'dir' ? '2' : '1',
    user: isNumeric ? String(inode.uid) : userName(system, inode.uid),
    group: isNumeric ? String(inode.gid) : groupName(system, inode.gid),
    size: inode.device
      ? `${inode.device[0]}, ${String(inode.device[1]).padStart(3)}`
      : given.has('h')
        ? humanSize(sizeOf(inode))
        : String(sizeOf(inode)),
    time: timeText(inode.mtime, system.now(), given.has('full-time')),
    name:
      inode.type === 'link' ? `${name} -> ${inode.content ?? ''}` : `${name}${given.has('F', 'p') ? suffixOf(inode, given.has('F')) : ''}`,
    path,
  }));
  if (hasTotal) {
    const blocks = entries.reduce(
      (sum, { inode }) => sum + (inode.type === 'link' || inode.type === 'device' ? 0 : Math.ceil(sizeOf(inode) / 4096) * 4),
      0,
    );
    system.out(`total ${given.has('h') ? (blocks ? `${blocks}.0K`.replace(/^(\d\d+)\.0/, '$1') : '0') : blocks}\n`);
  }
  const wide = (key: 'links' | 'user' | 'group' | 'size', least: number): number => Math.max(least, ...rows.map((row) => row[key].length));
  const isPlain = isBusybox(system);
  const widths = isPlain
    ? { links: 5, user: 8, group: 8, size: 9 }
    : { links: wide('links', 1), user: wide('user', 1), group: wide('group', 1), size: wide('size', 1) };
  for (const row of rows) {
    const links = row.links.padStart(widths.links);
    const user = given.has('g') ? '' : `${row.user.padEnd(widths.user)} `;
    const group = given.has('o') ? '' : `${row.group.padEnd(widths.group)} `;
    system.out(`${row.mode} ${links} ${user}${group}${row.size.padStart(widths.size)} ${row.time} ${row.name}\n`);
  }
}

/** `-rw-r--r--` */
export function modeText({ type, mode, isBlock }: Inode): string {
  const kind = { file: '-', dir: 'd', link: 'l', device: isBlock ? 'b' : 'c', fifo: 'p', socket: 's' }[type];
  const triple = (bits: number, special: boolean, letter: string): string => {
    const execute = bits & 1 ? (special ? letter : 'x') : special ? letter.toUpperCase() : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${execute}`;
  };
  return (
    kind +
    triple((mode >> 6) & 7, (mode & 0o4000) !== 0, 's') +
    triple((mode >> 3) & 7, (mode & 0o2000) !== 0, 's') +
    triple(mode & 7, (mode & 0o1000) !== 0, 't')
  );
}

export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  let value = bytes;
  let unit = -1;
  while (value >= 1024) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value)}${'KMGTP'[unit]}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HALF_YEAR_MS = 15_778_476_000;

function timeText(at: number, now: number, isFull: boolean): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (isFull) return `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)} +0000`;
  const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  const isRecent = at <= now && now - at < HALF_YEAR_MS;
  return isRecent ? `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}` : `${day}  ${date.getUTCFullYear()}`;
}

/** A number for a name, the same whenever it is asked. */
function inodeNumber(name: string): number {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) % 9_000_000;
  return 1_000_000 + hash;
}
