// The walk of a packet: from whoever sends it, through the rules of the proxies and policies, to whom it reaches. Each step can be told.

import type { Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import type { Caller } from './connect.ts';
import { findNodePort, findRule, isKeptOut, pickEndpoint } from './services.ts';
import type { FoundRule } from './services.ts';

export interface Route {
  /** Whose network it arrives in: one sandbox, or all those of a machine's own network. */
  readonly targets: readonly Sandbox[];
  /** The machine, if it arrives in its own network. */
  readonly machine?: string;
  readonly address: string;
  readonly port: number;
  /** Where it seems to come from. */
  readonly source: string;
  readonly isLoopback: boolean;
  /** It is the API server, on no machine that can be seen. */
  readonly isApiServer?: boolean;
}

export type RouteProblem = 'refused' | 'unreachable' | 'dropped';

export interface Walk {
  readonly steps: readonly string[];
  readonly result: Route | RouteProblem;
}

export function walk(world: World, caller: Caller, address: string, port: number, protocol = 'TCP'): Walk {
  const steps: string[] = [];
  const say = (text: string): void => void steps.push(text);
  const end = (result: Walk['result']): Walk => ({ steps, result });
  const own = caller.sandbox;
  const isInHost = !own || own.hostNetwork;
  const source = isInHost ? (world.machines.get(caller.machine)?.ip ?? '127.0.0.1') : own.ip;
  const isLoopback = address.startsWith('127.') || address === '::1';

  if (isLoopback) {
    const nodePort = isInHost ? findNodePort(world, caller.machine, port, protocol) : undefined;
    if (nodePort) return throughService(nodePort, caller.machine, false);
    const mapped = isInHost ? mappedAt(caller.machine) : undefined;
    if (mapped) return mapped;
    say(`${address} is the loopback of ${own && !own.hostNetwork ? own.name : caller.machine}`);
    return end({
      targets: own && !own.hostNetwork ? [own] : hostSandboxes(world, caller.machine),
      ...(isInHost && { machine: caller.machine }),
      address,
      port,
      source: '127.0.0.1',
      isLoopback: true,
    });
  }
  const rule = findRule(world, caller.machine, address, port, protocol);
  if (rule === 'known') {
    say(
      `${address} is the address of a Service without port ${port}/${protocol}: no rule on ${caller.machine} takes it, and nobody has the address`,
    );
    return end('dropped');
  }
  if (rule) return throughService(rule, caller.machine, false);
  const machine = machineAt(world, address);
  const nodePort = machine === undefined ? undefined : findNodePort(world, machine, port, protocol);
  // Who is on the machine itself is not outside: no policy keeps it from the endpoints of other machines.
  if (nodePort) return throughService(nodePort, machine!, machine !== caller.machine);
  const mapped = machine === undefined ? undefined : mappedAt(machine);
  if (mapped) return mapped;
  return direct(address, port, source);

  /** A port of a machine that a pod has. */
  function mappedAt(at: string): Walk | undefined {
    for (const pod of world.sandboxes.find('machine', at)) {
      const found =
        pod.state === 'ready' &&
        pod.hostPorts?.find((one) => one.port === port && one.protocol === protocol && (!one.address || one.address === address));
      if (!found) continue;
      say(`port ${port} of machine ${at} is port ${found.target} of pod ${pod.namespace}/${pod.name}`);
      return direct(pod.ip, found.target, source);
    }
    return undefined;
  }

  function throughService(found: FoundRule, at: string, isOutside: boolean): Walk {
    const { rule: service, port: entry, via } = found;
    say(
      `${via} ${via === 'nodePort' ? `:${entry.nodePort} on ${at}` : `${address}:${port}`} is Service ${service.service}${entry.name ? `, port ${entry.name}` : ''} (rules of ${at})`,
    );
    const isExternal = isOutside || via !== 'clusterIP';
    const isLocal = isExternal ? service.externalLocal && isOutside : service.internalLocal;
    const endpoints = isLocal ? entry.endpoints.filter(({ node }) => node === at) : entry.endpoints;
    if (!entry.endpoints.length) {
      say('it has no endpoints: rejected');
      return end('refused');
    }
    if (isKeptOut(service, address, source)) {
      say(`${source} is in none of the ranges that its load balancer takes: dropped`);
      return end('dropped');
    }
    const picked = pickEndpoint(world, found, endpoints, source);
    if (!picked) {
      say(`it has no endpoints on ${at}, and takes no others: dropped`);
      return end('dropped');
    }
    say(`goes to endpoint ${picked.ip}:${picked.port} on ${picked.node || 'no node'}, one of ${endpoints.length}`);
    // What comes in by a node's own port is answered by way of that node, unless it stays there.
    const isHidden = isExternal && !service.externalLocal && picked.node !== at;
    return direct(picked.ip, picked.port, isHidden ? (world.machines.get(at)?.ip ?? source) : source);
  }

  function direct(to: string, toPort: number, from: string): Walk {
    const pod = world.sandboxes.find('ip', to)[0];
    // Between a pod and its own machine nothing is kept out.
    const isToOwnMachine = !pod && machineAt(world, to) === caller.machine;
    if (own && own !== pod && !isToOwnMachine && !isAllowed(own, pod, to, toPort, 'egress')) return end('dropped');
    if (pod) {
      const isFromItsMachine = isInHost && pod.machine === caller.machine;
      if (pod !== own && !isFromItsMachine && !isAllowed(own, pod, to, toPort, 'ingress')) return end('dropped');
      say(`arrives at pod ${pod.namespace}/${pod.name} on ${pod.machine}`);
      return end({ targets: [pod], address: to, port: toPort, source: from, isLoopback: false });
    }
    const host = machineAt(world, to);
    if (host !== undefined) {
      say(`arrives at machine ${host}`);
      return end({ targets: hostSandboxes(world, host), machine: host, address: to, port: toPort, source: from, isLoopback: false });
    }
    if (to === world.traits.apiServer?.address) {
      say('arrives at the API server');
      return end({ targets: [], isApiServer: true, address: to, port: toPort, source: from, isLoopback: false });
    }
    const isPodAddress = world.machines
      .values()
      .some(({ podCidr }) => podCidr.split('.').slice(0, 3).join('.') === to.split('.').slice(0, 3).join('.'));
    say(`nobody has ${to}`);
    return end(isPodAddress ? 'unreachable' : 'dropped');
  }

  function isAllowed(
    from: Sandbox | undefined,
    to: Sandbox | undefined,
    toAddress: string,
    toPort: number,
    direction: 'ingress' | 'egress',
  ): boolean {
    const verdict = world.hooks.policyVerdict({ from, fromAddress: source, to, toAddress, port: toPort, protocol, direction });
    if (verdict) say(verdict);
    return verdict === undefined;
  }
}

export const hostSandboxes = (world: World, machine: string): Sandbox[] =>
  world.sandboxes.find('machine', machine).filter(({ hostNetwork, state }) => hostNetwork && state === 'ready');

const machineAt = (world: World, address: string): string | undefined =>
  world.machines.values().find(({ ip, externalIp }) => ip === address || externalIp === address)?.name;
