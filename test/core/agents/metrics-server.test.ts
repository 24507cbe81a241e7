import { describe, expect, test } from 'vitest';
import type { NodeMetrics, PodMetrics } from '../../../worker/api/gen/metrics-v1beta1.ts';
import { installAddon } from '../../../worker/cluster/addons/index.ts';
import { quantityMilliValue } from '../../../worker/lib/quantity.ts';
import { apiServices } from '../../../worker/resources/apiregistration/apiservice.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { setService } from '../../../worker/world/machine.ts';
import { noteWork } from '../../../worker/world/runtime/usage.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const PODS = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';
const NODES = '/apis/metrics.k8s.io/v1beta1/nodes';

function start(): TestCluster {
  const cluster = makeTestCluster({ nodes: 1 });
  cluster.api.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            { name: 'c', image: 'registry.k8s.io/hpa-example', resources: { requests: { cpu: '200m' }, limits: { cpu: '500m' } } },
          ],
        },
      } as never,
    },
  });
  cluster.advance(20_000);
  return cluster;
}
const withServer = (): TestCluster => {
  const cluster = start();
  installAddon(cluster.api, 'metrics-server');
  cluster.advance(60_000);
  return cluster;
};
/** So many thousandths of a core of work, for so long, in each pod of the Deployment. */
function load(cluster: TestCluster, milli: number, seconds: number): void {
  const { world } = cluster.cluster.simulation;
  for (let i = 0; i < seconds; i++) {
    for (const pod of cluster.api.list(pods, { namespace: 'default' })) {
      const sandbox = world.sandboxes.find('pod', pod.metadata.uid)[0];
      const container = sandbox?.containers.find(({ state }) => state === 'running');
      if (sandbox && container) noteWork(world, sandbox, container, milli);
    }
    cluster.save();
    cluster.advance(1000);
  }
}
const cpuOf = ({ containers }: PodMetrics): number => quantityMilliValue(containers[0]!.usage['cpu']);

describe('metrics-server', () => {
  test('is unknown until its APIService is there, and out of reach while no pod of it is ready', async () => {
    const cluster = start();
    expect((await cluster.request('GET', PODS)).status).toBe(404);
    installAddon(cluster.api, 'metrics-server');
    cluster.settle();
    const early = await cluster.request('GET', PODS);
    expect([early.status, early.body]).toEqual([503, 'service unavailable\n']);
    cluster.advance(60_000);
    expect((await cluster.request('GET', PODS)).status).toBe(200);
    const { body } = await cluster.request<{ resources: { name: string }[] }>('GET', '/apis/metrics.k8s.io/v1beta1');
    expect(body.resources.map(({ name }) => name)).toEqual(['nodes', 'pods']);
    cluster.api.delete(apiServices, '', 'v1beta1.metrics.k8s.io');
    cluster.settle();
    expect((await cluster.request('GET', PODS)).status).toBe(404);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'as much as it may', command: 'while true; do :; done', limit: '300m', want: 300 },
    { name: 'a core, if it may use more', command: 'yes > /dev/null', limit: '2', want: 1000 },
    { name: 'a core for each that does not rest', command: 'while true; do :; done & while true; do :; done', limit: '4', want: 2000 },
    { name: 'next to nothing, if it rests', command: 'while true; do sleep 0.2; done', limit: '1', want: 0 },
  ])('a shell that never rests uses $name', async ({ command, limit, want }) => {
    const cluster = withServer();
    const resources = { requests: { cpu: '100m' }, limits: { cpu: limit } };
    cluster.api.create(pods, {
      metadata: { name: 'busy', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', command], resources }] } as never,
    });
    cluster.advance(90_000);
    const used = cpuOf((await cluster.request<PodMetrics>('GET', `${PODS}/busy`)).body);
    expect(used).toBeGreaterThanOrEqual(want * 0.95);
    expect(used).toBeLessThanOrEqual(want * 1.05 + 10);
    expect(cluster.errors).toEqual([]);
  });

  test('tells what pods and nodes use, in its rhythm', async () => {
    const cluster = withServer();
    const list = await cluster.request<{ kind: string; items: PodMetrics[] }>('GET', PODS);
    expect(list.body.kind).toBe('PodMetricsList');
    const [item] = list.body.items;
    expect(item).toMatchObject({
      metadata: { namespace: 'default', labels: { app: 'web' } },
      window: '15s',
      containers: [{ name: 'c', usage: { memory: '12Mi' } }],
    });
    load(cluster, 300, 45);
    const { body } = await cluster.request<PodMetrics>('GET', `${PODS}/${item!.metadata.name}`);
    expect(cpuOf(body)).toBeGreaterThan(290);
    expect(cpuOf(body)).toBeLessThan(320);
    cluster.advance(45_000);
    expect(cpuOf((await cluster.request<PodMetrics>('GET', `${PODS}/${item!.metadata.name}`)).body)).toBeLessThan(5);
    const nodes = await cluster.request<{ items: NodeMetrics[] }>('GET', NODES);
    expect(nodes.body.items.map(({ metadata }) => metadata.name)).toEqual(['node-1']);
    expect(quantityMilliValue(nodes.body.items[0]!.usage['cpu'])).toBeGreaterThan(60);
    const table = await cluster.request<{ columnDefinitions: { name: string }[] }>('GET', PODS, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect(table.body.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'cpu', 'memory', 'Window']);
    expect((await cluster.request<{ items: unknown[] }>('GET', `${PODS}?labelSelector=app=other`)).body.items).toEqual([]);
    expect((await cluster.request('GET', `${PODS}/none`)).status).toBe(404);
    expect((await cluster.request('DELETE', `${PODS}/${item!.metadata.name}`)).status).toBe(405);
    expect(cluster.errors).toEqual([]);
  });

  test('asks kubelets as often as --metric-resolution says', async () => {
    const cluster = withServer();
    const server = cluster.api.get(deployments, 'kube-system', 'metrics-server')!;
    const { template } = server.spec;
    const containers = template.spec.containers.map((one) => ({
      ...one,
      args: one.args!.map((arg) => arg.replace('--metric-resolution=15s', '--metric-resolution=60s')),
    }));
    cluster.api.update(deployments, {
      ...server,
      spec: { ...server.spec, template: { ...template, spec: { ...template.spec, containers } } },
    });
    cluster.advance(200_000);
    const { body } = await cluster.request<{ items: PodMetrics[] }>('GET', PODS);
    expect(body.items[0]!.window).toBe('1m0s');
  });

  test('cannot measure more than the limit', async () => {
    const cluster = withServer();
    load(cluster, 3000, 45);
    const { body } = await cluster.request<{ items: PodMetrics[] }>('GET', PODS);
    expect(cpuOf(body.items[0]!)).toBeGreaterThan(490);
    expect(cpuOf(body.items[0]!)).toBeLessThan(515);
  });

  test('knows nothing of a node whose kubelet is stopped', async () => {
    const cluster = withServer();
    const { world } = cluster.cluster.simulation;
    setService(world, world.machines.get('node-1')!, 'kubelet', 'inactive');
    const { body } = await cluster.request<{ items: unknown[] }>('GET', NODES);
    expect(body.items).toEqual([]);
  });

  test('feeds the autoscaler: load makes more pods, and rest fewer', () => {
    const cluster = withServer();
    cluster.api.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 5,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
      },
    });
    const replicas = (): number => cluster.api.get(deployments, 'default', 'web')!.spec.replicas!;
    cluster.advance(6 * 60_000);
    expect(replicas()).toBe(1);
    load(cluster, 400, 120);
    expect(replicas()).toBe(5);
    cluster.advance(8 * 60_000);
    expect(replicas()).toBe(1);
    expect(cluster.errors).toEqual([]);
  });

  test('costs nothing while nobody asks', () => {
    const cluster = withServer();
    cluster.advance(60_000);
    const before = cluster.store.revision;
    cluster.advance(10 * 60_000);
    expect(cluster.store.revision).toBe(before);
  });
});
