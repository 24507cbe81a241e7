// Which nodes a pod wants: nodeSelector, and node affinity's terms. Mirrors component-helpers scheduling/corev1/nodeaffinity.

import type { NodeSelector, NodeSelectorTerm, Pod, PreferredSchedulingTerm } from '../../api/gen/core-v1.ts';
import { labelSelectorOfMap, matchesLabels } from '../../api/selectors.ts';
import type { LabelOperator, LabelSelector } from '../../api/selectors.ts';

type Labels = Readonly<Record<string, string>>;

/** What of a node is looked at. */
export interface NodeLike {
  readonly name: string;
  readonly labels: Labels;
}

export interface Term {
  readonly labels: LabelSelector | undefined;
  readonly fields: readonly FieldRequirement[];
}

interface FieldRequirement {
  readonly key: string;
  readonly isNegated: boolean;
  readonly value: string;
}

export interface WeightedTerm extends Term {
  readonly weight: number;
}

/** Every one of a node's labels and fields that a pod requires; undefined if it requires none. */
export interface RequiredNodes {
  readonly labels: LabelSelector | undefined;
  /** One of them has to hold. Undefined if there is no node affinity; none at all holds for no node. */
  readonly terms: readonly Term[] | undefined;
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'In',
  NotIn: 'NotIn',
  Exists: 'Exists',
  DoesNotExist: 'DoesNotExist',
  Gt: 'GreaterThan',
  Lt: 'LessThan',
};

const known = new WeakMap<Pod['spec'], RequiredNodes | 'none'>();

export function requiredNodesOf({ spec }: Pod): RequiredNodes | undefined {
  // Most require none.
  if (!spec.nodeSelector && !spec.affinity) return undefined;
  let found = known.get(spec);
  if (!found) known.set(spec, (found = compileRequired(spec) ?? 'none'));
  return found === 'none' ? undefined : found;
}

function compileRequired({ nodeSelector, affinity }: Pod['spec']): RequiredNodes | undefined {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const hasLabels = nodeSelector !== undefined && Object.keys(nodeSelector).length > 0;
  if (!required && !hasLabels) return undefined;
  return { labels: hasLabels ? labelSelectorOfMap(nodeSelector) : undefined, terms: required && compileSelector(required) };
}

const selectors = new WeakMap<NodeSelector, readonly Term[]>();

export function compileSelector(selector: NodeSelector): readonly Term[] {
  let terms = selectors.get(selector);
  if (!terms) selectors.set(selector, (terms = (selector.nodeSelectorTerms ?? []).flatMap((term) => compileTerm(term) ?? [])));
  return terms;
}

/** Terms that are empty or weigh nothing do not count. */
export const compilePreferred = (terms: readonly PreferredSchedulingTerm[]): readonly WeightedTerm[] =>
  terms.flatMap(({ weight, preference }) => {
    const term = weight ? compileTerm(preference) : undefined;
    return term ? [{ ...term, weight }] : [];
  });

function compileTerm({ matchExpressions, matchFields }: NodeSelectorTerm): Term | undefined {
  if (!matchExpressions?.length && !matchFields?.length) return undefined;
  return {
    labels: matchExpressions?.length
      ? {
          requirements: matchExpressions.map(({ key, operator, values }) => ({
            key,
            operator: OPERATORS[operator] ?? 'In',
            values: values ?? [],
          })),
        }
      : undefined,
    fields: (matchFields ?? []).map(({ key, operator, values }) => ({
      key,
      isNegated: operator === 'NotIn',
      value: values?.[0] ?? '',
    })),
  };
}

export function matchesRequired({ labels, terms }: RequiredNodes, node: NodeLike): boolean {
  if (labels && !matchesLabels(labels, node.labels)) return false;
  return !terms || matchesAnyTerm(terms, node);
}

export function matchesAnyTerm(terms: readonly Term[], node: NodeLike): boolean {
  for (const term of terms) if (matchesTerm(term, node)) return true;
  return false;
}

export function matchesTerm({ labels, fields }: Term, node: NodeLike): boolean {
  if (labels && !matchesLabels(labels, node.labels)) return false;
  for (const { key, isNegated, value } of fields) if ((key === 'metadata.name' && value === node.name) === isNegated) return false;
  return true;
}

/** The sum of the weights of the terms that hold. */
export function scoreOf(terms: readonly WeightedTerm[], node: NodeLike): number {
  let score = 0;
  for (const term of terms) if (matchesTerm(term, node)) score += term.weight;
  return score;
}
