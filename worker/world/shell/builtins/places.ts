// cd, pwd and the stack of directories.

import { FileError } from '../../files/error.ts';
import type { Run } from '../run.ts';
import type { Builtin } from './index.ts';

function cd(run: Run, argv: readonly string[]): number {
  const { shell, system } = run;
  const args = argv.slice(1).filter((arg) => !/^-[LPe]$|^--$/.test(arg));
  if (args.length > 1 && shell.flavour === 'bash') {
    run.complain('too many arguments', 'cd');
    return 1;
  }
  let target = args[0];
  if (target === undefined) {
    target = run.get('HOME');
    if (target === undefined) {
      run.complain('HOME not set', 'cd');
      return 1;
    }
  }
  const isBack = target === '-';
  if (isBack) {
    target = run.get('OLDPWD');
    if (target === undefined) {
      run.complain('OLDPWD not set', 'cd');
      return 1;
    }
  }
  if (!goTo(run, target, argv[1] ?? target)) return shell.flavour === 'dash' ? 2 : 1;
  if (isBack) system.out(`${system.cwd}\n`);
  return 0;
}

function goTo(run: Run, target: string, said: string): boolean {
  const { shell, system } = run;
  const path = normalize(target.startsWith('/') ? target : `${system.cwd}/${target}`);
  try {
    const inode = system.files.stat(path);
    if (inode.type !== 'dir') throw new FileError('ENOTDIR', target);
    if (!system.files.may(inode, 1)) throw new FileError('EACCES', target);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (shell.flavour === 'bash') run.complain(`${said}: ${error.message}`, 'cd');
    else run.complain(`can't cd to ${said}${shell.flavour === 'ash' ? `: ${error.message}` : ''}`, 'cd');
    return false;
  }
  run.set('OLDPWD', run.get('PWD') ?? system.cwd);
  system.process.cwd = path;
  run.set('PWD', path);
  return true;
}

/** `.` and `..` taken out, as the shell's logical paths are. */
export function normalize(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `/${out.join('/')}`;
}

const show = ({ shell, system }: Run): number => {
  system.out(`${[system.cwd, ...shell.directories].join(' ')}\n`);
  return 0;
};

export const places: Readonly<Record<string, Builtin>> = {
  cd,
  pwd: ({ system }) => {
    system.out(`${system.cwd}\n`);
    return 0;
  },
  pushd: (run, argv) => {
    const here = run.system.cwd;
    if (argv[1] === undefined || !goTo(run, argv[1], argv[1])) return 1;
    run.shell.directories.unshift(here);
    return show(run);
  },
  popd: (run) => {
    const next = run.shell.directories.shift();
    if (next === undefined) {
      run.complain('directory stack empty', 'popd');
      return 1;
    }
    goTo(run, next, next);
    return show(run);
  },
  dirs: show,
};
