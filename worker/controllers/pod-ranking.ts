// Which pods go first when there are too many. Mirrors ActivePodsWithRanks of pkg/controller/controller_utils.go.

import type { Pod } from '../api/gen/core-v1.ts';
import { timeOf } from '../lib/time.ts';
import { isActive, isReady, readyTime } from '../resources/core/pod-state.ts';

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * The `count` pods that are missed least: unassigned before assigned, pending before running, not ready before ready, cheap before dear, from crowded nodes
 * before lonely ones (`related`: all that count as company), younger before older, often restarted before stable.
 */
export function podsToDelete(candidates: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= candidates.length) return [...candidates];
  const crowd = new Map<string, number>();
  for (const pod of related) if (isActive(pod)) crowd.set(nodeOf(pod), (crowd.get(nodeOf(pod)) ?? 0) + 1);
  const ranked = candidates.map((pod) => rank(pod, crowd.get(nodeOf(pod)) ?? 0, now));
  return smallest(ranked, count, compareRanks).map(({ pod }) => pod);
}

/** Upstream's ActivePods: without company, cost, and orders of magnitude. The first is missed least. */
export function byActivity(a: Pod, b: Pod): number {
  const [left, right] = [rank(a, 0, 0), rank(b, 0, 0)];
  const facts = ({ first: [assigned, phase, ready] }: Rank): number[] => [assigned!, phase!, ready!];
  return (
    compareInOrder(facts(left), facts(right)) ||
    (left.ready !== right.ready ? compareRecent(left.ready, right.ready) : 0) ||
    compareInOrder(right.restarts, left.restarts) ||
    (left.created !== right.created ? compareRecent(left.created, right.created) : 0)
  );
}

/** The more recent first, and never before all. */
const compareRecent = (a: number, b: number): number => (a && b ? b - a : a ? 1 : -1);

const nodeOf = (pod: Pod): string => pod.spec.nodeName ?? '';

interface Rank {
  readonly pod: Pod;
  /** Compared in this order, smaller first. */
  readonly first: readonly number[];
  readonly ready: number;
  readonly created: number;
  readonly restarts: readonly number[];
  readonly now: number;
}

function rank(pod: Pod, crowd: number, now: number): Rank {
  return {
    pod,
    first: [pod.spec.nodeName ? 1 : 0, PHASE_ORDER[pod.status.phase ?? ''] ?? 0, isReady(pod) ? 1 : 0, deletionCost(pod), -crowd],
    ready: readyTime(pod),
    created: timeOf(pod.metadata.creationTimestamp),
    restarts: restarts(pod),
    now,
  };
}

function compareRanks(a: Rank, b: Rank): number {
  const first = compareInOrder(a.first, b.first);
  if (first) return first;
  const byReady = a.first[2] === 1 && a.ready !== b.ready ? compareAges(a, b, a.ready, b.ready) : 0;
  if (byReady) return byReady;
  const byRestarts = compareInOrder(b.restarts, a.restarts);
  if (byRestarts) return byRestarts;
  return a.created === b.created ? 0 : compareAges(a, b, a.created, b.created);
}

/** Ages count by their order of magnitude, so that not always the youngest goes; equals are told apart by UID, which is chance. */
function compareAges(a: Rank, b: Rank, timeA: number, timeB: number): number {
  if (!timeA || !timeB) return timeA ? 1 : -1;
  const difference = magnitude(a.now - timeA) - magnitude(b.now - timeB);
  return difference || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1);
}

/** Upstream takes the logarithm of nanoseconds. */
const magnitude = (ms: number): number => (ms > 0 ? Math.trunc(Math.log2(ms * 1e6)) : -1);

function compareInOrder(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** An annotation that is no number counts as 0. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST];
  return text && /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function restarts(pod: Pod): [containers: number, sidecars: number] {
  const most = (counts: readonly { restartCount: number }[]): number => counts.reduce((max, one) => Math.max(max, one.restartCount), 0);
  const sidecars = new Set(pod.spec.initContainers?.filter((one) => one.restartPolicy === 'Always').map(({ name }) => name));
  return [most(pod.status.containerStatuses ?? []), most(pod.status.initContainerStatuses?.filter(({ name }) => sidecars.has(name)) ?? [])];
}

/** The `count` smallest, in order. Mostly few are wanted of many: those are kept in order while looking, instead of sorting all. */
function smallest<T>(items: T[], count: number, compare: (a: T, b: T) => number): T[] {
  if (count * 8 > items.length) return items.sort(compare).slice(0, count);
  const best: T[] = [];
  for (const item of items) {
    if (best.length === count && compare(item, best[count - 1]!) >= 0) continue;
    let at = best.length;
    while (at > 0 && compare(item, best[at - 1]!) < 0) at--;
    best.splice(at, 0, item);
    if (best.length > count) best.pop();
  }
  return best;
}
