// Making sandboxes and containers, and taking them away: RunPodSandbox, CreateContainer and their opposites of the CRI.

import { hex32 } from '../../lib/host.ts';
import { formatIp, parseCidr } from '../../lib/ip.ts';
import { flat } from '../../lib/text.ts';
import { findContainer } from '../world.ts';
import type { World } from '../world.ts';
import type { Machine } from '../machine.ts';
import { releaseFiles } from '../files/container-files.ts';
import { endNamespace } from '../process/namespace.ts';
import { RuntimeError } from './error.ts';
import { dropLog } from './log.ts';
import { endContainer } from './lifecycle.ts';
import type { Container, Sandbox } from './sandbox.ts';
import { forgetMemory } from './service.ts';

/** How long network and namespaces take to set up. */
const [SETUP_MS, LENIENT_SETUP_MS] = [320, 20];

export type SandboxConfig = Pick<
  Sandbox,
  | 'name'
  | 'namespace'
  | 'uid'
  | 'attempt'
  | 'labels'
  | 'hostname'
  | 'hostNetwork'
  | 'hostPorts'
  | 'hostPid'
  | 'sharesPids'
  | 'dns'
  | 'firstUser'
  | 'sysctls'
>;

export function createSandbox(world: World, machine: Machine, config: SandboxConfig): Sandbox {
  const id = newId(world);
  const now = world.now();
  const ip = config.hostNetwork ? '' : takeAddress(world, machine, id);
  const setupMs = world.traits.lenient ? LENIENT_SETUP_MS : SETUP_MS + world.random.below(160);
  const sandbox: Sandbox = {
    id,
    machine: machine.name,
    ip,
    state: 'ready',
    createdAt: now,
    readyAt: now + setupMs,
    containers: [],
    ...config,
  };
  world.sandboxes.put(id, sandbox);
  return sandbox;
}

/** Host-local address management: round and round through the machine's range. */
function takeAddress(world: World, machine: Machine, id: string): string {
  const { first, bits } = parseCidr(machine.podCidr)!;
  const size = 2 ** (32 - bits);
  const addressOf = (host: number): string => flat(formatIp({ family: 4, value: first + BigInt(host) }));
  for (let tries = 0, host = machine.lastHost; tries < size; tries++) {
    host = host + 1 > size - 2 ? 2 : host + 1;
    const address = addressOf(host);
    if (world.sandboxes.count('ip', address)) continue;
    machine.lastHost = host;
    world.machines.put(machine.name, machine);
    return address;
  }
  throw new RuntimeError(
    `rpc error: code = Unknown desc = failed to setup network for sandbox ${JSON.stringify(id)}: plugin type="ptp" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${addressOf(1)}-${addressOf(size - 2)}`,
  );
}

/** Ends what runs in it at once, and gives its address back. */
export function stopSandbox(world: World, sandbox: Sandbox): void {
  for (const container of sandbox.containers) if (container.state === 'running') endContainer(world, sandbox, container, { code: 137 });
  if (sandbox.state === 'notready') return;
  sandbox.state = 'notready';
  sandbox.ip = '';
  sandbox.pull = undefined;
  world.sandboxes.put(sandbox.id, sandbox);
}

export function removeSandbox(world: World, sandbox: Sandbox): void {
  stopSandbox(world, sandbox);
  for (const container of [...sandbox.containers]) removeContainer(world, container.id);
  endNamespace(world, sandbox.id);
  world.sandboxes.delete(sandbox.id);
}

export type ContainerConfig = Omit<
  Container,
  'id' | 'createdAt' | 'state' | 'startedAt' | 'finishedAt' | 'exitCode' | 'reason' | 'message' | 'killAt' | 'endsAt' | 'main' | 'service'
>;

export function createContainer(world: World, sandbox: Sandbox, config: ContainerConfig): Container {
  if (!config.argv.length) throw new RuntimeError('no command specified');
  const container: Container = {
    id: newId(world),
    createdAt: world.now(),
    state: 'created',
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    main: '',
    ...config,
  };
  sandbox.containers.push(container);
  world.sandboxes.put(sandbox.id, sandbox);
  return container;
}

export function removeContainer(world: World, id: string): void {
  const found = findContainer(world, id);
  if (!found) return;
  const { sandbox, container } = found;
  if (container.state === 'running') endContainer(world, sandbox, container, { code: 137 });
  sandbox.containers = sandbox.containers.filter((one) => one !== container);
  world.sandboxes.put(sandbox.id, sandbox);
  dropLog(world, id);
  releaseFiles(world, id);
  forgetMemory(world, id);
}

/** 64 hexadecimal digits, as runtimes name things. */
function newId({ random }: World): string {
  let id = '';
  for (let i = 0; i < 8; i++) id += hex32(random.uint32());
  return id;
}
