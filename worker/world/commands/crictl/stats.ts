// crictl stats and statsp: what containers and pods use, measured over a second. Mirrors cmd/crictl/container_stats.go and pod_stats.go; figures come from the world's accounts.

import type { Next } from '../../process/program.ts';
import { diskOf } from '../../runtime/disk.ts';
import type { Sandbox } from '../../runtime/sandbox.ts';
import { cpuUsedUntil, memoryOf } from '../../runtime/usage.ts';
import { bool, int, string, strings } from './flags.ts';
import { writeAs } from './output.ts';
import { allContainers, containerLabels, hasLabels, humanSize, interrupted, labelsOf, podLabels, shortId, Stop, table } from './runtime.ts';
import type { Call, Found, Verb } from './runtime.ts';

/** How often the screen is written anew with `--watch`, besides the time of the sample. */
const WATCH_MS = 500;
const CLEAR = '\u001B[2J\u001B[H';

interface Kept {
  /** When the sample began, and what had been used then (core-milliseconds), by ids. 0: it has yet to begin. */
  readonly from: number;
  readonly before: Readonly<Record<string, number>>;
}

const FLAGS = [
  strings('label', 'Filter by key=value label'),
  string('output, o', 'Output format, One of: json|yaml|table'),
  int('seconds, s', 'Sample duration for CPU usage in seconds', '1'),
  bool('watch, w', 'Watch pod resources'),
];

const isPlain = ({ given }: Call): boolean => !['json', 'yaml'].includes(given.get('output') ?? '');
const idOf = ({ given, args }: Call): string => given.get('id') ?? args[0] ?? '';

/** Takes two samples of what `all` used, and shows them: again and again, if it is to be watched. */
function sample<T>(
  call: Call,
  all: readonly T[],
  idOfOne: (one: T) => string,
  used: (one: T) => number,
  show: (percent: (one: T) => number | undefined) => void,
): Next {
  const { system, given } = call;
  const kept = system.process.data as Kept | null;
  const now = system.now();
  const seconds = Number(given.get('seconds') ?? 1);
  if (given.has('watch') && !kept) {
    system.process.data = { from: 0, before: {} } satisfies Kept;
    return { wait: { until: now + WATCH_MS } };
  }
  if (!kept?.from) {
    system.process.data = { from: now, before: Object.fromEntries(all.map((one) => [idOfOne(one), used(one)])) } satisfies Kept;
    return { wait: { until: now + seconds * 1000 } };
  }
  show((one) => {
    const before = kept.before[idOfOne(one)];
    return before === undefined ? undefined : ((used(one) - before) / Math.max(1, now - kept.from)) * 100;
  });
  if (!given.has('watch')) return { exit: 0 };
  system.process.data = { from: 0, before: {} } satisfies Kept;
  return { wait: { until: now + Math.max(0, WATCH_MS - seconds * 1000) } };
}

const usedBy =
  ({ system }: Call) =>
  ({ sandbox, container }: Found): number =>
    cpuUsedUntil(system.world, sandbox, container, system.now());

export const statsVerb: Verb = {
  name: 'stats',
  usage: 'List container(s) resource usage statistics',
  argsUsage: '[ID]',
  flags: [
    bool('all, a', 'Show all containers (default shows just running)'),
    string('id', 'Filter by container id'),
    string('pod, p', 'Filter by pod id'),
    ...FLAGS,
  ],
  act: (call) => {
    const { system, given, args } = call;
    if (args.length > 1) throw new Stop();
    const labels = labelsOf(call);
    const all = allContainers(call)
      .filter(
        (one) =>
          one.container.id.startsWith(idOf(call)) &&
          one.sandbox.id.startsWith(given.get('pod') ?? '') &&
          hasLabels(containerLabels(one), labels) &&
          (one.container.state === 'running' || given.has('all')),
      )
      .sort((a, b) => (a.container.id < b.container.id ? -1 : 1));
    if (!isPlain(call) && writeAs(call, () => ({ stats: all.map((one) => containerStats(call, one)) }))) return { exit: 0 };
    const used = usedBy(call);
    return sample(
      call,
      all,
      ({ container }) => container.id,
      used,
      (percent) => {
        const rows = all.flatMap((one) => {
          const share = percent(one);
          if (share === undefined) return [];
          const { root, inodes } = layerOf(call, one);
          const memory = memoryOf(system.world, one.sandbox, one.container);
          return [
            [shortId(one.container.id), one.container.name, share.toFixed(2), humanSize(memory), humanSize(root), String(inodes), '0B'],
          ];
        });
        system.out(CLEAR);
        table(system, [['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'], ...rows]);
      },
    );
  },
  signal: interrupted,
};

/** What is written over the image: bytes, and files besides the layer's own directories. */
function layerOf({ system }: Call, { container }: Found): { readonly root: number; readonly inodes: number } {
  const written = system.world.state.entries(`files/${container.id}`).length;
  // Directories and an index take a little even of a layer that nobody wrote to.
  return { root: diskOf(system.world, container).root + 4096 * (7 + written), inodes: 10 + written };
}

const value = (amount: number): { readonly value: string } => ({ value: String(Math.round(amount)) });

function cpuUsage({ system }: Call, nanoseconds: number, perSecond: number): object {
  return {
    timestamp: `${system.now()}000000`,
    usageCoreNanoSeconds: value(nanoseconds),
    usageNanoCores: value(perSecond),
  };
}

function memoryUsage({ system }: Call, bytes: number, limit: number): object {
  return {
    timestamp: `${system.now()}000000`,
    workingSetBytes: value(bytes),
    availableBytes: value(limit ? Math.max(0, limit - bytes) : 0),
    usageBytes: value(bytes),
    rssBytes: value(bytes * 0.8),
    pageFaults: value(0),
    majorPageFaults: value(0),
  };
}

/** Nanocores: what was used in the last second. */
function rateOf(call: Call, { sandbox, container }: Found): number {
  const now = call.system.now();
  return (cpuUsedUntil(call.system.world, sandbox, container, now) - cpuUsedUntil(call.system.world, sandbox, container, now - 1000)) * 1e6;
}

function containerStats(call: Call, found: Found): object {
  const { system } = call;
  const { sandbox, container } = found;
  const { root, inodes } = layerOf(call, found);
  const timestamp = `${system.now()}000000`;
  return {
    attributes: {
      id: container.id,
      metadata: { name: container.name, attempt: container.attempt },
      labels: containerLabels(found),
      annotations: {},
    },
    cpu: cpuUsage(call, usedBy(call)(found) * 1e6, rateOf(call, found)),
    memory: memoryUsage(call, memoryOf(system.world, sandbox, container), container.limits.memory),
    writableLayer: {
      timestamp,
      fsId: { mountpoint: '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs' },
      usedBytes: value(root),
      inodesUsed: value(inodes),
    },
    swap: { timestamp, swapAvailableBytes: value(0), swapUsageBytes: value(0) },
  };
}

const runningIn = (sandbox: Sandbox): Found[] =>
  sandbox.containers.filter(({ state }) => state === 'running').map((container) => ({ sandbox, container }));

export const podStatsVerb: Verb = {
  name: 'statsp',
  usage: "List pod statistics. Stats represent a structured API that will fulfill the Kubelet's /stats/summary endpoint.",
  argsUsage: '[ID]',
  flags: [string('id', 'Filter by pod id'), ...FLAGS],
  act: (call) => {
    const { system, args, sandboxes } = call;
    if (args.length > 1) throw new Stop();
    const labels = labelsOf(call, 'parse pod labels: ');
    const all = sandboxes
      .filter((one) => one.state === 'ready' && one.id.startsWith(idOf(call)) && hasLabels({ ...one.labels, ...podLabels(one) }, labels))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    if (!isPlain(call) && writeAs(call, () => ({ stats: all.map((one) => podStats(call, one)) }))) return { exit: 0 };
    const sum = (one: Sandbox): number => runningIn(one).reduce((total, found) => total + usedBy(call)(found), 0);
    return sample(
      call,
      all,
      ({ id }) => id,
      sum,
      (percent) => {
        const rows = all.flatMap((one) => {
          const share = percent(one);
          return share === undefined ? [] : [[one.name, shortId(one.id), share.toFixed(2), humanSize(memoryOfPod(call, one))]];
        });
        system.out(CLEAR);
        table(system, [['POD', 'POD ID', 'CPU %', 'MEM'], ...rows]);
      },
    );
  },
  signal: interrupted,
};

/** Of its containers, and of the process that holds its namespaces. */
const memoryOfPod = ({ system }: Call, sandbox: Sandbox): number =>
  runningIn(sandbox).reduce((total, { container }) => total + memoryOf(system.world, sandbox, container), 229_376);

function podStats(call: Call, sandbox: Sandbox): object {
  const found = runningIn(sandbox);
  const timestamp = `${call.system.now()}000000`;
  return {
    attributes: {
      id: sandbox.id,
      metadata: { name: sandbox.name, uid: sandbox.uid, namespace: sandbox.namespace, attempt: sandbox.attempt },
      labels: { ...sandbox.labels, ...podLabels(sandbox) },
      annotations: {},
    },
    linux: {
      cpu: cpuUsage(
        call,
        found.reduce((total, one) => total + usedBy(call)(one) * 1e6, 0),
        found.reduce((total, one) => total + rateOf(call, one), 0),
      ),
      memory: memoryUsage(call, memoryOfPod(call, sandbox), 0),
      process: { timestamp, processCount: value(found.length + 1) },
      containers: found.map((one) => containerStats(call, one)),
    },
  };
}
