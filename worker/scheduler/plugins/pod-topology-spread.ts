// PodTopologySpread: pods that belong together are spread over nodes, zones or whatever nodes' labels tell apart. Hard constraints filter, soft ones score.

import type { Node, Pod, TopologySpreadConstraint } from '../../api/gen/core-v1.ts';
import { matchesLabels } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import type { SchedulerCache } from '../cache.ts';
import { Action, on } from '../cluster-event.ts';
import { DomainCounts } from '../domain-counts.ts';
import type { EventRegistration } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Cycle, Handle, Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { labelOf } from '../pod-info.ts';
import type { Labels, PodInfo } from '../pod-info.ts';
import { constraintsOf, hasAllTopologies, inclusionSign, isIncluded } from '../spread-constraints.ts';
import type { SpreadConstraint } from '../spread-constraints.ts';
import { countsOn, normalizeSpread, prepareScore, spreadScore } from '../spread-score.ts';
import type { SpreadScoreState } from '../spread-score.ts';
import { unresolvable, unschedulable } from '../status.ts';

export interface PodTopologySpreadArgs {
  readonly defaultConstraints: readonly TopologySpreadConstraint[];
  readonly defaultingType: 'System' | 'List';
}

const NAME = 'PodTopologySpread';
const TOO_SKEWED = unschedulable(NAME, "node(s) didn't match pod topology spread constraints");
const NO_TOPOLOGY = unresolvable(NAME, "node(s) didn't match pod topology spread constraints (missing required label)");

const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** One hard constraint and how many pods it counts in each place. */
interface Spread {
  readonly constraint: SpreadConstraint;
  readonly counts: DomainCounts;
  readonly countsSelf: boolean;
}

export function makePodTopologySpread({ cache, api }: Handle, args: PodTopologySpreadArgs): Plugin {
  const isSystem = args.defaultingType === 'System';
  const defaults = isSystem ? SYSTEM_DEFAULTS : args.defaultConstraints;
  const hard = (pod: Pod): readonly SpreadConstraint[] => constraintsOf(pod, 'DoNotSchedule', defaults, api);
  return definePlugin<readonly Spread[], SpreadScoreState>({
    name: NAME,
    events: eventsFor(hard),
    preFilter(cycle) {
      const { pod, info } = cycle;
      const constraints = hard(pod);
      if (!constraints.length) return 'skip';
      const spreads = cache.counts.get(
        `${NAME} ${info.class.id} ${inclusionSign(pod, constraints)} ${JSON.stringify(constraints)}`,
        () => count(cache, pod, info, constraints),
        (counted, other, node, by) => recount(counted, other, node, cycle, by),
      );
      return { state: spreads };
    },
    filter(spreads, node) {
      for (let i = 0; i < spreads.length; i++) {
        const { constraint, counts, countsSelf } = spreads[i]!;
        const value = labelOf(node.labels, constraint.topologyKey);
        if (value === undefined) return NO_TOPOLOGY;
        const skew = counts.at(value) + (countsSelf ? 1 : 0) - fewestOf(spreads[i]!);
        if (skew > constraint.maxSkew) return TOO_SKEWED;
      }
      return undefined;
    },
    cloneState: (spreads) => spreads.map((spread) => ({ ...spread, counts: spread.counts.clone() })),
    podAdded: (spreads, pod, node, cycle) => change(spreads, pod, node, cycle, 1),
    podRemoved: (spreads, pod, node, cycle) => change(spreads, pod, node, cycle, -1),
    preScore({ pod, info }, nodes) {
      const constraints = constraintsOf(pod, 'ScheduleAnyway', defaults, api);
      if (!constraints.length) return 'skip';
      const needsAll = !isSystem || (pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
      return { state: prepareScore(cache, pod, info, constraints, nodes, needsAll) };
    },
    score: (state, node) => spreadScore(state, node),
    normalize: (state, scores, nodes) => normalizeSpread(state, scores, nodes),
  });
}

function count(
  cache: SchedulerCache,
  pod: Pod,
  { namespace, class: { labels } }: PodInfo,
  constraints: readonly SpreadConstraint[],
): Spread[] {
  const { nodes } = cache;
  return constraints.map((constraint) => {
    const counts = new DomainCounts();
    const isPlace = (node: NodeInfo): boolean => hasAllTopologies(node.labels, constraints) && isIncluded(constraint, pod, node);
    for (let i = 0; i < nodes.length; i++) if (isPlace(nodes[i]!)) counts.add(labelOf(nodes[i]!.labels, constraint.topologyKey)!, 0);
    for (const [node, number] of countsOn(cache, namespace, constraint.selector)) {
      if (!node.exists || !isPlace(node)) continue;
      counts.add(labelOf(node.labels, constraint.topologyKey)!, number);
    }
    return { constraint, counts, countsSelf: matchesLabels(constraint.selector, labels) };
  });
}

/** How many the emptiest place has; none, if there are fewer places than there should be. */
const fewestOf = ({ constraint, counts }: Spread): number => (counts.size < constraint.minDomains ? 0 : counts.fewest);

/** Keeps what `count` counted up to date. Trials count pods that are being deleted, and a selector of everything; this does not. */
function recount(spreads: readonly Spread[], other: PodInfo, node: NodeInfo, cycle: Cycle, by: 1 | -1): void {
  if (!other.isTerminating && node.exists) change(spreads, other, node, cycle, by, false);
}

function change(
  spreads: readonly Spread[],
  other: PodInfo,
  node: NodeInfo,
  { pod, info }: Cycle,
  by: 1 | -1,
  mayMeanEverything = true,
): void {
  if (other.namespace !== info.namespace) return;
  const constraints = spreads.map(({ constraint }) => constraint);
  if (!hasAllTopologies(node.labels, constraints)) return;
  for (const { constraint, counts } of spreads) {
    if (!mayMeanEverything && !constraint.selector.requirements.length) continue;
    if (!matchesLabels(constraint.selector, other.class.labels) || !isIncluded(constraint, pod, node)) continue;
    counts.add(labelOf(node.labels, constraint.topologyKey)!, by);
  }
}

function eventsFor(hard: (pod: Pod) => readonly SpreadConstraint[]): EventRegistration[] {
  return [
    on<Pod>('Pod', Action.Add | Action.UpdatePodLabel | Action.UpdatePodToleration | Action.Delete, (pod, before, after) => {
      if ((after && !concerns(after, pod)) || (before && !concerns(before, pod))) return false;
      const constraints = hard(pod);
      const isCounted = ({ metadata: { labels } }: Pod): boolean => constraints.some(({ selector }) => matchesLabels(selector, labels));
      if (!before || !after) return isCounted((before ?? after)!);
      const isOwn = pod.metadata.uid === after.metadata.uid;
      if (isOwn && !isEqual(before.spec.tolerations, after.spec.tolerations) && constraints.some(({ honorsTaints }) => honorsTaints))
        return true;
      return constraints.some(
        ({ selector }) => matchesLabels(selector, before.metadata.labels) !== matchesLabels(selector, after.metadata.labels),
      );
    }),
    on<Node>('Node', Action.Add | Action.Delete | Action.UpdateNodeLabel | Action.UpdateNodeTaint, (pod, before, after) => {
      const constraints = hard(pod);
      const had = before !== undefined && hasAllTopologies(labelsOf(before), constraints);
      const has = after !== undefined && hasAllTopologies(labelsOf(after), constraints);
      if (!before || !after) return had || has;
      if (had !== has) return true;
      return has && (hasMoved(labelsOf(before), labelsOf(after), constraints) || !isEqual(before.spec.taints, after.spec.taints));
    }),
  ];
}

const labelsOf = ({ metadata: { labels = {} } }: Node): Labels => labels;

const hasMoved = (before: Labels, after: Labels, constraints: readonly SpreadConstraint[]): boolean =>
  constraints.some(({ topologyKey }) => labelOf(before, topologyKey) !== labelOf(after, topologyKey));

/** Whether a changed pod is, or was, counted when the waiting pod is tried. */
function concerns(changed: Pod, waiting: Pod): boolean {
  if (changed.metadata.uid === waiting.metadata.uid) return true;
  if (!changed.spec.nodeName && !changed.status.nominatedNodeName) return false;
  return changed.metadata.namespace === waiting.metadata.namespace;
}
