// What it costs to let time pass: counted, not timed.

import { expect, test } from 'vitest';
import type { CronJob } from '../../../worker/api/gen/batch-v1.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { cronJobs } from '../../../worker/resources/batch/cronjob.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { makeTestCluster } from '../harness.ts';

test('an hour of 20 CronJobs and 50 workloads is a few hundred looks', () => {
  const cluster = makeTestCluster({ nodes: 5 });
  for (let i = 0; i < 50; i++) {
    const labels = { app: `web-${i}` };
    cluster.api.create(deployments, {
      metadata: { name: `web-${i}`, namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } as never,
      },
    });
  }
  for (let i = 0; i < 20; i++) {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'exit 0'] }] } };
    cluster.api.create(cronJobs, {
      metadata: { name: `cron-${i}`, namespace: 'default' },
      spec: { schedule: `${i} * * * *`, jobTemplate: { spec: { template } } } as unknown as CronJob['spec'],
    });
  }
  cluster.advance(90_000);
  const before = { reconciles: cluster.cluster.loop.reconciles, revision: cluster.store.revision };
  cluster.advance(3_600_000);
  expect(cluster.api.list(jobs).length).toBeGreaterThanOrEqual(20);
  // Each of the 20 Jobs is some 20 looks and 40 writes, the end of its events among them; the workloads rest, but the events of their beginning go.
  expect(cluster.cluster.loop.reconciles - before.reconciles).toBeLessThan(700);
  expect(cluster.store.revision - before.revision).toBeLessThan(1400);
  expect(cluster.errors).toEqual([]);
});

test('a pod of a Deployment is nine writes, of which five are events, and fewer than five looks', () => {
  const cluster = makeTestCluster({ nodes: 10 });
  cluster.settle();
  const before = { reconciles: cluster.cluster.loop.reconciles, revision: cluster.store.revision };
  const labels = { app: 'web' };
  cluster.api.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 200,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } as never,
    },
  });
  cluster.advance(10_000);
  const changes = cluster.store.changesAfter(before.revision, Infinity);
  const count = (bucket: string): number => changes.filter((one) => one.bucket === bucket).length / 200;
  expect(count('pods')).toBe(4);
  // The first of those that tell of a pod made are told one by one.
  expect(count('events')).toBeLessThan(5.2);
  expect(changes.length / 200).toBeLessThan(9.3);
  expect((cluster.cluster.loop.reconciles - before.reconciles) / 200).toBeLessThan(5);
});
