// Labels of nodes that have newer names, and what is said of objects that select by the old ones. Mirrors pkg/api/node.

import type { LabelSelectorFields } from '../../api/selectors.ts';

const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Why a label of nodes should not be used any more. */
export const nodeLabelDeprecation = (key: string): string | undefined => DEPRECATED.get(key);

export function nodeSelectorWarnings(selector: LabelSelectorFields | undefined, path: string): string[] {
  const warnings: string[] = [];
  for (const [i, { key }] of (selector?.matchExpressions ?? []).entries()) {
    const message = nodeLabelDeprecation(key);
    if (message) warnings.push(`${path}.matchExpressions[${i}].key: ${key} is ${message}`);
  }
  for (const key of Object.keys(selector?.matchLabels ?? {})) {
    const message = nodeLabelDeprecation(key);
    if (message) warnings.push(`${path}.matchLabels.${key}: ${message}`);
  }
  return warnings;
}
