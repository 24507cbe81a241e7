// NetworkPolicies, as an agent on each node enforces them: a pod that a policy selects takes (or sends) only what some policy lets through. Mirrors the semantics of
// networking.k8s.io/v1 as network plugins implement them. Looked up when somebody sends, so that nothing is to be kept.

import type { Pod } from '../api/gen/core-v1.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../api/gen/networking-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import { cidrContains, parseCidr, parseIp } from '../lib/ip.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { pods } from '../resources/core/pod.ts';
import { networkPolicies } from '../resources/networking/networkpolicy.ts';
import type { Sandbox } from '../world/runtime/sandbox.ts';
import type { Packet } from '../world/world.ts';

/** Why a packet may not pass; undefined if it may. */
export function policyVerdict(reader: ClusterReader, packet: Packet): string | undefined {
  const { direction } = packet;
  const subject = podOf(reader, direction === 'ingress' ? packet.to : packet.from);
  if (!subject || subject.spec.hostNetwork) return undefined;
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  const namespace = subject.metadata.namespace ?? '';
  const own = reader
    .list(networkPolicies, { namespace })
    .filter(({ spec }) => typesOf(spec).includes(type) && matchesLabels(labelSelectorOf(spec.podSelector), subject.metadata.labels ?? {}));
  if (!own.length) return undefined;
  const isAllowed = own.some(({ spec }) =>
    direction === 'ingress'
      ? (spec.ingress ?? []).some(({ from, ports }) => fitsPeer(reader, namespace, from, packet) && fitsPort(ports, packet, subject))
      : (spec.egress ?? []).some(
          ({ to, ports }) => fitsPeer(reader, namespace, to, packet) && fitsPort(ports, packet, podOf(reader, packet.to)),
        ),
  );
  if (isAllowed) return undefined;
  const names = own.map(({ metadata }) => metadata.name).join(', ');
  return `${direction} of pod ${namespace}/${subject.metadata.name} is limited by NetworkPolicy ${names}, and no rule lets this through: dropped`;
}

function podOf(reader: ClusterReader, sandbox: Sandbox | undefined): Pod | undefined {
  const pod = sandbox && reader.get(pods, sandbox.namespace, sandbox.name);
  return pod?.metadata.uid === sandbox?.uid ? pod : undefined;
}

const typesOf = ({ policyTypes, egress }: NetworkPolicy['spec']): readonly string[] =>
  policyTypes ?? (egress?.length ? ['Ingress', 'Egress'] : ['Ingress']);

function fitsPeer(
  reader: ClusterReader,
  own: string,
  peers: readonly NetworkPolicyPeer[] | undefined,
  { from, fromAddress, to, toAddress, direction }: Packet,
): boolean {
  if (!peers?.length) return true;
  const pod = podOf(reader, direction === 'ingress' ? from : to);
  const address = direction === 'ingress' ? fromAddress : toAddress;
  return peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
    if (ipBlock) return isIn(ipBlock.cidr, address) && !(ipBlock.except ?? []).some((one) => isIn(one, address));
    if (!pod || pod.spec.hostNetwork) return false;
    const namespace = pod.metadata.namespace ?? '';
    if (namespaceSelector) {
      const labels = reader.get(namespaces, '', namespace)?.metadata.labels ?? {};
      if (!matchesLabels(labelSelectorOf(namespaceSelector), labels)) return false;
    } else if (namespace !== own) return false;
    return !podSelector || matchesLabels(labelSelectorOf(podSelector), pod.metadata.labels ?? {});
  });
}

function isIn(cidr: string, address: string): boolean {
  const [range, ip] = [parseCidr(cidr), parseIp(address)];
  return range !== undefined && ip !== undefined && range.family === ip.family && cidrContains(range, ip);
}

function fitsPort(ports: readonly NetworkPolicyPort[] | undefined, { port: number, protocol }: Packet, target: Pod | undefined): boolean {
  if (!ports?.length) return true;
  return ports.some(({ port, endPort, protocol: own = 'TCP' }) => {
    if (own !== protocol) return false;
    if (port === undefined) return true;
    if (typeof port === 'number') return endPort === undefined ? port === number : number >= port && number <= endPort;
    return (
      target?.spec.containers.some((container) => container.ports?.some((one) => one.name === port && one.containerPort === number)) ??
      false
    );
  });
}
