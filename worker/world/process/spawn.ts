// Starting processes: from a name to a program, as execvp(3) does it, with the shell's and the runtime's complaints.

import type { FileSystem } from '../files/file-system.ts';
import type { World } from '../world.ts';
import { programs } from '../programs/index.ts';
import { ENTRYPOINT } from './entrypoint.ts';
import { filesOf } from './kernel.ts';
import { attach } from './open-file.ts';
import { containerOf } from './namespace.ts';
import type { PidNamespace, Process } from './process.ts';
import { newProcess } from './process.ts';

/** There is nothing to run. 127 for what is not there, 126 for what cannot be run. */
export class ExecError extends Error {
  readonly status: 126 | 127;
  constructor(status: 126 | 127, message: string) {
    super(message);
    this.status = status;
  }
}

export interface SpawnSpec {
  readonly argv: readonly string[];
  /** The parent's if left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Which of the parent's descriptors the child gets, under which number. All of its own if left out. */
  readonly fds?: Readonly<Record<number, number>>;
  /** A group of its own (0), or a group that exists. The parent's if left out. */
  readonly pgid?: number;
  /** A copy of the parent that goes on with this (fork), instead of a new program. */
  readonly fork?: { readonly data: unknown };
  readonly ignored?: Process['ignored'];
}

/** What runs when a name is called: the program, and the arguments it gets (a script is run by its interpreter). */
export interface Executable {
  readonly program: string;
  readonly argv: readonly string[];
  readonly path: string;
  /** As whom it runs, whoever starts it (setuid). */
  readonly owner?: number;
}

export function resolveExecutable(
  files: FileSystem,
  argv: readonly string[],
  { cwd, path = '' }: { cwd: string; path?: string | undefined },
  depth = 0,
): Executable {
  const [name = ''] = argv;
  const found = locate(files, name, cwd, path);
  const inode = files.stat(found);
  // An image's entrypoint script: it says what it did, and becomes the command it is given.
  if (inode.program === ENTRYPOINT) {
    const fallback = /^\s*set -- (\S+) "\$@"/m.exec(inode.content ?? '')?.[1];
    const rest = argv.slice(1);
    const isForFallback = fallback !== undefined && (rest[0]?.startsWith('-') ?? false);
    return resolveExecutable(files, isForFallback ? [fallback, ...rest] : rest, { cwd, path }, depth + 1);
  }
  if (inode.program !== undefined) {
    if (!programs.has(inode.program)) throw new ExecError(126, 'Exec format error');
    return { program: partOf(inode.program, argv), argv, path: found, ...((inode.mode & 0o4000) !== 0 && { owner: inode.uid }) };
  }
  const shebang = /^#!\s*(\S+)(?:[ \t]+(\S.*?))?\s*(?:\n|$)/.exec(inode.content ?? '');
  if (!shebang || depth > 3) throw new ExecError(126, 'Exec format error');
  const [, interpreter = '', argument] = shebang;
  const next = [interpreter, ...(argument ? [argument] : []), found, ...argv.slice(1)];
  try {
    return { ...resolveExecutable(files, next, { cwd, path }, depth + 1), path: found };
  } catch (error) {
    // As execve says when it is the interpreter that is missing.
    if (error instanceof ExecError && error.status === 127) throw new ExecError(127, 'No such file or directory');
    throw error;
  }
}

/** An executable that is many programs, by its first argument, has a program for each: `agnhost webhook`. */
function partOf(program: string, [, part = '']: readonly string[]): string {
  const name = `${program} ${part}`;
  return programs.has(name) ? name : program;
}

/** Where an executable is. Throws ExecError. */
export function locate(files: FileSystem, name: string, cwd: string, path: string): string {
  const absolute = (one: string): string => (one.startsWith('/') ? one : `${cwd === '/' ? '' : cwd}/${one}`);
  const candidates = name.includes('/') ? [absolute(name)] : path.split(':').map((dir) => `${absolute(dir || '.')}/${name}`);
  let denied = false;
  for (const candidate of name === '' ? [] : candidates) {
    const found = files.look(candidate);
    if (typeof found === 'string') denied ||= found === 'EACCES';
    else if (found.type === 'file' && files.may(found, 1)) return candidate;
    else denied = true;
  }
  if (denied) throw new ExecError(126, 'Permission denied');
  throw new ExecError(127, name.includes('/') ? 'No such file or directory' : 'not found');
}

export function spawn(world: World, namespace: PidNamespace, parent: Process, spec: SpawnSpec): number {
  const cwd = spec.cwd ?? parent.cwd;
  const env = spec.env ?? parent.env;
  let { program } = parent;
  let argv: readonly string[] = spec.argv;
  let { uid } = parent;
  if (!spec.fork) {
    const files = filesOf(world, parent);
    const found = resolveExecutable(files, argv, { cwd, path: pathOf(world, parent, env) });
    ({ program, argv } = found);
    if (found.owner !== undefined && !containerOf(world, parent)?.container.privileges?.mayNotGain) uid = found.owner;
  }
  const pid = namespace.nextPid++;
  const child = newProcess({
    pid,
    ppid: parent.pid,
    pgid: spec.pgid === 0 ? pid : (spec.pgid ?? parent.pgid),
    container: parent.container,
    program,
    argv: [...argv],
    env: env === null ? null : { ...env },
    cwd,
    ...(parent.root !== undefined && { root: parent.root }),
    umask: parent.umask,
    uid,
    gid: parent.gid,
    groups: parent.groups,
    data: spec.fork?.data ?? null,
    ignored: [...(spec.ignored ?? parent.ignored)],
    startedAt: world.now(),
  });
  namespace.processes[pid] = child;
  const wanted: Record<number, number> = { ...(spec.fds ?? Object.fromEntries(Object.keys(parent.fds).map((fd) => [fd, Number(fd)]))) };
  for (const [fd, from] of Object.entries(wanted)) {
    const id = parent.fds[from];
    if (id !== undefined) attach(world, namespace, child, Number(fd), id);
  }
  return pid;
}

/** Replaces the program of a process. */
export function becomeProgram(world: World, process: Process, spec: Pick<SpawnSpec, 'argv' | 'env'>): void {
  const env = spec.env ?? process.env;
  const { program, argv } = resolveExecutable(filesOf(world, process), spec.argv, { cwd: process.cwd, path: pathOf(world, process, env) });
  Object.assign(process, { program, argv: [...argv], env: env && { ...env }, data: null, wait: null });
}

function pathOf(world: World, process: Process, env: Readonly<Record<string, string>> | null): string {
  const own = env ?? world.sandboxes.find('container', process.container)[0]?.containers.find(({ id }) => id === process.container)?.env;
  return own?.['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
}
