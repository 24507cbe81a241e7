// What a node has left, what its pods use of it, and whom it would put off first. Mirrors pkg/kubelet/eviction/helpers.go.

import type { Pod } from '../../api/gen/core-v1.ts';
import { formatQuantity, parseQuantity, quantityValue } from '../../lib/quantity.ts';
import type { Machine } from '../../world/machine.ts';
import { findNamespace, namespaceId } from '../../world/process/namespace.ts';
import { diskOf, diskUsed, volumesOf } from '../../world/runtime/disk.ts';
import { memoryOf } from '../../world/runtime/usage.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { SYSTEM_MEMORY } from '../metrics-server/index.ts';
import { total } from './pod-resources.ts';
import { runtimeUid } from './static-pod.ts';

/** How many processes there may be, and how many there are beside those of pods. */
const [MAX_PIDS, SYSTEM_PIDS] = [4_194_304, 200];

export type Starved = 'memory' | 'ephemeral-storage' | 'pids';

export interface Signal {
  readonly resource: Starved;
  /** What of its machine it is short of then. */
  readonly shortage: 'memory' | 'disk' | 'pid';
  readonly available: number;
  readonly capacity: number;
}

/** In the order in which upstream looks after them. */
export function observe(world: World, machine: Machine, used: readonly PodUsage[]): ReadonlyMap<string, Signal> {
  const memory = used.reduce((sum, one) => sum + one.memory, SYSTEM_MEMORY);
  const processes = used.reduce((sum, one) => sum + one.processes, SYSTEM_PIDS);
  const disk: Signal = {
    resource: 'ephemeral-storage',
    shortage: 'disk',
    available: Math.max(0, machine.disk - diskUsed(world, machine)),
    capacity: machine.disk,
  };
  return new Map<string, Signal>([
    [
      'memory.available',
      { resource: 'memory', shortage: 'memory', available: Math.max(0, machine.memory - memory), capacity: machine.memory },
    ],
    ['nodefs.available', disk],
    ['imagefs.available', disk],
    ['pid.available', { resource: 'pids', shortage: 'pid', available: MAX_PIDS - processes, capacity: MAX_PIDS }],
  ]);
}

export interface PodUsage {
  readonly pod: Pod;
  readonly memory: number;
  readonly processes: number;
  /** Of what its containers wrote, their logs, and its volumes. */
  readonly disk: number;
  readonly containers: ReadonlyMap<string, { readonly memory: number; readonly disk: number }>;
  readonly volumes: ReadonlyMap<string, number>;
}

/** Of those that have something running. */
export function usageOf(world: World, pods: readonly Pod[]): PodUsage[] {
  return pods.flatMap((pod) => {
    const sandbox = world.sandboxes.find('pod', runtimeUid(pod)).find(({ state }) => state === 'ready');
    return sandbox?.containers.some(({ state }) => state === 'running') ? [measure(world, pod, sandbox)] : [];
  });
}

function measure(world: World, pod: Pod, sandbox: Sandbox): PodUsage {
  const volumes = volumesOf(world, sandbox);
  const containers = new Map<string, { memory: number; disk: number }>();
  let processes = 1;
  for (const container of sandbox.containers) {
    const { root, log } = diskOf(world, container);
    const before = containers.get(container.name) ?? { memory: 0, disk: 0 };
    containers.set(container.name, { memory: before.memory + memoryOf(world, sandbox, container), disk: before.disk + root + log });
    if (container.state === 'running')
      processes += Math.max(1, Object.keys(findNamespace(world, namespaceId(sandbox, container))?.processes ?? {}).length);
  }
  const sum = (which: 'memory' | 'disk'): number => [...containers.values()].reduce((all, one) => all + one[which], 0);
  return {
    pod,
    memory: sum('memory'),
    processes,
    disk: sum('disk') + [...volumes.values()].reduce((all, one) => all + one, 0),
    containers,
    volumes,
  };
}

/** `100Mi`, or a share of the capacity: bytes. */
export function thresholdOf(text: string, capacity: number): number {
  return text.endsWith('%') ? Math.trunc((capacity * Number.parseFloat(text)) / 100) : quantityValue(text);
}

export const bytesText = (bytes: number): string =>
  formatQuantity({ nanos: BigInt(Math.round(bytes)) * 1_000_000_000n, format: 'BinarySI' });

const zero = (text: string | undefined): string => {
  const quantity = parseQuantity(text ?? '0');
  return quantity ? formatQuantity(quantity) : '0';
};

/** Who goes first: who uses more than it asked for, then the lower priority, then the larger excess. */
export function rank(used: readonly PodUsage[], resource: Starved): PodUsage[] {
  if (resource === 'pids')
    return used.toSorted((a, b) => (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) || b.processes - a.processes);
  const amount = (one: PodUsage): number => (resource === 'memory' ? one.memory : one.disk);
  const excess = (one: PodUsage): number => amount(one) - quantityValue(total(one.pod, 'requests')[resource]);
  return used.toSorted(
    (a, b) =>
      Number(excess(b) > 0) - Number(excess(a) > 0) || (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) || excess(b) - excess(a),
  );
}

/** Why a pod had to go. */
export function evictionMessage({ pod, containers }: PodUsage, { resource, available, capacity }: Signal, threshold: string): string {
  const quantity = threshold.endsWith('%') ? bytesText(thresholdOf(threshold, capacity)) : threshold;
  let message = `The node was low on resource: ${resource}. Threshold quantity: ${quantity}, available: ${bytesText(available)}. `;
  if (resource === 'pids') return message;
  for (const { name, resources } of pod.spec.containers) {
    const used = containers.get(name)?.[resource === 'memory' ? 'memory' : 'disk'] ?? 0;
    const request = resources.requests?.[resource];
    if (used > quantityValue(request))
      message += `Container ${name} was using ${bytesText(used)}, request is ${zero(request)}, has larger consumption of ${resource}. `;
  }
  return message;
}

/** Why a pod that takes more of the disk than it may has to go; undefined if it does not. */
export function localStorageProblem({ pod, disk, containers, volumes }: PodUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit && quantityValue(limit) > 0 && (volumes.get(name) ?? 0) > quantityValue(limit))
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(zero(limit))}. `;
  }
  const ofPod = total(pod, 'limits')['ephemeral-storage'];
  if (ofPod !== undefined && disk > quantityValue(ofPod))
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${zero(ofPod)}. `;
  for (const { name, resources } of pod.spec.containers) {
    const limit = resources.limits?.['ephemeral-storage'];
    if (limit && quantityValue(limit) && (containers.get(name)?.disk ?? 0) > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(zero(limit))}. `;
  }
  return undefined;
}
