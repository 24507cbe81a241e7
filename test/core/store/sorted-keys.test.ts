// Keys in order: what is read, and what is held where nobody reads.

import { expect, test } from 'vitest';
import { SortedKeys } from '../../../worker/store/sorted-keys.ts';

const keyOf = (i: number): string => `k${String(i).padStart(6, '0')}`;

test('keys that come and go are not held where nobody reads', () => {
  const keys = new SortedKeys();
  for (let i = 0; i < 50_000; i++) {
    keys.add(keyOf(i));
    if (i >= 100) keys.delete(keyOf(i - 100));
  }
  expect(keys.held).toBeLessThan(3000);
  expect(keys.slice({})).toEqual(Array.from({ length: 100 }, (_, i) => keyOf(49_900 + i)));
});

test('a key that was taken out can be put in again', () => {
  const keys = new SortedKeys(['b', 'a']);
  keys.delete('a');
  keys.add('a');
  keys.add('c');
  keys.delete('b');
  expect([keys.slice({}), keys.count({ prefix: 'c' })]).toEqual([['a', 'c'], 1]);
});
