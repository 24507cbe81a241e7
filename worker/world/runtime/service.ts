// How a service sees the container it runs in.

import { containerFiles } from '../files/container-files.ts';
import { isPortOpen } from '../network/connect.ts';
import type { FileSystem } from '../files/file-system.ts';
import type { ServiceContext } from '../process/program.ts';
import type { World } from '../world.ts';
import { appendLog } from './log.ts';
import type { Container, Sandbox } from './sandbox.ts';
import { noteWork } from './usage.ts';

export function serviceContext(world: World, sandbox: Sandbox, container: Container): ServiceContext {
  let files: FileSystem | undefined;
  return {
    argv: container.argv,
    env: container.env,
    get files() {
      return (files ??= containerFiles(world, sandbox, container));
    },
    random: world.random,
    startedAt: container.startedAt,
    hostname: sandbox.hostname,
    ip: sandbox.hostNetwork ? (world.machines.get(sandbox.machine)?.ip ?? '') : sandbox.ip,
    memoryLimit: container.limits.memory,
    now: () => world.now(),
    isOpen: (port) => isPortOpen(world, sandbox.machine, port),
    log: (stream, text) => appendLog(world, container.id, stream, text),
    work: (amount) => noteWork(world, sandbox, container, amount),
  };
}
