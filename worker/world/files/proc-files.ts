// /proc: what can be read of the system and its processes, made when it is read. Mirrors proc(5), the parts that scripts look at.

import { findNamespace, namespaceId, namespaceOf } from '../process/namespace.ts';
import type { PidNamespace, Process } from '../process/process.ts';
import { OWN_USERS } from '../runtime/sandbox.ts';
import type { Container, Privileges, Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import type { Inode } from './inode.ts';
import { sysctlsOf } from './sysctls.ts';
import { readOnlyTree } from './tree.ts';
import type { Tree } from './tree.ts';

const DIR: Inode = { type: 'dir', mode: 0o555, uid: 0, gid: 0, mtime: 0 };
const text = (content: string): Inode => ({ type: 'file', mode: 0o444, uid: 0, gid: 0, mtime: 0, content, size: 0 });
const link = (content: string): Inode => ({ type: 'link', mode: 0o777, uid: 0, gid: 0, mtime: 0, content });

export function procFiles(world: World, sandbox: Sandbox, container: Container): Tree {
  const machine = world.machines.get(sandbox.machine);
  const now = (): number => world.now();
  const uptime = (): number => (now() - (machine?.bootedAt ?? 0)) / 1000;
  const cpus = machine?.cpus ?? 1;
  const kib = (bytes: number): string => String(Math.floor(bytes / 1024)).padStart(8);
  const memory = machine?.memory ?? 0;
  const system: Record<string, () => string> = {
    '/version': () => `Linux version ${machine?.kernel} (buildd@lcy02) (x86_64-linux-gnu-gcc-13) #117-Ubuntu SMP PREEMPT_DYNAMIC\n`,
    '/uptime': () => `${uptime().toFixed(2)} ${(uptime() * cpus * 0.97).toFixed(2)}\n`,
    '/loadavg': () => '0.08 0.05 0.01 1/412 4096\n',
    '/cpuinfo': () =>
      Array.from(
        { length: cpus },
        (_, i) =>
          `processor\t: ${i}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Processor\ncpu MHz\t\t: 2599.998\ncpu cores\t: ${cpus}\n`,
      ).join('\n'),
    '/meminfo': () =>
      `MemTotal:       ${kib(memory)} kB\nMemFree:        ${kib(memory * 0.6)} kB\nMemAvailable:   ${kib(memory * 0.8)} kB\nBuffers:        ${kib(memory * 0.01)} kB\nCached:         ${kib(memory * 0.2)} kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n`,
    '/mounts': () => 'overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n',
    ...Object.fromEntries(
      Object.entries(sysctlsOf(sandbox)).map(([name, value]) => [`/sys/${name.replaceAll('.', '/')}`, () => `${value}\n`] as const),
    ),
  };
  const namespace = (): PidNamespace => findNamespace(world, namespaceId(sandbox, container)) ?? namespaceOf(world, sandbox, container);

  return readOnlyTree(
    (path) => {
      if (Object.hasOwn(system, path)) return text(system[path]!());
      if (path === '' || Object.keys(system).some((one) => one.startsWith(`${path}/`))) return DIR;
      // Which process asks is known to the caller only: `self` leads there by its descriptors (`System.open`).
      if (path === '/self' || path === '/self/fd' || /^\/self\/fd\/\d+$/.test(path))
        return path.endsWith('fd') || path === '/self' ? DIR : text('');
      const match = /^\/(\d+)(?:\/(\w+))?$/.exec(path);
      const process = match && namespace().processes[match[1]!];
      return process ? processFile(sandbox, container, process, match[2]) : undefined;
    },
    (path) => {
      if (path === '')
        return [...Object.keys(namespace().processes), 'self', ...new Set(Object.keys(system).map((one) => one.split('/')[1]!))];
      if (/^\/\d+$/.test(path)) return PROCESS_FILES;
      return new Set(
        Object.keys(system)
          .filter((one) => one.startsWith(`${path}/`))
          .map((one) => one.slice(path.length + 1).split('/')[0]!),
      );
    },
  );
}

/** What a container has for which nobody says otherwise. */
const USUAL: Privileges = { capabilities: '00000000a80425fb', filtersCalls: false, mayNotGain: false };

function privilegeLines({ privileges = USUAL }: Container, { uid }: Process): string {
  const { capabilities, filtersCalls, mayNotGain } = privileges;
  const none = '0'.repeat(16);
  const own = uid === 0 ? capabilities : none;
  return `CapInh:\t${none}\nCapPrm:\t${own}\nCapEff:\t${own}\nCapBnd:\t${capabilities}\nCapAmb:\t${none}\nNoNewPrivs:\t${Number(mayNotGain)}\nSeccomp:\t${filtersCalls ? 2 : 0}\nSeccomp_filters:\t${Number(filtersCalls)}\n`;
}

const PROCESS_FILES = ['cmdline', 'comm', 'cwd', 'environ', 'exe', 'fd', 'gid_map', 'status', 'uid_map'];

function processFile(sandbox: Sandbox, container: Container, process: Process, file: string | undefined): Inode | undefined {
  const name = (process.argv[0] ?? process.program).split('/').at(-1)!.slice(0, 15);
  switch (file) {
    case undefined:
      return { ...DIR, uid: process.uid, gid: process.gid, mtime: process.startedAt };
    case 'cmdline':
      return text(process.exit ? '' : process.argv.map((one) => `${one}\0`).join(''));
    case 'comm':
      return text(`${name}\n`);
    case 'environ':
      return {
        ...text(
          Object.entries(process.env ?? container.env)
            .map(([key, value]) => `${key}=${value}\0`)
            .join(''),
        ),
        mode: 0o400,
        uid: process.uid,
      };
    case 'status': {
      const state = process.exit ? 'Z (zombie)' : process.stopped ? 'T (stopped)' : process.wait ? 'S (sleeping)' : 'R (running)';
      return text(
        `Name:\t${name}\nState:\t${state}\nTgid:\t${process.pid}\nPid:\t${process.pid}\nPPid:\t${process.ppid}\nUid:\t${[0, 1, 2, 3].map(() => process.uid).join('\t')}\nGid:\t${[0, 1, 2, 3].map(() => process.gid).join('\t')}\nThreads:\t1\n${privilegeLines(container, process)}`,
      );
    }
    case 'cwd':
      return link(process.cwd);
    case 'exe':
      return link(process.argv[0] ?? '');
    case 'fd':
      return DIR;
    case 'gid_map':
    case 'uid_map':
      return text(`${[0, ...usersOf(sandbox)].map((one) => String(one).padStart(10)).join(' ')}\n`);
    default:
      return undefined;
  }
}

/** The first user of the machine that it has, and how many. */
const usersOf = ({ firstUser }: Sandbox): readonly [number, number] =>
  firstUser === undefined ? [0, 2 ** 32 - 1] : [firstUser, OWN_USERS];
