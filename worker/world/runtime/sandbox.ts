// Pods as the runtime sees them: a sandbox holds addresses and namespaces, and containers run in it. Mirrors the container runtime interface (CRI): the kubelet asks,
// the runtime does, and what it did can be read off the records. Everything here is plain data.

import type { MountSource } from '../files/mount.ts';

export interface Sandbox {
  readonly id: string;
  readonly machine: string;
  /** Whose it is, as the kubelet named it: `crictl pods` shows it. */
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
  /** '' with the host's network, and when the network is not set up. */
  ip: string;
  readonly hostNetwork: boolean;
  /** Ports of the machine that lead to its own (CNI's portmap). */
  readonly hostPorts?: readonly HostPort[];
  readonly hostPid: boolean;
  readonly sharesPids: boolean;
  readonly dns: DnsConfig;
  /** Which user of the machine its root is, with users of its own. */
  readonly firstUser?: number;
  /** Parameters of the kernel that it has otherwise: `net.ipv4.ip_local_port_range`. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Of `ready`, from when on: setting up takes a moment. */
  state: 'ready' | 'notready';
  readonly createdAt: number;
  readonly readyAt: number;
  /** What is being pulled for one of its containers. */
  pull?: Pull | undefined;
  containers: Container[];
  /** What its kubelet wants to remember with it. */
  owner?: unknown;
}

/** How many users a sandbox has, if it has its own. */
export const OWN_USERS = 65_536;

export interface HostPort {
  readonly port: number;
  readonly protocol: string;
  /** Undefined for all addresses of the machine. */
  readonly address?: string;
  readonly target: number;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface Pull {
  readonly container: string;
  readonly image: string;
  readonly startedAt: number;
  /** Its turn comes. */
  readonly beginsAt: number;
  readonly endsAt: number;
  /** What it will end with, if not with the image. */
  readonly error?: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  /** As the pod's author wrote it. */
  readonly image: string;
  /** `docker.io/library/nginx@sha256:…` */
  readonly imageRef: string;
  readonly imageName: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: User;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly readOnlyRoot: boolean;
  /** What any container has, if left out. */
  readonly privileges?: Privileges;
  readonly mounts: readonly Mount[];
  limits: Limits;
  /** Where others will look for it: an image that nobody has described listens there. */
  readonly ports: readonly number[];
  /** It is meant to end: what it waits for is work, not the rest of a cluster. */
  readonly runsToEnd: boolean;
  readonly stopSignal: string;
  /** The container whose processes it is among. */
  readonly joins?: string;
  /** Of the kubelet, to find the spec of a container that was there before it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
  state: 'created' | 'running' | 'exited';
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  /** Completed, Error, OOMKilled, StartError. */
  reason: string;
  message: string;
  /** Asked to stop; killed then if it is still there. */
  killAt?: number | undefined;
  /** It will end by itself. */
  endsAt?: { readonly at: number; readonly code: number; readonly reason?: 'OOMKilled' } | undefined;
  /** The program of its first process, and what it keeps, if it is a service. */
  main: string;
  service?: unknown;
  /** Work that it did beyond what its program always needs (`usage.ts`): core-milliseconds, lately by stretches of time. */
  /** Work that it took on for a time, beside that. */
  loads?: readonly Load[];
  work?: { readonly before: number; readonly stretches: readonly { readonly at: number; readonly amount: number }[] };
}

/** What a program uses for a time, beyond what it always needs. */
export interface Load {
  readonly from: number;
  readonly until: number;
  /** Thousandths of a core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

export interface Privileges {
  /** A mask, in 16 hexadecimal digits: of root, and the most that others can get. */
  readonly capabilities: string;
  /** It has a filter of system calls. */
  readonly filtersCalls: boolean;
  /** Its executables run as whoever starts them, though their files say otherwise. */
  readonly mayNotGain: boolean;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface Mount {
  readonly path: string;
  readonly source: MountSource;
  readonly readOnly: boolean;
}

export interface Limits {
  /** Thousandths of a core; 0 for none. */
  readonly cpu: number;
  /** Bytes; 0 for none. */
  readonly memory: number;
  /** Thousandths of a core that it gets in any case (`cpu.weight`); nobody knows if left out. */
  readonly cpuRequest?: number;
}
