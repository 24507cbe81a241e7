// What the kubelet keeps of one pod besides what the runtime and the API say: back-offs, probe results, what it is in the middle of. Most pods need none of it.

import type { ControllerContext } from '../../api/controller.ts';
import type { Pod, ResourceRequirements } from '../../api/gen/core-v1.ts';
import type { Machine } from '../../world/machine.ts';
import type { OwnWrites } from '../../api/own-writes.ts';
import type { World } from '../../world/world.ts';
import type { ServiceEnvironment } from './environment.ts';

/** A pod, and everything at hand while it is looked at. */
export interface PodSync {
  readonly context: ControllerContext;
  readonly world: World;
  readonly machine: Machine;
  readonly pod: Pod;
  readonly worker: Worker;
  readonly serviceEnv: ServiceEnvironment;
  readonly ownWrites: OwnWrites;
  /** When to look again: the earliest of all that was asked for. */
  readonly wakes: Wakes;
  /** A token in one of its volumes is to be exchanged at this time, ms. */
  readonly renewAt?: (at: number) => void;
  /** Keys of pods that are to be looked at when the world changes. */
  readonly sleepers: Set<string>;
  /** Keys of pods whose resize waits for room on their node. */
  readonly deferred: Set<string>;
}

export interface Wakes {
  at: number;
  /** There is something to wait for that is not merely the course of a cluster at rest. */
  isWork: boolean;
}

/** Come back at a time (ms). */
export function wakeAt({ wakes }: Pick<PodSync, 'wakes'>, at: number, background = false): void {
  wakes.at = Math.min(wakes.at, at);
  if (!background) wakes.isWork = true;
}

export interface Worker {
  /** `namespace/name`, while a probe of it is asleep. */
  sleeper?: string | undefined;
  /** Why a container is not started: shown as what it waits for. */
  reasons: Record<string, Reason>;
  /** Of containers that ended, by name and image; of pulls that failed, by image. */
  restarts: Record<string, BackOff>;
  pulls: Record<string, BackOff & { readonly error: string }>;
  /** By `<kind> <container>`. */
  probes: Record<string, ProbeState>;
  /** Containers being stopped, by id. */
  kills: Record<string, Kill>;
  /** The container that it stops to start it otherwise. */
  exchanging?: string | undefined;
  /** A postStart hook is running. */
  hook?: Hook | undefined;
  /** Volumes could not be set up. */
  mounts?: BackOff | undefined;
  /** Since when it waits for a volume to be attached. */
  attachSince?: number | undefined;
  /** It ended by an order of the kubelet. */
  override?: Override | undefined;
  /** What it asks for was changed, and that has not come to its end. */
  resize?: Resize | undefined;
  /** The next full look, if something failed. */
  retryAt?: number | undefined;
}

export interface Resize {
  /** What it has been granted, while that is not what it asks for. */
  allocated?: Allocation | undefined;
  /** `namespace/name`, while it waits for room. */
  deferred?: string | undefined;
  /** Why it is not granted. */
  pending?: ResizeNote | undefined;
  /** It was granted, and its containers may not all have it yet. */
  progress?: ResizeNote | undefined;
}

export interface Allocation {
  /** By name; those that have what they ask for are left out. */
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
  readonly pod?: ResourceRequirements;
}

/** What a condition says of a resize. Times are ms. */
export interface ResizeNote {
  readonly reason: string;
  readonly message: string;
  readonly generation: number;
  /** When it came to say so. */
  readonly at: number;
  /** Since when the reason holds. */
  readonly since: number;
}

export interface Override {
  readonly reason: string;
  readonly message: string;
  /** How long its containers get; what the pod says if left out. */
  readonly graceMs?: number;
  /** What is said of it as a condition of type DisruptionTarget. */
  readonly disruption?: { readonly reason: string; readonly message: string };
}

export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** `ms` is how long it lasts, from the end of what failed; `at` is when that was set. */
export interface BackOff {
  readonly ms: number;
  readonly at: number;
}

export interface ProbeState {
  /** Which container this is about; what is known of another one is void. */
  containerId: string;
  /** Start of the period. */
  base: number;
  last: boolean | null;
  /** How often in a row. */
  run: number;
  /** No more probing until there is a new container. */
  onHold: boolean;
  /** What counts: null until the first result that does. */
  result: boolean | null;
  /** The next time, ms. */
  next: number;
  /** The last one was answered well, and left no trace: it is asked again when the world has changed. */
  still?: boolean | undefined;
  /** For the startup probe to succeed. */
  waits?: boolean | undefined;
  /** It waits for that. */
  asleep?: boolean | undefined;
  running?: ProbeRun | undefined;
}

export interface ProbeRun {
  readonly startedAt: number;
  readonly session?: string;
  readonly connection?: string;
}

export interface Kill {
  readonly since: number;
  readonly graceMs: number;
  /** The preStop hook is running. */
  hook?: Hook | undefined;
  /** The runtime was told. */
  stopping: boolean;
}

export interface Hook {
  readonly container: string;
  readonly startedAt: number;
  readonly session?: string;
  readonly until?: number;
  readonly connection?: string;
}

export const freshWorker = (): Worker => ({ reasons: {}, restarts: {}, pulls: {}, probes: {}, kills: {} });

export function loadWorker({ state }: ControllerContext, uid: string): Worker {
  return state.get<Worker>(`pod/${uid}`) ?? freshWorker();
}

export function saveWorker({ state }: ControllerContext, uid: string, worker: Worker): void {
  if (!isEmpty(worker)) state.set(`pod/${uid}`, worker);
  else dropWorker({ state }, uid);
}

function isEmpty(worker: Worker): boolean {
  for (const field in worker) {
    const value: unknown = worker[field as keyof Worker];
    if (typeof value === 'object') for (const _ in value) return false;
    else if (value !== undefined) return false;
  }
  return true;
}

export function dropWorker({ state }: Pick<ControllerContext, 'state'>, uid: string): void {
  if (state.get(`pod/${uid}`) !== undefined) state.delete(`pod/${uid}`);
}
