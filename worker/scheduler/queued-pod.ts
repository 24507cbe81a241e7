// A pod that wants a node: where it stands in the queue, and what its attempts so far have brought. Mirrors framework.QueuedPodInfo.

import type { Pod } from '../api/gen/core-v1.ts';
import { keyOf } from '../api/object.ts';

/** `errors` is the back-off of pods whose attempt broke, as opposed to: found no node. `flight`: its attempt is under way. */
export type Place = 'active' | 'backoff' | 'errors' | 'unschedulable' | 'flight';

export interface QueuedPod {
  readonly key: string;
  readonly uid: string;
  readonly priority: number;
  readonly profile: string;
  /** Order of arrival; decides between equals. */
  readonly order: number;
  place: Place;
  /** When it came into the queue, or its last attempt ended (ms). */
  timestamp: number;
  attempts: number;
  /** When it could be tried for the first time (ms); undefined until then. */
  since: number | undefined;
  /** It was let out because it had waited for long, and nothing else. */
  wasFlushed: boolean;
  /** 0 until it is needed. */
  backoffUntil: number;
  unschedulableCount: number;
  errorCount: number;
  /** Plugins that refused it, and those of them that know what they wait for. */
  rejectors: readonly string[];
  pending: readonly string[];
  /** The plugin that keeps it from entering the queue; '' if none does. */
  gate: string;
}

export function makeQueuedPod(pod: Pod, profile: string, now: number, order: number): QueuedPod {
  return {
    key: keyOf(pod),
    uid: pod.metadata.uid,
    priority: pod.spec.priority ?? 0,
    profile,
    order,
    place: 'unschedulable',
    timestamp: now,
    attempts: 0,
    since: undefined,
    wasFlushed: false,
    backoffUntil: 0,
    unschedulableCount: 0,
    errorCount: 0,
    rejectors: NONE,
    pending: NONE,
    gate: '',
  };
}

const NONE: readonly string[] = [];

/** What has to survive an eviction; the rest is in the object. */
export type SavedPod = readonly [
  place: Place,
  order: number,
  timestamp: number,
  attempts: number,
  backoffUntil: number,
  unschedulableCount: number,
  errorCount: number,
  rejectors: readonly string[],
  pending: readonly string[],
  gate: string,
  since: number | undefined,
  wasFlushed: boolean,
];

export const savePod = (one: QueuedPod): SavedPod => [
  one.place,
  one.order,
  one.timestamp,
  one.attempts,
  one.backoffUntil,
  one.unschedulableCount,
  one.errorCount,
  one.rejectors,
  one.pending,
  one.gate,
  one.since,
  one.wasFlushed,
];

/** An attempt that was under way, and had not come to a decision, begins anew. */
export function restorePod(pod: Pod, profile: string, saved: SavedPod, isDecided: boolean): QueuedPod {
  const [place, order, timestamp, attempts, backoffUntil, unschedulableCount, errorCount, rejectors, pending, gate, since, wasFlushed] =
    saved;
  const isLost = place === 'flight' && !isDecided;
  return {
    ...makeQueuedPod(pod, profile, timestamp, order),
    place: isLost ? 'active' : place,
    attempts: isLost ? attempts - 1 : attempts,
    backoffUntil,
    unschedulableCount,
    errorCount,
    rejectors,
    pending,
    gate,
    since,
    wasFlushed,
  };
}
