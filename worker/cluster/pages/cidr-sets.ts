// How much of the range of pods is given to nodes. Mirrors pkg/controller/nodeipam/ipam/cidrset/metrics.go; counted when somebody asks.

import { cidrSetOf, takenOf } from '../../controllers/node/ipam.ts';
import { formatCidr } from '../../lib/ip.ts';
import type { Metric } from '../../lib/metrics.ts';
import type { PageParts } from './index.ts';

export function cidrMetrics({ reader }: PageParts, flags: Readonly<Record<string, string>>): Metric[] {
  const set = flags['allocate-node-cidrs'] === 'true' ? cidrSetOf((name) => flags[name], '') : undefined;
  if (!set) return [];
  const gauge = (name: string, help: string, value: number): Metric => ({
    name: `node_ipam_controller_${name}`,
    help,
    type: 'gauge',
    stability: 'ALPHA',
    samples: [[{ clusterCIDR: formatCidr(set.range) }, value]],
  });
  return [
    gauge('cirdset_max_cidrs', 'Maximum number of CIDRs that can be allocated.', set.count),
    gauge(
      'cidrset_usage_cidrs',
      'Gauge measuring percentage of allocated CIDRs.',
      takenOf(set, reader, flags['service-cluster-ip-range']).size / set.count,
    ),
  ];
}
