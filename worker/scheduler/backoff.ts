// How long a pod waits after a failed attempt: 1 s, doubling, up to 10 s, by default. Mirrors kube-scheduler backend/queue/backoff_queue.go.

import type { QueuedPod } from './queued-pod.ts';

export interface BackoffTimes {
  /** ms */
  readonly initial: number;
  readonly max: number;
}

/** Ends of back-offs are counted in whole seconds, so that pods that failed in the same second go by priority. */
const WINDOW_MS = 1000;
const align = (ms: number): number => ms - (ms % WINDOW_MS);

export function backoffDuration(failures: number, { initial, max }: BackoffTimes): number {
  if (failures === 0) return 0;
  return Math.min(initial * 2 ** Math.min(failures - 1, 40), max);
}

/** When a pod's back-off ends; 0 for one that has none. Worked out once for each attempt. */
export function backoffEnd(pod: QueuedPod, times: BackoffTimes): number {
  const failures = pod.errorCount || pod.unschedulableCount;
  if (times.max === 0 || failures === 0) return 0;
  if (pod.backoffUntil === 0) pod.backoffUntil = align(pod.timestamp + backoffDuration(failures, times));
  return pod.backoffUntil;
}

export const isBackingOff = (pod: QueuedPod, times: BackoffTimes, now: number): boolean => backoffEnd(pod, times) >= align(now);

/** The first moment at which the pod does not back off any more. */
export const backoffOver = (pod: QueuedPod, times: BackoffTimes): number => backoffEnd(pod, times) + WINDOW_MS;
