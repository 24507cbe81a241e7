// The difference of two texts as a unified diff without file names, line for line as go-difflib (a port of Python's difflib) makes it:
// Kubernetes shows it when a field may not be changed. Ratcliff and Obershelp's matching, popular lines ignored.

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface OpCode {
  readonly equal: boolean;
  readonly a: readonly [from: number, to: number];
  readonly b: readonly [from: number, to: number];
}

const CONTEXT = 3;

/** '' for equal texts. Every line, the last too, ends in a newline. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let out = '';
  for (const group of groupOpCodes(opCodes(matchingBlocks(a, b)))) {
    const [first, last] = [group[0]!, group.at(-1)!];
    out += `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`;
    for (const { equal, a: inA, b: inB } of group) {
      for (const line of a.slice(...inA)) out += `${equal ? ' ' : '-'}${line}\n`;
      if (!equal) for (const line of b.slice(...inB)) out += `+${line}\n`;
    }
  }
  return out;
}

/** `3` or `3,7`: the first line, counted from 1, and how many. */
function range(from: number, to: number): string {
  const length = to - from;
  return length === 1 ? String(from + 1) : `${length === 0 ? from : from + 1},${length}`;
}

/** Lines of long texts that occur in more than one of a hundred do not start a match. */
function positionsOf(lines: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [i, line] of lines.entries()) {
    const known = positions.get(line);
    if (known) known.push(i);
    else positions.set(line, [i]);
  }
  if (lines.length < 200) return positions;
  const limit = Math.floor(lines.length / 100) + 1;
  for (const [line, where] of positions) if (where.length > limit) positions.delete(line);
  return positions;
}

function matchingBlocks(a: readonly string[], b: readonly string[]): Block[] {
  const positions = positionsOf(b);
  const found: Block[] = [];
  const open: [alo: number, ahi: number, blo: number, bhi: number][] = [[0, a.length, 0, b.length]];
  for (let bounds = open.pop(); bounds; bounds = open.pop()) {
    const [alo, ahi, blo, bhi] = bounds;
    const match = longestMatch(a, b, positions, bounds);
    if (!match.size) continue;
    found.push(match);
    if (alo < match.a && blo < match.b) open.push([alo, match.a, blo, match.b]);
    if (match.a + match.size < ahi && match.b + match.size < bhi) open.push([match.a + match.size, ahi, match.b + match.size, bhi]);
  }
  found.sort((x, y) => x.a - y.a);
  const joined: Block[] = [];
  for (const block of found) {
    const last = joined.at(-1);
    if (last && last.a + last.size === block.a && last.b + last.size === block.b)
      joined[joined.length - 1] = { ...last, size: last.size + block.size };
    else joined.push(block);
  }
  return [...joined, { a: a.length, b: b.length, size: 0 }];
}

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  positions: ReadonlyMap<string, readonly number[]>,
  [alo, ahi, blo, bhi]: readonly [number, number, number, number],
): Block {
  let [besti, bestj, size] = [alo, blo, 0];
  let lengths = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of positions.get(a[i]!) ?? []) {
      if (j < blo) continue;
      if (j >= bhi) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) [besti, bestj, size] = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  while (besti > alo && bestj > blo && a[besti - 1] === b[bestj - 1]) [besti, bestj, size] = [besti - 1, bestj - 1, size + 1];
  while (besti + size < ahi && bestj + size < bhi && a[besti + size] === b[bestj + size]) size++;
  return { a: besti, b: bestj, size };
}

function opCodes(blocks: readonly Block[]): OpCode[] {
  const codes: OpCode[] = [];
  let [i, j] = [0, 0];
  for (const { a, b, size } of blocks) {
    if (i < a || j < b) codes.push({ equal: false, a: [i, a], b: [j, b] });
    if (size) codes.push({ equal: true, a: [a, a + size], b: [b, b + size] });
    [i, j] = [a + size, b + size];
  }
  return codes;
}

/** Changes with their surroundings; those that lie far apart are groups of their own. */
function groupOpCodes(codes: readonly OpCode[]): OpCode[][] {
  const groups: OpCode[][] = [];
  let group: OpCode[] = [];
  for (const [n, code] of codes.entries()) {
    let { a, b } = code;
    if (code.equal) {
      if (n === 0) [a, b] = [tail(a), tail(b)];
      if (n === codes.length - 1) [a, b] = [head(a), head(b)];
      if (a[1] - a[0] > 2 * CONTEXT) {
        groups.push([...group, { equal: true, a: head(a), b: head(b) }]);
        group = [];
        [a, b] = [tail(a), tail(b)];
      }
    }
    group.push({ equal: code.equal, a, b });
  }
  groups.push(group);
  return groups.filter((one) => one.some(({ equal }) => !equal));
}

const head = ([from, to]: readonly [number, number]): [number, number] => [from, Math.min(to, from + CONTEXT)];
const tail = ([from, to]: readonly [number, number]): [number, number] => [Math.max(from, to - CONTEXT), to];
