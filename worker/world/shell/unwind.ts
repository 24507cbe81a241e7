// Leaving what a shell is in the middle of: `break`, `return`, `exit`, an error. Each frame that goes puts back what it had changed.

import { undo } from './redirect.ts';
import type { Run } from './run.ts';
import type { Frame, Variable } from './state.ts';

export function pop(run: Run): Frame {
  const frame = run.shell.frames.pop()!;
  cleanUp(run, frame);
  return frame;
}

function cleanUp(run: Run, frame: Frame): void {
  switch (frame.type) {
    case 'redirected':
      return undo(run, frame.saved);
    case 'temporary':
      return restore(run, frame.before);
    case 'call':
      run.shell.params = frame.params;
      return restore(run, frame.locals);
    case 'source':
      if (frame.params) run.shell.params = frame.params;
      return undefined;
    case 'substitution':
      run.system.close(frame.fd);
      return undefined;
    case 'process':
      run.system.close(frame.fd);
      if (!run.system.reap(frame.pid)) run.shell.strays = [...(run.shell.strays ?? []), frame.pid];
      return undefined;
    default:
      return undefined;
  }
}

export function restore({ shell }: Run, before: Readonly<Record<string, Variable | null>>): void {
  for (const [name, variable] of Object.entries(before)) {
    if (variable) shell.variables[name] = variable;
    else delete shell.variables[name];
  }
}

/** Leaves frames until one fits, which stays. False, with nothing left, if none does. */
export function unwindTo(run: Run, fits: (frame: Frame) => boolean): boolean {
  if (!run.shell.frames.some(fits)) return false;
  while (!fits(run.top!)) pop(run);
  return true;
}

/** Ends the shell, after its EXIT trap. */
export function exitShell(run: Run, status: number): void {
  const wasTrapped = run.shell.frames.some((frame) => frame.type === 'end' && frame.trapped);
  while (run.top) pop(run);
  run.push({ type: 'end', status: status & 255, trapped: wasTrapped });
}
