// Open files: reading, writing, closing, whatever is behind a descriptor. Mirrors read(2), write(2) and close(2), without ever blocking: the caller waits.

import { appendLog } from '../runtime/log.ts';
import type { World } from '../world.ts';
import { FileError } from '../files/error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { backlogOf, closeSide, readSocket, writeSocket } from '../network/connection.ts';
import type { OpenFile, OpenFileKind, PidNamespace, Process } from './process.ts';
import { BrokenPipe, isBehind, PIPE_BYTES, writeSession } from './session.ts';
import { cooked } from './tty.ts';

export function openFile(namespace: PidNamespace, kind: OpenFileKind): string {
  const id = String(namespace.nextFile++);
  namespace.files[id] = { refs: 0, ...kind };
  return id;
}

export function newPipe(namespace: PidNamespace, pipe = String(namespace.nextFile++)): { pipe: string; reader: string; writer: string } {
  namespace.pipes[pipe] = { data: '', readers: 0, writers: 0 };
  return {
    pipe,
    reader: openFile(namespace, { type: 'pipe', pipe, end: 'read' }),
    writer: openFile(namespace, { type: 'pipe', pipe, end: 'write' }),
  };
}

/** Gives a process one more descriptor of an open file. */
export function attach(world: World, namespace: PidNamespace, process: Process, fd: number, id: string): void {
  const file = namespace.files[id]!;
  if (file.refs++ === 0 && file.type === 'pipe') {
    const pipe = namespace.pipes[file.pipe]!;
    if (file.end === 'read') pipe.readers++;
    else pipe.writers++;
  }
  const old = process.fds[fd];
  process.fds[fd] = id;
  if (old !== undefined) release(world, namespace, old);
}

export function closeFd(world: World, namespace: PidNamespace, process: Process, fd: number): boolean {
  const id = process.fds[fd];
  if (id === undefined) return false;
  delete process.fds[fd];
  release(world, namespace, id);
  return true;
}

function release(world: World, namespace: PidNamespace, id: string): void {
  const file = namespace.files[id];
  if (!file || --file.refs > 0) return;
  delete namespace.files[id];
  if (file.type === 'pipe') {
    const pipe = namespace.pipes[file.pipe];
    if (!pipe) return;
    if (file.end === 'read') pipe.readers--;
    else pipe.writers--;
    if (pipe.readers + pipe.writers === 0) delete namespace.pipes[file.pipe];
  } else if (file.type === 'socket') closeSide(world, file.connection, file.side);
}

/** Bytes; null at the end; undefined if there is nothing yet. */
export function readFile(world: World, namespace: PidNamespace, files: FileSystem, file: OpenFile, max: number): string | null | undefined {
  switch (file.type) {
    case 'pipe': {
      const pipe = namespace.pipes[file.pipe]!;
      if (pipe.data === '') return pipe.writers > 0 ? undefined : null;
      const out = pipe.data.slice(0, max);
      pipe.data = pipe.data.slice(out.length);
      return out;
    }
    case 'tty': {
      const tty = namespace.ttys[file.tty];
      if (!tty || (tty.hungUp && tty.input === '')) return null;
      if (tty.input !== '') {
        const newline = tty.raw ? -1 : tty.input.indexOf('\n');
        const out = tty.input.slice(0, Math.min(max, newline < 0 ? tty.input.length : newline + 1));
        tty.input = tty.input.slice(out.length);
        return out;
      }
      if (!tty.eof) return undefined;
      tty.eof = false;
      return null;
    }
    case 'file': {
      const content = files.whole.read(file.path || '/');
      if (file.offset >= content.length) return null;
      const out = content.slice(file.offset, file.offset + max);
      file.offset += out.length;
      return out;
    }
    case 'device':
      return readDevice(world, file.name, max);
    case 'socket':
      return readSocket(world, file.connection, file.side, max);
    default:
      return null;
  }
}

function readDevice(world: World, name: string, max: number): string | null {
  if (name === 'zero' || name === 'full') return '\0'.repeat(Math.min(max, 65_536));
  if (name !== 'random') return null;
  let out = '';
  for (let i = 0; i < Math.min(max, 4096); i++) out += String.fromCharCode(world.random.below(256));
  return out;
}

/** Throws BrokenPipe or FileError. */
export function writeFile(world: World, namespace: PidNamespace, process: Process, files: FileSystem, file: OpenFile, data: string): void {
  switch (file.type) {
    case 'pipe': {
      const pipe = namespace.pipes[file.pipe]!;
      if (!pipe.readers) throw new BrokenPipe();
      pipe.data += data;
      return;
    }
    case 'tty': {
      const tty = namespace.ttys[file.tty];
      if (!tty || tty.hungUp) return;
      const text = cooked(tty, data);
      if (tty.session) writeSession(world, namespace, tty.session, 'stdout', text);
      else appendLog(world, process.container, 'stdout', text);
      return;
    }
    case 'log':
      return appendLog(world, process.container, file.stream, data);
    case 'session':
      return writeSession(world, namespace, file.session, file.stream, data);
    case 'file': {
      const path = file.path || '/';
      if (file.flags.includes('a')) files.whole.append(path, data);
      else {
        const content = files.whole.find(path)?.content ?? '';
        files.whole.write(path, content.slice(0, file.offset).padEnd(file.offset, '\0') + data + content.slice(file.offset + data.length));
      }
      file.offset += data.length;
      return;
    }
    case 'socket':
      return writeSocket(world, file.connection, file.side, data);
    case 'device':
      if (file.name === 'full') throw new FileError('ENOSPC', '/dev/full');
      return;
    case 'listener':
      throw new FileError('EINVAL', '');
  }
}

export function isReadable(world: World, namespace: PidNamespace, file: OpenFile | undefined): boolean {
  switch (file?.type) {
    case 'pipe': {
      const pipe = namespace.pipes[file.pipe]!;
      return pipe.data !== '' || pipe.writers === 0;
    }
    case 'tty': {
      const tty = namespace.ttys[file.tty];
      return !tty || tty.input !== '' || tty.eof || tty.hungUp;
    }
    case 'socket':
      return readSocket(world, file.connection, file.side, 0) !== undefined;
    case 'listener':
      return world.connections.count('backlog', backlogOf(namespace.id, file.port, file.protocol)) > 0;
    default:
      return true;
  }
}

export function isWritable(namespace: PidNamespace, file: OpenFile | undefined): boolean {
  if (file?.type === 'session') return !isBehind(namespace.sessions[file.session]);
  if (file?.type !== 'pipe') return true;
  const pipe = namespace.pipes[file.pipe]!;
  return pipe.readers === 0 || pipe.data.length < PIPE_BYTES;
}
