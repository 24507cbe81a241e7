// Gives each node that has none a range of addresses for its pods, as `--allocate-node-cidrs` wants it. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { cidrContains, formatCidr, parseCidr } from '../../lib/ip.ts';
import { nodes } from '../../resources/core/node.ts';

const MASK_BITS = 24;
/** In the state: where the search begins. What was given up is given out again only when all that comes after it was. */
const NEXT = 'next';

export const nodeIpam: Controller = {
  name: 'node-ipam',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  reporter: 'cidrAllocator',
  watches: [watch(nodes, ({ metadata, spec }, _previous, _reader, type) => (type !== 'deleted' && !spec.podCIDR ? [metadata.name] : []))],
  start({ state }, resumed) {
    if (!resumed) state.delete(NEXT);
  },
  reconcile(name, context) {
    const { api, config, flag, state } = context;
    const node = api.get(nodes, '', name);
    if (flag('allocate-node-cidrs') !== 'true' || !node || node.spec.podCIDR) return;
    const range = parseCidr(flag('cluster-cidr') ?? config.podCidr);
    if (!range) return;
    const bits = Number(flag('node-cidr-mask-size-ipv4') ?? flag('node-cidr-mask-size') ?? MASK_BITS);
    const width = 32n - BigInt(bits);
    const taken = new Set<bigint>();
    for (const { spec } of api.list(nodes)) {
      const own = parseCidr(spec.podCIDR ?? '');
      if (own && cidrContains(range, { family: own.family, value: own.first })) taken.add((own.first - range.first) >> width);
    }
    const count = 1 << Math.max(0, bits - range.bits);
    const first = (state.get<number>(NEXT) ?? 0) % count;
    let tried = 0;
    while (tried < count && taken.has(BigInt((first + tried) % count))) tried++;
    if (tried >= count) {
      context.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new SyncError(
        'failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
      );
    }
    const free = (first + tried) % count;
    state.set(NEXT, (free + 1) % count);
    const podCIDR = formatCidr({ family: 4, first: range.first + (BigInt(free) << width), bits });
    api.update(nodes, { ...node, spec: { podCIDR, podCIDRs: [podCIDR], ...node.spec } });
    context.log('I', `"Set node PodCIDR" node="${name}" podCIDRs=["${podCIDR}"]`);
  },
};
