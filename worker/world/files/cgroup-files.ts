// /sys/fs/cgroup in a container: what its own group may use, and uses, made when it is read. Mirrors cgroup v2, the files that programs size themselves by.

import type { Container, Sandbox } from '../runtime/sandbox.ts';
import { memoryOf } from '../runtime/usage.ts';
import type { World } from '../world.ts';
import type { Inode } from './inode.ts';
import { readOnlyTree } from './tree.ts';
import type { Tree } from './tree.ts';

const DIR: Inode = { type: 'dir', mode: 0o555, uid: 0, gid: 0, mtime: 0 };
const PERIOD_US = 100_000;

export function cgroupFiles(world: World, sandbox: Sandbox, container: Container): Tree {
  const files: Record<string, () => string> = {
    'cgroup.controllers': () => 'cpuset cpu io memory hugetlb pids rdma misc',
    'cpu.max': () => `${container.limits.cpu ? (container.limits.cpu * PERIOD_US) / 1000 : 'max'} ${PERIOD_US}`,
    'cpu.weight': () => String(weightOf(container.limits.cpuRequest ?? 0)),
    'memory.current': () => String(memoryOf(world, sandbox, container)),
    'memory.max': () => String(container.limits.memory || 'max'),
  };
  return readOnlyTree(
    (path) => {
      const name = path.slice(1);
      if (path === '') return DIR;
      return Object.hasOwn(files, name)
        ? { type: 'file', mode: 0o444, uid: 0, gid: 0, mtime: 0, content: `${files[name]!()}\n`, size: 0 }
        : undefined;
    },
    (path) => (path === '' ? Object.keys(files) : []),
  );
}

/** Of thousandths of a core: MilliCPUToShares of pkg/kubelet/cm, and what runc makes of shares (2 … 262144) in cgroup v2 (1 … 10000). */
function weightOf(milli: number): number {
  const shares = Math.min(262_144, Math.max(2, Math.floor((milli * 1024) / 1000)));
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}
