// awk, jq and yq: just-bash's own. They answer with promises, so they run between two steps (`process/tools.ts`): their input is read to its end first (or, if each line counts
// for itself, as far as there is any), and what they wrote enters the world at once.

import { Bash } from 'just-bash';
import type { IFileSystem } from 'just-bash';
import { byteString } from '../../lib/text.ts';
import { FileError } from '../files/error.ts';
import type { FileSystem } from '../files/file-system.ts';
import { sizeOf } from '../files/inode.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import type { ToolResult } from '../process/tools.ts';
import { normalize } from '../shell/builtins/places.ts';
import { isBusybox } from './tool.ts';

interface Kept {
  stdin: string;
  job: string;
  /** Its input goes on after what the job works on. */
  goesOn: boolean;
  /** How earlier parts of the input ended. */
  code: number;
}

type Name = 'awk' | 'jq' | 'yq';

/** Whether a call reads its standard input: there is no file among its arguments. */
const readsInput: Readonly<Record<Name, (args: readonly string[]) => boolean>> = {
  awk: (args) => {
    const rest = operands(args, ['-F', '-v', '-f']);
    const hasFile = args.some((arg) => arg.startsWith('-f'));
    const program = hasFile ? '' : (rest[0] ?? '');
    const files = rest.slice(hasFile ? 0 : 1).filter((one) => !/^[A-Za-z_]\w*=/.test(one));
    return !files.length && !isOnlyBegin(program);
  },
  jq: (args) =>
    operands(args, ['--arg', '--argjson', '--indent', '--slurpfile', '--rawfile', '-f']).length <= 1 &&
    !args.some((arg) => /^-[a-zA-Z]*n/.test(arg) || arg === '--null-input'),
  yq: (args) => operands(args, ['-p', '-o', '-f']).length <= 1,
};

/** Whether each line (each value) is worked on by itself: then what there is need not wait for the rest. */
function isForEach(name: Name, args: readonly string[]): boolean {
  if (name === 'jq')
    return !args.some((arg) => /^-[a-zA-Z]*[nsf]|^--(null-input|slurp|seq|stream|from-file)/.test(arg) || /\binputs?\b|\$__/.test(arg));
  if (name !== 'awk' || args.some((arg) => arg.startsWith('-f'))) return false;
  const [program = ''] = operands(args, ['-F', '-v']);
  const bare = program.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/[=!<>]=/g, '');
  return !/\b(BEGIN|END|F?NR|getline|exit|function|system|close|rand|RS|ORS)\b|[>|]\s*""|=|\+\+|--|,\s*\//.test(bare);
}

/** Whether what there is of the input can be worked on: lines, and of jq's values none that ends further on. */
function isWhole(name: Name, input: string): boolean {
  const lines = input.split('\n').slice(0, -1);
  return lines.length > 0 && (name !== 'jq' || lines.every(isJson));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.trim() === '';
  }
}

/** A program of nothing but a BEGIN block reads nothing. */
function isOnlyBegin(program: string): boolean {
  const begin = /^\s*BEGIN\s*\{/.exec(program);
  if (!begin) return false;
  let depth = 1;
  let at = begin[0].length;
  for (; at < program.length && depth > 0; at++) {
    const char = program[at];
    if (char === '"') for (at++; at < program.length && program[at] !== '"'; at++) if (program[at] === '\\') at++;
    if (char === '{') depth++;
    if (char === '}') depth--;
  }
  return program.slice(at).trim() === '';
}

/** Arguments that are neither options nor their values. */
function operands(args: readonly string[], withValue: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') return [...out, ...args.slice(i + 1)];
    if (withValue.includes(arg)) i += arg === '--arg' || arg === '--argjson' || arg === '--slurpfile' || arg === '--rawfile' ? 2 : 1;
    else if (!/^-./.test(arg)) out.push(arg);
  }
  return out;
}

const library = (name: Name, called: string = name): Tool => ({
  name: called,
  step(system): Next {
    const kept = (system.process.data ??= { stdin: '', job: '', goesOn: false, code: 0 } satisfies Kept) as Kept;
    const args = system.argv.slice(1);
    if (!args.length) {
      system.err(usage(system, called));
      return { exit: name === 'awk' ? 1 : 2 };
    }
    if (!kept.job && (readsInput[name](args) || args.includes('-') || args.includes('/dev/stdin'))) {
      for (;;) {
        const data = system.read(0);
        kept.goesOn = data === undefined && isForEach(name, args) && isWhole(name, kept.stdin);
        if (data === undefined && !kept.goesOn) return { wait: { read: 0 } };
        if (data === null || data === undefined) break;
        kept.stdin += data;
      }
    }
    const { tools } = system.world;
    const done = kept.job ? tools.take(kept.job) : undefined;
    if (!done) {
      kept.job ||= `${system.namespace.id}/${system.namespace.nextFile++}`;
      const input = kept.goesOn ? kept.stdin.slice(0, kept.stdin.lastIndexOf('\n') + 1) : kept.stdin;
      tools.ask(kept.job, system.namespace.id, () => run(system, name, args, input));
      return { wait: { job: kept.job } };
    }
    for (const [path, content] of done.files) {
      if (content === null) system.files.unlink(path);
      else system.files.write(path, content);
    }
    if (done.stdout) system.out(done.stdout);
    if (done.stderr) system.err(done.stderr);
    kept.code = done.code || kept.code;
    if (!kept.goesOn) return { exit: kept.code };
    Object.assign(kept, { stdin: kept.stdin.slice(kept.stdin.lastIndexOf('\n') + 1), job: '', goesOn: false });
    return { wait: { read: 0 } };
  },
});

const usage = (system: System, name: string): string =>
  isBusybox(system) && name !== 'jq'
    ? `BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n`
    : name === 'jq'
      ? 'Usage:\tjq [OPTIONS] FILTER [FILES...]\n\tjq [OPTIONS] -n FILTER\n'
      : `Usage: ${name} [-F fs][-v var=value][prog | -f progfile][file ...]\n`;

export const awk = library('awk');
export const gawk = library('awk', 'gawk');
export const mawk = library('awk', 'mawk');
export const jq = library('jq');
export const yq = library('yq');

async function run(system: System, name: Name, args: readonly string[], stdin: string): Promise<ToolResult> {
  const written = new Map<string, string | null>();
  const bash = new Bash({
    fs: adapter(system.files, written),
    cwd: system.cwd,
    commands: [name],
    defenseInDepth: false,
    env: { ...system.env },
  });
  const { stdout, stderr, exitCode } = await bash.exec(`${name} "$@"`, { args: [...args], stdin, stdinKind: 'bytes', cwd: system.cwd });
  return { stdout: bytes(stdout), stderr: bytes(stderr).replace(/^bash: line \d+: /gm, ''), code: exitCode, files: [...written] };
}

/** Whatever it made of bytes is bytes again. */
const bytes = (text: string): string => ([...text].some((char) => char.charCodeAt(0) > 255) ? byteString(text) : text);

/** The container's files as the library reads them. What it writes is kept apart until it is done. */
function adapter(files: FileSystem, written: Map<string, string | null>): IFileSystem {
  const read = (path: string): string => {
    const own = written.get(path);
    if (own !== undefined && own !== null) return own;
    try {
      return files.read(path);
    } catch (error) {
      if (error instanceof FileError) throw new Error(`${error.code}: ${error.message.toLowerCase()}, open '${path}'`, { cause: error });
      throw error;
    }
  };
  const asBytes = (content: string | Uint8Array): string => {
    if (typeof content === 'string') return bytes(content);
    let out = '';
    for (const byte of content) out += String.fromCharCode(byte);
    return out;
  };
  const stat = (path: string, follows: boolean) => {
    try {
      const inode = follows ? files.stat(path) : files.lstat(path);
      return {
        isFile: inode.type === 'file',
        isDirectory: inode.type === 'dir',
        isSymbolicLink: inode.type === 'link',
        mode: inode.mode,
        size: sizeOf(inode),
        mtime: new Date(inode.mtime),
      };
    } catch (error) {
      if (error instanceof FileError) throw new Error(`${error.code}: ${error.message.toLowerCase()}, stat '${path}'`, { cause: error });
      throw error;
    }
  };
  const none = (): Promise<void> => Promise.resolve();
  return {
    readFile: async (path) => read(path),
    readFileBytes: async (path) => read(path) as never,
    readFileBuffer: async (path) => Uint8Array.from(read(path), (char) => char.charCodeAt(0)),
    writeFile: async (path, content) => void written.set(path, asBytes(content)),
    appendFile: async (path, content) => void written.set(path, (written.get(path) ?? files.find(path)?.content ?? '') + asBytes(content)),
    exists: async (path) => written.has(path) || files.exists(path),
    stat: async (path) => stat(path, true),
    lstat: async (path) => stat(path, false),
    mkdir: none,
    readdir: async (path) => files.list(path),
    rm: async (path) => void written.set(path, null),
    cp: async (from, to) => void written.set(to, read(from)),
    mv: async (from, to) => {
      written.set(to, read(from));
      written.set(from, null);
    },
    resolvePath: (base, path) => normalize(path.startsWith('/') ? path : `${base}/${path}`),
    getAllPaths: () => [],
    chmod: none,
    symlink: none,
    link: none,
    readlink: async (path) => files.lstat(path).content ?? '',
    realpath: async (path) => files.resolve(path) || '/',
    utimes: none,
  };
}
