// What a shell remembers: variables, functions, traps, jobs, and where in its script it stands. All of it is plain data, kept in its process.

import type { SignalName } from '../process/process.ts';
import type { Ref } from './parse.ts';

export type Flavour = 'ash' | 'dash' | 'bash';

export interface Shell {
  readonly flavour: Flavour;
  /** `$0`, and how it calls itself in messages. */
  name: string;
  /** Where its commands come from, for messages. */
  origin: 'command' | 'file' | 'input';
  interactive: boolean;
  /** Texts whose trees are in use. */
  sources: string[];
  /** What it is doing, the innermost last. */
  frames: Frame[];
  /** `$?` */
  status: number;
  /** Of the last command substitution of the command at hand. */
  substituted: number;
  variables: Record<string, Variable>;
  functions: Record<string, Ref>;
  params: string[];
  /** Letters that are set: `e`, `u`, `x`, `f`, `n`, `C`, `a`, `m`. */
  options: string;
  pipefail: boolean;
  traps: Record<string, string>;
  /** Signals with a trap that has not run yet. */
  pending: SignalName[];
  jobs: Job[];
  /** Commands of `<( )` that nobody waits for, until they have ended. */
  strays?: readonly number[] | undefined;
  /** `$!` */
  lastJob: number;
  /** `$$`: of the shell itself, also in what it forked. */
  readonly pid: number;
  /** A fork of a shell. */
  isSubshell: boolean;
  line: number;
  readonly startedAt: number;
  aliases: Record<string, string>;
  /** What was read of the next command, which is not whole yet. */
  partial: string;
  directories: string[];
}

export interface Variable {
  value: string | Record<string, string>;
  exported?: boolean;
  readOnly?: boolean;
  integer?: boolean;
  /** Declared and not set. */
  unset?: boolean;
}

export interface Job {
  readonly id: number;
  readonly pids: number[];
  readonly pgid: number;
  readonly text: string;
  state: 'running' | 'stopped' | 'done';
  status: number;
  notified?: boolean;
}

/** Descriptors to be put back: the number, and where it was saved (-1: it was closed). */
export type Saved = readonly (readonly [fd: number, saved: number])[];

interface FrameOf<Type extends string> {
  readonly type: Type;
  /** Its status decides something: `set -e` does not look at it. */
  tested?: true;
}

export type Frame =
  | (FrameOf<'list'> & { readonly node: Ref; at: number })
  | (FrameOf<'statement'> & { readonly node: Ref; at: number })
  | (FrameOf<'pipeline'> & { readonly node: Ref; started: boolean; begin: number })
  | (FrameOf<'command'> & { readonly node: Ref; memo: Memo })
  | (FrameOf<'redirected'> & { readonly saved: Saved })
  | (FrameOf<'if'> & { readonly node: Ref; clause: number; asked: boolean })
  | (FrameOf<'loop'> & { readonly node: Ref; phase: 'ask' | 'judge'; result: number })
  | (FrameOf<'for'> & { readonly node: Ref; items: string[] | null; at: number; memo: Memo; result: number })
  | (FrameOf<'count'> & { readonly node: Ref; phase: 'first' | 'ask' | 'next'; memo: Memo; result: number })
  | (FrameOf<'case'> & { readonly node: Ref; item: number; memo: Memo; done: boolean })
  | (FrameOf<'substitution'> & { readonly key: string; readonly pid: number; readonly fd: number; output: string; ended: boolean })
  /** A command that a word names is there for as long as the command with that word runs. */
  | (FrameOf<'process'> & { readonly pid: number; readonly fd: number })
  | (FrameOf<'wait'> & { readonly pids: number[]; statuses: (number | null)[]; readonly job?: string; readonly quiet?: boolean })
  | (FrameOf<'call'> & { readonly params: string[]; locals: Record<string, Variable | null>; readonly name: string })
  | (FrameOf<'source'> & { readonly params: string[] | null })
  | (FrameOf<'temporary'> & { readonly before: Record<string, Variable | null> })
  | FrameOf<'result'>
  | (FrameOf<'trap'> & { readonly status: number })
  | (FrameOf<'builtin'> & { readonly name: string; readonly argv: string[]; data: BuiltinState })
  | (FrameOf<'bypass'> & { readonly argv: string[] })
  | (FrameOf<'input'> & { readonly fd: number; prompted: boolean; text?: string })
  | (FrameOf<'end'> & { readonly status: number; trapped: boolean });

/** What the words of a command came to so far, by their nodes: expanding goes on from there after a command substitution, and nothing happens twice. */
export type Memo = Record<string, string>;

/** What a builtin that waits keeps. */
export interface BuiltinState {
  text?: string;
  until?: number;
  pids?: number[];
}

/** A new shell. */
export const newShell = (flavour: Flavour, name: string, pid: number, now: number): Shell => ({
  flavour,
  name,
  origin: 'command',
  interactive: false,
  sources: [],
  frames: [],
  status: 0,
  substituted: 0,
  variables: {},
  functions: {},
  params: [],
  options: '',
  pipefail: false,
  traps: {},
  pending: [],
  jobs: [],
  lastJob: 0,
  pid,
  isSubshell: false,
  line: 1,
  startedAt: now,
  aliases: {},
  partial: '',
  directories: [],
});

/** A copy that goes on by itself. */
export const forkShell = (shell: Shell, frames: Frame[]): Shell => ({
  ...(JSON.parse(JSON.stringify({ ...shell, frames: [], jobs: [], strays: [] })) as Shell),
  frames: JSON.parse(JSON.stringify(frames)) as Frame[],
  interactive: false,
  isSubshell: true,
  traps: Object.fromEntries(Object.entries(shell.traps).filter(([, action]) => action === '')),
});
