// Opening a connection: from somebody, to an address and a port.

import { findNamespace, namespaceId } from '../process/namespace.ts';
import type { PidNamespace, Process } from '../process/process.ts';
import { isService } from '../process/program.ts';
import { serviceData } from '../process/service-process.ts';
import { programs } from '../programs/index.ts';
import type { Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import { tell } from './connection.ts';
import { hostSandboxes, walk } from './route.ts';
import type { Connection, Protocol } from './connection.ts';

/** Who opens it. */
export interface Caller {
  readonly machine: string;
  /** Undefined for the machine itself. */
  readonly sandbox?: Sandbox | undefined;
  /** The namespace of processes to be woken; '' for somebody outside. */
  readonly namespace: string;
}

/** `refused`: nobody listens there. `unreachable`: there is nobody at all. `dropped`: nothing ever comes back, which shows after a long wait. */
export type ConnectProblem = 'refused' | 'unreachable' | 'dropped';

export type ConnectResult = { readonly connection: Connection } | { readonly error: ConnectProblem };

export function connect(world: World, caller: Caller, address: string, port: number, protocol: Protocol = 'TCP'): ConnectResult {
  const { result } = walk(world, caller, address, port, protocol);
  if (typeof result === 'string') return { error: result };
  const { targets, isLoopback } = result;
  const found =
    result.isApiServer && result.port === world.traits.apiServer?.port
      ? API_SERVER
      : first(targets, (target) => listenerAt(world, target, result.port, protocol, isLoopback, caller.namespace !== ''));
  if (!found) return { error: 'refused' };
  const { server, isTls } = found;
  const { random } = world;
  const connection: Connection = {
    id: `tcp-${random.uint32().toString(36)}${random.uint32().toString(36)}`,
    client: caller.namespace,
    clientAddress: result.source,
    clientPort: 32_768 + random.below(28_000),
    server,
    serverAddress: address,
    port,
    ...(protocol !== 'TCP' && { protocol }),
    targetPort: result.port,
    toServer: '',
    toClient: '',
    clientClosed: false,
    serverClosed: false,
    isPending: 'namespace' in server && !('pid' in server),
    ...(isTls && { isTls }),
  };
  world.connections.put(connection.id, connection);
  tell(world, connection, 'server');
  return { connection };
}

/** Whether somebody listens at a port of a machine, as seen from there. */
export const isPortOpen = (world: World, machine: string, port: number): boolean =>
  first(hostSandboxes(world, machine), (one) => listenerAt(world, one, port, 'TCP', true)) !== undefined;

function first<T, R>(list: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What it answers is not the world's business. */
const API_SERVER: Listening = { server: { api: true }, isTls: true };

interface Listening {
  readonly server: Connection['server'];
  readonly isTls?: boolean | undefined;
}

/** Who listens at a port of a sandbox: a service, or a process that will accept. */
/** `isProgram`: a program asks; others, probes of the kubelet, only want to know of a component's health. */
function listenerAt(
  world: World,
  sandbox: Sandbox,
  port: number,
  protocol: Protocol,
  isLoopback: boolean,
  isProgram = false,
): Listening | undefined {
  for (const container of sandbox.containers) {
    if (container.state !== 'running') continue;
    const program = programs.get(container.main);
    if (!program) continue;
    // Who has decided to end no longer listens.
    if (isService(program) && container.service !== undefined) {
      const listener = program.listeners?.(container.service).find((one) => isAt(one, port, protocol));
      if (listener && (isLoopback || !listener.address.startsWith('127.')))
        return isProgram && container.main === 'kube-apiserver'
          ? API_SERVER
          : { server: { container: container.id }, isTls: listener.isTls };
    }
    const namespace = findNamespace(world, namespaceId(sandbox, container));
    const process = namespace && serviceAt(namespace, port, protocol, isLoopback);
    if (process) return { server: { namespace: namespace.id, pid: process.pid } };
    const listening = namespace && listenerOf(namespace, port, protocol);
    if (listening) return { server: { namespace: namespace.id }, isTls: listening.isTls };
  }
  return undefined;
}

const isAt = (one: { readonly port: number; readonly protocol?: Protocol }, port: number, protocol: Protocol): boolean =>
  one.port === port && (one.protocol ?? 'TCP') === protocol;

function listenerOf(namespace: PidNamespace, port: number, protocol: Protocol): { readonly isTls?: boolean } | undefined {
  for (const file of Object.values(namespace.files)) if (file.type === 'listener' && isAt(file, port, protocol)) return file;
  return undefined;
}

/** A process that is a service, and listens there. */
const serviceAt = (namespace: PidNamespace, port: number, protocol: Protocol, isLoopback: boolean): Process | undefined =>
  Object.values(namespace.processes).find((process) => {
    const data = process.exit ? undefined : serviceData(process);
    const program = data && programs.get(process.program);
    return (
      program &&
      isService(program) &&
      program.listeners?.(data.service).some((one) => isAt(one, port, protocol) && (isLoopback || !one.address.startsWith('127.')))
    );
  });
