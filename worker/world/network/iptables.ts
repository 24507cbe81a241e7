// kube-proxy's rules of a machine as the kernel would hold them: chains of the tables nat and filter, made from the service table (`services.ts`) when somebody looks.
// The walk of a connection does not go through them. Mirrors syncProxyRules of pkg/proxy/iptables/proxier.go, in the order and form in which the kernel gives rules back.

import { sha256 } from '@noble/hashes/sha2.js';
import { cidrContains, parseCidr, parseIp } from '../../lib/ip.ts';
import { utf8 } from '../../lib/text.ts';
import type { World } from '../world.ts';
import type { EndpointRule, PortRule, ServiceRule } from './services.ts';

export interface Rule {
  readonly source?: string;
  readonly notSource?: boolean;
  readonly destination?: string;
  /** `tcp`; all if left out. */
  readonly protocol?: string;
  readonly comment?: string;
  /** Further matches, as they are written and as they are listed. */
  readonly matches?: readonly Words[];
  readonly port?: number;
  readonly target?: string;
  readonly options?: Words;
}

/** What `iptables-save` writes, and what `iptables -L` shows. */
export interface Words {
  readonly save: string;
  readonly list: string;
}

export interface Chain {
  readonly name: string;
  /** `ACCEPT`; of the kernel's own chains only. */
  readonly policy?: string;
  readonly rules: readonly Rule[];
}

export type Table = 'nat' | 'filter' | 'mangle';

const MARK = '0x4000';

/** Rules of a machine, of all services. */
export const rulesOf = (world: World, machine: string): ServiceRule[] =>
  world.services.values().filter((rule) => rule.machine === machine || rule.machine === '*');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first sixteen letters of a SHA-256 in base 32. */
function hashOf(text: string): string {
  let [bits, value, out] = [0, 0, ''];
  for (const byte of sha256(utf8(text))) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5 && out.length < 16; bits -= 5) out += ALPHABET[(value >>> (bits - 5)) & 31];
    if (out.length === 16) return out;
    value &= (1 << bits) - 1;
  }
  return out;
}

const nameOf = ({ service }: ServiceRule, { name }: PortRule): string => (name ? `${service}:${name}` : service);

/** `KUBE-SVC-NPX46M4PTMTKRN6Y`: kind is SVC, SVL, EXT or FW. */
export const serviceChain = (kind: string, name: string, protocol: string): string => `KUBE-${kind}-${hashOf(name + protocol)}`;
const endpointChain = (name: string, protocol: string, endpoint: string): string => `KUBE-SEP-${hashOf(name + protocol + endpoint)}`;

class Chains {
  readonly #chains = new Map<string, Rule[]>();

  add(chain: string, ...rules: Rule[]): void {
    const known = this.#chains.get(chain);
    if (known) known.push(...rules);
    else this.#chains.set(chain, rules);
  }

  /** The kernel's own first, then the others by their names. */
  list(builtin: readonly string[]): Chain[] {
    const own = builtin.map((name): Chain => ({ name, policy: 'ACCEPT', rules: this.#chains.get(name) ?? [] }));
    const others = [...this.#chains].filter(([name]) => !builtin.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1));
    return [...own, ...others.map(([name, rules]): Chain => ({ name, rules }))];
  }
}

const BUILTIN: Readonly<Record<Table, readonly string[]>> = {
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
};

/** The table as a machine has it; without rules where `machine` is undefined (a network of a pod's own). */
export function tableOf(world: World, table: Table, machine: string | undefined): Chain[] {
  const chains = new Chains();
  const rules = machine === undefined ? [] : rulesOf(world, machine);
  if (machine === undefined || !rules.length) return chains.list(BUILTIN[table]);
  if (table === 'mangle') {
    for (const name of ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY', 'KUBE-PROXY-CANARY']) chains.add(name);
  } else if (table === 'nat') {
    natFrame(chains);
    for (const rule of rules) for (const port of rule.ports) natRules(chains, world, rule, port, machine);
    chains.add('KUBE-SERVICES', {
      comment: 'kubernetes service nodeports; NOTE: this must be the last rule in this chain',
      matches: [{ save: '-m addrtype --dst-type LOCAL', list: 'ADDRTYPE match dst-type LOCAL' }],
      target: 'KUBE-NODEPORTS',
    });
  } else {
    filterFrame(chains);
    for (const rule of rules) for (const port of rule.ports) filterRules(chains, rule, port, machine);
  }
  return chains.list(BUILTIN[table]);
}

function natFrame(chains: Chains): void {
  const portals: Rule = { comment: 'kubernetes service portals', target: 'KUBE-SERVICES' };
  chains.add('PREROUTING', portals);
  chains.add('OUTPUT', portals);
  chains.add('POSTROUTING', { comment: 'kubernetes postrouting rules', target: 'KUBE-POSTROUTING' });
  for (const name of ['KUBE-KUBELET-CANARY', 'KUBE-PROXY-CANARY', 'KUBE-NODEPORTS']) chains.add(name);
  chains.add('KUBE-MARK-MASQ', { target: 'MARK', options: { save: `--set-xmark ${MARK}/${MARK}`, list: `MARK or ${MARK}` } });
  chains.add(
    'KUBE-POSTROUTING',
    { matches: [{ save: `-m mark ! --mark ${MARK}/${MARK}`, list: `mark match ! ${MARK}/${MARK}` }], target: 'RETURN' },
    { target: 'MARK', options: { save: `--set-xmark ${MARK}/0x0`, list: `MARK xor ${MARK}` } },
    {
      comment: 'kubernetes service traffic requiring SNAT',
      target: 'MASQUERADE',
      options: { save: '--random-fully', list: 'random-fully' },
    },
  );
}

/** What is not from a pod: the range of all pods' addresses. */
function podRange(world: World): string {
  const [first = '', second = ''] = (world.machines.values()[0]?.podCidr ?? '10.244.0.0/24').split('.');
  return second === '244' ? `${first}.244.0.0/16` : `${first}.240.0.0/13`;
}

function natRules(chains: Chains, world: World, service: ServiceRule, port: PortRule, machine: string): void {
  const name = nameOf(service, port);
  const protocol = port.protocol.toLowerCase();
  const local = port.endpoints.filter(({ node }) => node === machine);
  const [cluster, ownChain, outer] = ['SVC', 'SVL', 'EXT'].map((kind) => serviceChain(kind, name, protocol)) as [string, string, string];
  if (!port.endpoints.length) return;
  const inside = service.internalLocal ? ownChain : cluster;
  const at = (destination: string, what: string): Rule => ({
    destination: `${destination}/32`,
    protocol,
    comment: `${name} ${what}`,
    port: port.port,
  });
  const isBalanced = (ip: string): boolean => service.balancerIps?.includes(ip) ?? false;
  for (const ip of service.clusterIps) {
    if (service.internalLocal && !local.length) continue;
    chains.add('KUBE-SERVICES', { ...at(ip, 'cluster IP'), target: inside });
    chains.add(inside, { ...at(ip, 'cluster IP'), source: podRange(world), notSource: true, target: 'KUBE-MARK-MASQ' });
  }
  for (const ip of service.externalIps)
    chains.add('KUBE-SERVICES', {
      ...at(ip, isBalanced(ip) ? 'loadbalancer IP' : 'external IP'),
      target: isBalanced(ip) && service.balancerSources ? serviceChain('FW', name, protocol) : outer,
    });
  if (port.nodePort) chains.add('KUBE-NODEPORTS', { protocol, comment: name, port: port.nodePort, target: outer });
  const isReachedFromOutside = port.nodePort > 0 || service.externalIps.length > 0;
  if (isReachedFromOutside) outerRules(chains, world, service, name, { outer, cluster, ownChain, hasLocal: local.length > 0 });
  if (service.balancerIps && service.balancerSources) balancerRules(chains, world, service, name, machine, protocol, outer);
  const usesCluster = !service.internalLocal || (isReachedFromOutside && !service.externalLocal) || isReachedFromOutside;
  const usesLocal = service.internalLocal || (isReachedFromOutside && service.externalLocal);
  if (usesCluster) spread(chains, service, name, protocol, cluster, port.endpoints);
  if (usesLocal && local.length) spread(chains, service, name, protocol, ownChain, local);
  for (const endpoint of usesCluster ? port.endpoints : local) endpointRules(chains, service, name, protocol, endpoint);
}

interface OuterChains {
  readonly outer: string;
  readonly cluster: string;
  readonly ownChain: string;
  readonly hasLocal: boolean;
}

function outerRules(
  chains: Chains,
  world: World,
  service: ServiceRule,
  name: string,
  { outer, cluster, ownChain, hasLocal }: OuterChains,
): void {
  if (!service.externalLocal) {
    chains.add(outer, { comment: `masquerade traffic for ${name} external destinations`, target: 'KUBE-MARK-MASQ' }, { target: cluster });
    return;
  }
  const fromHere = [{ save: '-m addrtype --src-type LOCAL', list: 'ADDRTYPE match src-type LOCAL' }];
  chains.add(
    outer,
    { source: podRange(world), comment: `pod traffic for ${name} external destinations`, target: cluster },
    { comment: `masquerade LOCAL traffic for ${name} external destinations`, matches: fromHere, target: 'KUBE-MARK-MASQ' },
    { comment: `route LOCAL traffic for ${name} external destinations`, matches: fromHere, target: cluster },
    ...(hasLocal ? [{ target: ownChain }] : []),
  );
}

/** Who comes from where a load balancer takes clients goes on; others are dropped by the filter. */
function balancerRules(
  chains: Chains,
  world: World,
  { balancerIps = [], balancerSources = [] }: ServiceRule,
  name: string,
  machine: string,
  protocol: string,
  outer: string,
): void {
  const own = parseIp(world.machines.get(machine)?.ip ?? '');
  const takesOwn = balancerSources.some((text) => {
    const range = parseCidr(text);
    return own !== undefined && range !== undefined && cidrContains(range, own);
  });
  const sources = [...balancerSources, ...(takesOwn ? balancerIps.map((ip) => `${ip}/32`) : [])];
  chains.add(
    serviceChain('FW', name, protocol),
    // A range of everything is no condition.
    ...sources.map((source): Rule => ({ ...(source !== '0.0.0.0/0' && { source }), comment: `${name} loadbalancer IP`, target: outer })),
    { comment: `other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL` },
  );
}

/** Each endpoint gets its share: of the first n, one in n; of the rest … */
function spread(
  chains: Chains,
  { affinityMs }: ServiceRule,
  name: string,
  protocol: string,
  chain: string,
  endpoints: readonly EndpointRule[],
): void {
  const targets = endpoints.map(({ ip, port }) => ({ address: `${ip}:${port}`, target: endpointChain(name, protocol, `${ip}:${port}`) }));
  if (affinityMs)
    for (const { address, target } of targets)
      chains.add(chain, {
        comment: `${name} -> ${address}`,
        matches: [
          {
            save: `-m recent --rcheck --seconds ${affinityMs / 1000} --reap --name ${target} --mask 255.255.255.255 --rsource`,
            list: `recent: CHECK seconds: ${affinityMs / 1000} reap name: ${target} side: source mask: 255.255.255.255`,
          },
        ],
        target,
      });
  targets.forEach(({ address, target }, i) => {
    const left = targets.length - i;
    const chance = (1 / left).toFixed(11);
    const matches =
      left > 1 ? [{ save: `-m statistic --mode random --probability ${chance}`, list: `statistic mode random probability ${chance}` }] : [];
    chains.add(chain, { comment: `${name} -> ${address}`, matches, target });
  });
}

function endpointRules(chains: Chains, { affinityMs }: ServiceRule, name: string, protocol: string, { ip, port }: EndpointRule): void {
  const chain = endpointChain(name, protocol, `${ip}:${port}`);
  const recent = {
    save: `-m recent --set --name ${chain} --mask 255.255.255.255 --rsource`,
    list: `recent: SET name: ${chain} side: source mask: 255.255.255.255`,
  };
  chains.add(
    chain,
    { source: `${ip}/32`, comment: name, target: 'KUBE-MARK-MASQ' },
    {
      protocol,
      comment: name,
      matches: [...(affinityMs ? [recent] : []), { save: `-m ${protocol}`, list: protocol }],
      target: 'DNAT',
      options: { save: `--to-destination ${ip}:${port}`, list: `to:${ip}:${port}` },
    },
  );
}

function filterFrame(chains: Chains): void {
  const fresh = [{ save: '-m conntrack --ctstate NEW', list: 'ctstate NEW' }];
  const firewall: Rule = { comment: 'kubernetes load balancer firewall', matches: fresh, target: 'KUBE-PROXY-FIREWALL' };
  const outer: Rule = { comment: 'kubernetes externally-visible service portals', matches: fresh, target: 'KUBE-EXTERNAL-SERVICES' };
  const portals: Rule = { comment: 'kubernetes service portals', matches: fresh, target: 'KUBE-SERVICES' };
  const kubelet: Rule = { target: 'KUBE-FIREWALL' };
  chains.add('INPUT', firewall, { comment: 'kubernetes health check service ports', target: 'KUBE-NODEPORTS' }, outer, kubelet);
  chains.add('FORWARD', firewall, { comment: 'kubernetes forwarding rules', target: 'KUBE-FORWARD' }, portals, outer);
  chains.add('OUTPUT', firewall, portals, kubelet);
  chains.add('KUBE-FIREWALL', {
    source: '127.0.0.0/8',
    notSource: true,
    destination: '127.0.0.0/8',
    comment: 'block incoming localnet connections',
    matches: [{ save: '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT', list: '! ctstate RELATED,ESTABLISHED,DNAT' }],
    target: 'DROP',
  });
  chains.add(
    'KUBE-FORWARD',
    { matches: [{ save: '-m conntrack --ctstate INVALID', list: 'ctstate INVALID' }], target: 'DROP' },
    {
      comment: 'kubernetes forwarding rules',
      matches: [{ save: `-m mark --mark ${MARK}/${MARK}`, list: `mark match ${MARK}/${MARK}` }],
      target: 'ACCEPT',
    },
    {
      comment: 'kubernetes forwarding conntrack rule',
      matches: [{ save: '-m conntrack --ctstate RELATED,ESTABLISHED', list: 'ctstate RELATED,ESTABLISHED' }],
      target: 'ACCEPT',
    },
  );
  for (const name of [
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-KUBELET-CANARY',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-CANARY',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SERVICES',
  ])
    chains.add(name);
}

/** What has nobody behind it is refused; what has nobody here, dropped. */
function filterRules(chains: Chains, service: ServiceRule, port: PortRule, machine: string): void {
  const name = nameOf(service, port);
  const protocol = port.protocol.toLowerCase();
  const hasAny = port.endpoints.length > 0;
  const hasLocal = port.endpoints.some(({ node }) => node === machine);
  const refusal: Rule = hasAny
    ? { comment: `${name} has no local endpoints`, target: 'DROP' }
    : {
        comment: `${name} has no endpoints`,
        target: 'REJECT',
        options: { save: '--reject-with icmp-port-unreachable', list: 'reject-with icmp-port-unreachable' },
      };
  if (hasAny && service.balancerSources)
    for (const ip of service.balancerIps ?? [])
      chains.add('KUBE-PROXY-FIREWALL', {
        destination: `${ip}/32`,
        protocol,
        comment: `${name} traffic not accepted by ${serviceChain('FW', name, protocol)}`,
        port: port.port,
        target: 'DROP',
      });
  if (!hasAny || (service.internalLocal && !hasLocal))
    for (const ip of service.clusterIps) chains.add('KUBE-SERVICES', { ...refusal, destination: `${ip}/32`, protocol, port: port.port });
  if (hasAny && !(service.externalLocal && !hasLocal)) return;
  for (const ip of service.externalIps)
    chains.add('KUBE-EXTERNAL-SERVICES', { ...refusal, destination: `${ip}/32`, protocol, port: port.port });
  if (port.nodePort)
    chains.add('KUBE-EXTERNAL-SERVICES', {
      ...refusal,
      matches: [{ save: '-m addrtype --dst-type LOCAL', list: 'ADDRTYPE match dst-type LOCAL' }],
      protocol,
      port: port.nodePort,
    });
}

/** A rule as `iptables-save` writes it, after `-A chain`. */
export function saveRule({ source, notSource, destination, protocol, comment, matches = [], port, target, options }: Rule): string {
  return [
    ...(source ? [`${notSource ? '! ' : ''}-s ${source}`] : []),
    ...(destination ? [`-d ${destination}`] : []),
    ...(protocol ? [`-p ${protocol}`] : []),
    ...(comment ? [`-m comment --comment ${/[\s;]/.test(comment) ? JSON.stringify(comment) : `"${comment}"`}`] : []),
    ...matches.map(({ save }) => save),
    ...(port ? [`-m ${protocol} --dport ${port}`] : []),
    ...(target ? [`-j ${target}${options ? ` ${options.save}` : ''}`] : []),
  ].join(' ');
}

/** What `iptables -L` shows of a rule after its addresses. */
export function listMatches({ comment, matches = [], port, protocol, options }: Rule): string {
  return [
    ...(comment ? [`/* ${comment} */`] : []),
    ...matches.map(({ list }) => list),
    ...(port ? [`${protocol} dpt:${port}`] : []),
    ...(options ? [options.list] : []),
  ].join(' ');
}
