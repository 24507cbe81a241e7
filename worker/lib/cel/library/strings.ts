// Texts: what cel-go ext/strings.go (version 2) adds, and Kubernetes' find and findAll (apiserver pkg/cel/library/regex.go).

import { goRegExp } from '../../go-regexp.ts';
import { goQuote } from '../../go-format.ts';
import { costs, fn } from '../functions.ts';
import type { Library } from '../functions.ts';
import { CelError } from '../values.ts';
import type { Value } from '../values.ts';
import { formatted } from './format-string.ts';

const chars = (text: string): string[] => [...text];

function charAt(text: string, index: bigint): string {
  const list = chars(text);
  if (index < 0n || index > BigInt(list.length)) throw new CelError(`index out of range: ${index}`);
  return list[Number(index)] ?? '';
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const [list, wanted] = [chars(text), chars(part)];
  if (!wanted.length && from === 0n) return 0n;
  if (from < 0n || from > BigInt(list.length)) throw new CelError(`index out of range: ${from}`);
  for (let i = Number(from); i + wanted.length <= list.length; i++) if (wanted.every((char, j) => list[i + j] === char)) return BigInt(i);
  return -1n;
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const [list, wanted] = [chars(text), chars(part)];
  const last = from ?? BigInt(list.length - 1);
  if (!wanted.length) return from === undefined ? BigInt(list.length) : last;
  if (from !== undefined && (from < 0n || from >= BigInt(list.length))) throw new CelError(`index out of range: ${from}`);
  for (let i = Math.min(Number(last), list.length - wanted.length); i >= 0; i--)
    if (wanted.every((char, j) => list[i + j] === char)) return BigInt(i);
  return -1n;
}

function substring(text: string, start: bigint, end?: bigint): string {
  const list = chars(text);
  const stop = end ?? BigInt(list.length);
  if (end !== undefined && start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  for (const index of [start, stop]) if (index < 0n || index > BigInt(list.length)) throw new CelError(`index out of range: ${index}`);
  return list.slice(Number(start), Number(stop)).join('');
}

function replace(text: string, from: string, to: string, limit = -1n): string {
  if (limit < 0n) return from ? text.replaceAll(from, () => to) : [...chars(text).map((char) => to + char), to].join('');
  let left = Number(limit);
  if (!from) return [...chars(text), ''].map((char) => (left-- > 0 ? to + char : char)).join('');
  return text.split(from).reduce((all, part, i) => (i === 0 ? part : all + (left-- > 0 ? to : from) + part));
}

function split(text: string, by: string, limit = -1n): string[] {
  if (limit === 0n) return [];
  const all = by ? text.split(by) : chars(text);
  if (limit < 0n || all.length <= Number(limit)) return all;
  const head = all.slice(0, Number(limit) - 1);
  return [...head, all.slice(Number(limit) - 1).join(by)];
}

/** Go's unicode.IsSpace. */
const trim = (text: string): string => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '');

const ascii = (text: string, upper: boolean): string =>
  text.replaceAll(upper ? /[a-z]/g : /[A-Z]/g, (char) => (upper ? char.toUpperCase() : char.toLowerCase()));

function join(list: Value[], separator = ''): string {
  return list
    .map((one) => {
      if (typeof one !== 'string') throw new CelError('no such overload');
      return one;
    })
    .join(separator);
}

function regex(pattern: string): ReturnType<typeof goRegExp> {
  try {
    return goRegExp(pattern);
  } catch (error) {
    throw new CelError(`Illegal regex: ${(error as Error).message}`);
  }
}

function findAll(text: string, pattern: string, limit = -1n): string[] {
  const found: string[] = [];
  for (const [match] of regex(pattern).matchAll(text)) {
    if (limit >= 0n && BigInt(found.length) >= limit) break;
    found.push(match);
  }
  return found;
}

export const strings: Library = [
  fn('charAt', 'string.(int) string', charAt),
  fn('indexOf', 'string.(string) int', indexOf, costs.traversal()),
  fn('indexOf', 'string.(string, int) int', indexOf, costs.traversal()),
  fn('lastIndexOf', 'string.(string) int', lastIndexOf, costs.traversal()),
  fn('lastIndexOf', 'string.(string, int) int', lastIndexOf, costs.traversal()),
  fn('lowerAscii', 'string.() string', (text: string) => ascii(text, false), costs.traversal()),
  fn('upperAscii', 'string.() string', (text: string) => ascii(text, true), costs.traversal()),
  fn('replace', 'string.(string, string) string', replace, costs.traversal(0, 2)),
  fn('replace', 'string.(string, string, int) string', replace, costs.traversal(0, 2)),
  fn('split', 'string.(string) list<string>', split, costs.traversal(0, 2)),
  fn('split', 'string.(string, int) list<string>', split, costs.traversal(0, 2)),
  fn('substring', 'string.(int) string', substring, costs.traversal()),
  fn('substring', 'string.(int, int) string', substring, costs.traversal()),
  fn('trim', 'string.() string', trim, costs.traversal()),
  fn('join', 'list<string>.() string', join, costs.join),
  fn('join', 'list<string>.(string) string', join, costs.join),
  fn('format', 'string.(list<dyn>) string', formatted, costs.traversal()),
  fn('strings.quote', '(string) string', goQuote, costs.traversal()),
  fn('find', 'string.(string) string', (text: string, pattern: string) => findAll(text, pattern, 1n)[0] ?? '', costs.regex()),
  fn('findAll', 'string.(string) list<string>', findAll, costs.regex()),
  fn('findAll', 'string.(string, int) list<string>', findAll, costs.regex()),
];
