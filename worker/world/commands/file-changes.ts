// Tools that change files: cp, mv, rm, mkdir, rmdir, touch, ln, chmod, chown, mktemp, truncate.

import { FileError } from '../files/error.ts';
import { sizeOf } from '../files/inode.ts';
import type { Inode } from '../files/inode.ts';
import type { Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { groupId, userId } from './accounts.ts';
import { allocate } from './large-file.ts';
import { isBusybox, nameOf, once, options, Refusal } from './tool.ts';

const join = (dir: string, name: string): string => `${dir.replace(/\/+$/, '')}/${name}`;
const baseOf = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';

/** Does something to each; what fails is said in the words of the image's tools. */
function each(
  system: System,
  paths: readonly string[],
  act: (path: string, full: string) => void,
  say: (path: string, error: FileError) => string,
): number {
  let status = 0;
  for (const path of paths) {
    try {
      act(path, system.path(path));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(`${nameOf(system)}: ${say(path, error)}\n`);
      status = 1;
    }
  }
  return status;
}

function missingOperand(system: System, given: readonly string[], least: number): void {
  if (given.length >= least) return;
  if (isBusybox(system)) throw new Refusal(`missing operand`);
  throw new Refusal(
    given.length
      ? `missing destination file operand after '${given[0]}'\nTry '${nameOf(system)} --help' for more information.`
      : `missing ${least > 1 ? 'file ' : ''}operand\nTry '${nameOf(system)} --help' for more information.`,
  );
}

export const mkdir = once('mkdir', (system) => {
  const given = options(system, 'pm:vZ', ['parents', 'mode=', 'verbose'], { aliases: { parents: 'p', mode: 'm', verbose: 'v' } });
  missingOperand(system, given.rest, 1);
  const mode = given.has('m') ? Number.parseInt(given.get('m')!, 8) : 0o777 & ~system.process.umask;
  return each(
    system,
    given.rest,
    (path, full) => {
      if (given.has('p')) system.files.mkdirs(full, mode);
      else system.files.mkdir(full, mode);
      if (given.has('v')) system.out(isBusybox(system) ? `created directory: '${path}'\n` : `mkdir: created directory '${path}'\n`);
    },
    (path, error) =>
      isBusybox(system) ? `can't create directory '${path}': ${error.message}` : `cannot create directory '${path}': ${error.message}`,
  );
});

export const rmdir = once('rmdir', (system) => {
  const given = options(system, 'pv', ['parents', 'ignore-fail-on-non-empty', 'verbose']);
  missingOperand(system, given.rest, 1);
  return each(
    system,
    given.rest,
    (_path, full) => system.files.rmdir(full),
    (path, error) => (isBusybox(system) ? `'${path}': ${error.message}` : `failed to remove '${path}': ${error.message}`),
  );
});

export const rm = once('rm', (system) => {
  const given = options(system, 'rRfivd', ['recursive', 'force', 'verbose', 'dir', 'interactive', 'no-preserve-root', 'preserve-root'], {
    aliases: { recursive: 'r', R: 'r', force: 'f', verbose: 'v' },
  });
  if (!given.rest.length && given.has('f')) return 0;
  missingOperand(system, given.rest, 1);
  const verb = isBusybox(system) ? "can't remove" : 'cannot remove';
  return each(
    system,
    given.rest,
    (path, full) => {
      if (/^(?:.*\/)?\.\.?\/?$/.test(path)) throw new FileError('EINVAL', path);
      let inode: Inode;
      try {
        inode = system.files.lstat(full);
      } catch (error) {
        if (error instanceof FileError && given.has('f') && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
        throw error;
      }
      if (inode.type === 'dir' && !given.has('r')) throw new FileError('EISDIR', path);
      remove(system, full, inode);
      if (given.has('v')) system.out(`removed ${inode.type === 'dir' ? 'directory ' : ''}'${path}'\n`);
    },
    (path, error) =>
      `${verb} '${path}': ${error.code === 'EISDIR' ? (isBusybox(system) ? 'Is a directory' : 'Is a directory') : error.message}`,
  );
});

export function remove(system: System, full: string, inode: Inode = system.files.lstat(full)): void {
  if (inode.type !== 'dir') return system.files.unlink(full);
  for (const name of system.files.list(full)) remove(system, join(full, name));
  system.files.rmdir(full);
}

/** Where each source goes: into a directory, or to the name itself. */
function destinations(system: System, rest: readonly string[], into: string | undefined): [from: string, to: string][] {
  const sources = into === undefined ? rest.slice(0, -1) : rest;
  const target = into ?? rest.at(-1)!;
  const isDirectory = system.find(target)?.type === 'dir';
  if (!isDirectory && (sources.length > 1 || into !== undefined))
    throw new Refusal(
      isBusybox(system) ? `can't stat '${target}': No such file or directory` : `target '${target}': No such file or directory`,
    );
  return sources.map((source) => [source, isDirectory ? join(target, baseOf(source)) : target]);
}

export const cp = once('cp', (system) => {
  const given = options(
    system,
    'aRrpdfinLPHvuTt:l',
    [
      'recursive',
      'archive',
      'preserve',
      'preserve=',
      'force',
      'verbose',
      'no-clobber',
      'target-directory=',
      'parents',
      'dereference',
      'no-dereference',
    ],
    {
      aliases: { recursive: 'r', R: 'r', archive: 'a', force: 'f', verbose: 'v', 'no-clobber': 'n', 'target-directory': 't' },
    },
  );
  missingOperand(system, given.rest, given.has('t') ? 1 : 2);
  let status = 0;
  for (const [from, to] of destinations(system, given.rest, given.get('t'))) {
    const copyAll = given.has('r', 'a');
    const keeps = given.has('p', 'a');
    const failed = each(
      system,
      [from],
      (path, full) => {
        const inode = copyAll || given.has('d', 'P') ? system.files.lstat(full) : system.files.stat(full);
        if (inode.type === 'dir' && !copyAll) throw new FileError('EISDIR', path);
        if (given.has('n') && system.find(to)) return;
        copy(system, full, system.path(to), inode, keeps);
        if (given.has('v')) system.out(`'${from}' -> '${to}'\n`);
      },
      (path, error) => copyProblem(system, path, to, error),
    );
    status = status || failed;
  }
  return status;
});

function copyProblem(system: System, from: string, to: string, error: FileError): string {
  const isSource = error.path === from || error.path === system.path(from) || error.path === '';
  if (error.code === 'EISDIR' && error.path === from)
    return isBusybox(system) ? `omitting directory '${from}'` : `-r not specified; omitting directory '${from}'`;
  if (isSource)
    return isBusybox(system)
      ? `can't ${error.code === 'ENOENT' ? 'stat' : 'open'} '${from}': ${error.message}`
      : `cannot ${error.code === 'ENOENT' ? 'stat' : 'open'} '${from}'${error.code === 'ENOENT' ? '' : ' for reading'}: ${error.message}`;
  return isBusybox(system)
    ? `can't create '${to}': ${error.message}`
    : `cannot create ${error.code === 'EISDIR' ? 'directory' : 'regular file'} '${to}': ${error.message}`;
}

export function copy(system: System, from: string, to: string, inode: Inode, keeps: boolean): void {
  const { files } = system;
  if (inode.type === 'dir') {
    const names = files.list(from);
    if (!files.find(to)) files.mkdir(to, inode.mode);
    for (const name of names) copy(system, join(from, name), join(to, name), files.lstat(join(from, name)), keeps);
  } else {
    const old = files.find(to);
    if (inode.type === 'file' && inode.program === undefined) files.write(to, files.read(from), inode.mode & ~system.process.umask & 0o777);
    else {
      if (old) files.unlink(to);
      const { uid: _uid, gid: _gid, mtime: _mtime, ...what } = inode;
      files.create(to, what);
    }
  }
  if (!keeps || inode.type === 'link') return;
  files.change(to, { mode: inode.mode, mtime: inode.mtime, ...(system.process.uid === 0 && { uid: inode.uid, gid: inode.gid }) });
}

export const mv = once('mv', (system) => {
  const given = options(system, 'finvTt:u', ['force', 'verbose', 'no-clobber', 'target-directory=', 'no-target-directory'], {
    aliases: { force: 'f', verbose: 'v', 'no-clobber': 'n', 'target-directory': 't' },
  });
  missingOperand(system, given.rest, given.has('t') ? 1 : 2);
  let status = 0;
  for (const [from, to] of destinations(system, given.rest, given.get('t'))) {
    const failed = each(
      system,
      [from],
      (_path, full) => {
        if (given.has('n') && system.find(to)) return;
        try {
          system.files.rename(full, system.path(to));
        } catch (error) {
          if (!(error instanceof FileError) || error.code !== 'EXDEV') throw error;
          const inode = system.files.lstat(full);
          copy(system, full, system.path(to), inode, true);
          remove(system, full, inode);
        }
        if (given.has('v')) system.out(`renamed '${from}' -> '${to}'\n`);
      },
      (path, error) => {
        const isMissing = error.code === 'ENOENT' && !system.files.exists(system.path(path));
        if (isBusybox(system)) return `can't rename '${path}': ${error.message}`;
        return isMissing ? `cannot stat '${path}': ${error.message}` : `cannot move '${path}' to '${to}': ${error.message}`;
      },
    );
    status = status || failed;
  }
  return status;
});

export const touch = once('touch', (system) => {
  const given = options(system, 'acmht:d:r:f', ['no-create', 'date=', 'reference='], {
    aliases: { 'no-create': 'c', date: 'd', reference: 'r' },
  });
  missingOperand(system, given.rest, 1);
  const stamp = given.get('d');
  const reference = given.get('r');
  const at =
    reference !== undefined
      ? system.files.stat(system.path(reference)).mtime
      : stamp !== undefined
        ? Date.parse(/Z|[+-]\d\d:?\d\d$/.test(stamp) ? stamp : `${stamp.replace(' ', 'T')}${stamp.includes(':') ? 'Z' : ''}`)
        : system.now();
  return each(
    system,
    given.rest,
    (_path, full) => {
      if (system.files.find(full)) system.files.change(full, { mtime: Number.isNaN(at) ? system.now() : at });
      else if (!given.has('c')) system.files.write(full, '', 0o666 & ~system.process.umask);
    },
    (path, error) => (isBusybox(system) ? `${path}: ${error.message}` : `cannot touch '${path}': ${error.message}`),
  );
});

export const ln = once('ln', (system) => {
  const given = options(system, 'sfnTvbr', ['symbolic', 'force', 'no-dereference', 'verbose', 'relative'], {
    aliases: { symbolic: 's', force: 'f', 'no-dereference': 'n' },
  });
  missingOperand(system, given.rest, 1);
  const target = given.rest.length === 1 ? '.' : given.rest.at(-1)!;
  const sources = given.rest.length === 1 ? given.rest : given.rest.slice(0, -1);
  const isDirectory = system.find(target)?.type === 'dir' && !(given.has('n', 'T') && linkAt(system, target));
  let status = 0;
  for (const source of sources) {
    const to = isDirectory ? join(target, baseOf(source)) : target;
    const failed = each(
      system,
      [to],
      (_path, full) => {
        if (given.has('f') && (system.files.exists(full) || linkAt(system, to))) system.files.unlink(full);
        if (given.has('s')) return system.files.symlink(source, full);
        const inode = system.files.stat(system.path(source));
        if (inode.type === 'dir') throw new FileError('EPERM', source);
        // Two names of one file are two files here. Differs: what is written to one is not seen through the other.
        const { uid: _uid, gid: _gid, ...what } = inode;
        system.files.create(full, what);
      },
      (path, error) =>
        isBusybox(system)
          ? `${path}: ${error.message}`
          : `failed to create ${given.has('s') ? 'symbolic' : 'hard'} link '${path}': ${error.message}`,
    );
    status = status || failed;
  }
  return status;
});

function linkAt(system: System, path: string): boolean {
  try {
    return system.files.lstat(system.path(path)).type === 'link';
  } catch {
    return false;
  }
}

export const chmod = once('chmod', (system, args) => {
  // A mode may begin with a dash.
  const flags = args.filter((arg) => /^-[RvfcH]+$|^--recursive$/.test(arg)).join('');
  const [mode, ...paths] = args.filter((arg) => !/^-[RvfcH]+$|^--recursive$/.test(arg));
  if (mode === undefined || !paths.length)
    throw new Refusal(isBusybox(system) ? 'missing operand' : mode === undefined ? 'missing operand' : `missing operand after '${mode}'`);
  const apply = (full: string): void => {
    const inode = system.files.stat(full);
    const next = newMode(mode, inode, system.process.umask);
    if (next === undefined) throw new Refusal(isBusybox(system) ? `invalid mode '${mode}'` : `invalid mode: '${mode}'`);
    system.files.change(full, { mode: next });
    if (/R|recursive/.test(flags) && inode.type === 'dir')
      for (const name of system.files.list(full)) if (system.files.lstat(join(full, name)).type !== 'link') apply(join(full, name));
  };
  return each(
    system,
    paths,
    (_path, full) => apply(full),
    (path, error) => changeProblem(system, path, error, 'permissions'),
  );
});

const changeProblem = (system: System, path: string, error: FileError, what: string): string =>
  isBusybox(system)
    ? `${path}: ${error.message}`
    : error.code === 'ENOENT'
      ? `cannot access '${path}': ${error.message}`
      : what === 'permissions'
        ? `changing permissions of '${path}': ${error.message}`
        : `changing ${what} of '${path}': ${error.message}`;

/** The bits that a mode in words or digits makes of a file's. */
export function newMode(text: string, { mode, type }: Inode, umask: number): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let bits = mode;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause);
    if (!match) return undefined;
    const who = match[1] || 'a';
    const mask = match[1] ? 0o7777 : 0o7777 & ~umask;
    for (const [, operator, letters = ''] of match[2]!.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      let wanted = 0;
      for (const letter of letters) {
        if (letter === 'r') wanted |= 0o444;
        if (letter === 'w') wanted |= 0o222;
        if (letter === 'x' || (letter === 'X' && (type === 'dir' || (bits & 0o111) !== 0))) wanted |= 0o111;
        if (letter === 's') wanted |= 0o6000;
        if (letter === 't') wanted |= 0o1000;
        if (letter === 'u') wanted |= ((bits >> 6) & 7) * 0o111;
        if (letter === 'g') wanted |= ((bits >> 3) & 7) * 0o111;
        if (letter === 'o') wanted |= (bits & 7) * 0o111;
      }
      let scope = 0;
      if (/[ua]/.test(who)) scope |= 0o4700;
      if (/[ga]/.test(who)) scope |= 0o2070;
      if (/[oa]/.test(who)) scope |= 0o1007;
      const change = wanted & scope & mask;
      bits = operator === '+' ? bits | change : operator === '-' ? bits & ~change : (bits & ~(scope & 0o777)) | change;
    }
  }
  return bits;
}

const changeOwner = (name: string): Tool =>
  once(name, (system) => {
    const given = options(system, 'RvfhcHLP', ['recursive', 'no-dereference', 'verbose'], { aliases: { recursive: 'R' } });
    missingOperand(system, given.rest, 2);
    const [owner = '', ...paths] = given.rest;
    const [user, group] = name === 'chgrp' ? ['', owner] : owner.split(/[:.]/);
    const uid = user ? userId(system, user) : undefined;
    const gid = group ? groupId(system, group) : undefined;
    if (user && uid === undefined) throw new Refusal(isBusybox(system) ? `unknown user ${user}` : `invalid user: '${owner}'`);
    if (group && gid === undefined) throw new Refusal(isBusybox(system) ? `unknown group ${group}` : `invalid group: '${owner}'`);
    const apply = (full: string): void => {
      system.files.change(full, { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }, !given.has('h'));
      if (given.has('R') && system.files.lstat(full).type === 'dir') for (const one of system.files.list(full)) apply(join(full, one));
    };
    return each(
      system,
      paths,
      (_path, full) => apply(full),
      (path, error) => changeProblem(system, path, error, name === 'chgrp' ? 'group' : 'ownership'),
    );
  });

export const chown = changeOwner('chown');
export const chgrp = changeOwner('chgrp');

export const mktemp = once('mktemp', (system) => {
  const given = options(system, 'dqup:t', ['directory', 'tmpdir=', 'tmpdir', 'suffix='], { aliases: { directory: 'd' } });
  const template = given.rest[0] ?? 'tmp.XXXXXXXXXX';
  const letters = (text: string): string =>
    text.replace(/X+$/, (run) =>
      Array.from(run, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'[system.random.below(62)]).join(''),
    );
  const dir = given.get('p') ?? system.env['TMPDIR'] ?? '/tmp';
  const path = given.rest[0] === undefined || given.has('t', 'p') ? join(dir, letters(template)) : letters(template);
  if (given.has('d')) system.files.mkdir(system.path(path), 0o700);
  else system.files.write(system.path(path), '', 0o600);
  system.out(`${path}\n`);
  return 0;
});

export const truncate = once('truncate', (system) => {
  const given = options(system, 's:cor:', ['size=', 'no-create'], { aliases: { size: 's' } });
  const match = /^([-+]?)(\d+)([KMG]?)/i.exec(given.get('s') ?? '0');
  const size = Number(match?.[2] ?? 0) * { '': 1, K: 1024, M: 1_048_576, G: 1_073_741_824 }[(match?.[3] ?? '').toUpperCase() as 'K']!;
  return each(
    system,
    given.rest,
    (_path, full) => {
      const file = system.files.find(full);
      const old = file ? sizeOf(file) : 0;
      allocate(system, full, match?.[1] === '+' ? old + size : match?.[1] === '-' ? Math.max(0, old - size) : size);
    },
    (path, error) => `cannot open '${path}' for writing: ${error.message}`,
  );
});

export const unlink = once('unlink', (system, args) =>
  each(
    system,
    args.slice(0, 1),
    (_path, full) => system.files.unlink(full),
    (path, error) => (isBusybox(system) ? `can't remove file '${path}': ${error.message}` : `cannot unlink '${path}': ${error.message}`),
  ),
);
