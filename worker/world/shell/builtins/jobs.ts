// Jobs: wait, jobs, kill, fg, bg.

import { parseSignal, SIGNALS } from '../../process/process.ts';
import type { SignalName } from '../../process/process.ts';
import { giveTerminal, reapJobs } from '../fork.ts';
import { jobLine } from '../jobs.ts';
import type { Run } from '../run.ts';
import type { Job } from '../state.ts';
import { pop } from '../unwind.ts';
import type { Builtin } from './index.ts';

function jobOf({ shell }: Run, text: string | undefined): Job | undefined {
  if (text === undefined || text === '%%' || text === '%+' || text === '%') return shell.jobs.at(-1);
  if (text === '%-') return shell.jobs.at(-2);
  if (/^%\d+$/.test(text)) return shell.jobs.find(({ id }) => id === Number(text.slice(1)));
  if (text.startsWith('%')) return shell.jobs.find((job) => job.text.startsWith(text.slice(1)));
  return shell.jobs.find(({ pgid }) => pgid === Number(text));
}

const wait: Builtin = (run, argv) => {
  const { shell } = run;
  reapJobs(run);
  const args = argv.slice(1);
  const isAny = args[0] === '-n';
  if (isAny) {
    const done = shell.jobs.find((job) => job.state === 'done' && !job.notified);
    if (done) {
      done.notified = true;
      return done.status;
    }
    return shell.jobs.some(({ state }) => state === 'running') ? { wait: { child: -1 } } : 127;
  }
  if (!args.length) {
    const running = shell.jobs.find(({ state }) => state === 'running');
    if (running) return { wait: { child: running.pids[0]! } };
    shell.jobs = shell.jobs.filter(({ state }) => state !== 'done');
    return 0;
  }
  let status = 0;
  for (const arg of args) {
    const job = jobOf(run, arg);
    if (!job) {
      if (shell.flavour === 'bash')
        run.complain(arg.startsWith('%') ? `${arg}: no such job` : `pid ${arg} is not a child of this shell`, 'wait');
      status = 127;
    } else if (job.state === 'running') return { wait: { child: job.pids[0]! } };
    else {
      job.notified = true;
      ({ status } = job);
    }
  }
  return status;
};

function kill(run: Run, argv: readonly string[]): number {
  const { system, shell } = run;
  let args = argv.slice(1);
  let signal: SignalName | '' = 'TERM';
  if (args[0] === '-l') {
    if (args[1] !== undefined) {
      const number = Number(args[1]) > 128 ? Number(args[1]) - 128 : args[1];
      system.out(
        `${/^\d+$/.test(String(number)) ? (parseSignal(String(number)) ?? '') : (SIGNALS[parseSignal(String(number)) ?? 'TERM'] ?? '')}\n`,
      );
    } else system.out(`${Object.keys(SIGNALS).join(' ')}\n`);
    return 0;
  }
  const named = args[0] === '-s' ? args[1] : /^-[A-Za-z0-9]/.test(args[0] ?? '') ? args[0]!.slice(1) : undefined;
  if (named !== undefined) {
    args = args.slice(args[0] === '-s' ? 2 : 1);
    const found = named === '0' ? '' : parseSignal(named);
    if (found === undefined) {
      run.complain(
        shell.flavour === 'bash'
          ? `${named}: invalid signal specification`
          : shell.flavour === 'dash'
            ? `Illegal option -${named[0]}`
            : `bad signal name '${named}'`,
        'kill',
      );
      return 1;
    }
    signal = found;
  }
  if (args[0] === '--') args = args.slice(1);
  if (!args.length) {
    run.complain(
      shell.flavour === 'bash'
        ? 'usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]'
        : 'you need to specify whom to kill',
      shell.flavour === 'bash' ? '' : 'kill',
    );
    return shell.flavour === 'bash' ? 2 : 1;
  }
  let status = 0;
  for (const arg of args) {
    const job = arg.startsWith('%') ? jobOf(run, arg) : undefined;
    const pid = job ? (shell.interactive ? -job.pgid : job.pgid) : Number(arg);
    if (!Number.isInteger(pid) || arg === '') {
      run.complain(shell.flavour === 'bash' ? `${arg}: arguments must be process or job IDs` : `invalid number '${arg}'`, 'kill');
      status = 1;
    } else if (!system.kill(pid, signal)) {
      run.complain(
        shell.flavour === 'ash'
          ? `can't kill pid ${arg}: No such process`
          : shell.flavour === 'bash'
            ? `(${arg}) - No such process`
            : 'No such process',
        'kill',
      );
      status = 1;
    } else if (job?.state === 'stopped' && (signal === 'TERM' || signal === 'HUP')) system.kill(pid, 'CONT');
  }
  return status;
}

/** Brings a job to the foreground. */
const foreground: Builtin = (run, argv) => {
  const job = jobOf(run, argv[1]);
  if (!job || job.state === 'done') {
    run.complain(argv[1] ? `${argv[1]}: no such job` : run.shell.flavour === 'bash' ? 'current: no such job' : 'no current job', 'fg');
    return 1;
  }
  run.system.out(`${job.text}\n`);
  run.shell.jobs = run.shell.jobs.filter((one) => one !== job);
  pop(run);
  giveTerminal(run, job.pgid);
  run.system.kill(-job.pgid, 'CONT');
  run.push({ type: 'wait', pids: job.pids, statuses: job.pids.map(() => null), job: job.text });
  return undefined;
};

const background: Builtin = (run, argv) => {
  const job = jobOf(run, argv[1]);
  if (!job) {
    run.complain(argv[1] ? `${argv[1]}: no such job` : run.shell.flavour === 'bash' ? 'current: no such job' : 'no current job', 'bg');
    return 1;
  }
  job.state = 'running';
  run.system.kill(-job.pgid, 'CONT');
  run.system.out(`[${job.id}]${run.shell.flavour === 'bash' ? '+' : ''} ${job.text}${run.shell.flavour === 'bash' ? ' &' : ''}\n`);
  return 0;
};

export const jobs: Readonly<Record<string, Builtin>> = {
  wait,
  kill,
  fg: foreground,
  bg: background,
  jobs: (run, argv) => {
    reapJobs(run);
    for (const job of run.shell.jobs) {
      run.system.out(argv[1] === '-p' ? `${job.pgid}\n` : jobLine(run, job));
      if (job.state === 'done') job.notified = true;
    }
    run.shell.jobs = run.shell.jobs.filter(({ state }) => state !== 'done');
    return 0;
  },
  disown: (run) => {
    run.shell.jobs.pop();
    return 0;
  },
};
