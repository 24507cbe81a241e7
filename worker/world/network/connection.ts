// A connection: two streams of bytes between a client and whoever listens. Kept as data like everything else; most live for less than a step.

import { findContainer } from '../world.ts';
import type { World } from '../world.ts';
import { programs } from '../programs/index.ts';
import { isService } from '../process/program.ts';
import { serviceContext } from '../runtime/service.ts';

export interface Connection {
  readonly id: string;
  /** The namespace of processes of the client; '' if it comes from outside (a port-forward, a proxy, a probe). */
  readonly client: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The container that serves, or the namespace whose process accepts. */
  readonly server: { readonly container: string } | { readonly namespace: string };
  readonly serverAddress: string;
  readonly port: number;
  /** Sent and not yet read. */
  toServer: string;
  toClient: string;
  clientClosed: boolean;
  serverClosed: boolean;
  /** Waits in the backlog of a process that has not accepted it. */
  isPending: boolean;
  /** What the server's protocol remembers. */
  state?: unknown;
}

export type Side = 'client' | 'server';

export function readSocket(world: World, id: string, side: Side, max: number): string | null | undefined {
  const connection = world.connections.get(id);
  if (!connection) return null;
  const buffer = side === 'client' ? connection.toClient : connection.toServer;
  if (buffer === '') return (side === 'client' ? connection.serverClosed : connection.clientClosed) ? null : undefined;
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
    if (connection.client) world.hooks.wake(connection.client);
    else world.hooks.received(connection.id);
    return;
  }
  if ('namespace' in connection.server) return world.hooks.wake(connection.server.namespace);
  serve(world, connection);
}

function serve(world: World, connection: Connection): void {
  const found = 'container' in connection.server ? findContainer(world, connection.server.container) : undefined;
  const program = found && programs.get(found.container.main);
  if (!found || found.container.state !== 'running' || !program || !isService(program)) return closeSide(world, connection.id, 'server');
  const listener = program.listeners?.(found.container.service).find(({ port }) => port === connection.port);
  if (!listener) return closeSide(world, connection.id, 'server');
  const before = connection.toClient.length;
  const wasOpen = !connection.serverClosed;
  listener.serve(connection, serviceContext(world, found.sandbox, found.container));
  const hasMore = connection.toClient.length > before;
  const isNowClosed = connection.serverClosed && wasOpen;
  world.connections.put(connection.id, connection);
  if (hasMore || isNowClosed) tell(world, connection, 'client');
  if (connection.clientClosed && connection.serverClosed && world.connections.get(connection.id)) world.connections.delete(connection.id);
}
