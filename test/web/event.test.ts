import { expect, test } from 'vitest';
import type { Event } from '../../web/cluster/kinds.ts';
import { isAbout, lastSeen, newestEvents, timesSeen } from '../../web/model/event.ts';

const event = (revision: number, rest: object): Event =>
  ({
    metadata: { resourceVersion: String(revision), creationTimestamp: '2026-01-01T00:00:00Z' },
    involvedObject: {},
    ...rest,
  }) as unknown as Event;

test('both spellings of an event', () => {
  const old = event(1, { count: 3, lastTimestamp: '2026-01-01T00:00:03Z' });
  const series = event(2, {
    eventTime: '2026-01-01T00:00:01.000000Z',
    series: { count: 7, lastObservedTime: '2026-01-01T00:00:05.000000Z' },
  });
  const single = event(3, { eventTime: '2026-01-01T00:00:01.000000Z', lastTimestamp: null });
  expect([old, series, single].map((one) => [timesSeen(one), new Date(lastSeen(one)).getUTCSeconds()])).toEqual([
    [3, 3],
    [7, 5],
    [1, 1],
  ]);
});

test('the newest first; of one second, that of the later revision', () => {
  const at = (revision: number, second: number) => event(revision, { lastTimestamp: `2026-01-01T00:00:0${second}Z` });
  expect(newestEvents([at(1, 1), at(2, 5), at(3, 1), at(4, 2)], 3).map(({ metadata }) => metadata.resourceVersion)).toEqual([
    '2',
    '4',
    '3',
  ]);
});

test('what an event is about', () => {
  const given = event(1, { involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' } });
  expect(isAbout(given, { kind: 'Pod', namespace: 'default', name: 'a' })).toBe(true);
  expect(isAbout(given, { kind: 'Pod', namespace: 'other', name: 'a' })).toBe(false);
});
