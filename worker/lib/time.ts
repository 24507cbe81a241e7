// Kubernetes' times: RFC 3339 in UTC, in whole seconds (metav1.Time) or microseconds (metav1.MicroTime), and Go's durations.

import { flat } from './text.ts';

/** `ms` since the epoch → `2026-11-21T06:26:00Z`. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = flat(`${new Date(second * 1000).toISOString().slice(0, -5)}Z`);
    lastSecond = second;
    remember(lastText, second * 1000);
  }
  return lastText;
}
/** Within a step, time stands still: most times that are written are the one before. */
let lastSecond = Number.NaN;
let lastText = '';

/** `ms` since the epoch → `2026-11-21T06:26:00.123000Z`. `micros` are the microseconds within the second, if they are known better. */
export function formatMicroTime(ms: number, micros?: number): string {
  const whole = Math.floor(ms);
  if (whole !== lastMicro.ms) {
    const iso = new Date(whole).toISOString();
    lastMicro = { ms: whole, iso, text: flat(`${iso.slice(0, -1)}000Z`) };
    remember(lastMicro.text, whole);
  }
  return micros === undefined ? lastMicro.text : flat(`${lastMicro.iso.slice(0, -4)}${String(micros).padStart(6, '0')}Z`);
}
let lastMicro = { ms: Number.NaN, iso: '', text: '' };

/** Go's zero time, which JSON writes as null. */
export const isZeroTime = (ms: number): boolean => ms === ZERO_TIME;
const ZERO_TIME = -62_135_596_800_000;

/** The microseconds within the second of an RFC 3339 text. */
export const microsOf = (text: string): number => Number(/\.(\d{1,6})/.exec(text)?.[1]?.padEnd(6, '0') ?? 0);

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch, or undefined if the text is no RFC 3339 time. */
export function parseTime(text: string): number | undefined {
  const known = knownTimes[placeOf(text)];
  if (known?.text === text) return known.time;
  const time = readTime(text);
  if (time !== undefined) remember(text, time);
  return time;
}

/** What was written or read a while ago is read most, by many; where one stands is told by its minute, its second and its length. */
const knownTimes: { readonly text: string; readonly time: number }[] = [];
const PLACES = 512;
const placeOf = (text: string): number =>
  text.length < 19
    ? 0
    : (text.length + text.charCodeAt(14) * 331 + text.charCodeAt(15) * 60 + text.charCodeAt(17) * 10 + text.charCodeAt(18)) % PLACES;

function remember(text: string, time: number): void {
  knownTimes[placeOf(text)] = { text, time };
}

function readTime(text: string): number | undefined {
  const parts = RFC3339.exec(text);
  if (!parts) return undefined;
  const [month, day, hour, minute, second] = [parts[2], parts[3], parts[4], parts[5], parts[6]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(Number(parts[1]), month) || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

/** The time of a field that may be absent; 0 if it is. */
export const timeOf = (text: string | null | undefined): number => (text ? (parseTime(text) ?? 0) : 0);

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's duration text (`1h30m`, `1.5s`, `-2ms`) → milliseconds, or undefined. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const [, value, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) total += Number(value) * UNIT_MS[unit!]!;
  return match[1] === '-' ? -total : total;
}

/** Why a text is no duration, in the words of Go's time.ParseDuration. */
export function durationProblem(text: string): string | undefined {
  if (parseDuration(text) !== undefined) return undefined;
  const quoted = JSON.stringify(text);
  if (/^[+-]?[\d.]+$/.test(text)) return `time: missing unit in duration ${quoted}`;
  const unit = /^[+-]?(?:[\d.]+(?:ns|us|µs|ms|s|m|h))*[\d.]+([^\d.]+)/.exec(text)?.[1];
  return unit === undefined || Object.hasOwn(UNIT_MS, unit)
    ? `time: invalid duration ${quoted}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
}

/** Milliseconds → Go's duration text, `1h30m0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const abs = Math.abs(ms);
  if (abs < 1e-3) return `${sign}${trim(abs * 1e6)}ns`;
  if (abs < 1000) return abs < 1 ? `${sign}${trim(abs * 1000)}µs` : `${sign}${trim(abs)}ms`;
  const hours = Math.floor(abs / 3_600_000);
  const minutes = Math.floor((abs % 3_600_000) / 60_000);
  const seconds = trim((abs % 60_000) / 1000);
  return `${sign}${hours ? `${hours}h` : ''}${hours || minutes ? `${minutes}m` : ''}${seconds}s`;
}

const trim = (value: number): string => String(Number(value.toFixed(9)));

/** How long ago, as kubectl prints it: `5s`, `2m10s`, `3h5m`, `4d2h`, `2y30d` (apimachinery util/duration HumanDuration). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 10) return join(minutes, 'm', Math.floor(ms / 1000) % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 8) return join(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return join(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return join(years, 'y', days % 365, 'd');
  return `${years}y`;
}

const join = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  `${big}${bigUnit}${small ? `${small}${smallUnit}` : ''}`;
