import { describe, expect, test } from 'vitest';
import type { Event } from '../../web/cluster/kinds.ts';
import { aboutAll, lastSeen, newestEvents, timesSeen } from '../../web/model/event.ts';

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

test('events about those that scale it', () => {
  const isAbout = aboutAll({ kind: 'Deployment', namespace: 'default', name: 'web' }, new Set(['grow']));
  const of = (name: string, namespace = 'default') => event(1, { involvedObject: { kind: 'HorizontalPodAutoscaler', namespace, name } });
  expect([of('grow'), of('web'), of('grow', 'other')].map(isAbout)).toEqual([true, false, false]);
});

describe('events about an object, and about what it has made', () => {
  test.each([
    ['itself', 'Pod default/a', 'Pod default/a', true],
    ['of the same name elsewhere', 'Pod default/a', 'Pod other/a', false],
    ['a node', 'Node /node-1', 'Node /node-1', true],
    ['a ReplicaSet of a Deployment', 'Deployment default/web', 'ReplicaSet default/web-7957885594', true],
    ['a pod of one', 'Deployment default/web', 'Pod default/web-7957885594-npjh2', true],
    ['a pod of another Deployment, whose name goes on', 'Deployment default/web', 'Pod default/web-api-7957885594-npjh2', false],
    ['a ReplicaSet of that', 'Deployment default/web', 'ReplicaSet default/web-api', false],
    ['a dot is a dot', 'Deployment default/a.b', 'ReplicaSet default/axb-7957885594', false],
    ['a pod of a StatefulSet', 'StatefulSet default/db', 'Pod default/db-12', true],
    ['no pod of a StatefulSet', 'StatefulSet default/db', 'Pod default/db-x', false],
    ['a pod of a DaemonSet', 'DaemonSet kube-system/proxy', 'Pod kube-system/proxy-lfb7r', true],
    ['a pod of a Job', 'Job default/sum', 'Pod default/sum-2kxww', true],
    ['an indexed one', 'Job default/sum', 'Pod default/sum-3-2kxww', true],
    ['a Job of a CronJob', 'CronJob default/nightly', 'Job default/nightly-29384756', true],
    ['a pod of that', 'CronJob default/nightly', 'Pod default/nightly-29384756-2kxww', true],
    ['what a pod is of', 'Pod default/web-7957885594-npjh2', 'Deployment default/web', false],
  ])('%s: of %s, about %s', (_name, of, about, want) => {
    const read = (text: string) => {
      const [kind = '', namespace = '', name = ''] = text.split(/[ /]/);
      return { kind, namespace, name };
    };
    expect(aboutAll(read(of))(event(1, { involvedObject: read(about) }))).toBe(want);
  });
});
