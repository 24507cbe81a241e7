// What tools have in common: their options, their inputs, their complaints.

import { FileError } from '../files/error.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';

/** Whether the tools here are busybox's: they say things in their own way. */
export const isBusybox = (system: System): boolean => system.files.exists('/bin/busybox');

/** A tool that works in steps; a Refusal ends it, with its message (`say` has how it looks). */
export const steppedTool = (
  name: string,
  step: (system: System) => Next,
  say = (message: string, system: System): string => `${nameOf(system)}: ${message}\n`,
): Tool => ({
  name,
  step: (system) => {
    try {
      return step(system);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.message) system.err(say(error.message, system));
      return { exit: error.status };
    }
  },
});

/** A tool that is done at once. */
export const once = (name: string, act: (system: System, args: string[]) => number): Tool =>
  steppedTool(name, (system) => ({ exit: act(system, system.argv.slice(1)) }));

/** Ends a tool with what is wrong. */
export class Refusal extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** How a tool calls itself. */
export const nameOf = (system: System): string => {
  const name = system.argv[0] ?? system.process.program;
  return name.slice(name.lastIndexOf('/') + 1);
};

export interface Options {
  /** Those that were given, without dashes; with their value if they take one. */
  readonly on: ReadonlyMap<string, string>;
  /** Values of an option that may be given several times. */
  all(name: string): readonly string[];
  has(...names: string[]): boolean;
  get(...names: string[]): string | undefined;
  readonly rest: string[];
}

/**
 * Reads options as getopt_long(3) does. `letters`: single letters, followed by a colon if they take a value (`n:v`); `words`: long ones, followed by `=` if they
 * take a value. `stops`: the first argument that is no option ends them.
 */
export function options(
  system: System,
  letters: string,
  words: readonly string[] = [],
  {
    stops = false,
    aliases = {},
    args = system.argv.slice(1),
  }: { stops?: boolean; aliases?: Readonly<Record<string, string>>; args?: readonly string[] } = {},
): Options {
  const on = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const rest: string[] = [];
  const add = (given: string, value: string): void => {
    const name = aliases[given] ?? given;
    on.set(name, value);
    lists.set(name, [...(lists.get(name) ?? []), value]);
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = arg.slice(2, equals < 0 ? undefined : equals);
      const known = words.find((word) => word.replace(/=$/, '') === name) ?? words.find((word) => word.startsWith(name));
      if (!known) throw new Refusal(isBusybox(system) ? `unrecognized option: ${name}` : `unrecognized option '${arg}'`, 1);
      if (!known.endsWith('=')) add(known, '');
      else if (equals >= 0) add(known.slice(0, -1), arg.slice(equals + 1));
      else if (i + 1 < args.length) add(known.slice(0, -1), args[++i]!);
      else throw new Refusal(`option '--${name}' requires an argument`, 1);
      continue;
    }
    if (!/^-./.test(arg)) {
      rest.push(arg);
      if (stops) {
        rest.push(...args.slice(i + 1));
        break;
      }
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]!;
      const place = letters.indexOf(letter);
      if (place < 0 || letter === ':')
        throw new Refusal(isBusybox(system) ? `unrecognized option: ${letter}` : `invalid option -- '${letter}'`, 1);
      if (letters[place + 1] !== ':') {
        add(letter, '');
        continue;
      }
      const value = arg.slice(at + 1) || args[++i];
      if (value === undefined)
        throw new Refusal(isBusybox(system) ? `option requires an argument: ${letter}` : `option requires an argument -- '${letter}'`, 1);
      add(letter, value);
      break;
    }
  }
  return {
    on,
    rest,
    all: (name) => lists.get(name) ?? [],
    has: (...names) => names.some((name) => on.has(name)),
    get: (...names) => names.map((name) => on.get(name)).find((value) => value !== undefined),
  };
}

/** Complains about a file, in the words of the image's tools. */
export function complainOf(system: System, path: string, error: FileError, verb = 'open'): void {
  system.err(
    isBusybox(system) ? `${nameOf(system)}: can't ${verb} '${path}': ${error.message}\n` : `${nameOf(system)}: ${path}: ${error.message}\n`,
  );
}

/** A file's bytes, or undefined with a complaint. */
export function readOrComplain(system: System, path: string): string | undefined {
  try {
    return system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    complainOf(system, path, error);
    return undefined;
  }
}

/** What a tool that goes through its inputs keeps. */
export interface Reading {
  /** Inputs that are left; `-` is standard input. */
  readonly files: string[];
  at: number;
  fd: number;
  status: number;
  rest: string;
}

/**
 * Bytes of all inputs, one piece after the other: undefined while there are none, null at the end. Files that cannot be read are complained about, and left out.
 */
export function nextPiece(
  system: System,
  reading: Reading,
  complain: (system: System, path: string, error: FileError) => void = complainOf,
): string | null | undefined {
  for (;;) {
    if (reading.fd < 0) {
      const path = reading.files[reading.at];
      if (path === undefined) return null;
      if (path === '-') reading.fd = 0;
      else {
        try {
          reading.fd = system.open(path, 'r');
          if (system.find(path)?.type === 'dir') throw new FileError('EISDIR', path);
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          if (error.code === 'EISDIR' && isBusybox(system)) system.err(`${nameOf(system)}: read error: Is a directory\n`);
          else complain(system, path, error);
          reading.status = 1;
          if (reading.fd > 0) system.close(reading.fd);
          reading.fd = -1;
          reading.at++;
          continue;
        }
      }
    }
    const data = system.read(reading.fd);
    if (data !== null) return data;
    if (reading.fd > 0) system.close(reading.fd);
    reading.fd = -1;
    reading.at++;
    return '';
  }
}

export const newReading = (files: readonly string[]): Reading => ({
  files: files.length ? [...files] : ['-'],
  at: 0,
  fd: -1,
  status: 0,
  rest: '',
});

/** Options are read once, and kept with what was read so far. */
interface Kept<State> {
  reading: Reading;
  state: State;
}

/**
 * A tool that works through its inputs line by line, writing as it goes. `begin` gives what it keeps and which files it reads; `line` gets each line with its newline;
 * a number from it ends the tool.
 */
export function lineTool<State>(
  name: string,
  parts: {
    begin(system: System): { files: readonly string[]; state: State };
    line(system: System, line: string, state: State, reading: Reading): number | void;
    end(system: System, state: State, reading: Reading): number;
    /** `line` gets whatever comes, as it comes. */
    takesPieces?(state: State): boolean;
  },
): Tool {
  return steppedTool(name, go);

  function go(system: System): Next {
    let kept = system.process.data as Kept<State> | null;
    if (!kept) {
      const { files, state } = parts.begin(system);
      system.process.data = kept = { reading: newReading(files), state };
    }
    const { reading, state } = kept;
    for (;;) {
      if (!system.isWritable(1)) return { wait: { write: 1 } };
      const before = reading.at;
      const piece = nextPiece(system, reading);
      if (piece === undefined) return { wait: { read: reading.fd } };
      const isEnd = piece === null || reading.at !== before;
      const isTaken = isEnd || parts.takesPieces?.(state);
      // A line that does not end is only added to, not searched again and again.
      if (!isTaken && !piece!.includes('\n')) {
        reading.rest += piece!;
        continue;
      }
      const text = reading.rest + (piece ?? '');
      const whole = isTaken ? text.length : text.lastIndexOf('\n') + 1;
      reading.rest = text.slice(whole);
      for (let from = 0, to = 0; from < whole; from = to) {
        to = parts.takesPieces?.(state) ? whole : text.indexOf('\n', from) + 1 || whole;
        const status = parts.line(system, text.slice(from, to), state, reading);
        if (typeof status === 'number') return { exit: status };
      }
      if (piece === null) return { exit: parts.end(system, state, reading) };
    }
  }
}

/** A tool that reads all of its inputs before it answers. */
export function wholeTool(
  name: string,
  parts: {
    /** Which files it reads; none for standard input. */
    files(system: System): readonly string[];
    act(system: System, inputs: readonly { readonly name: string; readonly text: string }[], status: number): number;
  },
): Tool {
  return steppedTool(name, (system) => {
    let kept = system.process.data as { reading: Reading; texts: Record<string, string> } | null;
    if (!kept) system.process.data = kept = { reading: newReading(parts.files(system)), texts: {} };
    const { reading, texts } = kept;
    for (;;) {
      const { at } = reading;
      const piece = nextPiece(system, reading);
      if (piece === undefined) return { wait: { read: reading.fd } };
      if (piece === null) break;
      // An input that was skipped has no text at all.
      const key = String(reading.at > at && piece === '' ? reading.at - 1 : reading.at);
      texts[key] = (texts[key] ?? '') + piece;
    }
    const inputs = Object.entries(texts).map(([key, text]) => ({ name: reading.files[Number(key)]!, text }));
    return { exit: parts.act(system, inputs, reading.status) };
  });
}
