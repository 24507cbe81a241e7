// Containers that see each other's processes: all of a pod, or a debugging container and the one that it is for.

import { expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const POD = '/api/v1/namespaces/default/pods/web';
const NGINX = ['nginx: master process nginx -g daemon off;', ...Array<string>(4).fill('nginx: worker process')];

async function debug(of: object, ephemeral: object): Promise<TestCluster> {
  const cluster = makeTestCluster({ template: 'bare', nodes: 1 });
  cluster.settle();
  const spec = { containers: [{ name: 'web', image: 'nginx' }], terminationGracePeriodSeconds: 1, ...of };
  cluster.api.create(pods, { metadata: { name: 'web', namespace: 'default' }, spec } as never);
  cluster.advance(5000);
  const one = { name: 'debugger', image: 'busybox', command: ['sh', '-c', 'ps; sleep 1000'], ...ephemeral };
  const { status } = await cluster.request(
    'PATCH',
    `${POD}/ephemeralcontainers`,
    { spec: { ephemeralContainers: [one] } },
    { 'content-type': 'application/strategic-merge-patch+json' },
  );
  expect(status).toBe(200);
  cluster.advance(5000);
  return cluster;
}

const titles = ({ cluster }: TestCluster): string[] => {
  const { world } = cluster.simulation;
  const { id } = world.sandboxes.find('pod', 'default/web')[0]!.containers.find(({ name }) => name === 'debugger')!;
  return readLog(world, id)
    .entries.slice(1)
    .map(({ text }) => text.replace(/^ *\d+ \S+ +\S+ /, ''));
};

test.each([
  { name: 'alone', of: {}, ephemeral: {}, want: ['sh -c ps; sleep 1000', 'ps'] },
  { name: 'with those of its target', of: {}, ephemeral: { targetContainerName: 'web' }, want: [...NGINX, 'sh -c ps; sleep 1000', 'ps'] },
  {
    name: 'with all of its pod',
    of: { shareProcessNamespace: true },
    ephemeral: {},
    want: ['/pause', ...NGINX, 'sh -c ps; sleep 1000', 'ps'],
  },
])('a debugging container sees its processes $name', async ({ of, ephemeral, want }) => {
  expect(titles(await debug(of, ephemeral))).toEqual(want);
});

test('a debugging container ends with its target', async () => {
  const cluster = await debug({}, { targetContainerName: 'web', command: ['sh', '-c', 'kill 1; sleep 1000'] });
  cluster.advance(10_000);
  const { containerStatuses, ephemeralContainerStatuses } = cluster.api.get<Pod>(pods, 'default', 'web')!.status;
  expect(containerStatuses![0]).toMatchObject({ restartCount: 1, state: { running: expect.anything() } });
  expect(ephemeralContainerStatuses![0]!.state).toMatchObject({ terminated: { exitCode: 137 } });
  expect(cluster.errors).toEqual([]);
});
