// The addresses that MetalLB may give: IPAddressPools, and what of them is taken. Mirrors metallb internal/allocator.

import type { Service } from '../../api/gen/core-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { formatIp, parseCidr, parseIp, widthOf } from '../../lib/ip.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';

export const SYSTEM = 'metallb-system';
/** More of a range than this is not looked through. */
const MAX_TRIES = 65_536n;

export interface Pool extends KubeObject {
  readonly spec: {
    readonly addresses?: readonly string[];
    readonly autoAssign?: boolean;
    readonly avoidBuggyIPs?: boolean;
    readonly serviceAllocation?: { readonly namespaces?: readonly string[]; readonly priority?: number };
  };
}

interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** `192.168.1.240-192.168.1.250`, or a CIDR. */
function rangeOf(text: string): Range | undefined {
  const [from = '', to] = text.split('-').map((part) => part.trim());
  if (to === undefined) {
    const cidr = parseCidr(from);
    return cidr && { family: cidr.family, first: cidr.first, last: cidr.first + (1n << BigInt(widthOf(cidr.family) - cidr.bits)) - 1n };
  }
  const [first, last] = [parseIp(from), parseIp(to)];
  if (!first || !last || first.family !== last.family || last.value < first.value) return undefined;
  return { family: first.family, first: first.value, last: last.value };
}

const rangesOf = ({ spec }: Pool): Range[] => (spec.addresses ?? []).map(rangeOf).filter((range) => range !== undefined);

/** Those of the highest priority (the lowest number that is not 0) first. */
export function poolsOf(reader: ClusterReader): Pool[] {
  const resource = reader.resourceOf('metallb.io', 'IPAddressPool', 'v1beta1');
  if (!resource) return [];
  const rank = ({ spec }: Pool): number => spec.serviceAllocation?.priority || Number.MAX_SAFE_INTEGER;
  return (reader.list(resource, { namespace: SYSTEM }) as Pool[]).toSorted((a, b) => rank(a) - rank(b));
}

export function hasAddress(pool: Pool, text: string): boolean {
  const ip = parseIp(text);
  return (
    ip !== undefined && rangesOf(pool).some(({ family, first, last }) => ip.family === family && first <= ip.value && ip.value <= last)
  );
}

export const balancedIps = ({ status }: Service): string[] => (status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));

/** Addresses of other Services, with who has them. */
export function takenBy(reader: ClusterReader, self: Service): Map<string, Service> {
  const taken = new Map<string, Service>();
  for (const service of reader.lookup(services, serviceTerm.type('LoadBalancer')))
    if (service.metadata.uid !== self.metadata.uid) for (const ip of balancedIps(service)) taken.set(ip, service);
  return taken;
}

export function freeAddress(pool: Pool, family: 4 | 6, taken: ReadonlyMap<string, unknown>): string | undefined {
  for (const range of rangesOf(pool)) {
    if (range.family !== family) continue;
    for (let value = range.first; value <= range.last && value - range.first < MAX_TRIES; value++) {
      const ip = formatIp({ family, value });
      const isBuggy = pool.spec.avoidBuggyIPs && family === 4 && (value % 256n === 0n || value % 256n === 255n);
      if (!isBuggy && !taken.has(ip)) return ip;
    }
  }
  return undefined;
}
