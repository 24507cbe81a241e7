// busybox called by its own name: the tool is its first argument.

import { ExecError } from '../process/spawn.ts';
import type { Next, Tool } from '../process/program.ts';

export const busybox: Tool = {
  name: 'busybox',
  step: (system): Next => {
    const [name, ...args] = system.argv.slice(1);
    if (name === undefined || name === '--help') {
      system.out(
        'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\nBusyBox is copyrighted by many authors between 1998-2015.\nLicensed under GPLv2. See source distribution for detailed\ncopyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n',
      );
      return { exit: 0 };
    }
    if (name === '--list') {
      system.out(
        system.files
          .list('/bin')
          .filter((one) => one !== 'busybox')
          .map((one) => `${one}\n`)
          .join(''),
      );
      return { exit: 0 };
    }
    try {
      system.exec({ argv: [name, ...args] });
      return 'again';
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      system.err(`${name}: applet not found\n`);
      return { exit: 127 };
    }
  },
};
