// Topology spread constraints of a pod, ready for counting: its own, or the default ones with a selector made from what owns and selects the pod.
// Mirrors podtopologyspread/common.go and plugins/helper/spread.go.

import type { Pod, Service, TopologySpreadConstraint } from '../api/gen/core-v1.ts';
import { controllerOf } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { whoSelects } from '../api/selector-index.ts';
import { labelSelectorOf, labelSelectorOfMap } from '../api/selectors.ts';
import type { LabelRequirement, LabelSelector } from '../api/selectors.ts';
import { replicaSets } from '../resources/apps/replicaset.ts';
import { statefulSets } from '../resources/apps/statefulset.ts';
import { replicationControllers } from '../resources/core/replicationcontroller.ts';
import { services } from '../resources/core/service.ts';
import type { NodeInfo } from './node-info.ts';
import { matchesRequired, requiredNodesOf } from '../resources/core/node-selector.ts';
import { labelOf } from './pod-info.ts';
import type { Labels } from './pod-info.ts';
import { untoleratedTaint } from '../resources/core/taints.ts';

export const HOSTNAME = 'kubernetes.io/hostname';

export type SpreadAction = 'DoNotSchedule' | 'ScheduleAnyway';

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** The constraints of one kind that hold for a pod: its own, if it has any of either kind. */
export function constraintsOf(
  pod: Pod,
  action: SpreadAction,
  defaults: readonly TopologySpreadConstraint[],
  reader: ClusterReader,
): readonly SpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints;
  if (own?.length)
    return own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action).map((one) => compile(one, selectorFor(one, pod)));
  if (!defaults.some(({ whenUnsatisfiable }) => whenUnsatisfiable === action)) return NO_CONSTRAINTS;
  const selector = defaultSelector(pod, reader);
  if (!selector.requirements.length) return NO_CONSTRAINTS;
  let known = compiled.get(selector);
  if (!known || known.defaults !== defaults || known.action !== action) {
    const given = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
    compiled.set(selector, (known = { defaults, action, constraints: given.map((one) => compile(one, selector)) }));
  }
  return known.constraints;
}

const NO_CONSTRAINTS: readonly SpreadConstraint[] = [];

/** The pods of an owner that no Service selects have its selector, and the same constraints. */
const compiled = new WeakMap<
  LabelSelector,
  {
    readonly defaults: readonly TopologySpreadConstraint[];
    readonly action: SpreadAction;
    readonly constraints: readonly SpreadConstraint[];
  }
>();

const compile = (constraint: TopologySpreadConstraint, selector: LabelSelector): SpreadConstraint => ({
  maxSkew: constraint.maxSkew,
  topologyKey: constraint.topologyKey,
  selector,
  minDomains: constraint.minDomains ?? 1,
  honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
  honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
});

/** With the pod's own values of `matchLabelKeys`. */
function selectorFor({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, { metadata: { labels = {} } }: Pod): LabelSelector {
  const selector = labelSelectorOf(labelSelector);
  const own: LabelRequirement[] = matchLabelKeys
    .filter((key) => Object.hasOwn(labels, key))
    .map((key) => ({ key, operator: 'In', values: [labels[key]!] }));
  return own.length && !selector.nothing ? { requirements: [...own, ...selector.requirements] } : selector;
}

/** What the Services that select a pod and the controller that owns it have in common. */
function defaultSelector(pod: Pod, reader: ClusterReader): LabelSelector {
  const { namespace = '', labels } = pod.metadata;
  const merged: Record<string, string> = {};
  for (const service of whoSelects(reader, services, namespace, labels, selectorOfService)) Object.assign(merged, service.spec.selector);
  const owner = controllerOf(pod);
  if (owner?.kind === 'ReplicationController' && owner.apiVersion === 'v1')
    Object.assign(merged, reader.get(replicationControllers, namespace, owner.name)?.spec.selector);
  const { requirements } = labelSelectorOfMap(merged);
  if (owner?.apiVersion !== 'apps/v1') return { requirements };
  const found =
    owner.kind === 'ReplicaSet'
      ? reader.get(replicaSets, namespace, owner.name)
      : owner.kind === 'StatefulSet'
        ? reader.get(statefulSets, namespace, owner.name)
        : undefined;
  if (!found) return { requirements };
  const own = labelSelectorOf(found.spec.selector);
  return requirements.length ? { requirements: [...requirements, ...own.requirements] } : own;
}

const selectorOfService = ({ spec: { selector } }: Service): LabelSelector =>
  selector && Object.keys(selector).length ? labelSelectorOfMap(selector) : { requirements: [], nothing: true };

/** Whether a node has a value for every constraint's topology. */
export function hasAllTopologies(labels: Labels, constraints: readonly SpreadConstraint[]): boolean {
  for (let i = 0; i < constraints.length; i++) if (labelOf(labels, constraints[i]!.topologyKey) === undefined) return false;
  return true;
}

/** Whether a node counts as a place the pod could go to, by a constraint's policies. */
export function isIncluded({ honorsAffinity, honorsTaints }: SpreadConstraint, pod: Pod, node: NodeInfo): boolean {
  if (honorsAffinity) {
    const required = requiredNodesOf(pod);
    if (required && !matchesRequired(required, node)) return false;
  }
  return !honorsTaints || !untoleratedTaint(node.taints, pod.spec.tolerations);
}

/** All of a pod that `isIncluded` looks at, as text. */
export function inclusionSign({ spec: { nodeSelector, affinity, tolerations } }: Pod, constraints: readonly SpreadConstraint[]): string {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isLimited = (nodeSelector !== undefined || required !== undefined) && constraints.some(({ honorsAffinity }) => honorsAffinity);
  const wanted = isLimited ? JSON.stringify([nodeSelector, required]) : '';
  return constraints.some(({ honorsTaints }) => honorsTaints) ? `${wanted} ${JSON.stringify(tolerations)}` : wanted;
}
