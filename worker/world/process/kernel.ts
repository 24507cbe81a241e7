// Runs the processes of a namespace until all of them wait: one step after the other, in the order of their pids. What they wait for decides when to come again.

import { containerFiles } from '../files/container-files.ts';
import { FileError } from '../files/error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { machineFiles } from '../files/machine-files.ts';
import { programs } from '../programs/index.ts';
import { endContainer, signalService } from '../runtime/lifecycle.ts';
import { noteWork } from '../runtime/usage.ts';
import type { World } from '../world.ts';
import { isHeldInBounds, OutOfMemory } from './memory.ts';
import { containerOf, saveNamespace } from './namespace.ts';
import { runServiceProcess, serviceData } from './service-process.ts';
import { closeFd, isReadable, isWritable } from './open-file.ts';
import type { Exit, PidNamespace, Process, SignalName, Wait } from './process.ts';
import { SIGNALS } from './process.ts';
import { isService } from './program.ts';
import type { Next, Tool } from './program.ts';
import { abandonRelays, BrokenPipe, endSession, hasNews } from './session.ts';
import { defaultEffect } from './signal.ts';
import { ExecError } from './spawn.ts';
import { System } from './system.ts';

/** Steps of one run. Whoever has not come to rest by then is busy: it goes on after `BUSY_MS`, having used the processor all the while. */
const [MAX_STEPS, BUSY_MS] = [300, 1000];

/** So many steps are taken between two looks at what is held. */
const LOOK_AT_MEMORY = 50;

export interface RunResult {
  /** When to run again (ms from now), if at a time. */
  readonly after: number | undefined;
  /** It never rests. */
  readonly busy: boolean;
}

export function runNamespace(world: World, namespace: PidNamespace): RunResult {
  let steps = 0;
  for (let moved = true; moved && steps < MAX_STEPS;) {
    moved = false;
    for (const pid of Object.keys(namespace.processes)) {
      const process = namespace.processes[pid];
      if (!process || process.exit || !isRunnable(world, namespace, process)) continue;
      moved = true;
      const before = steps;
      steps += 1 + runProcess(world, namespace, process);
      if (Math.floor(steps / LOOK_AT_MEMORY) > Math.floor(before / LOOK_AT_MEMORY)) killHungry(world, namespace);
    }
  }
  killHungry(world, namespace);
  const isBusy = steps >= MAX_STEPS;
  const times = Object.values(namespace.processes).flatMap(({ wait, exit }) => (wait?.until === undefined || exit ? [] : [wait.until]));
  const next = times.length ? Math.min(...times) - world.now() : undefined;
  const busyMs = Math.min(BUSY_MS, Math.max(0, next ?? BUSY_MS));
  if (isBusy) useProcessor(world, namespace, busyMs);
  saveNamespace(world, namespace);
  return { after: isBusy ? busyMs : next, busy: isBusy };
}

/** Whoever does not rest uses a core for so long, or what its container may use. */
function useProcessor(world: World, namespace: PidNamespace, ms: number): void {
  for (const process of Object.values(namespace.processes)) {
    if (process.wait || process.stopped || process.exit) continue;
    process.cpu += ms;
    const found = containerOf(world, process);
    if (found) noteWork(world, found.sandbox, found.container, ms);
  }
}

function isRunnable(world: World, namespace: PidNamespace, process: Process): boolean {
  if (process.signals.length) return !process.stopped || process.signals.some((one) => one === 'KILL' || one === 'CONT');
  if (process.stopped) return false;
  return process.wait === null || isOver(world, namespace, process, process.wait);
}

function isOver(world: World, namespace: PidNamespace, process: Process, wait: Wait): boolean {
  const file = (fd: number) => namespace.files[process.fds[fd] ?? ''];
  return (
    (wait.until !== undefined && wait.until <= world.now()) ||
    (wait.read !== undefined && isReadable(world, namespace, file(wait.read))) ||
    (wait.reads?.some((fd) => isReadable(world, namespace, file(fd))) ?? false) ||
    (wait.write !== undefined && isWritable(namespace, file(wait.write))) ||
    (wait.child !== undefined &&
      Object.values(namespace.processes).some(
        ({ ppid, pid, exit }) => ppid === process.pid && exit !== null && (wait.child === -1 || wait.child === pid),
      )) ||
    (wait.session !== undefined && hasNews(world, wait.session)) ||
    (wait.job !== undefined && world.tools.isDone(wait.job))
  );
}

/** Takes a step, and tells as how many it counts besides. */
function runProcess(world: World, namespace: PidNamespace, process: Process): number {
  const program = programs.get(process.program);
  if (!program) {
    endProcess(world, namespace, process, { code: 126 });
    return 0;
  }
  if (!isService(program)) {
    const system = systemOf(world, namespace, process);
    takeStep(system, program);
    return system.load;
  }
  if (process.data === null || serviceData(process)) {
    const code = runServiceProcess(world, namespace, process, program);
    if (code !== undefined) endProcess(world, namespace, process, { code });
  } else {
    // The container's own service only hears signals here.
    for (const signal of process.signals.splice(0)) signalService(world, namespace, process, signal);
  }
  return 0;
}

function takeStep(system: System, program: Tool): void {
  const { world, namespace, process } = system;
  try {
    for (const signal of process.signals.splice(0)) {
      if (signal !== 'KILL' && program.signal?.(system, signal)) continue;
      const effect = defaultEffect(process, signal, process.pid === 1 && !isOutside(signal, process));
      if (effect === 'end') return endProcess(world, namespace, process, { code: 128 + SIGNALS[signal], signal });
      if (effect === 'stop') {
        process.stopped = true;
        const parent = namespace.processes[process.ppid];
        if (parent && !parent.signals.includes('CHLD')) parent.signals.push('CHLD');
      }
      if (effect === 'continue') process.stopped = false;
    }
    if (process.exit || process.stopped || (process.wait && !isOver(world, namespace, process, process.wait))) return;
    process.wait = null;
    settle(world, namespace, process, program.step(system));
  } catch (error) {
    // A text longer than any can be is as good as no memory.
    if (error instanceof OutOfMemory || error instanceof RangeError) return killForMemory(world, namespace, process);
    if (error instanceof BrokenPipe) return endProcess(world, namespace, process, { code: 128 + SIGNALS.PIPE, signal: 'PIPE' });
    if (error instanceof FileError || error instanceof ExecError) {
      system.err(`${process.argv[0] ?? process.program}: ${error.message}\n`);
      return endProcess(world, namespace, process, { code: 1 });
    }
    throw error;
  }
}

function killHungry(world: World, namespace: PidNamespace): void {
  for (const process of Object.values(namespace.processes)) if (!isHeldInBounds(process.data)) killForMemory(world, namespace, process);
}

/** The kernel kills a container as a whole (memory.oom.group); a program of the machine goes alone. */
function killForMemory(world: World, namespace: PidNamespace, process: Process): void {
  const code = 128 + SIGNALS.KILL;
  const place = containerOf(world, process);
  if (place) endContainer(world, place.sandbox, place.container, { code, reason: 'OOMKilled' });
  else endProcess(world, namespace, process, { code, signal: 'KILL' });
}

/** Only SIGKILL reaches a first process that has no handler. */
const isOutside = (signal: SignalName, process: Process): boolean => signal === 'KILL' && process.pid === 1;

function settle(world: World, namespace: PidNamespace, process: Process, next: Next): void {
  if (next === 'again') return;
  if ('exit' in next) endProcess(world, namespace, process, { code: next.exit & 255 });
  else process.wait = next.wait;
}

/** Ends a process: its files are closed, its children get a new parent, and whoever waits for it learns how it ended. */
export function endProcess(world: World, namespace: PidNamespace, process: Process, exit: Exit): void {
  if (process.exit) return;
  for (const fd of Object.keys(process.fds)) closeFd(world, namespace, process, Number(fd));
  process.exit = exit;
  process.wait = null;
  process.data = null;
  abandonRelays(world, process);
  const first = namespace.processes[1];
  for (const child of Object.values(namespace.processes)) {
    if (child.ppid !== process.pid) continue;
    child.ppid = first && first !== process ? 1 : 0;
    if (child.exit && (!first || isReaper(first))) delete namespace.processes[child.pid];
  }
  const parent = namespace.processes[process.ppid];
  if (process.session !== undefined) {
    delete namespace.processes[process.pid];
    endSession(world, namespace, process.session, exit);
  } else if (!parent || isReaper(parent)) delete namespace.processes[process.pid];
  else if (!parent.signals.includes('CHLD')) parent.signals.push('CHLD');
  const place = containerOf(world, process);
  if (place?.container.state === 'running' && isFirstOf(process)) endContainer(world, place.sandbox, place.container, { code: exit.code });
}

/** Whether the container lives and dies with this process. */
const isFirstOf = (process: Process): boolean => process.ppid === 0 && process.session === undefined;

/** Takes the ends of children that are nobody's. */
function isReaper(process: Process): boolean {
  const program = programs.get(process.program);
  return process.exit !== null || (program !== undefined && isService(program));
}

export function systemOf(world: World, namespace: PidNamespace, process: Process): System {
  return new System(world, namespace, process, filesOf(world, process, namespace), containerOf(world, process));
}

/** The files that a process sees, with its rights. */
export function filesOf(world: World, process: Process, namespace?: PidNamespace): FileSystem {
  const files = allFilesOf(world, process, namespace);
  return process.root === undefined ? files : files.below(process.root);
}

function allFilesOf(world: World, process: Process, namespace?: PidNamespace): FileSystem {
  const place = containerOf(world, process);
  const user = { uid: process.uid, gid: process.gid, groups: process.groups };
  if (place) return containerFiles(world, place.sandbox, place.container).as(user);
  const machine = (namespace?.id ?? '').split('@')[0]!;
  return machineFiles(world, machine, user);
}
