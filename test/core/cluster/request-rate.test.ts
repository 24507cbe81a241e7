import { expect, test } from 'vitest';
import { RateLimiter } from '../../../worker/cluster/request-rate.ts';

test('a burst passes, then as many a second as allowed', () => {
  const limiter = new RateLimiter({ perSecond: 10, burst: 20 });
  const taken = (now: number, tries: number): number => {
    let count = 0;
    for (; count < tries && !limiter.isEmpty(now); count++) limiter.take();
    return count;
  };
  expect(limiter.restraint).toBe(undefined);
  expect(taken(1000, 30)).toBe(20);
  expect(limiter.restraint).toBe(5);
  expect(taken(1099, 5)).toBe(0);
  expect(taken(1600, 30)).toBe(6);
  expect(taken(1_000_000, 30)).toBe(20);
  expect(taken(999_000, 5), 'a clock that goes back gives nothing').toBe(0);
});
