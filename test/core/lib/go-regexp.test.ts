// Go's regular expressions: what Go's own engine says of a pattern, and what it finds. (Of names of groups, as Go has it since 1.22.)

import { expect, test } from 'vitest';
import { goRegExp } from '../../../worker/lib/go-regexp.ts';

test.each([
  ['(', 'missing closing ): `(`'],
  ['a)', 'unexpected ): `a)`'],
  ['[a', 'missing closing ]: `[a`'],
  ['x[z-a]', 'invalid character class range: `z-a`'],
  ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
  ['[a-\\d]', 'invalid escape sequence: `\\d`'],
  ['*', 'missing argument to repetition operator: `*`'],
  ['a|*?', 'missing argument to repetition operator: `*?`'],
  ['a**', 'invalid nested repetition operator: `**`'],
  ['a{2}{3}', 'invalid nested repetition operator: `{2}{3}`'],
  ['a{2,1}', 'invalid repeat count: `{2,1}`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['(a{100}){11}', 'invalid repeat count: `{11}`'],
  ['a\\', 'trailing backslash at end of expression: ``'],
  ['(a)\\1', 'invalid escape sequence: `\\1`'],
  ['\\u0041', 'invalid escape sequence: `\\u`'],
  ['\\pX', 'invalid character class range: `\\pX`'],
  ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(?i', 'invalid or unsupported Perl syntax: `(?i`'],
  ['(?<=a)b', 'invalid named capture: `(?<=a)b`'],
  ['(?P<a-b>c)', 'invalid named capture: `(?P<a-b>`'],
])('%s is refused', (pattern, want) => expect(() => goRegExp(pattern)).toThrow(`error parsing regexp: ${want}`));

test.each([
  { pattern: '^a.c$', text: 'a\nc', want: undefined },
  { pattern: '(?s)^a.c$', text: 'a\nc', want: 'a\nc' },
  { pattern: '^b$', text: 'a\nb', want: undefined },
  { pattern: '(?m)^b$', text: 'a\nb', want: 'b' },
  { pattern: 'a(?i)b(?-i)c', text: 'aBc', want: 'aBc' },
  { pattern: 'a(?i:b)c', text: 'aBC', want: undefined },
  { pattern: '(?i)[a-c]+', text: 'xABCd', want: 'ABC' },
  { pattern: '(?U)a+', text: 'aaa', want: 'a' },
  { pattern: '(?U)a+?', text: 'aaa', want: 'aaa' },
  { pattern: '\\Qa.b\\E+', text: 'a.bb', want: 'a.bb' },
  { pattern: '[\\d-z]+', text: '1-z', want: '1-z' },
  { pattern: '[]a]+', text: 'a]', want: 'a]' },
  { pattern: '[[:^alpha:]]+', text: 'ab12', want: '12' },
  { pattern: '\\s', text: '\v', want: undefined },
  { pattern: '\\p{Greek}\\pL', text: 'aΣσ', want: 'Σσ' },
  { pattern: '\\x{61}\\x62\\143', text: 'abc', want: 'abc' },
  { pattern: 'a{,2}', text: 'a{,2}', want: 'a{,2}' },
  { pattern: '^*a', text: 'ba', want: 'a' },
  { pattern: 'a{2}(?i)?b', text: 'b', want: 'b' },
])('$pattern in $text', ({ pattern, text, want }) => expect(goRegExp(pattern).exec(text)?.[0]).toBe(want));
