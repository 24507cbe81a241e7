// The order in which nodes are looked at: round robin over zones, so that the few nodes a pod is tried on are spread over all of them. Mirrors
// kube-scheduler's nodeTree.
// Differs: within a zone, and zones among each other, go by name. Upstream goes by arrival, which after a restart is by name too; here a restart and an
// eviction must not show.

import type { Labels } from './pod-info.ts';
import type { NodeInfo } from './node-info.ts';

const label = (labels: Labels, stable: string, old: string): string => labels[stable] ?? labels[old] ?? '';

/** Region and zone of a node as one name (component-helpers GetZoneKey). */
export function zoneOf(labels: Labels): string {
  const zone = label(labels, 'topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone');
  const region = label(labels, 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region');
  return zone === '' && region === '' ? '' : `${region}:\u0000:${zone}`;
}

export function orderNodes(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  const sorted = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const node of sorted) {
    const zone = zoneOf(node.labels);
    const members = zones.get(zone);
    if (members) members.push(node);
    else zones.set(zone, [node]);
  }
  if (zones.size <= 1) return sorted;
  const out: NodeInfo[] = [];
  const lists = [...zones.values()];
  for (let round = 0; out.length < sorted.length; round++) for (const list of lists) if (round < list.length) out.push(list[round]!);
  return out;
}
