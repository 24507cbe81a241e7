// The conditions of a node, and the taints that go with them. Mirrors the tables of pkg/controller/nodelifecycle.

import type { Node, NodeCondition, Taint } from '../../api/gen/core-v1.ts';

export const nodeCondition = ({ status }: Node, type: string): NodeCondition | undefined =>
  status.conditions?.find((one) => one.type === type);

export const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' };
export const UNREACHABLE: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Type and status of a condition → what keeps new pods away. */
const TAINTS: Readonly<Record<string, string>> = {
  'Ready False': NOT_READY.key,
  'Ready Unknown': UNREACHABLE.key,
  'MemoryPressure True': 'node.kubernetes.io/memory-pressure',
  'DiskPressure True': 'node.kubernetes.io/disk-pressure',
  'NetworkUnavailable True': 'node.kubernetes.io/network-unavailable',
  'PIDPressure True': 'node.kubernetes.io/pid-pressure',
};
const OWN: ReadonlySet<string> = new Set([...Object.values(TAINTS), UNSCHEDULABLE]);

export const hasTaint = ({ spec }: Node, { key, effect }: Taint): boolean =>
  spec.taints?.some((one) => one.key === key && one.effect === effect) ?? false;

/** The taints that the node should have, NoSchedule as its conditions say; undefined if nothing changes. `now`: when they are added. */
export function conditionTaints(node: Node, now: string): Taint[] | undefined {
  const wanted = (node.status.conditions ?? []).flatMap(({ type, status }) => TAINTS[`${type} ${status}`] ?? []);
  if (node.spec.unschedulable) wanted.push(UNSCHEDULABLE);
  const present = (node.spec.taints ?? []).filter(({ key, effect }) => effect === 'NoSchedule' && OWN.has(key)).map(({ key }) => key);
  const isSame = wanted.length === present.length && wanted.every((key) => present.includes(key));
  if (isSame) return undefined;
  return [
    ...(node.spec.taints ?? []).filter(({ key, effect }) => effect !== 'NoSchedule' || !OWN.has(key) || wanted.includes(key)),
    ...wanted.filter((key) => !present.includes(key)).map((key) => ({ key, effect: 'NoSchedule', timeAdded: now })),
  ];
}

export function withTaints(node: Node, taints: readonly Taint[]): Node {
  const { taints: _old, ...spec } = node.spec;
  return { ...node, spec: { ...spec, ...(taints.length && { taints: [...taints] }) } };
}

/** The node without the taints that drive its pods away for its silence; the same object if it has none. */
export function withoutSilence(node: Node): Node {
  const kept = (node.spec.taints ?? []).filter(
    ({ key, effect }) => effect !== 'NoExecute' || (key !== NOT_READY.key && key !== UNREACHABLE.key),
  );
  return kept.length === (node.spec.taints?.length ?? 0) ? node : withTaints(node, kept);
}

/** Whether it is left out when the silent ones are counted. */
export const isExcluded = ({ metadata: { labels } }: Node): boolean => labels?.['node.kubernetes.io/exclude-disruption'] !== undefined;

/** `region:\0:zone`: nodes that may fail together. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region || zone ? `${region}:\0:${zone}` : '';
}
