// Go's regular expressions (RE2) by JavaScript's: read as Go reads them, with its errors, and written anew in what JavaScript takes.
// Differs: JavaScript's engine may take exponential time where RE2 does not; what is matched here is short.

import { translateGoRegExp } from './go-regexp-syntax.ts';

const made = new Map<string, RegExp>();
const KEPT = 500;

/** Throws a SyntaxError with what Go says after `error parsing regexp: `. */
export function goRegExp(pattern: string): RegExp {
  let known = made.get(pattern);
  if (!known) {
    if (made.size >= KEPT) made.clear();
    made.set(pattern, (known = new RegExp(translateGoRegExp(pattern), 'u')));
  }
  known.lastIndex = 0;
  return known;
}
