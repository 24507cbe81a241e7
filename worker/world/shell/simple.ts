// Simple commands: `NAME=value command arguments >file`. A function, a builtin, or a program, in this order.

import type { AssignmentNodeOf } from './assign.ts';
import { ExecError } from '../process/spawn.ts';
import { FileError } from '../files/error.ts';
import type { WordNode } from 'just-bash';
import { assign, expandAssignments } from './assign.ts';
import type { Assigned } from './assign.ts';
import { builtinOf, SPECIAL } from './builtins/index.ts';
import { withSubstitutions } from './compound.ts';
import { Expansion } from './expand.ts';
import { become, giveTerminal, start } from './fork.ts';
import { expandTargets, keep, redirect, undo } from './redirect.ts';
import type { Target } from './redirect.ts';
import type { CompoundOf, Run } from './run.ts';
import type { Frame, Variable } from './state.ts';
import type { Step } from './step.ts';
import { pop } from './unwind.ts';

type CommandFrame = Extract<Frame, { type: 'command' }>;
type Simple = CompoundOf<'SimpleCommand'>;

export function runSimple(run: Run, frame: CommandFrame): Step {
  return withSubstitutions(run, () => {
    const { shell } = run;
    const node = run.at<Simple>(frame.node);
    if (node.line) shell.line = node.line;
    if (!Object.keys(frame.memo).length) shell.substituted = 0;
    const expansion = new Expansion(run, frame.node, frame.memo);
    const argv = withAlias(run, node, words(node, expansion));
    const targets = expandTargets(node.redirections, expansion);
    const assigned = expandAssignments(run, node.assignments as readonly AssignmentNodeOf[], expansion);
    trace(run, argv, assigned);
    if (!argv.length) return assignOnly(run, targets, assigned);
    const [name = ''] = argv;
    if (name !== 'exec' && Object.hasOwn(shell.functions, name)) return callFunction(run, argv, targets, assigned);
    if (builtinOf(name) && !isMissingHere(run, name)) return callBuiltin(run, argv, targets, assigned);
    return launch(run, argv, targets, assigned);
  });
}

/** `command name …`: no function, no alias. */
export function runBypassed(run: Run, argv: readonly string[]): Step {
  const [name = ''] = argv;
  if (builtinOf(name) && !isMissingHere(run, name)) return callBuiltin(run, argv, [], []);
  return launch(run, argv, [], []);
}

const BASH_ONLY = new Set([
  'declare',
  'typeset',
  'shopt',
  'let',
  'mapfile',
  'readarray',
  'pushd',
  'popd',
  'dirs',
  'disown',
  'builtin',
  'compgen',
  'complete',
  'source',
]);
const ASH_TOO = new Set(['let', 'source']);

export const isMissingHere = ({ shell: { flavour } }: Run, name: string): boolean =>
  BASH_ONLY.has(name) && flavour !== 'bash' && !(flavour === 'ash' && ASH_TOO.has(name));

const DECLARING = new Set(['export', 'readonly', 'local', 'declare', 'typeset', 'alias']);

/** Arguments that assign are not split: `export A=$b`. */
function words({ name, args }: Simple, expansion: Expansion): string[] {
  if (!name) return [];
  const first = name.parts[0];
  const isDeclaring = name.parts.length === 1 && first?.type === 'Literal' && DECLARING.has(first.value);
  if (!isDeclaring) return expansion.fields([name, ...args]);
  return [...expansion.fields([name]), ...args.flatMap((word) => (isAssignment(word) ? [expansion.text(word)] : expansion.fields([word])))];
}

const isAssignment = ({ parts: [first] }: WordNode): boolean => first?.type === 'Literal' && /^[A-Za-z_]\w*\+?=/.test(first.value);

function withAlias({ shell }: Run, { name }: Simple, argv: string[]): string[] {
  const [first = '', ...rest] = argv;
  const isPlain = name?.parts.length === 1 && name.parts[0]!.type === 'Literal';
  if (!isPlain || !Object.hasOwn(shell.aliases, first) || (shell.flavour === 'bash' && !shell.interactive)) return argv;
  return [...shell.aliases[first]!.split(/\s+/).filter(Boolean), ...rest];
}

function trace(run: Run, argv: readonly string[], assigned: readonly Assigned[]): void {
  if (!run.shell.options.includes('x')) return;
  const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const said = [...assigned.map(({ name, value }) => `${name}=${typeof value === 'string' ? quote(value) : '()'}`), ...argv.map(quote)];
  if (said.length) run.system.err(`${run.get('PS4') ?? '+ '}${said.join(' ')}\n`);
}

function assignOnly(run: Run, targets: readonly Target[], assigned: readonly Assigned[]): undefined {
  undo(run, redirect(run, targets));
  for (const one of assigned) assign(run, one);
  pop(run);
  run.shell.status = run.shell.substituted;
  return undefined;
}

/** Sets variables for one command; gives what they were. */
function assignFor(run: Run, assigned: readonly Assigned[]): Record<string, Variable | null> {
  const before: Record<string, Variable | null> = {};
  for (const one of assigned) {
    before[one.name] ??= run.lookup(one.name) ?? null;
    assign(run, one);
    run.shell.variables[one.name] = { ...run.shell.variables[one.name]!, exported: true };
  }
  return before;
}

function callFunction(run: Run, argv: readonly string[], targets: readonly Target[], assigned: readonly Assigned[]): undefined {
  const { shell } = run;
  const [name = '', ...params] = argv;
  const saved = redirect(run, targets);
  const { tested } = pop(run);
  const mark = tested && { tested };
  if (saved.length) run.push({ type: 'redirected', saved, ...mark });
  if (assigned.length) run.push({ type: 'temporary', before: assignFor(run, assigned) });
  run.push({ type: 'call', params: shell.params, locals: {}, name, ...mark });
  shell.params = params;
  const ref = shell.functions[name]!;
  const definition = run.at<CompoundOf<'FunctionDef'>>(ref);
  run.push({ type: 'command', node: run.refOf(ref, definition.body), memo: {} });
  return undefined;
}

function callBuiltin(run: Run, argv: readonly string[], targets: readonly Target[], assigned: readonly Assigned[]): undefined {
  const [name = ''] = argv;
  const saved = redirect(run, targets);
  pop(run);
  const isSpecial = SPECIAL.has(name);
  if (name === 'exec' && argv.length === 1) keep(run, saved);
  else if (saved.length) run.push({ type: 'redirected', saved });
  if (assigned.length && isSpecial) for (const one of assigned) assign(run, one);
  else if (assigned.length) run.push({ type: 'temporary', before: assignFor(run, assigned) });
  run.push({ type: 'builtin', name, argv: [...argv], data: {} });
  return undefined;
}

function launch(run: Run, argv: readonly string[], targets: readonly Target[], assigned: readonly Assigned[]): Step {
  const { shell } = run;
  const saved = redirect(run, targets);
  const before = assignFor(run, assigned);
  const env = run.environment();
  env['_'] = argv[0]!;
  for (const [name, variable] of Object.entries(before)) {
    if (variable) shell.variables[name] = variable;
    else delete shell.variables[name];
  }
  try {
    if (isLast(run)) {
      become(run, argv, env);
      return 'again';
    }
    const pid = start(run, argv, env, shell.interactive ? 0 : undefined);
    undo(run, saved);
    const { tested } = pop(run);
    if (shell.interactive) giveTerminal(run, pid);
    run.push({ type: 'wait', pids: [pid], statuses: [null], job: argv.join(' '), ...(tested && { tested }) });
    return undefined;
  } catch (error) {
    if (!(error instanceof ExecError || error instanceof FileError)) throw error;
    const status = error instanceof ExecError ? error.status : 126;
    // Its own redirections take the message.
    sayExecProblem(run, argv[0]!, error);
    undo(run, saved);
    pop(run);
    shell.status = status;
    return undefined;
  }
}

export function sayExecProblem(run: Run, name: string, error: Error): void {
  const { flavour } = run.shell;
  const isMissing = error instanceof ExecError && error.status === 127;
  if (isMissing && flavour === 'bash')
    return run.complain(`${name}: ${name.includes('/') ? 'No such file or directory' : 'command not found'}`);
  if (isMissing) return run.complain(`${name}: not found`);
  if (flavour === 'bash' && run.system.find(name)?.type === 'dir') return run.complain(`${name}: Is a directory`);
  run.complain(
    `${name}: ${error.message === 'Exec format error' && flavour === 'bash' ? 'cannot execute binary file: Exec format error' : error.message}`,
  );
}

/** Whether nothing is left to do after this command: the shell then becomes it. */
function isLast(run: Run): boolean {
  const { frames, traps, interactive, pending } = run.shell;
  if (interactive || pending.length || Object.values(traps).some((action) => action !== '')) return false;
  return frames.every((frame, i) => {
    switch (frame.type) {
      case 'end':
        return i === 0;
      case 'list':
        return frame.at >= run.at<unknown[]>(frame.node).length;
      case 'statement':
        return Math.abs(frame.at) >= run.at<{ pipelines: unknown[] }>(frame.node).pipelines.length;
      case 'pipeline': {
        const { negated, timed, commands } = run.at<{ negated: boolean; timed?: boolean; commands: unknown[] }>(frame.node);
        return !negated && !timed && commands.length === 1;
      }
      case 'command':
      case 'bypass':
        return i === frames.length - 1;
      case 'redirected':
        return false;
      default:
        return false;
    }
  });
}
