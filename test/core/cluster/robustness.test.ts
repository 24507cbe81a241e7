// Whatever is lost on the way, a cluster comes to the same end: the same operations, once in peace, and once with the cluster dropped from memory and its
// components restarted between any two events.

import { describe, expect, test } from 'vitest';
import type { DaemonSet, Deployment, StatefulSet } from '../../../worker/api/gen/apps-v1.ts';
import type { KubeObject } from '../../../worker/api/object.ts';
import { controllerOf } from '../../../worker/api/object.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import { installAddon } from '../../../worker/cluster/addons/index.ts';
import { makeRandom } from '../../../worker/lib/host.ts';
import type { Random } from '../../../worker/lib/host.ts';
import { clone } from '../../../worker/lib/json.ts';
import { daemonSets } from '../../../worker/resources/apps/daemonset.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { replicaSets } from '../../../worker/resources/apps/replicaset.ts';
import { statefulSets } from '../../../worker/resources/apps/statefulset.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { cronJobs } from '../../../worker/resources/batch/cronjob.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { persistentVolumes } from '../../../worker/resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { endpointSlices } from '../../../worker/resources/discovery/endpointslice.ts';
import { volumeAttachments } from '../../../worker/resources/storage/volumeattachment.ts';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

interface Life {
  now: TestCluster;
  /** How often it began anew. */
  lives: number;
  readonly errors: string[];
  /** Lets time pass, with whatever happens on the way. */
  pass(ms: number): void;
}

const inPeace = (): Life => {
  const now = makeTestCluster({ nodes: 3 });
  return { now, lives: 1, errors: now.errors, pass: (ms) => now.advance(ms) };
};

/** Every few events the memory is lost, or a component starts anew. */
function inTrouble(random: Random): Life {
  const backend = new MemoryBackend();
  const errors: string[] = [];
  const open = (startAt: number): TestCluster => makeTestCluster({ nodes: 3, backend, startAt, slice: 1 + random.below(4) });
  const life: Life = {
    now: open(0),
    lives: 1,
    errors,
    pass(ms) {
      const end = life.now.elapsed() + ms;
      for (;;) {
        const busy = life.now.cluster.course.drain();
        if (random.below(4) === 0) {
          life.now.save();
          errors.push(...life.now.errors);
          life.now = open(life.now.elapsed());
          life.lives++;
        } else if (random.below(60) === 0) {
          life.now.cluster.loop.resync(random.below(3) ? 'kube-controller-manager' : 'kube-scheduler');
        }
        if (busy) continue;
        const next = life.now.cluster.course.nextWake() - START;
        if (next > end) break;
        life.now.sleep(Math.max(0, next - life.now.elapsed()));
      }
      life.now.sleep(end - life.now.elapsed());
      life.now.settle();
    },
  };
  return life;
}

type Operation = (cluster: TestCluster) => void;
const APPS = ['a', 'b', 'c'];

const change =
  <T extends KubeObject>(resource: Resource<T>, name: string, edit: (object: T) => T): Operation =>
  ({ api }) => {
    const now = api.get(resource, 'default', name);
    if (now && !now.metadata.deletionTimestamp) api.update(resource, edit(clone(now)));
  };
const create =
  <T extends KubeObject>(resource: Resource<T>, name: string, spec: object): Operation =>
  ({ api }) => {
    if (!api.get(resource, 'default', name)) api.create(resource as Resource, { metadata: { name, namespace: 'default' }, spec } as never);
  };
const remove =
  <T extends KubeObject>(resource: Resource<T>, name: string): Operation =>
  ({ api }) => {
    if (api.get(resource, 'default', name)) api.delete(resource, 'default', name, { propagationPolicy: 'Background' });
  };
const template = (name: string, image = 'nginx', more: object = {}): object => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'c', image, resources: { requests: { cpu: '10m' } } }], ...more },
});
const setImage = <T extends Deployment | StatefulSet | DaemonSet>(one: T, image: string): T => {
  one.spec.template.spec.containers[0]!.image = image;
  return one;
};

/** The same for the same seed. What is not there (any more) is let be. */
function workloadsOf(random: Random): (() => Operation)[] {
  const app = (): string => APPS[random.below(APPS.length)]!;
  const workload = (name: string): object => ({
    replicas: 1 + random.below(4),
    selector: { matchLabels: { app: name } },
    template: template(name),
  });
  return [
    () => {
      const name = app();
      return create(deployments, name, workload(name));
    },
    () => {
      const replicas = random.below(6);
      return change(deployments, app(), (one: Deployment) => ({ ...one, spec: { ...one.spec, replicas } }));
    },
    () => {
      const image = `nginx:1.${20 + random.below(9)}`;
      return change(deployments, app(), (one: Deployment) => setImage(one, image));
    },
    () => remove(deployments, app()),
    () => {
      const name = `set-${app()}`;
      return create(statefulSets, name, { ...workload(name), serviceName: name });
    },
    () => {
      const replicas = random.below(4);
      return change(statefulSets, `set-${app()}`, (one: StatefulSet) => ({ ...one, spec: { ...one.spec, replicas } }));
    },
    () => create(daemonSets, 'agent', { selector: { matchLabels: { app: 'agent' } }, template: template('agent') }),
    () => {
      const [name, completions] = [`job-${app()}`, 1 + random.below(3)];
      return create(jobs, name, { completions, parallelism: 2, template: template(name, 'busybox', { restartPolicy: 'Never' }) });
    },
    () => remove(jobs, `job-${app()}`),
    () =>
      create(cronJobs, 'cron', {
        schedule: '*/2 * * * *',
        concurrencyPolicy: 'Replace',
        jobTemplate: { spec: { template: template('cron', 'busybox', { restartPolicy: 'Never' }) } },
      }),
    () => create(services, `svc-${app()}`, { selector: { app: app() }, ports: [{ port: 80 }] }),
    () => {
      const node = `node-${1 + random.below(3)}`;
      return ({ api }) => {
        const now = api.get(nodes, '', node)!;
        api.update(nodes, { ...now, spec: { ...now.spec, unschedulable: true } });
      };
    },
    () => {
      const node = `node-${1 + random.below(3)}`;
      return ({ api }) => {
        const now = api.get(nodes, '', node)!;
        const { unschedulable: _gone, ...spec } = now.spec;
        api.update(nodes, { ...now, spec });
      };
    },
    () => {
      // The first pod of an application: its name is not the same in both lives.
      const name = app();
      return ({ api }) => {
        const [pod] = api.list(pods, { namespace: 'default' }).filter(({ metadata }) => metadata.labels?.['app'] === name);
        if (pod) api.delete(pods, 'default', pod.metadata.name);
      };
    },
  ];
}

/** What keeps something behind, or waits for others: disks, replicas that follow a load, updates node by node, Jobs that fail, and CronJobs that are held. */
function keepersOf(random: Random): (() => Operation)[] {
  const app = (): string => APPS[random.below(APPS.length)]!;
  const image = (): string => `nginx:1.${20 + random.below(9)}`;
  const retention = { whenDeleted: 'Delete', whenScaled: 'Delete' };
  const ends = (code: number): object => ({
    restartPolicy: 'Never',
    containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', `exit ${code}`] }],
  });
  const disk = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  return [
    () => {
      const name = `db-${app()}`;
      return create(statefulSets, name, {
        replicas: 1 + random.below(3),
        serviceName: name,
        selector: { matchLabels: { app: name } },
        template: template(name),
        persistentVolumeClaimRetentionPolicy: retention,
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: disk }],
      });
    },
    () => {
      const replicas = random.below(4);
      return change(statefulSets, `db-${app()}`, (one) => ({ ...one, spec: { ...one.spec, replicas } }));
    },
    () => {
      const [name, next] = [`db-${app()}`, image()];
      return change(statefulSets, name, (one) => setImage(one, next));
    },
    () => remove(statefulSets, `db-${app()}`),
    () => create(persistentVolumeClaims, `disk-${app()}`, disk),
    () => {
      const name = app();
      const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: `disk-${name}` } }];
      return create(pods, `user-${name}`, {
        containers: [{ name: 'c', image: 'nginx', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes,
      });
    },
    () => remove(pods, `user-${app()}`),
    () => remove(persistentVolumeClaims, `disk-${app()}`),
    () => {
      const name = app();
      return create(deployments, name, {
        replicas: 1 + random.below(5),
        selector: { matchLabels: { app: name } },
        template: template(name),
      });
    },
    () => {
      const name = app();
      return create(horizontalPodAutoscalers, name, {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 1 + random.below(2),
        maxReplicas: 3,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
        behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
      });
    },
    () => remove(horizontalPodAutoscalers, app()),
    () => create(daemonSets, 'agent', { selector: { matchLabels: { app: 'agent' } }, template: template('agent') }),
    () => {
      const next = image();
      return change(daemonSets, 'agent', (one) => setImage(one, next));
    },
    () => {
      const name = `fail-${app()}`;
      return create(jobs, name, { backoffLimit: 1, template: { spec: ends(3) } });
    },
    () => {
      const suspend = random.below(2) === 0;
      return change(jobs, `fail-${app()}`, (one) => ({ ...one, spec: { ...one.spec, suspend } }));
    },
    () =>
      create(cronJobs, 'tick', {
        schedule: '* * * * *',
        successfulJobsHistoryLimit: 1,
        jobTemplate: { spec: { template: { spec: ends(0) } } },
      }),
    () => {
      const suspend = random.below(2) === 0;
      return change(cronJobs, 'tick', (one) => ({ ...one, spec: { ...one.spec, suspend } }));
    },
    () => remove(cronJobs, 'tick'),
  ];
}

/** The first kind first, so that there is something to change. */
function operationsOf(kinds: readonly (() => Operation)[], random: Random, count: number): Operation[] {
  const all = kinds.slice(0, 1).map((make) => make());
  while (all.length < count) all.push(kinds[random.below(kinds.length)]!());
  return all;
}

/** What is there, without names that chance made, and without times. */
function endOf({ api }: TestCluster): unknown {
  const count = <T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> => {
    const out: Record<string, number> = {};
    for (const item of items) out[keyOf(item)] = (out[keyOf(item)] ?? 0) + 1;
    return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return {
    deployments: api.list(deployments, { namespace: 'default' }).map(({ metadata: { name }, spec, status }) => {
      const { replicas, readyReplicas, availableReplicas, updatedReplicas, unavailableReplicas } = status;
      return { name, wanted: spec.replicas, replicas, readyReplicas, availableReplicas, updatedReplicas, unavailableReplicas };
    }),
    replicaSets: count(api.list(replicaSets), ({ metadata, spec }) => `${metadata.name} ${spec.replicas}`),
    statefulSets: api
      .list(statefulSets)
      .map(({ metadata: { name }, status }) => [
        name,
        status.replicas,
        status.readyReplicas,
        status.currentReplicas,
        status.updatedReplicas,
      ]),
    daemonSets: api
      .list(daemonSets)
      .map(({ status }) => [status.desiredNumberScheduled, status.numberReady, status.updatedNumberScheduled]),
    jobs: api
      .list(jobs)
      .map(({ metadata: { name }, status }) => [name, status.succeeded, status.active, status.conditions?.map(({ type }) => type)]),
    cronJobs: api.list(cronJobs).map(({ status }) => [status.lastScheduleTime, status.active?.map(({ name }) => name)]),
    pods: count(api.list(pods), (pod) => {
      const owner = controllerOf(pod);
      return `${owner?.kind}/${owner?.kind === 'ReplicaSet' ? owner.name : owner?.name} ${pod.status.phase} ${pod.metadata.deletionTimestamp ? 'going' : ''}`;
    }),
    autoscalers: api.list(horizontalPodAutoscalers).map(({ metadata: { name }, status }) => {
      const { currentReplicas, desiredReplicas, conditions } = status;
      return [name, currentReplicas, desiredReplicas, conditions?.map(({ type, status: state, reason }) => `${type} ${state} ${reason}`)];
    }),
    claims: api.list(persistentVolumeClaims).map(({ metadata: { name }, status }) => [name, status.phase]),
    volumes: count(api.list(persistentVolumes), ({ spec, status }) => `${spec.claimRef?.name} ${status.phase}`),
    attached: count(api.list(volumeAttachments), ({ status }) => String(status?.attached)),
    endpoints: api
      .list(endpointSlices, { namespace: 'default' })
      .map(({ metadata, endpoints }) => [metadata.labels?.['kubernetes.io/service-name'], (endpoints ?? []).length]),
  };
}

/** The same operations in both lives; the second is interrupted more than `interruptions` times. */
function expectSameEnd(seed: number, kindsOf: (random: Random) => (() => Operation)[], addons: readonly string[], endAt: number): void {
  const lives = [inPeace(), inTrouble(makeRandom(`trouble-${seed}`))];
  const ends = lives.map((life) => {
    const random = makeRandom(`operations-${seed}`);
    for (const addon of addons) installAddon(life.now.api, addon);
    if (addons.length) life.pass(30_000);
    for (const operation of operationsOf(kindsOf(random), random, 25)) {
      operation(life.now);
      life.pass(100 + random.below(4000));
    }
    // Whoever may be placed shall be.
    for (const node of life.now.api.list(nodes)) {
      const { unschedulable: _gone, ...spec } = node.spec;
      life.now.api.update(nodes, { ...node, spec });
    }
    life.pass(endAt - life.now.elapsed());
    expect([...life.errors, ...life.now.errors]).toEqual([]);
    return endOf(life.now);
  });
  expect(ends[1]).toEqual(ends[0]);
  expect(lives[1]!.lives).toBeGreaterThan(20);
}

const SEEDS = Array.from({ length: 8 }, (_, seed) => ({ seed }));

describe('a cluster that is interrupted', () => {
  test.each(SEEDS)('comes to the same end (seed $seed)', ({ seed }) => expectSameEnd(seed, workloadsOf, [], 200_000));
  test.each(SEEDS)('with disks, loads, updates and failures too (seed $seed)', ({ seed }) =>
    expectSameEnd(seed, keepersOf, ['csi-disk', 'metrics-server'], 330_000),
  );
});
