// Pods that no controller has, and that a selector takes.

import type { Pod } from '../api/gen/core-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { podTerm } from '../resources/core/pod-terms.ts';
import { pods } from '../resources/core/pod.ts';

export function orphansFor(reader: ClusterReader, namespace: string, selector: LabelSelector): Pod[] {
  if (selector.nothing) return [];
  const exact = selector.requirements.find(({ operator, values }) => operator === 'In' && values.length === 1);
  const term = exact ? podTerm.orphanWith(namespace, exact.key, exact.values[0]!) : podTerm.orphan(namespace);
  return reader.lookup(pods, term).filter((pod) => matchesLabels(selector, pod.metadata.labels));
}
