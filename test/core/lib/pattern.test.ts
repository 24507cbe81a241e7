// Patterns that somebody brings: what they match, and that none of them takes for ever. A test that hangs here shows that one does.

import { describe, expect, test } from 'vitest';
import { goRegExp } from '../../../worker/lib/go-regexp.ts';
import { compilePattern } from '../../../worker/lib/pattern.ts';
import type { PatternOptions } from '../../../worker/lib/pattern.ts';

/** Each takes a backtracking engine longer than the sun has left. */
const HARD = ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*a){25}', '(x+x+)+y'];

describe('no pattern takes for ever', () => {
  test.each(HARD)('%s', (pattern) => {
    const text = `${'ax'.repeat(20)}${'a'.repeat(5000)}!`;
    expect(goRegExp(pattern).test(text)).toBe(pattern === '(.*a){25}');
    expect([...compilePattern(pattern).matchAll(text)].length).toBe(pattern === '(.*a){25}' ? 1 : 0);
  });

  test.each([
    ['(a+)+\\1$', `${'a'.repeat(5000)}!`],
    ['(.*)(.*)(.*)(.*)=\\1', 'a'.repeat(5000)],
    ['(?=(a+)+b)a', 'a'.repeat(5000)],
  ])('%s, which gives up', (pattern, text) => {
    expect(compilePattern(pattern).exec(text)).toBeNull();
  });
});

test.each<[pattern: string, options: PatternOptions, text: string, found: string[]]>([
  ['foo|foobar', {}, 'foobar', ['foo']],
  ['foo|foobar', { isLongest: true }, 'foobar', ['foobar']],
  ['A.c', { ignoresCase: true }, 'abc aBC a\nc', ['abc', 'aBC']],
  ['a.c', { isDotAll: true }, 'a\nc', ['a\nc']],
  ['(\\w)\\1', {}, 'hello book', ['ll', 'oo']],
  ['\\w+(?=!)', {}, 'a b! c!', ['b', 'c']],
  ['(?<=\\$)\\d+', {}, '1 $2 $34', ['2', '34']],
  ['\\\\1', {}, 'a\\1', ['\\1']],
])('%s %o', (pattern, options, text, found) => {
  expect([...compilePattern(pattern, options).matchAll(text)].map(([match]) => match)).toEqual(found);
});

test.each([
  ['(', 'missing closing ): `(`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['[b-a]', 'invalid character class range: `b-a`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['x{1001}', 'invalid repeat count: `{1001}`'],
])('Go refuses %s', (pattern, problem) => {
  expect(() => goRegExp(pattern)).toThrow(`error parsing regexp: ${problem}`);
});
