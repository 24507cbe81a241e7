// Finding those who select an object by its labels (Services of a pod, the ReplicaSets an orphan may belong to) without asking all of them: a selector
// is indexed under one label that every object it selects must have.
//
//     selector app=web,tier in (a,b)  →  kept under  s/ns/app=web
//     a pod with app=web, tier=a      →  looks under s/ns/app=web, s/ns/tier=a, s/ns/*

import type { KubeObject } from './object.ts';
import type { ClusterReader, Resource } from './resource.ts';
import type { LabelSelector } from './selectors.ts';
import { matchesLabels } from './selectors.ts';

const anyTerm = (namespace: string): string => `s/${namespace}/*`;
const labelTerm = (namespace: string, key: string, value: string): string => `s/${namespace}/${key}=${value}`;

/** The index term of an object that selects others in a namespace. None if it selects nothing. */
export function selectorTerms(namespace: string, selector: LabelSelector): string[] {
  if (selector.nothing) return [];
  const exact = selector.requirements.find(({ operator, values }) => operator === 'In' && values.length === 1);
  return [exact ? labelTerm(namespace, exact.key, exact.values[0]!) : anyTerm(namespace)];
}

/** The objects of a resource whose selector takes these labels. Their `indexTerms` must hold `selectorTerms`. */
export function whoSelects<T extends KubeObject>(
  reader: ClusterReader,
  resource: Resource<T>,
  namespace: string,
  labels: Readonly<Record<string, string>> | undefined,
  selectorOf: (object: T) => LabelSelector,
): T[] {
  const found: T[] = [];
  if (!reader.count(resource)) return found;
  for (const term of termsFor(namespace, labels)) {
    if (!reader.countTerm(resource, term)) continue;
    for (const object of reader.lookup(resource, term)) if (matchesLabels(selectorOf(object), labels)) found.push(object);
  }
  return found;
}

type Labels = Readonly<Record<string, string>> | undefined;

/** Under which terms those are kept that may select these labels. Several ask for each change of a pod, which keeps its labels through all that becomes of it. */
function termsFor(namespace: string, labels: Labels): readonly string[] {
  for (const one of recent) if (one.labels === labels && one.namespace === namespace) return one.terms;
  const terms = [anyTerm(namespace)];
  for (const key in labels) terms.push(labelTerm(namespace, key, labels[key]!));
  if (labels) recent[next++ % RECENT] = { labels, namespace, terms };
  return terms;
}

const RECENT = 16;
const recent: { readonly labels: Labels; readonly namespace: string; readonly terms: readonly string[] }[] = [];
let next = 0;
