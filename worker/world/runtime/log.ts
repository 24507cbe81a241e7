// The log of a container: lines with the time of each, as the kubelet reads them from /var/log/pods. What a service printed at its start is not stored: it is a function of
// when that was. Old lines go when there are too many bytes.

import { programs } from '../programs/index.ts';
import { isService } from '../process/program.ts';
import { findContainer } from '../world.ts';
import type { World } from '../world.ts';
import { serviceContext } from './service.ts';

export interface LogEntry {
  /** Milliseconds. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** The line goes on in the next entry. */
  readonly partial?: boolean;
}

/** A part of the log, as it is stored: fields of each entry one after the other. */
interface Chunk {
  /** Number of the first entry, from the start of the container on. */
  readonly first: number;
  bytes: number;
  entries: (readonly [at: number, stream: 1 | 2, text: string, partial?: 1])[];
}

const [CHUNK_BYTES, MAX_BYTES] = [4096, 1_000_000];
const scopeOf = (container: string): string => `log/${container}`;

/** Adds what a process wrote. */
export function appendLog(world: World, container: string, stream: 'stdout' | 'stderr', text: string): void {
  if (text === '') return;
  const scope = scopeOf(container);
  const { state } = world;
  const head = state.get<{ chunks: number; dropped: number; bytes: number }>(scope, 'head') ?? { chunks: 0, dropped: 0, bytes: 0 };
  let chunk = head.chunks ? state.get<Chunk>(scope, String(head.chunks))! : undefined;
  const at = world.now();
  const code = stream === 'stdout' ? 1 : 2;
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (!chunk || chunk.bytes > CHUNK_BYTES) {
      if (chunk) state.set(scope, String(head.chunks), chunk);
      chunk = { first: chunk ? chunk.first + chunk.entries.length : 0, bytes: 0, entries: [] };
      head.chunks++;
    }
    const isWhole = line.endsWith('\n');
    const last = chunk.entries.at(-1);
    const content = isWhole ? line.slice(0, -1) : line;
    if (last?.[3] && last[1] === code)
      chunk.entries[chunk.entries.length - 1] = isWhole ? [last[0], code, last[2] + content] : [last[0], code, last[2] + content, 1];
    else chunk.entries.push(isWhole ? [at, code, content] : [at, code, content, 1]);
    chunk.bytes += line.length + 40;
    head.bytes += line.length + 40;
  }
  if (chunk) state.set(scope, String(head.chunks), chunk);
  while (head.bytes > MAX_BYTES && head.dropped < head.chunks - 1) {
    head.bytes -= state.get<Chunk>(scope, String(++head.dropped))!.bytes;
    state.delete(scope, String(head.dropped));
  }
  state.set(scope, 'head', head);
  world.hooks.logged(container, stream, text);
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Where to go on reading. */
  readonly next: number;
}

/** Entries from a number on (0 is the first ever); what was dropped is left out. A line that does not end yet is, too, unless it is asked for (`begun`). */
export function readLog(world: World, container: string, from = 0, begun = false): LogPage {
  const early = startEntries(world, container);
  const scope = scopeOf(container);
  const head = world.state.get<{ chunks: number; dropped: number }>(scope, 'head');
  const entries: LogEntry[] = early.slice(from);
  let next = Math.max(from, early.length);
  for (let i = (head?.dropped ?? 0) + 1; i <= (head?.chunks ?? 0); i++) {
    const chunk = world.state.get<Chunk>(scope, String(i))!;
    const first = early.length + chunk.first;
    if (first + chunk.entries.length <= next) continue;
    for (const [at, code, text, partial] of chunk.entries.slice(Math.max(0, next - first)))
      entries.push({ at, stream: code === 1 ? 'stdout' : 'stderr', text, ...(partial && { partial: true }) });
    next = first + chunk.entries.length;
  }
  // As containerd does, a line is there when it is whole, or when its writer is gone.
  if (!begun && entries.at(-1)?.partial && findContainer(world, container)?.container.state === 'running') {
    entries.pop();
    next--;
  }
  return { entries, next };
}

/** So many parts of a log make a file: then it is rotated. */
const FILE_CHUNKS = 128;

/** With which entry the file begins that is written to now. */
export function firstOfFile(world: World, container: string): number {
  const scope = scopeOf(container);
  const chunks = world.state.get<{ readonly chunks: number }>(scope, 'head')?.chunks ?? 0;
  const before = Math.floor(Math.max(0, chunks - 1) / FILE_CHUNKS) * FILE_CHUNKS;
  if (before === 0) return 0;
  return startEntries(world, container).length + world.state.get<Chunk>(scope, String(before + 1))!.first;
}

function startEntries(world: World, id: string): LogEntry[] {
  const found = findContainer(world, id);
  if (!found?.container.startedAt) return [];
  const { container, sandbox } = found;
  const program = programs.get(container.main);
  if (!program || !isService(program) || container.service === undefined) return [];
  const lines = program.startLines?.(container.service, serviceContext(world, sandbox, container)) ?? [];
  return lines.map(({ after, stream, text }) => ({ at: container.startedAt + after, stream, text }));
}

export const logBytes = ({ state }: World, container: string): number =>
  state.get<{ readonly bytes: number }>(scopeOf(container), 'head')?.bytes ?? 0;

export function dropLog(world: World, container: string): void {
  const scope = scopeOf(container);
  for (const [key] of world.state.entries(scope)) world.state.delete(scope, key);
}
