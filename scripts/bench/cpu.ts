// How long something keeps a processor busy: other programs on the machine do not count.

import { readFileSync } from 'node:fs';

export interface CpuTime {
  /** Of the thread that runs it, ms: how long it takes on a machine that is idle. */
  readonly thread: number;
  /** With the engine's helpers, which collect garbage and compile beside it, ms. */
  readonly all: number;
}

export function cpuTimeOf(run: () => void): CpuTime {
  const [thread, all] = [threadMs(), process.cpuUsage()];
  run();
  const { user, system } = process.cpuUsage(all);
  return { thread: threadMs() - thread, all: (user + system) / 1000 };
}

/** Linux says it of each thread; elsewhere it is the whole process's. */
function threadMs(): number {
  if (process.platform === 'linux') return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
