// InterPodAffinity: pods that want to be near others, or far from them; and pods that others want near or far.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import {
  allMean,
  classesMeant,
  eachNode,
  looksAtNamespaces,
  means,
  namespaceLabels,
  resolveTerms,
  TopologyCounts,
} from '../affinity-counts.ts';
import type { ResolvedTerm } from '../affinity-counts.ts';
import { normalizeAffinity, prepareAffinityScore } from '../affinity-score.ts';
import type { SchedulerCache } from '../cache.ts';
import { Action, on } from '../cluster-event.ts';
import type { EventRegistration } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { labelOf, podInfoOf, termMatches } from '../pod-info.ts';
import type { AffinityTerm, Labels, PodClass, PodInfo } from '../pod-info.ts';
import { unresolvable, unschedulable } from '../status.ts';

export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const NAME = 'InterPodAffinity';
const NOT_NEAR = unresolvable(NAME, "node(s) didn't match pod affinity rules");
const TOO_NEAR = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
const NOT_WANTED = unschedulable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");
const NO_TERMS: readonly AffinityTerm[] = [];

interface Wishes {
  readonly self: PodClass;
  readonly selfNamespace: Labels | undefined;
  readonly near: readonly ResolvedTerm[];
  readonly far: readonly ResolvedTerm[];
  /** Where pods are that all of `near` mean; that any of `far` means; that keep this pod away. */
  readonly friends: TopologyCounts;
  readonly foes: TopologyCounts;
  readonly refusers: TopologyCounts;
}

export function makeInterPodAffinity({ cache, api }: Handle, args: InterPodAffinityArgs): Plugin {
  return definePlugin<Wishes, TopologyCounts>({
    name: NAME,
    events: eventsFor(api),
    preFilter({ info }) {
      const wishes = wishesOf(info, cache, api);
      return !wishes || (wishes.refusers.isEmpty && !wishes.near.length && !wishes.far.length) ? 'skip' : { state: wishes };
    },
    filter(wishes, node) {
      if (wishes.near.length && !isNear(wishes, node)) return NOT_NEAR;
      for (const { term } of wishes.far) if ((wishes.foes.at(node, term.topologyKey) ?? 0) > 0) return TOO_NEAR;
      for (const key of wishes.refusers.byKey.keys()) if ((wishes.refusers.at(node, key) ?? 0) > 0) return NOT_WANTED;
      return undefined;
    },
    cloneState: (wishes) => ({
      ...wishes,
      friends: wishes.friends.clone(),
      foes: wishes.foes.clone(),
      refusers: wishes.refusers.clone(),
    }),
    podAdded: (wishes, pod, node) => change(wishes, pod, node, 1),
    podRemoved: (wishes, pod, node) => change(wishes, pod, node, -1),
    preScore({ info }) {
      const state = prepareAffinityScore(info, cache, api, args);
      return state ? { state } : 'skip';
    },
    score(counts, node) {
      let score = 0;
      for (const key of counts.byKey.keys()) score += counts.at(node, key) ?? 0;
      return score;
    },
    normalize: (_state, scores) => normalizeAffinity(scores),
  });
}

/** Undefined if the pod has none, and nobody keeps others away. */
function wishesOf({ class: self }: PodInfo, cache: SchedulerCache, reader: ClusterReader): Wishes | undefined {
  const { required = NO_TERMS, requiredAnti = NO_TERMS } = self.affinity ?? {};
  if (!required.length && !requiredAnti.length && !cache.classes.withRequiredAntiAffinity.size) return undefined;
  const selfNamespace = namespaceLabels(reader, self.namespace);
  const count = (): Wishes => countWishes(self, selfNamespace, cache, resolveTerms(required, reader), resolveTerms(requiredAnti, reader));
  if (looksAtNamespaces(required, requiredAnti)) return count();
  return cache.counts.get(`${NAME} ${self.id} ${JSON.stringify(selfNamespace)}`, count, (wishes, pod, node, by) => {
    if (node.exists) change(wishes, pod, node, by);
  });
}

function countWishes(
  self: PodClass,
  selfNamespace: Labels | undefined,
  cache: SchedulerCache,
  near: readonly ResolvedTerm[],
  far: readonly ResolvedTerm[],
): Wishes {
  const [friends, foes, refusers] = [new TopologyCounts(), new TopologyCounts(), new TopologyCounts()];
  for (const members of cache.classes.withRequiredAntiAffinity) {
    for (const term of members.class.affinity!.requiredAnti) {
      if (termMatches(term, self, selfNamespace)) eachNode(members, (node, pods) => refusers.add(node, term.topologyKey, pods));
    }
  }
  if (near.length) {
    for (const members of classesMeant(cache, near[0]!)) {
      if (!allMean(near, members.class)) continue;
      for (const { term } of near) eachNode(members, (node, pods) => friends.add(node, term.topologyKey, pods));
    }
  }
  for (const wish of far) {
    for (const members of classesMeant(cache, wish)) eachNode(members, (node, pods) => foes.add(node, wish.term.topologyKey, pods));
  }
  return { self, selfNamespace, near, far, friends, foes, refusers };
}

/** The first of a group that wants to be together may go anywhere that has the topology. */
function isNear({ near, friends, self }: Wishes, node: NodeInfo): boolean {
  let areThere = true;
  for (const { term } of near) {
    const pods = friends.at(node, term.topologyKey);
    if (pods === undefined) return false;
    if (pods <= 0) areThere = false;
  }
  return areThere || (friends.isEmpty && allMean(near, self));
}

function change(
  { self, selfNamespace, near, far, friends, foes, refusers }: Wishes,
  { class: other }: PodInfo,
  node: NodeInfo,
  by: 1 | -1,
): void {
  for (const term of other.affinity?.requiredAnti ?? NO_TERMS)
    if (termMatches(term, self, selfNamespace)) refusers.add(node, term.topologyKey, by);
  if (allMean(near, other)) for (const { term } of near) friends.add(node, term.topologyKey, by);
  for (const wish of far) if (means(wish, other)) foes.add(node, wish.term.topologyKey, by);
}

function eventsFor(reader: ClusterReader): EventRegistration[] {
  const meansAll = (terms: readonly AffinityTerm[], { metadata }: Pod, podClass: PodClass): boolean =>
    terms.length > 0 && terms.every((term) => termMatches(term, podClass, namespaceLabels(reader, metadata.namespace ?? '')));
  return [
    on<Pod>('Pod', Action.Add | Action.UpdatePodLabel | Action.Delete, (pod, before, after) => {
      if (before && after && pod.metadata.uid === after.metadata.uid) return true;
      if ((after && !hasPlace(after)) || (before && !hasPlace(before))) return false;
      const { class: self } = podInfoOf(pod);
      const near = (other: Pod): boolean => meansAll(self.affinity?.required ?? NO_TERMS, other, podInfoOf(other).class);
      const far = (other: Pod): boolean => meansAll(self.affinity?.requiredAnti ?? NO_TERMS, other, podInfoOf(other).class);
      if (before && after) return (!near(before) && near(after)) || (far(before) && !far(after));
      if (after) return near(after);
      return far(before!) || meansAll(podInfoOf(before!).class.affinity?.requiredAnti ?? NO_TERMS, pod, self);
    }),
    on<Node>('Node', Action.Add | Action.UpdateNodeLabel, (pod, before, after) => {
      const { affinity } = podInfoOf(pod).class;
      const value = (node: Node, key: string): string | undefined => labelOf(node.metadata.labels ?? {}, key);
      for (const { topologyKey } of affinity?.required ?? NO_TERMS) {
        const now = value(after!, topologyKey);
        if (now !== undefined && (!before || value(before, topologyKey) !== now)) return true;
      }
      for (const { topologyKey } of affinity?.requiredAnti ?? NO_TERMS) {
        if (!before) return true;
        const was = value(before, topologyKey);
        if (was !== undefined && value(after!, topologyKey) !== was) return true;
      }
      return false;
    }),
  ];
}

const hasPlace = ({ spec, status }: Pod): boolean => Boolean(spec.nodeName) || Boolean(status.nominatedNodeName);
