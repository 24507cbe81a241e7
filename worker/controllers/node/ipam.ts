// Gives each node that has none a range of addresses for its pods, as `--allocate-node-cidrs` wants it. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { cidrsOverlap, formatCidr, parseCidr, widthOf } from '../../lib/ip.ts';
import type { Cidr } from '../../lib/ip.ts';
import { nodes } from '../../resources/core/node.ts';
import { CIDR_ALLOCATIONS, CIDR_RELEASES, CIDR_TRIES } from '../meters.ts';

const MASK_BITS = { 4: 24, 6: 64 } as const;
/** In the state: where the search begins. What was given up is given out again only when all that comes after it was. */
const NEXT = 'next';

/** Keys: names of nodes that want a range; `held <name>` and `gone <name>`, to be counted only. */
export const nodeIpam: Controller = {
  name: 'node-ipam',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  reporter: 'cidrAllocator',
  watches: [
    watch(nodes, ({ metadata, spec }, _previous, _reader, type) => {
      if (type === 'deleted') return spec.podCIDR ? [`gone ${metadata.name}`] : [];
      if (!spec.podCIDR) return [metadata.name];
      return type === 'created' ? [`held ${metadata.name}`] : [];
    }),
  ],
  start({ state }, resumed) {
    if (!resumed) state.delete(NEXT);
  },
  reconcile(key, context) {
    const { api, config, flag, meters, state } = context;
    if (flag('allocate-node-cidrs') !== 'true') return;
    const set = cidrSetOf(flag, config.podCidr);
    if (!set) return;
    const { range, bits, count } = set;
    const labels = { clusterCIDR: formatCidr(range) };
    if (key.startsWith('held ')) return meters.add(CIDR_ALLOCATIONS, labels);
    if (key.startsWith('gone ')) return meters.add(CIDR_RELEASES, labels);
    const node = api.get(nodes, '', key);
    if (!node || node.spec.podCIDR || isTerminating(node)) return;
    const taken = takenOf(set, api, flag('service-cluster-ip-range'));
    const first = (state.get<number>(NEXT) ?? 0) % count;
    let tried = 0;
    while (tried < count && taken.has((first + tried) % count)) tried++;
    if (tried >= count) {
      context.event(node, 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`);
      throw new SyncError(
        'failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
      );
    }
    const free = (first + tried) % count;
    state.set(NEXT, (free + 1) % count);
    meters.add(CIDR_ALLOCATIONS, labels);
    meters.observe(CIDR_TRIES, labels, tried);
    const podCIDR = formatCidr({ family: range.family, first: range.first + (BigInt(free) << BigInt(widthOf(range.family) - bits)), bits });
    api.update(nodes, { ...node, spec: { podCIDR, podCIDRs: [podCIDR], ...node.spec } });
    context.log('I', `"Set node PodCIDR" node="${key}" podCIDRs=["${podCIDR}"]`);
  },
};

/** A range, and into how many of how many bits it is split. */
export interface CidrSet {
  readonly range: Cidr;
  readonly bits: number;
  readonly count: number;
}

/** Differs: a cluster has one family, so that a second range is left alone. */
export function cidrSetOf(flag: (name: string) => string | undefined, podCidr: string): CidrSet | undefined {
  const range = parseCidr((flag('cluster-cidr') ?? podCidr).split(',')[0]!);
  if (!range) return undefined;
  const ofFamily = range.family === 4 ? flag('node-cidr-mask-size-ipv4') : flag('node-cidr-mask-size-ipv6');
  const bits = Number(ofFamily ?? flag('node-cidr-mask-size') ?? MASK_BITS[range.family]);
  return { range, bits, count: 1 << Math.max(0, bits - range.bits) };
}

/** Those that a node has, and those in the range of services. */
export function takenOf({ range, bits, count }: CidrSet, reader: ClusterReader, serviceRange: string | undefined): Set<number> {
  const taken = new Set<number>();
  const width = BigInt(widthOf(range.family));
  const indexOf = (address: bigint): number => Number((address - range.first) >> (width - BigInt(bits)));
  const occupy = (text: string): void => {
    const cidr = parseCidr(text);
    if (!cidr || !cidrsOverlap(range, cidr)) return;
    const last = cidr.first + (1n << (width - BigInt(cidr.bits))) - 1n;
    const isPart = range.bits < cidr.bits;
    for (let i = isPart ? indexOf(cidr.first) : 0; i <= (isPart ? indexOf(last) : count - 1); i++) taken.add(i);
  };
  for (const { spec } of reader.list(nodes)) if (spec.podCIDR) occupy(spec.podCIDR);
  for (const text of serviceRange?.split(',') ?? []) occupy(text);
  return taken;
}
