// Go's regular expressions: its syntax, its messages, and its promise that a match takes no more than time in proportion to the text, whatever the pattern.

import { RE2JS } from 're2js';

const made = new Map<string, RE2JS>();
const KEPT = 500;

/** Throws an Error with Go's message (`error parsing regexp: missing closing ): …`) for a pattern that is none. */
export function goRegExp(pattern: string): RE2JS {
  let known = made.get(pattern);
  if (!known) {
    if (made.size >= KEPT) made.clear();
    made.set(pattern, (known = compile(pattern)));
  }
  return known;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    // Go quotes there what is wrong everywhere, and here that is nothing.
    const message = (error as Error).message.replace(/(trailing backslash at end of expression)$/, '$1: ``');
    throw new SyntaxError(message, { cause: error });
  }
}
