// Cron schedules as CronJobs have them: five fields, names of months and days, steps, and descriptors (`@daily`, `@every 1h30m`). Mirrors robfig/cron's
// standard parser, which Kubernetes uses, and its messages.

import { parseDuration } from '../time.ts';
import { isTimeZone } from '../time-zone.ts';

export type Schedule = FieldSchedule | IntervalSchedule;

export interface FieldSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** A field of days was `*`: then both fields must match a day, else one is enough. */
  readonly anyDay: boolean;
  /** Of a `TZ=` in front, which Kubernetes allows no longer. */
  readonly timeZone?: string;
}

export interface IntervalSchedule {
  readonly everyMs: number;
}

export class CronError extends Error {}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTES: Bounds = { min: 0, max: 59 };
const HOURS: Bounds = { min: 0, max: 23 };
const DAYS_OF_MONTH: Bounds = { min: 1, max: 31 };
const MONTHS: Bounds = { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] };
const DAYS_OF_WEEK: Bounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const EVERY = '@every ';

/** Throws a CronError that says what is wrong. */
export function parseSchedule(text: string): Schedule {
  let schedule = parsed.get(text);
  if (!schedule) {
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(text, (schedule = parseText(text)));
  }
  return schedule;
}

/** A CronJob's schedule is asked for at each look at it. */
const parsed = new Map<string, Schedule>();
const MAX_PARSED = 500;

function parseText(text: string): Schedule {
  if (text === '') throw new CronError('empty spec string');
  const zone = /^(?:CRON_)?TZ=/.exec(text);
  if (!zone) return parseFields(text);
  const blank = text.indexOf(' ');
  if (blank < 0) throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]');
  const timeZone = text.slice(zone[0].length, blank);
  if (!isTimeZone(timeZone)) throw new CronError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`);
  return { ...parseFields(text.slice(blank).trim()), timeZone };
}

function parseFields(text: string): Schedule {
  if (text.startsWith('@')) return parseDescriptor(text);
  const fields = text.split(/\s+/).filter(Boolean);
  if (fields.length !== 5) throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = [MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK].map((bounds, i) =>
    parseField(fields[i]!, bounds),
  ) as [Field, Field, Field, Field, Field];
  return {
    minutes: minutes.values,
    hours: hours.values,
    daysOfMonth: daysOfMonth.values,
    months: months.values,
    daysOfWeek: daysOfWeek.values,
    anyDay: daysOfMonth.star || daysOfWeek.star,
  };
}

function parseDescriptor(text: string): Schedule {
  const fields = DESCRIPTORS[text];
  if (fields) return parseFields(fields);
  if (!text.startsWith(EVERY)) throw new CronError(`unrecognized descriptor: ${text}`);
  const duration = text.slice(EVERY.length);
  const ms = parseDuration(duration);
  if (ms === undefined) throw new CronError(`failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`);
  return { everyMs: Math.max(1, Math.trunc(ms / 1000)) * 1000 };
}

interface Field {
  readonly values: Set<number>;
  readonly star: boolean;
}

function parseField(text: string, bounds: Bounds): Field {
  const values = new Set<number>();
  let star = false;
  for (const part of text.split(',').filter(Boolean)) {
    const { start, end, step, isStar } = parseRange(part, bounds);
    for (let value = start; value <= end; value += step) values.add(value);
    star ||= isStar;
  }
  return { values, star };
}

function parseRange(text: string, { min, max, names }: Bounds): { start: number; end: number; step: number; isStar: boolean } {
  const [range = '', stepText, ...more] = text.split('/');
  const [low = '', high, ...rest] = range.split('-');
  const isAll = low === '*' || low === '?';
  let [start, end, step, isStar] = [min, max, 1, isAll];
  if (!isAll) {
    start = end = parseValue(low, names);
    if (rest.length) throw new CronError(`too many hyphens: ${text}`);
    if (high !== undefined) end = parseValue(high, names);
  }
  if (more.length) throw new CronError(`too many slashes: ${text}`);
  if (stepText !== undefined) {
    step = parseNumber(stepText);
    if (high === undefined) end = max;
    if (step > 1) isStar = false;
  }
  if (start < min) throw new CronError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new CronError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  return { start, end, step, isStar };
}

function parseValue(text: string, names: readonly string[] | undefined): number {
  const position = names?.indexOf(text.toLowerCase()) ?? -1;
  if (position < 0) return parseNumber(text);
  return names!.length === 12 ? position + 1 : position;
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`);
  return value;
}
