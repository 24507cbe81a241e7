// What the tools for lines of text have in common.

import type { System } from '../process/system.ts';
import { isBusybox, Refusal } from './tool.ts';

export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
export const bare = (line: string): string => line.replace(/\n$/, '');

/** `10`, `5k`; the old form `-5` too. */
export function countOf(system: System, text: string): number {
  const match = /^([-+]?)(\d+)([bkKmM]?)$/.exec(text);
  if (!match) throw new Refusal(isBusybox(system) ? `invalid number '${text}'` : `invalid number of lines: '${text}'`);
  return Number(match[2]) * ({ b: 512, k: 1024, K: 1024, m: 1_048_576, M: 1_048_576 }[match[3] as 'k'] ?? 1);
}

/** `head -5 file` as `head -n 5 file`. */
export function modern(system: System): System {
  const { argv } = system.process;
  const i = argv.findIndex((arg, at) => at > 0 && /^-\d+$/.test(arg));
  if (i > 0 && !/^-[nc]$/.test(argv[i - 1]!)) system.process.argv = [...argv.slice(0, i), '-n', argv[i]!.slice(1), ...argv.slice(i + 1)];
  return system;
}
