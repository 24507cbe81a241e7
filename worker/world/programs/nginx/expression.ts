// The regular expressions of a configuration: in server names, locations, maps and rewrites.

import { compilePattern } from '../../../lib/pattern.ts';
import type { Flaw, Pattern, PatternError } from '../../../lib/pattern.ts';

const compiled = new Map<string, Pattern>();
const KEPT = 500;

/** What stands behind `~` or `~*`. Throws PatternError if it is no expression. */
export function expression(source: string, ignoresCase = false): Pattern {
  const key = `${ignoresCase ? '~*' : '~'}${source}`;
  let found = compiled.get(key);
  if (!found) {
    if (compiled.size >= KEPT) compiled.clear();
    compiled.set(key, (found = compilePattern(source, { ignoresCase })));
  }
  return found;
}

/** In PCRE's words. */
const PROBLEMS: Readonly<Partial<Record<Flaw, string>>> = {
  'open group': 'missing closing parenthesis',
  'closed group': 'unmatched closing parenthesis',
  'open class': 'missing terminating ] for character class',
  range: 'range out of order in character class',
  backslash: '\\ at end of pattern',
  'group syntax': 'unrecognized character after (? or (?-',
};

export const problemOf = ({ flaw }: PatternError): string => PROBLEMS[flaw] ?? 'quantifier does not follow a repeatable item';

/** `~^www\.`, `~*php$`: undefined for what is no expression. */
export function parseExpression(text: string): Pattern | undefined {
  if (text.startsWith('~*')) return expression(text.slice(2), true);
  return text.startsWith('~') ? expression(text.slice(1)) : undefined;
}
