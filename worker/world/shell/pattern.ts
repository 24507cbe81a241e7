// Shell patterns: `*`, `?`, `[…]`, as they match words (case, `${x#…}`) and file names. A backslash takes the next character as it is.

import { compilePattern } from '../../lib/pattern.ts';
import type { Pattern } from '../../lib/pattern.ts';
import type { Inode } from '../files/inode.ts';
import type { System } from '../process/system.ts';

const compiled = new Map<string, Pattern>();

/** A whole text against a pattern. Most patterns are a star, with something before it or behind it: these need no expression. */
export function matches(pattern: string, text: string): boolean {
  if (!/^[^\\?[*]*\*[^\\?[*]*$/.test(pattern)) return patternRegExp(pattern).test(text);
  const star = pattern.indexOf('*');
  return text.length >= pattern.length - 1 && text.startsWith(pattern.slice(0, star)) && text.endsWith(pattern.slice(star + 1));
}

export function patternRegExp(pattern: string): Pattern {
  let found = compiled.get(pattern);
  if (!found) {
    if (compiled.size > 500) compiled.clear();
    compiled.set(pattern, (found = compilePattern(`^(?:${patternSource(pattern)})$`, { isDotAll: true })));
  }
  return found;
}

/** What stands for a pattern in a regular expression. */
export function patternSource(pattern: string, isLazy = false): string {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '\\' && i + 1 < pattern.length) out += escapeRegExp(pattern[++i]!);
    else if (char === '*') out += isLazy ? '.*?' : '.*';
    else if (char === '?') out += '.';
    else if (char === '[') {
      const end = bracketEnd(pattern, i);
      if (end < 0) out += '\\[';
      else {
        out += bracketSource(pattern.slice(i + 1, end));
        i = end;
      }
    } else out += escapeRegExp(char);
  }
  return out;
}

function bracketEnd(pattern: string, from: number): number {
  let at = from + 1;
  if (pattern[at] === '!' || pattern[at] === '^') at++;
  if (pattern[at] === ']') at++;
  for (; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1);
    else if (pattern[at] === ']') return at;
  }
  return -1;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
  print: '\\x20-\\x7e',
  graph: '\\x21-\\x7e',
};

function bracketSource(inside: string): string {
  const isNegated = inside.startsWith('!') || inside.startsWith('^');
  const body = (isNegated ? inside.slice(1) : inside).replace(
    /\[:(\w+):\]|\\(.)|([\\\]^[])/gs,
    (_all, name: string | undefined, literal: string | undefined, special: string | undefined) =>
      name !== undefined ? (CLASSES[name] ?? '') : `\\${literal ?? special}`.replace(/\\([a-zA-Z0-9])/, '$1'),
  );
  return `[${isNegated ? '^' : ''}${body}]`;
}

export const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Takes the backslashes of a pattern away. */
export const unescapePattern = (pattern: string): string => pattern.replace(/\\(.)/gs, '$1');

export const escapePattern = (text: string): string => text.replace(/[\\*?[\]!^-]/g, '\\$&');

/** File names that a pattern matches, sorted; none if nothing does. */
export function expandPath(system: System, pattern: string): string[] {
  const isAbsolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  let found: string[] = [isAbsolute ? '/' : ''];
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    found = found.flatMap((base) => step(system, base, part, isLast && !pattern.endsWith('/')));
    if (!found.length) return [];
  }
  return pattern.endsWith('/') ? found.map((path) => `${path}/`) : found;
}

function step(system: System, base: string, part: string, isLast: boolean): string[] {
  const join = (name: string): string => (base === '' || base.endsWith('/') ? base + name : `${base}/${name}`);
  if (!/(?:^|[^\\])[*?[]/.test(part)) {
    const path = join(unescapePattern(part));
    const inode = isLast ? (system.find(path) ?? linkAt(system, path)) : system.find(path);
    return inode && (isLast || inode.type === 'dir') ? [path] : [];
  }
  let names: string[];
  try {
    names = system.files.list(system.path(base || '.'));
  } catch {
    return [];
  }
  if (part.startsWith('.')) names = ['.', '..', ...names];
  return names
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && matches(part, name))
    .map(join)
    .filter((path) => isLast || system.find(path)?.type === 'dir');
}

function linkAt(system: System, path: string): Inode | undefined {
  try {
    return system.files.lstat(system.path(path));
  } catch {
    return undefined;
  }
}
