// Spans of time in few letters, as kubectl prints ages: 45s, 3m20s, 5h, 12d.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  if (ms < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (ms < 3 * HOUR) return `${minutes}m`;
  const hours = Math.floor(ms / HOUR);
  if (hours < 8) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(ms / DAY);
  if (days < 8) return hours % 24 ? `${days}d${hours % 24}h` : `${days}d`;
  if (days < 2 * 365) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 && days % 365 ? `${years}y${days % 365}d` : `${years}y`;
}

export const ageOf = (timestamp: string | null | undefined, now: number): string => (timestamp ? span(now - Date.parse(timestamp)) : '');

/** 1,234,567 bytes → 1.2 MB. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${Math.round(count / 1e3)} KB`;
  return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
}
