import { describe, expect, test } from 'vitest';
import { nextTime } from '../../../../worker/lib/cron/next.ts';
import { parseSchedule } from '../../../../worker/lib/cron/parse.ts';
import { isTimeZone } from '../../../../worker/lib/time-zone.ts';

describe('schedules that are none', () => {
  test.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-2 * * * *', 'beginning of range (5) beyond end of range (2): 5-2'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    [
      '99999999999999999999 * * * *',
      'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['TZ=0', 'invalid schedule format: runtime error: slice bounds out of range [:-1]'],
    ['TZ=Mars/Base * * * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
  ])('%j', (text, message) => expect(() => parseSchedule(text)).toThrow(message));
});

describe('the next times', () => {
  test.each([
    ['* * * * *', '2026-01-01T00:00:30Z', ['2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z']],
    ['*/15 * * * *', '2026-01-01T00:15:00Z', ['2026-01-01T00:30:00Z', '2026-01-01T00:45:00Z', '2026-01-01T01:00:00Z']],
    ['5,10 3-4 * * *', '2026-01-01T03:10:00Z', ['2026-01-01T04:05:00Z', '2026-01-01T04:10:00Z', '2026-01-02T03:05:00Z']],
    ['30 8 * * MON-FRI', '2026-01-02T09:00:00Z', ['2026-01-05T08:30:00Z', '2026-01-06T08:30:00Z']],
    ['0 0 1 jan *', '2026-01-01T00:00:00Z', ['2027-01-01T00:00:00Z']],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z']],
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z', '2026-01-13T00:00:00Z']],
    ['0 0 */2 * 5', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z']],
    ['0 0 * * 5', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z']],
    ['@hourly', '2026-01-01T00:59:59Z', ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z']],
    ['@weekly', '2026-01-01T00:00:00Z', ['2026-01-04T00:00:00Z', '2026-01-11T00:00:00Z']],
    ['@every 90m', '2026-01-01T00:00:00Z', ['2026-01-01T01:30:00Z', '2026-01-01T03:00:00Z']],
    ['@every 1ms', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:01Z']],
    ['0 0 31 12 *', '2026-12-31T00:00:00Z', ['2027-12-31T00:00:00Z']],
  ])('%s after %s', (text, after, want) => expect(times(text, after, want.length)).toEqual(want));

  test.each([
    ['America/New_York', '0 9 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T14:00:00Z']],
    ['America/New_York', '0 9 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T13:00:00Z']],
    // The clock goes from 2:00 to 3:00 on the 8th of March: 2:30 does not come.
    ['America/New_York', '30 2 * * *', '2026-03-07T08:00:00Z', ['2026-03-09T06:30:00Z']],
    // It goes from 2:00 back to 1:00 on the 1st of November: 1:30 comes twice.
    ['America/New_York', '30 1 * * *', '2026-11-01T00:00:00Z', ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z', '2026-11-02T06:30:00Z']],
    ['Asia/Kolkata', '0 0 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T18:30:00Z']],
    // Midnight does not exist on the day that summer begins.
    ['America/Asuncion', '0 0 * * *', '2023-09-30T12:00:00Z', ['2023-10-02T03:00:00Z']],
  ])('in %s: %s after %s', (zone, text, after, want) => expect(times(text, after, want.length, zone)).toEqual(want));

  test('a day that never comes', () => expect(nextTime(parseSchedule('0 0 30 2 *'), 0)).toBeUndefined());
  test('a zone in the schedule counts more', () =>
    expect(times('CRON_TZ=Asia/Kolkata 0 0 * * *', '2026-01-01T00:00:00Z', 1, 'America/New_York')).toEqual(['2026-01-01T18:30:00Z']));
});

test.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Etc/GMT+3', true],
  ['Mars/Base', false],
  ['+01:00', false],
  ['', false],
])('%j is a time zone: %s', (zone, want) => expect(isTimeZone(zone)).toBe(want));

function times(text: string, after: string, count: number, zone?: string): string[] {
  const schedule = parseSchedule(text);
  const out: string[] = [];
  let time: number | undefined = Date.parse(after);
  while (out.length < count && (time = nextTime(schedule, time, zone)) !== undefined)
    out.push(new Date(time).toISOString().replace('.000Z', 'Z'));
  return out;
}
