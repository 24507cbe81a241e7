import { expect, test } from 'vitest';
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
