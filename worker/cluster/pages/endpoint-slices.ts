// How many EndpointSlices there are, and how few there could be. Mirrors the metrics cache of the endpointslice library and of pkg/controller/endpointslicemirroring;
// counted when somebody asks.

import { distributionOf } from '../../controllers/endpoints/hints.ts';
import { canonicalJson } from '../../lib/json.ts';
import { Sums } from '../../lib/metrics.ts';
import type { Metric } from '../../lib/metrics.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import type { PageParts } from './index.ts';

interface Mode {
  readonly prefix: string;
  readonly manager: string;
  readonly stability: 'ALPHA' | 'BETA';
  /** How many endpoints a slice may have. */
  readonly most: number;
}

export function endpointSliceMetrics({ reader, minor }: PageParts, flags: Readonly<Record<string, string>>): Metric[] {
  const stability = minor >= 36 ? 'BETA' : 'ALPHA';
  const byDistribution = new Sums();
  for (const service of reader.list(services)) {
    const distribution = distributionOf(service);
    if (distribution && service.spec.selector && service.spec.type !== 'ExternalName')
      byDistribution.add({ traffic_distribution: distribution });
  }
  return [
    ...counts(reader, {
      prefix: 'endpoint_slice_controller',
      manager: 'endpointslice-controller.k8s.io',
      stability,
      most: Number(flags['max-endpoints-per-slice'] ?? 100),
    }),
    ...counts(reader, {
      prefix: 'endpoint_slice_mirroring_controller',
      manager: 'endpointslicemirroring-controller.k8s.io',
      stability: 'ALPHA',
      most: Number(flags['mirroring-max-endpoints-per-subset'] ?? 1000),
    }),
    {
      name: 'endpoint_slice_controller_services_count_by_traffic_distribution',
      help: 'Number of Services using some specific trafficDistribution',
      type: 'gauge',
      stability,
      samples: byDistribution.samples(),
    },
  ];
}

function counts(reader: PageParts['reader'], { prefix, manager, stability, most }: Mode): Metric[] {
  const byPorts = new Map<string, { slices: number; endpoints: number }>();
  for (const { metadata, addressType, ports, endpoints } of reader.list(endpointSlices)) {
    const { labels = {}, namespace = '' } = metadata;
    if (labels['endpointslice.kubernetes.io/managed-by'] !== manager) continue;
    const key = canonicalJson([
      namespace,
      labels['kubernetes.io/service-name'] ?? '',
      addressType,
      (ports ?? []).map(canonicalJson).sort(),
    ]);
    const known = byPorts.get(key) ?? { slices: 0, endpoints: 0 };
    byPorts.set(key, { slices: known.slices + 1, endpoints: known.endpoints + (endpoints?.length ?? 0) });
  }
  const groups = [...byPorts.values()];
  const gauge = (name: string, help: string, read: (group: { slices: number; endpoints: number }) => number): Metric => ({
    name: `${prefix}_${name}`,
    help,
    type: 'gauge',
    stability,
    samples: groups.length ? [[{}, groups.reduce((sum, group) => sum + read(group), 0)]] : [],
  });
  return [
    gauge('endpoints_desired', 'Number of endpoints desired', ({ endpoints }) => endpoints),
    gauge('num_endpoint_slices', 'Number of EndpointSlices', ({ slices }) => slices),
    // One without endpoints holds the place of those to come.
    gauge('desired_endpoint_slices', 'Number of EndpointSlices that would exist with perfect endpoint allocation', ({ endpoints }) =>
      Math.max(1, Math.ceil(endpoints / most)),
    ),
  ];
}
