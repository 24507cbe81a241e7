// env and printenv.

import { ExecError } from '../process/spawn.ts';
import { FileError } from '../files/error.ts';
import type { Next, Tool } from '../process/program.ts';
import { isBusybox, once } from './tool.ts';

/** Prints the environment, or becomes a command in a changed one. */
export const env: Tool = {
  name: 'env',
  step: (system): Next => {
    let next: Record<string, string> = { ...system.env };
    const args = system.argv.slice(1);
    let i = 0;
    for (; i < args.length; i++) {
      const arg = args[i]!;
      if (arg === '-i' || arg === '-' || arg === '--ignore-environment') next = {};
      else if (arg === '-u' || arg === '--unset') delete next[args[++i] ?? ''];
      else if (arg.startsWith('-u')) delete next[arg.slice(2)];
      else if (arg === '--') continue;
      else if (arg.includes('=')) next[arg.slice(0, arg.indexOf('='))] = arg.slice(arg.indexOf('=') + 1);
      else break;
    }
    if (i >= args.length) {
      for (const [name, value] of Object.entries(next)) system.out(`${name}=${value}\n`);
      return { exit: 0 };
    }
    try {
      system.exec({ argv: args.slice(i), env: next });
      return 'again';
    } catch (error) {
      if (!(error instanceof ExecError || error instanceof FileError)) throw error;
      const status = error instanceof ExecError ? error.status : 126;
      system.err(
        isBusybox(system)
          ? `env: can't execute '${args[i]}': ${status === 127 ? 'No such file or directory' : error.message}\n`
          : `env: '${args[i]}': ${status === 127 ? 'No such file or directory' : error.message}\n`,
      );
      return { exit: status };
    }
  },
};

export const printenv = once('printenv', (system, args) => {
  if (!args.length) {
    for (const [name, value] of Object.entries(system.env)) system.out(`${name}=${value}\n`);
    return 0;
  }
  let status = 0;
  for (const name of args) {
    const value = system.env[name];
    if (value === undefined) status = 1;
    else system.out(`${value}\n`);
  }
  return status;
});
