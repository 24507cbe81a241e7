// Measures the scheduler in this process: `node scripts/bench/scheduler.ts [pods] [nodes]`. Deciding alone, and with everything that follows a decision: the
// binding, its event, and hearing of both.

import type { ControllerContext } from '../../worker/api/controller.ts';
import type { Pod } from '../../worker/api/gen/core-v1.ts';
import { makeRandom } from '../../worker/lib/host.ts';
import { nodes } from '../../worker/resources/core/node.ts';
import { pods } from '../../worker/resources/core/pod.ts';
import { Courses } from '../../worker/scheduler/asking.ts';
import { defaultConfig } from '../../worker/scheduler/config/load.ts';
import { Scheduler } from '../../worker/scheduler/index.ts';
import { Scheduling } from '../../worker/scheduler/scheduler.ts';
import { cpuTimeOf } from './cpu.ts';
import type { CpuTime } from './cpu.ts';
import { makeTestCluster } from '../../test/core/harness.ts';
import type { TestCluster } from '../../test/core/harness.ts';

const [podCount = 10_000, nodeCount = 1000] = process.argv.slice(2).map(Number);
const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const labels = { app: 'web' };
const selector = { labelSelector: { matchLabels: labels } };

const KINDS: Record<string, Partial<Pod['spec']>> = {
  plain: {},
  'soft spread over zones': {
    topologySpreadConstraints: [{ topologyKey: ZONE, maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', ...selector }],
  },
  'hard spread over zones': {
    topologySpreadConstraints: [{ topologyKey: ZONE, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...selector }],
  },
  'hard spread over nodes': {
    topologySpreadConstraints: [{ topologyKey: HOST, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...selector }],
  },
  'affinity to a zone': {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: ZONE, ...selector }] } },
  },
  'preferred anti-affinity to nodes': {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: HOST, ...selector } }],
      },
    },
  },
};

function makeCluster(spec: Partial<Pod['spec']>, scheduler?: Scheduler): TestCluster {
  const cluster = makeTestCluster({ nodes: 0, alone: true, freeze: false, ...(scheduler && { extraControllers: [scheduler] }) });
  const { api } = cluster;
  const allocatable = { cpu: '32', memory: '64Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  for (let i = 0; i < nodeCount; i++) {
    const name = `node-${i}`;
    const node = api.create(nodes, { metadata: { name, labels: { [HOST]: name, [ZONE]: `zone-${i % 3}` } } });
    const ready = api.updateStatus(nodes, { ...node, status: { ...node.status, allocatable, capacity: allocatable } });
    // Nobody is there who would find out that the node is ready.
    const { taints: _taints, ...spec } = ready.spec;
    api.update(nodes, { ...ready, spec });
  }
  for (let i = 0; i < podCount; i++) {
    const containers = [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '100m', memory: '128Mi' } } }];
    api.create(pods, { metadata: { name: `web-${i}`, namespace: 'default', labels }, spec: { containers, ...spec } } as never);
  }
  return cluster;
}

/** Decisions without writes: bindings and events go nowhere. */
function decideAll({ api, cluster }: TestCluster): CpuTime {
  const values = new Map<string, unknown>();
  const context: ControllerContext = {
    api: { ...api, act: () => {} },
    config: cluster.registry.config,
    now: () => cluster.course.now,
    random: makeRandom('bench'),
    state: {
      get: (key: string) => values.get(key) as never,
      set: (key: string, value: unknown) => void values.set(key, value),
      delete: (key: string) => void values.delete(key),
      entries: () => [],
    },
    enqueue: () => {},
    event: () => {},
    log: () => {},
  } as unknown as ControllerContext;
  const scheduling = new Scheduling(defaultConfig(36), context, new Courses({ next: 0 }, () => {}));
  for (const pod of api.list(pods)) scheduling.queue.add(pod, 'default-scheduler', 0);
  scheduling.load();
  return cpuTimeOf(() => {
    while (scheduling.queue.hasNext) scheduling.scheduleNext();
  });
}

const rate = ({ thread, all }: CpuTime): string =>
  `${Math.round((podCount / thread) * 1000)}/s (${((thread / podCount) * 1000).toFixed(0)} µs a pod; ${((all / podCount) * 1000).toFixed(0)} with the engine's helpers)`;

for (const [kind, spec] of Object.entries(KINDS)) {
  const decided = decideAll(makeCluster(spec));
  const cluster = makeCluster(spec, new Scheduler());
  const whole = cpuTimeOf(() => cluster.settle());
  const placed = cluster.api.list(pods).filter((pod) => pod.spec.nodeName).length;
  console.log(`${kind}: deciding ${rate(decided)}; with binding and event ${rate(whole)}; ${placed} of ${podCount} placed`);
}
