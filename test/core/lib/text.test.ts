import { describe, expect, it } from 'vitest';
import { flat } from '../../../worker/lib/text.ts';

describe('a text in one piece', () => {
  it.each(['', 'a', 'web-85cff696df-8l4wb', 'h\u00e9llo \u2026', 'with \uffff and \uffff', '$& \0'])('is the same text: %j', (text) => {
    const half = Math.floor(text.length / 2);
    expect(flat(text.slice(0, half) + text.slice(half))).toBe(text);
  });
});
