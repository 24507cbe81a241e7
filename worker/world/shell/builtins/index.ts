// What a shell does itself. A group of builtins is a file, and a line here. A builtin gives its status, or what it waits for and is then called again; undefined when it
// left other frames to go on with.

import type { Frame } from '../state.ts';
import type { Run } from '../run.ts';
import type { Step } from '../step.ts';
import { flow } from './flow.ts';
import { jobs } from './jobs.ts';
import { output } from './output.ts';
import { read } from './read.ts';
import { places } from './places.ts';
import { variables } from './variables.ts';

export type Builtin = (run: Run, argv: readonly string[], frame: Extract<Frame, { type: 'builtin' }>) => number | Step;

let all: ReadonlyMap<string, Builtin> | undefined;

/** Made when first asked for: builtins call the shell, and the shell calls them. */
export const builtinOf = (name: string): Builtin | undefined =>
  (all ??= new Map([flow, variables, places, output, read, jobs].flatMap((group) => Object.entries(group)))).get(name);

/** Those whose assignments stay, and whose errors end a shell. */
export const SPECIAL: ReadonlySet<string> = new Set([
  ':',
  '.',
  'source',
  'break',
  'continue',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'trap',
  'unset',
]);
