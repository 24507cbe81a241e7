// The ranges out of which nodes get addresses for their pods: one of `--cluster-cidr` for each family, split as the flags say, and what makes them unusable. Mirrors
// cmd/kube-controller-manager/app/core.go and pkg/controller/nodeipam.

import type { Node } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { cidrsOverlap, formatCidr, parseCidr, widthOf } from '../../lib/ip.ts';
import type { Cidr } from '../../lib/ip.ts';
import { nodes } from '../../resources/core/node.ts';

/** A range, and into how many of how many bits it is split. */
export interface CidrSet {
  readonly range: Cidr;
  readonly bits: number;
  readonly count: number;
}

type FlagOf = (name: string) => string | undefined;

/** Of how many bits a node's range is, where no flag says so. */
const MASK_BITS = { 4: 24, 6: 64 } as const;
/** Into how many parts (as a power of two) a range of IPv6 may be split. */
const MOST_PARTS = 16;

/** Or why the loop could not be made with such flags. */
export function cidrSetsOf(flag: FlagOf): readonly CidrSet[] | string {
  if (flag('cidr-allocator-type') === 'CloudAllocator')
    return "--cidr-allocator-type is set to 'CloudAllocator' but cloud provider is not configured";
  const texts = (flag('cluster-cidr') ?? '').trim().split(',');
  const wrong = texts.findIndex((text) => !parseCidr(text));
  if (wrong >= 0) return `invalid CIDR[${wrong}]: <nil> (invalid CIDR address: ${texts[wrong]})`;
  const ranges = texts.map((text) => parseCidr(text)!);
  if (ranges.length > 1 && !areBoth(ranges))
    return `len of ClusterCIDRs==${ranges.length} and they are not configured as dual stack (at least one from each IPFamily`;
  if (ranges.length > 2) return `length of clusterCIDRs is:${ranges.length} more than max allowed of 2`;
  const services = serviceRanges(flag);
  if (services.length > 1 && !areBoth(services)) return 'serviceCIDR and secondaryServiceCIDR are not dualstack (from different IPfamiles)';
  const masks = masksOf(flag, ranges);
  if (typeof masks === 'string') return masks;
  const sets = ranges.map((range): CidrSet => {
    const bits = masks[range.family];
    return { range, bits, count: 2 ** Math.max(0, bits - range.bits) };
  });
  if (sets.some(({ range, bits }) => range.bits > bits))
    return 'Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family';
  if (sets.some(({ range, bits }) => range.family === 6 && bits - range.bits > MOST_PARTS))
    return 'New CIDR set failed; the node CIDR size is too big';
  return sets;
}

const areBoth = (ranges: readonly Cidr[]): boolean => new Set(ranges.map(({ family }) => family)).size > 1;

/** Of those that can be read. */
const serviceRanges = (flag: FlagOf): Cidr[] =>
  (flag('service-cluster-ip-range') ?? '').split(',').flatMap((text) => parseCidr(text) ?? []);

function masksOf(flag: FlagOf, ranges: readonly Cidr[]): Readonly<Record<4 | 6, number>> | string {
  const size = (name: string): number => Number(flag(name) ?? 0);
  const [both, four, six] = [size('node-cidr-mask-size'), size('node-cidr-mask-size-ipv4'), size('node-cidr-mask-size-ipv6')];
  const own = { 4: four || MASK_BITS[4], 6: six || MASK_BITS[6] };
  if (ranges.length > 1) return both ? 'usage of --node-cidr-mask-size is not allowed with dual-stack clusters' : own;
  if (both && (four || six))
    return 'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it and use IPFamily specific flags';
  if (both) return { 4: both, 6: both };
  const { family } = ranges[0]!;
  if (four && family === 6) return 'usage of --node-cidr-mask-size-ipv4 is not allowed for a single-stack IPv6 cluster';
  if (six && family === 4) return 'usage of --node-cidr-mask-size-ipv6 is not allowed for a single-stack IPv4 cluster';
  return own;
}

/** What is wrong with the ranges that a node has. */
export function misfitOf(sets: readonly CidrSet[], { metadata: { name }, spec }: Node): string | undefined {
  for (const [i, text] of (spec.podCIDRs ?? []).entries()) {
    const [cidr, set] = [parseCidr(text), sets[i]];
    if (!cidr) return `failed to parse node ${name}, CIDR ${spec.podCIDR}`;
    if (!set) return `node:${name} has an allocated cidr: ${text} at index:${i} that does not exist in cluster cidrs configuration`;
    if (cidrsOverlap(set.range, cidr)) continue;
    const own = formatCidr(cidr);
    return `failed to mark cidr[${own}] at idx [${i}] as occupied for node: ${name}: cidr ${own} is out the range of cluster cidr ${formatCidr(set.range)}`;
  }
  return undefined;
}

/** Why the loop cannot be made: with such flags, or with the nodes that there are. */
export function cidrProblem(flag: FlagOf, reader: ClusterReader): string | undefined {
  const sets = cidrSetsOf(flag);
  if (typeof sets === 'string') return sets;
  for (const node of reader.list(nodes)) {
    const problem = misfitOf(sets, node);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Those parts that a node has, or that are in a range of services. `index`: which of the sets it is. */
export function takenOf({ range, bits, count }: CidrSet, index: number, reader: ClusterReader, flag: FlagOf): Set<number> {
  const taken = new Set<number>();
  const width = BigInt(widthOf(range.family));
  const indexOf = (address: bigint): number => Number((address - range.first) >> (width - BigInt(bits)));
  const occupy = (cidr: Cidr | undefined): void => {
    if (!cidr || !cidrsOverlap(range, cidr)) return;
    const last = cidr.first + (1n << (width - BigInt(cidr.bits))) - 1n;
    const isPart = range.bits < cidr.bits;
    for (let i = isPart ? indexOf(cidr.first) : 0; i <= (isPart ? indexOf(last) : count - 1); i++) taken.add(i);
  };
  for (const { spec } of reader.list(nodes)) occupy(parseCidr(spec.podCIDRs?.[index] ?? ''));
  for (const cidr of serviceRanges(flag)) occupy(cidr);
  return taken;
}
