// sleep: waits.

import type { Next, Tool } from '../process/program.ts';
import { isBusybox, nameOf } from './tool.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export const sleep: Tool = {
  name: 'sleep',
  step: (system): Next => {
    let until = system.process.data as number | null;
    if (until === null) {
      const args = system.argv.slice(1);
      if (!args.length) {
        system.err(
          isBusybox(system)
            ? 'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays\n'
            : "sleep: missing operand\nTry 'sleep --help' for more information.\n",
        );
        return { exit: 1 };
      }
      let seconds = 0;
      for (const arg of args) {
        if (arg === 'infinity' || arg === 'inf') {
          seconds = Infinity;
          continue;
        }
        const match = /^(\d*\.?\d*)([smhd]?)$/.exec(arg);
        if (!match || match[1] === '' || match[1] === '.') {
          system.err(
            isBusybox(system)
              ? `${nameOf(system)}: invalid number '${arg}'\n`
              : `sleep: invalid time interval '${arg}'\nTry 'sleep --help' for more information.\n`,
          );
          return { exit: 1 };
        }
        seconds += Number(match[1]) * UNITS[match[2] || 's']!;
      }
      until = seconds === Infinity ? -1 : system.now() + Math.round(seconds * 1000);
      system.process.data = until;
    }
    if (until < 0) return { wait: {} };
    return system.now() >= until ? { exit: 0 } : { wait: { until } };
  },
};
