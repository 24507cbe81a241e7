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
  const look = (term: string): void => {
    if (!reader.countTerm(resource, term)) return;
    for (const object of reader.lookup(resource, term)) if (matchesLabels(selectorOf(object), labels)) found.push(object);
  };
  look(anyTerm(namespace));
  for (const key in labels) look(labelTerm(namespace, key, labels[key]!));
  return found;
}
