// Opening a connection: from somebody, to an address and a port.

import { findNamespace, namespaceId } from '../process/namespace.ts';
import type { PidNamespace } from '../process/process.ts';
import { isService } from '../process/program.ts';
import { programs } from '../programs/index.ts';
import type { Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import { tell } from './connection.ts';
import type { Connection } from './connection.ts';

/** Who opens it. */
export interface Caller {
  readonly machine: string;
  /** Undefined for the machine itself. */
  readonly sandbox?: Sandbox | undefined;
  /** The namespace of processes to be woken; '' for somebody outside. */
  readonly namespace: string;
}

/** `refused`: nobody listens there. `unreachable`: there is nobody at all, which shows after a long wait. */
export type ConnectResult = { readonly connection: Connection } | { readonly error: 'refused' | 'unreachable' };

export function connect(world: World, caller: Caller, address: string, port: number): ConnectResult {
  const isLoopback = address.startsWith('127.') || address === '::1';
  const target = isLoopback ? caller.sandbox : world.sandboxes.find('ip', address)[0];
  if (!target) return { error: 'unreachable' };
  const server = listenerAt(world, target, port, isLoopback);
  if (!server) return { error: 'refused' };
  const { random } = world;
  const connection: Connection = {
    id: `tcp-${random.uint32().toString(36)}${random.uint32().toString(36)}`,
    client: caller.namespace,
    clientAddress: isLoopback ? '127.0.0.1' : (caller.sandbox?.ip ?? world.machines.get(caller.machine)?.ip ?? '127.0.0.1'),
    clientPort: 32_768 + random.below(28_000),
    server,
    serverAddress: address,
    port,
    toServer: '',
    toClient: '',
    clientClosed: false,
    serverClosed: false,
    isPending: 'namespace' in server,
  };
  world.connections.put(connection.id, connection);
  tell(world, connection, 'server');
  return { connection };
}

/** Who listens at a port of a sandbox: a service, or a process that will accept. */
function listenerAt(world: World, sandbox: Sandbox, port: number, isLoopback: boolean): Connection['server'] | undefined {
  for (const container of sandbox.containers) {
    if (container.state !== 'running') continue;
    const program = programs.get(container.main);
    if (!program) continue;
    if (isService(program)) {
      const listener = program.listeners?.(container.service).find((one) => one.port === port);
      if (listener && (isLoopback || !listener.address.startsWith('127.'))) return { container: container.id };
    }
    const namespace = findNamespace(world, namespaceId(sandbox, container));
    if (namespace && isListening(namespace, port)) return { namespace: namespace.id };
  }
  return undefined;
}

const isListening = (namespace: PidNamespace, port: number): boolean =>
  Object.values(namespace.files).some((file) => file.type === 'listener' && file.port === port);
