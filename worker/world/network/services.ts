// The rules of a node's proxy: which addresses and ports stand for a Service, and who is behind them. Written by whoever plays kube-proxy on that machine, and as old as its
// last look; the walk of a connection reads them (`route.ts`), and so do the tools that print them.

import { cidrContains, parseCidr, parseIp } from '../../lib/ip.ts';
import type { World } from '../world.ts';

export interface ServiceRule {
  /** Whose rule it is; `*` where the proxies of all machines are one. */
  readonly machine: string;
  /** `namespace/name` */
  readonly service: string;
  readonly clusterIps: readonly string[];
  /** External addresses, and those that a load balancer gave. */
  readonly externalIps: readonly string[];
  /** Those of them that a load balancer gave. */
  readonly balancerIps?: readonly string[];
  /** Who may come by those, as ranges of addresses; everybody if left out. */
  readonly balancerSources?: readonly string[];
  readonly ports: readonly PortRule[];
  /** For so long the same client gets the same endpoint, ms; 0 for none. */
  readonly affinityMs: number;
  /** Only endpoints on the node itself: for clients in the cluster, and for those from outside. */
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
}

export interface PortRule {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly endpoints: readonly EndpointRule[];
}

export interface EndpointRule {
  readonly ip: string;
  readonly port: number;
  readonly node: string;
}

export const ruleKey = (machine: string, service: string): string => `${machine}/${service}`;

export const ruleTerms = ({ machine, clusterIps, externalIps, ports }: ServiceRule): string[] => [
  ...[...clusterIps, ...externalIps].map((ip) => `${machine}|${ip}`),
  ...ports.flatMap(({ nodePort }) => (nodePort ? [`${machine}|:${nodePort}`] : [])),
];

export interface FoundRule {
  readonly rule: ServiceRule;
  readonly port: PortRule;
  readonly via: 'clusterIP' | 'externalIP' | 'nodePort';
}

/** The rule for an address and a port, as a machine knows it. `known`: the address is a Service's, and the port is not. */
export function findRule(world: World, machine: string, address: string, port: number, protocol: string): FoundRule | 'known' | undefined {
  const rules = ['*', machine].flatMap((one) => world.services.find('address', `${one}|${address}`));
  for (const rule of rules) {
    const found = rule.ports.find((one) => one.port === port && one.protocol === protocol);
    if (found) return { rule, port: found, via: rule.clusterIps.includes(address) ? 'clusterIP' : 'externalIP' };
  }
  return rules.length ? 'known' : undefined;
}

export function findNodePort(world: World, machine: string, port: number, protocol: string): FoundRule | undefined {
  for (const rule of ['*', machine].flatMap((one) => world.services.find('address', `${one}|:${port}`))) {
    const found = rule.ports.find((one) => one.nodePort === port && one.protocol === protocol);
    if (found) return { rule, port: found, via: 'nodePort' };
  }
  return undefined;
}

/** Whether the firewall of a load balancer's address keeps a client out. */
export const isKeptOut = ({ balancerIps, balancerSources }: ServiceRule, address: string, client: string): boolean => {
  const ip = parseIp(client);
  return (
    balancerSources !== undefined &&
    balancerIps?.includes(address) === true &&
    !balancerSources.some((text) => {
      const range = parseCidr(text);
      return ip !== undefined && range !== undefined && cidrContains(range, ip);
    })
  );
};

/** Which endpoint a client gets: the one it had, if the Service wants that, else any. */
export function pickEndpoint(
  world: World,
  { rule, port }: FoundRule,
  endpoints: readonly EndpointRule[],
  client: string,
): EndpointRule | undefined {
  if (!endpoints.length) return undefined;
  const scope = `world/affinity/${rule.service}/${port.name}`;
  const now = world.now();
  if (rule.affinityMs) {
    const last = world.state.get<{ at: number; endpoint: string }>(scope, client);
    const same =
      last && now - last.at < rule.affinityMs ? endpoints.find(({ ip, port: number }) => `${ip}:${number}` === last.endpoint) : undefined;
    if (same) {
      world.state.set(scope, client, { at: now, endpoint: `${same.ip}:${same.port}` });
      return same;
    }
  }
  const picked = endpoints[world.random.below(endpoints.length)]!;
  if (rule.affinityMs) world.state.set(scope, client, { at: now, endpoint: `${picked.ip}:${picked.port}` });
  return picked;
}
