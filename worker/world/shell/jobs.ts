// What a shell says of processes that ended otherwise than by themselves, and of its jobs.

import type { SignalName } from '../process/process.ts';
import type { Run } from './run.ts';
import type { Job } from './state.ts';

const DESCRIPTIONS: Partial<Record<SignalName, string>> = {
  HUP: 'Hangup',
  QUIT: 'Quit',
  ILL: 'Illegal instruction',
  ABRT: 'Aborted',
  FPE: 'Floating point exception',
  KILL: 'Killed',
  SEGV: 'Segmentation fault',
  TERM: 'Terminated',
  ALRM: 'Alarm clock',
  USR1: 'User defined signal 1',
  USR2: 'User defined signal 2',
};

export const describeSignal = (signal: SignalName): string => DESCRIPTIONS[signal] ?? '';

/** A process of the foreground that a signal ended. */
export function announceEnd(run: Run, pid: number, signal: SignalName, text: string): void {
  const said = describeSignal(signal);
  if (!said) return;
  const { shell, system } = run;
  if (shell.flavour === 'bash' && !shell.interactive)
    return system.err(`${run.prefix()}${String(pid).padStart(5)} ${said.padEnd(23)} ${text}\n`);
  system.err(`${said}\n`);
}

/** A line of `jobs`. */
export function jobLine({ shell }: Run, job: Job): string {
  const mark = job === shell.jobs.at(-1) ? '+' : job === shell.jobs.at(-2) ? '-' : ' ';
  const state =
    job.state === 'running'
      ? 'Running'
      : job.state === 'stopped'
        ? 'Stopped'
        : job.status === 0
          ? 'Done'
          : job.status > 128
            ? endedBy(job.status)
            : shell.flavour === 'bash'
              ? `Exit ${job.status}`
              : `Done(${job.status})`;
  const amp = job.state === 'running' && shell.flavour === 'bash' ? ' &' : '';
  return `[${job.id}]${mark}  ${state.padEnd(shell.flavour === 'bash' ? 23 : 26)} ${job.text}${amp}\n`;
}

const endedBy = (status: number): string =>
  status === 137 ? 'Killed' : status === 143 ? 'Terminated' : status === 130 ? 'Interrupt' : `Exit ${status}`;
