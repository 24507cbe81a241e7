// The subsets of an Endpoints object: addresses grouped by the ports they offer, in upstream's order, and no more than a thousand.
// Mirrors pkg/api/v1/endpoints/util.go and truncateEndpoints.

import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/gen/core-v1.ts';
import { canonicalJson } from '../../lib/json.ts';
import { sortPorts } from './port-order.ts';

/** An address with one of the ports it offers; without a port for a headless Service that names none. */
export interface OfferedPort {
  readonly address: EndpointAddress;
  readonly port: EndpointPort | undefined;
  readonly ready: boolean;
}

interface Group {
  readonly ports: EndpointPort[];
  readonly addresses: Map<string, { address: EndpointAddress; ready: boolean }>;
}

export function packSubsets(offers: readonly OfferedPort[]): EndpointSubset[] {
  const byPort = new Map<string, Group>();
  for (const { address, port, ready } of offers) {
    const portKey = port ? canonicalJson(port) : '';
    let group = byPort.get(portKey);
    if (!group) byPort.set(portKey, (group = { ports: port ? [port] : [], addresses: new Map() }));
    const key = addressKey(address);
    const known = group.addresses.get(key);
    group.addresses.set(key, { address: known?.address ?? address, ready: (known?.ready ?? true) && ready });
  }
  const byAddresses = new Map<string, Group>();
  for (const group of byPort.values()) {
    const key = [...group.addresses]
      .map(([address, { ready }]) => `${address}:${ready}`)
      .sort()
      .join(' ');
    const known = byAddresses.get(key);
    if (known) known.ports.push(...group.ports);
    else byAddresses.set(key, group);
  }
  return [...byAddresses.values()].map(subsetOf).sort((a, b) => firstPort(a) - firstPort(b));
}

const firstPort = ({ ports }: EndpointSubset): number => Math.min(...(ports ?? []).map(({ port }) => port));

const addressKey = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;

function subsetOf({ ports, addresses }: Group): EndpointSubset {
  const sorted = [...addresses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const ready = sorted.filter((one) => one.ready).map(({ address }) => address);
  const notReady = sorted.filter((one) => !one.ready).map(({ address }) => address);
  return {
    ...(ready.length && { addresses: ready }),
    ...(notReady.length && { notReadyAddresses: notReady }),
    ...(ports.length && { ports: sortPorts(ports) }),
  };
}

export const countAddresses = (subsets: readonly EndpointSubset[] = []): number =>
  subsets.reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0);

const CAPACITY = 1000;

/** At most a thousand addresses, the ready ones first, from each subset its share. Undefined if they all fit. */
export function truncateSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] | undefined {
  if (countAddresses(subsets) <= CAPACITY) return undefined;
  const count = (list: 'addresses' | 'notReadyAddresses'): number => subsets.reduce((sum, one) => sum + (one[list]?.length ?? 0), 0);
  const ready = count('addresses');
  const list = ready > CAPACITY ? 'addresses' : 'notReadyAddresses';
  const room = list === 'addresses' ? CAPACITY : CAPACITY - ready;
  let left = room;
  return subsets.map((subset) => {
    const all = subset[list] ?? [];
    const kept = all.slice(0, Math.min(left, Math.ceil((all.length / count(list)) * room)));
    left -= kept.length;
    const { addresses, notReadyAddresses: _, ports } = subset;
    const first = list === 'addresses' ? kept : addresses;
    return {
      ...(first?.length && { addresses: first }),
      ...(list === 'notReadyAddresses' && kept.length && { notReadyAddresses: kept }),
      ...(ports && { ports }),
    };
  });
}
