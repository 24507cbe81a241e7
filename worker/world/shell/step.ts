// One step of a shell: what the innermost frame does next. Each kind of frame is a row; compound commands are in compound.ts, simple ones in simple.ts.

import type { PipelineNode, ScriptNode, StatementNode } from 'just-bash';
import type { Next } from '../process/program.ts';
import type { Wait } from '../process/process.ts';
import { SIGNALS } from '../process/process.ts';
import { builtinOf } from './builtins/index.ts';
import { runCompound, stepCase, stepCount, stepFor, stepIf, stepLoop, stepResult } from './compound.ts';
import { fork, giveTerminal, reapJobs } from './fork.ts';
import { stepInput } from './input.ts';
import { announceEnd } from './jobs.ts';
import type { NeedsProcess } from './expand.ts';
import { parseScript } from './parse.ts';
import type { Ref } from './parse.ts';
import { LAST_FD, PROCESS_FDS } from './redirect.ts';
import { ShellError } from './run.ts';
import type { Run } from './run.ts';
import { runBypassed, runSimple } from './simple.ts';
import type { Frame } from './state.ts';
import { syntaxProblem } from './syntax.ts';
import { exitShell, pop, unwindTo } from './unwind.ts';

type Of<Type extends Frame['type']> = Extract<Frame, { type: Type }>;
/** What a frame says: nothing, when the shell goes on with whatever frame is on top now. */
export type Step = Next | undefined;

/** So much of a script is done before other processes have their turn. */
const STEPS = 400;

export function runShell(run: Run): Next {
  let done = 0;
  for (; done < STEPS; done += 1 + run.takeWork()) {
    // A signal that it sent itself is seen to before the next command.
    if (run.system.process.signals.length) return 'again';
    const next = stepOnce(run);
    if (next !== undefined) return next;
  }
  run.system.load += Math.floor(done / STEPS) - 1;
  return 'again';
}

function stepOnce(run: Run): Step {
  const frame = run.top;
  if (!frame) return { exit: run.shell.status };
  try {
    if (run.shell.pending.length && takesTraps(frame)) return runTrap(run, frame);
    return stepFrame(run, frame);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    recover(run, error);
    return undefined;
  }
}

const takesTraps = ({ type }: Frame): boolean => type !== 'wait' && type !== 'substitution';

function runTrap(run: Run, frame: Frame): undefined {
  const { shell } = run;
  const signal = shell.pending.shift()!;
  const action = shell.traps[signal];
  if (frame.type === 'builtin' && (frame.name === 'wait' || frame.name === 'read')) {
    pop(run);
    shell.status = 128 + SIGNALS[signal];
  }
  if (!action) return undefined;
  run.push({ type: 'trap', status: shell.status });
  runText(run, action);
  return undefined;
}

/** Runs a text: of `eval`, of a trap. */
export function runText(run: Run, text: string): void {
  const tree = parseScript(text);
  const problem = tree.error ?? (tree.incomplete ? { token: '', line: text.split('\n').length } : undefined);
  if (problem) throw new ShellError(syntaxProblem(run, problem), 2);
  const source = run.addSource(text);
  run.push({ type: 'list', node: run.refOf([source, 0], tree.script.statements), at: 0 });
}

/** After an error of the shell itself: an interactive one asks for the next command, another one ends. */
function recover(run: Run, error: ShellError): void {
  const { shell } = run;
  if (error.message) run.complain(error.message);
  shell.status = error.status;
  if (error.isMild) {
    unwindTo(run, ({ type }) => type === 'command' || type === 'builtin');
    if (run.top && (run.top.type === 'command' || run.top.type === 'builtin')) pop(run);
    return;
  }
  if (shell.interactive && unwindTo(run, ({ type }) => type === 'input')) return;
  exitShell(run, error.status);
}

function stepFrame(run: Run, frame: Frame): Step {
  switch (frame.type) {
    case 'list':
      return stepList(run, frame);
    case 'statement':
      return stepStatement(run, frame);
    case 'pipeline':
      return stepPipeline(run, frame);
    case 'command':
      return run.at<{ type: string }>(frame.node).type === 'SimpleCommand' ? runSimple(run, frame) : runCompound(run, frame);
    case 'if':
      return stepIf(run, frame);
    case 'loop':
      return stepLoop(run, frame);
    case 'for':
      return stepFor(run, frame);
    case 'count':
      return stepCount(run, frame);
    case 'case':
      return stepCase(run, frame);
    case 'result':
      return stepResult(run);
    case 'substitution':
      return stepSubstitution(run, frame);
    case 'wait':
      return stepWait(run, frame);
    case 'builtin': {
      const result = builtinOf(frame.name)!(run, frame.argv, frame);
      if (typeof result === 'number') {
        if (run.top === frame) pop(run);
        run.shell.status = result;
        return undefined;
      }
      return result;
    }
    case 'bypass':
      return runBypassed(run, frame.argv);
    case 'input':
      return stepInput(run, frame);
    case 'trap':
      run.shell.status = frame.status;
      pop(run);
      return undefined;
    case 'end':
      return stepEnd(run, frame);
    default:
      // Whatever was done inside is over: what it had changed is put back.
      pop(run);
      return undefined;
  }
}

function stepList(run: Run, frame: Of<'list'>): Step {
  const statements = run.at<StatementNode[]>(frame.node);
  const statement = statements[frame.at++];
  if (!statement) {
    pop(run);
    return undefined;
  }
  if (statement.deferredError) throw new ShellError(syntaxProblem(run, { token: statement.deferredError.token, line: 1 }), 2);
  run.push({ type: 'statement', node: run.refOf(frame.node, statement), at: 0 });
  return undefined;
}

function stepStatement(run: Run, frame: Of<'statement'>): Step {
  const { shell } = run;
  const { pipelines, operators, background, sourceText = '' } = run.at<StatementNode>(frame.node);
  if (background && frame.at === 0) {
    pop(run);
    return startBackground(run, frame.node, sourceText);
  }
  let at = Math.max(frame.at, 0);
  if (frame.at === -1) at = 0;
  for (; at > 0 && at < pipelines.length; at++) {
    const operator = operators[at - 1];
    if (operator === '&&' ? shell.status === 0 : operator === '||' ? shell.status !== 0 : true) break;
  }
  const pipeline = pipelines[at];
  if (!pipeline) {
    pop(run);
    return undefined;
  }
  frame.at = at + 1;
  const isTested = at < pipelines.length - 1;
  run.push({
    type: 'pipeline',
    node: run.refOf(frame.node, pipeline),
    started: false,
    begin: run.system.now(),
    ...(isTested && { tested: true }),
  });
  return undefined;
}

function startBackground(run: Run, node: Ref, sourceText: string): undefined {
  const { shell, system } = run;
  const hasJobControl = shell.interactive;
  // -1: the statement itself, in the fork.
  const frames: Frame[] = [{ type: 'statement', node, at: -1 }];
  let fds: Record<number, number> = {};
  let opened: number | undefined;
  if (!hasJobControl && system.find('/dev/null')) {
    opened = system.open('/dev/null', 'r');
    fds = { 0: opened };
  }
  const pid = fork(run, frames, fds, hasJobControl ? 0 : undefined);
  if (opened !== undefined) system.close(opened);
  reapJobs(run);
  shell.jobs = shell.jobs.filter(({ state, notified }) => state !== 'done' || !notified);
  const id = Math.max(0, ...shell.jobs.map((job) => job.id)) + 1;
  shell.jobs.push({ id, pids: [pid], pgid: pid, text: sourceText.replace(/\s*&\s*$/, ''), state: 'running', status: 0 });
  shell.lastJob = pid;
  shell.status = 0;
  if (shell.interactive && shell.flavour === 'bash') system.err(`[${id}] ${pid}\n`);
  return undefined;
}

function stepPipeline(run: Run, frame: Of<'pipeline'>): Step {
  const { shell } = run;
  const node = run.at<PipelineNode>(frame.node);
  if (!frame.started) {
    frame.started = true;
    if (node.commands.length > 1) return startPipeline(run, frame, node);
    run.push({ type: 'command', node: run.refOf(frame.node, node.commands[0]!), memo: {}, ...(node.negated && { tested: true }) });
    return undefined;
  }
  pop(run);
  if (node.timed) reportTime(run, frame.begin, node.timePosix ?? false);
  if (node.negated) {
    shell.status = shell.status === 0 ? 1 : 0;
    return undefined;
  }
  const isTested = frame.tested || shell.frames.some(({ tested }) => tested);
  if (shell.status !== 0 && !isTested && shell.options.includes('e')) exitShell(run, shell.status);
  return undefined;
}

function startPipeline(run: Run, frame: Of<'pipeline'>, node: PipelineNode): undefined {
  const { system, shell } = run;
  const pids: number[] = [];
  let group: number | undefined = shell.interactive ? 0 : undefined;
  let input: number | undefined;
  for (const [i, command] of node.commands.entries()) {
    const isLast = i === node.commands.length - 1;
    const pipe = isLast ? undefined : system.pipe();
    const fds: Record<number, number> = {};
    if (input !== undefined) fds[0] = input;
    if (pipe) fds[1] = pipe[1];
    if (pipe && node.pipeStderr?.[i]) fds[2] = pipe[1];
    const hidden = pipe ? { [pipe[0]]: -1, [pipe[1]]: -1 } : {};
    const pid = fork(
      run,
      [{ type: 'command', node: run.refOf(frame.node, command), memo: {} }],
      { ...hidden, ...(input !== undefined && { [input]: -1 }), ...fds },
      group,
    );
    pids.push(pid);
    if (group === 0) group = pid;
    if (input !== undefined) system.close(input);
    if (pipe) system.close(pipe[1]);
    input = pipe?.[0];
  }
  if (shell.interactive) giveTerminal(run, pids[0]!);
  run.push({ type: 'wait', pids, statuses: pids.map(() => null) });
  return undefined;
}

function reportTime({ system, shell }: Run, begin: number, isPosix: boolean): void {
  const seconds = (system.now() - begin) / 1000;
  const form = (value: number): string =>
    isPosix
      ? value.toFixed(2)
      : shell.flavour === 'bash'
        ? `${Math.floor(value / 60)}m${(value % 60).toFixed(3)}s`
        : `${Math.floor(value / 60)}m ${(value % 60).toFixed(2)}s`;
  const gap = isPosix ? ' ' : '\t';
  system.err(
    `${isPosix ? '' : shell.flavour === 'bash' ? '\n' : ''}real${gap}${form(seconds)}\nuser${gap}${form(0)}\nsys${gap}${form(0)}\n`,
  );
}

function stepSubstitution(run: Run, frame: Of<'substitution'>): Step {
  const { system, shell } = run;
  while (!frame.ended) {
    const data = system.read(frame.fd);
    if (data === undefined) return { wait: { read: frame.fd } };
    if (data === null) frame.ended = true;
    else frame.output += data;
  }
  const ended = system.reap(frame.pid);
  if (!ended) return { wait: { child: frame.pid } };
  pop(run);
  shell.substituted = ended.exit.code;
  const owner = run.top;
  if (owner && 'memo' in owner) owner.memo[frame.key] = frame.output.replaceAll('\0', '').replace(/\n+$/, '');
  return undefined;
}

/** Begins a command substitution for the frame on top. */
export function substitute(run: Run, key: string, node: Ref): undefined {
  const { system } = run;
  const [read, write] = system.pipe();
  const { statements } = run.at<ScriptNode>(node);
  const pid = fork(run, [{ type: 'list', node: run.refOf(node, statements), at: 0 }], { [read]: -1, [write]: -1, 1: write });
  system.close(write);
  const own = system.dup(read, system.freeFd(10));
  system.close(read);
  run.push({ type: 'substitution', key, pid, fd: own, output: '', ended: false });
  return undefined;
}

/** Starts a command whose output (or input) is a pipe that the frame on top knows by a name. */
export function startProcess(run: Run, { key, node, direction }: NeedsProcess): undefined {
  const { system, shell } = run;
  reapJobs(run);
  const { statements } = run.at<ScriptNode>(node);
  const [read, write] = system.pipe();
  const [own, other, stream] = direction === 'input' ? [read, write, 1] : [write, read, 0];
  const others = Object.keys(system.process.fds)
    .map(Number)
    .filter((one) => one >= PROCESS_FDS);
  const hidden = Object.fromEntries([read, write, ...others].map((one) => [one, -1]));
  const pid = fork(run, [{ type: 'list', node: run.refOf(node, statements), at: 0 }], { ...hidden, [stream]: other });
  system.close(other);
  let fd = LAST_FD;
  while (system.process.fds[fd] !== undefined) fd--;
  system.dup(own, fd);
  system.close(own);
  const owner = shell.frames.pop()!;
  if ('memo' in owner) owner.memo[key] = `/dev/fd/${fd}`;
  run.push({ type: 'process', pid, fd });
  shell.frames.push(owner);
  return undefined;
}

function stepWait(run: Run, frame: Of<'wait'>): Step {
  const { system, shell } = run;
  let signal: string | undefined;
  for (const [i, pid] of frame.pids.entries()) {
    if (frame.statuses[i] !== null) continue;
    const found = system.reap(pid);
    if (!found) continue;
    frame.statuses[i] = found.exit.code;
    signal = found.exit.signal ?? signal;
    if (found.exit.signal && !frame.quiet) announceEnd(run, pid, found.exit.signal, frame.job ?? '');
  }
  const rest = frame.statuses.indexOf(null);
  if (rest >= 0) {
    const waited = frame.pids.filter((_pid, i) => frame.statuses[i] === null);
    const stopped = system.children().filter(({ pid }) => waited.includes(pid));
    if (!shell.interactive || !stopped.length || !stopped.every((one) => one.stopped))
      return { wait: { child: frame.pids[rest]! } satisfies Wait };
    pop(run);
    giveTerminal(run, system.process.pgid);
    const id = Math.max(0, ...shell.jobs.map((job) => job.id)) + 1;
    shell.jobs.push({
      id,
      pids: waited,
      pgid: stopped[0]!.pgid,
      text: frame.job ?? stopped[0]!.argv.join(' '),
      state: 'stopped',
      status: 148,
    });
    system.err(
      shell.flavour === 'bash'
        ? `\n[${id}]+  Stopped                 ${shell.jobs.at(-1)!.text}\n`
        : `[${id}]+  Stopped                    ${shell.jobs.at(-1)!.text}\n`,
    );
    shell.status = 148;
    return undefined;
  }
  pop(run);
  if (shell.interactive) {
    giveTerminal(run, system.process.pgid);
    if (signal === 'INT') system.err('\n');
  }
  const statuses = frame.statuses as number[];
  shell.status = shell.pipefail ? (statuses.findLast((status) => status !== 0) ?? 0) : statuses.at(-1)!;
  return undefined;
}

function stepEnd(run: Run, frame: Of<'end'>): Step {
  const { shell } = run;
  const status = frame.status < 0 ? shell.status : frame.status;
  const action = shell.traps['EXIT'];
  if (frame.trapped || !action) return { exit: status };
  shell.frames[shell.frames.length - 1] = { type: 'end', status, trapped: true };
  shell.status = status;
  delete shell.traps['EXIT'];
  runText(run, action);
  return undefined;
}
