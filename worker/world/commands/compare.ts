// Tools that compare files: comm, cmp, diff.

import { unifiedDiff } from '../../lib/unified-diff.ts';
import { linesOf, bare } from './text-lines.ts';
import type { System } from '../process/system.ts';
import { isBusybox, options, Refusal, wholeTool } from './tool.ts';
import type { Options } from './tool.ts';

export const comm = wholeTool('comm', {
  files: (system) => options(system, '123').rest,
  act: (system, inputs) => {
    const given = options(system, '123');
    const [a = [], b = []] = inputs.map(({ text }) => linesOf(text).map(bare));
    const show = (column: 1 | 2 | 3, text: string): void => {
      if (given.has(String(column))) return;
      const before = [1, 2].filter((one) => one < column && !given.has(String(one))).length;
      system.out(`${'\t'.repeat(before)}${text}\n`);
    };
    for (let i = 0, j = 0; i < a.length || j < b.length;) {
      if (j >= b.length || (i < a.length && a[i]! < b[j]!)) show(1, a[i++]!);
      else if (i >= a.length || b[j]! < a[i]!) show(2, b[j++]!);
      else {
        show(3, a[i++]!);
        j++;
      }
    }
    return 0;
  },
});

const CMP = 'slbn:';

export const cmp = wholeTool('cmp', {
  files: (system) => options(system, CMP).rest.slice(0, 2),
  act: (system, [first, second], status) => {
    if (!first || !second) return status || 2;
    const [x, y] = [first.text, second.text];
    if (x === y) return 0;
    const at = [...x].findIndex((char, i) => char !== y[i]);
    if (options(system, CMP).has('s')) return 1;
    if (at < 0 || at >= y.length) system.err(`cmp: EOF on ${x.length < y.length ? first.name : second.name}\n`);
    else
      system.out(
        `${first.name} ${second.name} differ: ${isBusybox(system) ? 'char' : 'byte'} ${at + 1}, line ${x.slice(0, at).split('\n').length}\n`,
      );
    return 1;
  },
});

const diffOptions = (system: System): Options => {
  const given = options(system, 'uU:qrNabBiwst', ['unified', 'unified=', 'brief', 'recursive', 'new-file', 'color', 'color='], {
    aliases: { unified: 'u', brief: 'q', recursive: 'r' },
  });
  if (given.rest.length < 2) throw new Refusal(`missing operand after '${given.rest[0] ?? 'diff'}'`, 2);
  return given;
};

export const diff = wholeTool('diff', {
  files: (system) => diffOptions(system).rest.slice(0, 2),
  act: (system, [first, second]) => (first && second ? showDifference(system, first, second) : 2),
});

interface Input {
  readonly name: string;
  readonly text: string;
}

function showDifference(system: System, { name: a, text: x }: Input, { name: b, text: y }: Input): number {
  const given = diffOptions(system);
  if (x === y) return 0;
  if (given.has('q')) system.out(`Files ${a} and ${b} differ\n`);
  else
    system.out(
      given.has('u', 'U') || isBusybox(system)
        ? `--- ${a}\n+++ ${b}\n${unifiedDiff(bare(x), bare(y))}`
        : normalDiff(linesOf(x).map(bare), linesOf(y).map(bare)),
    );
  return 1;
}

/** diff's own form: `2c2`, `< old`, `> new`. */
function normalDiff(a: readonly string[], b: readonly string[]): string {
  const common = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  let out = '';
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
      continue;
    }
    const [fromA, fromB] = [i, j];
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) i++;
      else j++;
    }
    const range = (from: number, to: number): string => (to - from <= 1 ? String(to === from ? from : from + 1) : `${from + 1},${to}`);
    const kind = i === fromA ? 'a' : j === fromB ? 'd' : 'c';
    out += `${range(fromA, i)}${kind}${range(fromB, j)}\n${a
      .slice(fromA, i)
      .map((line) => `< ${line}\n`)
      .join('')}${kind === 'c' ? '---\n' : ''}${b
      .slice(fromB, j)
      .map((line) => `> ${line}\n`)
      .join('')}`;
  }
  return out;
}
