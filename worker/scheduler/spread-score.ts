// Scoring by topology spread: the fewer pods of the same kind a place has, the better. Mirrors podtopologyspread/scoring.go.

import type { Pod } from '../api/gen/core-v1.ts';
import type { LabelSelector } from '../api/selectors.ts';
import type { SchedulerCache } from './cache.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Scores } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { labelOf } from './pod-info.ts';
import type { PodInfo } from './pod-info.ts';
import { hasAllTopologies, HOSTNAME, isIncluded } from './spread-constraints.ts';
import type { SpreadConstraint } from './spread-constraints.ts';

interface ScoredConstraint {
  readonly constraint: SpreadConstraint;
  /** Pods in each place; of a constraint on host names, on each node. */
  readonly byValue: ReadonlyMap<string, number>;
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

export function prepareScore(
  cache: SchedulerCache,
  pod: Pod,
  { namespace }: PodInfo,
  constraints: readonly SpreadConstraint[],
  nodes: readonly NodeInfo[],
  needsAll: boolean,
): SpreadScoreState {
  const ignored = new Set<NodeInfo>();
  if (needsAll) for (const node of nodes) if (!hasAllTopologies(node.labels, constraints)) ignored.add(node);
  const counted = new Map<LabelSelector, ReadonlyMap<NodeInfo, number>>();
  const countsFor = (selector: LabelSelector): ReadonlyMap<NodeInfo, number> => {
    let counts = counted.get(selector);
    if (!counts) counted.set(selector, (counts = countsOn(cache, namespace, selector)));
    return counts;
  };
  return {
    ignored,
    constraints: constraints.map((constraint) => {
      const byNode = countsFor(constraint.selector);
      const { topologyKey } = constraint;
      if (topologyKey === HOSTNAME) return { constraint, byNode, byValue: NOWHERE, weight: weightOf(nodes.length - ignored.size) };
      const byValue = new Map<string, number>();
      for (const node of nodes) if (!ignored.has(node)) byValue.set(labelOf(node.labels, topologyKey) ?? '', 0);
      for (const [node, number] of byNode) {
        const value = labelOf(node.labels, topologyKey) ?? '';
        const old = byValue.get(value);
        if (old === undefined || !node.exists || !isIncluded(constraint, pod, node)) continue;
        if (!needsAll || hasAllTopologies(node.labels, constraints)) byValue.set(value, old + number);
      }
      return { constraint, byNode, byValue, weight: weightOf(byValue.size) };
    }),
  };
}

const NOWHERE: ReadonlyMap<string, number> = new Map();

const weightOf = (places: number): number => Math.log(places + 2);

export function spreadScore({ constraints, ignored }: SpreadScoreState, node: NodeInfo): number {
  if (ignored.size && ignored.has(node)) return 0;
  let score = 0;
  for (let i = 0; i < constraints.length; i++) {
    const { constraint, byNode, byValue, weight } = constraints[i]!;
    const value = labelOf(node.labels, constraint.topologyKey);
    if (value === undefined) continue;
    const number = constraint.topologyKey === HOSTNAME ? byNode.get(node) : byValue.get(value);
    score += (number ?? 0) * weight + (constraint.maxSkew - 1);
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
