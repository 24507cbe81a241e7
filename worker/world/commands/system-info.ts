// Tools that tell about the system: hostname, uname, uptime, nproc, free, df, mount, tty, dmesg.

import type { System } from '../process/system.ts';
import { sizeOfVolume, volumeTree } from '../files/container-files.ts';
import { sizeOf } from '../files/inode.ts';
import { diskUsed } from '../runtime/disk.ts';
import { formatDate } from './date.ts';
import { isBusybox, once, options } from './tool.ts';
import type { Options } from './tool.ts';

export const hostname = once('hostname', (system) => {
  const given = options(system, 'fsidIFA', ['fqdn', 'short', 'ip-address', 'all-ip-addresses', 'domain']);
  if (given.rest.length) {
    system.err(
      isBusybox(system) ? 'hostname: sethostname: Operation not permitted\n' : 'hostname: you must be root to change the host name\n',
    );
    return 1;
  }
  if (given.has('i', 'I', 'ip-address', 'all-ip-addresses')) system.out(`${addressOf(system)}${given.has('I') ? ' ' : ''}\n`);
  else if (given.has('s', 'short')) system.out(`${system.hostname.split('.')[0]}\n`);
  else if (given.has('d', 'domain')) system.out('\n');
  else if (given.has('f', 'fqdn')) system.out(`${fullName(system)}\n`);
  else system.out(`${system.hostname}\n`);
  return 0;
});

/** The name that /etc/hosts has for the own address. */
function fullName(system: System): string {
  const ip = addressOf(system);
  const line = (system.find('/etc/hosts')?.content ?? '').split('\n').find((one) => one.split(/\s+/)[0] === ip);
  return line?.trim().split(/\s+/)[1] ?? system.hostname;
}

/** The address of the pod, or of the machine. */
export const addressOf = ({ sandbox, world, caller }: System): string =>
  sandbox && !sandbox.hostNetwork ? sandbox.ip : (world.machines.get(caller.machine)?.ip ?? '127.0.0.1');

const machineOf = (system: System) => system.world.machines.get(system.caller.machine);

export const uname = once('uname', (system) => {
  const given = options(
    system,
    'asnrvmpio',
    ['all', 'kernel-name', 'nodename', 'kernel-release', 'kernel-version', 'machine', 'operating-system'],
    {
      aliases: {
        all: 'a',
        'kernel-name': 's',
        nodename: 'n',
        'kernel-release': 'r',
        'kernel-version': 'v',
        machine: 'm',
        'operating-system': 'o',
      },
    },
  );
  const facts: [string, string][] = [
    ['s', 'Linux'],
    ['n', system.hostname],
    ['r', machineOf(system)?.kernel ?? ''],
    ['v', '#117-Ubuntu SMP PREEMPT_DYNAMIC Tue Mar  3 14:00:00 UTC 2026'],
    ['m', 'x86_64'],
    ['o', isBusybox(system) ? 'Linux' : 'GNU/Linux'],
  ];
  const asked = given.has('a') ? facts : facts.filter(([letter]) => given.has(letter));
  system.out(`${(asked.length ? asked : facts.slice(0, 1)).map(([, text]) => text).join(' ')}\n`);
  return 0;
});

export const nproc = once('nproc', (system) => {
  system.out(`${machineOf(system)?.cpus ?? 1}\n`);
  return 0;
});

export const uptime = once('uptime', (system) => {
  const seconds = Math.floor((system.now() - (machineOf(system)?.bootedAt ?? system.now())) / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const span = `${days ? `${days} day${days > 1 ? 's' : ''}, ` : ''}${hours ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, '0')}` : `${minutes} min`}`;
  system.out(` ${formatDate('%H:%M:%S', system.now())} up ${span},  0 users,  load average: 0.08, 0.05, 0.01\n`);
  return 0;
});

export const free = once('free', (system) => {
  const given = options(system, 'bkmghw', ['human', 'mega', 'giga', 'bytes'], { aliases: { human: 'h', bytes: 'b' } });
  const total = machineOf(system)?.memory ?? 0;
  const [used, cached] = [total * 0.19, total * 0.21];
  const rest = total - used - cached;
  const isBox = isBusybox(system);
  const show = (bytes: number): string => {
    if (given.has('h')) {
      const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti'];
      let value = bytes;
      let unit = 0;
      while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
      }
      return isBox
        ? `${value.toFixed(1)}${units[unit]![0]}`
        : `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
    }
    return String(
      Math.floor(bytes / (given.has('b') ? 1 : given.has('m', 'mega') ? 1_048_576 : given.has('g', 'giga') ? 1_073_741_824 : 1024)),
    );
  };
  const row = (label: string, values: readonly number[]): string =>
    `${label.padEnd(isBox ? 7 : 7)}${values
      .map((value) => show(value).padStart(12))
      .join('')
      .replace(/^ {0}/, isBox ? '' : ' ')}\n`;
  system.out(
    `       ${isBox ? '' : ' '}${['total', 'used', 'free', 'shared', 'buff/cache', 'available'].map((name) => name.padStart(12)).join('')}\n`,
  );
  system.out(row('Mem:', [total, used, rest, total * 0.0005, cached, rest + cached * 0.9]));
  system.out(row('Swap:', [0, 0, 0]));
  return 0;
});

interface Mounted {
  readonly source: string;
  readonly target: string;
  readonly kind: string;
  readonly size: number;
  readonly used: number;
  readonly options: string;
}

function mountsOf(system: System): Mounted[] {
  const machine = machineOf(system);
  const disk = machine?.disk ?? 0;
  const memory = machine?.memory ?? 0;
  return [...system.files.mounts].reverse().map(({ path, kind, readOnly, tree, volume }): Mounted => {
    const own = tree.get('');
    const isMemory = kind === 'tmpfs';
    const room = volume === undefined ? undefined : sizeOfVolume(system.world, volume);
    if (volume !== undefined && room !== undefined)
      return {
        source: isMemory ? 'tmpfs' : deviceOf(system, volume),
        target: path,
        kind,
        size: room + (isMemory ? 0 : OWN_BYTES),
        used: Math.ceil(volumeTree(system.world, volume).held / 4096) * 4096 + (isMemory ? 0 : OWN_BYTES),
        options: `${readOnly ? 'ro' : 'rw'},relatime${isMemory ? `,size=${Math.ceil(room / 1024)}k,inode64,noswap` : ''}`,
      };
    return {
      source: kind === 'overlay' ? 'overlay' : kind === 'ext4' ? '/dev/vda1' : kind,
      target: path || '/',
      kind,
      size: kind === 'proc' || kind === 'sysfs' ? 0 : isMemory ? (path === '/dev' ? 67_108_864 : memory) : disk,
      used: isMemory ? (own ? sizeOf(own) : 0) % 4096 : Math.floor(SYSTEM_DISK * disk) + (machine ? diskUsed(system.world, machine) : 0),
      options: `${readOnly ? 'ro' : 'rw'},${kind === 'overlay' || kind === 'ext4' ? 'relatime' : 'nosuid,nodev,noexec,relatime'}`,
    };
  });
}

/** What an empty file system takes of its disk. */
const OWN_BYTES = 24_576;

/** The disks of a machine come after its own, in the order in which its pods got them. */
function deviceOf({ world, caller }: System, volume: string): string {
  const volumes = new Set(
    world.sandboxes
      .find('machine', caller.machine)
      .toSorted((a, b) => a.createdAt - b.createdAt)
      .flatMap(({ containers }) =>
        containers.flatMap(({ mounts }) =>
          mounts.flatMap(({ source }) => (source.type === 'volume' && !source.memory && sizeOfVolume(world, source.id) ? [source.id] : [])),
        ),
      ),
  );
  return `/dev/vd${String.fromCharCode('b'.charCodeAt(0) + Math.max([...volumes].indexOf(volume), 0))}`;
}

/** Share of a disk that the system itself takes. */
const SYSTEM_DISK = 0.08;

export const mount = once('mount', (system) => {
  const given = options(system, 't:o:arwlv');
  if (given.rest.length) {
    system.err(
      isBusybox(system) ? `mount: permission denied (are you root?)\n` : `mount: ${given.rest.at(-1)}: must be superuser to use mount.\n`,
    );
    return isBusybox(system) ? 1 : 32;
  }
  for (const { source, target, kind, options: flags } of mountsOf(system))
    if (!given.has('t') || given.get('t') === kind) system.out(`${source} on ${target} type ${kind} (${flags})\n`);
  return 0;
});

export const umount = once('umount', (system, args) => {
  const target = args.findLast((arg) => !arg.startsWith('-')) ?? '';
  system.err(
    isBusybox(system) ? `umount: can't unmount ${target}: Operation not permitted\n` : `umount: ${target}: must be superuser to unmount.\n`,
  );
  return isBusybox(system) ? 1 : 32;
});

function sizeText(bytes: number, given: Options): string {
  if (!given.has('h', 'H')) return String(Math.floor(bytes / (given.has('m') ? 1_048_576 : 1024)));
  if (bytes === 0) return '0';
  const units = ['', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

export const df = once('df', (system) => {
  const given = options(system, 'hHkmTPait:x:', ['human-readable', 'print-type', 'inodes'], {
    aliases: { 'human-readable': 'h', 'print-type': 'T' },
  });
  const asked = given.rest.map((path) => system.files.mountAt(system.path(path)).path || '/');
  const rows = mountsOf(system)
    .filter(({ size, target }) => (asked.length ? asked.includes(target) : size > 0))
    .map(({ source, target, kind, size, used }) => ({
      source,
      kind,
      size: sizeText(size, given),
      used: sizeText(used, given),
      rest: sizeText(size - used, given),
      percent: `${size ? Math.ceil((used / size) * 100) : 0}%`,
      target,
    }));
  const isHuman = given.has('h', 'H');
  const isBox = isBusybox(system);
  const type = (text: string): string => (given.has('T') ? `${text.padEnd(isBox ? 10 : 6)} ` : '');
  if (isBox) {
    system.out(
      `Filesystem           ${type('Type')}${isHuman ? '     Size      Used Available Use% Mounted on' : '1K-blocks      Used Available Use% Mounted on'}\n`,
    );
    for (const row of rows)
      system.out(
        `${row.source.padEnd(20)} ${type(row.kind)}${row.size.padStart(9)} ${row.used.padStart(9)} ${row.rest.padStart(9)} ${row.percent.padStart(4)} ${row.target}\n`,
      );
    return 0;
  }
  const wide = (key: 'source' | 'size' | 'used' | 'rest', title: string): number =>
    Math.max(title.length, ...rows.map((row) => row[key].length));
  const [a, b, c, d] = [
    Math.max(14, wide('source', 'Filesystem')),
    Math.max(5, wide('size', isHuman ? 'Size' : '1K-blocks')),
    Math.max(5, wide('used', 'Used')),
    Math.max(5, wide('rest', isHuman ? 'Avail' : 'Available')),
  ];
  system.out(
    `${'Filesystem'.padEnd(a)} ${type('Type')}${(isHuman ? 'Size' : '1K-blocks').padStart(b)} ${'Used'.padStart(c)} ${(isHuman ? 'Avail' : 'Available').padStart(d)} Use% Mounted on\n`,
  );
  for (const row of rows)
    system.out(
      `${row.source.padEnd(a)} ${type(row.kind)}${row.size.padStart(b)} ${row.used.padStart(c)} ${row.rest.padStart(d)} ${row.percent.padStart(4)} ${row.target}\n`,
    );
  return 0;
});

export const tty = once('tty', (system) => {
  if (!system.tty(0)) {
    system.out('not a tty\n');
    return 1;
  }
  system.out('/dev/pts/0\n');
  return 0;
});

export const dmesg = once('dmesg', (system) => {
  system.err(
    isBusybox(system) ? 'dmesg: klogctl: Operation not permitted\n' : 'dmesg: read kernel buffer failed: Operation not permitted\n',
  );
  return 1;
});

export const sync = once('sync', () => 0);

export const clear = once('clear', (system) => {
  system.out('\x1b[H\x1b[J');
  return 0;
});
