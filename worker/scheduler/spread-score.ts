// Scoring by topology spread: the fewer pods of the same kind a place has, the better. Mirrors podtopologyspread/scoring.go.

import type { Pod } from '../api/gen/core-v1.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import type { SchedulerCache } from './cache.ts';
import { DomainCounts } from './domain-counts.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Scores } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { labelOf } from './pod-info.ts';
import type { PodInfo } from './pod-info.ts';
import { hasAllTopologies, HOSTNAME, inclusionSign, isIncluded } from './spread-constraints.ts';
import type { SpreadConstraint } from './spread-constraints.ts';

interface ScoredConstraint {
  readonly constraint: SpreadConstraint;
  /** Pods in each place; of a constraint on host names, on each node. */
  readonly byValue: DomainCounts;
  readonly byNode: ReadonlyMap<NodeInfo, number>;
  /** So that few large places count about as much as many small ones. */
  readonly weight: number;
}

export interface SpreadScoreState {
  readonly constraints: readonly ScoredConstraint[];
  /** Nodes that lack a topology: they score nothing. */
  readonly ignored: ReadonlySet<NodeInfo>;
}

/** How many pods that a selector means are on each node. Those that are being deleted do not count; nor does anything for a selector of everything. */
export function countsOn(cache: SchedulerCache, namespace: string, selector: LabelSelector): ReadonlyMap<NodeInfo, number> {
  const out = new Map<NodeInfo, number>();
  if (!selector.requirements.length) return out;
  for (const { nodes } of cache.classes.matching(namespace, selector)) {
    for (const [node, { all, terminating }] of nodes) {
      const number = all - terminating;
      if (number > 0) out.set(node, (out.get(node) ?? 0) + number);
    }
  }
  return out;
}

/** What the cluster holds of what one constraint means. */
interface Placed {
  readonly constraint: SpreadConstraint;
  readonly byNode: Map<NodeInfo, number>;
  /** Every place of the topology that a node could be in. */
  readonly byValue: DomainCounts;
}

interface Kept {
  readonly placed: readonly Placed[];
  readonly lacking: ReadonlySet<NodeInfo>;
}

/** `needsAll`: nodes that lack a topology are no places. */
export function prepareScore(
  cache: SchedulerCache,
  pod: Pod,
  { namespace }: PodInfo,
  constraints: readonly SpreadConstraint[],
  nodes: readonly NodeInfo[],
  needsAll: boolean,
): SpreadScoreState {
  const isPlace = (node: NodeInfo): boolean => !needsAll || hasAllTopologies(node.labels, constraints);
  const add = ({ constraint, byNode, byValue }: Placed, node: NodeInfo, number: number): void => {
    if (constraint.topologyKey === HOSTNAME) byNode.set(node, (byNode.get(node) ?? 0) + number);
    else if (node.exists && isPlace(node) && isIncluded(constraint, pod, node)) byValue.add(valueOf(constraint, node), number);
  };
  const { placed, lacking } = cache.counts.get<Kept>(
    `spread ${namespace} ${needsAll} ${inclusionSign(pod, constraints)} ${signOf(constraints)}`,
    () => ({
      placed: constraints.map((constraint) => {
        const made: Placed = { constraint, byNode: new Map(), byValue: new DomainCounts() };
        if (constraint.topologyKey !== HOSTNAME)
          for (const node of cache.nodes) if (isPlace(node)) made.byValue.add(valueOf(constraint, node), 0);
        for (const [node, number] of countsOn(cache, namespace, constraint.selector)) add(made, node, number);
        return made;
      }),
      lacking: new Set(cache.nodes.filter((node) => !isPlace(node))),
    }),
    (kept, other, node, by) => {
      if (other.namespace !== namespace || other.isTerminating) return;
      for (const one of kept.placed) {
        const { selector } = one.constraint;
        if (selector.requirements.length && matchesLabels(selector, other.class.labels)) add(one, node, by);
      }
    },
  );
  const ignored = lacking.size ? new Set(nodes.filter((node) => lacking.has(node))) : NOWHERE;
  return {
    ignored,
    constraints: placed.map((one) => ({ ...one, weight: weightOf(placesAmong(nodes, ignored, one)) })),
  };
}

const signs = new WeakMap<readonly SpreadConstraint[], string>();

function signOf(constraints: readonly SpreadConstraint[]): string {
  let sign = signs.get(constraints);
  if (sign === undefined) signs.set(constraints, (sign = JSON.stringify(constraints)));
  return sign;
}

const NOWHERE: ReadonlySet<NodeInfo> = new Set();

const valueOf = ({ topologyKey }: SpreadConstraint, { labels }: NodeInfo): string => labelOf(labels, topologyKey) ?? '';

/** In how many places of a topology nodes are. */
function placesAmong(nodes: readonly NodeInfo[], ignored: ReadonlySet<NodeInfo>, { constraint, byValue }: Placed): number {
  if (constraint.topologyKey === HOSTNAME) return nodes.length - ignored.size;
  const values = new Set<string>();
  for (let i = 0; i < nodes.length && values.size < byValue.size; i++)
    if (!ignored.size || !ignored.has(nodes[i]!)) values.add(valueOf(constraint, nodes[i]!));
  return values.size;
}

const weightOf = (places: number): number => Math.log(places + 2);

export function spreadScore({ constraints, ignored }: SpreadScoreState, node: NodeInfo): number {
  if (ignored.size && ignored.has(node)) return 0;
  let score = 0;
  for (let i = 0; i < constraints.length; i++) {
    const { constraint, byNode, byValue, weight } = constraints[i]!;
    const value = labelOf(node.labels, constraint.topologyKey);
    if (value === undefined) continue;
    const number = constraint.topologyKey === HOSTNAME ? (byNode.get(node) ?? 0) : byValue.at(value);
    score += number * weight + (constraint.maxSkew - 1);
  }
  return Math.round(score);
}

export function normalizeSpread({ ignored }: SpreadScoreState, scores: Scores, nodes: readonly NodeInfo[]): void {
  let min = Infinity;
  let max = 0;
  for (let i = 0; i < scores.length; i++) {
    if (ignored.size && ignored.has(nodes[i]!)) continue;
    const score = scores[i]!;
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let i = 0; i < scores.length; i++) {
    if (ignored.size && ignored.has(nodes[i]!)) scores[i] = 0;
    else scores[i] = max === 0 ? MAX_NODE_SCORE : Math.trunc((MAX_NODE_SCORE * (max + min - scores[i]!)) / max);
  }
}
