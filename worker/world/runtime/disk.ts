// What is taken of a machine's disk: by images, by what containers wrote beside their volumes, by their logs and by volumes of their pods. Added up when somebody asks.

import { sizeOf } from '../files/inode.ts';
import type { Inode } from '../files/inode.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';
import { logBytes } from './log.ts';
import type { Container, Sandbox } from './sandbox.ts';

/** Bytes that were written over an image, or into a volume, with those that nobody holds. */
export const bytesWritten = (world: World, scope: string): number =>
  world.state
    .entries<Inode | { readonly type: 'gone' }>(scope)
    .reduce((sum, [, inode]) => sum + (inode.type === 'file' ? sizeOf(inode) : 0), 0);

/** What a container has on its machine's disk: what it wrote beside its volumes, and its log. */
export function diskOf(world: World, container: Container): { readonly root: number; readonly log: number } {
  return { root: bytesWritten(world, `files/${container.id}`), log: logBytes(world, container.id) };
}

/** What a pod's own volumes hold on the disk, by their names: volumes in memory are not among them. */
export function volumesOf(world: World, { containers, uid }: Sandbox): Map<string, number> {
  const found = new Map<string, number>();
  for (const { source } of containers.flatMap(({ mounts }) => mounts)) {
    if (source.type !== 'volume' || source.memory || source.lazy || !source.id.startsWith(`${uid}/`)) continue;
    const name = source.id.slice(uid.length + 1);
    if (!found.has(name)) found.set(name, bytesWritten(world, `volume/${source.id}`));
  }
  return found;
}

/** What is taken of a machine's disk: by images, by what containers and pods wrote, and by what was written on the machine itself. */
export function diskUsed(world: World, machine: Machine): number {
  const images = Object.values(machine.images).reduce((sum, { size }) => sum + size, 0);
  const own = bytesWritten(world, `files/machine/${machine.name}`);
  return world.sandboxes.find('machine', machine.name).reduce((sum, sandbox) => {
    const written = sandbox.containers.map((container) => diskOf(world, container)).reduce((all, { root, log }) => all + root + log, 0);
    return sum + written + [...volumesOf(world, sandbox).values()].reduce((all, bytes) => all + bytes, 0);
  }, images + own);
}

/** From this size on a file is worth a look at what is left. */
export const LARGE_FILE = 2 ** 20;
