// When a schedule is due next. Mirrors robfig/cron's SpecSchedule.Next, its ways with daylight saving included: an hour that does not exist is skipped,
// one that comes twice counts twice.

import type { FieldSchedule, Schedule } from './parse.ts';
import { fromLocal, zoneOffset } from '../time-zone.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MAX_YEARS = 5;

/** The first time after `after` (ms since the epoch); undefined if there is none within five years (the 30th of February). */
export function nextTime(schedule: Schedule, after: number, timeZone = 'UTC'): number | undefined {
  if ('everyMs' in schedule) return Math.floor(after / SECOND) * SECOND + schedule.everyMs;
  return nextOfFields(schedule, after, schedule.timeZone ?? timeZone);
}

function nextOfFields(schedule: FieldSchedule, after: number, zone: string): number | undefined {
  const clock = (time: number): Date => new Date(time + zoneOffset(zone, time));
  const at = (year: number, month: number, day: number, hour = 0): number => fromLocal(zone, Date.UTC(year, month, day, hour));
  let time = Math.floor(after / SECOND) * SECOND + SECOND;
  let local = clock(time);
  const lastYear = local.getUTCFullYear() + MAX_YEARS;

  // Each unit is brought to its first value once, as soon as a larger one had to move; when a unit wraps around, all is looked at again.
  let moved = false;
  for (;;) {
    if (local.getUTCFullYear() > lastYear) return undefined;
    if (!schedule.months.has(local.getUTCMonth() + 1)) {
      time = at(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
      moved = true;
    } else if (!matchesDay(schedule, local)) {
      time = midnightAfter(at, clock, local);
      moved = true;
    } else if (!schedule.hours.has(local.getUTCHours())) {
      if (!moved) time = at(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), local.getUTCHours());
      moved = true;
      time += HOUR;
    } else if (!schedule.minutes.has(local.getUTCMinutes())) {
      if (!moved) time = Math.floor(time / MINUTE) * MINUTE;
      moved = true;
      time += zone === 'UTC' ? minutesToGo(schedule, local.getUTCMinutes()) * MINUTE : MINUTE;
    } else if (local.getUTCSeconds() !== 0) {
      time = Math.floor(time / MINUTE) * MINUTE + MINUTE;
      moved = true;
    } else {
      return time;
    }
    local = clock(time);
  }
}

/** From a minute that is none of the schedule's to the next that is, or to the end of the hour. */
function minutesToGo({ minutes }: FieldSchedule, from: number): number {
  let to = from + 1;
  while (to < 60 && !minutes.has(to)) to++;
  return to - from;
}

/** The next day's beginning; where midnight does not exist, or was passed, the nearest hour that is on that day. */
function midnightAfter(at: (year: number, month: number, day: number) => number, clock: (time: number) => Date, local: Date): number {
  const time = at(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 1);
  const hour = clock(time).getUTCHours();
  if (hour === 0) return time;
  return hour > 12 ? time + (24 - hour) * HOUR : time - hour * HOUR;
}

function matchesDay({ daysOfMonth, daysOfWeek, anyDay }: FieldSchedule, local: Date): boolean {
  const [ofMonth, ofWeek] = [daysOfMonth.has(local.getUTCDate()), daysOfWeek.has(local.getUTCDay())];
  return anyDay ? ofMonth && ofWeek : ofMonth || ofWeek;
}
