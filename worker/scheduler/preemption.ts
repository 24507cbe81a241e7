// Which pods would have to go so that a more important one fits, and on which node that costs least. Mirrors kube-scheduler framework/preemption and
// plugins/defaultpreemption.

import type { PodDisruptionBudget } from '../api/gen/policy-v1.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import type { Trial } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { unresolvable } from './status.ts';
import type { PluginStatus } from './status.ts';

export interface Candidate {
  readonly node: string;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them a budget would spare. */
  readonly violations: number;
}

const NO_VICTIMS = unresolvable('', 'No preemption victims found for incoming pod');

/** Takes every less important pod off a copy of the node, then puts back as many as can stay: those that budgets protect first, the important first. */
export function selectVictims(
  node: NodeInfo,
  preemptor: PodInfo,
  trial: Trial,
  budgets: readonly PodDisruptionBudget[],
  now: number,
): Candidate | PluginStatus {
  const copy = node.clone();
  const potential = [...copy.pods.values()].filter(({ priority }) => priority < preemptor.priority);
  for (const pod of potential) trial.podRemoved(pod, copy);
  if (!potential.length) return NO_VICTIMS;
  const status = trial.filter(copy);
  if (status) return status;

  potential.sort(byImportance(now));
  const victims: PodInfo[] = [];
  const mayStay = (pod: PodInfo): boolean => {
    trial.podAdded(pod, copy);
    if (!trial.filter(copy)) return true;
    trial.podRemoved(pod, copy);
    victims.push(pod);
    return false;
  };
  const { violating, others } = byBudgets(potential, budgets);
  const violations = violating.filter((pod) => !mayStay(pod)).length;
  for (const pod of others) mayStay(pod);
  if (violating.length && others.length) victims.sort(byImportance(now));
  return { node: node.name, victims, violations };
}

/** More important: of higher priority, or running for longer. */
const byImportance =
  (now: number) =>
  (a: PodInfo, b: PodInfo): number =>
    b.priority - a.priority || (a.startTime ?? now) - (b.startTime ?? now) || (a.key < b.key ? -1 : 1);

function byBudgets(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): { violating: PodInfo[]; others: PodInfo[] } {
  const left = budgets.map(({ status }) => status.disruptionsAllowed);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    const { namespace, labels } = pod.class;
    let isViolating = false;
    if (Object.keys(labels).length) {
      for (const [i, { metadata, spec, status }] of budgets.entries()) {
        if (metadata.namespace !== namespace) continue;
        const selector = labelSelectorOf(spec.selector);
        if (!selector.requirements.length || !matchesLabels(selector, labels)) continue;
        if (status.disruptedPods && Object.hasOwn(status.disruptedPods, pod.name)) continue;
        left[i]!--;
        if (left[i]! < 0) isViolating = true;
      }
    }
    (isViolating ? violating : others).push(pod);
  }
  return { violating, others };
}

/**
 * The candidate that costs least: fewest broken budgets; the least important of most important victims; the lowest sum of priorities; the fewest victims;
 * the latest start of the most important ones.
 */
export function cheapest(candidates: readonly Candidate[], now: number): Candidate | undefined {
  const costs: ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0]!.priority,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -earliestStart(victims, now),
  ];
  let left = candidates;
  for (const cost of costs) {
    if (left.length <= 1) break;
    const all = left.map(cost);
    const lowest = Math.min(...all);
    left = left.filter((_candidate, i) => all[i] === lowest);
  }
  return left[0];
}

function earliestStart(victims: readonly PodInfo[], now: number): number {
  const highest = Math.max(...victims.map(({ priority }) => priority));
  return Math.min(...victims.filter(({ priority }) => priority === highest).map(({ startTime }) => startTime ?? now));
}
