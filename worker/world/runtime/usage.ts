// What containers use: a function of time, of what a program says it needs, and of the work it was given. Nobody measures while nobody asks.

import { programs } from '../programs/index.ts';
import { isService } from '../process/program.ts';
import type { World } from '../world.ts';
import { findNamespace, namespaceId } from '../process/namespace.ts';
import type { Container, Load, Sandbox } from './sandbox.ts';
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
  return (ran * demandOf(world, sandbox, container).cpu) / 1000 + work + loadedUntil(world, sandbox, container, end);
}

/** Core-milliseconds of its loads until a time: as many of them as there are cores for. */
function loadedUntil(world: World, sandbox: Sandbox, container: Container, time: number): number {
  const { loads = [] } = container;
  if (!loads.length) return 0;
  const room = Math.max(0, coresOf(world, sandbox, container) * 1000 - demandOf(world, sandbox, container).cpu);
  const times = [...new Set(loads.flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b).filter((at) => at < time);
  return times.reduce((total, at, i) => {
    const active = loads.filter(({ from, until }) => from <= at && until > at).reduce((sum, { cpu }) => sum + cpu, 0);
    return total + (Math.min(active, room) * ((times[i + 1] ?? time) - at)) / 1000;
  }, 0);
}

const coresOf = (world: World, { machine }: Sandbox, { limits }: Container): number =>
  limits.cpu ? limits.cpu / 1000 : (world.machines.get(machine)?.cpus ?? 1);

/** Notes what a container will use for a time. */
export function noteLoad(world: World, sandbox: Sandbox, container: Container, load: Omit<Load, 'from' | 'until'>, ms: number): void {
  const [now, { loads = [], work }] = [world.now(), container];
  const since = now - KEPT_MS;
  if (loads.some(({ from }) => from < since)) {
    container.work = {
      before: (work?.before ?? 0) + loadedUntil(world, sandbox, container, since),
      stretches: work?.stretches ?? [],
    };
  }
  const kept = loads.filter(({ until }) => until > since).map((one) => (one.from < since ? { ...one, from: since } : one));
  container.loads = [...kept, { ...load, from: now, until: now + ms }];
  world.sandboxes.put(sandbox.id, sandbox);
  if (load.memory) world.hooks.filled(sandbox.machine);
}

/** Bytes that it holds now. */
export const memoryOf = (world: World, sandbox: Sandbox, container: Container): number =>
  container.state === 'running'
    ? demandOf(world, sandbox, container).memory +
      (container.loads ?? [])
        .filter(({ from, until }) => from <= world.now() && until > world.now())
        .reduce((total, { memory }) => total + memory, 0)
    : 0;

/**
 * Notes work that a container did now (core-milliseconds). It cannot do more than its limit, or its machine, lets it: what is beyond that is lost, as
 * answers are that came too late.
 */
export function noteWork(world: World, sandbox: Sandbox, container: Container, amount: number): void {
  const now = world.now();
  const at = Math.floor(now / STRETCH_MS) * STRETCH_MS;
  const { before = 0, stretches = [] } = container.work ?? {};
  const cores = coresOf(world, sandbox, container);
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
