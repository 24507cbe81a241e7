// What containers use: a function of time, of what a program says it needs, and of the work it was given. Nobody measures while nobody asks.

import { programs } from '../programs/index.ts';
import { isService } from '../process/program.ts';
import type { World } from '../world.ts';
import { findNamespace, namespaceId } from '../process/namespace.ts';
import type { Container, Sandbox } from './sandbox.ts';
import { serviceContext } from './service.ts';

/** Work done is remembered by stretches of this length, for so long. */
const [STRETCH_MS, KEPT_MS] = [5000, 5 * 60_000];
const MI = 2 ** 20;

/** Core-milliseconds that a container has used since it started, as of a time: a counter, like a cgroup's. */
export function cpuUsedUntil(world: World, sandbox: Sandbox, container: Container, time: number): number {
  if (container.state === 'created') return 0;
  const end = container.state === 'exited' ? Math.min(time, container.finishedAt) : time;
  const ran = Math.max(0, end - container.startedAt);
  let work = container.work?.before ?? 0;
  for (const { at, amount } of container.work?.stretches ?? []) work += amount * Math.min(1, Math.max(0, (end - at) / STRETCH_MS));
  return (ran * demandOf(world, sandbox, container).cpu) / 1000 + work;
}

/** Bytes that it holds now. */
export const memoryOf = (world: World, sandbox: Sandbox, container: Container): number =>
  container.state === 'running' ? demandOf(world, sandbox, container).memory : 0;

/**
 * Notes work that a container did now (core-milliseconds). It cannot do more than its limit, or its machine, lets it: what is beyond that is lost, as
 * answers are that came too late.
 */
export function noteWork(world: World, sandbox: Sandbox, container: Container, amount: number): void {
  const now = world.now();
  const at = Math.floor(now / STRETCH_MS) * STRETCH_MS;
  const { before = 0, stretches = [] } = container.work ?? {};
  const cores = container.limits.cpu ? container.limits.cpu / 1000 : (world.machines.get(sandbox.machine)?.cpus ?? 1);
  const last = stretches.at(-1)?.at === at ? stretches.at(-1)!.amount : 0;
  const sum = Math.min(last + amount, cores * STRETCH_MS);
  const older = last || stretches.at(-1)?.at === at ? stretches.slice(0, -1) : stretches;
  const forgotten = older.filter((one) => one.at < now - KEPT_MS).reduce((total, one) => total + one.amount, before);
  container.work = { before: forgotten, stretches: [...older.filter((one) => one.at >= now - KEPT_MS), { at, amount: sum }] };
  world.sandboxes.put(sandbox.id, sandbox);
}

function demandOf(world: World, sandbox: Sandbox, container: Container): { readonly cpu: number; readonly memory: number } {
  const program = programs.get(container.main);
  if (program && isService(program) && container.service !== undefined) {
    const usage = program.usage?.(container.service, serviceContext(world, sandbox, container));
    if (usage) return container.limits.cpu ? { ...usage, cpu: Math.min(usage.cpu, container.limits.cpu) } : usage;
  }
  const processes = Object.values(findNamespace(world, namespaceId(sandbox, container))?.processes ?? {});
  return { cpu: 0, memory: Math.max(1, processes.length) * MI };
}
