// A shell at work: its remembered state together with the system that it runs on, for the time of one step.

import type { CommandNode } from 'just-bash';
import { held } from '../process/memory.ts';
import type { System } from '../process/system.ts';
import { putElement } from './arrays.ts';
import type { ArrayValue } from './arrays.ts';
import { parseScript } from './parse.ts';
import type { Ref } from './parse.ts';
import type { Frame, Shell, Variable } from './state.ts';

/** Ends the command at hand, or the shell if it is not interactive. */
export class ShellError extends Error {
  readonly status: number;
  /** Also a shell that nobody types into goes on. */
  readonly isMild: boolean;
  constructor(message: string, status = 2, isMild = false) {
    super(message);
    this.status = status;
    this.isMild = isMild;
  }
}

export type CompoundOf<Type extends CommandNode['type']> = Extract<CommandNode, { type: Type }>;

const MAX_DEPTH = 2000;

export class Run {
  readonly system: System;
  readonly shell: Shell;

  /** What was done besides taking steps: expansions of long texts count for many. */
  #work = 0;

  constructor(system: System, shell: Shell) {
    this.system = system;
    this.shell = shell;
  }

  // --- Its share of the time ---

  work(steps: number): void {
    this.#work += steps;
  }

  /** What was done since it was last asked. */
  takeWork(): number {
    const done = this.#work;
    this.#work = 0;
    return done;
  }

  // --- Its script ---

  /** The node of a reference. */
  at<T>([source, node]: Ref): T {
    return parseScript(this.shell.sources[source]!).nodes[node] as T;
  }

  /** The reference of a node of the same source. */
  refOf([source]: Ref, node: object): Ref {
    return [source, parseScript(this.shell.sources[source]!).numbers.get(node)!];
  }

  /** Takes in a text: its place among the sources. */
  addSource(text: string): number {
    const { sources } = this.shell;
    const known = sources.indexOf(text);
    if (known >= 0) return known;
    if (sources.length > 40) this.#forgetSources();
    const free = sources.indexOf('');
    if (free >= 0) {
      sources[free] = text;
      return free;
    }
    return sources.push(text) - 1;
  }

  /** Texts that nothing refers to any more make room. */
  #forgetSources(): void {
    const used = new Set<number>();
    for (const frame of this.shell.frames) if ('node' in frame) used.add(frame.node[0]);
    for (const [source] of Object.values(this.shell.functions)) used.add(source);
    for (const i of this.shell.sources.keys()) if (!used.has(i)) this.shell.sources[i] = '';
  }

  push(frame: Frame): void {
    if (this.shell.frames.length > MAX_DEPTH) throw new ShellError('maximum function nesting level exceeded', 2);
    this.shell.frames.push(frame);
  }

  get top(): Frame | undefined {
    return this.shell.frames.at(-1);
  }

  // --- Variables ---

  lookup(name: string): Variable | undefined {
    return Object.hasOwn(this.shell.variables, name) ? this.shell.variables[name] : undefined;
  }

  get(name: string): string | undefined {
    const found = this.lookup(name);
    if (!found || found.unset) return this.#special(name);
    return typeof found.value === 'string' ? found.value : found.value['0'];
  }

  #special(name: string): string | undefined {
    const { shell, system } = this;
    switch (name) {
      case 'RANDOM':
        return shell.flavour === 'dash' ? undefined : String(system.random.below(32_768));
      case 'SECONDS':
        return shell.flavour === 'bash' ? String(Math.floor((system.now() - shell.startedAt) / 1000)) : undefined;
      case 'LINENO':
        return String(shell.line);
      case 'PPID':
        return String(system.process.ppid);
      case 'EPOCHSECONDS':
        return shell.flavour === 'dash' ? undefined : String(Math.floor(system.now() / 1000));
      case 'UID':
      case 'EUID':
        return shell.flavour === 'bash' ? String(system.process.uid) : undefined;
      case 'BASHPID':
        return shell.flavour === 'bash' ? String(system.process.pid) : undefined;
      case 'BASH_VERSION':
        return shell.flavour === 'bash' ? '5.2.37(1)-release' : undefined;
      default:
        return undefined;
    }
  }

  set(name: string, value: string, index?: string): void {
    const old = this.lookup(name);
    if (old?.readOnly)
      throw new ShellError(
        this.shell.flavour === 'bash' ? `${name}: readonly variable` : `${name}: is read only`,
        this.shell.flavour === 'bash' ? 1 : 2,
      );
    if (name === '__proto__') return;
    held(value);
    const next: Variable = old ? { ...old } : { value: '' };
    delete next.unset;
    if (index !== undefined || typeof next.value !== 'string') {
      const array: ArrayValue = typeof next.value === 'string' ? (old && !old.unset ? { 0: next.value } : {}) : next.value;
      putElement(array, index ?? '0', value);
      next.value = array;
    } else next.value = value;
    if (this.shell.options.includes('a')) next.exported = true;
    this.shell.variables[name] = next;
    if (name === 'OPTIND') delete this.shell.variables[' getopts'];
  }

  setArray(name: string, values: Record<string, string>): void {
    if (this.lookup(name)?.readOnly) throw new ShellError(`${name}: readonly variable`, 1);
    this.shell.variables[name] = { ...this.lookup(name), value: values };
    delete this.shell.variables[name].unset;
  }

  /** Exported variables, as a child gets them. */
  environment(): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [name, { exported, value, unset }] of Object.entries(this.shell.variables))
      if (exported && !unset && typeof value === 'string') out[name] = value;
    return out;
  }

  // --- Speaking ---

  /** An error message, in this shell's form. */
  complain(text: string, command = ''): void {
    this.system.err(`${this.prefix(command)}${text}\n`);
  }

  prefix(command = ''): string {
    const { flavour, interactive, name, line, origin } = this.shell;
    const said = command ? `${command}: ` : '';
    switch (flavour) {
      case 'bash':
        return `${interactive ? baseOf(name) : name}: ${interactive ? '' : `line ${line}: `}${said}`;
      case 'dash':
        return `${name}: ${line}: ${said}`;
      default:
        return `${name}: ${said}${command && (!interactive || origin === 'file') ? `line ${line}: ` : ''}`;
    }
  }
}

const baseOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1).replace(/^-/, '');
