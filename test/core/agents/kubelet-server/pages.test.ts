// The pages of a kubelet, as the API server's proxy passes them on.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { withPod } from '../../server/connect/world.ts';

const SLEEPER = { containers: [{ name: 'web', image: 'busybox', command: ['sh', '-c', 'echo hello; sleep 36000'] }] } as unknown as Partial<
  Pod['spec']
>;

const page = async (cluster: TestCluster, path: string): Promise<string> => {
  const { status, body } = await cluster.request('GET', `/api/v1/nodes/node-1/proxy${path}`);
  expect(status).toBe(200);
  return typeof body === 'string' ? body : JSON.stringify(body);
};

test('whether it is well, and what it runs', async () => {
  const cluster = withPod(SLEEPER);
  expect(await page(cluster, '/healthz')).toBe('ok');
  const list = JSON.parse(await page(cluster, '/pods')) as { kind: string; items: Pod[] };
  expect([list.kind, list.items.map(({ metadata }) => metadata.name)]).toEqual(['PodList', ['web']]);
  expect(await page(cluster, '/containerLogs/default/web/web')).toBe('hello\n');
  expect(cluster.errors).toEqual([]);
});

test('what node, pods and containers use', async () => {
  const cluster = withPod(SLEEPER);
  cluster.advance(60_000);
  const { node, pods } = JSON.parse(await page(cluster, '/stats/summary')) as {
    node: {
      nodeName: string;
      cpu: { usageNanoCores: number; usageCoreNanoSeconds: number };
      memory: { workingSetBytes: number; availableBytes: number };
    };
    pods: { podRef: object; memory: { workingSetBytes: number }; containers: { name: string; memory: { workingSetBytes: number } }[] }[];
  };
  const { uid } = cluster.api.list(cluster.api.resourceOf('', 'Pod')!, { namespace: 'default' })[0]!.metadata;
  expect(node.nodeName).toBe('node-1');
  expect(node.cpu.usageNanoCores).toBeGreaterThan(0);
  expect(node.memory.workingSetBytes).toBeGreaterThan(pods[0]!.memory.workingSetBytes);
  expect(pods.map(({ podRef, containers }) => [podRef, containers.map(({ name }) => name)])).toEqual([
    [{ name: 'web', namespace: 'default', uid }, ['web']],
  ]);
  expect(pods[0]!.containers[0]!.memory.workingSetBytes).toBe(pods[0]!.memory.workingSetBytes);
});

describe('metrics', () => {
  test('of resources: every line of the format', async () => {
    const cluster = withPod(SLEEPER);
    const text = await page(cluster, '/metrics/resource');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^# (HELP|TYPE) \w+ .+$|^\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+( \d+)?$/);
    expect(text).toMatch(/^container_memory_working_set_bytes\{container="web",namespace="default",pod="web"\} \S+ 1767225602000$/m);
    expect(text).toMatch(/^node_cpu_usage_seconds_total \d[\d.e-]* \d+$/m);
    expect(text).toMatch(/^resource_scrape_error 0$/m);
  });

  test('of its own', async () => {
    const text = await page(withPod(SLEEPER), '/metrics');
    expect(text).toContain("# HELP kubernetes_build_info [BETA] A metric with a constant '1' value");
    expect(text).toMatch(/^kubelet_running_pods 1$/m);
    expect(text).toMatch(/^kubelet_running_containers\{container_state="running"\} 1$/m);
    expect(text).toMatch(/^kubelet_node_name\{node="node-1"\} 1$/m);
  });
});

test('logs of the machine: a folder, a file, nothing', async () => {
  const cluster = withPod(SLEEPER);
  expect(await page(cluster, '/logs/')).toMatch(/^<!doctype html>\n[^]*<a href="pods\/">pods\/<\/a>\n/);
  expect((await cluster.request('GET', '/api/v1/nodes/node-1/proxy/logs/nope')).status).toBe(404);
  expect((await cluster.request('GET', '/api/v1/nodes/node-1/proxy/logs/../../etc/passwd')).status).toBe(404);
});

test('what it does not have, and what it does not take', async () => {
  const cluster = withPod(SLEEPER);
  expect((await cluster.request('GET', '/api/v1/nodes/node-1/proxy/nope')).status).toBe(404);
  expect((await cluster.request('POST', '/api/v1/nodes/node-1/proxy/pods')).status).toBe(405);
  expect((await cluster.request('GET', '/api/v1/nodes/node-1/proxy/containerLogs/default/none/web')).status).toBe(404);
});

describe('its configuration', () => {
  const configOf = async (template: 'bare' | 'default', node: string): Promise<Record<string, unknown>> => {
    const cluster = makeTestCluster({ template, nodes: 1 });
    cluster.settle();
    const reply = await cluster.request<{ kubeletconfig: Record<string, unknown> }>('GET', `/api/v1/nodes/${node}/proxy/configz`);
    return reply.body.kubeletconfig;
  };

  test('as its file says it, and what that leaves out', async () => {
    const config = await configOf('default', 'control-plane');
    expect(config).toMatchObject({
      clusterDomain: 'cluster.local',
      clusterDNS: ['10.96.0.10'],
      staticPodPath: '/etc/kubernetes/manifests',
      cgroupDriver: 'systemd',
      rotateCertificates: true,
      authentication: {
        x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
        webhook: { enabled: true, cacheTTL: '2m0s' },
        anonymous: { enabled: false },
      },
      nodeStatusUpdateFrequency: '10s',
      nodeStatusReportFrequency: '5m0s',
      imageMaximumGCAge: '0s',
      logging: { format: 'text', flushFrequency: '5s', verbosity: 0 },
      memorySwap: {},
      crashLoopBackOff: { maxContainerRestartPeriod: '5m0s' },
      containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    });
    expect(config).not.toHaveProperty('kind');
    expect(config).not.toHaveProperty('readOnlyPort');
    expect(Object.keys(config).slice(0, 4)).toEqual(['enableServer', 'staticPodPath', 'podLogsDir', 'syncFrequency']);
  });

  test('where nobody has written one', async () =>
    expect(await configOf('bare', 'node-1')).toMatchObject({
      port: 10250,
      maxPods: 110,
      evictionHard: {
        'imagefs.available': '15%',
        'imagefs.inodesFree': '5%',
        'memory.available': '100Mi',
        'nodefs.available': '10%',
        'nodefs.inodesFree': '5%',
      },
    }));
});
