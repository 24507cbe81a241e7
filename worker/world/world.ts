// The simulated world: machines, and what runs on them. It knows no Kubernetes object; who acts in it (a kubelet, kube-proxy, CoreDNS) asks through the calls of
// `runtime/`, `network/` and `process/`, all plain functions over this.
//
// World state is rows of private state, saved with the objects of the same step. In memory there are only indexes over it, and who listens right now.

import type { Host } from '../lib/host.ts';
import type { Layer } from './files/inode.ts';
import type { ImageFamily } from './images/image.ts';
import type { Machine } from './machine.ts';
import { backlogOf } from './network/connection.ts';
import type { Connection } from './network/connection.ts';
import type { DnsAnswer, DnsQuestion } from './network/dns.ts';
import { ruleTerms } from './network/services.ts';
import type { ServiceRule } from './network/services.ts';
import type { Exit, PidNamespace } from './process/process.ts';
import type { Container, Sandbox } from './runtime/sandbox.ts';
import { Tools } from './process/tools.ts';
import { Stillness } from './stillness.ts';
import { Table } from './state.ts';
import type { WorldState } from './state.ts';

export interface World extends Host {
  readonly state: WorldState;
  readonly traits: Traits;
  readonly machines: Table<Machine>;
  readonly sandboxes: Table<Sandbox, 'machine' | 'pod' | 'ip' | 'container'>;
  readonly namespaces: Table<PidNamespace>;
  readonly connections: Table<Connection, 'backlog'>;
  /** What the proxies of machines know of Services. */
  readonly services: Table<ServiceRule, 'address'>;
  readonly tools: Tools;
  readonly hooks: Hooks;
  /** Since when nothing has changed. */
  readonly stillness: Stillness;
}

/** How forgiving a world is. */
export interface Traits {
  /** Any image can be pulled, at once, and a program that nobody has runs and does nothing. For clusters that only test the API. */
  readonly lenient: boolean;
  /** Families of images, besides those of the catalog. */
  readonly images?: readonly ImageFamily[];
  /** The API server of the cluster: where it is if no machine has that address, and the certificates by which clients trust it. */
  readonly apiServer?: {
    readonly address: string;
    readonly port: number;
    authority(): string;
    /** What its program keeps of its flags and the files that they name: plain data. Throws ConfigFault. */
    configure?(flags: Readonly<Partial<Record<string, string>>>, startup: ApiServerStartup): unknown;
  };
  /** Files that were put on a machine when it was set up, beside its distribution's. */
  machineFiles?(machine: Machine): Layer | undefined;
}

/** What an API server that begins can do with its files. */
export interface ApiServerStartup {
  /** The text of a file, or why there is none, in Go's words. */
  read(path: string): { readonly text: string } | { readonly problem: string };
  /** Makes an empty file, and its directories, where there is none. Gives what is in the way. */
  ensure(path: string): string | undefined;
  /** A line of its log. */
  warn(place: string, message: string): void;
}

/** Whom the world tells. */
export interface Hooks {
  /** Something of a sandbox changed by itself: a container ended. */
  sandboxChanged(sandbox: Sandbox): void;
  /** A namespace of processes has something to do, now or at a time. */
  wake(namespace: string, at?: { readonly after: number; readonly background: boolean }): void;
  /** A container was started. Its end shows as a change of its sandbox. */
  started(sandbox: Sandbox, container: Container): void;
  serviceChanged(machine: Machine, service: string): void;
  /** Something of the world changed, after it had been still. */
  touched(): void;
  /** A file in /etc of a machine was written, or removed. */
  configChanged(machine: string, path: string): void;
  /** A large file was written on a machine, or a program took more memory. */
  filled(machine: string): void;
  /** A command that somebody runs from outside wrote something. */
  output(session: string, stream: 'stdout' | 'stderr', text: string): void;
  /** A command that somebody runs from outside has ended. */
  sessionEnded(session: string, exit: Exit): void;
  /** A container wrote to its log. */
  logged(container: string, stream: 'stdout' | 'stderr', text: string): void;
  /** A connection from outside has something to read, or ended. */
  received(connection: string): void;
  /** A program's connection to the API server has something to read, or ended. */
  apiAsked(connection: Connection): void;
  /** Somebody asks a service for a page that tells of the cluster: the request is on the connection. */
  pageAsked(connection: Connection): void;
  /** Why a packet may not pass, by the policies of the cluster; undefined if it may. */
  policyVerdict(packet: Packet): string | undefined;
  /** What the name server of the cluster says. */
  answerDns(question: DnsQuestion): DnsAnswer;
  /** Somebody looks into a volume whose files are made on demand: write them now (`volumeTree`). */
  fillVolume(id: string, sandbox: Sandbox): void;
}

/** One that is to pass from a sandbox (or from outside) to another. */
export interface Packet {
  readonly from: Sandbox | undefined;
  readonly fromAddress: string;
  readonly to: Sandbox | undefined;
  readonly toAddress: string;
  readonly port: number;
  readonly protocol: string;
  readonly direction: 'ingress' | 'egress';
}

export interface WorldParts extends Host {
  readonly state: WorldState;
  readonly traits: Traits;
  readonly hooks: Hooks;
}

export function makeWorld({ state: given, traits, hooks, now, random }: WorldParts): World {
  const stillness = new Stillness(given, now, () => hooks.touched());
  const state = stillness.watching(given);
  return {
    now,
    random,
    state,
    stillness,
    traits,
    tools: new Tools(),
    hooks,
    machines: new Table<Machine>(state, 'world/machines', {} as never),
    sandboxes: new Table<Sandbox, 'machine' | 'pod' | 'ip' | 'container'>(state, 'world/sandboxes', {
      machine: (sandbox, before) => before ?? [sandbox.machine],
      pod: (sandbox, before) => before ?? [sandbox.uid, `${sandbox.namespace}/${sandbox.name}`],
      ip: ({ ip, state }, before) => (!ip || state !== 'ready' ? NO_TERMS : before?.[0] === ip ? before : [ip]),
      container: ({ containers }, before) =>
        before?.length === containers.length && containers.every(({ id }, i) => id === before[i]) ? before : containers.map(({ id }) => id),
    }),
    namespaces: new Table<PidNamespace>(state, 'world/processes', {} as never),
    services: new Table<ServiceRule, 'address'>(state, 'world/services', { address: ruleTerms }),
    connections: new Table<Connection, 'backlog'>(state, 'world/connections', {
      backlog: ({ isPending, server, targetPort, protocol }) =>
        isPending && 'namespace' in server ? [backlogOf(server.namespace, targetPort, protocol)] : [],
    }),
  };
}

const NO_TERMS: readonly string[] = [];

/** The sandbox and the container of an id. */
export function findContainer(world: World, id: string): { sandbox: Sandbox; container: Container } | undefined {
  const sandbox = world.sandboxes.find('container', id)[0];
  const container = sandbox?.containers.find((one) => one.id === id);
  return sandbox && container && { sandbox, container };
}
