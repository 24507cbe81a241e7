// Sets of completion indexes as text, `1,3-5,7`. Mirrors the parsing in pkg/apis/batch/validation.

export class IndexError extends Error {}

export type Interval = readonly [first: number, last: number];

/** How many there are. Throws an IndexError if the text is none, names an index beyond, or is out of order. */
export function countIndexes(text: string, completions: number): number {
  if (!text) return 0;
  let total = 0;
  let last: number | undefined;
  for (const part of text.split(',')) {
    const [x, y] = parseInterval(part, completions);
    if (last !== undefined && last >= x) throw new IndexError(`non-increasing order, previous: ${last}, current: ${x}`);
    total += y - x + 1;
    last = y;
  }
  return total;
}

/** The first index that is in both; parts that are none are passed over. */
export function firstCommonIndex(a: string, b: string, completions: number): number | undefined {
  const [left, right] = [intervalsOf(a, completions), intervalsOf(b, completions)];
  for (let i = 0, n = 0; i < left.length && n < right.length;) {
    const [[x, y], [u, v]] = [left[i]!, right[n]!];
    if (x <= v && u <= y) return Math.max(x, u);
    if (x <= u) i++;
    else n++;
  }
  return undefined;
}

function intervalsOf(text: string, completions: number): Interval[] {
  if (!text) return [];
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)];
    } catch {
      return [];
    }
  });
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'";
    throw new IndexError(`the fragment ${JSON.stringify(text)} ${rule}`);
  }
  const [x, y = x] = limits.map((limit) => parseIndex(limit, completions)) as [number, number?];
  if (limits.length > 1 && x >= y) throw new IndexError(`non-increasing order, previous: ${x}, current: ${y}`);
  return [x, y];
}

function parseIndex(text: string, completions: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  if (value === undefined || !Number.isSafeInteger(value))
    throw new IndexError(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  if (value >= completions) throw new IndexError(`too large index: ${JSON.stringify(text)}`);
  return value;
}
