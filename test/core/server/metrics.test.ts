// What /metrics tells, and what it does not.

import { describe, expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { Histogram, metricsText } from '../../../worker/lib/metrics.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';

async function metricsOf(cluster: TestCluster): Promise<string> {
  const { status, body } = await cluster.request<string>('GET', '/metrics');
  expect(status).toBe(200);
  return body;
}
const linesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(`${name}{`));

test('requests and objects', async () => {
  const cluster = makeTestCluster();
  for (let i = 0; i < 3; i++) await cluster.request('GET', PODS);
  await cluster.request('GET', `${PODS}/none`);
  const { body, headers } = await cluster.request<string>('GET', '/metrics');
  expect(headers['content-type']).toContain('text/plain; version=0.0.4');
  const labels = (scope: string, verb: string): string =>
    `component="apiserver",dry_run="",group="",resource="pods",scope="${scope}",subresource="",verb="${verb}",version="v1"`;
  expect(linesOf(body, 'apiserver_request_total')).toEqual([
    `apiserver_request_total{code="200",${labels('namespace', 'LIST')}} 3`,
    `apiserver_request_total{code="404",${labels('resource', 'GET')}} 1`,
  ]);
  expect(body).toContain(`apiserver_request_duration_seconds_bucket{${labels('namespace', 'LIST')},le="0.005"} 3\n`);
  expect(body).toContain(`apiserver_request_duration_seconds_count{${labels('namespace', 'LIST')}} 3\n`);
  expect(body).toMatch(/^apiserver_storage_objects\{resource="namespaces"\} 4$/m);
  expect(body).toContain("# HELP kubernetes_build_info [BETA] A metric with a constant '1' value");
  expect(body).toMatch(/^kubernetes_build_info\{.*git_version="v1\.36\.\d+".*\} 1$/m);
});

test.each<{ verb: string; method: string; path: string; body?: object; type?: string }>([
  { verb: 'POST', method: 'POST', path: MAPS, body: { metadata: { name: 'b' } } },
  { verb: 'PUT', method: 'PUT', path: `${MAPS}/a`, body: { metadata: { name: 'a' } } },
  { verb: 'PATCH', method: 'PATCH', path: `${MAPS}/a`, body: {}, type: 'application/merge-patch+json' },
  {
    verb: 'APPLY',
    method: 'PATCH',
    path: `${MAPS}/a?fieldManager=x`,
    body: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } },
    type: 'application/apply-patch+yaml',
  },
  { verb: 'DELETE', method: 'DELETE', path: MAPS },
  { verb: 'CONNECT', method: 'GET', path: `${PODS}/none/log` },
])('the verb $verb', async ({ verb, method, path, body, type }) => {
  const cluster = makeTestCluster({ alone: true });
  await cluster.request('POST', MAPS, { metadata: { name: 'a' } });
  const before = linesOf(await metricsOf(cluster), 'apiserver_request_total').length;
  await cluster.request(method, path, body, type ? { 'content-type': type } : {});
  const after = linesOf(await metricsOf(cluster), 'apiserver_request_total');
  expect(after.some((line) => line.includes(`verb="${verb}"`))).toBe(true);
  expect(after.length).toBe(before + (verb === 'POST' ? 0 : 1));
});

test('what components write', async () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const spec = { containers: [{ name: 'c', image: 'nginx' }] };
  const template = { metadata: { labels: { app: 'web' } }, spec };
  const wanted = { metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: template.metadata.labels }, template } };
  await cluster.request('POST', '/apis/apps/v1/namespaces/default/deployments', wanted);
  cluster.settle();
  const lines = linesOf(await metricsOf(cluster), 'apiserver_request_total');
  const count = (code: number, group: string, resource: string, subresource: string, verb: string): number => {
    const labels = `component="apiserver",dry_run="",group="${group}",resource="${resource}",scope="resource",subresource="${subresource}",verb="${verb}"`;
    const line = lines.find((one) => one.startsWith(`apiserver_request_total{code="${code}",${labels},`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  expect(count(201, 'apps', 'replicasets', '', 'POST')).toBe(1);
  expect(count(201, '', 'pods', '', 'POST')).toBe(2);
  expect(count(201, '', 'pods', 'binding', 'POST')).toBe(2);
  expect(count(200, 'apps', 'replicasets', 'status', 'PUT')).toBeGreaterThan(0);
  const dispatched = linesOf(await metricsOf(cluster), 'apiserver_flowcontrol_dispatched_requests_total');
  expect(dispatched.some((line) => line.includes('flow_schema="kube-system-service-accounts",priority_level="workload-high"'))).toBe(true);
  expect(dispatched.some((line) => line.includes('flow_schema="kube-scheduler",priority_level="workload-high"'))).toBe(true);
});

test('what components write goes where the flow schemas of that moment say', async () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const group = '/apis/flowcontrol.apiserver.k8s.io/v1';
  const subject = { kind: 'User', user: { name: 'system:kube-scheduler' } };
  const rule = { subjects: [subject], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }] };
  const spec = { priorityLevelConfiguration: { name: 'catch-all' }, matchingPrecedence: 2, rules: [rule] };
  const countOf = async (schema: string): Promise<number> => {
    const lines = linesOf(await metricsOf(cluster), 'apiserver_flowcontrol_dispatched_requests_total');
    return Number(
      lines
        .find((line) => line.includes(`flow_schema="${schema}"`))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  };
  const schedule = async (name: string): Promise<void> => {
    await cluster.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    });
    cluster.settle();
  };
  await schedule('a');
  const before = await countOf('kube-scheduler');
  expect(before).toBeGreaterThan(0);
  const made = await cluster.request('POST', `${group}/flowschemas`, { metadata: { name: 'mine' }, spec });
  expect(made.status).toBe(201);
  await schedule('b');
  expect([await countOf('kube-scheduler'), (await countOf('mine')) > 0]).toEqual([before, true]);
  await cluster.request('DELETE', `${group}/flowschemas/mine`);
  await schedule('c');
  expect(await countOf('kube-scheduler')).toBeGreaterThan(before);
});

describe('what is not there, or is not allowed', () => {
  test.each(['/apis/made.up/v1/things', '/made/up', '/healthz/made-up'])('%s is not counted', async (path) => {
    const cluster = makeTestCluster({ alone: true });
    await cluster.request('GET', path);
    expect(await metricsOf(cluster)).not.toContain('made');
  });

  test('nobody without permission sees any', async () => {
    const reply = await makeTestCluster().request('GET', '/metrics', undefined, { 'impersonate-user': 'alice' });
    expect(reply.status).toBe(403);
  });
});

test('health checks, by their path', async () => {
  const cluster = makeTestCluster({ alone: true });
  await cluster.request('GET', '/readyz?verbose');
  expect(await metricsOf(cluster)).toContain(
    'apiserver_request_total{code="200",component="",dry_run="",group="",resource="",scope="",subresource="/readyz",verb="GET",version=""} 1\n',
  );
});

test('watches: how many are open, and what they were sent', async () => {
  const cluster = makeTestCluster({ alone: true });
  await cluster.request('POST', MAPS, { metadata: { name: 'a' } });
  const reply = await cluster.send('GET', `${MAPS}?watch=1&resourceVersion=0`);
  if (!('open' in reply && 'status' in reply)) throw new Error('no stream');
  const stop = reply.open({ write: () => {}, close: () => {}, isReady: true, onDrain: () => {} });
  const running = (text: string): string | undefined => linesOf(text, 'apiserver_longrunning_requests')[0];
  const open = await metricsOf(cluster);
  expect(running(open)).toMatch(/resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"\} 1$/);
  expect(open).toContain('apiserver_watch_events_total{group="",kind="ConfigMap",version="v1"} 1\n');
  cluster.advance(7000);
  stop();
  const closed = await metricsOf(cluster);
  expect(running(closed)).toMatch(/\} 0$/);
  expect(closed).toMatch(/apiserver_request_duration_seconds_sum\{.*verb="WATCH".*\} 7$/m);
});

test('deprecated kinds that somebody asked for', async () => {
  const cluster = makeTestCluster({ alone: true });
  await cluster.request('GET', '/api/v1/namespaces/default/endpoints');
  await cluster.request('GET', '/api/v1/namespaces/default/endpoints');
  expect(linesOf(await metricsOf(cluster), 'apiserver_requested_deprecated_apis')).toEqual([
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="endpoints",subresource="",version="v1"} 1',
  ]);
});

test('the seats of each priority level', async () => {
  const text = await metricsOf(makeTestCluster({ alone: true }));
  const seats = Object.fromEntries(
    linesOf(text, 'apiserver_flowcontrol_nominal_limit_seats').map((line) => /"([^"]+)"\} (\d+)$/.exec(line)!.slice(1)),
  );
  expect(seats).toEqual({
    'catch-all': '13',
    exempt: '0',
    'global-default': '49',
    'leader-election': '25',
    'node-high': '98',
    system: '74',
    'workload-high': '98',
    'workload-low': '245',
  });
});

test('the work queues', async () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const text = await metricsOf(cluster);
  expect(text).toMatch(/^workqueue_adds_total\{name="endpoint"\} \d+$/m);
  expect(text).toMatch(/^workqueue_depth\{name="endpoint"\} 0$/m);
  expect(text).toMatch(/^workqueue_work_duration_seconds_count\{name="endpoint"\} [1-9]\d*$/m);
  expect(text).toContain('\nscheduler_pending_pods{queue="active"} 0\n');
});

test('a histogram counts up to its bounds', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 2, 3]) histogram.observe({ a: 'b' }, value);
  expect(metricsText([{ name: 'm', help: 'h', type: 'histogram', stability: 'ALPHA', samples: histogram.samples() }])).toBe(
    [
      '# HELP m [ALPHA] h',
      '# TYPE m histogram',
      'm_bucket{a="b",le="1"} 1',
      'm_bucket{a="b",le="2"} 2',
      'm_bucket{a="b",le="+Inf"} 3',
      'm_sum{a="b"} 5.5',
      'm_count{a="b"} 3',
      '',
    ].join('\n'),
  );
});
