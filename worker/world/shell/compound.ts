// Compound commands: loops, conditions, groups, subshells, functions.

import type { StatementNode, WordNode } from 'just-bash';
import { judge } from './condition.ts';
import { Expansion, NeedsProcess, NeedsSubstitution } from './expand.ts';
import { fork, giveTerminal } from './fork.ts';
import type { Ref } from './parse.ts';
import { matches } from './pattern.ts';
import { expandTargets, redirect } from './redirect.ts';
import { ShellError } from './run.ts';
import type { CompoundOf, Run } from './run.ts';
import type { Frame } from './state.ts';
import { startProcess, substitute } from './step.ts';
import type { Step } from './step.ts';
import { pop } from './unwind.ts';

type Of<Type extends Frame['type']> = Extract<Frame, { type: Type }>;
type Compound = CompoundOf<
  | 'If'
  | 'For'
  | 'CStyleFor'
  | 'While'
  | 'Until'
  | 'Case'
  | 'Subshell'
  | 'Group'
  | 'ArithmeticCommand'
  | 'ConditionalCommand'
  | 'FunctionDef'
>;

/** Does what needs command substitutions: once more after each of them. */
export function withSubstitutions(run: Run, act: () => Step): Step {
  try {
    return act();
  } catch (error) {
    if (error instanceof NeedsSubstitution) return substitute(run, error.key, error.node);
    if (error instanceof NeedsProcess) return startProcess(run, error);
    throw error;
  }
}

const list = (run: Run, from: Ref, statements: readonly StatementNode[]): Of<'list'> => ({
  type: 'list',
  node: run.refOf(from, statements),
  at: 0,
});

export function runCompound(run: Run, frame: Of<'command'>): Step {
  return withSubstitutions(run, () => {
    const { shell } = run;
    const node = run.at<Compound>(frame.node);
    const expansion = new Expansion(run, frame.node, frame.memo);
    if (node.type === 'FunctionDef') {
      pop(run);
      shell.functions[node.name] = frame.node;
      shell.status = 0;
      return undefined;
    }
    const targets = expandTargets(node.redirections, expansion);
    let truth: boolean | undefined;
    if (node.type === 'ArithmeticCommand') truth = expansion.arithmetic(node.expression) !== 0n;
    if (node.type === 'ConditionalCommand') truth = judge(run, expansion, node.expression);
    const saved = redirect(run, targets);
    // What sees whether its status matters (`if`, `!`) is below and stays.
    const { tested } = pop(run);
    const mark = tested && { tested };
    if (saved.length) run.push({ type: 'redirected', saved, ...mark });
    if (truth !== undefined) {
      shell.status = truth ? 0 : 1;
      return undefined;
    }
    begin(run, frame.node, node, mark);
    return undefined;
  });
}

function begin(run: Run, ref: Ref, node: Compound, mark: { tested: true } | undefined): void {
  switch (node.type) {
    case 'Group':
      return run.push({ ...list(run, ref, node.body), ...mark });
    case 'Subshell': {
      const { shell } = run;
      const pid = fork(run, [list(run, ref, node.body)], {}, shell.interactive ? 0 : undefined);
      if (shell.interactive) giveTerminal(run, pid);
      return run.push({ type: 'wait', pids: [pid], statuses: [null], ...mark });
    }
    case 'If':
      return run.push({ type: 'if', node: ref, clause: 0, asked: false, ...mark });
    case 'While':
    case 'Until':
      return run.push({ type: 'loop', node: ref, phase: 'ask', result: 0, ...mark });
    case 'For':
      return run.push({ type: 'for', node: ref, items: null, at: 0, memo: {}, result: 0, ...mark });
    case 'CStyleFor':
      return run.push({ type: 'count', node: ref, phase: 'first', memo: {}, result: 0, ...mark });
    case 'Case':
      return run.push({ type: 'case', node: ref, item: -1, memo: {}, done: false, ...mark });
    default:
      throw new ShellError('syntax error', 2);
  }
}

export function stepIf(run: Run, frame: Of<'if'>): Step {
  const { shell } = run;
  const node = run.at<CompoundOf<'If'>>(frame.node);
  if (frame.asked && shell.status === 0) {
    pop(run);
    run.push({ ...list(run, frame.node, node.clauses[frame.clause]!.body), ...(frame.tested && { tested: true }) });
    return undefined;
  }
  if (frame.asked) frame.clause++;
  const clause = node.clauses[frame.clause];
  if (clause) {
    frame.asked = true;
    run.push({ ...list(run, frame.node, clause.condition), tested: true });
    return undefined;
  }
  pop(run);
  shell.status = 0;
  if (node.elseBody) run.push({ ...list(run, frame.node, node.elseBody), ...(frame.tested && { tested: true }) });
  return undefined;
}

export function stepLoop(run: Run, frame: Of<'loop'>): Step {
  const { shell } = run;
  const node = run.at<CompoundOf<'While' | 'Until'>>(frame.node);
  if (frame.phase === 'ask') {
    frame.phase = 'judge';
    run.push({ ...list(run, frame.node, node.condition), tested: true });
    return undefined;
  }
  const goesOn = (shell.status === 0) === (node.type === 'While');
  if (!goesOn) {
    pop(run);
    shell.status = frame.result;
    return undefined;
  }
  frame.phase = 'ask';
  run.push({ type: 'result' });
  run.push(list(run, frame.node, node.body));
  return undefined;
}

/** A body of a loop is through: its status is the loop's, if it was the last. */
export function stepResult(run: Run): Step {
  pop(run);
  const loop = run.top;
  if (loop && 'result' in loop) loop.result = run.shell.status;
  return undefined;
}

export function stepFor(run: Run, frame: Of<'for'>): Step {
  const { shell } = run;
  const node = run.at<CompoundOf<'For'>>(frame.node);
  if (!frame.items)
    return withSubstitutions(run, () => {
      frame.items = node.words ? new Expansion(run, frame.node, frame.memo).fields(node.words) : [...shell.params];
      return undefined;
    });
  const item = frame.items[frame.at++];
  if (item === undefined) {
    pop(run);
    shell.status = frame.result;
    return undefined;
  }
  run.set(node.variable, item);
  run.push({ type: 'result' });
  run.push(list(run, frame.node, node.body));
  return undefined;
}

export function stepCount(run: Run, frame: Of<'count'>): Step {
  const node = run.at<CompoundOf<'CStyleFor'>>(frame.node);
  const value = (expression: typeof node.init): bigint =>
    expression ? new Expansion(run, frame.node, frame.memo).arithmetic(expression) : 1n;
  return withSubstitutions(run, () => {
    if (frame.phase === 'first') value(node.init);
    if (frame.phase === 'next') value(node.update);
    frame.phase = 'ask';
    frame.memo = {};
    if (value(node.condition) === 0n) {
      pop(run);
      run.shell.status = frame.result;
      return undefined;
    }
    frame.phase = 'next';
    frame.memo = {};
    run.push({ type: 'result' });
    run.push(list(run, frame.node, node.body));
    return undefined;
  });
}

export function stepCase(run: Run, frame: Of<'case'>): Step {
  const { shell } = run;
  const { word, items } = run.at<CompoundOf<'Case'>>(frame.node);
  return withSubstitutions(run, () => {
    const expansion = new Expansion(run, frame.node, frame.memo);
    const before = items[frame.item];
    let next: number;
    if (before?.terminator === ';&') next = frame.item + 1;
    else if (before && before.terminator !== ';;&') next = items.length;
    else {
      const text = expansion.text(word);
      next = items.findIndex(
        ({ patterns }, i) => i > frame.item && patterns.some((one: WordNode) => matches(expansion.pattern(one), text)),
      );
      if (next < 0) next = items.length;
    }
    const item = items[next];
    if (!item) {
      pop(run);
      if (!frame.done) shell.status = 0;
      return undefined;
    }
    frame.item = next;
    frame.done = true;
    if (!item.body.length) shell.status = 0;
    run.push(list(run, frame.node, item.body));
    return undefined;
  });
}
