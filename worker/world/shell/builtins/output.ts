// echo, printf and test, as the shell does them itself.

import { echo } from '../../commands/echo.ts';
import { printf } from '../../commands/printf.ts';
import { test } from '../../commands/test.ts';
import { BrokenPipe } from '../../process/session.ts';
import type { Run } from '../run.ts';
import type { Builtin } from './index.ts';

/** A pipe that nobody reads ends the shell as it would end a program. */
const saying =
  (act: (run: Run, argv: readonly string[]) => number): Builtin =>
  (run, argv) => {
    if (run.system.process.fds[1] === undefined) {
      run.complain('write error: Bad file descriptor', argv[0]!);
      return 1;
    }
    try {
      return act(run, argv);
    } catch (error) {
      if (!(error instanceof BrokenPipe) || !run.shell.interactive) throw error;
      return 1;
    }
  };

export const output: Readonly<Record<string, Builtin>> = {
  echo: saying(({ system, shell }, argv) => {
    system.out(echo(argv, shell.flavour));
    return 0;
  }),
  printf: saying((run, argv) => {
    const isVariable = argv[1] === '-v' && run.shell.flavour === 'bash';
    const result = printf(isVariable ? ['printf', ...argv.slice(3)] : argv);
    if (isVariable) run.set(argv[2] ?? '', result.text);
    else run.system.out(result.text);
    for (const problem of result.problems) run.complain(problem, 'printf');
    return result.status;
  }),
  test: (run, argv) => judged(run, argv),
  '[': (run, argv) => judged(run, argv),
};

function judged(run: Run, argv: readonly string[]): number {
  const result = test(run.system, argv);
  if (typeof result === 'boolean') return result ? 0 : 1;
  run.complain(result.problem, argv[0]!);
  return 2;
}
