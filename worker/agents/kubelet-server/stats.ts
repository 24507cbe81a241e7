// What a node and its pods use, as `/stats/summary` says it. Mirrors pkg/kubelet/server/stats; figures come from the world's accounts (world/runtime/usage.ts).

import type { Pod } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import type { Machine } from '../../world/machine.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import { diskOf, diskUsed, volumesOf } from '../../world/runtime/disk.ts';
import { cpuUsedUntil, memoryOf } from '../../world/runtime/usage.ts';
import type { World } from '../../world/world.ts';
import { runtimeUid } from '../kubelet/static-pod.ts';
import { SYSTEM_CPU, SYSTEM_MEMORY } from '../metrics-server/index.ts';

/** A rate is what was used in so long. */
const WINDOW_MS = 10_000;

export interface Used {
  /** Thousandths of a core, now. */
  readonly cpu: number;
  /** Core-seconds, ever. */
  readonly seconds: number;
  /** Bytes. */
  readonly memory: number;
}

export interface UsedContainer extends Used {
  readonly container: Container;
}

export interface UsedPod extends Used {
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  readonly containers: readonly UsedContainer[];
}

/** What the pods use that run. */
export function usedByPods(world: World, all: readonly Pod[]): UsedPod[] {
  return all.flatMap((pod): UsedPod[] => {
    const sandbox = world.sandboxes.find('pod', runtimeUid(pod)).find(({ state }) => state === 'ready');
    if (!sandbox) return [];
    const containers = sandbox.containers
      .filter(({ state }) => state === 'running')
      .map((container): UsedContainer => ({ container, ...usedBy(world, sandbox, container) }));
    return [{ pod, sandbox, containers, ...sum(containers) }];
  });
}

function usedBy(world: World, sandbox: Sandbox, container: Container): Used {
  const now = world.now();
  const used = cpuUsedUntil(world, sandbox, container, now);
  const windowMs = Math.min(WINDOW_MS, Math.max(1, now - container.startedAt));
  const cpu = ((used - cpuUsedUntil(world, sandbox, container, now - windowMs)) * 1000) / windowMs;
  return { cpu, seconds: used / 1000, memory: memoryOf(world, sandbox, container) };
}

const sum = (parts: readonly Used[]): Used => ({
  cpu: parts.reduce((total, { cpu }) => total + cpu, 0),
  seconds: parts.reduce((total, { seconds }) => total + seconds, 0),
  memory: parts.reduce((total, { memory }) => total + memory, 0),
});

/** With what the machine uses beside its pods. */
export function usedByMachine(world: World, machine: Machine, ofPods: readonly Used[]): Used {
  const { cpu, seconds, memory } = sum(ofPods);
  const uptime = (world.now() - machine.bootedAt) / 1000;
  return {
    cpu: Math.min(machine.cpus * 1000, cpu + SYSTEM_CPU),
    seconds: seconds + (uptime * SYSTEM_CPU) / 1000,
    memory: Math.min(machine.memory, memory + SYSTEM_MEMORY),
  };
}

/** What a pod has on the disk of its machine. */
const storageOf = (world: World, sandbox: Sandbox): number =>
  sandbox.containers.map((container) => diskOf(world, container)).reduce((total, { root, log }) => total + root + log, 0) +
  [...volumesOf(world, sandbox).values()].reduce((total, bytes) => total + bytes, 0);

export function summary({ world }: { world: World }, machine: Machine, all: readonly Pod[]): object {
  const time = formatTime(world.now());
  const cpuOf = ({ cpu, seconds }: Used) => ({
    time,
    usageNanoCores: Math.round(cpu * 1e6),
    usageCoreNanoSeconds: Math.round(seconds * 1e9),
  });
  const memory = ({ memory: bytes }: Used, limit: number) => ({
    time,
    ...(limit && { availableBytes: Math.max(0, limit - bytes) }),
    usageBytes: bytes,
    workingSetBytes: bytes,
    rssBytes: Math.round(bytes * 0.8),
    pageFaults: 0,
    majorPageFaults: 0,
  });
  const images = Object.values(machine.images).reduce((total, { size }) => total + size, 0);
  const taken = diskUsed(world, machine);
  const fs = {
    time,
    availableBytes: Math.max(0, machine.disk - taken),
    capacityBytes: machine.disk,
    usedBytes: taken,
    inodesFree: 6_000_000,
    inodes: 6_553_600,
    inodesUsed: 553_600,
  };
  const used = usedByPods(world, all);
  const whole = usedByMachine(world, machine, used);
  return {
    node: {
      nodeName: machine.name,
      startTime: formatTime(machine.bootedAt),
      cpu: cpuOf(whole),
      memory: memory(whole, machine.memory),
      fs,
      runtime: { imageFs: { ...fs, usedBytes: images } },
      rlimit: { time, maxpid: 4_194_304, curproc: 200 + used.length },
    },
    pods: used.map(({ pod, sandbox, containers, ...ofPod }) => ({
      podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: runtimeUid(pod) },
      startTime: formatTime(sandbox.createdAt),
      containers: containers.map(({ container, ...ofContainer }) => ({
        name: container.name,
        startTime: formatTime(container.startedAt),
        cpu: cpuOf(ofContainer),
        memory: memory(ofContainer, container.limits.memory),
        rootfs: { ...fs, usedBytes: diskOf(world, container).root, inodesUsed: 0 },
        logs: { ...fs, usedBytes: diskOf(world, container).log, inodesUsed: 0 },
      })),
      cpu: cpuOf(ofPod),
      memory: memory(ofPod, 0),
      'ephemeral-storage': { ...fs, usedBytes: storageOf(world, sandbox), inodesUsed: 0 },
    })),
  };
}
