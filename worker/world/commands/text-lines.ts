// What the tools for lines of text have in common.

import type { System } from '../process/system.ts';
import { isBusybox, Refusal } from './tool.ts';

export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
export const bare = (line: string): string => line.replace(/\n$/, '');

const UNITS: Readonly<Record<string, number>> = { b: 512, k: 2 ** 10, K: 2 ** 10, m: 2 ** 20, M: 2 ** 20, G: 2 ** 30 };

/** `10`, `5k`, `-5`, `+5`; of bytes or of lines. Throws Refusal. */
export function countOf(system: System, text: string, isBytes: boolean): number {
  const match = /^[-+]?(\d+)([bkKmMG]?)$/.exec(text);
  if (!match)
    throw new Refusal(isBusybox(system) ? `invalid number '${text}'` : `invalid number of ${isBytes ? 'bytes' : 'lines'}: '${text}'`);
  return Number(match[1]) * (UNITS[match[2]!] ?? 1);
}

/** `head -5 file` as `head -n 5 file`. */
export function modern(system: System): System {
  const { argv } = system.process;
  const i = argv.findIndex((arg, at) => at > 0 && /^-\d+$/.test(arg));
  if (i > 0 && !/^-[nc]$/.test(argv[i - 1]!)) system.process.argv = [...argv.slice(0, i), '-n', argv[i]!.slice(1), ...argv.slice(i + 1)];
  return system;
}
