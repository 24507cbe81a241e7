// tar: makes, lists and unpacks archives in the ustar format, as GNU's and busybox's tools do: what `kubectl cp` runs at the other end. Works through an archive as it comes.
// Not compressed ones.

import { FileError } from '../files/error.ts';
import type { Inode } from '../files/inode.ts';
import type { Next } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { isBusybox, Refusal, steppedTool } from './tool.ts';

export const tar = steppedTool('tar', (system) => {
  const kept = (system.process.data ??= begin(system)) as Kept;
  return kept.mode === 'c' ? write(system, kept) : unpack(system, kept);
});

const BLOCK = 512;

interface Kept {
  readonly mode: 'c' | 'x' | 't';
  readonly fd: number;
  readonly dir: string;
  readonly isVerbose: boolean;
  readonly keepsTimes: boolean;
  readonly toStdout: boolean;
  readonly strip: number;
  /** Of a new archive what is still to be put in, the next one last; of an old one what is wanted of it. */
  paths: string[];
  status: number;
  hasWarned: boolean;
  /** Of an archive that is read: bytes not yet worked through, and the file that is being written. */
  rest: string;
  file: { path: string; left: number; pad: number } | null;
  longName: string;
}

const WITH_VALUE = new Set(['f', 'C', 'b']);

function begin(system: System): Kept {
  let [mode, archive, dir]: ['' | Kept['mode'], string, string] = ['', '-', system.cwd];
  let [isVerbose, keepsTimes, toStdout, strip] = [false, true, false, 0];
  const paths: string[] = [];
  const args = system.argv.slice(1);
  if (args[0] && !args[0].startsWith('-')) args[0] = `-${args[0]}`; // the old style
  const need = (): string => {
    const value = args.shift();
    if (value === undefined) throw new Refusal('option requires an argument', 2);
    return value;
  };
  const enter = (to: string): void => {
    dir = to.startsWith('/') ? to : `${dir}/${to}`;
    if (system.files.find(dir)?.type !== 'dir')
      throw new Refusal(
        isBusybox(system)
          ? `can't change directory to '${to}': No such file or directory`
          : `${to}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now`,
        isBusybox(system) ? 1 : 2,
      );
  };
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '--') paths.push(...args.splice(0));
    else if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s);
      if (name === 'strip-components') strip = Number(value ?? need());
      else if (name === 'directory') enter(value ?? need());
      else if (name === 'file') archive = value ?? need();
      else if (name === 'create') mode = 'c';
      else if (name === 'extract') mode = 'x';
      else if (name === 'list') mode = 't';
      else if (name === 'verbose') isVerbose = true;
      else if (name === 'touch') keepsTimes = false;
      else if (name === 'to-stdout') toStdout = true;
      else if (!/^(no-same-permissions|no-same-owner|same-owner|numeric-owner|overwrite|warning|exclude|ignore-failed-read)$/.test(name))
        throw new Refusal(`unrecognized option '--${name}'`, 64);
    } else if (/^-./.test(arg)) {
      for (const letter of arg.slice(1)) {
        const value = WITH_VALUE.has(letter) ? need() : '';
        if (letter === 'c' || letter === 'x' || letter === 't') mode = letter;
        else if (letter === 'f') archive = value;
        else if (letter === 'C') enter(value);
        else if (letter === 'v') isVerbose = true;
        else if (letter === 'm') keepsTimes = false;
        else if (letter === 'O') toStdout = true;
        // Differs: what is asked to be squeezed by -z is stored as it is; whoever reads it here does not mind.
        else if (letter === 'z') continue;
        else if (letter === 'j' || letter === 'J') throw new Refusal('compressed archives are not supported here', 2);
        else if (!'bhpko'.includes(letter)) throw new Refusal(`invalid option -- '${letter}'`, 64);
      }
    } else paths.push(arg);
  }
  if (!mode)
    throw new Refusal(
      "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.",
      2,
    );
  if (mode === 'c' && !paths.length) throw new Refusal('Cowardly refusing to create an empty archive', 2);
  const fd = archive === '-' ? (mode === 'c' ? 1 : 0) : openArchive(system, archive, mode);
  if (mode === 'c') paths.reverse();
  return {
    mode,
    fd,
    dir,
    isVerbose,
    keepsTimes,
    toStdout,
    strip,
    paths,
    status: 0,
    hasWarned: false,
    rest: '',
    file: null,
    longName: '',
  };
}

function openArchive(system: System, archive: string, mode: Kept['mode']): number {
  try {
    return system.open(archive, mode === 'c' ? 'w' : 'r');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw isBusybox(system)
      ? new Refusal(`can't open '${archive}': ${error.message}`)
      : new Refusal(`${archive}: Cannot open: ${error.message}\ntar: Error is not recoverable: exiting now`, 2);
  }
}

const absolute = ({ dir }: Kept, path: string): string => (path.startsWith('/') ? path : `${dir === '/' ? '' : dir}/${path}`);

// --- Making one ---

function write(system: System, kept: Kept): Next {
  for (;;) {
    if (!system.isWritable(kept.fd)) return { wait: { write: kept.fd } };
    const path = kept.paths.pop();
    if (path === undefined) break;
    try {
      put(system, kept, path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(
        isBusybox(system)
          ? `tar: ${path}: ${error.message}\n`
          : `tar: ${path}: Cannot ${error.code === 'ENOENT' ? 'stat' : 'open'}: ${error.message}\n`,
      );
      kept.status = isBusybox(system) ? 1 : 2;
    }
  }
  system.write(kept.fd, '\0'.repeat(2 * BLOCK));
  if (kept.status)
    system.err(
      isBusybox(system) ? 'tar: error exit delayed from previous errors\n' : 'tar: Exiting with failure status due to previous errors\n',
    );
  return { exit: kept.status };
}

function put(system: System, kept: Kept, path: string): void {
  const full = absolute(kept, path);
  const inode = system.files.lstat(full);
  if (path.startsWith('/') && !kept.hasWarned) {
    kept.hasWarned = true;
    system.err(isBusybox(system) ? "tar: removing leading '/' from member names\n" : "tar: Removing leading `/' from member names\n");
  }
  const content = inode.type === 'file' ? contentOf(system, full, inode) : '';
  const name = path.replace(/^\/+/, '').replace(/\/+$/, '') || './';
  const member = inode.type === 'dir' ? `${name.replace(/\/$/, '')}/` : name;
  if (member.length > 100) system.write(kept.fd, header('././@LongLink', { type: 'L', size: member.length + 1 }) + padded(`${member}\0`));
  system.write(
    kept.fd,
    header(member, {
      type: inode.type === 'dir' ? '5' : inode.type === 'link' ? '2' : '0',
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      mtime: Math.floor(inode.mtime / 1000),
      size: content.length,
      link: inode.type === 'link' ? (inode.content ?? '') : '',
    }) + padded(content),
  );
  if (kept.isVerbose) (kept.fd === 1 ? (text: string) => system.err(text) : (text: string) => system.out(text))(`${member}\n`);
  if (inode.type === 'dir')
    kept.paths.push(
      ...system.files
        .list(full)
        .map((one) => `${path.replace(/\/+$/, '')}/${one}`)
        .reverse(),
    );
}

/** Executables that are programs of this world have no bytes; they are as long as they say. */
const contentOf = (system: System, path: string, { program, size = 0 }: Inode): string =>
  program === undefined ? system.files.read(path) : '\0'.repeat(size);

interface Member {
  readonly type: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly size: number;
  readonly link?: string;
}

function header(name: string, { type, mode = 0o644, uid = 0, gid = 0, mtime = 0, size, link = '' }: Member): string {
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  const text = (value: string, width: number): string => value.slice(0, width).padEnd(width, '\0');
  const before = text(name, 100) + octal(mode & 0o7777, 8) + octal(uid, 8) + octal(gid, 8) + octal(size, 12) + octal(mtime, 12);
  const after = `${type}${text(link, 100)}ustar  \0${text(uid === 0 ? 'root' : '', 32)}${text(gid === 0 ? 'root' : '', 32)}`;
  const all = `${before}${' '.repeat(8)}${after}`.padEnd(BLOCK, '\0');
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += all.charCodeAt(i);
  return `${before}${sum.toString(8).padStart(6, '0')}\0 ${all.slice(156)}`;
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
const padded = (content: string): string => content + '\0'.repeat(padding(content.length));

// --- Unpacking one ---

function unpack(system: System, kept: Kept): Next {
  for (;;) {
    const done = work(system, kept);
    if (done) return { exit: finish(system, kept) };
    const piece = system.read(kept.fd);
    if (piece === undefined) return { wait: { read: kept.fd } };
    if (piece === null) {
      if (kept.rest || kept.file) {
        system.err(
          isBusybox(system) ? 'tar: short read\n' : 'tar: Unexpected EOF in archive\ntar: Error is not recoverable: exiting now\n',
        );
        return { exit: isBusybox(system) ? 1 : 2 };
      }
      return { exit: finish(system, kept) };
    }
    kept.rest += piece;
  }
}

function finish(system: System, kept: Kept): number {
  if (kept.status)
    system.err(
      isBusybox(system) ? 'tar: error exit delayed from previous errors\n' : 'tar: Exiting with failure status due to previous errors\n',
    );
  return kept.status;
}

/** True at the archive's end. */
function work(system: System, kept: Kept): boolean {
  for (;;) {
    if (kept.file) {
      const { file } = kept;
      const data = kept.rest.slice(0, file.left);
      if (data) {
        receive(system, kept, file.path, data);
        file.left -= data.length;
        kept.rest = kept.rest.slice(data.length);
      }
      if (file.left) return false;
      const pad = Math.min(file.pad, kept.rest.length);
      kept.rest = kept.rest.slice(pad);
      file.pad -= pad;
      if (file.pad) return false;
      kept.file = null;
    }
    if (kept.rest.length < BLOCK) return false;
    const block = kept.rest.slice(0, BLOCK);
    kept.rest = kept.rest.slice(BLOCK);
    if (/^\0*$/.test(block)) return true;
    member(system, kept, block);
  }
}

const field = (block: string, from: number, width: number): string => block.slice(from, from + width).split('\0')[0]!;
const number = (block: string, from: number, width: number): number => Number.parseInt(field(block, from, width).trim() || '0', 8);

function member(system: System, kept: Kept, block: string): void {
  if (block.slice(257, 262) !== 'ustar')
    throw new Refusal(
      isBusybox(system)
        ? 'invalid tar magic'
        : 'This does not look like a tar archive\ntar: Exiting with failure status due to previous errors',
      isBusybox(system) ? 1 : 2,
    );
  const size = number(block, 124, 12);
  const type = block[156] ?? '0';
  const prefix = block.slice(257, 263) === 'ustar\0' ? field(block, 345, 155) : '';
  const given = kept.longName || (prefix ? `${prefix}/` : '') + field(block, 0, 100);
  const data = { left: size, pad: padding(size) };
  // Names that are too long for a header, and what pax says besides.
  if (type === 'L' || type === 'x' || type === 'g') {
    kept.longName = '';
    kept.file = { path: type === 'L' ? LONG : type === 'x' ? PAX : NOWHERE, ...data };
    return;
  }
  kept.longName = '';
  const name = given.replace(/^\/+/, '').split('/').slice(kept.strip).join('/');
  const isWanted =
    name !== '' &&
    (!kept.paths.length ||
      kept.paths.some((path) => given === path || given.replace(/\/$/, '') === path || given.startsWith(`${path.replace(/\/$/, '')}/`)));
  kept.file = { path: NOWHERE, ...data };
  if (!isWanted) return;
  if (kept.mode === 't') {
    system.out(`${given}\n`);
    return;
  }
  if (kept.isVerbose) system.out(`${given}\n`);
  if (kept.toStdout) {
    kept.file = { path: STDOUT, ...data };
    return;
  }
  try {
    const path = absolute(kept, name.replace(/\/$/, ''));
    system.files.mkdirs(path.slice(0, path.lastIndexOf('/')));
    const [mode, mtime] = [number(block, 100, 8) & 0o777, number(block, 136, 12) * 1000];
    const facts = { mode: mode & ~system.process.umask, ...(kept.keepsTimes && { mtime }) };
    if (type === '5') {
      if (system.files.find(path)?.type !== 'dir') system.files.mkdir(path);
      system.files.change(path, facts);
      return;
    }
    const old = exists(system, path);
    if (old) system.files.unlink(path);
    if (type === '2') return system.files.symlink(field(block, 157, 100), path);
    system.files.create(path, { type: 'file', mode: facts.mode, content: '', ...(kept.keepsTimes && { mtime }) });
    kept.file = { path, ...data };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    system.err(isBusybox(system) ? `tar: can't open '${name}': ${error.message}\n` : `tar: ${name}: Cannot open: ${error.message}\n`);
    kept.status = isBusybox(system) ? 1 : 2;
  }
}

/** Where the bytes of a member go, if not into a file. */
const [NOWHERE, STDOUT, LONG, PAX] = ['', '\0stdout', '\0long', '\0pax'];

function receive(system: System, kept: Kept, path: string, data: string): void {
  if (path === NOWHERE) return;
  if (path === STDOUT) return system.out(data);
  if (path === LONG) kept.longName += data.replace(/\0+$/, '');
  else if (path === PAX) {
    const name = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(`\n${data}`)?.[1];
    if (name) kept.longName = name;
  } else {
    const { mtime, content = '' } = system.files.stat(path);
    system.files.write(path, content + data);
    if (kept.keepsTimes) system.files.change(path, { mtime });
  }
}

function exists(system: System, path: string): boolean {
  try {
    return system.files.lstat(path) !== undefined;
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}
