// How much of the range of pods is given to nodes. Mirrors pkg/controller/nodeipam/ipam/cidrset/metrics.go; counted when somebody asks.

import { cidrSetsOf, takenOf } from '../../controllers/node/cidr-sets.ts';
import { formatCidr } from '../../lib/ip.ts';
import type { Metric, Sample } from '../../lib/metrics.ts';
import type { PageParts } from './index.ts';

export function cidrMetrics({ reader }: PageParts, flags: Readonly<Record<string, string>>): Metric[] {
  const flag = (name: string): string | undefined => flags[name];
  const sets = flags['allocate-node-cidrs'] === 'true' ? cidrSetsOf(flag) : [];
  if (typeof sets === 'string' || !sets.length) return [];
  const gauge = (name: string, help: string, values: readonly number[]): Metric => ({
    name: `node_ipam_controller_${name}`,
    help,
    type: 'gauge',
    stability: 'ALPHA',
    samples: sets.map(({ range }, i): Sample => [{ clusterCIDR: formatCidr(range) }, values[i]!]),
  });
  return [
    gauge(
      'cirdset_max_cidrs',
      'Maximum number of CIDRs that can be allocated.',
      sets.map(({ count }) => count),
    ),
    gauge(
      'cidrset_usage_cidrs',
      'Gauge measuring percentage of allocated CIDRs.',
      sets.map((set, i) => takenOf(set, i, reader, flag).size / set.count),
    ),
  ];
}
