// The regular expressions of a configuration: in server names, locations, maps and rewrites.

import { compilePattern } from '../../../lib/pattern.ts';
import type { Pattern } from '../../../lib/pattern.ts';

const compiled = new Map<string, Pattern>();
const KEPT = 500;

/** What stands behind `~` or `~*`. Throws an Error with PCRE's words if it is no expression. */
export function expression(source: string, ignoresCase = false): Pattern {
  const key = `${ignoresCase ? '~*' : '~'}${source}`;
  let found = compiled.get(key);
  if (!found) {
    if (compiled.size >= KEPT) compiled.clear();
    compiled.set(key, (found = compile(source, ignoresCase)));
  }
  return found;
}

function compile(source: string, ignoresCase: boolean): Pattern {
  try {
    return compilePattern(source, { ignoresCase });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(PROBLEMS.find(([pattern]) => pattern.test(message))?.[1] ?? 'quantifier does not follow a repeatable item', {
      cause: error,
    });
  }
}

const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/missing closing \)|Unterminated group/, 'missing closing parenthesis'],
  [/unexpected \)|Unmatched '\)'/, 'unmatched closing parenthesis'],
  [/missing closing \]/, 'missing terminating ] for character class'],
  [/class range/, 'range out of order in character class'],
  [/trailing backslash/, '\\ at end of pattern'],
  [/Perl syntax/, 'unrecognized character after (? or (?-'],
];

/** `~^www\.`, `~*php$`: undefined for what is no expression. */
export function parseExpression(text: string): Pattern | undefined {
  if (text.startsWith('~*')) return expression(text.slice(2), true);
  return text.startsWith('~') ? expression(text.slice(1)) : undefined;
}
