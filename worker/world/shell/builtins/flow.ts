// Builtins that change what is done next: break, continue, return, exit, eval, exec, `.`, trap.

import { FileError } from '../../files/error.ts';
import { parseSignal, SIGNALS } from '../../process/process.ts';
import { ExecError } from '../../process/spawn.ts';
import { become } from '../fork.ts';
import { meaningOf } from '../lookup.ts';
import { ShellError } from '../run.ts';
import type { Run } from '../run.ts';
import { sayExecProblem } from '../simple.ts';
import type { Frame } from '../state.ts';
import { runText } from '../step.ts';
import { exitShell, pop, unwindTo } from '../unwind.ts';
import type { Builtin } from './index.ts';

const isLoop = ({ type }: Frame): boolean => type === 'loop' || type === 'for' || type === 'count';

function leaveLoops(run: Run, argv: readonly string[], again: boolean): number | undefined {
  const { frames } = run.shell;
  const call = frames.findLastIndex(({ type }) => type === 'call');
  const loops = frames.filter((frame, i) => i > call && isLoop(frame)).length;
  const wanted = Number(argv[1] ?? 1);
  if (!loops) return 0;
  for (let left = Math.min(Math.max(1, wanted), loops); left > 0; left--) {
    unwindTo(run, isLoop);
    if (left > 1 || !again) pop(run);
  }
  run.shell.status = 0;
  return undefined;
}

/** A status given in words; the last one if none is. */
function statusOf(run: Run, text: string | undefined, name: string): number {
  if (text === undefined) return run.shell.status;
  if (/^-?\d+$/.test(text)) return Number(text) & 255;
  const { flavour } = run.shell;
  if (flavour === 'bash') run.complain(`${text}: numeric argument required`, name);
  else throw new ShellError(`${name}: ${flavour === 'dash' ? `Illegal number: ${text}` : `Illegal number: ${text}`}`, 2);
  return 2;
}

function source(run: Run, argv: readonly string[], name: string): number | undefined {
  const { system, shell } = run;
  const [, file = '', ...params] = argv;
  if (file === '') {
    if (shell.flavour === 'bash') run.complain('filename argument required', name);
    return 2;
  }
  const path = file.includes('/')
    ? file
    : ((run.get('PATH') ?? '')
        .split(':')
        .map((dir) => `${dir}/${file}`)
        .find((one) => system.find(one)?.type === 'file') ?? file);
  let text: string;
  try {
    text = system.files.read(system.path(path));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (shell.flavour === 'bash') {
      run.complain(`${file}: ${error.message}`);
      return 1;
    }
    throw new ShellError(
      shell.flavour === 'dash' ? `.: cannot open ${file}: No such file` : `.: can't open '${file}': ${error.message}`,
      2,
    );
  }
  pop(run);
  run.push({ type: 'source', params: params.length ? shell.params : null });
  if (params.length) shell.params = params;
  shell.status = 0;
  runText(run, text);
  return undefined;
}

function trap(run: Run, argv: readonly string[]): number {
  const { shell, system } = run;
  let args = argv.slice(1);
  if (args[0] === '--') args = args.slice(1);
  if (!args.length || args[0] === '-p') {
    for (const [name, action] of Object.entries(shell.traps))
      system.out(`trap -- '${action.replaceAll("'", "'\\''")}' ${shell.flavour === 'bash' && name !== 'EXIT' ? `SIG${name}` : name}\n`);
    return 0;
  }
  if (args[0] === '-l') {
    system.out(
      `${Object.entries(SIGNALS)
        .map(([name, number]) => `${String(number).padStart(2)}) SIG${name}`)
        .join('\n')}\n`,
    );
    return 0;
  }
  const isReset = args.length === 1 || args[0] === '-' || /^\d+$/.test(args[0]!);
  const names = args[0] === '-' || !isReset ? args.slice(1) : args;
  let status = 0;
  for (const given of names) {
    const name =
      given === '0' || given.toUpperCase() === 'EXIT' ? 'EXIT' : ['ERR', 'DEBUG', 'RETURN'].includes(given) ? given : parseSignal(given);
    if (!name) {
      run.complain(
        shell.flavour === 'bash'
          ? `${given}: invalid signal specification`
          : shell.flavour === 'dash'
            ? `${given}: bad trap`
            : `${given}: invalid signal specification`,
        'trap',
      );
      status = 1;
    } else if (isReset) delete shell.traps[name];
    else shell.traps[name] = args[0]!;
  }
  system.process.ignored = [...new Set([...system.process.ignored.filter((one) => !Object.hasOwn(shell.traps, one))])];
  return status;
}

function exec(run: Run, argv: readonly string[]): number | 'again' | undefined {
  let args = argv.slice(1);
  if (args[0] === '--') args = args.slice(1);
  if (args[0] === '-a') args = args.slice(2);
  if (!args.length) return 0;
  try {
    become(run, args, run.environment());
    return 'again';
  } catch (error) {
    if (!(error instanceof ExecError || error instanceof FileError)) throw error;
    const status = error instanceof ExecError ? error.status : 126;
    if (run.shell.flavour === 'bash') run.complain(`${args[0]}: ${error.message === 'not found' ? 'not found' : error.message}`, 'exec');
    else sayExecProblem(run, run.shell.flavour === 'dash' ? `exec: ${args[0]}` : `exec: ${args[0]}`, error);
    if (run.shell.interactive) return status;
    exitShell(run, status);
    return undefined;
  }
}

export const flow: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  break: (run, argv) => leaveLoops(run, argv, false),
  continue: (run, argv) => leaveLoops(run, argv, true),
  return: (run, argv) => {
    const status = statusOf(run, argv[1], 'return');
    if (!unwindTo(run, ({ type }) => type === 'call' || type === 'source')) {
      exitShell(run, status);
      return undefined;
    }
    pop(run);
    run.shell.status = status;
    return undefined;
  },
  exit: (run, argv) => {
    const { shell } = run;
    if (shell.interactive && shell.flavour === 'bash') run.system.err('exit\n');
    exitShell(run, statusOf(run, argv[1], 'exit'));
    return undefined;
  },
  eval: (run, argv) => {
    pop(run);
    run.shell.status = 0;
    runText(run, argv.slice(argv[1] === '--' ? 2 : 1).join(' '));
    return undefined;
  },
  exec,
  '.': (run, argv) => source(run, argv, '.'),
  source: (run, argv) => source(run, argv, 'source'),
  trap,
  command: (run, argv) => command(run, argv),
  builtin: (run, argv) => command(run, argv),
};

/** Runs a command past functions and aliases, or says where it is. */
function command(run: Run, argv: readonly string[]): number | undefined {
  const args = argv.slice(1);
  if (args[0] === '-v' || args[0] === '-V') return describe(run, args.slice(1), args[0]);
  if (args[0] === '-p') args.shift();
  if (args[0] === '--') args.shift();
  if (!args.length) return 0;
  pop(run);
  run.push({ type: 'bypass', argv: args });
  return undefined;
}

function describe(run: Run, names: readonly string[], option: string): number {
  let status = names.length ? 0 : 1;
  for (const name of names) {
    const found = meaningOf(run, name);
    if (!found) {
      status = run.shell.flavour === 'bash' ? 1 : 127;
      if (option === '-V') run.system.err(`${run.prefix(run.shell.flavour === 'bash' ? 'command' : '')}${name}: not found\n`);
    } else run.system.out(option === '-v' ? `${found.short}\n` : `${found.long}\n`);
  }
  return status;
}
