// Directories and files of the machine as volumes: what their type says is looked at, or made. Mirrors pkg/volume/hostpath; a path without a type that is not there is
// made by the runtime, as a directory.

import type { Volume } from '../../api/gen/core-v1.ts';
import type { FileSystem } from '../../world/files/file-system.ts';
import { FileError } from '../../world/files/error.ts';
import type { Inode } from '../../world/files/inode.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import { parentOf } from '../../world/files/tree.ts';
import { ConfigError } from './environment.ts';
import type { PodSync } from './worker.ts';

type HostPath = NonNullable<Volume['hostPath']>;

const KINDS: Readonly<Record<string, { readonly what: string; is(inode: Inode): boolean }>> = {
  Directory: { what: 'a directory', is: ({ type }) => type === 'dir' },
  File: { what: 'a file', is: ({ type }) => type === 'file' },
  Socket: { what: 'a socket file', is: ({ type }) => type === 'socket' },
  CharDevice: { what: 'a character device', is: ({ type, isBlock }) => type === 'device' && !isBlock },
  BlockDevice: { what: 'a block device', is: ({ isBlock }) => isBlock === true },
};

/** Throws ConfigError. */
export function setUpHostPath({ world, machine }: PodSync, { path, type = '' }: HostPath): void {
  // A cluster that only tests the API has machines that have everything.
  if (type === '' || world.traits.lenient) return;
  const files = machineFiles(world, machine.name);
  const kind = KINDS[type.replace(/OrCreate$/, '')];
  try {
    if (type.endsWith('OrCreate') && !files.exists(path)) {
      if (type === 'FileOrCreate') files.write(path, '');
      else makeDirectory(files, path);
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ConfigError(`open ${path}: ${error.message.toLowerCase()}`);
  }
  const inode = files.find(path);
  if (kind && !(inode && kind.is(inode))) throw new ConfigError(`hostPath type check failed: ${path} is not ${kind.what}`);
}

/** What a container mounts is there, whoever makes it. */
export function provideHostPath({ world, machine }: PodSync, path: string): void {
  const files = machineFiles(world, machine.name);
  if (files.exists(path)) return;
  try {
    makeDirectory(files, path.replace(/(.)\/+$/, '$1'));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ConfigError(`failed to mkdir ${JSON.stringify(path)}: mkdir ${path}: ${error.message.toLowerCase()}`);
  }
}

function makeDirectory(files: FileSystem, path: string): void {
  if (files.exists(path || '/')) return;
  makeDirectory(files, parentOf(path));
  files.mkdir(path);
}
