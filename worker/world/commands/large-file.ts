// Files of zeros, as large as the disk has room for: nobody holds them, and their size counts.

import { FileError } from '../files/error.ts';
import { sizeOf } from '../files/inode.ts';
import type { System } from '../process/system.ts';
import { LARGE_FILE, diskUsed } from '../runtime/disk.ts';
import { once, options } from './tool.ts';

/** Throws FileError: also where the machine's disk is full. */
export function allocate(system: System, path: string, size: number): void {
  const { world, caller, files } = system;
  const machine = world.machines.get(caller.machine);
  const old = files.find(path);
  const growth = size - (old ? sizeOf(old) : 0);
  if (machine && growth >= LARGE_FILE && diskUsed(world, machine) + growth > machine.disk) throw new FileError('ENOSPC', path);
  files.allocate(path, size, 0o666 & ~system.process.umask);
  if (machine && size >= LARGE_FILE) world.hooks.filled(machine.name);
}

export const fallocate = once('fallocate', (system) => {
  const given = options(system, 'l:o:n', ['length='], { aliases: { length: 'l' } });
  const [path] = given.rest;
  const match = /^(\d+)(?:([KMGT])(?:iB|B)?)?$/i.exec(given.get('l') ?? '');
  if (path === undefined || !match) {
    system.err(path === undefined ? 'fallocate: no filename specified\n' : 'fallocate: invalid length value specified\n');
    return 1;
  }
  const size = Number(match[1]) * 1024 ** ' KMGT'.indexOf((match[2] ?? ' ').toUpperCase());
  try {
    allocate(system, system.path(path), size);
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    system.err(`fallocate: ${error.code === 'ENOSPC' ? 'fallocate failed' : `cannot open ${path}`}: ${error.message}\n`);
    return 1;
  }
});
