// What runs on a machine besides the commands that somebody started there: systemd, its services, and the first processes of containers, as `ps` of the machine's namespace shows
// them. Made of records when somebody looks. Mirrors how containerd starts things: a shim for each sandbox, and below it what is in the sandbox.

import { isServiceActive, setService } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { programs } from '../programs/index.ts';
import { signalContainer } from '../runtime/lifecycle.ts';
import type { Container } from '../runtime/sandbox.ts';
import { serviceCommand } from '../service-command.ts';
import type { World } from '../world.ts';
import { HOST_SUFFIX } from './namespace.ts';
import { hostPidOf } from './host-pids.ts';
import { newProcess } from './process.ts';
import type { PidNamespace, Process, SignalName } from './process.ts';
import { isService } from './program.ts';

/** The machine whose processes all are seen from a namespace. */
export const machineOfNamespace = (world: World, { id }: PidNamespace): Machine | undefined =>
  id.endsWith(HOST_SUFFIX) ? world.machines.get(id.slice(0, -HOST_SUFFIX.length)) : undefined;

export function hostProcesses(world: World, machine: Machine): Process[] {
  const made = (pid: number, ppid: number, argv: readonly string[], startedAt: number, uid = 0): Process =>
    newProcess({ pid, ppid, pgid: pid, container: '', program: '', argv: [...argv], cwd: '/', startedAt, uid, wait: {} });
  const services = Object.entries(machine.services)
    .filter(([name]) => isServiceActive(machine, name))
    .map(([name, { pid, since }]) => made(pid, 1, serviceCommand(world, machine, name).split(' '), since));
  const contained = world.sandboxes
    .find('machine', machine.name)
    .filter(({ state }) => state === 'ready')
    .flatMap((sandbox) => {
      const shim = hostPidOf(sandbox) - 1;
      const { firstUser = 0 } = sandbox;
      const argv = [
        '/usr/bin/containerd-shim-runc-v2',
        '-namespace',
        'k8s.io',
        '-id',
        sandbox.id,
        '-address',
        '/run/containerd/containerd.sock',
      ];
      const containers = sandbox.hostPid ? [] : sandbox.containers.filter(({ state }) => state === 'running');
      return [
        made(shim, 1, argv, sandbox.createdAt),
        made(shim + 1, shim, ['/pause'], sandbox.createdAt, firstUser + 65_535),
        ...containers.map((container) => {
          return made(hostPidOf(container), shim, argvOf(container), container.startedAt, firstUser + container.user.uid);
        }),
      ];
    });
  return [made(1, 0, ['/sbin/init'], machine.bootedAt), ...services, ...contained].sort((a, b) => a.pid - b.pid);
}

/** As its program calls itself; in full, where that is how it was called. */
function argvOf({ main, service, argv }: Container): readonly string[] {
  const program = programs.get(main);
  const title = program && isService(program) && service !== undefined ? program.processes?.(service)[0]?.title : undefined;
  return title === undefined || argv.join(' ').startsWith(title) ? argv : title.split(' ');
}

/** False: there is no such process. Systemd starts a service that was ended again. */
export function signalHostProcess(world: World, machine: Machine, pid: number, signal: SignalName | ''): boolean {
  if (!hostProcesses(world, machine).some((one) => one.pid === pid)) return false;
  if (signal === '') return true;
  const [service] = Object.entries(machine.services).find(([, one]) => one.pid === pid) ?? [];
  if (service !== undefined && ['TERM', 'KILL', 'INT', 'QUIT'].includes(signal)) {
    setService(world, machine, service, 'failed');
    setService(world, machine, service, 'active');
  }
  for (const sandbox of world.sandboxes.find('machine', machine.name))
    for (const container of sandbox.containers) if (hostPidOf(container) === pid) signalContainer(world, sandbox, container, signal);
  return true;
}
