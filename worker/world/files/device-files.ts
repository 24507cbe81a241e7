// /dev: devices have no contents here; who opens one is told what it is (`process/device.ts`).

import type { Inode } from './inode.ts';
import { layer } from './base.ts';
import type { FileSpec } from './base.ts';
import { layerTree } from './tree.ts';
import type { Tree } from './tree.ts';

const device = (major: number, minor: number): Partial<Inode> => ({ type: 'device', mode: 0o666, device: [major, minor] });
const link = (target: string): Partial<Inode> => ({ type: 'link', content: target });

const FILES: Readonly<Record<string, FileSpec>> = {
  '/null': device(1, 3),
  '/zero': device(1, 5),
  '/full': device(1, 7),
  '/random': device(1, 8),
  '/urandom': device(1, 9),
  '/tty': device(5, 0),
  '/ptmx': link('pts/ptmx'),
  '/pts': { type: 'dir' },
  '/shm': { type: 'dir', mode: 0o1777 },
  '/mqueue': { type: 'dir', mode: 0o1777 },
  '/fd': link('/proc/self/fd'),
  '/stdin': link('/proc/self/fd/0'),
  '/stdout': link('/proc/self/fd/1'),
  '/stderr': link('/proc/self/fd/2'),
};

const plain = layerTree(layer(FILES));
const withConsole = layerTree(layer({ ...FILES, '/console': device(136, 0) }));

export const deviceFiles = (hasTerminal: boolean): Tree => (hasTerminal ? withConsole : plain);

const disk = (minor: number): Partial<Inode> => ({ ...device(252, minor), mode: 0o660, gid: DISK_GROUP, isBlock: true });
const DISK_GROUP = 6;

/** What a machine has: a container's, and its disk. */
export const MACHINE_DEVICES: Readonly<Record<string, FileSpec>> = {
  ...FILES,
  '/console': { ...device(5, 1), mode: 0o600 },
  '/kmsg': { ...device(1, 11), mode: 0o644 },
  '/vda': disk(0),
  '/vda1': disk(1),
};

export const machineDeviceFiles: Tree = layerTree(layer(MACHINE_DEVICES));
