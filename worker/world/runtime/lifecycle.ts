// Starting and stopping containers: StartContainer, StopContainer of the CRI, and what happens when one ends by itself.

import { containerFiles } from '../files/container-files.ts';
import { FileError } from '../files/error.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { Layer } from '../files/inode.ts';
import { emptyNamespace, findNamespace, isAmongOthers, namespaceId, namespaceOf, saveNamespace } from '../process/namespace.ts';
import { attach, newPipe, openFile } from '../process/open-file.ts';
import type { PidNamespace, Process, SignalName } from '../process/process.ts';
import { newProcess, parseSignal } from '../process/process.ts';
import { isEnded, isService } from '../process/program.ts';
import type { Ended, Service } from '../process/program.ts';
import { endSession } from '../process/session.ts';
import { sendSignal } from '../process/signal.ts';
import { ExecError, resolveExecutable } from '../process/spawn.ts';
import type { Executable } from '../process/spawn.ts';
import { newTty } from '../process/tty.ts';
import { programs } from '../programs/index.ts';
import type { World } from '../world.ts';
import { RuntimeError } from './error.ts';
import { imageOf } from './pull.ts';
import type { Container, Sandbox } from './sandbox.ts';
import { serviceContext } from './service.ts';

/** Throws RuntimeError, and leaves the container exited, if there is nothing to run. */
export function startContainer(world: World, sandbox: Sandbox, container: Container): void {
  let executable: Executable;
  const files = containerFiles(world, sandbox, container);
  try {
    executable = findExecutable(world, files, container);
  } catch (error) {
    if (!(error instanceof ExecError || error instanceof FileError)) throw error;
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: ${JSON.stringify(container.argv[0])}: ${execProblem(container.argv[0] ?? '', error)}`;
    Object.assign(container, { state: 'exited', finishedAt: world.now(), exitCode: 128, reason: 'StartError', message });
    world.sandboxes.put(sandbox.id, sandbox);
    throw new RuntimeError(message);
  }
  container.state = 'running';
  container.startedAt = world.now();
  container.main = executable.program;
  world.sandboxes.put(sandbox.id, sandbox);
  const program = programs.get(executable.program)!;
  if (!isService(program)) {
    startProcess(world, sandbox, container, executable);
    return world.hooks.started(sandbox, container);
  }
  const kept = program.start(serviceContext(world, sandbox, container, files));
  if (isEnded(kept)) return endService(world, sandbox, container, kept);
  container.service = kept;
  const end = program.ends?.(kept);
  if (end) endLater(world, sandbox, container, end);
  world.sandboxes.put(sandbox.id, sandbox);
  world.hooks.started(sandbox, container);
}

function findExecutable(world: World, files: FileSystem, container: Container): Executable {
  const idle = { program: 'idle', argv: container.argv, path: container.argv[0] ?? '' };
  // A cluster that only tests the API has images that run, whatever they would do by themselves.
  const image = world.traits.lenient ? imageOf(world, container.image) : undefined;
  const isDefault = image && [...(image.entrypoint ?? []), ...(image.cmd ?? [])].join('\0') === container.argv.join('\0');
  try {
    const found = executableOf(files, container);
    return isDefault && !container.stdin && !isService(programs.get(found.program)!) ? idle : found;
  } catch (error) {
    if (world.traits.lenient) return idle;
    throw error;
  }
}

/** What an image's containers run, by what is asked of it: a Deployment's pods ask all the same. */
const executables = new WeakMap<Layer, Map<string, Executable>>();
const MOST_OF_AN_IMAGE = 100;

/** Throws ExecError or FileError. */
function executableOf(files: FileSystem, { argv, cwd, env, user }: Container): Executable {
  const path = env['PATH'];
  const { image } = files;
  if (!image) return resolveExecutable(files, argv, { cwd, path });
  const question = [cwd, path, user.uid, user.gid, ...user.groups, '', ...argv].join('\0');
  let known = executables.get(image);
  if (!known || known.size >= MOST_OF_AN_IMAGE) executables.set(image, (known = new Map<string, Executable>()));
  let found = known.get(question);
  if (!found) known.set(question, (found = resolveExecutable(files, argv, { cwd, path })));
  return found;
}

function execProblem(name: string, error: Error): string {
  if (!(error instanceof ExecError) || error.status === 127)
    return name.includes('/') ? `stat ${name}: no such file or directory` : 'executable file not found in $PATH';
  return error.message === 'Permission denied' ? 'permission denied' : error.message.toLowerCase();
}

function startProcess(world: World, sandbox: Sandbox, container: Container, { program, argv, owner }: Executable): void {
  const id = namespaceId(sandbox, container);
  const namespace = isAmongOthers(sandbox, container) ? namespaceOf(world, sandbox, container) : emptyNamespace(id, sandbox.id);
  const pid = namespace.nextPid++;
  const { uid, gid, groups } = container.user;
  const process = newProcess({
    pid,
    ppid: 0,
    pgid: pid,
    container: container.id,
    program,
    argv: [...argv],
    cwd: container.cwd,
    uid: container.privileges?.mayNotGain ? uid : (owner ?? uid),
    gid,
    groups,
    startedAt: world.now(),
  });
  namespace.processes[pid] = process;
  openStandardFiles(world, namespace, process, container);
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

/** Standard input of a container, for those who attach: it stays open as long as the container wants it. */
export const STDIN = 'stdin';
export const CONSOLE = 'console';

function openStandardFiles(world: World, namespace: PidNamespace, process: Process, container: Container): void {
  const give = (fd: number, file: string): void => attach(world, namespace, process, fd, file);
  if (container.tty) {
    const name = `${CONSOLE}/${container.id}`;
    namespace.ttys[name] = { ...newTty(''), foreground: process.pid };
    for (const fd of [0, 1, 2]) give(fd, openFile(namespace, { type: 'tty', tty: name }));
    return;
  }
  if (container.stdin) {
    // Its other end is held outside, for whoever attaches.
    const { pipe, reader } = newPipe(namespace, `${STDIN}/${container.id}`);
    namespace.pipes[pipe]!.writers = 1;
    give(0, reader);
  } else give(0, openFile(namespace, { type: 'device', name: 'null' }));
  give(1, openFile(namespace, { type: 'log', stream: 'stdout' }));
  give(2, openFile(namespace, { type: 'log', stream: 'stderr' }));
}

/** Asks it to stop, and makes it stop when the time is over. */
export function stopContainer(world: World, sandbox: Sandbox, container: Container, graceMs: number): void {
  if (container.state !== 'running') return;
  const killAt = world.now() + graceMs;
  if (container.killAt === undefined || killAt < container.killAt) {
    container.killAt = killAt;
    world.sandboxes.put(sandbox.id, sandbox);
    world.hooks.wake(`kill/${container.id}`, { after: graceMs, background: false });
  }
  if (graceMs > 0) signalContainer(world, sandbox, container, parseSignal(container.stopSignal) ?? 'TERM');
  else endContainer(world, sandbox, container, { code: 137 });
}

/** The time that it had to stop by itself is over. */
export function killOverdue(world: World, sandbox: Sandbox, container: Container): void {
  if (container.state === 'running' && container.killAt !== undefined && container.killAt <= world.now())
    endContainer(world, sandbox, container, { code: 137 });
}

export function signalContainer(world: World, sandbox: Sandbox, container: Container, signal: SignalName): void {
  const program = programs.get(container.main);
  if (container.state !== 'running' || !program) return;
  if (isService(program)) return tellService(world, sandbox, container, program, signal);
  const namespace = findNamespace(world, namespaceId(sandbox, container));
  const first =
    namespace && Object.values(namespace.processes).find((one) => one.container === container.id && one.ppid === 0 && !one.session);
  if (!namespace || !first) return;
  sendSignal(namespace, first, signal);
  saveNamespace(world, namespace);
  world.hooks.wake(namespace.id);
}

/** A signal that another process sent to a service's process. */
export function signalService(world: World, namespace: PidNamespace, process: Process, signal: SignalName): void {
  const sandbox = world.sandboxes.get(namespace.sandbox);
  const container = sandbox?.containers.find(({ id }) => id === process.container);
  const program = programs.get(process.program);
  const isWorker = (process.data as { worker?: number } | null)?.worker !== 0;
  if (sandbox && container && program && isService(program) && !isWorker) tellService(world, sandbox, container, program, signal);
}

function tellService(world: World, sandbox: Sandbox, container: Container, program: Service, signal: SignalName): void {
  if (signal === 'KILL') return endContainer(world, sandbox, container, { code: 137 });
  const next = program.signal(container.service, signal, serviceContext(world, sandbox, container));
  if (next === 'ignored') return;
  if (isEnded(next)) return endService(world, sandbox, container, next);
  container.service = next;
  world.sandboxes.put(sandbox.id, sandbox);
}

function endService(world: World, sandbox: Sandbox, container: Container, { code, after = 0, reason }: Ended): void {
  const how = { code, ...(reason && { reason }) };
  if (after > 0) endLater(world, sandbox, container, { at: world.now() + after, ...how });
  else endContainer(world, sandbox, container, how);
}

/** It has decided to end, and is not through yet. */
function endLater(world: World, sandbox: Sandbox, container: Container, end: NonNullable<Container['endsAt']>): void {
  container.endsAt = end;
  world.sandboxes.put(sandbox.id, sandbox);
  world.hooks.wake(`end/${container.id}`, { after: end.at - world.now(), background: false });
}

/** A service that ends itself while it answers: once the answer is out. */
export function endSoon(world: World, sandbox: Sandbox, container: Container, code: number, after = 0, reason?: 'OOMKilled'): void {
  if (container.state === 'running')
    endLater(world, sandbox, container, { at: world.now() + Math.max(after, 1), code, ...(reason && { reason }) });
}

export function endOverdue(world: World, sandbox: Sandbox, container: Container): void {
  if (container.state === 'running' && container.endsAt && container.endsAt.at <= world.now())
    endContainer(world, sandbox, container, container.endsAt);
}

/** It is over, however it came. Whatever else runs in it is killed. */
export function endContainer(world: World, sandbox: Sandbox, container: Container, how: { code: number; reason?: 'OOMKilled' }): void {
  if (container.state !== 'running') return;
  container.state = 'exited';
  container.finishedAt = world.now();
  container.exitCode = how.code;
  container.reason = how.reason ?? (how.code === 0 ? 'Completed' : 'Error');
  container.killAt = undefined;
  container.endsAt = undefined;
  container.service = undefined;
  endProcesses(world, sandbox, container);
  // With its first process goes whoever is in its namespace.
  for (const guest of sandbox.containers) if (guest.joins === container.id) endContainer(world, sandbox, guest, { code: 137 });
  world.sandboxes.put(sandbox.id, sandbox);
  world.hooks.sandboxChanged(sandbox);
}

function endProcesses(world: World, sandbox: Sandbox, container: Container): void {
  const id = namespaceId(sandbox, container);
  const namespace = findNamespace(world, id);
  if (!namespace) return;
  for (const process of Object.values(namespace.processes)) {
    if (process.container !== container.id) continue;
    delete namespace.processes[process.pid];
    const session = process.session === undefined ? undefined : namespace.sessions[process.session];
    const exit = { code: 137, signal: 'KILL' } as const;
    if (session?.captures) session.exit = exit;
    else if (session) endSession(world, namespace, process.session!, exit);
  }
  if (!isAmongOthers(sandbox, container))
    for (const [key, { relay }] of Object.entries(namespace.sessions)) if (!relay) delete namespace.sessions[key];
  saveNamespace(world, namespace);
}
