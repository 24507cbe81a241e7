// Trees of files for images: what every Linux image has, and the few lines that differ.

import { ROOT_DIR } from './inode.ts';
import type { Inode, Layer } from './inode.ts';

/** A file by its text, or in full. Files are 0644 and root's, executables 0755, unless it says otherwise. */
export type FileSpec = string | Partial<Inode>;

/** When the files of images were made. */
export const IMAGE_TIME = Date.parse('2026-03-16T00:00:00Z');

/** A tree from paths; directories above them are there too. */
export function layer(files: Readonly<Record<string, FileSpec>>): Layer {
  const out = new Map<string, Inode>([['', { ...ROOT_DIR, mtime: IMAGE_TIME }]]);
  for (const [path, spec] of Object.entries(files)) {
    for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      if (!out.has(parent)) out.set(parent, { ...ROOT_DIR, mtime: IMAGE_TIME });
    }
    const given: Partial<Inode> = typeof spec === 'string' ? { content: spec } : spec;
    const type = given.type ?? 'file';
    const mode = type === 'dir' || given.program !== undefined ? 0o755 : type === 'link' ? 0o777 : 0o644;
    out.set(path, { type, mode, uid: 0, gid: 0, mtime: IMAGE_TIME, ...given });
  }
  return out;
}

/** Lower trees first: what a later one has hides what an earlier one has. */
export const stack = (...layers: readonly Layer[]): Layer => new Map(layers.flatMap((one) => [...one]));

const DIRECTORIES = [
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/tmp',
  '/usr/bin',
  '/usr/sbin',
  '/var/log',
  '/var/run',
];

export interface BaseOptions {
  /** From scratch: nothing but what is given. */
  readonly bare?: boolean;
}

/** A small root file system with some files more. */
export function baseFiles(files: Readonly<Record<string, FileSpec>>, { bare }: BaseOptions = {}): Layer {
  if (bare) return layer(files);
  return layer({
    ...Object.fromEntries(DIRECTORIES.map((path) => [path, { type: 'dir' }])),
    '/tmp': { type: 'dir', mode: 0o1777 },
    '/root': { type: 'dir', mode: 0o700 },
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    ...files,
  } as Record<string, FileSpec>);
}
