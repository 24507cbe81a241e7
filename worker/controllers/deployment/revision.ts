// Revisions: the numbers that ReplicaSets carry in annotations, and what of the Deployment's annotations they carry with them.

import type { Deployment, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS } from './rollout.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
const MAX_HISTORY_LENGTH = 2000;

/** Annotations that are about the one object only. */
const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
]);

/** An int64 as strconv.ParseInt reads it; undefined for what is none. */
export function parseRevision(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value === BigInt.asIntN(64, value) ? value : undefined;
}

/** 0 for none; undefined for what is no number. */
export function revisionOf({ metadata }: ReplicaSet): bigint | undefined {
  const text = metadata.annotations?.[REVISION];
  return text === undefined ? 0n : parseRevision(text);
}

const revisionsOf = (sets: readonly ReplicaSet[]): bigint[] => sets.map(revisionOf).filter((one) => one !== undefined);

export const highestRevision = (sets: readonly ReplicaSet[]): bigint =>
  revisionsOf(sets).reduce((highest, one) => (one > highest ? one : highest), 0n);

/** The second highest: where an undo leads. */
export function lastRevision(sets: readonly ReplicaSet[]): bigint {
  let [highest, second] = [0n, 0n];
  for (const revision of revisionsOf(sets)) {
    if (revision >= highest) [second, highest] = [highest, revision];
    else if (revision > second) second = revision;
  }
  return second;
}

/** What a set's annotations become at a revision: the Deployment's too, and the earlier revisions remembered. Undefined if nothing changes. */
export function annotationsForSet(
  { metadata }: Deployment,
  present: Readonly<Record<string, string>>,
  revision: bigint,
): Record<string, string> | undefined {
  const next: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) if (!NOT_COPIED.has(key)) next[key] = value;
  const before = present[REVISION];
  const own = parseRevision(before || '0');
  if (own !== undefined && own < revision) {
    next[REVISION] = String(revision);
    if (before !== undefined) {
      const history = longerHistory(present[HISTORY] ?? '', before);
      if (history !== undefined) next[HISTORY] = history;
    }
  }
  const changed = Object.keys(next).some((key) => next[key] !== present[key]);
  return changed ? next : undefined;
}

/** `1,4` and `6` → `1,4,6`; the oldest go when it gets too long. Undefined if it does not fit at all. */
function longerHistory(history: string, revision: string): string | undefined {
  if (history === '') return revision;
  const all = history.split(',');
  let length = history.length + revision.length + 1;
  let start = 0;
  while (length > MAX_HISTORY_LENGTH && start < all.length) length -= all[start++]!.length + 1;
  return length <= MAX_HISTORY_LENGTH ? [...all.slice(start), revision].join(',') : undefined;
}

/** A Deployment's annotations after going back to a set: its own private ones, and the set's others. */
export function annotationsFromSet({ metadata }: Deployment, set: ReplicaSet): Record<string, string> {
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => NOT_COPIED.has(key));
  const theirs = Object.entries(set.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  return Object.fromEntries([...own, ...theirs]);
}
