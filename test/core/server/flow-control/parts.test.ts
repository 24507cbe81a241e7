// The parts of flow control, each alone.

import { describe, expect, test } from 'vitest';
import { Query } from '../../../../worker/server/http.ts';
import type { HttpRequest } from '../../../../worker/server/http.ts';
import { allocate } from '../../../../worker/server/flow-control/allocation.ts';
import { DroppedRequests } from '../../../../worker/server/flow-control/dropped-requests.ts';
import { Processor } from '../../../../worker/server/flow-control/processor.ts';
import { deal, hashOfFlow } from '../../../../worker/server/flow-control/shuffle-sharding.ts';
import { Integrator, TimingRatio } from '../../../../worker/server/flow-control/timing.ts';
import { estimateWork } from '../../../../worker/server/flow-control/work-estimate.ts';
import { requestInfoOf } from '../../../../worker/server/request-info.ts';

const claim = (target: number, lower: number, upper: number): { target: number; lower: number; upper: number } => ({
  target,
  lower,
  upper,
});

test.each([
  { name: 'nobody', total: 0, claims: [], want: [] },
  { name: 'what they aim at', total: 30, claims: [claim(10, 0, 100), claim(20, 0, 100)], want: [10, 20] },
  { name: 'more than they aim at', total: 60, claims: [claim(10, 0, 100), claim(20, 0, 100)], want: [20, 40] },
  { name: 'less than they aim at', total: 15, claims: [claim(10, 0, 100), claim(20, 0, 100)], want: [5, 10] },
  { name: 'no less than the lower bound', total: 15, claims: [claim(10, 8, 100), claim(20, 0, 100)], want: [8, 7] },
  { name: 'no more than the upper bound', total: 60, claims: [claim(10, 0, 12), claim(20, 0, 100)], want: [12, 48] },
  { name: 'both bounds', total: 60, claims: [claim(10, 0, 12), claim(20, 20, 100), claim(5, 0, 5)], want: [12, 43, 5] },
  { name: 'just the lower bounds', total: 12, claims: [claim(10, 5, 100), claim(20, 7, 100)], want: [5, 7] },
  { name: 'just the upper bounds', total: 12, claims: [claim(10, 0, 5), claim(20, 0, 7)], want: [5, 7] },
  { name: 'those who want nothing, evenly', total: 10, claims: [claim(0, 0, 100), claim(0, 0, 100)], want: [5, 5] },
  { name: 'too little for the lower bounds', total: 5, claims: [claim(10, 6, 100)], want: undefined },
  { name: 'too much for the upper bounds', total: 5, claims: [claim(1, 0, 4)], want: undefined },
])('seats are allocated: $name', ({ total, claims, want }) => {
  const parts = allocate(total, claims)?.parts;
  expect(parts?.map((part) => Math.round(part * 1e6) / 1e6)).toEqual(want);
});

test.each([
  { name: 'the lowest', hash: 0n, deck: 128, hand: 4, want: [0, 1, 2, 3] },
  { name: 'the highest', hash: 128n * 127n * 126n - 1n, deck: 128, hand: 3, want: [127, 126, 125] },
  { name: 'one of them', hash: 14n + 128n * 26n + 128n * 127n * 73n, deck: 128, hand: 3, want: [14, 27, 75] },
  { name: 'one queue', hash: 12_345n, deck: 1, hand: 1, want: [0] },
])('a hand is dealt: $name', ({ hash, deck, hand, want }) => expect(deal(hash, deck, hand)).toEqual(want));

test('a hand is of different queues, and is another for another flow', () => {
  const hands = ['alice', 'bob', 'carol'].map((user) => deal(hashOfFlow('global-default', user), 128, 6));
  for (const hand of hands) {
    expect(new Set(hand).size).toBe(6);
    expect(hand.every((card) => card >= 0 && card < 128)).toBe(true);
  }
  expect(new Set(hands.map((hand) => hand.join())).size).toBe(3);
  expect(hashOfFlow('a', 'b')).toBe(0xd3b1bc1bae71b259n);
});

describe('how long to wait', () => {
  const at = (second: number): number => second * 1000;

  test('doubles while many are refused, and becomes shorter when few are', () => {
    const dropped = new DroppedRequests();
    const seen: number[] = [];
    for (let second = 100; second < 110; second++) {
      for (let i = 0; i < 20; i++) dropped.add(at(second));
      seen.push(dropped.retryAfter);
    }
    expect(seen).toEqual([1, 2, 2, 4, 4, 4, 4, 8, 8, 8]);
    for (let second = 200; second < 240; second += 10) {
      dropped.add(at(second));
      seen.push(dropped.retryAfter);
    }
    expect(seen.slice(10)).toEqual([7, 6, 5, 4]);
  });

  test('is never more than 32 s', () => {
    const dropped = new DroppedRequests();
    for (let second = 100; second < 300; second++) for (let i = 0; i < 100; i++) dropped.add(at(second));
    expect(dropped.retryAfter).toBe(32);
  });
});

describe('seats of a request', () => {
  const seats = (method: string, target: string, { count = 0, bytes = 0, watchers = 0, max = Infinity } = {}): unknown => {
    const [path = '', search = ''] = target.split('?');
    const query = new Query(search);
    const info = requestInfoOf({ method, path, query } as HttpRequest);
    const around = { stored: () => ({ count, bytes }), watchers: () => watchers };
    const { initialSeats, finalSeats, additionalLatency } = estimateWork(info, query, max, around);
    return [initialSeats, finalSeats, additionalLatency];
  };
  const PODS = '/api/v1/namespaces/default/pods';
  const many = { count: 1000, bytes: 4_000_000 };

  test.each([
    { name: 'a get', want: seats('GET', `${PODS}/web`, many), is: [1, 0, 0] },
    { name: 'a list of nothing', want: seats('GET', PODS), is: [1, 0, 0] },
    { name: 'a list, which is sent piece by piece', want: seats('GET', PODS, many), is: [10, 0, 0] },
    { name: 'a small list', want: seats('GET', PODS, { count: 100, bytes: 150_000 }), is: [2, 0, 0] },
    { name: 'a list from storage', want: seats('GET', `${PODS}?limit=500`, many), is: [20, 0, 0] },
    { name: 'a limited list from the cache', want: seats('GET', `${PODS}?limit=100&resourceVersion=0`, many), is: [4, 0, 0] },
    { name: 'a limited list of what is selected', want: seats('GET', `${PODS}?limit=100&labelSelector=app`, many), is: [20, 0, 0] },
    { name: 'a list at a revision', want: seats('GET', `${PODS}?resourceVersion=7&resourceVersionMatch=Exact`, many), is: [40, 0, 0] },
    { name: 'no more than a level allows', want: seats('GET', PODS, { ...many, max: 8 }), is: [8, 0, 0] },
    { name: 'no more than a hundred', want: seats('GET', `${PODS}?continue=x`, { count: 10, bytes: 90_000_000 }), is: [100, 0, 0] },
    { name: 'a list of one', want: seats('GET', `${PODS}?fieldSelector=metadata.name=web`, many), is: [1, 0, 0] },
    { name: 'a watch', want: seats('GET', `${PODS}?watch=1`, many), is: [1, 0, 0] },
    { name: 'a watch that begins with all', want: seats('GET', `${PODS}?watch=1&sendInitialEvents=true`, many), is: [10, 0, 0] },
    { name: 'a creation that few watch', want: seats('POST', PODS, { watchers: 9 }), is: [1, 0, 0] },
    { name: 'a creation that many watch', want: seats('POST', PODS, { watchers: 25 }), is: [1, 3, 5] },
    { name: 'a change that very many watch', want: seats('PATCH', `${PODS}/web`, { watchers: 400 }), is: [1, 10, 20] },
    { name: 'a deletion of many', want: seats('DELETE', PODS, { watchers: 400 }), is: [1, 0, 0] },
    { name: 'a token', want: seats('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', { watchers: 25 }), is: [1, 0, 0] },
  ])('$name', ({ want, is }) => expect(want).toEqual(is));
});

describe('the processor', () => {
  const run = (arrivals: readonly (readonly [at: number, seats: number, length?: number])[]): number[] => {
    const processor = new Processor(0);
    const ends: number[] = [];
    arrivals.forEach(([at, seats, length = 1], i) => {
      processor.run(at);
      processor.enter({ seats, length, served: (now) => (ends[i] = Math.round(now * 100) / 100) }, 10);
    });
    processor.run(10_000);
    expect(processor.next()).toBe(Infinity);
    return ends;
  };

  test.each([
    { name: 'one alone', arrivals: [[0, 1]], want: [10] },
    { name: 'a wide one alone', arrivals: [[0, 4]], want: [40] },
    {
      name: 'one after the other',
      arrivals: [
        [0, 1],
        [50, 1],
      ],
      want: [10, 60],
    },
    {
      name: 'two at once share',
      arrivals: [
        [0, 1],
        [0, 1],
      ],
      want: [20, 20],
    },
    {
      name: 'one that comes later',
      arrivals: [
        [0, 1],
        [5, 1],
      ],
      want: [15, 20],
    },
    {
      name: 'a wide one and a narrow one',
      arrivals: [
        [0, 3],
        [0, 1],
      ],
      want: [40, 40],
    },
    {
      name: 'a long one lets a short one pass',
      arrivals: [
        [0, 1, 3],
        [0, 1],
      ],
      want: [40, 20],
    },
  ] as const)('$name', ({ arrivals, want }) => expect(run(arrivals)).toEqual(want));
});

test('how long a fraction was what', () => {
  const ratio = new TimingRatio([0, 0.5, 1], 0);
  ratio.setWhole(4, 10);
  ratio.set(1, 10);
  ratio.set(4, 30);
  ratio.set(8, 35);
  expect(ratio.samples({ a: 'b' }, 36)).toEqual([
    [{ a: 'b', le: '0' }, 10e6, '_bucket'],
    [{ a: 'b', le: '0.5' }, 30e6, '_bucket'],
    [{ a: 'b', le: '1' }, 35e6, '_bucket'],
    [{ a: 'b', le: '+Inf' }, 36e6, '_bucket'],
    [{ a: 'b' }, 12e6, '_sum'],
    [{ a: 'b' }, 36e6, '_count'],
  ]);
});

test('an average over time', () => {
  const integrator = new Integrator(0);
  integrator.set(4, 10);
  integrator.set(0, 20);
  expect(integrator.take(20)).toEqual({ average: 2, deviation: 2, max: 4 });
  expect(integrator.take(30)).toEqual({ average: 0, deviation: 0, max: 0 });
});
