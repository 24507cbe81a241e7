import { expect, test } from 'vitest';
import { makeRandom } from '../../../worker/lib/host.ts';
import { Terms } from '../../../worker/lib/terms.ts';

const many = (prefix: string): string[] => Array.from({ length: 100 }, (_, i) => `${prefix}${i}`);

test.each([
  { name: 'one key', changes: [['b', [], ['t']]], want: ['b'] },
  {
    name: 'several keys, in order',
    changes: [
      ['b', [], ['t']],
      ['c', [], ['t']],
      ['a', [], ['t']],
    ],
    want: ['a', 'b', 'c'],
  },
  {
    name: 'a key that left',
    changes: [
      ['a', [], ['t', 'u']],
      ['b', [], ['t']],
      ['a', ['t', 'u'], ['u']],
    ],
    want: ['b'],
  },
  {
    name: 'everybody left',
    changes: [
      ['a', [], ['t']],
      ['a', ['t'], []],
    ],
    want: [],
  },
  { name: 'a term given twice', changes: [['a', [], ['t', 't']]], want: ['a'] },
  {
    name: 'many terms',
    changes: [
      ['a', [], [...many('x'), 't']],
      ['a', [...many('x'), 't'], ['t', ...many('y')]],
    ],
    want: ['a'],
  },
] as { name: string; changes: [key: string, before: string[], after: string[]][]; want: string[] }[])('$name', ({ changes, want }) => {
  const terms = new Terms();
  for (const change of changes) terms.change(...change);
  expect(terms.keysOf('t')).toEqual(want);
  expect(terms.count('t')).toBe(want.length);
  expect(terms.count('x1')).toBe(0);
});

test.each([
  { keys: 2, left: 0 },
  { keys: 2, left: 1 },
  { keys: 3, left: 2 },
  { keys: 24, left: 1 },
  { keys: 25, left: 24 },
  { keys: 200, left: 0 },
  { keys: 200, left: 3 },
])('of $keys keys that come in any order and twice, $left stay', ({ keys, left }) => {
  const terms = new Terms();
  const random = makeRandom(`${keys} ${left}`);
  const all = Array.from({ length: keys }, (_, i) => `key-${i}`).sort(() => random.below(2) - 0.5);
  for (const key of [...all, ...all]) terms.change(key, [], ['t']);
  expect(terms.keysOf('t')).toEqual([...all].sort());
  for (const key of all.slice(left)) terms.change(key, ['t'], []);
  for (const key of all.slice(left)) terms.change(key, ['t'], []);
  expect(terms.keysOf('t')).toEqual(all.slice(0, left).sort());
  expect(terms.count('t')).toBe(left);
  expect(terms.has('t')).toBe(left > 0);
});
