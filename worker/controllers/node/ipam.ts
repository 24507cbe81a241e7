// Gives each node that has none a range of addresses for its pods, as `--allocate-node-cidrs` wants it. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { cidrContains, formatCidr, parseCidr } from '../../lib/ip.ts';
import { nodes } from '../../resources/core/node.ts';

const MASK_BITS = 24;

export const nodeIpam: Controller = {
  name: 'node-ipam',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  reporter: 'cidrAllocator',
  watches: [watch(nodes, ({ metadata, spec }, _previous, _reader, type) => (type !== 'deleted' && !spec.podCIDR ? [metadata.name] : []))],
  reconcile(name, context) {
    const { api, config, flag } = context;
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
    const count = 1n << BigInt(Math.max(0, bits - range.bits));
    let free = 0n;
    while (free < count && taken.has(free)) free++;
    if (free >= count) {
      context.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new SyncError(
        'failed to allocate cidr from cluster cidr at idx:0: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
      );
    }
    const podCIDR = formatCidr({ family: 4, first: range.first + (free << width), bits });
    api.update(nodes, { ...node, spec: { podCIDR, podCIDRs: [podCIDR], ...node.spec } });
    context.log('I', `"Set node PodCIDR" node="${name}" podCIDRs=["${podCIDR}"]`);
  },
};
