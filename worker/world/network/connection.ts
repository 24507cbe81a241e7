// A connection: two streams of bytes between a client and whoever listens. Kept as data like everything else; most live for less than a step.

import { findContainer } from '../world.ts';
import type { World } from '../world.ts';
import { programs } from '../programs/index.ts';
import { isService } from '../process/program.ts';
import { serviceData } from '../process/service-process.ts';
import type { Health, Service, ServiceContext } from '../process/program.ts';
import { serviceContext, serviceContextOf } from '../runtime/service.ts';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface Connection {
  readonly id: string;
  /** The namespace of processes of the client; '' if it comes from outside (a port-forward, a proxy, a probe); `connection/…` if it is opened for another one. */
  readonly client: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The container whose service answers, the namespace whose process accepts, the process that is a service, or the API server of the cluster. */
  readonly server:
    | { readonly api: true }
    | { readonly container: string }
    | { readonly namespace: string }
    | { readonly namespace: string; readonly pid: number };
  readonly serverAddress: string;
  readonly port: number;
  /** TCP if left out. */
  readonly protocol?: Protocol;
  /** The port that the server listens at: another one, behind a Service. */
  readonly targetPort: number;
  /** Sent and not yet read. */
  toServer: string;
  toClient: string;
  clientClosed: boolean;
  serverClosed: boolean;
  /** Sides that send no more, and still read. */
  silent?: readonly Side[];
  /** Waits in the backlog of a process that has not accepted it. */
  isPending: boolean;
  /** Whoever serves it expects TLS. */
  readonly isTls?: boolean;
  /** Somebody outside holds it, of whom nothing is kept. */
  isHeldOutside?: boolean;
  /** What the server's protocol remembers. */
  state?: unknown;
}

/** In `Connection.state`: what was asked is answered by who knows the cluster. */
export const PAGE_ASKED = 'page asked';

export type Side = 'client' | 'server';

/** Where callers wait for a process that listens: in its namespace, at its port. */
export const backlogOf = (namespace: string, port: number, protocol: Protocol = 'TCP'): string => `${namespace}/${protocol}:${port}`;

export function readSocket(world: World, id: string, side: Side, max: number): string | null | undefined {
  const connection = world.connections.get(id);
  if (!connection) return null;
  const buffer = side === 'client' ? connection.toClient : connection.toServer;
  if (buffer === '') {
    const other: Side = side === 'client' ? 'server' : 'client';
    const isOver = (side === 'client' ? connection.serverClosed : connection.clientClosed) || (connection.silent?.includes(other) ?? false);
    return isOver ? null : undefined;
  }
  const out = buffer.slice(0, max);
  if (max > 0) {
    if (side === 'client') connection.toClient = buffer.slice(out.length);
    else connection.toServer = buffer.slice(out.length);
    world.connections.put(id, connection);
  }
  return out;
}

export function writeSocket(world: World, id: string, side: Side, data: string): void {
  const connection = world.connections.get(id);
  if (!connection) return;
  if (side === 'client') {
    if (connection.serverClosed) return;
    connection.toServer += data;
  } else {
    if (connection.clientClosed) return;
    connection.toClient += data;
  }
  world.connections.put(id, connection);
  tell(world, connection, side === 'client' ? 'server' : 'client');
}

export function closeSide(world: World, id: string, side: Side): void {
  const connection = world.connections.get(id);
  if (!connection) return;
  if (side === 'client') connection.clientClosed = true;
  else connection.serverClosed = true;
  const isOver = connection.clientClosed && connection.serverClosed;
  if (isOver) world.connections.delete(id);
  else world.connections.put(id, connection);
  // Somebody outside who sends no more may still be listening.
  if (!isOver || (side === 'server' && !connection.client)) tell(world, connection, side === 'client' ? 'server' : 'client');
}

/** Lets the other side know that there is something: a process is woken, a service answers at once, somebody outside is told. */
export function tell(world: World, connection: Connection, side: Side): void {
  if (side === 'client') {
    const behalf = /^connection\/(.*)$/.exec(connection.client)?.[1];
    if (behalf !== undefined) {
      const other = world.connections.get(behalf);
      if (other && !servedNow(world).has(behalf)) tell(world, other, 'server');
    } else if (connection.client) world.hooks.wake(connection.client);
    else world.hooks.received(connection.id);
    return;
  }
  if ('api' in connection.server) return world.hooks.apiAsked(connection);
  if ('namespace' in connection.server && !('pid' in connection.server)) return world.hooks.wake(connection.server.namespace);
  serve(world, connection);
}

const beingServed = new WeakMap<World, Set<string>>();

/** Connections whose server is at work in this very call: it looks itself for what another server answered. */
function servedNow(world: World): Set<string> {
  let set = beingServed.get(world);
  if (!set) beingServed.set(world, (set = new Set()));
  return set;
}

function serve(world: World, connection: Connection): void {
  const served = serverOf(world, connection);
  const listener = served?.program
    .listeners?.(served.keep)
    .find((one) => one.port === connection.targetPort && (one.protocol ?? 'TCP') === (connection.protocol ?? 'TCP'));
  if (!served || !listener) return closeSide(world, connection.id, 'server');
  const before = connection.toClient.length;
  const wasOpen = !connection.serverClosed;
  const now = servedNow(world);
  now.add(connection.id);
  try {
    listener.serve(connection, served.context);
  } finally {
    now.delete(connection.id);
  }
  // A service that waits for nothing on behalf of a client that has gone lets it go.
  if (connection.clientClosed && connection.state === undefined) connection.serverClosed = true;
  const hasMore = connection.toClient.length > before;
  const isNowClosed = connection.serverClosed && wasOpen;
  world.connections.put(connection.id, connection);
  if (hasMore || isNowClosed) tell(world, connection, 'client');
  if (connection.clientClosed && connection.serverClosed && world.connections.get(connection.id)) world.connections.delete(connection.id);
}

/** A health check of gRPC on a connection that is open; undefined if whoever listens says nothing of it. */
export function checkHealth(world: World, connection: Connection, service: string): Health | undefined {
  const served = serverOf(world, connection);
  const listener = served?.program.listeners?.(served.keep).find(({ port }) => port === connection.targetPort);
  return served && listener?.health?.(service, served.context);
}

/** The certificates that whoever listens shows to a client; undefined if nobody looks at them. */
export function certificateOf(world: World, connection: Connection, serverName: string): string | undefined {
  const served = serverOf(world, connection);
  const listener = served?.program.listeners?.(served.keep).find(({ port }) => port === connection.targetPort);
  return served && listener?.certificate?.(serverName, served.context);
}

interface Served {
  readonly program: Service;
  readonly keep: unknown;
  readonly context: ServiceContext;
}

/** The service that answers, if it still runs. */
function serverOf(world: World, { server }: Connection): Served | undefined {
  if ('api' in server) return undefined;
  if ('container' in server) {
    const found = findContainer(world, server.container);
    const program = found?.container.state === 'running' ? programs.get(found.container.main) : undefined;
    if (!found || !program || !isService(program)) return undefined;
    return { program, keep: found.container.service, context: serviceContext(world, found.sandbox, found.container) };
  }
  const namespace = 'pid' in server ? world.namespaces.get(server.namespace) : undefined;
  const process = namespace && 'pid' in server ? namespace.processes[server.pid] : undefined;
  const program = process && programs.get(process.program);
  const data = process && serviceData(process);
  if (!namespace || !process || process.exit || !data || !program || !isService(program)) return undefined;
  return { program, keep: data.service, context: serviceContextOf(world, namespace, process) };
}
