// sed: lines, changed as they come. Mirrors GNU's and busybox's; what makes a difference is how they complain.

import { FileError } from '../../files/error.ts';
import type { Next } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { isBusybox, nameOf, newReading, nextPiece, options, Refusal, steppedTool } from '../tool.ts';
import type { Reading } from '../tool.ts';
import { Parser, ScriptError } from './parse.ts';
import type { Problem, Script } from './parse.ts';
import { newState, runScript } from './run.ts';
import type { Port, State } from './run.ts';

/** What it keeps while it waits. */
interface Kept {
  readonly reading: Reading;
  /** Whole lines that were read and not worked on. */
  lines: string[];
  rest: string;
  state: State;
}

interface Asked {
  readonly script: Script;
  readonly files: readonly string[];
  /** Files are written anew; with this behind the name of what they were, if it is not ''. */
  readonly suffix: string | undefined;
  readonly isSeparate: boolean;
  readonly separator: string;
}

const scripts = new WeakMap<System['process'], Asked>();

export const sed = steppedTool('sed', (system) => {
  if (system.argv[1] === '--version') {
    system.out(isBusybox(system) ? 'This is not GNU sed version 4.0\n' : 'sed (GNU sed) 4.9\n');
    return { exit: 0 };
  }
  const asked = scripts.get(system.process) ?? read(system);
  scripts.set(system.process, asked);
  if (asked.suffix !== undefined || asked.isSeparate) return { exit: rewrite(system, asked) };
  const kept = (system.process.data ??= {
    reading: newReading(asked.files),
    lines: [],
    rest: '',
    state: newState(),
  } satisfies Kept) as Kept;
  return stream(system, asked, kept);
});

/** Works on what is there, and waits for more. */
function stream(system: System, { script, separator }: Asked, kept: Kept): Next {
  const { reading } = kept;
  const outcome = runScript(system, script, kept.state, portOf(system, kept, separator));
  if (outcome === 'wait') return system.isWritable(1) ? { wait: { read: reading.fd } } : { wait: { write: 1 } };
  return { exit: outcome === 'done' ? reading.status && (isBusybox(system) ? 1 : 2) : outcome.exit };
}

function portOf(system: System, kept: Kept, separator: string): Port {
  const { reading } = kept;
  /** Reads until there is a line. False: there is none yet. */
  const fill = (): boolean => {
    while (!kept.lines.length) {
      if (!system.isWritable(1)) return false;
      const before = reading.at;
      const piece = nextPiece(system, reading, complain);
      if (piece === undefined) return false;
      if (piece === null) break;
      const parts = (kept.rest + piece).split(separator);
      kept.rest = parts.pop()!;
      for (const part of parts) kept.lines.push(part + separator);
      if (reading.at !== before && kept.rest !== '') {
        kept.lines.push(kept.rest);
        kept.rest = '';
      }
    }
    return true;
  };
  return {
    separator,
    next: () => {
      if (!fill()) return undefined;
      return kept.lines.shift() ?? null;
    },
    isLast: () => (fill() ? !kept.lines.length : undefined),
    out: (text) => system.out(text),
    fileName: () => reading.files[Math.min(reading.at, reading.files.length - 1)] ?? '-',
  };
}

/** Each file by itself (`-s`), written anew (`-i`). Gives the exit status. */
function rewrite(system: System, { script, files, suffix, separator }: Asked): number {
  let status = 0;
  for (const file of files) {
    const text = readFile(system, file);
    if (text === undefined) {
      status = isBusybox(system) ? 1 : 4;
      continue;
    }
    const lines = text.split(separator).map((line, i, all) => (i < all.length - 1 ? line + separator : line));
    if (lines.at(-1) === '') lines.pop();
    let out = '';
    const port: Port = {
      separator,
      next: () => lines.shift() ?? null,
      isLast: () => !lines.length,
      out: (more) => void (out += more),
      fileName: () => file,
    };
    const outcome = runScript(system, script, newState(), port);
    const path = system.path(file);
    if (suffix === undefined) {
      system.out(out);
      if (typeof outcome === 'object') return outcome.exit;
      continue;
    }
    if (suffix !== '') system.files.write(suffix.includes('*') ? system.path(suffix.replaceAll('*', file)) : path + suffix, text);
    // What a script did not come to stays.
    system.files.write(path, out + lines.join(''));
    if (typeof outcome === 'object') return outcome.exit;
  }
  return status;
}

function readFile(system: System, path: string): string | undefined {
  try {
    return system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    complain(system, path, error);
    return undefined;
  }
}

function complain(system: System, path: string, { message }: FileError): void {
  system.err(`${nameOf(system)}: ${isBusybox(system) ? '' : "can't read "}${path}: ${message}\n`);
}

/** What is asked for. Throws Refusal. */
function read(system: System): Asked {
  const [letters, suffix] = withoutSuffix(system.argv.slice(1));
  const given = options(
    system,
    'nErsuze:f:l:',
    ['quiet', 'silent', 'regexp-extended', 'separate', 'unbuffered', 'null-data', 'expression=', 'file=', 'line-length=', 'posix', 'debug'],
    {
      args: letters,
      aliases: { quiet: 'n', silent: 'n', r: 'E', 'regexp-extended': 'E', separate: 's', 'null-data': 'z', expression: 'e', file: 'f' },
    },
  );
  const rest = [...given.rest];
  const parts = [...given.all('e')];
  for (const path of given.all('f')) parts.push((readScript(system, path) ?? '').replace(/\n$/, ''));
  if (!given.has('e', 'f')) {
    const first = rest.shift();
    if (first === undefined) throw new Refusal('', usage(system));
    parts.push(first);
  }
  const text = parts.join('\n');
  const isQuiet = given.has('n') || /^#n(\n|$)/.test(text);
  const commands = parse(system, text);
  for (const { name, text: file, substitution } of system.process.data ? [] : commands)
    for (const path of [name === 'w' || name === 'W' ? file : '', substitution?.file ?? ''])
      if (path !== '' && !path.startsWith('/dev/')) system.files.write(system.path(path), '');
  return {
    script: { commands, dialect: given.has('E') ? 'extended' : 'basic', isQuiet },
    files: rest,
    suffix,
    isSeparate: given.has('s'),
    separator: given.has('z') ? '\0' : '\n',
  };
}

/** `-i.bak`, `--in-place=.bak`: its value may be left out, and comes with it. */
function withoutSuffix(args: readonly string[]): [args: string[], suffix: string | undefined] {
  let suffix: string | undefined;
  const out: string[] = [];
  for (const [i, arg] of args.entries()) {
    const [, before = '', after] = /^-([nErsuz]*)i(.*)$/.exec(arg) ?? [];
    const long = /^--in-place(?:=(.*))?$/.exec(arg);
    const isValue = /^-(e|f|l)$/.test(args[i - 1] ?? '');
    if (isValue || (after === undefined && !long)) out.push(arg);
    else {
      suffix = after ?? long?.[1] ?? '';
      if (before) out.push(`-${before}`);
    }
  }
  return [out, suffix];
}

function readScript(system: System, path: string): string | undefined {
  try {
    return system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Refusal(isBusybox(system) ? `${path}: ${error.message}` : `couldn't open file ${path}: ${error.message}`);
  }
}

function usage(system: System): number {
  system.err(
    isBusybox(system)
      ? 'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...\n'
      : 'Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n',
  );
  return 1;
}

function parse(system: System, text: string): Script['commands'] {
  try {
    return new Parser(text).commands();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    const { problem, at, about } = error;
    const [gnu, busybox] = SAYINGS[problem];
    const say = (words: string): string => words.replace('%', about);
    throw new Refusal(isBusybox(system) ? say(busybox) : problem === 'label' ? say(gnu) : `-e expression #1, char ${at}: ${say(gnu)}`);
  }
}

/** As GNU's says it, and as busybox' does. */
const SAYINGS: Readonly<Record<Problem, readonly [gnu: string, busybox: string]>> = {
  'unterminated s': ["unterminated `s' command", "unmatched '/'"],
  'unterminated y': ["unterminated `y' command", "unmatched '/'"],
  'unterminated address': ['unterminated address regex', "unmatched '/'"],
  option: ["unknown option to `s'", 'bad option in substitution expression'],
  command: ["unknown command: `%'", 'unsupported command %'],
  missing: ['missing command', 'missing command'],
  open: ["unmatched `{'", 'unterminated {'],
  closed: ["unexpected `}'", 'unexpected }'],
  label: ["can't find label for jump to `%'", "can't find label for jump to '%'"],
  lengths: ["strings for `y' command are different lengths", 'strings for y command are different lengths'],
  text: ["expected \\ after `a', `c' or `i'", 'expected \\ after [aic]'],
  file: ['missing filename in r/R/w/W commands', 'empty filename'],
  extra: ['extra characters after command', 'unsupported command %'],
  comma: ["unexpected `,'", 'no address after comma'],
};
