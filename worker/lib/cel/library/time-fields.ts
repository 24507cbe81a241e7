// The parts of a time, in UTC or a zone by name or offset; and of a duration. Mirrors cel-go common/types/timestamp.go.

import { isTimeZone, zoneOffset } from '../../time-zone.ts';
import { fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { CelError } from '../values.ts';
import type { Duration, Timestamp } from '../values.ts';

const DAY_MS = 86_400_000;

const FIELDS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const millis = ({ nanos }: Timestamp): number => Number(nanos / 1_000_000n);

const PARTS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

export const timeFunctions: Library = [
  ...Object.entries(FIELDS).flatMap(([name, read]) => [
    fn(name, 'timestamp.() int', (time: Timestamp) => BigInt(read(new Date(millis(time))))),
    fn(name, 'timestamp.(string) int', (time: Timestamp, zone: string) => BigInt(read(inZone(millis(time), zone)))),
  ]),
  ...Object.entries(PARTS).map(([name, unit]) => fn(name, 'duration.() int', ({ nanos }: Duration) => nanos / unit)),
  fn('getMilliseconds', 'duration.() int', ({ nanos }: Duration) => nanos / 1_000_000n),
];

/** A date whose UTC fields are those of the zone. */
function inZone(ms: number, zone: string): Date {
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3]);
    return new Date(ms + (offset[1] === '-' ? -minutes : minutes) * 60_000);
  }
  if (!isTimeZone(zone)) throw new CelError(`unknown time zone ${zone}`);
  return new Date(ms + zoneOffset(zone, ms));
}
