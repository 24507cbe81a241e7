// sort, by keys and kinds of comparison.

import { linesOf, bare } from './text-lines.ts';
import { options, wholeTool } from './tool.ts';

const SORT = 'nrufk:t:bdiMghVso:czT:S:m';
const SORT_WORDS = [
  'numeric-sort',
  'reverse',
  'unique',
  'key=',
  'field-separator=',
  'ignore-case',
  'human-numeric-sort',
  'version-sort',
  'output=',
  'stable',
  'parallel=',
];
const SORT_ALIASES = {
  aliases: {
    'numeric-sort': 'n',
    reverse: 'r',
    unique: 'u',
    key: 'k',
    'field-separator': 't',
    'ignore-case': 'f',
    'human-numeric-sort': 'h',
    'version-sort': 'V',
    output: 'o',
    stable: 's',
  },
};

export const sort = wholeTool('sort', {
  files: (system) => options(system, SORT, SORT_WORDS, SORT_ALIASES).rest,
  act: (system, inputs, status) => {
    const given = options(system, SORT, SORT_WORDS, SORT_ALIASES);
    const lines = inputs.flatMap(({ text }) => linesOf(text)).map(bare);
    const separator = given.get('t');
    const keys = given.all('k').map((text) => {
      const [, from = '1', fromChar, flags = '', to, toChar, moreFlags = ''] =
        /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(text) ?? [];
      return {
        from: Number(from),
        fromChar: Number(fromChar ?? 1),
        to: to === undefined ? undefined : Number(to),
        toChar: toChar === undefined ? undefined : Number(toChar),
        flags: flags + moreFlags,
      };
    });
    const keyOf = (line: string, key: (typeof keys)[number]): string => {
      const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
      const chosen = fields.slice(key.from - 1, key.to);
      const text = chosen.join(separator ?? '');
      return (key.fromChar > 1 ? text.slice(key.fromChar - 1) : text).slice(0, key.toChar);
    };
    const compare = (a: string, b: string, flags: string): number => {
      const has = (letter: string): boolean => flags.includes(letter) || (flags.replace('r', '') === '' && given.has(letter));
      let [x, y] = [a, b];
      if (has('f')) [x, y] = [x.toUpperCase(), y.toUpperCase()];
      if (has('b') || has('n') || has('g') || has('h')) [x, y] = [x.trimStart(), y.trimStart()];
      if (has('n') || has('g')) return (Number.parseFloat(x) || 0) - (Number.parseFloat(y) || 0);
      if (has('h')) return human(x) - human(y);
      if (has('M')) return month(x) - month(y);
      if (has('V')) return versions(x, y);
      return x < y ? -1 : x > y ? 1 : 0;
    };
    const order = (a: string, b: string): number => {
      for (const key of keys) {
        const result = compare(keyOf(a, key), keyOf(b, key), key.flags);
        if (result) return key.flags.includes('r') || (given.has('r') && !key.flags) ? -result : result;
      }
      if (keys.length && (given.has('u') || given.has('s'))) return 0;
      const result = keys.length
        ? a < b
          ? -1
          : a > b
            ? 1
            : 0
        : compare(a, b, '') || (given.has('u') || given.has('s') ? 0 : a < b ? -1 : a > b ? 1 : 0);
      return given.has('r') ? -result : result;
    };
    if (given.has('c')) {
      const i = lines.findIndex((line, at) => at > 0 && order(lines[at - 1]!, line) > 0);
      if (i < 0) return 0;
      system.err(`sort: -:${i + 1}: disorder: ${lines[i]}\n`);
      return 1;
    }
    const sorted = [...lines].sort(order);
    const out = given.has('u') ? sorted.filter((line, i) => i === 0 || order(sorted[i - 1]!, line) !== 0) : sorted;
    const text = out.map((line) => `${line}\n`).join('');
    const target = given.get('o');
    if (target === undefined) system.out(text);
    else system.files.write(system.path(target), text);
    return status ? 2 : 0;
  },
});

const human = (text: string): number =>
  (Number.parseFloat(text) || 0) * 1024 ** ('KMGTP'.indexOf(/[KMGTP]/i.exec(text)?.[0]?.toUpperCase() ?? ' ') + 1);
const month = (text: string): number =>
  ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'].indexOf(text.trim().slice(0, 3).toUpperCase());

function versions(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    if (p === q) continue;
    return /^\d/.test(p) && /^\d/.test(q) ? Number(p) - Number(q) : p < q ? -1 : 1;
  }
  return 0;
}
