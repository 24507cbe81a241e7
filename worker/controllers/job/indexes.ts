// Sets of completion indexes, as a Job's status writes them: `0,2,4-6`. Mirrors orderedIntervals of indexed_job_utils.go.

export interface Interval {
  first: number;
  last: number;
}

/** Ordered, apart from each other by at least one. */
export type Indexes = readonly Interval[];

/** What is no number is left out; what lies beyond `completions` too. */
export function parseIndexes(text: string, completions: number): Indexes {
  const out: Interval[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) continue;
    const first = Number(match[1]);
    if (first >= completions) break;
    const last = Math.min(match[2] === undefined ? first : Number(match[2]), completions - 1);
    const before = out.at(-1);
    if (before?.last === first - 1) before.last = last;
    else out.push({ first, last });
  }
  return out;
}

export function formatIndexes(indexes: Indexes): string {
  return indexes.map(({ first, last }) => (first === last ? String(first) : `${first}${last === first + 1 ? ',' : '-'}${last}`)).join(',');
}

export const countIndexes = (indexes: Indexes): number => indexes.reduce((sum, { first, last }) => sum + last - first + 1, 0);

export const hasIndex = (indexes: Indexes, index: number): boolean => indexes.some(({ first, last }) => first <= index && index <= last);

export function mergeIndexes(a: Indexes, b: Indexes): Indexes {
  const out: Interval[] = [];
  for (const { first, last } of [...a, ...b].sort((left, right) => left.first - right.first)) {
    const before = out.at(-1);
    if (before && first <= before.last + 1) before.last = Math.max(before.last, last);
    else out.push({ first, last });
  }
  return out;
}

export const addIndexes = (indexes: Indexes, more: Iterable<number>): Indexes =>
  mergeIndexes(
    indexes,
    [...new Set(more)].map((index) => ({ first: index, last: index })),
  );

/** The `count` lowest below `completions` that are not taken. */
export function firstFree(taken: Indexes, count: number, completions: number): number[] {
  const out: number[] = [];
  let candidate = 0;
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < Math.min(first, completions) && out.length < count; candidate++) out.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return out;
}

/** How many the two have in common. */
export function countCommon(a: Indexes, b: Indexes): number {
  let count = 0;
  for (const one of a) for (const other of b) count += Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first) + 1);
  return count;
}
