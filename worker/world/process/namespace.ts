// Namespaces of processes: found, made, saved and ended. A container that only runs a service has none in the state: it is made when somebody else comes in.

import type { Container, Sandbox } from '../runtime/sandbox.ts';
import { findContainer } from '../world.ts';
import type { World } from '../world.ts';
import { programs } from '../programs/index.ts';
import type { PidNamespace, Process } from './process.ts';
import { newProcess } from './process.ts';
import { isService } from './program.ts';

/** On a machine many are there before. */
const FIRST_OF_HOST = 31_000;

export const HOST_SUFFIX = '@host';

/** Under which id the processes of a container are kept. */
export function namespaceId(sandbox: Sandbox, container: Container): string {
  if (sandbox.hostPid) return `${sandbox.machine}${HOST_SUFFIX}`;
  return sandbox.sharesPids ? sandbox.id : (container.joins ?? container.id);
}

/** Whether a container has others' processes around it. */
export const isAmongOthers = (sandbox: Sandbox, { joins }: Container): boolean =>
  sandbox.sharesPids || sandbox.hostPid || joins !== undefined;

export const findNamespace = (world: World, id: string): PidNamespace | undefined => world.namespaces.get(id);

export function namespaceOf(world: World, sandbox: Sandbox, container: Container): PidNamespace {
  const id = namespaceId(sandbox, container);
  const known = world.namespaces.get(id);
  if (known) return known;
  const made = emptyNamespace(id, sandbox.id);
  const members = sandbox.sharesPids ? sandbox.containers : sandbox.containers.filter((one) => one.id === id);
  if (sandbox.sharesPids) addServiceProcesses(made, '', 'pause', ['/pause'], undefined, sandbox.createdAt);
  for (const one of members) {
    const program = programs.get(one.main);
    if (one.state === 'running' && program && isService(program))
      addServiceProcesses(made, one.id, one.main, one.argv, one.service, one.startedAt);
  }
  return made;
}

export const emptyNamespace = (id: string, sandbox: string): PidNamespace => ({
  id,
  sandbox,
  nextPid: id.endsWith(HOST_SUFFIX) ? FIRST_OF_HOST : 1,
  nextFile: 1,
  processes: {},
  files: {},
  pipes: {},
  ttys: {},
  sessions: {},
});

/** A service is there as processes that only wait. */
function addServiceProcesses(
  namespace: PidNamespace,
  container: string,
  program: string,
  argv: readonly string[],
  keep: unknown,
  startedAt: number,
): void {
  const service = programs.get(program);
  const titles = (service && isService(service) && keep !== undefined ? service.processes?.(keep) : undefined) ?? [
    { title: argv.join(' ') },
  ];
  const parent = namespace.nextPid;
  for (const [i] of titles.entries()) {
    const pid = namespace.nextPid++;
    namespace.processes[pid] = newProcess({
      pid,
      ppid: i === 0 ? 0 : parent,
      pgid: parent,
      container,
      program,
      argv: [...argv],
      cwd: '/',
      data: { worker: i },
      wait: {},
      startedAt,
    });
  }
  // Whoever comes in later gets a pid that shows that others were there before.
  namespace.nextPid = Math.max(namespace.nextPid, titles.length > 1 ? 29 + titles.length : namespace.nextPid);
}

/** Keeps it, or forgets it when nothing is left that could not be made again. */
export function saveNamespace(world: World, namespace: PidNamespace): void {
  const isIdle =
    Object.values(namespace.processes).every((process) => !process.session && isWaitingService(process)) &&
    Object.keys(namespace.sessions).length === 0;
  if (!isIdle) world.namespaces.put(namespace.id, namespace);
  else if (world.namespaces.get(namespace.id)) world.namespaces.delete(namespace.id);
}

function isWaitingService({ program, signals, exit, data }: Process): boolean {
  const found = programs.get(program);
  return (
    found !== undefined &&
    isService(found) &&
    !signals.length &&
    exit === null &&
    data !== null &&
    typeof data === 'object' &&
    'worker' in data
  );
}

export function endNamespace(world: World, id: string): void {
  if (world.namespaces.get(id)) world.namespaces.delete(id);
}

/** The container that a process runs in, if it still exists. */
export const containerOf = (world: World, process: Process): { sandbox: Sandbox; container: Container } | undefined =>
  process.container ? findContainer(world, process.container) : undefined;
