// Tools about processes: ps, top, kill, pkill, killall, pgrep, pidof, timeout, nohup, time, watch.

import { FileError } from '../files/error.ts';
import { programs } from '../programs/index.ts';
import type { Next, Tool } from '../process/program.ts';
import { isService } from '../process/program.ts';
import { parseSignal, SIGNALS } from '../process/process.ts';
import { hostProcesses, machineOfNamespace } from '../process/host-processes.ts';
import type { Process, SignalName } from '../process/process.ts';
import { serviceData } from '../process/service-process.ts';
import { containerOf } from '../process/namespace.ts';
import { ExecError } from '../process/spawn.ts';
import type { System } from '../process/system.ts';
import { userName } from './accounts.ts';
import { formatDate } from './date.ts';
import { compile } from './regexp.ts';
import { isBusybox, once, options, Refusal } from './tool.ts';

/** All that are seen: from the namespace of a machine, whatever runs on it. */
function processesOf({ world, namespace }: System): Process[] {
  const machine = machineOfNamespace(world, namespace);
  return [...(machine ? hostProcesses(world, machine) : []), ...Object.values(namespace.processes)];
}

/** What `ps` calls a process. */
export function titleOf(system: System, process: Process): { title: string; user: string } {
  const program = programs.get(process.program);
  const worker = (process.data as { worker?: number } | null)?.worker;
  const service = worker === undefined ? serviceData(process)?.service : containerOf(system.world, process)?.container.service;
  const titles = program && isService(program) && service !== undefined && service !== null ? program.processes?.(service) : undefined;
  const found = titles?.[worker ?? 0];
  const name = found?.title ?? process.argv.join(' ');
  return {
    title: process.exit ? `[${(process.argv[0] ?? process.program).split('/').at(-1)}]` : name,
    user: found?.user ?? userName(system, process.uid),
  };
}

const stateOf = (process: Process): string => (process.exit ? 'Z' : process.stopped ? 'T' : process.wait ? 'S' : 'R');
const clock = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
const longClock = (ms: number): string =>
  `00:${String(Math.floor(ms / 60_000)).padStart(2, '0')}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

export const ps = once('ps', (system, args) => {
  const all = processesOf(system);
  if (isBusybox(system)) {
    const asked = args[args.indexOf('-o') + 1];
    if (args.includes('-o') && asked) return columns(system, all, asked.split(','));
    system.out('PID   USER     TIME  COMMAND\n');
    for (const process of all) {
      const { title, user } = titleOf(system, process);
      system.out(`${String(process.pid).padStart(5)} ${user.slice(0, 8).padEnd(8)} ${clock(process.cpu).padStart(5)} ${title}\n`);
    }
    return 0;
  }
  const flags = args
    .filter((arg) => !/^\d+$/.test(arg))
    .join('')
    .replace(/-/g, '');
  const format = args[args.findIndex((arg) => arg === '-o' || arg === '-eo') + 1];
  if (/o/.test(flags) && format) return columns(system, all, format.split(','));
  if (/u/.test(flags) && /a|x/.test(flags)) {
    system.out('USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n');
    for (const process of all) {
      const { title, user } = titleOf(system, process);
      system.out(
        `${user.padEnd(8)} ${String(process.pid).padStart(7)}  0.0  0.0   ${'4364'.padStart(5)} ${'3204'.padStart(5)} ${ttyOf(system, process).padEnd(8)} ${`${stateOf(process)}${process.pid === 1 ? 's' : ''}`.padEnd(4)} ${formatDate('%H:%M', process.startedAt)}   ${clock(process.cpu).padStart(4)} ${title}\n`,
      );
    }
    return 0;
  }
  if (/f/.test(flags)) {
    system.out('UID          PID    PPID  C STIME TTY          TIME CMD\n');
    for (const process of all) {
      const { title, user } = titleOf(system, process);
      system.out(
        `${user.padEnd(8)} ${String(process.pid).padStart(7)} ${String(process.ppid).padStart(7)}  0 ${formatDate('%H:%M', process.startedAt)} ${ttyOf(system, process).padEnd(8)} ${longClock(process.cpu)} ${title}\n`,
      );
    }
    return 0;
  }
  system.out('    PID TTY          TIME CMD\n');
  const own = /e|A|a|x/.test(flags)
    ? all
    : all.filter(
        (one) =>
          ttyOf(system, one) === ttyOf(system, system.process) &&
          (ttyOf(system, one) !== '?' || one.pgid === system.process.pgid || one.pid === system.process.ppid),
      );
  for (const process of own)
    system.out(
      `${String(process.pid).padStart(7)} ${ttyOf(system, process).padEnd(8)} ${longClock(process.cpu)} ${(titleOf(system, process).title.split(' ')[0] ?? '').split('/').at(-1)}\n`,
    );
  return 0;
});

const ttyOf = (system: System, process: Process): string =>
  Object.values(process.fds).some((id) => system.namespace.files[id]?.type === 'tty') ? 'pts/0' : '?';

function columns(system: System, all: readonly Process[], names: readonly string[]): number {
  const value = (process: Process, name: string): string => {
    switch (name.split('=')[0]) {
      case 'pid':
        return String(process.pid);
      case 'ppid':
        return String(process.ppid);
      case 'pgid':
        return String(process.pgid);
      case 'user':
      case 'ruser':
        return titleOf(system, process).user;
      case 'uid':
        return String(process.uid);
      case 'args':
      case 'cmd':
      case 'command':
        return titleOf(system, process).title;
      case 'comm':
        return (titleOf(system, process).title.split(' ')[0] ?? '').split('/').at(-1)!;
      case 'stat':
      case 'state':
      case 's':
        return stateOf(process);
      case 'time':
        return isBusybox(system) ? clock(process.cpu) : longClock(process.cpu);
      case 'etime':
        return longClock(system.now() - process.startedAt).slice(3);
      default:
        return '-';
    }
  };
  const titles = names.map((name) =>
    name.includes('=')
      ? (name.split('=')[1] ?? '')
      : name === 'args' || name === 'cmd'
        ? isBusybox(system)
          ? 'COMMAND'
          : 'CMD'
        : name.toUpperCase(),
  );
  const rows = all.map((process) => names.map((name) => value(process, name)));
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const isNumber = (name: string): boolean => /^p?pid|pgid|uid/.test(name);
  for (const row of titles.every((title) => title === '') ? rows : [titles, ...rows])
    system.out(
      `${row.map((text, i) => (i === row.length - 1 ? text : isNumber(names[i]!) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join(' ')}\n`,
    );
  return 0;
}

const TOP_MS = 5000;

export const top: Tool = {
  name: 'top',
  step: (system): Next => {
    const args = system.argv.slice(1).join(' ');
    const limit = Number(/-b?n\s*(\d+)/.exec(args)?.[1] ?? Infinity);
    const state = (system.process.data ??= { shown: 0, next: system.now() }) as { shown: number; next: number };
    const isBatch = /-b/.test(args) || !system.tty(1);
    while (system.now() >= state.next) {
      system.out((isBatch ? '' : '\x1b[H\x1b[J') + screen(system));
      state.shown++;
      if (state.shown >= limit) return { exit: 0 };
      state.next = system.now() + TOP_MS;
    }
    if (system.tty(0)) {
      const typed = system.read(0);
      if (typed === null || typed?.includes('q')) return { exit: 0 };
      return { wait: { until: state.next, read: 0 } };
    }
    return { wait: { until: state.next } };
  },
};

function screen(system: System): string {
  const machine = system.world.machines.get(system.caller.machine);
  const total = (machine?.memory ?? 0) / 1024;
  const all = processesOf(system);
  if (isBusybox(system)) {
    const rows = all.map((process) => {
      const { title, user } = titleOf(system, process);
      return `${String(process.pid).padStart(5)} ${String(process.ppid).padStart(5)} ${user.slice(0, 8).padEnd(8)} ${stateOf(process)}     4404   0%   1   0% ${title}\n`;
    });
    return `Mem: ${Math.floor(total * 0.4)}K used, ${Math.floor(total * 0.6)}K free, 1144K shrd, ${Math.floor(total * 0.01)}K buff, ${Math.floor(total * 0.2)}K cached\nCPU:   1% usr   1% sys   0% nic  97% idle   0% io   0% irq   0% sirq\nLoad average: 0.08 0.05 0.01 1/412 ${system.process.pid}\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n${rows.join('')}`;
  }
  const rows = all.map((process) => {
    const { title, user } = titleOf(system, process);
    return `${String(process.pid).padStart(7)} ${user.slice(0, 8).padEnd(8)}  20   0    4364   3204   2960 ${stateOf(process)}   0.0   0.0   ${clock(process.cpu)}.00 ${(title.split(' ')[0] ?? '').split('/').at(-1)}\n`;
  });
  return `top - ${formatDate('%H:%M:%S', system.now())} up  1:00,  0 users,  load average: 0.08, 0.05, 0.01\nTasks: ${String(all.length).padStart(3)} total,   1 running, ${String(all.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie\n%Cpu(s):  1.2 us,  0.8 sy,  0.0 ni, 97.9 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\nMiB Mem :${(total / 1024).toFixed(1).padStart(9)} total,${((total * 0.6) / 1024).toFixed(1).padStart(9)} free,${((total * 0.19) / 1024).toFixed(1).padStart(9)} used,${((total * 0.21) / 1024).toFixed(1).padStart(9)} buff/cache\nMiB Swap:      0.0 total,      0.0 free,      0.0 used.${((total * 0.79) / 1024).toFixed(1).padStart(9)} avail Mem\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n${rows.join('')}`;
}

/** A signal as an option gives it: `-9`, `-s TERM`; and what is left. */
function signalOption(args: readonly string[]): { signal: SignalName | ''; rest: string[] } {
  const rest = [...args];
  const given = rest[0] === '-s' ? rest.splice(0, 2)[1] : /^-[A-Z0-9]+$/.test(rest[0] ?? '') ? rest.shift()!.slice(1) : undefined;
  if (given === undefined) return { signal: 'TERM', rest };
  const signal = given === '0' ? '' : parseSignal(given);
  if (signal === undefined) throw new Refusal(`bad signal name '${given}'`);
  return { signal, rest };
}

export const kill = once('kill', (system, args) => {
  if (args[0] === '-l') {
    system.out(`${Object.keys(SIGNALS).join('\n')}\n`);
    return 0;
  }
  const { signal, rest } = signalOption(args);
  if (!rest.length) throw new Refusal(isBusybox(system) ? 'you need to specify whom to kill' : 'not enough arguments');
  let status = 0;
  for (const text of rest) {
    if (!/^-?\d+$/.test(text)) throw new Refusal(isBusybox(system) ? `invalid number '${text}'` : `failed to parse argument: '${text}'`);
    if (system.kill(Number(text), signal)) continue;
    system.err(isBusybox(system) ? `kill: can't kill pid ${text}: No such process\n` : `kill: (${text}): No such process\n`);
    status = 1;
  }
  return status;
});

const named = (system: System, name: string, isWhole: boolean): Process[] =>
  processesOf(system).filter((process) => {
    const own = (process.argv[0] ?? process.program).split('/').at(-1)!;
    return process !== system.process && !process.exit && (isWhole ? own === name : own.includes(name));
  });

export const killall = once('killall', (system, args) => {
  const { signal, rest } = signalOption(args.filter((arg) => arg !== '-q'));
  let status = 0;
  for (const name of rest) {
    const found = named(system, name, true);
    for (const { pid } of found) system.kill(pid, signal);
    if (found.length) continue;
    status = 1;
    system.err(`${name}: no process ${isBusybox(system) ? 'killed' : 'found'}\n`);
  }
  return status;
});

export const pkill = once('pkill', (system, args) => {
  const { signal, rest } = signalOption(args);
  const isFull = rest.includes('-f');
  const pattern = rest.find((arg) => !arg.startsWith('-')) ?? '';
  const found = matching(system, pattern, isFull, rest.includes('-x'));
  for (const { pid } of found) system.kill(pid, signal);
  return found.length ? 0 : 1;
});

export const pgrep = once('pgrep', (system, args) => {
  const pattern = args.find((arg) => !arg.startsWith('-')) ?? '';
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  const found = matching(system, pattern, flags.includes('f'), flags.includes('x'));
  for (const process of found)
    system.out(
      `${process.pid}${/l|a/.test(flags) ? ` ${flags.includes('a') ? process.argv.join(' ') : (process.argv[0] ?? '').split('/').at(-1)}` : ''}\n`,
    );
  return found.length ? 0 : 1;
});

function matching(system: System, pattern: string, isFull: boolean, isWhole: boolean): Process[] {
  const expression = compile(system, pattern, 'extended', isWhole ? { whole: 'line' } : {});
  return processesOf(system).filter(
    (process) =>
      process !== system.process &&
      !process.exit &&
      expression.test(isFull ? process.argv.join(' ') : (process.argv[0] ?? process.program).split('/').at(-1)!),
  );
}

export const pidof = once('pidof', (system, args) => {
  const found = args.filter((arg) => !arg.startsWith('-')).flatMap((name) => named(system, name, true));
  if (found.length)
    system.out(
      `${found
        .map(({ pid }) => pid)
        .reverse()
        .join(' ')}\n`,
    );
  return found.length ? 0 : 1;
});

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Runs a command, and ends it when its time is over. */
export const timeout: Tool = {
  name: 'timeout',
  step: (system): Next => {
    let state = system.process.data as { pid: number; until: number; signal: SignalName; killAfter: number; fired: boolean } | null;
    if (!state) {
      const args = system.argv.slice(1);
      let signal: SignalName = 'TERM';
      let killAfter = 0;
      while (/^-./.test(args[0] ?? '')) {
        const option = args.shift()!;
        if (option === '-s' || option === '--signal') signal = parseSignal(args.shift() ?? '') ?? 'TERM';
        else if (option.startsWith('--signal=')) signal = parseSignal(option.slice(9)) ?? 'TERM';
        else if (option === '-k' || option === '--kill-after') killAfter = Number.parseFloat(args.shift() ?? '0') * 1000;
        else if (option === '-t') continue;
      }
      const match = /^(\d*\.?\d+)([smhd]?)$/.exec(args[0] ?? '');
      if (!match || args.length < 2) {
        system.err(
          args.length < 2
            ? `timeout: ${isBusybox(system) ? 'missing operand' : "missing operand\nTry 'timeout --help' for more information."}\n`
            : `timeout: invalid ${isBusybox(system) ? 'number' : 'time interval'} '${args[0]}'\n`,
        );
        return { exit: isBusybox(system) ? 1 : 125 };
      }
      try {
        const pid = system.spawn({ argv: args.slice(1) });
        state = { pid, until: system.now() + Number(match[1]) * UNITS[match[2] || 's']!, signal, killAfter, fired: false };
        system.process.data = state;
      } catch (error) {
        if (!(error instanceof ExecError || error instanceof FileError)) throw error;
        const code = error instanceof ExecError ? error.status : 126;
        system.err(
          isBusybox(system)
            ? `timeout: can't execute '${args[1]}': ${code === 127 ? 'No such file or directory' : error.message}\n`
            : `timeout: failed to run command '${args[1]}': ${code === 127 ? 'No such file or directory' : error.message}\n`,
        );
        return { exit: code };
      }
    }
    const ended = system.reap(state.pid);
    if (ended) return { exit: state.fired ? (isBusybox(system) ? 143 : 124) : ended.exit.code };
    if (system.now() >= state.until) {
      system.kill(state.pid, state.fired ? 'KILL' : state.signal);
      if (!state.fired) system.kill(state.pid, 'CONT');
      state.until = state.killAfter && !state.fired ? system.now() + state.killAfter : Infinity;
      state.fired = true;
    }
    return { wait: { child: state.pid, ...(state.until < Infinity && state.until !== null && { until: state.until }) } };
  },
  signal: (system, signal) => {
    const state = system.process.data as { pid: number } | null;
    if (!state || signal === 'CHLD') return signal === 'CHLD';
    if (signal !== 'TERM' && signal !== 'INT' && signal !== 'HUP') return false;
    system.kill(state.pid, signal);
    return true;
  },
};

/** Becomes a command that a hang-up does not end. */
export const nohup: Tool = {
  name: 'nohup',
  step: (system): Next => {
    const args = system.argv.slice(1);
    try {
      if (system.tty(1)) {
        const fd = system.open('nohup.out', 'a');
        system.dup(fd, 1);
        system.close(fd);
        system.err("nohup: ignoring input and appending output to 'nohup.out'\n");
      }
      system.process.ignored = [...system.process.ignored, 'HUP'];
      system.exec({ argv: args });
      return 'again';
    } catch (error) {
      if (!(error instanceof ExecError || error instanceof FileError)) throw error;
      system.err(
        `nohup: ${isBusybox(system) ? `can't execute '${args[0]}'` : `failed to run command '${args[0]}'`}: No such file or directory\n`,
      );
      return { exit: 127 };
    }
  },
};

/** Runs a command again and again, and shows what it prints. */
export const watch: Tool = {
  name: 'watch',
  step: (system): Next => {
    const given = options(system, 'n:td', ['interval='], { stops: true, aliases: { interval: 'n' } });
    const every = Math.max(100, Number(given.get('n') ?? 2) * 1000);
    const state = (system.process.data ??= { pid: 0, next: system.now() }) as { pid: number; next: number };
    if (state.pid) {
      if (!system.reap(state.pid)) return { wait: { child: state.pid } };
      state.pid = 0;
      state.next = system.now() + every;
    }
    if (system.now() < state.next) return { wait: { until: state.next } };
    const command = given.rest.join(' ');
    if (!command) throw new FileError('EINVAL', '');
    system.out(`\x1b[H\x1b[J${given.has('t') ? '' : `Every ${(every / 1000).toFixed(1)}s: ${command}\n\n`}`);
    state.pid = system.spawn({ argv: ['/bin/sh', '-c', command] });
    return { wait: { child: state.pid } };
  },
  signal: (_system, signal) => signal === 'CHLD',
};

export const time: Tool = {
  name: 'time',
  step: (system): Next => {
    const state = (system.process.data ??= { pid: 0, begin: system.now() }) as { pid: number; begin: number };
    const args = system.argv.slice(system.argv[1] === '-p' ? 2 : 1);
    if (!state.pid) {
      try {
        state.pid = system.spawn({ argv: args });
      } catch (error) {
        if (!(error instanceof ExecError)) throw error;
        system.err(`time: can't execute '${args[0]}': No such file or directory\n`);
        return { exit: 127 };
      }
    }
    const ended = system.reap(state.pid);
    if (!ended) return { wait: { child: state.pid } };
    const seconds = (system.now() - state.begin) / 1000;
    system.err(`real\t${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`);
    return { exit: ended.exit.code };
  },
};
