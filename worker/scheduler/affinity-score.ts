// Scoring by preferred pod affinity, from both sides: what the pod prefers, and what pods that are there prefer of it. Mirrors interpodaffinity/scoring.go.

import type { ClusterReader } from '../api/resource.ts';
import { classesMeant, eachNode, namespaceLabels, resolveTerms, TopologyCounts } from './affinity-counts.ts';
import type { SchedulerCache } from './cache.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Scores } from './framework.ts';
import type { AffinityTerm, PodInfo } from './pod-info.ts';
import { termMatches } from './pod-info.ts';

interface ScoreArgs {
  /** What a required term of a pod that is there counts as a preference. */
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

/** The sum of weights by topology; undefined if no term means anything. */
export function prepareAffinityScore(
  { class: self }: PodInfo,
  cache: SchedulerCache,
  reader: ClusterReader,
  { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods }: ScoreArgs,
): TopologyCounts | undefined {
  const { preferred = [], preferredAnti = [] } = self.affinity ?? {};
  const hasOwn = preferred.length + preferredAnti.length > 0;
  if (ignorePreferredTermsOfExistingPods && !hasOwn) return undefined;
  const sums = new TopologyCounts();
  let isAny = false;

  const addOwn = (terms: readonly AffinityTerm[], sign: 1 | -1): void => {
    for (const wish of resolveTerms(terms, reader)) {
      const { topologyKey, weight } = wish.term;
      for (const members of classesMeant(cache, wish)) {
        eachNode(members, (node, pods) => {
          isAny = true;
          sums.add(node, topologyKey, sign * weight * pods);
        });
      }
    }
  };
  addOwn(preferred, 1);
  addOwn(preferredAnti, -1);

  const selfNamespace = namespaceLabels(reader, self.namespace);
  for (const members of cache.classes.withAffinity) {
    const addTheirs = (terms: readonly AffinityTerm[], weightOf: (term: AffinityTerm) => number): void => {
      for (const term of terms) {
        if (!termMatches(term, self, selfNamespace)) continue;
        eachNode(members, (node, pods) => {
          isAny = true;
          sums.add(node, term.topologyKey, weightOf(term) * pods);
        });
      }
    };
    const theirs = members.class.affinity!;
    if (hardPodAffinityWeight > 0) addTheirs(theirs.required, () => hardPodAffinityWeight);
    addTheirs(theirs.preferred, ({ weight }) => weight);
    addTheirs(theirs.preferredAnti, ({ weight }) => -weight);
  }
  return isAny ? sums : undefined;
}

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
