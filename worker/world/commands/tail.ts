// tail: the last lines, or bytes; a file that grows is followed.

import type { Next } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { FileError } from '../files/error.ts';
import { linesOf, countOf, modern } from './text-lines.ts';
import { complainOf, isBusybox, options, steppedTool } from './tool.ts';

interface TailState {
  /** What is read to its end: standard input, or a pipe that has a name. */
  fd: number;
  files: { path: string; size: number }[];
  rest: string;
  /** So much is read before it is looked at what of it is needed. */
  trimAt: number;
  follows: boolean;
  last: number;
  phase: 'read' | 'follow';
}

/** A descriptor by its name. */
const PIPE = /^-$|^\/dev\/(?:stdin|fd\/\d+)$/;

/** How often a followed file is looked at. */
const FOLLOW_MS = 1000;
const TRIM_AT = 1_000_000;

export const tail = steppedTool('tail', tailStep);

function tailStep(system: System): Next {
  if (system.process.data === null) modern(system);
  const given = options(system, 'n:c:fFqvs:', ['lines=', 'bytes=', 'follow', 'follow=', 'quiet', 'retry', 'pid=', 'sleep-interval='], {
    aliases: { lines: 'n', bytes: 'c', follow: 'f', quiet: 'q', F: 'f' },
  });
  const text = given.get('c') ?? given.get('n') ?? '10';
  const count = countOf(system, text, given.has('c'));
  const part = (content: string): string => {
    if (given.has('c')) return text.startsWith('+') ? content.slice(count - 1) : count === 0 ? '' : content.slice(-count);
    const lines = linesOf(content);
    return (text.startsWith('+') ? lines.slice(Math.max(0, count - 1)) : count === 0 ? [] : lines.slice(-count)).join('');
  };
  const header = (path: string): string => `==> ${path === '-' ? 'standard input' : path} <==\n`;
  let state = system.process.data as TailState | null;
  let status = 0;
  if (!state) {
    system.process.data = state = { fd: 0, files: [], rest: '', trimAt: TRIM_AT, follows: given.has('f'), last: 0, phase: 'read' };
    const [first = ''] = given.rest;
    if (given.rest.length === 1 && PIPE.test(first)) state.fd = first === '-' ? 0 : system.open(first, 'r');
    else if (given.rest.length) {
      for (const [i, path] of given.rest.entries()) {
        try {
          const content = system.files.read(system.path(path));
          if (given.rest.length > 1 && !given.has('q')) system.out(`${i > 0 ? '\n' : ''}${header(path)}`);
          system.out(part(content));
          state.files.push({ path, size: content.length });
          state.last = state.files.length - 1;
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          if (isBusybox(system)) complainOf(system, path, error);
          else system.err(`tail: cannot open '${path}' for reading: ${error.message}\n`);
          status = 1;
        }
      }
      if (!state.follows) return { exit: status };
      if (!state.files.length) {
        if (!isBusybox(system)) system.err('tail: no files remaining\n');
        else system.err('tail: no files\n');
        return { exit: 1 };
      }
      state.phase = 'follow';
    }
  }
  if (state.phase === 'read') {
    for (;;) {
      const data = system.read(state.fd);
      if (data === undefined) return { wait: { read: state.fd } };
      if (data === null) break;
      state.rest += data;
      // What can no longer be among the last is not held.
      if (!text.startsWith('+') && state.rest.length > state.trimAt) {
        state.rest = part(state.rest);
        state.trimAt = 2 * state.rest.length + TRIM_AT;
      }
    }
    system.out(part(state.rest));
    return { exit: 0 };
  }
  for (const [i, file] of state.files.entries()) {
    const content = system.find(file.path)?.content ?? '';
    if (content.length < file.size) file.size = 0;
    if (content.length === file.size) continue;
    if (state.last !== i && state.files.length > 1) system.out(`\n${header(file.path)}`);
    state.last = i;
    system.out(content.slice(file.size));
    file.size = content.length;
  }
  return { wait: { until: system.now() + FOLLOW_MS } };
}
