// Tokens of service accounts that Secrets hold: what their labels tell of their use. Mirrors kubernetes pkg/serviceaccount/legacy.go.

import { formatTime } from '../lib/time.ts';

export const [LAST_USED, INVALID_SINCE] = ['kubernetes.io/legacy-token-last-used', 'kubernetes.io/legacy-token-invalid-since'];

const DAY_MS = 86_400_000;

/** `2026-01-01` */
export const dateOf = (time: number): string => formatTime(time).slice(0, 10);

/** Whether its use is noted already: another API server's clock may be ahead. */
export const isNoted = (labels: Readonly<Record<string, string>> | undefined, now: number): boolean =>
  [dateOf(now), dateOf(now + DAY_MS)].includes(labels?.[LAST_USED] ?? '');
