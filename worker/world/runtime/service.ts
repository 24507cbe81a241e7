// How a service sees the container it runs in.

import { containerFiles } from '../files/container-files.ts';
import { isPortOpen } from '../network/connect.ts';
import type { FileSystem } from '../files/file-system.ts';
import { filesOf } from '../process/kernel.ts';
import { containerOf } from '../process/namespace.ts';
import { writeFile } from '../process/open-file.ts';
import { BrokenPipe } from '../process/session.ts';
import type { PidNamespace, Process } from '../process/process.ts';
import type { ServiceContext, Usage } from '../process/program.ts';
import type { World } from '../world.ts';
import { endSoon, signalContainer } from './lifecycle.ts';
import { appendLog } from './log.ts';
import type { Container, Sandbox } from './sandbox.ts';
import { memoryOf as usedMemory, noteLoad, noteWork } from './usage.ts';

const addressOf = (world: World, sandbox: Sandbox): string =>
  sandbox.hostNetwork ? (world.machines.get(sandbox.machine)?.ip ?? '') : sandbox.ip;

const MEMORY = 'world/memory';

/** A service's memory is a row; it is gone with its container (`forgetMemory`). */
const memoryOf = (world: World, key: string): ServiceContext['memory'] => ({
  get: <T>() => world.state.get<T>(MEMORY, key),
  set: (value) => world.state.set(MEMORY, key, value),
});

export function forgetMemory(world: World, container: string): void {
  for (const [key] of world.state.entries(MEMORY)) if (key.startsWith(`${container}/`)) world.state.delete(MEMORY, key);
}

/** How long it takes to grow beyond a limit. */
const GROWTH_MS = 400;

/** Who takes more memory than it may is killed. */
function takeLoad(world: World, sandbox: Sandbox, container: Container, load: Usage, ms: number): void {
  noteLoad(world, sandbox, container, load, ms);
  const { memory } = container.limits;
  if (memory && usedMemory(world, sandbox, container) > memory) endSoon(world, sandbox, container, 137, GROWTH_MS, 'OOMKilled');
}

export function serviceContext(
  world: World,
  sandbox: Sandbox,
  container: Container,
  files: FileSystem = containerFiles(world, sandbox, container),
): ServiceContext {
  return {
    world,
    caller: { machine: sandbox.machine, sandbox, namespace: '' },
    argv: container.argv,
    env: container.env,
    cwd: container.cwd,
    ports: container.ports,
    isFirst: true,
    memory: memoryOf(world, `${container.id}/${container.startedAt}`),
    exit: (code, after) => endSoon(world, sandbox, container, code, after),
    files,
    random: world.random,
    startedAt: container.startedAt,
    hostname: sandbox.hostname,
    ip: addressOf(world, sandbox),
    user: container.user,
    memoryLimit: container.limits.memory,
    now: () => world.now(),
    isOpen: (port) => isPortOpen(world, sandbox.machine, port),
    log: (stream, text) => appendLog(world, container.id, stream, text),
    work: (amount) => noteWork(world, sandbox, container, amount),
    load: (load, ms) => takeLoad(world, sandbox, container, load, ms),
  };
}

/** The same for a service that is a process among others. */
export function serviceContextOf(world: World, namespace: PidNamespace, process: Process): ServiceContext {
  const place = containerOf(world, process);
  const machine = place?.sandbox.machine ?? namespace.id.split('@')[0]!;
  let files: FileSystem | undefined;
  const own = (): FileSystem => (files ??= filesOf(world, process, namespace));
  return {
    world,
    caller: { machine, sandbox: place?.sandbox, namespace: '' },
    argv: process.argv,
    env: process.env ?? place?.container.env ?? {},
    cwd: process.cwd,
    ports: place?.container.ports ?? [],
    isFirst: process.pid === 1,
    memory: memoryOf(world, `${namespace.id}/${process.pid}/${process.startedAt}`),
    get files() {
      return own();
    },
    random: world.random,
    startedAt: process.startedAt,
    hostname: place?.sandbox.hostname ?? machine,
    ip: place ? addressOf(world, place.sandbox) : (world.machines.get(machine)?.ip ?? ''),
    user: { uid: process.uid, gid: process.gid, groups: process.groups },
    memoryLimit: place?.container.limits.memory ?? 0,
    now: () => world.now(),
    isOpen: (port) => isPortOpen(world, machine, port),
    work: (amount) => {
      if (place) noteWork(world, place.sandbox, place.container, amount);
    },
    load: (load, ms) => {
      if (place) takeLoad(world, place.sandbox, place.container, load, ms);
    },
    signalFirst: (signal) => {
      if (place) signalContainer(world, place.sandbox, place.container, signal);
    },
    log: (stream, text) => {
      const file = namespace.files[process.fds[stream === 'stdout' ? 1 : 2] ?? ''];
      if (!file) return;
      try {
        writeFile(world, namespace, process, own(), file, text);
      } catch (error) {
        // A service goes on when nobody reads its output.
        if (!(error instanceof BrokenPipe)) throw error;
      }
    },
  };
}
