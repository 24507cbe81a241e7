// What the API server asks of the kubelets: logs, commands, connections, and the pages that a kubelet serves itself. Implemented in agents/ over the simulated
// machines. Data are byte strings (characters 0 to 255), as machines hold them. Every call throws a KubeletRefusal if the kubelet says no.

import type { Pod } from './gen/core-v1.ts';

export interface Kubelets {
  logs(pod: Pod, container: string, options: LogOptions): Log;
  exec(pod: Pod, container: string, options: ExecOptions, peer: CommandPeer): Command;
  attach(pod: Pod, container: string, options: AttachOptions, peer: CommandPeer): Command;
  /** Throws if the container does not run, or nothing of the pod. */
  checkRunning(pod: Pod, container: string, verb: 'exec' | 'attach'): void;
  checkSandbox(pod: Pod): void;
  /** A connection to a port of a pod, from its own network. */
  forward(pod: Pod, port: number, peer: ConnectionPeer): OpenConnection | ConnectProblem;
  /** A connection from the API server's machine to an address. */
  dial(address: string, port: number, peer: ConnectionPeer): OpenConnection | ConnectProblem;
  /** A page of the kubelet's own server. */
  page(node: string, request: PageRequest): Page;
}

/** A kubelet answers with a status and a text; what cannot be reached has no status. */
export class KubeletRefusal extends Error {
  readonly code: number | undefined;
  constructor(code: number | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: 'All' | 'Stdout' | 'Stderr';
}

export interface Log {
  /** What there is now. */
  readonly text: string;
  /** For what comes later. Undefined if nothing will come. */
  readonly follow: ((listener: LogListener) => FollowedLog) | undefined;
}

export interface LogListener {
  /** There is more to read. */
  more(): void;
  /** The container has ended: what is there now is all. */
  ended(): void;
}

export interface FollowedLog {
  /** What came since the last time. */
  read(): string;
  /** Nothing more is wanted of what it says. */
  readonly isFull: boolean;
  stop(): void;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecOptions extends AttachOptions {
  readonly command: readonly string[];
}

/** Whoever looks at a running command. */
export interface CommandPeer {
  output(stream: 'stdout' | 'stderr', data: string): void;
  /** Called once, at the end. */
  ended(end: CommandEnd): void;
}

/** `problem`: it was not run. */
export type CommandEnd = { readonly code: number } | { readonly problem: string };

/** What can be done to a command from outside. */
export interface Command {
  input(data: string): void;
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** The peer is gone. */
  leave(): void;
}

export interface ConnectionPeer {
  receive(data: string): void;
  /** The other side sends no more. */
  closed(): void;
}

export interface OpenConnection {
  /** Whoever answers speaks TLS. (No bytes are changed for it.) */
  readonly isTls?: boolean;
  send(data: string): void;
  /** Nothing more is sent. */
  close(): void;
  /** Nobody is there any more. */
  abort(): void;
}

export interface ConnectProblem {
  /** `connection refused`, `no route to host`. */
  readonly problem: string;
}

export interface PageRequest {
  readonly method: string;
  /** Decoded, without the query: `/stats/summary`. */
  readonly path: string;
  query(name: string): string;
}

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
