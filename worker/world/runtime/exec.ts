// Running a command in a container: Exec and ExecSync of the CRI.

import { FileError } from '../files/error.ts';
import { containerFiles } from '../files/container-files.ts';
import { findNamespace, namespaceId, namespaceOf, saveNamespace } from '../process/namespace.ts';
import { attach, newPipe, openFile } from '../process/open-file.ts';
import type { Exit, PidNamespace, Process, Relay, SignalName } from '../process/process.ts';
import { newProcess } from '../process/process.ts';
import { writeSession } from '../process/session.ts';
import { sendSignal } from '../process/signal.ts';
import { ExecError, resolveExecutable } from '../process/spawn.ts';
import { newTty, type } from '../process/tty.ts';
import type { World } from '../world.ts';
import { RuntimeError } from './error.ts';
import { appendLog } from './log.ts';
import type { Container, Sandbox } from './sandbox.ts';

export interface ExecSpec {
  readonly argv: readonly string[];
  /** Only its end and the beginning of its output are of interest (`takeExecResult`). */
  readonly captures?: boolean;
  readonly tty?: { readonly rows: number; readonly columns: number };
  readonly stdin?: boolean;
  /** The process that runs it from elsewhere, and takes what it writes (`takeRelayed`). */
  readonly relay?: { readonly namespace: string; readonly pid: number };
}

/** Starts a command, and gives the session that it belongs to. Throws RuntimeError when there is nothing to run; a captured one ends with it instead. */
export function execInContainer(world: World, sandbox: Sandbox, container: Container, spec: ExecSpec): string {
  const id = `exec-${world.random.uint32().toString(16).padStart(8, '0')}${world.random.uint32().toString(16).padStart(8, '0')}`;
  const namespace = namespaceOf(world, sandbox, container);
  const [program, argv, problem] = prepare(world, sandbox, container, spec.argv, id);
  if (problem !== undefined) {
    if (!spec.captures) throw new RuntimeError(problem);
    namespace.sessions[id] = { pid: 0, captures: true, output: '', stdin: '', tty: '', exit: { code: -1 }, error: problem };
    saveNamespace(world, namespace);
    return id;
  }
  const pid = namespace.nextPid++;
  const { uid, gid, groups } = container.user;
  const process = newProcess({
    pid,
    ppid: 0,
    pgid: pid,
    session: id,
    container: container.id,
    program,
    argv: [...argv],
    env: spec.tty ? { ...container.env, TERM: 'xterm' } : null,
    cwd: container.cwd,
    uid,
    gid,
    groups,
    startedAt: world.now(),
  });
  namespace.processes[pid] = process;
  openFiles(world, namespace, process, id, spec);
  const relay = spec.relay && world.namespaces.get(spec.relay.namespace)?.processes[spec.relay.pid];
  if (relay) relay.relays = [...(relay.relays ?? []), { namespace: namespace.id, id }];
  world.namespaces.put(namespace.id, namespace);
  world.hooks.wake(namespace.id);
  return id;
}

function prepare(
  world: World,
  sandbox: Sandbox,
  container: Container,
  argv: readonly string[],
  id: string,
): [program: string, argv: readonly string[], problem?: string] {
  try {
    const files = containerFiles(world, sandbox, container);
    const found = resolveExecutable(files, argv, { cwd: container.cwd, path: container.env['PATH'] });
    return [found.program, found.argv];
  } catch (error) {
    if (!(error instanceof ExecError || error instanceof FileError)) throw error;
    const [name = ''] = argv;
    const isMissing = !(error instanceof ExecError) || error.status === 127;
    const cause = !isMissing
      ? error.message.toLowerCase()
      : name.includes('/')
        ? `stat ${name}: no such file or directory`
        : 'executable file not found in $PATH';
    return [
      '',
      [],
      `failed to exec in container: failed to start exec ${JSON.stringify(id)}: OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(name)}: ${cause}: unknown`,
    ];
  }
}

function openFiles(world: World, namespace: PidNamespace, process: Process, id: string, { tty, stdin, captures, relay }: ExecSpec): void {
  const give = (fd: number, file: string): void => attach(world, namespace, process, fd, file);
  if (tty) {
    namespace.ttys[id] = { ...newTty(id, tty.rows, tty.columns), foreground: process.pid };
    for (const fd of [0, 1, 2]) give(fd, openFile(namespace, { type: 'tty', tty: id }));
  } else {
    if (stdin) {
      const { reader } = newPipe(namespace, id);
      namespace.pipes[id]!.writers = 1;
      give(0, reader);
    } else give(0, openFile(namespace, { type: 'device', name: 'null' }));
    give(1, openFile(namespace, { type: 'session', session: id, stream: 'stdout' }));
    give(2, openFile(namespace, { type: 'session', session: id, stream: 'stderr' }));
  }
  namespace.sessions[id] = {
    pid: process.pid,
    captures: captures ?? false,
    ...(relay && { relay: { ...relay, pieces: [] } }),
    output: '',
    stdin: stdin && !tty ? id : '',
    tty: tty ? id : '',
    exit: null,
  };
}

export interface ExecResult {
  readonly code: number;
  readonly output: string;
  /** It never ran. */
  readonly error?: string;
}

/** How a captured command ended; it is forgotten then. */
export function takeExecResult(world: World, sandbox: Sandbox, container: Container, id: string): ExecResult | 'running' {
  const namespace = findNamespace(world, namespaceId(sandbox, container));
  const session = namespace?.sessions[id];
  if (!namespace || !session) return { code: 137, output: '' };
  if (!session.exit) return 'running';
  delete namespace.sessions[id];
  saveNamespace(world, namespace);
  return { code: session.exit.code, output: session.output, ...(session.error !== undefined && { error: session.error }) };
}

/** What a command wrote since its relay last asked; once it has ended and all is read, how it ended: it is forgotten then. */
export function takeRelayed(
  world: World,
  namespaceKey: string,
  id: string,
): { readonly pieces: Relay['pieces']; readonly exit: Exit | null } {
  const namespace = findNamespace(world, namespaceKey);
  const session = namespace?.sessions[id];
  if (!namespace || !session?.relay) return { pieces: [], exit: { code: 137, signal: 'KILL' } };
  const { relay, exit } = session;
  const { pieces } = relay;
  relay.pieces = [];
  if (exit) delete namespace.sessions[id];
  saveNamespace(world, namespace);
  // Its writer may go on.
  if (pieces.length && !exit) world.hooks.wake(namespaceKey);
  return { pieces, exit };
}

/** Gives up on a command. */
export function killExec(world: World, sandbox: Sandbox, container: Container, id: string): void {
  const namespace = findNamespace(world, namespaceId(sandbox, container));
  const session = namespace?.sessions[id];
  const process = session && namespace?.processes[session.pid];
  if (!namespace || !session) return;
  delete namespace.sessions[id];
  if (process) sendSignal(namespace, process, 'KILL');
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

/** Something was typed, or piped in, from outside. */
export function sendInput(world: World, namespaceKey: string, id: string, data: string): void {
  const namespace = findNamespace(world, namespaceKey);
  if (!namespace) return;
  const terminal = namespace.ttys[id];
  if (terminal) {
    const typed = type(terminal, data);
    for (const signal of typed.signals) signalGroup(namespace, terminal.foreground, signal);
    if (typed.echo && terminal.session) writeSession(world, namespace, terminal.session, 'stdout', typed.echo);
    else appendLog(world, id.slice(id.indexOf('/') + 1), 'stdout', typed.echo);
  } else if (namespace.pipes[id]) namespace.pipes[id].data += data;
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

/** Whoever sent input sends no more. */
export function closeInput(world: World, namespaceKey: string, id: string): void {
  const namespace = findNamespace(world, namespaceKey);
  if (!namespace) return;
  const terminal = namespace.ttys[id];
  const pipe = namespace.pipes[id];
  if (terminal) terminal.eof = true;
  else if (pipe) pipe.writers = 0;
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

export function resize(world: World, namespaceKey: string, id: string, rows: number, columns: number): void {
  const namespace = findNamespace(world, namespaceKey);
  const terminal = namespace?.ttys[id];
  if (!namespace || !terminal) return;
  Object.assign(terminal, { rows, columns });
  signalGroup(namespace, terminal.foreground, 'WINCH');
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

/** The connection is gone: a terminal hangs up; without one, the command goes on and finds its input at an end. */
export function hangUp(world: World, namespaceKey: string, id: string): void {
  const namespace = findNamespace(world, namespaceKey);
  if (!namespace) return;
  const terminal = namespace.ttys[id];
  if (terminal) {
    terminal.hungUp = true;
    const pid = namespace.sessions[id]?.pid;
    for (const process of Object.values(namespace.processes))
      if (process.pgid === terminal.foreground || process.pid === pid) sendSignal(namespace, process, 'HUP');
  }
  const pipe = namespace.pipes[id];
  if (pipe) pipe.writers = 0;
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

function signalGroup(namespace: PidNamespace, group: number, signal: SignalName): void {
  for (const process of Object.values(namespace.processes)) if (process.pgid === group) sendSignal(namespace, process, signal);
}
