// What is said when a namespace becomes stricter than the pods that are in it. Mirrors EvaluatePodsInNamespace of k8s.io/pod-security-admission/admission.

import type { Pod } from '../../api/gen/core-v1.ts';
import { controllerOf } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { pods } from '../../resources/core/pod.ts';
import { evaluate } from './evaluate.ts';
import { policyText } from './policy.ts';
import type { LevelVersion } from './policy.ts';

const MAX_PODS = 3000;

/** Differs: upstream also stops after a second. */
export function existingPodWarnings(
  reader: ClusterReader,
  namespace: string,
  enforce: LevelVersion,
  exemptRuntimeClasses: readonly string[],
): string[] {
  const isExempt = ({ spec: { runtimeClassName } }: Pod): boolean => exemptRuntimeClasses.includes(runtimeClassName ?? '');
  const all = onePerController(reader.list(pods, { namespace }).filter((pod) => !isExempt(pod)));
  const byReason = new Map<string, string[]>();
  for (const { metadata, spec } of all.slice(0, MAX_PODS)) {
    const { isAllowed, reason } = evaluate(enforce, metadata, spec);
    if (isAllowed) continue;
    const names = byReason.get(reason);
    if (names) names.push(metadata.name);
    else byReason.set(reason, [metadata.name]);
  }
  const lines = [...byReason].map(([reason, names]) => `${firstOf(names)}: ${reason}`).sort();
  return [
    ...(all.length > MAX_PODS
      ? [`new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${all.length} existing pods`]
      : []),
    ...(lines.length
      ? [`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${policyText(enforce)}"`]
      : []),
    ...lines,
  ];
}

/** Those of one controller are alike: they come after one of each, and only to be counted if there is room. */
function onePerController(found: readonly Pod[]): Pod[] {
  const seen = new Set<string>();
  const [first, rest]: [Pod[], Pod[]] = [[], []];
  for (const pod of found) {
    const owner = controllerOf(pod)?.uid;
    (owner && seen.has(owner) ? rest : first).push(pod);
    if (owner) seen.add(owner);
  }
  return [...first, ...rest];
}

function firstOf(names: readonly string[]): string {
  const first = names.reduce((a, b) => (b < a ? b : a));
  const others = names.length - 1;
  return others === 0 ? first : others === 1 ? `${first} (and 1 other pod)` : `${first} (and ${others} other pods)`;
}
