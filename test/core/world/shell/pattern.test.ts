import { expect, test } from 'vitest';
import { matches, patternRegExp } from '../../../../worker/world/shell/pattern.ts';

const PATTERNS = ['*', '*.conf', 'a*', 'a*b', 'a*a', '**', 'a*b*', '?*', '[ab]*', '\\*', '', 'a.b', 'a|b*', '*\n'];
const TEXTS = ['', 'a', 'b', 'ab', 'aa', 'a.b', 'axb', 'a\nb', 'x.conf', '.conf', 'xconf', '*', 'a|b', 'a|bc', '\n'];

test.each(PATTERNS)('%j matches the texts that its expression matches', (pattern) => {
  for (const text of TEXTS) expect([text, matches(pattern, text)]).toEqual([text, patternRegExp(pattern).test(text)]);
});

test('a star is anything, also nothing, and its ends do not overlap', () => {
  expect(TEXTS.filter((text) => matches('a*a', text))).toEqual(['aa']);
  expect(TEXTS.filter((text) => matches('*.conf', text))).toEqual(['x.conf', '.conf']);
});
