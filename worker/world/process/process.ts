// Processes, as plain data: what runs in a container or on a machine, where each stands, and what it waits for. Saved whenever all of them wait, so that an eviction
// changes nothing. Processes that see each other are one record: a PID namespace.

import type { Protocol } from '../network/connection.ts';

export interface PidNamespace {
  /** Of a container, of a sandbox whose containers share one, or of a machine. */
  readonly id: string;
  /** Of a machine, no sandbox. */
  readonly sandbox: string;
  nextPid: number;
  nextFile: number;
  processes: Record<string, Process>;
  /** Open files, by their ids; several descriptors may mean the same one. */
  files: Record<string, OpenFile>;
  pipes: Record<string, Pipe>;
  ttys: Record<string, Tty>;
  sessions: Record<string, Session>;
}

/** Somebody outside runs a command here: `kubectl exec`, a probe. */
export interface Session {
  readonly pid: number;
  /** What came out is kept here, for a caller that only wants the end of it; else it is told as it comes. */
  readonly captures: boolean;
  output: string;
  /** A process elsewhere that runs it (`crictl exec`), and reads what comes out. */
  readonly relay?: Relay;
  /** Where its input comes from. */
  readonly stdin: string;
  readonly tty: string;
  exit: Exit | null;
  /** Why nothing was run. */
  readonly error?: string;
}

export interface Relay {
  readonly namespace: string;
  readonly pid: number;
  /** What was not read yet. */
  pieces: (readonly [stream: 'stdout' | 'stderr', text: string])[];
}

export interface Process {
  readonly pid: number;
  ppid: number;
  pgid: number;
  /** Of the first process of a session. */
  readonly session?: string;
  /** Of which container; '' on the machine itself. */
  readonly container: string;
  program: string;
  argv: string[];
  /** Null: the container's own. */
  env: Record<string, string> | null;
  cwd: string;
  /** What it calls `/`, as a path of its container: only after chroot(2). */
  root?: string;
  umask: number;
  uid: number;
  gid: number;
  groups: readonly number[];
  /** Open file of each descriptor. */
  fds: Record<string, string>;
  /** Whatever the program keeps. */
  data: unknown;
  /** Null: it can go on. */
  wait: Wait | null;
  /** Signals that came and were not looked at. */
  signals: SignalName[];
  /** Signals that do nothing here and in what it starts. */
  ignored: SignalName[];
  stopped: boolean;
  readonly startedAt: number;
  /** Milliseconds of processor time. */
  cpu: number;
  /** Commands elsewhere whose output it reads. */
  relays?: readonly SessionPlace[];
  /** How it ended; its parent has not asked yet. */
  exit: Exit | null;
}

export interface SessionPlace {
  readonly namespace: string;
  readonly id: string;
}

type Begun = Pick<Process, 'pid' | 'ppid' | 'pgid' | 'container' | 'program' | 'argv' | 'cwd' | 'startedAt'> & Partial<Process>;

/** A process as it begins: root's, with no file open, unless something else is given. */
export const newProcess = (given: Begun): Process => ({
  env: null,
  umask: 0o22,
  uid: 0,
  gid: 0,
  groups: [],
  fds: {},
  data: null,
  wait: null,
  signals: [],
  ignored: [],
  stopped: false,
  cpu: 0,
  exit: null,
  ...given,
});

export interface Exit {
  readonly code: number;
  readonly signal?: SignalName;
}

/** Any one of these ends the wait. */
export interface Wait {
  readonly until?: number;
  /** A descriptor with something to read, or at its end. */
  readonly read?: number;
  /** Other descriptors with something to read. */
  readonly reads?: readonly number[];
  /** A descriptor that can be written without growing over its bounds. */
  readonly write?: number;
  /** A child that ended; -1 for any. */
  readonly child?: number;
  /** A command elsewhere that wrote something, or ended. */
  readonly session?: SessionPlace;
  /** A tool that runs outside the core. */
  readonly job?: string;
}

export const SIGNALS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  WINCH: 28,
} as const;

export type SignalName = keyof typeof SIGNALS;

/** `SIGTERM`, `TERM`, `15`. */
export function parseSignal(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (Object.hasOwn(SIGNALS, name)) return name as SignalName;
  return (Object.keys(SIGNALS) as SignalName[]).find((one) => String(SIGNALS[one]) === text);
}

export type OpenFile = { refs: number } & OpenFileKind;

export type OpenFileKind =
  /** A regular file or directory, by its canonical path in the container's tree. */
  | { readonly type: 'file'; readonly path: string; offset: number; readonly flags: string }
  | { readonly type: 'device'; readonly name: string }
  | { readonly type: 'pipe'; readonly pipe: string; readonly end: 'read' | 'write' }
  | { readonly type: 'tty'; readonly tty: string }
  /** The log of the container. */
  | { readonly type: 'log'; readonly stream: 'stdout' | 'stderr' }
  /** Somebody outside who runs a command here. */
  | { readonly type: 'session'; readonly session: string; readonly stream: 'stdout' | 'stderr' }
  | { readonly type: 'socket'; readonly connection: string; readonly side: 'client' | 'server' }
  | { readonly type: 'listener'; readonly port: number; readonly protocol?: Protocol; readonly isTls?: boolean };

export interface Pipe {
  data: string;
  readers: number;
  writers: number;
}

/** A terminal: what is typed goes through its line discipline to whoever reads, what is written goes to `session` or the log. */
export interface Tty {
  /** Whole lines (or, in raw mode, characters) that can be read. */
  input: string;
  /** The line being typed. */
  line: string;
  /** End of input was typed on an empty line. */
  eof: boolean;
  raw: boolean;
  echo: boolean;
  rows: number;
  columns: number;
  /** The process group that gets its signals. */
  foreground: number;
  /** '' for the container's own terminal. */
  session: string;
  hungUp: boolean;
}
