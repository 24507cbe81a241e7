// Processes of a shell: what it forks, what it starts, and what it waits for.

import { ExecError } from '../process/spawn.ts';
import { OWN_FDS, PROCESS_FDS } from './redirect.ts';
import type { Run } from './run.ts';
import { forkShell } from './state.ts';
import type { Frame } from './state.ts';

/** The descriptors that a child gets, with some replaced. */
function childFds(run: Run, changed: Readonly<Record<number, number>>): Record<number, number> {
  const kept = Object.keys(run.system.process.fds)
    .map(Number)
    .filter((fd) => fd < OWN_FDS || fd >= PROCESS_FDS);
  return { ...Object.fromEntries(kept.map((fd) => [fd, fd])), ...changed };
}

/** A fork that goes on with these frames. */
export function fork(run: Run, frames: Frame[], fds: Readonly<Record<number, number>> = {}, pgid?: number): number {
  const { system, shell } = run;
  const all: Frame[] = [{ type: 'end', status: -1, trapped: true }, ...frames];
  return system.spawn({
    argv: system.argv,
    env: run.environment(),
    fork: { data: forkShell(shell, all) },
    fds: childFds(run, fds),
    ...(pgid !== undefined && { pgid }),
    ignored: ignoredSignals(run),
  });
}

export const ignoredSignals = ({ shell, system }: Run): typeof system.process.ignored => [
  ...new Set([
    ...system.process.ignored,
    ...Object.entries(shell.traps)
      .filter(([, action]) => action === '')
      .map(([name]) => name as (typeof system.process.ignored)[number]),
  ]),
];

/** Starts a program. Throws ExecError. */
export function start(run: Run, argv: readonly string[], env: Readonly<Record<string, string>>, pgid?: number): number {
  return withScripts(run, argv, (words) =>
    run.system.spawn({ argv: words, env, fds: childFds(run, {}), ...(pgid !== undefined && { pgid }), ignored: ignoredSignals(run) }),
  );
}

/** Becomes a program. Throws ExecError. */
export function become(run: Run, argv: readonly string[], env: Readonly<Record<string, string>>): void {
  const { system } = run;
  const { ignored } = system.process;
  withScripts(run, argv, (words) => {
    system.process.ignored = ignoredSignals(run);
    try {
      system.exec({ argv: words, env });
    } catch (error) {
      system.process.ignored = ignored;
      throw error;
    }
    for (const fd of Object.keys(system.process.fds).map(Number)) if (fd >= OWN_FDS && fd < PROCESS_FDS) system.close(fd);
    return 0;
  });
}

/** A text without an interpreter's line is the shell's own. */
function withScripts(run: Run, argv: readonly string[], act: (argv: readonly string[]) => number): number {
  try {
    return act(argv);
  } catch (error) {
    if (!(error instanceof ExecError) || error.message !== 'Exec format error') throw error;
    const path = argv[0] ?? '';
    const inode = run.system.find(path);
    if (!path.includes('/') || inode?.program !== undefined || !/^[\t\n\r -~\x80-\xff]*$/.test((inode?.content ?? '').slice(0, 200)))
      throw error;
    return act(['/bin/sh', path, ...argv.slice(1)]);
  }
}

/** Gives the terminal to a group of processes, if there is one. */
export function giveTerminal({ system }: Run, pgid: number): void {
  for (const fd of [0, 1, 2]) {
    const tty = system.tty(fd);
    if (tty) tty.foreground = pgid;
  }
}

/** Learns what became of background jobs, and of commands that nobody waits for. */
export function reapJobs(run: Run): void {
  run.shell.strays = run.shell.strays?.filter((pid) => !run.system.reap(pid));
  for (const job of run.shell.jobs) {
    if (job.state === 'done') continue;
    for (const pid of job.pids) {
      const found = run.system.reap(pid);
      if (!found) continue;
      job.pids.splice(job.pids.indexOf(pid), 1);
      if (!job.pids.length || pid === job.pgid) job.status = found.exit.code;
    }
    if (!job.pids.length) job.state = 'done';
  }
}
