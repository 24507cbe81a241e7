// Tools that tell about files and paths: stat, readlink, realpath, basename, dirname, pwd, du, find, which, file.

import { FileError } from '../files/error.ts';
import type { Inode } from '../files/inode.ts';
import { sizeOf } from '../files/inode.ts';
import type { Tool } from '../process/program.ts';
import { locate } from '../process/spawn.ts';
import type { System } from '../process/system.ts';
import { normalize } from '../shell/builtins/places.ts';
import { matches } from '../shell/pattern.ts';
import { groupName, userName } from './accounts.ts';
import { formatDate } from './date.ts';
import { remove } from './file-changes.ts';
import { humanSize, modeText } from './ls.ts';
import { isBusybox, once, options, Refusal } from './tool.ts';

export const basename = once('basename', (system) => {
  const given = options(system, 'as:z', ['multiple', 'suffix='], { stops: true });
  const [first, suffix] = given.rest;
  if (first === undefined) throw new Refusal('missing operand');
  const names = given.has('a', 's') ? given.rest : [first];
  const cut = given.get('s') ?? (given.has('a') ? undefined : suffix);
  for (const name of names) {
    const base =
      name
        .replace(/(.)\/+$/, '$1')
        .split('/')
        .at(-1) || '/';
    system.out(`${cut !== undefined && base !== cut && base.endsWith(cut) ? base.slice(0, -cut.length) : base}\n`);
  }
  return 0;
});

export const dirname = once('dirname', (system) => {
  const { rest } = options(system, 'z');
  if (!rest.length) throw new Refusal('missing operand');
  for (const path of rest) {
    const cut = path.replace(/(.)\/+$/, '$1').replace(/\/*[^/]*$/, '');
    system.out(`${cut || (path.startsWith('/') ? '/' : '.')}\n`);
  }
  return 0;
});

export const pwd = once('pwd', (system) => {
  system.out(`${system.cwd}\n`);
  return 0;
});

export const readlink = once('readlink', (system) => {
  const given = options(system, 'fenmqsvz', ['canonicalize', 'no-newline'], { aliases: { canonicalize: 'f' } });
  let status = 0;
  for (const path of given.rest) {
    try {
      if (given.has('f', 'e', 'm')) {
        const full = system.files.resolve(system.path(path)) || '/';
        if (given.has('e')) system.files.stat(full);
        system.out(`${full}${given.has('n') ? '' : '\n'}`);
        continue;
      }
      const inode = system.files.lstat(system.path(path));
      if (inode.type === 'link') system.out(`${inode.content}${given.has('n') ? '' : '\n'}`);
      else status = 1;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      status = 1;
    }
  }
  return status;
});

export const realpath = once('realpath', (system) => {
  const given = options(system, 'emsqLPz', ['no-symlinks', 'relative-to=', 'canonicalize-missing']);
  let status = 0;
  for (const path of given.rest) {
    try {
      const full = given.has('s', 'no-symlinks') ? normalize(system.path(path)) : system.files.resolve(system.path(path)) || '/';
      if (given.has('e')) system.files.stat(full);
      system.out(`${full}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(`realpath: ${path}: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
});

const KINDS: Readonly<Record<Inode['type'], string>> = {
  file: 'regular file',
  dir: 'directory',
  link: 'symbolic link',
  device: 'character special file',
  fifo: 'fifo',
  socket: 'socket',
};

export const stat = once('stat', (system) => {
  const given = options(system, 'c:Lft', ['format=', 'dereference', 'printf=', 'terse'], { aliases: { format: 'c', dereference: 'L' } });
  const format = given.get('c');
  let status = 0;
  for (const path of given.rest) {
    try {
      const inode = given.has('L') ? system.files.stat(system.path(path)) : system.files.lstat(system.path(path));
      system.out(format === undefined ? longStat(system, path, inode) : `${statFormat(system, format, path, inode)}\n`);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(isBusybox(system) ? `stat: can't stat '${path}': ${error.message}\n` : `stat: cannot statx '${path}': ${error.message}\n`);
      status = 1;
    }
  }
  return status;
});

const kindOf = (inode: Inode): string =>
  inode.type === 'file' && sizeOf(inode) === 0 ? 'regular empty file' : inode.isBlock ? 'block special file' : KINDS[inode.type];

function longStat(system: System, path: string, inode: Inode): string {
  const time = `${formatDate('%Y-%m-%d %H:%M:%S', inode.mtime)}.${String(inode.mtime % 1000).padStart(3, '0')}000000 +0000`;
  const octal = inode.mode.toString(8).padStart(4, '0');
  const who = (id: number, name: string): string => `(${String(id).padStart(5)}/${name.padStart(8)})`;
  return `  File: ${path}${inode.type === 'link' ? ` -> ${inode.content}` : ''}\n  Size: ${String(sizeOf(inode)).padEnd(10)}\tBlocks: ${String(Math.ceil(sizeOf(inode) / 4096) * 8).padEnd(10)} IO Block: 4096   ${kindOf(inode)}\nDevice: 0,52\tInode: 1048577     Links: 1\nAccess: (${octal}/${modeText(inode)})  Uid: ${who(inode.uid, userName(system, inode.uid))}   Gid: ${who(inode.gid, groupName(system, inode.gid))}\nAccess: ${time}\nModify: ${time}\nChange: ${time}\n`;
}

const statFormat = (system: System, format: string, path: string, inode: Inode): string =>
  format.replace(/%([a-zA-Z%])/g, (all, letter: string) => {
    switch (letter) {
      case 'n':
        return path;
      case 's':
        return String(sizeOf(inode));
      case 'a':
        return inode.mode.toString(8);
      case 'A':
        return modeText(inode);
      case 'u':
        return String(inode.uid);
      case 'g':
        return String(inode.gid);
      case 'U':
        return userName(system, inode.uid);
      case 'G':
        return groupName(system, inode.gid);
      case 'F':
        return kindOf(inode);
      case 'Y':
      case 'X':
      case 'Z':
        return String(Math.floor(inode.mtime / 1000));
      case 'y':
      case 'x':
      case 'z':
        return `${formatDate('%Y-%m-%d %H:%M:%S', inode.mtime)}.000000000 +0000`;
      case 'h':
        return '1';
      case '%':
        return '%';
      default:
        return all;
    }
  });

const blocks = (inode: Inode): number => (inode.type === 'dir' ? 4 : Math.ceil(sizeOf(inode) / 4096) * 4);

export const du = once('du', (system) => {
  const given = options(system, 'sahkmcd:xLb', ['summarize', 'all', 'human-readable', 'max-depth=', 'total', 'bytes'], {
    aliases: { summarize: 's', all: 'a', 'human-readable': 'h', 'max-depth': 'd', total: 'c', bytes: 'b' },
  });
  const depth = given.has('s') ? 0 : Number(given.get('d') ?? Infinity);
  let status = 0;
  let total = 0;
  const show = (size: number, path: string): void =>
    system.out(
      `${given.has('h') ? humanSize(size * 1024) : given.has('m') ? Math.ceil(size / 1024) : given.has('b') ? size * 1024 : size}\t${path}\n`,
    );
  const visit = (path: string, full: string, level: number): number => {
    const inode = system.files.lstat(full);
    let size = blocks(inode);
    if (inode.type === 'dir')
      for (const name of system.files.list(full))
        size += visit(`${path.replace(/\/$/, '')}/${name}`, `${full.replace(/\/$/, '')}/${name}`, level + 1);
    if ((inode.type === 'dir' || given.has('a') || level === 0) && level <= depth) show(size, path);
    return size;
  };
  for (const path of given.rest.length ? given.rest : ['.']) {
    try {
      total += visit(path, system.path(path), 0);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(isBusybox(system) ? `du: ${path}: ${error.message}\n` : `du: cannot access '${path}': ${error.message}\n`);
      status = 1;
    }
  }
  if (given.has('c')) show(total, 'total');
  return status;
});

export const which = once('which', (system) => {
  const given = options(system, 'as');
  let status = 0;
  for (const name of given.rest) {
    try {
      const found = locate(system.files, name, system.cwd, system.env['PATH'] ?? '/usr/bin:/bin');
      if (!given.has('s')) system.out(`${found}\n`);
    } catch {
      status = 1;
    }
  }
  return status;
});

// --- find ---

interface Found {
  readonly path: string;
  readonly full: string;
  readonly inode: Inode;
  readonly depth: number;
}

interface FindState {
  /** Commands that are left to run. */
  queue: string[][];
  status: number;
}

type Test = (found: Found) => boolean;

/** Walks trees; what its tests let through is printed, deleted, or given to a command. */
export const find: Tool = {
  name: 'find',
  step: (system) => {
    let state = system.process.data as FindState | null;
    try {
      if (!state) system.process.data = state = search(system);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      system.err(`find: ${error.message}\n`);
      return { exit: 1 };
    }
    for (;;) {
      const ended = system.reap();
      if (!ended && system.children().length) return { wait: { child: -1 } };
      const argv = state.queue.shift();
      if (!argv) return { exit: state.status };
      try {
        system.spawn({ argv });
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        system.err(`find: ${isBusybox(system) ? `${argv[0]}: ` : `'${argv[0]}': `}No such file or directory\n`);
        state.status = 1;
      }
    }
  },
};

function search(system: System): FindState {
  const args = system.argv.slice(1);
  const roots: string[] = [];
  while (args.length && !/^[-(!]/.test(args[0]!)) roots.push(args.shift()!);
  const state: FindState = { queue: [], status: 0 };
  const all: { argv: string[]; paths: string[] }[] = [];
  const limits = { min: 0, max: Infinity, depthFirst: false, acts: false };
  let pruned = false;
  const test = either(args);
  if (args.length) throw new Refusal(isBusybox(system) ? `unrecognized: ${args[0]}` : `paths must precede expression: \`${args[0]}'`);

  function either(rest: string[]): Test {
    const tests = [both(rest)];
    while (rest[0] === '-o' || rest[0] === '-or') {
      rest.shift();
      tests.push(both(rest));
    }
    return tests.length === 1 ? tests[0]! : (found) => tests.some((one) => one(found));
  }
  function both(rest: string[]): Test {
    const tests: Test[] = [];
    while (rest.length && rest[0] !== '-o' && rest[0] !== '-or' && rest[0] !== ')') {
      if (rest[0] === '-a' || rest[0] === '-and') rest.shift();
      else tests.push(primary(rest));
    }
    return (found) => tests.every((one) => one(found));
  }
  function primary(rest: string[]): Test {
    const name = rest.shift()!;
    const value = (): string => {
      const next = rest.shift();
      if (next === undefined) throw new Refusal(isBusybox(system) ? `${name} requires an argument` : `missing argument to \`${name}'`);
      return next;
    };
    const compare = (text: string, actual: number): boolean =>
      text.startsWith('+')
        ? actual > Number(text.slice(1))
        : text.startsWith('-')
          ? actual < Number(text.slice(1))
          : actual === Number(text);
    switch (name) {
      case '!':
      case '-not': {
        const inner = primary(rest);
        return (found) => !inner(found);
      }
      case '(': {
        const inner = either(rest);
        if (rest.shift() !== ')') throw new Refusal("missing closing ')'");
        return inner;
      }
      case '-name':
      case '-iname': {
        const pattern = value();
        const fold = (text: string): string => (name === '-iname' ? text.toLowerCase() : text);
        return ({ path }) =>
          matches(
            fold(pattern),
            fold(
              path
                .replace(/(.)\/+$/, '$1')
                .split('/')
                .at(-1)!,
            ),
          );
      }
      case '-path':
      case '-wholename': {
        const pattern = value();
        return ({ path }) => matches(pattern, path);
      }
      case '-type': {
        const type = value();
        const types = { f: 'file', d: 'dir', l: 'link', b: 'device', c: 'device', p: 'fifo', s: 'socket' }[type];
        if (!types) throw new Refusal(`Unknown argument to -type: ${type}`);
        return ({ inode }) => inode.type === types && (types !== 'device' || (inode.isBlock === true) === (type === 'b'));
      }
      case '-maxdepth':
        limits.max = Number(value());
        return () => true;
      case '-mindepth':
        limits.min = Number(value());
        return () => true;
      case '-depth':
        limits.depthFirst = true;
        return () => true;
      case '-size': {
        const match = /^([-+]?\d+)([cwbkMG]?)$/.exec(value());
        const unit = { '': 512, b: 512, c: 1, w: 2, k: 1024, M: 1_048_576, G: 1_073_741_824 }[match?.[2] ?? '']!;
        return ({ inode }) => compare(match?.[1] ?? '0', Math.ceil(sizeOf(inode) / unit));
      }
      case '-empty':
        return ({ inode, full }) =>
          inode.type === 'dir' ? system.files.list(full).length === 0 : inode.type === 'file' && sizeOf(inode) === 0;
      case '-mtime':
      case '-mmin': {
        const text = value();
        const unit = name === '-mtime' ? 86_400_000 : 60_000;
        return ({ inode }) => compare(text, Math.floor((system.now() - inode.mtime) / unit));
      }
      case '-newer': {
        const than = system.files.stat(system.path(value())).mtime;
        return ({ inode }) => inode.mtime > than;
      }
      case '-user': {
        const user = value();
        return ({ inode }) => userName(system, inode.uid) === user || String(inode.uid) === user;
      }
      case '-group': {
        const group = value();
        return ({ inode }) => groupName(system, inode.gid) === group || String(inode.gid) === group;
      }
      case '-perm': {
        const text = value();
        const bits = Number.parseInt(text.replace(/^[-/]/, ''), 8);
        return ({ inode }) =>
          text.startsWith('-') ? (inode.mode & bits) === bits : text.startsWith('/') ? (inode.mode & bits) !== 0 : inode.mode === bits;
      }
      case '-print':
        limits.acts = true;
        return ({ path }) => (system.out(`${path}\n`), true);
      case '-print0':
        limits.acts = true;
        return ({ path }) => (system.out(`${path}\0`), true);
      case '-ls':
        limits.acts = true;
        return ({ path, inode }) => (
          system.out(
            `  1048577 ${String(blocks(inode)).padStart(6)} ${modeText(inode)}   1 ${userName(system, inode.uid).padEnd(8)} ${groupName(system, inode.gid).padEnd(8)} ${String(sizeOf(inode)).padStart(8)} ${formatDate('%b %e %H:%M', inode.mtime)} ${path}\n`,
          ),
          true
        );
      case '-prune':
        return () => (pruned = true);
      case '-delete':
        limits.acts = true;
        limits.depthFirst = true;
        return ({ full }) => {
          remove(system, full);
          return true;
        };
      case '-quit':
        return () => true;
      case '-true':
        return () => true;
      case '-xdev':
      case '-mount':
      case '-follow':
        return () => true;
      case '-exec':
      case '-ok': {
        limits.acts = true;
        const words: string[] = [];
        while (rest.length && rest[0] !== ';' && !(rest[0] === '+' && words.at(-1) === '{}')) words.push(rest.shift()!);
        const end = rest.shift();
        if (end === undefined) throw new Refusal(isBusybox(system) ? `${name} CMD must end by ';'` : `missing argument to \`${name}'`);
        if (end === '+') {
          const group = { argv: words.slice(0, -1), paths: [] as string[] };
          all.push(group);
          return ({ path }) => group.paths.push(path) > 0;
        }
        return ({ path }) => state.queue.push(words.map((word) => word.replaceAll('{}', path))) > 0;
      }
      default:
        throw new Refusal(isBusybox(system) ? `unrecognized: ${name}` : `unknown predicate \`${name}'`);
    }
  }

  const visit = (path: string, full: string, depth: number): void => {
    let inode: Inode;
    try {
      inode = system.files.lstat(full);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(`find: ${isBusybox(system) ? path : `'${path}'`}: ${error.message}\n`);
      state.status = 1;
      return;
    }
    const found: Found = { path, full, inode, depth };
    pruned = false;
    const look = (): void => {
      if (depth >= limits.min && test(found) && !limits.acts) system.out(`${path}\n`);
    };
    if (!limits.depthFirst) look();
    if (inode.type === 'dir' && depth < limits.max && !pruned) {
      let names: string[] = [];
      try {
        names = system.files.list(full);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        system.err(`find: ${isBusybox(system) ? path : `'${path}'`}: ${error.message}\n`);
        state.status = 1;
      }
      for (const name of names) visit(`${path.replace(/\/$/, '')}/${name}`, `${full.replace(/\/$/, '')}/${name}`, depth + 1);
    }
    if (limits.depthFirst) look();
  };
  for (const root of roots.length ? roots : ['.']) visit(root, system.path(root), 0);
  for (const { argv, paths } of all) if (paths.length) state.queue.push([...argv, ...paths]);
  return state;
}
