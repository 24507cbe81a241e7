// chroot: a command with another root. Mirrors coreutils' (125 when it cannot even begin) and busybox's.

import { FileError } from '../files/error.ts';
import { ExecError } from '../process/spawn.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { isBusybox } from './tool.ts';

/** CAP_SYS_CHROOT of capabilities(7). */
const SYS_CHROOT = 1n << 18n;

/** Becomes a command (a shell, if none is given) in another root. */
export const chroot: Tool = {
  name: 'chroot',
  step: (system): Next => {
    const args = system.argv.slice(1);
    if (args[0] === '--') args.shift();
    const [place, ...command] = args;
    if (place === undefined) return failed(system, 'missing operand');
    const { root, cwd } = system.process;
    try {
      changeRoot(system, place);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return failed(system, `${isBusybox(system) ? "can't" : 'cannot'} change root directory to '${place}': ${error.message}`);
    }
    const argv = command.length ? command : [system.env['SHELL'] ?? '/bin/sh', '-i'];
    try {
      system.exec({ argv });
      return 'again';
    } catch (error) {
      if (!(error instanceof ExecError || error instanceof FileError)) throw error;
      system.process.cwd = cwd;
      if (root === undefined) delete system.process.root;
      else system.process.root = root;
      const status = error instanceof ExecError ? error.status : 126;
      const reason = status === 127 ? 'No such file or directory' : error.message;
      system.err(
        isBusybox(system) ? `chroot: can't execute '${argv[0]}': ${reason}\n` : `chroot: failed to run command '${argv[0]}': ${reason}\n`,
      );
      return { exit: status };
    }
  },
};

/** chroot(2) and chdir(2). Throws FileError. */
function changeRoot(system: System, place: string): void {
  const { files, process, container } = system;
  const path = system.path(place);
  const inode = files.stat(path);
  if (inode.type !== 'dir') throw new FileError('ENOTDIR', place);
  if (!files.may(inode, 1)) throw new FileError('EACCES', place);
  const { capabilities } = container?.privileges ?? {};
  const may = capabilities === undefined || (BigInt(`0x${capabilities}`) & SYS_CHROOT) !== 0n;
  if (process.uid !== 0 || !may) throw new FileError('EPERM', place);
  const root = files.root + files.resolve(path);
  if (root) process.root = root;
  process.cwd = '/';
}

function failed(system: System, message: string): Next {
  if (!isBusybox(system)) {
    const hint = message === 'missing operand' ? "Try 'chroot --help' for more information.\n" : '';
    system.err(`chroot: ${message}\n${hint}`);
    return { exit: 125 };
  }
  const usage = 'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: chroot NEWROOT [PROG ARGS]\n';
  system.err(message === 'missing operand' ? usage : `chroot: ${message}\n`);
  return { exit: 1 };
}
