// sh, ash, dash, bash: a shell as a program that can stop anywhere. Its state is plain data in its process; a step takes it up, runs the innermost frame until something
// must be waited for, and leaves. What it is not: a line editor (the terminal's own editing serves), or a full bash (no coprocesses, no process substitution).

import { FileError } from '../files/error.ts';
import type { Next, Tool } from '../process/program.ts';
import type { SignalName } from '../process/process.ts';
import type { System } from '../process/system.ts';
import { setLetter, setLong } from './builtins/variables.ts';
import { giveTerminal, reapJobs } from './fork.ts';
import { parseScript } from './parse.ts';
import { Run } from './run.ts';
import { newShell } from './state.ts';
import type { Flavour, Shell } from './state.ts';
import { runShell } from './step.ts';
import { syntaxProblem } from './syntax.ts';
import { pop, unwindTo } from './unwind.ts';

const shell = (flavour: Flavour): Tool => ({
  name: flavour,
  step(system) {
    if (system.process.data !== null) return runShell(new Run(system, system.process.data as Shell));
    const started = begin(system, flavour);
    return started instanceof Run ? runShell(started) : started;
  },
  signal: (system, signal) => system.process.data !== null && onSignal(new Run(system, system.process.data as Shell), signal),
});

export const ash = shell('ash');
export const dash = shell('dash');
export const bash = shell('bash');

function begin(system: System, flavour: Flavour): Run | Next {
  const { argv } = system;
  const name = argv[0] ?? 'sh';
  const state = newShell(flavour, name, system.process.pid, system.now());
  system.process.data = state;
  const run = new Run(system, state);
  // Only dash loses what cannot be one of its variables; the others hand it on to what they start.
  for (const [key, value] of Object.entries(system.env))
    if (flavour !== 'dash' || /^[A-Za-z_]\w*$/.test(key)) state.variables[key] = { value, exported: true };
  setUp(run);
  let i = 1;
  let command: string | undefined;
  let wantsCommand = false;
  let readsInput = false;
  let isInteractive = false;
  for (; i < argv.length && /^[-+]./.test(argv[i]!); i++) {
    const arg = argv[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    if (arg === '--version' && flavour === 'bash') {
      system.out(
        'GNU bash, version 5.2.37(1)-release (x86_64-pc-linux-gnu)\nCopyright (C) 2022 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\nThis is free software; you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n',
      );
      return { exit: 0 };
    }
    if (arg.startsWith('--')) continue;
    for (const letter of arg.slice(1)) {
      if (letter === 'c') wantsCommand = true;
      else if (letter === 's') readsInput = true;
      else if (letter === 'i') isInteractive = true;
      else if (letter === 'o') {
        if (!setLong(run, argv[++i] ?? '', arg[0] === '-')) return { exit: 2 };
      } else if (letter !== 'l' && !setLetter(run, letter, arg[0] === '-')) {
        system.err(
          flavour === 'bash'
            ? `${name}: ${arg}: invalid option\n`
            : flavour === 'dash'
              ? `${name}: 0: Illegal option -${letter}\n`
              : `${name}: illegal option -${letter}\n`,
        );
        return { exit: 2 };
      }
    }
  }
  if (wantsCommand) {
    command = argv[i++];
    if (command === undefined) {
      system.err(
        flavour === 'bash'
          ? `${name}: -c: option requires an argument\n`
          : flavour === 'dash'
            ? `${name}: 0: -c requires an argument\n`
            : `${name}: -c requires an argument\n`,
      );
      return { exit: 2 };
    }
    if (argv[i] !== undefined) state.name = argv[i++]!;
    state.params = argv.slice(i);
    return script(run, command, 'command');
  }
  if (argv[i] !== undefined && !readsInput) {
    state.name = argv[i]!;
    state.params = argv.slice(i + 1);
    return fromFile(run, argv[i]!, name);
  }
  state.params = argv.slice(i);
  state.origin = 'input';
  state.frames = [
    { type: 'end', status: -1, trapped: false },
    { type: 'input', fd: 0, prompted: false },
  ];
  if (isInteractive || (system.tty(0) && system.process.fds[2] !== undefined)) beInteractive(run, isInteractive);
  return run;
}

/** Variables that a shell has by itself. */
function setUp(run: Run): void {
  const { system, shell: state } = run;
  const give = (name: string, value: string, exported = false): void => {
    if (!Object.hasOwn(state.variables, name)) state.variables[name] = { value, ...(exported && { exported }) };
  };
  const set = (name: string, value: string): void => void (state.variables[name] = { ...state.variables[name], value });
  set('PWD', system.cwd);
  if (state.flavour === 'bash') state.variables['PWD']!.exported = true;
  set('OPTIND', '1');
  set('IFS', ' \t\n');
  give('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  give('PS2', '> ');
  give('PS4', '+ ');
  if (state.flavour === 'bash') {
    set('SHLVL', String((Number(run.get('SHLVL')) || 0) + 1));
    state.variables['SHLVL']!.exported = true;
    give('HOSTNAME', system.hostname);
    give('SHELL', '/bin/bash');
    give('_', '/bin/bash');
  } else if (state.flavour === 'ash') {
    set('SHLVL', String((Number(run.get('SHLVL')) || 0) + 1));
    state.variables['SHLVL']!.exported = true;
    state.variables['PWD']!.exported = true;
  }
}

function beInteractive(run: Run, isForced: boolean): void {
  const { system, shell: state } = run;
  state.interactive = true;
  const isRoot = system.process.uid === 0;
  const hasProfile = system.files.exists('/etc/bash.bashrc');
  const fallback =
    state.flavour === 'bash'
      ? hasProfile
        ? '\\u@\\h:\\w\\$ '
        : '\\s-\\v\\$ '
      : state.flavour === 'ash'
        ? `\\w ${isRoot ? '#' : '$'} `
        : isRoot
          ? '# '
          : '$ ';
  if (run.lookup('PS1') === undefined) state.variables['PS1'] = { value: fallback };
  if (!isForced || system.tty(0)) giveTerminal(run, system.process.pgid);
}

function script(run: Run, text: string, origin: Shell['origin']): Run | Next {
  const { shell: state } = run;
  state.origin = origin;
  const tree = parseScript(text);
  const problem = tree.error ?? (tree.incomplete && tree.nodes.length < 2 ? { token: '', line: 1 } : undefined);
  if (problem) {
    const said = syntaxProblem(run, problem);
    if (state.flavour === 'bash' && origin === 'command') {
      run.system.err(`${state.name}: -c: line ${state.line}: ${said}\n`);
      if (problem.token) run.system.err(`${state.name}: -c: line ${state.line}: \`${text.split('\n')[state.line - 1] ?? ''}'\n`);
    } else run.complain(said);
    return { exit: 2 };
  }
  const source = run.addSource(text);
  state.frames = [
    { type: 'end', status: -1, trapped: false },
    { type: 'list', node: run.refOf([source, 0], tree.script.statements), at: 0 },
  ];
  return run;
}

function fromFile(run: Run, path: string, caller: string): Run | Next {
  const { system, shell: state } = run;
  try {
    return script(run, system.files.read(system.path(path)), 'file');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const isMissing = error.code === 'ENOENT';
    system.err(
      state.flavour === 'bash'
        ? `${caller}: ${path}: ${error.message}\n`
        : state.flavour === 'dash'
          ? `${caller}: 0: cannot open ${path}: ${isMissing ? 'No such file' : error.message}\n`
          : `${caller}: can't open '${path}': ${error.message}\n`,
    );
    return { exit: isMissing ? (state.flavour === 'bash' ? 127 : 2) : state.flavour === 'bash' ? 126 : 2 };
  }
}

/** True if the shell handles the signal itself. */
function onSignal(run: Run, signal: SignalName): boolean {
  const { shell: state, system } = run;
  const wakes = (): void => {
    const { top } = run;
    if (top?.type === 'builtin' || top?.type === 'wait') system.process.wait = null;
  };
  if (signal === 'CHLD') {
    reapJobs(run);
    wakes();
    return true;
  }
  const action = Object.hasOwn(state.traps, signal) ? state.traps[signal] : undefined;
  if (action !== undefined) {
    if (action !== '' && !state.pending.includes(signal)) state.pending.push(signal);
    if (run.top?.type === 'builtin' || run.top?.type === 'input') system.process.wait = null;
    return true;
  }
  if (!state.interactive) return false;
  if (signal === 'INT') {
    interrupt(run);
    return true;
  }
  return signal === 'TERM' || signal === 'QUIT' || signal === 'TSTP' || signal === 'TTIN' || signal === 'TTOU' || signal === 'WINCH';
}

/** ^C at the prompt, or while the shell itself is at work: back to the prompt. */
function interrupt(run: Run): void {
  const { shell: state, system } = run;
  if (run.top?.type === 'wait' || run.top?.type === 'substitution') return;
  system.err('\n');
  state.status = 130;
  state.partial = '';
  if (unwindTo(run, ({ type }) => type === 'input')) {
    const frame = run.top as Extract<Shell['frames'][number], { type: 'input' }>;
    frame.prompted = false;
    system.process.wait = null;
  } else if (run.top) pop(run);
}
