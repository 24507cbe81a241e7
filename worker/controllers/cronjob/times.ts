// When a CronJob was due, and when it is due next. Mirrors pkg/controller/cronjob/utils.go.

import type { CronJob } from '../../api/gen/batch-v1.ts';
import { nextTime } from '../../lib/cron/next.ts';
import type { Schedule } from '../../lib/cron/parse.ts';
import { timeOf } from '../../lib/time.ts';

/** So much later than its time a CronJob is looked at: clocks that are a little apart shall not make it miss it. */
const MARGIN_MS = 100;
const MANY = 100;

/** A schedule that can be read, but names a day that never comes. */
export class InvalidScheduleError extends Error {}

export interface Timetable {
  /** The first time after `time` (ms). */
  next(time: number): number | undefined;
}

/** Within a look at a CronJob, and at the next one, the same is asked several times. */
export function timetableOf(schedule: Schedule, timeZone: string | undefined): Timetable {
  let tables = timetables.get(schedule);
  if (!tables) timetables.set(schedule, (tables = new Map<string, Timetable>()));
  const zone = timeZone || 'UTC';
  let timetable = tables.get(zone);
  if (!timetable) tables.set(zone, (timetable = newTimetable(schedule, zone)));
  return timetable;
}

const timetables = new WeakMap<Schedule, Map<string, Timetable>>();
const MOST_TIMES = 100;

function newTimetable(schedule: Schedule, zone: string): Timetable {
  const known = new Map<number, number | undefined>();
  return {
    next: (time) => {
      let next = known.get(time);
      if (next === undefined && !known.has(time)) {
        if (known.size >= MOST_TIMES) known.clear();
        known.set(time, (next = nextTime(schedule, time, zone)));
      }
      return next;
    },
  };
}

interface Recent {
  /** Its last start, or its beginning. */
  readonly earliest: number;
  /** The newest time that has passed since. */
  readonly time: number | undefined;
  readonly missed: 'none' | 'few' | 'many';
}

/** Throws InvalidScheduleError. */
export function mostRecent({ metadata, spec, status }: CronJob, now: number, { next }: Timetable, withDeadline: boolean): Recent {
  let earliest = timeOf(status.lastScheduleTime ?? metadata.creationTimestamp);
  if (withDeadline && spec.startingDeadlineSeconds !== undefined) earliest = Math.max(earliest, now - spec.startingDeadlineSeconds * 1000);

  const first = next(earliest);
  const second = first === undefined ? undefined : next(first);
  if (first === undefined || second === undefined)
    throw new InvalidScheduleError('time difference between two schedules is less than 1 second');
  if (now < first) return { earliest, time: undefined, missed: 'none' };
  if (now < second) return { earliest, time: first, missed: 'none' };

  // A guess from the distance of the first two; the last stretch is walked, because a schedule need not be regular.
  const distance = Math.round((second - first) / 1000);
  const count = Math.trunc(Math.trunc((now - first) / 1000) / distance) + 1;
  let time: number | undefined;
  for (let at = next(first + (count - 2) * distance * 1000); at !== undefined && at <= now; at = next(at)) time = at;
  return { earliest, time, missed: count > MANY ? 'many' : 'few' };
}

/** How long to wait for the next time (ms). */
export function untilNext(cronJob: CronJob, now: number, timetable: Timetable): number {
  return (timetable.next(lastBefore(cronJob, now, timetable)) ?? now) + MARGIN_MS - now;
}

function lastBefore(cronJob: CronJob, now: number, timetable: Timetable): number {
  try {
    const { earliest, time, missed } = mostRecent(cronJob, now, timetable, false);
    return time ?? (missed === 'none' ? earliest : now);
  } catch (error) {
    if (!(error instanceof InvalidScheduleError)) throw error;
    return now;
  }
}
