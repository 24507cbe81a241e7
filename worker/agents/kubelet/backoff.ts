// Waiting longer after each failure. Mirrors client-go util/flowcontrol/backoff.go as the kubelet uses it.

import type { BackOff } from './worker.ts';

const [FIRST_MS, MAX_MS] = [10_000, 300_000];

/** After twice the longest wait without a failure, all is forgotten. */
const isForgotten = (backOff: BackOff, eventAt: number): boolean => eventAt - backOff.at > 2 * MAX_MS;

/** How much longer to wait after something that happened at `eventAt`; 0 if not at all. */
export function remaining(backOff: BackOff | undefined, eventAt: number, now: number): number {
  if (!backOff || isForgotten(backOff, eventAt)) return 0;
  return Math.max(0, eventAt + backOff.ms - now);
}

/** The next, longer one. */
export const next = (backOff: BackOff | undefined, eventAt: number, now: number): BackOff => ({
  ms: !backOff || isForgotten(backOff, eventAt) ? FIRST_MS : Math.min(backOff.ms * 2, MAX_MS),
  at: now,
});
