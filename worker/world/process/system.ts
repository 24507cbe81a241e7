// What a running program can ask of its system: files, descriptors, other processes, the network, the time. Mirrors the calls of section 2 of the manual, except that
// nothing blocks: a program that gets no answer says what it waits for.

import type { Random } from '../../lib/host.ts';
import { FileError } from '../files/error.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { Inode } from '../files/inode.ts';
import { connect } from '../network/connect.ts';
import { backlogOf, certificateOf, tell } from '../network/connection.ts';
import type { Protocol } from '../network/connection.ts';
import type { Caller, ConnectProblem } from '../network/connect.ts';
import type { Container, Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import { attach, closeFd, isWritable, newPipe, openFile, readFile, writeFile } from './open-file.ts';
import { machineOfNamespace, signalHostProcess } from './host-processes.ts';
import type { OpenFile, PidNamespace, Process, SignalName, Tty, Exit } from './process.ts';
import { sendSignal } from './signal.ts';
import { becomeProgram, spawn } from './spawn.ts';
import type { SpawnSpec } from './spawn.ts';

/** So many bytes of a device that never ends does one step get, so that others have their turn. */
const MOST_ENDLESS = 262_144;

export class System {
  readonly world: World;
  readonly namespace: PidNamespace;
  readonly process: Process;
  readonly files: FileSystem;
  /** Undefined on the machine itself. */
  readonly container: Container | undefined;
  readonly sandbox: Sandbox | undefined;
  /** As how many steps this one counts besides itself. */
  load = 0;
  /** Bytes that this step took from devices. */
  #endless = 0;

  constructor(
    world: World,
    namespace: PidNamespace,
    process: Process,
    files: FileSystem,
    place: { sandbox: Sandbox; container: Container } | undefined,
  ) {
    this.world = world;
    this.namespace = namespace;
    this.process = process;
    this.files = files;
    this.container = place?.container;
    this.sandbox = place?.sandbox;
  }

  get argv(): readonly string[] {
    return this.process.argv;
  }
  get cwd(): string {
    return this.process.cwd;
  }
  get env(): Readonly<Record<string, string>> {
    return this.process.env ?? this.container?.env ?? {};
  }
  get random(): Random {
    return this.world.random;
  }
  now(): number {
    return this.world.now();
  }
  get hostname(): string {
    return this.sandbox?.hostname ?? this.namespace.id.split('@')[0]!;
  }

  /** An absolute path; of /proc/self only the descriptors keep their name (`open`). */
  path(path: string): string {
    const full = path.startsWith('/') ? path : `${this.process.cwd === '/' ? '' : this.process.cwd}/${path}`;
    return full.replace(/^\/proc\/self(?=\/(?!fd(?:\/|$)))/, `/proc/${this.process.pid}`);
  }
  find(path: string): Inode | undefined {
    return this.files.find(this.path(path));
  }

  /** Opens a file: `r`, `w` (made or emptied), `a` (made, at its end), `+` (made, read and written). Throws FileError. */
  open(path: string, flags: 'r' | 'w' | 'a' | '+'): number {
    const full = this.path(path);
    const resolved = this.files.resolve(full);
    const own = /^\/proc\/self\/fd\/(\d+)$/.exec(resolved);
    if (own) {
      if (this.process.fds[own[1]!] === undefined) throw new FileError('ENOENT', path);
      return this.dup(Number(own[1]));
    }
    const inode = this.files.find(full);
    if (inode?.type === 'device') return this.#openDevice(resolved, inode);
    if (flags === 'r') {
      if (!inode) throw new FileError('ENOENT', path);
      if (!this.files.may(inode, 4)) throw new FileError('EACCES', path);
    } else if (flags === 'w') this.files.write(full, '', 0o666 & ~this.process.umask);
    else if (!inode) this.files.write(full, '', 0o666 & ~this.process.umask);
    else if (inode.type === 'dir') throw new FileError('EISDIR', path);
    else if (!this.files.may(inode, 2)) throw new FileError('EACCES', path);
    return this.#attach({ type: 'file', path: this.files.root + resolved, offset: 0, flags });
  }

  #openDevice(path: string, inode: Inode): number {
    const [major = 0, minor = 0] = inode.device ?? [];
    if (major === 5 || major === 136) {
      const terminal = Object.values(this.process.fds)
        .map((id) => this.namespace.files[id])
        .find((file) => file?.type === 'tty');
      if (terminal?.type !== 'tty') throw new FileError('ENXIO', path);
      return this.#attach({ type: 'tty', tty: terminal.tty });
    }
    return this.#attach({ type: 'device', name: { 3: 'null', 5: 'zero', 7: 'full', 8: 'random', 9: 'random' }[minor] ?? 'null' });
  }

  #attach(kind: Parameters<typeof openFile>[1]): number {
    const fd = this.freeFd();
    attach(this.world, this.namespace, this.process, fd, openFile(this.namespace, kind));
    return fd;
  }

  freeFd(from = 3): number {
    let fd = from;
    while (this.process.fds[fd] !== undefined) fd++;
    return fd;
  }

  fileOf(fd: number): OpenFile | undefined {
    const id = this.process.fds[fd];
    return id === undefined ? undefined : this.namespace.files[id];
  }

  dup(fd: number, to = this.freeFd()): number {
    const id = this.process.fds[fd];
    if (id === undefined) throw new FileError('EBADF', String(fd));
    if (fd !== to) attach(this.world, this.namespace, this.process, to, id);
    return to;
  }

  close(fd: number): boolean {
    return closeFd(this.world, this.namespace, this.process, fd);
  }

  pipe(): [read: number, write: number] {
    const { reader, writer } = newPipe(this.namespace);
    const read = this.freeFd();
    attach(this.world, this.namespace, this.process, read, reader);
    const write = this.freeFd();
    attach(this.world, this.namespace, this.process, write, writer);
    return [read, write];
  }

  /** Bytes; null at the end; undefined if there is nothing yet: wait for `{ read: fd }`. */
  read(fd: number, max = 65_536): string | null | undefined {
    const file = this.fileOf(fd);
    if (!file) return null;
    if (file.type === 'device' && this.#endless >= MOST_ENDLESS) return undefined;
    const data = readFile(this.world, this.namespace, this.files, file, max);
    if (file.type === 'device' && data) this.#endless += data.length;
    return data;
  }

  /** Throws BrokenPipe, which ends the process, and FileError. */
  write(fd: number, data: string): void {
    const file = this.fileOf(fd);
    if (!file) throw new FileError('EBADF', String(fd));
    if (data !== '') writeFile(this.world, this.namespace, this.process, this.files, file, data);
  }

  out(data: string): void {
    this.write(1, data);
  }
  err(data: string): void {
    if (this.process.fds[2] !== undefined) this.write(2, data);
  }

  /** False when the reader is far behind: wait for `{ write: fd }`. */
  isWritable(fd: number): boolean {
    return isWritable(this.namespace, this.fileOf(fd));
  }

  tty(fd: number): Tty | undefined {
    const file = this.fileOf(fd);
    return file?.type === 'tty' ? this.namespace.ttys[file.tty] : undefined;
  }

  /** Who connects, for the network. */
  get caller(): Caller {
    return { machine: this.sandbox?.machine ?? this.namespace.id.split('@')[0]!, sandbox: this.sandbox, namespace: this.namespace.id };
  }

  /** Opens a connection: its descriptor, or why there is none. */
  connect(address: string, port: number, protocol: Protocol = 'TCP'): number | ConnectProblem {
    const opened = connect(this.world, this.caller, address, port, protocol);
    if ('error' in opened) return opened.error;
    return this.#attach({ type: 'socket', connection: opened.connection.id, side: 'client' });
  }

  /** Listens at a port; with `read` the descriptor waits for a caller, and `accept` takes one. */
  listen(port: number, { protocol = 'TCP', isTls = false }: { readonly protocol?: Protocol; readonly isTls?: boolean } = {}): number {
    return this.#attach({ type: 'listener', port, ...(protocol !== 'TCP' && { protocol }), ...(isTls && { isTls }) });
  }

  /** A connection that waits at a listener; undefined if there is none. */
  accept(fd: number): number | undefined {
    const file = this.fileOf(fd);
    if (file?.type !== 'listener') return undefined;
    const [waiting] = this.world.connections.find('backlog', backlogOf(this.namespace.id, file.port, file.protocol));
    if (!waiting) return undefined;
    waiting.isPending = false;
    this.world.connections.put(waiting.id, waiting);
    return this.#attach({ type: 'socket', connection: waiting.id, side: 'server' });
  }

  /** Sends no more; what comes can still be read. */
  shutdown(fd: number): void {
    const file = this.fileOf(fd);
    const connection = file?.type === 'socket' ? this.world.connections.get(file.connection) : undefined;
    if (!connection || file?.type !== 'socket') return;
    connection.silent = [...(connection.silent ?? []), file.side];
    this.world.connections.put(connection.id, connection);
    tell(this.world, connection, file.side === 'client' ? 'server' : 'client');
  }

  /** Whether the other side of a connection speaks TLS. */
  isTls(fd: number): boolean {
    const file = this.fileOf(fd);
    return file?.type === 'socket' && (this.world.connections.get(file.connection)?.isTls ?? false);
  }

  /** The certificates by which the other side can be trusted; undefined where nobody looks. */
  authorityOf(fd: number): string | undefined {
    const file = this.fileOf(fd);
    const connection = file?.type === 'socket' ? this.world.connections.get(file.connection) : undefined;
    return connection && 'api' in connection.server ? this.world.traits.apiServer?.authority() : undefined;
  }

  /** The certificates that the other side shows; undefined where nobody looks at them. */
  certificateOf(fd: number, serverName: string): string | undefined {
    const file = this.fileOf(fd);
    const connection = file?.type === 'socket' ? this.world.connections.get(file.connection) : undefined;
    return connection && certificateOf(this.world, connection, serverName);
  }

  /** Starts a child. Throws `ExecError` if there is no such program. */
  spawn(spec: SpawnSpec): number {
    return spawn(this.world, this.namespace, this.process, spec);
  }

  /** Becomes another program (execve): what this one kept is gone. Throws `ExecError`. Whoever calls it answers `again`. */
  exec(spec: Pick<SpawnSpec, 'argv' | 'env'>): void {
    becomeProgram(this.world, this.process, spec);
  }

  /** A child that ended, taken off the table. */
  reap(pid = -1): { pid: number; exit: Exit } | undefined {
    for (const child of this.children()) {
      if ((pid !== -1 && child.pid !== pid) || !child.exit) continue;
      delete this.namespace.processes[child.pid];
      return { pid: child.pid, exit: child.exit };
    }
    return undefined;
  }

  children(): Process[] {
    return Object.values(this.namespace.processes).filter(({ ppid }) => ppid === this.process.pid);
  }

  /** False if there is no such process (or group, with a negative number). */
  kill(pid: number, signal: SignalName | ''): boolean {
    const targets = Object.values(this.namespace.processes).filter((one) =>
      pid === -1
        ? one.pid !== 1 && one !== this.process
        : pid < 0
          ? one.pgid === -pid
          : pid === 0
            ? one.pgid === this.process.pgid
            : one.pid === pid,
    );
    if (signal) for (const target of targets) sendSignal(this.namespace, target, signal);
    if (targets.length) return true;
    const machine = machineOfNamespace(this.world, this.namespace);
    return machine !== undefined && signalHostProcess(this.world, machine, pid, signal);
  }
}
