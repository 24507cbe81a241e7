// Measures what sandboxes take of the memory of this process: `node --expose-gc scripts/bench/memory.ts`. Rows lie in SQLite, as they do in the cloud; what is
// counted is the heap that is left after the garbage has gone, with several sandboxes alive. Prints JSON: megabytes by number of pods.

import { makeTestCluster } from '../../test/core/harness.ts';
import type { TestCluster } from '../../test/core/harness.ts';
import { nodeSql } from '../../test/core/store/node-sql.ts';
import { pods } from '../../worker/resources/core/pod.ts';
import { SqliteBackend } from '../../worker/store/sqlite.ts';

const MB = 1e6;
const heap = (): number => {
  for (let round = 0; round < 4; round++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
};

function sandbox(podCount: number): TestCluster {
  const cluster = makeTestCluster({
    backend: new SqliteBackend(nodeSql()),
    template: podCount ? 'bare' : 'default',
    nodes: podCount ? 100 : 2,
    speed: 'instant',
  });
  cluster.settle();
  for (let i = 0; i < podCount; i++) {
    cluster.api.create(pods, {
      metadata: { name: `pod-${i}`, namespace: 'default', labels: { app: 'web', n: String(i) } },
      spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '10m', memory: '10Mi' } } }] },
    } as never);
    if (i % 100 === 99) cluster.settle();
  }
  cluster.settle();
  return cluster;
}

// What the first one brings along (tables, caches of code) is no sandbox's own.
sandbox(0);
sandbox(20);
const results: Record<string, number> = {};
for (const [podCount, copies] of [
  [0, 5],
  [1000, 2],
  [5000, 1],
] as const) {
  const before = heap();
  const alive = Array.from({ length: copies }, () => sandbox(podCount));
  results[podCount] = (heap() - before) / copies / MB;
  alive.length = 0;
}
console.log(JSON.stringify(results));
