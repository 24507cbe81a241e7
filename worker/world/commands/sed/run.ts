// What a script of sed does to a line. What it keeps is plain data: between two lines, or in the middle of a script that wants the next line, anything may happen. Mirrors
// sed/execute.c of GNU sed.

import type { Pattern } from '../../../lib/pattern.ts';
import { FileError } from '../../files/error.ts';
import type { System } from '../../process/system.ts';
import { compile } from '../regexp.ts';
import type { Address, Command, Script, Substitution } from './parse.ts';
import { substituted, visible } from './text.ts';

export interface State {
  /** The line that is worked on, without its newline; null between lines. */
  pattern: string | null;
  hold: string;
  /** Whether the line ended in a newline. */
  hasNewline: boolean;
  line: number;
  /** At which command. */
  at: number;
  /** For `t`: something was substituted since the line was read. */
  isChanged: boolean;
  /** Of each command with a range that has begun: the line that ends it, -1 for the one that a pattern finds. */
  ranges: Record<string, number>;
  /** What goes out at the end of the cycle. */
  queue: string[];
  /** The expression that was used last. */
  lastSource: string;
  /** The script begins anew with what is left of its line (`D`). */
  restarts: boolean;
  /** What was written last had no newline. */
  owesNewline: boolean;
  /** Lines of files that `R` reads: how many were. */
  readonly taken: Record<string, number>;
}

export const newState = (): State => ({
  pattern: null,
  hold: '',
  hasNewline: true,
  line: 0,
  at: 0,
  isChanged: false,
  ranges: {},
  queue: [],
  lastSource: '',
  restarts: false,
  owesNewline: false,
  taken: {},
});

/** Where lines come from and go to. */
export interface Port {
  /** The next line with its newline, null at the end, undefined while there is none. */
  next(): string | null | undefined;
  /** Whether the line that was read last is the last; undefined while nobody knows. */
  isLast(): boolean | undefined;
  out(text: string): void;
  fileName(): string;
  readonly separator: string;
}

/** `wait`: for input. */
export type Outcome = 'done' | 'wait' | { readonly exit: number };

/** A command needs a line that is not there yet: it begins anew when it is. */
class Waits extends Error {}

/** Works on lines until there is none. */
export function runScript(system: System, script: Script, state: State, port: Port): Outcome {
  try {
    return new Runner(system, script, state, port).run();
  } catch (error) {
    if (error instanceof Waits) return 'wait';
    throw error;
  }
}

const expressions = new WeakMap<Script, Map<string, Pattern>>();

class Runner {
  readonly #system: System;
  readonly #script: Script;
  readonly #state: State;
  readonly #port: Port;

  constructor(system: System, script: Script, state: State, port: Port) {
    this.#system = system;
    this.#script = script;
    this.#state = state;
    this.#port = port;
  }

  run(): Outcome {
    const state = this.#state;
    for (;;) {
      if (state.pattern === null || state.restarts) {
        if (!state.restarts && !this.#read()) return 'done';
        state.restarts = false;
        state.at = 0;
      }
      const { commands } = this.#script;
      while (state.at < commands.length) {
        const command = commands[state.at]!;
        const isMeant = this.#isSelected(command) !== command.negated;
        const outcome = isMeant ? this.#act(command) : undefined;
        if (!isMeant && command.end !== undefined) state.at = command.end;
        if (outcome === 'over') break;
        if (outcome) return outcome;
        state.at++;
      }
      // `D` goes on with what is left, and `d` has nothing to print.
      if (state.pattern !== null && !state.restarts && state.at >= commands.length) this.#print();
      this.#flush();
      if (!state.restarts) state.pattern = null;
    }
  }

  /** Takes the next line. False: there is none. */
  #read(): boolean {
    const state = this.#state;
    const line = this.#port.next();
    if (line === undefined) throw new Waits();
    if (line === null) return false;
    this.#take(line);
    state.isChanged = false;
    return true;
  }

  #take(line: string): void {
    const state = this.#state;
    state.hasNewline = line.endsWith(this.#port.separator);
    state.pattern = state.hasNewline ? line.slice(0, -1) : line;
    state.line++;
  }

  #write(text: string, hasNewline: boolean): void {
    const { separator } = this.#port;
    this.#port.out(`${this.#state.owesNewline ? separator : ''}${text}${hasNewline ? separator : ''}`);
    this.#state.owesNewline = !hasNewline;
  }

  /** Prints the line, unless only what is asked for is printed. */
  #print(): void {
    if (!this.#script.isQuiet) this.#write(this.#state.pattern!, this.#state.hasNewline);
  }

  /** What goes out at the end of a cycle. */
  #flush(): void {
    for (const text of this.#state.queue.splice(0)) {
      if (this.#state.owesNewline) this.#write('', true);
      this.#port.out(text);
    }
  }

  #isSelected(command: Command): boolean {
    const { from, to } = command;
    const state = this.#state;
    if (!from) return true;
    if (!to) return this.#matches(from);
    const key = String(state.at);
    const end = state.ranges[key];
    if (end === undefined) {
      const isFromStart = from.type === 'line' && from.line === 0;
      if (!(isFromStart ? state.line === 1 : this.#matches(from))) return false;
      const last = this.#endOf(to);
      if (last > state.line || last < 0) state.ranges[key] = last;
      if (isFromStart && this.#matches(to)) state.ranges[key] = 0;
      return true;
    }
    if (end >= 0 ? state.line <= end : true) {
      if (end >= 0 ? state.line === end : this.#matches(to)) this.#close(key, from);
      return true;
    }
    this.#close(key, from);
    return this.#matches(from) && from.type !== 'line';
  }

  /** A range that begins at a line begins once. */
  #close(key: string, from: Address): void {
    if (from.type === 'line') this.#state.ranges[key] = 0;
    else delete this.#state.ranges[key];
  }

  /** The line that ends a range which begins now; -1 where each has to be looked at. */
  #endOf(to: Address): number {
    const { line } = this.#state;
    if (to.type === 'line') return to.line;
    if (to.type === 'more') return line + to.lines;
    if (to.type === 'multiple') return to.of ? Math.ceil(line / to.of) * to.of : line;
    return -1;
  }

  #matches(address: Address): boolean {
    const { line, pattern } = this.#state;
    switch (address.type) {
      case 'line':
        return line === address.line;
      case 'last': {
        const isLast = this.#port.isLast();
        if (isLast === undefined) throw new Waits();
        return isLast;
      }
      case 'step':
        return address.step ? line >= address.first && (line - address.first) % address.step === 0 : line === address.first;
      case 'pattern':
        return this.#expression(address.source, address.folds).test(pattern!);
      default:
        return false;
    }
  }

  #expression(source: string, folds: boolean): Pattern {
    const state = this.#state;
    if (source !== '') state.lastSource = source;
    const key = `${folds ? 'i' : ''}/${state.lastSource}`;
    let known = expressions.get(this.#script);
    if (!known) expressions.set(this.#script, (known = new Map<string, Pattern>()));
    let found = known.get(key);
    if (!found) {
      const plain = state.lastSource.replaceAll(/\\([^])/g, (all, char: string) => ({ n: '\n', t: '\t' })[char] ?? all);
      found = compile(this.#system, plain, this.#script.dialect, { ignoresCase: folds, isDotAll: true });
      known.set(key, found);
    }
    return found;
  }

  /** `over`: the cycle ends here, and nothing is printed. */
  #act(command: Command): Outcome | 'over' | undefined {
    const state = this.#state;
    const { text, other } = command;
    const pattern = state.pattern!;
    switch (command.name) {
      case '=':
        return (this.#write(String(state.line), true), undefined);
      case 'a':
        state.queue.push(`${text}\n`);
        return undefined;
      case 'i':
        return (this.#write(text, true), undefined);
      case 'c':
        if (!command.to || command.negated || state.ranges[String(state.at)] === undefined || state.ranges[String(state.at)] === 0)
          this.#write(text, true);
        return 'over';
      case 'd':
        return 'over';
      case 'D':
        if (!pattern.includes('\n')) return 'over';
        state.pattern = pattern.slice(pattern.indexOf('\n') + 1);
        state.restarts = true;
        return 'over';
      case 'p':
        return (this.#write(pattern, true), undefined);
      case 'P':
        return (this.#write(pattern.split('\n')[0]!, true), undefined);
      case 'l':
        return (this.#write(visible(pattern, other === '' ? 70 : Number(other)), true), undefined);
      case 'g':
        state.pattern = state.hold;
        return undefined;
      case 'G':
        state.pattern = `${pattern}\n${state.hold}`;
        return undefined;
      case 'h':
        state.hold = pattern;
        return undefined;
      case 'H':
        state.hold += `\n${pattern}`;
        return undefined;
      case 'x':
        [state.pattern, state.hold] = [state.hold, pattern];
        return undefined;
      case 'n':
      case 'N':
        return this.#next(command.name === 'N');
      case 'q':
        this.#print();
        this.#flush();
        return { exit: Number(other) };
      case 'Q':
        return { exit: Number(other) };
      case 's':
        return (this.#substitute(command.substitution!), undefined);
      case 'y':
        state.pattern = [...pattern].map((char) => (text.includes(char) ? other[text.indexOf(char)]! : char)).join('');
        return undefined;
      case 'z':
        state.pattern = '';
        return undefined;
      case 'b':
        return this.#jump(text);
      case 't':
      case 'T': {
        const isMeant = state.isChanged === (command.name === 't');
        state.isChanged = false;
        return isMeant ? this.#jump(text) : undefined;
      }
      default:
        return this.#useFile(command, pattern);
    }
  }

  /** The next line, in place of this one or after it. */
  #next(appends: boolean): Outcome | undefined {
    const state = this.#state;
    const pattern = state.pattern!;
    const line = this.#port.next();
    if (line === undefined) throw new Waits();
    if (line === null) {
      this.#print();
      this.#flush();
      return 'done';
    }
    if (!appends) this.#print();
    this.#flush();
    this.#take(line);
    if (appends) state.pattern = `${pattern}\n${state.pattern}`;
    return undefined;
  }

  #jump(label: string): undefined {
    const { commands } = this.#script;
    this.#state.at = label === '' ? commands.length : commands.findIndex(({ name, text }) => name === ':' && text === label);
    return undefined;
  }

  #useFile({ name, text }: Command, pattern: string): undefined {
    const state = this.#state;
    if (name === 'F') this.#write(this.#port.fileName(), true);
    if (name === 'w') this.#append(text, `${pattern}\n`);
    if (name === 'W') this.#append(text, `${pattern.split('\n')[0]}\n`);
    if (name !== 'r' && name !== 'R') return undefined;
    const content = this.#fileText(text);
    if (name === 'r' && content !== '') state.queue.push(content);
    if (name === 'R') {
      const at = state.taken[text] ?? 0;
      const line = content.split('\n')[at];
      state.taken[text] = at + 1;
      if (line !== undefined && (line !== '' || content.split('\n').length > at + 1)) state.queue.push(`${line}\n`);
    }
    return undefined;
  }

  /** What is not there reads as nothing. */
  #fileText(path: string): string {
    try {
      return this.#system.files.read(this.#system.path(path));
    } catch (error) {
      if (error instanceof FileError) return '';
      throw error;
    }
  }

  #append(path: string, text: string): void {
    if (path === '/dev/stdout') this.#port.out(text);
    else if (path === '/dev/stderr') this.#system.err(text);
    else this.#system.files.append(this.#system.path(path), text);
  }

  #substitute(given: Substitution): void {
    const state = this.#state;
    const pattern = state.pattern!;
    const expression = this.#expression(given.source, given.folds);
    const changed = substituted(pattern, expression, given);
    if (changed === undefined) return;
    state.pattern = changed;
    state.isChanged = true;
    if (given.prints) this.#write(state.pattern, true);
    if (given.file !== '') this.#append(given.file, `${state.pattern}\n`);
  }
}
