// How the node lifecycle controller sees each zone. Mirrors pkg/controller/nodelifecycle/metrics.go.

import { isExcluded, nodeCondition, zoneOf } from '../../controllers/node/conditions.ts';
import type { Metric, Sample } from '../../lib/metrics.ts';
import { nodes } from '../../resources/core/node.ts';
import type { PageParts } from './index.ts';

export function zoneMetrics({ reader }: PageParts): Metric[] {
  const zones = new Map<string, { size: number; ready: number }>();
  for (const node of reader.list(nodes)) {
    if (isExcluded(node)) continue;
    const zone = zones.get(zoneOf(node)) ?? { size: 0, ready: 0 };
    zone.size++;
    if (nodeCondition(node, 'Ready')?.status === 'True') zone.ready++;
    zones.set(zoneOf(node), zone);
  }
  const gauge = (name: string, help: string, read: (zone: { size: number; ready: number }) => number): Metric => ({
    name: `node_collector_${name}`,
    help,
    type: 'gauge',
    stability: 'ALPHA',
    samples: [...zones].map(([zone, counts]): Sample => [{ zone }, read(counts)]),
  });
  return [
    gauge('zone_health', 'Gauge measuring percentage of healthy nodes per zone.', ({ size, ready }) => (100 * ready) / size),
    gauge('zone_size', 'Gauge measuring number of registered Nodes per zones.', ({ size }) => size),
    gauge('unhealthy_nodes_in_zone', 'Gauge measuring number of not Ready Nodes per zones.', ({ size, ready }) => size - ready),
  ];
}
