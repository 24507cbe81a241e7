// agnhost mounttest: makes files with given permissions, and says what a mount is like: its kind, its owner, modes and contents of files.

import { FileError } from '../../files/error.ts';
import type { Inode } from '../../files/inode.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { flag, numberFlag, switchFlag } from './flags.ts';

/** What it writes into files, and hopes to find in the one that it reads in a loop. */
const CONTENT = 'mount-tester new file\n';
const LOOP_MS = 2000;
const EXT4_MAGIC = 61_267;

interface State {
  readonly begin: number;
  failed: boolean;
}

export const mounttest: Tool = {
  name: 'agnhost mounttest',
  step: (system): Next => {
    let state = system.process.data as State | null;
    if (!state) {
      system.process.umask = 0;
      state = { begin: system.now(), failed: false };
      // One after the other, in this order: a file that is made is there to be looked at.
      for (const [name, act] of CHECKS) {
        const path = flag(system, name);
        if (path) state.failed = !attempt(system, path, act) || state.failed;
      }
      system.process.data = state;
    }
    return readInLoop(system, state);
  },
};

interface Check {
  /** What is said when it fails, before the path. */
  readonly problem: string;
  readonly call: string;
  act(system: System, path: string): void;
}

const newFile = (mode: number): Check => ({
  problem: 'error writing new file ',
  call: 'open',
  act: (system, path) => {
    system.files.write(path, CONTENT, mode);
    attempt(system, path, fileContent);
  },
});

const fileContent: Check = {
  problem: 'error reading file content for ',
  call: 'open',
  act: (system, path) => system.out(`content of file ${JSON.stringify(path)}: ${system.files.read(path)}\n`),
};

const statOf = (problem: string, say: (path: string, inode: Inode) => string): Check => ({
  problem,
  call: 'stat',
  act: (system, path) => system.out(say(JSON.stringify(path), system.files.stat(path))),
});

const CHECKS: readonly (readonly [string, Check])[] = [
  [
    'fs_type',
    {
      problem: 'error from statfs(',
      call: '',
      act: (system, path) => {
        system.files.stat(path);
        const { kind } = system.files.mountAt(path);
        system.out(`mount type of ${JSON.stringify(path)}: ${kind === 'tmpfs' ? kind : EXT4_MAGIC}\n`);
      },
    },
  ],
  ['new_file_0644', newFile(0o644)],
  ['new_file_0666', newFile(0o666)],
  ['new_file_0660', newFile(0o660)],
  ['new_file_0777', newFile(0o777)],
  ['file_mode', statOf('error from Stat(', (path, inode) => `mode of file ${path}: ${goMode(inode)}\n`)],
  ['file_perm', statOf('error from Stat(', (path, { mode }) => `perms of file ${path}: -${permissions(mode)}\n`)],
  ['file_owner', statOf('error from stat(', (path, { uid, gid }) => `owner UID of ${path}: ${uid}\nowner GID of ${path}: ${gid}\n`)],
  ['file_content', fileContent],
];

/** False, with a complaint, if it could not be done. */
function attempt(system: System, path: string, { problem, call, act }: Check): boolean {
  try {
    act(system, path);
    return true;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const cause = error.message.toLowerCase();
    system.out(`${problem}${JSON.stringify(path)}${problem.endsWith('(') ? ')' : ''}: ${call ? `${call} ${path}: ` : ''}${cause}\n`);
    return false;
  }
}

function readInLoop(system: System, state: State): Next {
  const path = flag(system, 'file_content_in_loop');
  const end = state.begin + numberFlag(system, 'retry_time', 180) * 1000;
  if (path && system.now() < end) {
    const content = system.files.find(path)?.content;
    state.failed = content === undefined;
    if (content === undefined) system.out(`Error reading file ${path}: open ${path}: no such file or directory, retrying\n`);
    else {
      system.out(`content of file ${JSON.stringify(path)}: ${content}\n`);
      const wantsExpected = switchFlag(system, 'break_on_expected_content', true);
      if (wantsExpected && content === CONTENT) return { exit: 0 };
      if (wantsExpected) system.out(`Unexpected content. Expected: ${CONTENT}. Retrying`);
    }
    return { wait: { until: system.now() + LOOP_MS } };
  }
  return { exit: state.failed ? 1 : 0 };
}

/** As os.FileMode prints itself: `drwxr-xr-x`, `dtrwxrwxrwx`. */
const goMode = ({ type, mode }: Inode): string => {
  const marks = `${type === 'dir' ? 'd' : type === 'device' ? 'D' : ''}${mode & 0o4000 ? 'u' : ''}${mode & 0o2000 ? 'g' : ''}${mode & 0o1000 ? 't' : ''}`;
  return `${marks || '-'}${permissions(mode)}`;
};

const permissions = (mode: number): string => Array.from('rwxrwxrwx', (letter, i) => (mode & (1 << (8 - i)) ? letter : '-')).join('');
