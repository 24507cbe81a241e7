// What an executable does. A program is code; what it keeps between two steps is plain data in its process. Each is a file in programs/ (services) or commands/
// (tools), and a line in `programs/index.ts`.

import type { Credentials, FileSystem } from '../files/file-system.ts';
import type { Random } from '../../lib/host.ts';
import type { Caller } from '../network/connect.ts';
import type { Connection } from '../network/connection.ts';
import type { World } from '../world.ts';
import type { SignalName, Wait } from './process.ts';
import type { System } from './system.ts';

export type Program = Tool | Service;

/** Runs in steps: each goes on until it must wait, and is called again when it need not wait any more. */
export interface Tool {
  readonly name: string;
  step(system: System): Next;
  /** A signal that it handles itself; false leaves it to the system. */
  signal?(system: System, signal: SignalName): boolean;
}

export type Next = { readonly exit: number } | { readonly wait: Wait } | 'again';

/**
 * Says what it does instead of doing it: where it listens, how it answers, what it prints at its start. Nothing of it runs while nobody asks, and an eviction
 * finds nothing to lose. `keep` is its configuration as read at the start.
 */
export interface Service<Keep = unknown> {
  readonly name: string;
  readonly isService: true;
  /** Reads its configuration, or ends with what is wrong. */
  start(context: ServiceContext): Keep | Ended;
  /** What it printed between its start and now, besides what `context.log` was told. Must be the same whenever it is asked. */
  startLines?(keep: Keep, context: ServiceContext): readonly LogLine[];
  listeners?(keep: Keep): readonly Listener[];
  signal(keep: Keep, signal: SignalName, context: ServiceContext): Keep | Ended | 'ignored';
  /** When it will end by itself, and how. */
  ends?(keep: Keep): { readonly at: number; readonly code: number } | undefined;
  usage?(keep: Keep, context: ServiceContext): Usage;
  /** Titles of what `ps` shows, the first one for the process itself. */
  processes?(keep: Keep): readonly { readonly title: string; readonly user?: string }[];
}

/** It is over. */
export interface Ended {
  readonly ended: true;
  readonly code: number;
  /** After so many milliseconds. */
  readonly after?: number;
  readonly reason?: 'OOMKilled';
}

export const ended = (code: number, after = 0): Ended => ({ ended: true, code, after });

export const isEnded = (value: unknown): value is Ended => typeof value === 'object' && value !== null && (value as Ended).ended;

export interface LogLine {
  /** Milliseconds after the start. */
  readonly after: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Bytes in, bytes out: how a connection to a port is served. */
export interface Listener {
  readonly port: number;
  /** TCP if left out. What a client sends at once by another protocol is one datagram. */
  readonly protocol?: 'UDP' | 'SCTP';
  /** `0.0.0.0`, or an address that only its own sandbox reaches. */
  readonly address: string;
  /** Clients have to speak TLS to it. */
  readonly isTls?: boolean;
  /** The certificates (PEM) that it shows to who asks for a server of a name. Left out: nobody looks at them. */
  certificate?(serverName: string, context: ServiceContext): string;
  /** Called whenever the client has sent something, and once when it connects. */
  serve(connection: Connection, context: ServiceContext): void;
  /** It speaks gRPC: what it answers a health check of one of its services, '' for all of it. */
  health?(service: string, context: ServiceContext): Health;
}

/** `unknown`: there is no such service. */
export type Health = 'SERVING' | 'NOT_SERVING' | 'unknown';

export interface Usage {
  /** Thousandths of a core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

export interface ServiceContext {
  readonly world: World;
  /** For connections that it opens itself. */
  readonly caller: Caller;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where its container says that it listens. */
  readonly ports: readonly number[];
  /** The first process of its container: signals without a handler do not reach it. */
  readonly isFirst: boolean;
  readonly files: FileSystem;
  readonly random: Random;
  readonly startedAt: number;
  readonly hostname: string;
  readonly ip: string;
  readonly user: Credentials;
  /** Bytes; 0 for none. */
  readonly memoryLimit: number;
  now(): number;
  /** Whether somebody listens at a port of the machine itself. */
  isOpen(port: number): boolean;
  log(stream: 'stdout' | 'stderr', text: string): void;
  /** Says that it just did so much work (core-milliseconds), beyond what `usage` tells: what a request cost. */
  work(amount: number): void;
  /** Says what it will use from now on for so many milliseconds, beyond what `usage` tells. */
  load(load: Usage, ms: number): void;
  /** What it keeps in memory while it runs, and changes as it serves. Plain data. */
  readonly memory: { get<T>(): T | undefined; set(value: unknown): void };
  /** Ends itself while it serves, after so many milliseconds. */
  exit?(code: number, after?: number): void;
  /** Signals the container's first process (`nginx -s reload`). Only for what is not that process itself. */
  signalFirst?(signal: SignalName): void;
}

export const isService = (program: Program): program is Service => 'isService' in program;
