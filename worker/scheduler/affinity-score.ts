// Scoring by preferred pod affinity, from both sides: what the pod prefers, and what pods that are there prefer of it. Mirrors interpodaffinity/scoring.go.

import type { ClusterReader } from '../api/resource.ts';
import { classesMeant, eachNode, looksAtNamespaces, means, namespaceLabels, resolveTerms, TopologyCounts } from './affinity-counts.ts';
import type { ResolvedTerm } from './affinity-counts.ts';
import type { SchedulerCache } from './cache.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Scores } from './framework.ts';
import type { Recount } from './kept-counts.ts';
import type { NodeInfo } from './node-info.ts';
import type { AffinityTerm, PodAffinity, PodInfo } from './pod-info.ts';
import { termMatches } from './pod-info.ts';

interface ScoreArgs {
  /** What a required term of a pod that is there counts as a preference. */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

/** Sums of weights by topology, and how often a term meant a pod. */
interface Sums {
  readonly weights: TopologyCounts;
  matches: number;
}

/** The sum of weights by topology; undefined if no term means anything. */
export function prepareAffinityScore(
  { class: self }: PodInfo,
  cache: SchedulerCache,
  reader: ClusterReader,
  { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods }: ScoreArgs,
): TopologyCounts | undefined {
  const { preferred = NO_TERMS, preferredAnti = NO_TERMS } = self.affinity ?? {};
  const hasOwn = preferred.length + preferredAnti.length > 0;
  if (!hasOwn && (ignorePreferredTermsOfExistingPods || !cache.classes.withAffinity.size)) return undefined;
  const selfNamespace = namespaceLabels(reader, self.namespace);
  const own = [...resolveTerms(preferred, reader), ...resolveTerms(preferredAnti, reader).map(negated)];

  const add = (sums: Sums, node: NodeInfo, topologyKey: string, weight: number, pods: number): void => {
    sums.matches += pods;
    sums.weights.add(node, topologyKey, weight * pods);
  };
  const theirsOf = ({ required, preferred: wanted, preferredAnti: unwanted }: PodAffinity): readonly AffinityTerm[] =>
    [
      ...(hardPodAffinityWeight > 0 ? required.map((term) => ({ ...term, weight: hardPodAffinityWeight })) : NO_TERMS),
      ...wanted,
      ...unwanted.map((term) => ({ ...term, weight: -term.weight })),
    ].filter((term) => termMatches(term, self, selfNamespace));
  const count = (): Sums => {
    const sums: Sums = { weights: new TopologyCounts(), matches: 0 };
    for (const wish of own) {
      const { topologyKey, weight } = wish.term;
      for (const members of classesMeant(cache, wish)) eachNode(members, (node, pods) => add(sums, node, topologyKey, weight, pods));
    }
    for (const members of cache.classes.withAffinity) {
      for (const { topologyKey, weight } of theirsOf(members.class.affinity!))
        eachNode(members, (node, pods) => add(sums, node, topologyKey, weight, pods));
    }
    return sums;
  };
  const recount: Recount<Sums> = (sums, { class: other }, node, by) => {
    if (!node.exists) return;
    for (const wish of own) if (means(wish, other)) add(sums, node, wish.term.topologyKey, wish.term.weight, by);
    if (other.affinity) for (const { topologyKey, weight } of theirsOf(other.affinity)) add(sums, node, topologyKey, weight, by);
  };
  const { matches, weights } = looksAtNamespaces(preferred, preferredAnti)
    ? count()
    : cache.counts.get(`affinity score ${self.id} ${JSON.stringify(selfNamespace)} ${hardPodAffinityWeight}`, count, recount);
  return matches > 0 ? weights : undefined;
}

const NO_TERMS: readonly AffinityTerm[] = [];

const negated = ({ term, ...rest }: ResolvedTerm): ResolvedTerm => ({ ...rest, term: { ...term, weight: -term.weight } });

/** From the lowest sum, 0, to the highest, 100. */
export function normalizeAffinity(scores: Scores): void {
  let min = Infinity;
  let max = -Infinity;
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = max > min ? Math.trunc(MAX_NODE_SCORE * ((scores[i]! - min) / (max - min))) : 0;
}
