// A cluster at rest does nothing: probes whose answers cannot have changed are not asked again, and nobody can tell.

import { expect, test } from 'vitest';
import { isReady } from '../../../../worker/resources/core/pod-state.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { machineFiles } from '../../../../worker/world/files/machine-files.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

function born(): TestCluster {
  const cluster = makeTestCluster({ template: 'default', nodes: 2 });
  cluster.settle();
  return cluster;
}

const ETCD = '/etc/kubernetes/manifests/etcd.yaml';
const restarts = ({ api }: TestCluster): number =>
  api.get(pods, 'kube-system', 'kube-apiserver-control-plane')!.status.containerStatuses![0]!.restartCount;

test('a day at rest takes a few looks, and no writes', () => {
  const cluster = born();
  cluster.advance(120_000);
  const [looks, revision] = [cluster.cluster.loop.reconciles, cluster.store.revision];
  cluster.advance(24 * 3_600_000);
  expect(cluster.cluster.loop.reconciles - looks).toBeLessThan(100);
  expect(cluster.store.revision - revision).toBeLessThan(100); // old events go
  expect(cluster.errors).toEqual([]);
});

test('what has slept finds out when its answers change', () => {
  const cluster = born();
  cluster.advance(3_600_000);
  const files = machineFiles(cluster.cluster.simulation.world, 'control-plane');
  const text = files.read(ETCD);
  files.unlink(ETCD);
  cluster.advance(150_000);
  files.write(ETCD, text);
  cluster.advance(6 * 60_000);
  expect(restarts(cluster)).toBeGreaterThan(0);
  expect(
    cluster.api
      .list(pods)
      .filter((pod) => !isReady(pod))
      .map(({ metadata }) => metadata.name),
  ).toEqual([]);
  expect(cluster.errors).toEqual([]);
});

test('an eviction while it sleeps does not show', () => {
  const make = (cluster: TestCluster): void => {
    cluster.settle();
    cluster.api.create(pods, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
    } as never);
    cluster.advance(120_000);
  };
  const whole = born();
  whole.advance(600_000);
  make(whole);
  const first = born();
  first.advance(600_000);
  first.save();
  const second = makeTestCluster({ template: 'default', nodes: 2, backend: first.backend, startAt: 600_000 });
  make(second);
  expect(second.log()).toBe(whole.log());
  expect(second.errors).toEqual([]);
});
