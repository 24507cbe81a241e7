// The root file system of a machine: what its distribution put there, and what was written since.

import type { World } from '../world.ts';
import { baseFiles } from './base.ts';
import { writableTree } from './container-files.ts';
import type { Layer } from './inode.ts';
import { layerTree } from './tree.ts';
import type { Tree } from './tree.ts';

const distribution: Layer = baseFiles({
  '/etc/os-release':
    'PRETTY_NAME="Ubuntu 24.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.4 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\n',
  '/etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  '/var/lib/kubelet': { type: 'dir' },
  '/var/lib/containerd': { type: 'dir' },
  '/var/log/pods': { type: 'dir' },
  '/var/log/containers': { type: 'dir' },
  '/etc/kubernetes/manifests': { type: 'dir' },
  '/opt': { type: 'dir' },
  '/mnt': { type: 'dir' },
  '/srv': { type: 'dir' },
  '/data': { type: 'dir' },
});

export const machineTree = (world: World, machine: string): Tree =>
  writableTree(world, `files/machine/${machine}`, () => layerTree(distribution));
