// Gives each node that has none a range of addresses for its pods, of each family that the cluster has, as `--allocate-node-cidrs` wants it. Mirrors
// pkg/controller/nodeipam/ipam/range_allocator.go.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { formatCidr, widthOf } from '../../lib/ip.ts';
import { nodes } from '../../resources/core/node.ts';
import { CIDR_ALLOCATIONS, CIDR_RELEASES, CIDR_TRIES } from '../meters.ts';
import { cidrProblem, cidrSetsOf, misfitOf, takenOf } from './cidr-sets.ts';
import type { CidrSet } from './cidr-sets.ts';

/** In the state: where the search begins. What was given up is given out again only when all that comes after it was. */
const NEXT = 'next';

/** Keys: names of nodes that want a range; `held <name>` for those that came with one, and `gone <name> <how many>`, to be counted only. */
export const nodeIpam: Controller = {
  name: 'node-ipam',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  reporter: 'cidrAllocator',
  watches: [
    watch(nodes, ({ metadata, spec }, _previous, _reader, type) => {
      if (type === 'deleted') return spec.podCIDRs ? [`gone ${metadata.name} ${spec.podCIDRs.length}`] : [];
      if (!spec.podCIDRs?.length) return [metadata.name];
      return type === 'created' ? [`held ${metadata.name}`] : [];
    }),
  ],
  problem: (flag, reader) => (flag('allocate-node-cidrs') === 'true' ? cidrProblem(flag, reader) : undefined),
  start({ state }, resumed) {
    if (!resumed) for (const [key] of state.entries()) state.delete(key);
  },
  reconcile(key, context) {
    const { api, flag, meters } = context;
    if (flag('allocate-node-cidrs') !== 'true') return;
    const sets = cidrSetsOf(flag);
    if (typeof sets === 'string') return;
    const [what, name, many] = partsOf(key);
    if (what === 'gone') {
      for (const set of sets.slice(0, many)) meters.add(CIDR_RELEASES, labelsOf(set));
      return;
    }
    const node = api.get(nodes, '', name);
    if (!node || isTerminating(node)) return;
    if (!node.spec.podCIDRs?.length) return allocate(sets, node, context);
    if (what !== 'held') return;
    const problem = misfitOf(sets, node);
    if (problem !== undefined) throw new SyncError(problem);
    for (const set of sets.slice(0, node.spec.podCIDRs.length)) meters.add(CIDR_ALLOCATIONS, labelsOf(set));
  },
};

function partsOf(key: string): [what: string | undefined, name: string, many: number] {
  const [, what, name = key, many = 0] = /^(?:(held|gone) )?(\S+)(?: (\d+))?$/.exec(key) ?? [];
  return [what, name, Number(many)];
}

const labelsOf = ({ range }: CidrSet): { clusterCIDR: string } => ({ clusterCIDR: formatCidr(range) });

function allocate(sets: readonly CidrSet[], node: Node, context: ControllerContext): void {
  const { name } = node.metadata;
  const podCIDRs = sets.map((set, i) => {
    const free = nextOf(set, i, context);
    if (free !== undefined) return free;
    context.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
    throw new SyncError(
      `failed to allocate cidr from cluster cidr at idx:${i}: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`,
    );
  });
  context.api.update(nodes, { ...node, spec: { podCIDR: podCIDRs[0]!, podCIDRs, ...node.spec } });
  context.log('I', `"Set node PodCIDR" node="${name}" podCIDRs=${JSON.stringify(podCIDRs)}`);
}

/** Takes the next range of a set that is free. */
function nextOf(set: CidrSet, index: number, { api, flag, meters, state }: ControllerContext): string | undefined {
  const { range, bits, count } = set;
  const place = index ? `${NEXT} ${index}` : NEXT;
  const taken = takenOf(set, index, api, flag);
  const first = (state.get<number>(place) ?? 0) % count;
  let tried = 0;
  while (tried < count && taken.has((first + tried) % count)) tried++;
  if (tried >= count) return undefined;
  const free = (first + tried) % count;
  state.set(place, (free + 1) % count);
  meters.add(CIDR_ALLOCATIONS, labelsOf(set));
  meters.observe(CIDR_TRIES, labelsOf(set), tried);
  return formatCidr({ family: range.family, first: range.first + (BigInt(free) << BigInt(widthOf(range.family) - bits)), bits });
}
