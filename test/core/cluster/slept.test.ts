// A sandbox that slept and catches up: it comes to the same as one that was awake, and what nobody can ask for any more is never saved.

import { describe, expect, test } from 'vitest';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { cronJobs } from '../../../worker/resources/batch/cronjob.ts';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import type { Batch } from '../../../worker/store/store.ts';
import { Query } from '../../../worker/server/http.ts';
import type { StreamReply } from '../../../worker/server/http.ts';
import { ADMIN_TOKEN, makeTestCluster } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';

/** More than an hour: events come, and go again. */
const HOURS = 1.5;

class CountingBackend extends MemoryBackend {
  readonly batches: Batch[] = [];
  override write(batch: Batch): void {
    this.batches.push(batch);
    super.write(batch);
  }
}

/** Jobs that come and go, one that fails, and something that rests. */
function busyCluster(options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ nodes: 2, ...options });
  const { api } = cluster;
  const labels = { app: 'web' };
  api.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  } as never);
  for (const [name, script] of [
    ['good', 'exit 0'],
    ['bad', 'sleep 1; exit 3'],
  ]) {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }] } };
    api.create(cronJobs, {
      metadata: { name, namespace: 'default' },
      spec: { schedule: '*/10 * * * *', jobTemplate: { spec: { backoffLimit: 2, template } } },
    } as never);
  }
  cluster.advance(60_000);
  return cluster;
}

/** Everything that is there, as it was written. */
const all = ({ store }: TestCluster): string[] =>
  ['deployments', 'replicasets', 'cronjobs', 'jobs', 'pods', 'events', 'nodes', 'namespaces'].flatMap((bucket) =>
    store.list(bucket).map(({ text }) => text),
  );

async function watchPods(cluster: TestCluster): Promise<{ text: string }> {
  const seen = { text: '' };
  const reply = (await cluster.cluster.handle({
    method: 'GET',
    path: '/api/v1/pods',
    query: new Query('watch=1'),
    headers: { get: (name) => (name === 'authorization' ? `Bearer ${ADMIN_TOKEN}` : null), keys: () => ['authorization'] },
    body: new Uint8Array(),
  })) as StreamReply;
  reply.open({
    isReady: true,
    write: (chunk) => (seen.text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
    close: () => {},
    onDrain: () => {},
  });
  return seen;
}

describe('a sandbox that slept', () => {
  test('comes to the same as one that was awake', () => {
    const [awake, slept] = [busyCluster(), busyCluster({ freeze: false })];
    awake.advance(HOURS * 3_600_000);
    slept.sleep(HOURS * 3_600_000);
    slept.settle();
    expect(slept.store.revision).toBe(awake.store.revision);
    expect(all(slept)).toEqual(all(awake));
    expect([...slept.errors, ...awake.errors]).toEqual([]);
  });

  test('saves what it comes to, and not every state on the way', () => {
    const backend = new CountingBackend();
    const cluster = busyCluster({ backend, freeze: false });
    backend.batches.length = 0;
    const before = cluster.store.revision;
    cluster.sleep(HOURS * 3_600_000);
    cluster.settle();
    const rows = backend.batches.reduce((sum, { log }) => sum + log.length, 0);
    expect(cluster.store.revision - before).toBeGreaterThan(700);
    expect(rows).toBeLessThan(500);
    expect(backend.batches.length).toBeLessThan(4);
    const again = makeTestCluster({ nodes: 2, backend, startAt: cluster.elapsed() });
    expect(all(again)).toEqual(all(cluster));
  });

  test('tells whoever watches all of it', async () => {
    const cluster = busyCluster();
    const seen = await watchPods(cluster);
    cluster.sleep(HOURS * 3_600_000);
    cluster.settle();
    const types = seen.text
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { type: string }).type);
    const pods = HOURS * 6 * (1 + 3);
    expect(types.filter((type) => type === 'ADDED')).toHaveLength(pods + 2);
    expect(types.filter((type) => type === 'MODIFIED').length).toBeGreaterThan(4 * pods);
    expect(types).not.toContain('ERROR');
  });
});
