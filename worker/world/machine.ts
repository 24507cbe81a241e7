// A machine of the world: its hardware, its system services, its images. The world knows no Kubernetes object; that a machine is somebody's node is the
// business of the kubelet that runs on it.

import { journalChange } from './journal.ts';
import type { World } from './world.ts';

export interface Machine {
  readonly name: string;
  readonly ip: string;
  /** At which it is reached from outside, where a cloud gave it one. */
  externalIp?: string;
  readonly role: 'control-plane' | 'worker';
  /** Whole cores. */
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly disk: number;
  /** Addresses of its pods: `10.244.1.0/24`. */
  readonly podCidr: string;
  readonly kernel: string;
  readonly osImage: string;
  readonly runtimeVersion: string;
  readonly machineId: string;
  readonly systemUuid: string;
  bootId: string;
  bootedAt: number;
  /** When it was set up. */
  readonly madeAt: number;
  /** Version of the installed kubelet, `v1.36.2`. */
  kubeletVersion: string;
  services: Record<string, SystemService>;
  /** What its kubelet finds it short of: `memory`, `disk`, `pid`. */
  shortages?: readonly string[];
  /** By full name, `docker.io/library/nginx:1.27`. */
  images: Record<string, StoredImage>;
  /** Host part of the pod address given last: addresses are given in a circle, so that a freed one is not taken again at once. */
  lastHost: number;
  /** Images are pulled one after the other: until then it is busy. */
  pullsUntil: number;
}

/** What systemd runs. */
export interface SystemService {
  state: 'active' | 'inactive' | 'failed';
  /** Since when it is in this state. */
  since: number;
  pid: number;
  /** It does not start with its machine. */
  disabled?: boolean;
}

export interface StoredImage {
  /** `sha256:…` */
  readonly digest: string;
  readonly id: string;
  readonly size: number;
  readonly pulledAt: number;
}

export const SYSTEM_SERVICES = ['containerd', 'kubelet', 'ssh', 'systemd-journald', 'systemd-networkd', 'systemd-resolved'] as const;

export interface MachineSpec {
  readonly name: string;
  readonly role: Machine['role'];
  readonly ip: string;
  readonly podCidr: string;
  readonly kubeletVersion: string;
  readonly cpus?: number;
  readonly memory?: number;
  readonly disk?: number;
}

const GI = 2 ** 30;

/** Sets up a machine, with its system services running. */
export function addMachine(world: World, spec: MachineSpec): Machine {
  const now = world.now();
  const { random } = world;
  const hex = (): string => random.uuid().replaceAll('-', '');
  const machine: Machine = {
    cpus: 4,
    memory: 8 * GI,
    disk: 100 * GI,
    ...spec,
    kernel: '6.8.0-117-generic',
    osImage: 'Ubuntu 24.04.4 LTS',
    runtimeVersion: 'containerd://2.2.2',
    machineId: hex(),
    systemUuid: random.uuid(),
    bootId: random.uuid(),
    bootedAt: now,
    madeAt: now,
    services: Object.fromEntries(
      SYSTEM_SERVICES.map((name, i) => [name, { state: 'active', since: now, pid: 400 + i * 37 } satisfies SystemService]),
    ),
    images: {},
    lastHost: 1,
    pullsUntil: 0,
  };
  world.machines.put(machine.name, machine);
  return machine;
}

export const isServiceActive = (machine: Machine | undefined, service: string): boolean => machine?.services[service]?.state === 'active';

/** What `systemctl` does: the world's owner hears of it and acts (a kubelet that stops, a runtime that is gone). */
export function setService(world: World, machine: Machine, service: string, state: SystemService['state']): void {
  const old = machine.services[service];
  if (old?.state === state) return;
  const pid = state === 'active' ? 1000 + world.random.below(30_000) : 0;
  machine.services[service] = { state, since: world.now(), pid, ...(old?.disabled && { disabled: true }) };
  world.machines.put(machine.name, machine);
  if (old) journalChange(world, machine, service, old.state, state);
  world.hooks.serviceChanged(machine, service);
}
