// What is measured. `real` is what a Kubernetes 1.32 API server with etcd gave on two cores, client throttling off.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Kube } from './client.ts';
import type { OwnServer } from './server.ts';
import { connect } from './client.ts';
import { dayCronJobs, dayDeployments, deploymentOf } from './day.ts';

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | '/s' | 'MB';
  readonly real?: number;
  /** More is better. */
  readonly isRate?: boolean;
}

interface Part {
  readonly name: string;
  /** Needs the front of a Kubarium of our own. */
  readonly ownOnly?: boolean;
  run(at: { kube: Kube; own: OwnServer | undefined }): Promise<Figure[]>;
}

const NAMESPACE = '/api/v1/namespaces/default';
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs `work` from `clients` clients at once until the time is up. */
async function load(clients: number, ms: number, work: (n: number) => Promise<unknown>): Promise<{ perSecond: number; p50: number }> {
  const latencies: number[] = [];
  const start = performance.now();
  let n = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() - start < ms) latencies.push(await timed(() => work(n++)));
    }),
  );
  return { perSecond: latencies.length / ((performance.now() - start) / 1000), p50: median(latencies) };
}

async function expectStatus(answer: Promise<{ status: number; body: unknown }>, ...wanted: number[]): Promise<void> {
  const got = await answer;
  if (!wanted.includes(got.status)) throw new Error(`${got.status}: ${JSON.stringify(got.body).slice(0, 500)}`);
}

const podSpec = {
  containers: [
    {
      name: 'c',
      image: 'nginx',
      resources: { requests: { cpu: '10m', memory: '10Mi' } },
      env: [{ name: 'A', value: 'b' }],
      ports: [{ containerPort: 80 }],
    },
  ],
};

async function fillWithPods(kube: Kube, from: number, to: number): Promise<void> {
  let next = from;
  const one = async (): Promise<void> => {
    while (next < to) {
      const n = next++;
      await expectStatus(
        kube.request('POST', `${NAMESPACE}/pods`, {
          metadata: { name: `list-${n}`, labels: { app: 'list', n: String(n) } },
          spec: podSpec,
        }),
        201,
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, one));
}

const deployment = (name: string, replicas: number, image: string): object => ({
  metadata: { name },
  spec: {
    replicas,
    strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image }] } },
  },
});

interface DeploymentStatus {
  metadata: { generation: number };
  status: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number; replicas?: number };
}

async function untilAvailable(kube: Kube, name: string, replicas: number): Promise<void> {
  for (;;) {
    const { body } = await kube.request<DeploymentStatus>('GET', `${DEPLOYMENTS}/${name}`);
    const { observedGeneration, updatedReplicas, availableReplicas, replicas: all } = body.status;
    if (
      observedGeneration === body.metadata.generation &&
      updatedReplicas === replicas &&
      availableReplicas === replicas &&
      all === replicas
    )
      return;
    await pause(10);
  }
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** The same by a watch, which does not keep the server busy, and from before the write that is to be rolled out. */
async function rolledOut(kube: Kube, write: () => ReturnType<Kube['request']>, status: number, replicas: number): Promise<void> {
  let wanted = Infinity;
  let done!: () => void;
  const ready = new Promise<void>((resolve) => {
    done = resolve;
  });
  const end = await kube.watch(`${DEPLOYMENTS}?watch=1`, ({ object }) => {
    const { metadata, status: now } = object as unknown as DeploymentStatus;
    const isThere = now.updatedReplicas === replicas && now.availableReplicas === replicas && now.replicas === replicas;
    if (isThere && now.observedGeneration === metadata.generation && metadata.generation >= wanted) done();
  });
  const answer = await write();
  if (answer.status !== status) throw new Error(`status ${answer.status}`);
  wanted = (answer.body as DeploymentStatus).metadata.generation;
  await ready;
  end();
}

async function rollOut(kube: Kube, name: string, replicas: number): Promise<number> {
  return timed(async () => {
    await expectStatus(kube.request('POST', DEPLOYMENTS, deployment(name, replicas, 'nginx:1.27')), 201);
    await untilAvailable(kube, name, replicas);
  });
}

async function remove(kube: Kube, name: string): Promise<void> {
  await kube.request('DELETE', `${DEPLOYMENTS}/${name}?propagationPolicy=Background`);
  for (;;) {
    const { body } = await kube.request<{ items: unknown[] }>('GET', `${NAMESPACE}/pods?labelSelector=app%3D${name}`);
    if (!body.items.length) return;
    await pause(20);
  }
}

export const parts: readonly Part[] = [
  {
    name: 'creation',
    ownOnly: true,
    run: async ({ own }) => {
      const times: number[] = [];
      for (let n = 0; n < 10; n++) {
        times.push(
          await timed(async () => {
            const kube = connect(await own!.newSandbox({}));
            await expectStatus(kube.request('GET', '/api/v1/nodes'), 200);
            kube.close();
          }),
        );
      }
      return [{ label: 'sandbox creation to first answer, p50', value: median(times), unit: 'ms' }];
    },
  },
  {
    name: 'get',
    run: async ({ kube }) => {
      const figures: Figure[] = [];
      for (const clients of [1, 32]) {
        const { perSecond, p50 } = await load(clients, 3000, () => expectStatus(kube.request('GET', '/api/v1/namespaces/default'), 200));
        if (clients === 1) figures.push({ label: 'GET p50, 1 client', value: p50, unit: 'ms' });
        figures.push({ label: `GETs, ${clients} clients`, value: perSecond, unit: '/s', isRate: true });
      }
      return figures;
    },
  },
  {
    name: 'create',
    run: async ({ kube }) => {
      const figures: Figure[] = [];
      const data = { text: 'x'.repeat(500) };
      const run = Date.now().toString(36);
      for (const [clients, real] of [
        [1, 490],
        [8, 1050],
        [32, 1350],
      ] as const) {
        const { perSecond, p50 } = await load(clients, 4000, (n) =>
          expectStatus(kube.request('POST', `${NAMESPACE}/configmaps`, { metadata: { name: `c-${run}-${clients}-${n}` }, data }), 201),
        );
        if (clients === 1) figures.push({ label: 'ConfigMap create p50, 1 writer', value: p50, unit: 'ms', real: 1.96 });
        figures.push({ label: `ConfigMap creates, ${clients} writers`, value: perSecond, unit: '/s', real, isRate: true });
      }
      await expectStatus(kube.request('DELETE', `${NAMESPACE}/configmaps`), 200);
      return figures;
    },
  },
  {
    name: 'list',
    run: async ({ kube }) => {
      const figures: Figure[] = [];
      let have = 0;
      for (const [count, real] of [
        [1000, 30],
        [5000, 155],
      ] as const) {
        await fillWithPods(kube, have, count);
        have = count;
        await pause(2000);
        const times: number[] = [];
        for (let n = 0; n < 30; n++) times.push(await timed(() => expectStatus(kube.request('GET', `${NAMESPACE}/pods`), 200)));
        figures.push({ label: `LIST of ${count} pods, p50`, value: median(times), unit: 'ms', real });
      }
      await expectStatus(kube.request('DELETE', `${NAMESPACE}/pods?labelSelector=app%3Dlist&gracePeriodSeconds=0`), 200);
      return figures;
    },
  },
  {
    name: 'watch',
    run: async ({ kube }) => {
      const [watchers, writes] = [100, 100];
      const run = `w${Date.now().toString(36)}`;
      const seen = new Map<string, number>();
      let wake = (): void => {};
      const stops = await Promise.all(
        Array.from({ length: watchers }, () =>
          kube.watch(`${NAMESPACE}/configmaps?watch=1&resourceVersion=0`, ({ object }) => {
            const count = (seen.get(object.metadata.name) ?? 0) + 1;
            seen.set(object.metadata.name, count);
            if (count === watchers) wake();
          }),
        ),
      );
      const times: number[] = [];
      for (let n = 0; n < writes; n++) {
        const name = `${run}-${n}`;
        const all = new Promise<void>((resolve) => (wake = resolve));
        await expectStatus(kube.request('POST', `${NAMESPACE}/configmaps`, { metadata: { name } }), 201);
        const sent = performance.now();
        if (seen.get(name) !== watchers) await all;
        times.push(performance.now() - sent);
      }
      for (const stop of stops) stop();
      return [{ label: 'last of 100 watchers after the write, p50', value: median(times), unit: 'ms', real: 5.3 }];
    },
  },
  {
    name: 'deployment',
    run: async ({ kube }) => {
      const figures: Figure[] = [];
      const name = `d${Date.now().toString(36)}`;
      figures.push({
        label: 'Deployment of 100 to all available',
        value: (await rollOut(kube, `${name}a`, 100)) / 1000,
        unit: 's',
        real: 4.1,
      });
      const path = `${DEPLOYMENTS}/${name}a`;
      const rolling = await timed(async () => {
        await expectStatus(
          kube.request(
            'PATCH',
            path,
            { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.28' }] } } } },
            'application/strategic-merge-patch+json',
          ),
          200,
        );
        await untilAvailable(kube, `${name}a`, 100);
      });
      await remove(kube, `${name}a`);
      figures.push({
        label: 'Deployment of 1000 to all available',
        value: (await rollOut(kube, `${name}b`, 1000)) / 1000,
        unit: 's',
        real: 18.5,
      });
      await remove(kube, `${name}b`);
      figures.push({ label: 'rolling update of 100', value: rolling / 1000, unit: 's', real: 6.4 });
      return figures;
    },
  },
  {
    name: 'thousand',
    ownOnly: true,
    run: async ({ own }) => {
      const [available, rolled]: [number[], number[]] = [[], []];
      for (let n = 0; n < 7; n++) {
        const kube = connect(await own!.newSandbox({ template: 'bare', nodes: 100, speed: 'instant' }));
        await expectStatus(kube.request('GET', '/api/v1/nodes'), 200);
        await pause(500);
        available.push(await timed(() => rolledOut(kube, () => kube.request('POST', DEPLOYMENTS, deploymentOf('web', 1000)), 201, 1000)));
        const image = deploymentOf('web', 1000, 'nginx:1.28');
        rolled.push(await timed(() => rolledOut(kube, () => kube.request('PUT', `${DEPLOYMENTS}/web`, image), 200, 1000)));
        kube.close();
      }
      const figures = (label: string, [first, ...others]: number[]): Figure[] => [
        { label: `${label}, the first`, value: first!, unit: 'ms' },
        { label: `${label}, p50 of six more`, value: median(others), unit: 'ms' },
      ];
      return [...figures('1000 replicas on 100 nodes to all available', available), ...figures('1000 replicas rolled', rolled)];
    },
  },
  {
    name: 'day',
    ownOnly: true,
    run: async ({ own }) => {
      const kube = connect(await own!.newSandbox({ template: 'bare', nodes: 5, speed: 'paused' }));
      for (const one of dayDeployments) await expectStatus(kube.request('POST', DEPLOYMENTS, one), 201);
      for (const one of dayCronJobs) await expectStatus(kube.request('POST', '/apis/batch/v1/namespaces/default/cronjobs', one), 201);
      kube.close();
      await own!.step('60s');
      const days: number[] = [];
      for (let n = 0; n < 7; n++) days.push(await timed(() => own!.step('24h')));
      const [first, ...others] = days as [number, ...number[]];
      const label = 'a day of 20 CronJobs and 50 workloads';
      return [
        { label: `${label}, the first`, value: first, unit: 'ms' },
        { label: `${label}, p50 of six more`, value: median(others), unit: 'ms' },
      ];
    },
  },
  {
    name: 'memory',
    ownOnly: true,
    run: async () => {
      const script = fileURLToPath(new URL('memory.ts', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--disable-warning=ExperimentalWarning', script]);
      return Object.entries(JSON.parse(stdout) as Record<string, number>).map(([pods, value]) => ({
        label: pods === '0' ? 'memory of a fresh sandbox' : `memory of a sandbox with ${pods} pods`,
        value,
        unit: 'MB' as const,
      }));
    },
  },
];
