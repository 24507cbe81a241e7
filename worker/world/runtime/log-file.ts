// The log of a container as files on its machine: `0.log` in the format of the container runtime interface, and what was rotated out of it. Mirrors containerd's
// internal/cri/io/logger.go and pkg/kubelet/logs. Differs: a file is rotated at half a megabyte, because that is what a log may keep.

import type { Inode } from '../files/inode.ts';
import type { World } from '../world.ts';
import { firstOfFile, readLog } from './log.ts';
import type { LogEntry } from './log.ts';
import type { Container } from './sandbox.ts';

export interface LogFile {
  readonly name: string;
  readonly inode: Inode;
}

/** Text that was made, so that whoever follows a file does not pay for all of it again and again. */
interface Made {
  readonly from: number;
  /** What its program printed at its start is not counted once it has ended. */
  readonly state: Container['state'];
  next: number;
  text: string;
  mtime: number;
}

type Text = Pick<Made, 'text' | 'mtime'>;

const made = new WeakMap<World, Map<string, Made>>();
/** So many texts are kept. */
const KEPT = 64;

/** The file that is written to comes last. */
export function logFiles(world: World, container: Container): LogFile[] {
  const from = firstOfFile(world, container.id);
  const current: LogFile = { name: `${container.attempt}.log`, inode: inodeOf(container, () => currentText(world, container, from)) };
  if (from === 0) return [current];
  const before = (): Text => {
    const entries = readLog(world, container.id).entries;
    const { entries: later } = readLog(world, container.id, from);
    return textOf(entries.slice(0, entries.length - later.length));
  };
  const [first] = readLog(world, container.id, from).entries;
  return [{ name: `${container.attempt}.log.${stampOf(first?.at ?? 0)}`, inode: inodeOf(container, before) }, current];
}

/** Made when somebody reads it, or wants to know its size. */
function inodeOf({ startedAt }: Container, make: () => Text): Inode {
  let known: Text | undefined;
  return {
    type: 'file',
    mode: 0o640,
    uid: 0,
    gid: 0,
    get mtime() {
      return (known ??= make()).mtime || startedAt;
    },
    get content() {
      return (known ??= make()).text;
    },
  };
}

function currentText(world: World, { id, state }: Container, from: number): Made {
  let texts = made.get(world);
  if (!texts) made.set(world, (texts = new Map()));
  let known = texts.get(id);
  if (known?.from !== from || known.state !== state) known = { from, state, next: from, text: '', mtime: 0 };
  const { entries, next } = readLog(world, id, known.next);
  const more = textOf(entries);
  known = { from, state, next, text: known.text + more.text, mtime: more.mtime || known.mtime };
  texts.delete(id);
  texts.set(id, known);
  if (texts.size > KEPT) texts.delete(texts.keys().next().value!);
  return known;
}

/** `2026-01-01T00:00:00.000000000Z stdout F hello`. */
const lineOf = ({ at, stream, text, partial }: LogEntry): string =>
  `${new Date(at).toISOString().slice(0, -1)}000000Z ${stream} ${partial ? 'P' : 'F'} ${text}\n`;

const textOf = (entries: readonly LogEntry[]): Text => ({
  text: entries.map(lineOf).join(''),
  mtime: entries.at(-1)?.at ?? 0,
});

/** `20260101-000000` */
const stampOf = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
