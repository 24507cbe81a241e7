// Counting pods by topology for pod affinity: in which zone, on which node … there are how many pods that a term means. Mirrors interpodaffinity's
// topologyToMatchedTermCount and scoreMap.

import type { ClusterReader } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import { namespaces } from '../resources/core/namespace.ts';
import type { SchedulerCache } from './cache.ts';
import type { Members } from './class-index.ts';
import type { NodeInfo } from './node-info.ts';
import { labelOf } from './pod-info.ts';
import type { AffinityTerm, Labels, PodClass } from './pod-info.ts';

/** Topology key → value → number. What comes to nothing is not there. */
export class TopologyCounts {
  readonly byKey = new Map<string, Map<string, number>>();

  add(node: NodeInfo, topologyKey: string, by: number): void {
    const value = labelOf(node.labels, topologyKey);
    if (value === undefined) return;
    let values = this.byKey.get(topologyKey);
    if (!values) this.byKey.set(topologyKey, (values = new Map()));
    const number = (values.get(value) ?? 0) + by;
    if (number !== 0) values.set(value, number);
    else if (values.delete(value) && values.size === 0) this.byKey.delete(topologyKey);
  }

  /** Undefined if the node has no such topology. */
  at(node: NodeInfo, topologyKey: string): number | undefined {
    const value = labelOf(node.labels, topologyKey);
    return value === undefined ? undefined : (this.byKey.get(topologyKey)?.get(value) ?? 0);
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, values] of this.byKey) copy.byKey.set(key, new Map(values));
    return copy;
  }
}

/** A term with its namespace selector resolved. No `namespaces`: all of them. */
export interface ResolvedTerm {
  readonly term: AffinityTerm;
  readonly namespaces: ReadonlySet<string> | undefined;
}

export function resolveTerms(terms: readonly AffinityTerm[], reader: ClusterReader): ResolvedTerm[] {
  return terms.map((term) => {
    const { namespaceSelector } = term;
    if (namespaceSelector.nothing) return { term, namespaces: term.namespaces };
    if (!namespaceSelector.requirements.length) return { term, namespaces: undefined };
    const selected = reader.list(namespaces, { selector: namespaceSelector });
    return { term, namespaces: new Set([...term.namespaces, ...selected.map(({ metadata: { name } }) => name)]) };
  });
}

/** Whether what terms mean depends on which namespaces there are, and on their labels. */
export const looksAtNamespaces = (...terms: readonly (readonly AffinityTerm[])[]): boolean =>
  terms.some((some) => some.some(({ namespaceSelector }) => !namespaceSelector.nothing && namespaceSelector.requirements.length > 0));

export const means = ({ term, namespaces: among }: ResolvedTerm, { namespace, labels }: PodClass): boolean =>
  (!among || among.has(namespace)) && matchesLabels(term.selector, labels);

/** As upstream, no terms mean no pod. */
export const allMean = (terms: readonly ResolvedTerm[], podClass: PodClass): boolean =>
  terms.length > 0 && terms.every((term) => means(term, podClass));

/** The classes of pods that a term means. */
export function classesMeant(cache: SchedulerCache, { term, namespaces: among }: ResolvedTerm): Members[] {
  const out: Members[] = [];
  for (const namespace of among ?? cache.classes.namespaces()) out.push(...cache.classes.matching(namespace, term.selector));
  return out;
}

/** Does something for each node that has pods of a class. */
export function eachNode({ nodes }: Members, visit: (node: NodeInfo, pods: number) => void): void {
  for (const [node, { all }] of nodes) if (node.exists) visit(node, all);
}

export const namespaceLabels = (reader: ClusterReader, name: string): Labels | undefined =>
  reader.get(namespaces, '', name)?.metadata.labels;
