// Measures the controllers in this process, with all that follows of what they do: `node scripts/bench/workloads.ts [part…]`.
//
//   deploy   a Deployment of 1,000 replicas on 100 nodes, until it is available; then another image for all of them
//   day      a day that a sandbox slept through, with 20 CronJobs and 50 workloads, and the next one, when the engine has compiled what it needs
//   events   what one change costs beside 100, 1,000 and 10,000 objects that it does not concern

import { labelSelectorOf } from '../../worker/api/selectors.ts';
import { deployments } from '../../worker/resources/apps/deployment.ts';
import { cronJobs } from '../../worker/resources/batch/cronjob.ts';
import { configMaps } from '../../worker/resources/core/configmap.ts';
import { namespaces } from '../../worker/resources/core/namespace.ts';
import { pods } from '../../worker/resources/core/pod.ts';
import { services } from '../../worker/resources/core/service.ts';
import { cpuTimeOf } from './cpu.ts';
import { dayCronJobs, dayDeployments, deploymentOf } from './day.ts';
import { makeTestCluster } from '../../test/core/harness.ts';
import type { TestCluster } from '../../test/core/harness.ts';

const HOUR = 3_600_000;

const makeDeployment = ({ api }: TestCluster, name: string, replicas: number): void =>
  void api.create(deployments, deploymentOf(name, replicas) as never);

const available = ({ api }: TestCluster, name: string): number => api.get(deployments, 'default', name)!.status.availableReplicas ?? 0;

/** Lets time pass until it is so; how long that was, ms. */
function until(cluster: TestCluster, isSo: () => boolean): number {
  const start = cluster.elapsed();
  for (cluster.settle(); !isSo();) {
    if (cluster.elapsed() - start > HOUR) throw new Error('it does not come');
    cluster.advance(1000);
  }
  return cluster.elapsed() - start;
}

function deploy(): void {
  const cluster = makeTestCluster({ nodes: 100, freeze: false });
  cluster.settle();
  report('1,000 replicas on 100 nodes available', () => {
    makeDeployment(cluster, 'web', 1000);
    return until(cluster, () => available(cluster, 'web') === 1000);
  });
  report('1,000 replicas rolled', () => {
    const now = cluster.api.get(deployments, 'default', 'web')!;
    const template = structuredClone(now.spec.template);
    template.spec.containers[0]!.image = 'nginx:1.27';
    cluster.api.update(deployments, { ...now, spec: { ...now.spec, template } });
    return until(cluster, () => {
      const { status } = cluster.api.get(deployments, 'default', 'web')!;
      return status.updatedReplicas === 1000 && status.availableReplicas === 1000 && status.replicas === 1000;
    });
  });
}

function day(): void {
  const cluster = makeTestCluster({ nodes: 5, freeze: false });
  const { api } = cluster;
  for (const one of dayDeployments) api.create(deployments, one as never);
  for (const one of dayCronJobs) api.create(cronJobs, one as never);
  cluster.advance(60_000);
  for (const day of ['a day', 'the next day']) {
    const before = cluster.cluster.loop.reconciles;
    const { revision } = cluster.store;
    report(`${day} of 20 CronJobs and 50 workloads`, () => {
      cluster.sleep(24 * HOUR);
      cluster.settle();
      return 24 * HOUR;
    });
    console.log(`  ${cluster.cluster.loop.reconciles - before} reconciles, ${cluster.store.revision - revision} revisions`);
  }
}

function events(): void {
  for (const count of [100, 100, 1000, 10_000]) {
    const cluster = makeTestCluster({ nodes: 10, freeze: false });
    const { api } = cluster;
    api.create(namespaces, { metadata: { name: 'other' } });
    cluster.settle();
    for (let i = 0; i < count; i++) {
      api.create(configMaps, { metadata: { name: `c-${i}`, namespace: 'other', labels: { other: 'yes' } }, data: { a: String(i) } });
      if (i % 10 === 0)
        api.create(services, {
          metadata: { name: `s-${i}`, namespace: 'other' },
          spec: { selector: { app: `other-${i}` }, ports: [{ port: 80 }] },
        } as never);
      if (i % 10 === 1)
        api.create(pods, {
          metadata: { name: `p-${i}`, namespace: 'other', labels: { app: 'other' } },
          spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'nginx' }] },
        } as never);
    }
    makeDeployment(cluster, 'web', 3);
    until(cluster, () => available(cluster, 'web') === 3);
    const rounds = 30;
    report(
      `beside ${count} objects, a pod replaced (each of ${rounds})`,
      () => {
        for (let i = 0; i < rounds; i++) {
          const [pod] = api.list(pods, { namespace: 'default', selector: labelSelectorOf({ matchLabels: { app: 'web' } }) });
          api.delete(pods, 'default', pod!.metadata.name, { gracePeriodSeconds: 0 });
          until(cluster, () => available(cluster, 'web') === 3);
        }
        return 0;
      },
      rounds,
    );
  }
}

function report(label: string, run: () => number, times = 1): void {
  let simulated = 0;
  const { thread, all } = cpuTimeOf(() => {
    simulated = run();
  });
  const ms = (total: number): string => (total / times < 100 ? (total / times).toFixed(2) : String(Math.round(total / times)));
  console.log(`${label}: ${ms(thread)} ms (${ms(all)} with the engine's helpers)${simulated ? `, ${simulated / 1000} s simulated` : ''}`);
}

const parts = { deploy, day, events };
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(parts)) if (!wanted.length || wanted.includes(name)) run();
