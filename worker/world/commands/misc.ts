// Tools that have little to do here: editors and pagers that show a file, package managers without a network, dd and gzip over whole files.

import { FileError } from '../files/error.ts';
import { MAX_CONTENT } from '../files/file-system.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { LARGE_FILE } from '../runtime/disk.ts';
import { allocate } from './large-file.ts';
import { isBusybox, once, options, Refusal, wholeTool } from './tool.ts';

/** less and more: everything at once; a terminal's own scrolling serves. */
const pager = (name: string): Tool =>
  wholeTool(name, {
    files: (system) => options(system, 'RSXFEeNnMm+').rest,
    act: (system, inputs, status) => {
      for (const { text } of inputs) system.out(text);
      return status;
    },
  });
export const less = pager('less');
export const more = pager('more');

/** Differs: there is no such editor here; `vi` is. */
const editor = (name: string): Tool =>
  once(name, (system, args) => {
    const path = args.find((arg) => !arg.startsWith('-')) ?? '';
    system.err(`${name}: this terminal cannot edit by screen; write the file with vi ${path || 'FILE'}, sed -i or tee\n`);
    return 1;
  });
export const nano = editor('nano');

export const apk = once('apk', (system, args) => {
  const command = args.find((arg) => !arg.startsWith('-'));
  if (command === '--version' || args.includes('--version')) system.out('apk-tools 3.0.3\n');
  else if (command === 'info') system.out('alpine-baselayout\nalpine-keys\nbusybox\nlibc-utils\nmusl\nzlib\n');
  else if (command === 'add' || command === 'update' || command === 'upgrade') {
    for (const repository of ['main', 'community']) {
      const url = `https://dl-cdn.alpinelinux.org/alpine/v3.23/${repository}`;
      system.out(`fetch ${url}/x86_64/APKINDEX.tar.gz\n`);
      system.err(`WARNING: fetching ${url}: temporary error (try again later)\n`);
    }
    if (command === 'add') {
      const names = args.slice(args.indexOf(command) + 1).filter((arg) => !arg.startsWith('-'));
      system.err('ERROR: unable to select packages:\n');
      for (const name of names) system.err(`  ${name} (no such package):\n    required by: world[${name}]\n`);
      return names.length;
    }
    system.out('2 unavailable, 0 stale; 16 distinct packages available\n');
    return 2;
  }
  return 0;
});

const DEBIAN = ['trixie', 'trixie-updates', 'trixie-security'];

const aptAs = (name: string): Tool =>
  once(name, (system, args) => {
    const command = args.find((arg) => !arg.startsWith('-'));
    if (name === 'apt') system.err('\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n');
    if (command === 'update') {
      for (const [i, suite] of DEBIAN.entries())
        system.out(`Ign:${i + 1} http://deb.debian.org/debian${suite.endsWith('security') ? '-security' : ''} ${suite} InRelease\n`);
      for (const [i, suite] of DEBIAN.entries())
        system.out(
          `Err:${i + 1} http://deb.debian.org/debian${suite.endsWith('security') ? '-security' : ''} ${suite} InRelease\n  Temporary failure resolving 'deb.debian.org'\n`,
        );
      system.out('Reading package lists...\n');
      for (const suite of DEBIAN)
        system.err(
          `W: Failed to fetch http://deb.debian.org/debian${suite.endsWith('security') ? '-security' : ''}/dists/${suite}/InRelease  Temporary failure resolving 'deb.debian.org'\n`,
        );
      system.err('W: Some index files failed to download. They have been ignored, or old ones used instead.\n');
      return 0;
    }
    if (command === 'install') {
      system.out('Reading package lists...\nBuilding dependency tree...\nReading state information...\n');
      for (const one of args.slice(args.indexOf(command) + 1)) if (!one.startsWith('-')) system.err(`E: Unable to locate package ${one}\n`);
      return 100;
    }
    return 0;
  });
export const apt = aptAs('apt');
export const aptGet = aptAs('apt-get');

interface DdState {
  readonly given: Record<string, string>;
  data: string;
  fd: number;
}

/** Differs: of a file that is no zeros, sizes beyond 16 MB are not kept; what a file may hold is bounded. */
export const dd: Tool = {
  name: 'dd',
  step: (system): Next => {
    let state = system.process.data as DdState | null;
    try {
      if (!state) {
        const given = Object.fromEntries(
          system.argv.slice(1).map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]),
        );
        system.process.data = state = { given, data: '', fd: given['if'] === undefined ? 0 : system.open(given['if'], 'r') };
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(
        isBusybox(system) ? `dd: can't open '${error.path}': ${error.message}\n` : `dd: failed to open '${error.path}': ${error.message}\n`,
      );
      return { exit: 1 };
    }
    const { given } = state;
    const block = sizeOf(given['bs'] ?? '512');
    const wanted = given['count'] === undefined ? Infinity : Number(given['count']) * block;
    const target = given['of'];
    if (given['if'] === '/dev/zero' && target !== undefined && wanted !== Infinity && wanted >= LARGE_FILE)
      return fill(system, target, wanted, block);
    const limit = Math.min(wanted, MAX_CONTENT + 1);
    while (state.data.length < limit) {
      const data = system.read(state.fd, Math.min(1_000_000, limit - state.data.length));
      if (data === undefined) return { wait: { read: state.fd } };
      if (data === null) break;
      state.data += data;
    }
    const { length } = state.data;
    const counted = wanted === Infinity || state.data.length < limit ? length : wanted;
    try {
      if (given['of'] === undefined) system.out(state.data);
      else system.files.write(system.path(given['of']), state.data, 0o666 & ~system.process.umask);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      system.err(
        `dd: ${error.code === 'ENOSPC' ? (isBusybox(system) ? 'error writing' : `error writing '${given['of']}'`) : isBusybox(system) ? `can't open '${given['of']}'` : `failed to open '${given['of']}'`}: ${error.message}\n`,
      );
      return { exit: 1 };
    }
    const [whole, part] = [Math.floor(counted / block), counted % block ? 1 : 0];
    if (given['status'] !== 'none')
      system.err(
        `${whole}+${part} records in\n${whole}+${part} records out\n${given['status'] === 'noxfer' ? '' : `${counted} bytes (${(counted / 1_048_576).toFixed(1)}MB) copied, 0.001 seconds, ${(counted / 1_048_576 / 0.001 / 1024).toFixed(1)}GB/s\n`}`,
      );
    return { exit: 0 };
  },
};

/** Zeros are not held, so there may be as many as the disk has room for. */
function fill(system: System, target: string, size: number, block: number): Next {
  const path = system.path(target);
  const room = system.files.room(path);
  const written = Math.min(size, room);
  try {
    allocate(system, path, written);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    system.err(`dd: error writing '${target}': ${error.message}\n`);
    return { exit: 1 };
  }
  const records = (bytes: number): string => `${Math.floor(bytes / block)}+${bytes % block ? 1 : 0} records`;
  const isFull = written < size;
  if (isFull) system.err(`dd: error writing '${target}': ${new FileError('ENOSPC', path).message}\n`);
  const read = isFull ? Math.min(size, (Math.floor(written / block) + 1) * block) : size;
  const rate = `${written} bytes (${(written / 1_048_576).toFixed(1)}MB) copied, ${(written / 1.2e9).toFixed(6)} seconds, 1.1GB/s`;
  system.err(`${records(read)} in\n${records(written)} out\n${rate}\n`);
  return { exit: isFull ? 1 : 0 };
}

function sizeOf(text: string): number {
  const match = /^(\d+)(c|w|b|kB?|K|MB?|GB?)?$/.exec(text);
  return (
    Number(match?.[1] ?? 512) *
    ({ w: 2, b: 512, kB: 1000, k: 1024, K: 1024, MB: 1_000_000, M: 1_048_576, GB: 1e9, G: 1_073_741_824 }[match?.[2] as 'k'] ?? 1)
  );
}

// --- gzip ---

const MAGIC = '\x1f\x8b\x08\x00';

/** A gzip file whose one block is stored, not squeezed: any gzip can read it. */
export function gzipText(text: string): string {
  let out = `${MAGIC}\0\0\0\0\0\x03`;
  for (let at = 0; at === 0 || at < text.length; at += 65_535) {
    const part = text.slice(at, at + 65_535);
    const isLast = at + 65_535 >= text.length;
    const two = (value: number): string => String.fromCharCode(value & 255, (value >> 8) & 255);
    out += (isLast ? '\x01' : '\0') + two(part.length) + two(~part.length & 0xffff) + part;
  }
  const four = (value: number): string => String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255);
  return out + four(crc32(text)) + four(text.length);
}

/** What such a file holds; undefined if it is none. Differs: what was squeezed elsewhere is not read. */
export function gunzipText(data: string): string | undefined {
  if (!data.startsWith('\x1f\x8b\x08')) return undefined;
  let at = 10;
  let out = '';
  for (;;) {
    const flag = data.charCodeAt(at);
    if (Number.isNaN(flag) || (flag & 6) !== 0) return undefined;
    const length = data.charCodeAt(at + 1) | (data.charCodeAt(at + 2) << 8);
    out += data.slice(at + 5, at + 5 + length);
    at += 5 + length;
    if (flag & 1) return out;
  }
}

function crc32(text: string): number {
  let crc = ~0;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const gzipAs = (name: string): Tool =>
  wholeTool(name, {
    files: (system) => options(system, 'cdfkt123456789nqvrl', ['decompress', 'stdout', 'keep', 'force']).rest,
    act: (system, inputs, status) => {
      const given = options(system, 'cdfkt123456789nqvrl', ['decompress', 'stdout', 'keep', 'force'], {
        aliases: { decompress: 'd', stdout: 'c', keep: 'k' },
      });
      const expands = name !== 'gzip' || given.has('d');
      for (const { name: path, text } of inputs) {
        const result = expands ? gunzipText(text) : gzipText(text);
        if (result === undefined) throw new Refusal(`${path === '-' ? 'stdin' : path}: not in gzip format`);
        if (path === '-' || given.has('c') || name === 'zcat') {
          system.out(result);
          continue;
        }
        const target = expands ? path.replace(/\.gz$/, '') : `${path}.gz`;
        system.files.write(system.path(target), result);
        if (!given.has('k')) system.files.unlink(system.path(path));
      }
      return status;
    },
  });
export const gzip = gzipAs('gzip');
export const gunzip = gzipAs('gunzip');
export const zcat = gzipAs('zcat');

/** Puts variables of the environment in place of their names. */
export const envsubst = wholeTool('envsubst', {
  files: () => [],
  act: (system, inputs) => {
    const only =
      system.argv[1] === undefined ? undefined : new Set([...system.argv[1].matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name!));
    for (const { text } of inputs)
      system.out(
        text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced?: string, plain?: string) =>
          only && !only.has(braced ?? plain!) ? all : (system.env[braced ?? plain!] ?? ''),
        ),
      );
    return 0;
  },
});
