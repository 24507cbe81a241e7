// Priority and fairness in a cluster: which flow a request belongs to, what a flood does to others, and what one sees of it.

import { describe, expect, test } from 'vitest';
import type { HttpReply } from '../../../worker/server/http.ts';
import { ADMIN_TOKEN, makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const LEVELS = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
const SCHEMAS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
const PODS = '/api/v1/namespaces/default/pods';

interface Named {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}

async function flowNames(cluster: TestCluster, path: string, headers: Record<string, string>): Promise<(string | undefined)[]> {
  const reply = await cluster.request('GET', path, undefined, headers);
  const names = async (list: string, header: string): Promise<string | undefined> => {
    const { body } = await cluster.request<Named>('GET', list);
    return body.items.find(({ metadata }) => metadata.uid === reply.headers[header])?.metadata.name;
  };
  return [await names(SCHEMAS, 'x-kubernetes-pf-flowschema-uid'), await names(LEVELS, 'x-kubernetes-pf-prioritylevel-uid')];
}

const as = (user: string, ...groups: string[]): Record<string, string> => ({
  authorization: `Bearer ${ADMIN_TOKEN}`,
  'impersonate-user': user,
  'impersonate-group': ['system:authenticated', ...groups].join(', '),
});
const account = (name: string): Record<string, string> => as(`system:serviceaccount:default:${name}`, 'system:serviceaccounts');

const EVERYTHING = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };

/** Everything that a user asks goes to a level of its own. */
async function jail(cluster: TestCluster, user: string, limited: object): Promise<void> {
  await cluster.request('POST', LEVELS, {
    metadata: { name: `of-${user}` },
    spec: { type: 'Limited', limited },
  });
  const made = await cluster.request('POST', SCHEMAS, {
    metadata: { name: user },
    spec: {
      matchingPrecedence: 50,
      priorityLevelConfiguration: { name: `of-${user}` },
      distinguisherMethod: { type: 'ByUser' },
      rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [EVERYTHING] }],
    },
  });
  expect(made.status).toBe(201);
}

/** Who everybody may read everything: an answer is then 200 or 429. */
async function letEverybodyRead(cluster: TestCluster): Promise<void> {
  const made = await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:authenticated' }],
  });
  expect(made.status).toBe(201);
}

/** Requests at one moment; `answers` has the status of those that are through. */
function flood(cluster: TestCluster, count: number, headers: Record<string, string>): { answers: HttpReply[] } {
  const answers: HttpReply[] = [];
  for (let i = 0; i < count; i++)
    void cluster.send('GET', `${PODS}/none-${i}`, undefined, headers).then((reply) => answers.push(reply as HttpReply));
  return { answers };
}

/** Lets promises have their turn. */
async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets a little time pass, as often as it takes for those who wait to have their turns. */
async function pass(cluster: TestCluster, ms: number): Promise<void> {
  for (let i = 0; i < ms; i += 5) {
    cluster.advance(5);
    await turn();
  }
}

const counts = (answers: readonly HttpReply[]): Record<string, number> => {
  const out: Record<string, number> = {};
  for (const { status } of answers) out[status] = (out[status] ?? 0) + 1;
  return out;
};

async function metric(cluster: TestCluster, start: string): Promise<string[]> {
  const { body } = await cluster.request<string>('GET', '/metrics');
  return body.split('\n').filter((line) => line.startsWith(start));
}

test.each([
  { name: 'an administrator', path: '/api/v1/pods', headers: {}, want: ['exempt', 'exempt'] },
  { name: 'a probe', path: '/livez', headers: as('alice'), want: ['probes', 'exempt'] },
  { name: 'a probe of one check', path: '/livez/ping', headers: as('alice'), want: ['probes', 'exempt'] },
  { name: 'somebody', path: '/api/v1/pods', headers: as('alice'), want: ['global-default', 'global-default'] },
  {
    name: 'a node',
    path: '/api/v1/nodes/node-1',
    headers: as('system:node:node-1', 'system:nodes'),
    want: ['system-node-high', 'node-high'],
  },
  { name: 'a node, otherwise', path: '/api/v1/pods', headers: as('system:node:node-1', 'system:nodes'), want: ['system-nodes', 'system'] },
  { name: 'a service account', path: '/api/v1/pods', headers: account('bot'), want: ['service-accounts', 'workload-low'] },
  {
    name: 'a service account of kube-system',
    path: '/api/v1/pods',
    headers: as('system:serviceaccount:kube-system:bot', 'system:serviceaccounts'),
    want: ['kube-system-service-accounts', 'workload-high'],
  },
  {
    name: 'whoever elects leaders',
    path: '/apis/coordination.k8s.io/v1/namespaces/default/leases/one',
    headers: as('system:kube-scheduler'),
    want: ['system-leader-election', 'leader-election'],
  },
  {
    name: 'nobody of a known group',
    path: '/api/v1/pods',
    headers: { ...as('eve'), 'impersonate-group': 'strangers' },
    want: ['global-default', 'global-default'],
  },
  { name: 'a log, which may be followed', path: `${PODS}/web/log`, headers: as('alice'), want: [undefined, undefined] },
])('the flow of $name', async ({ path, headers, want }) => expect(await flowNames(makeTestCluster(), path, headers)).toEqual(want));

describe('a flood by one account', () => {
  const given = async (): Promise<TestCluster> => {
    const cluster = makeTestCluster({ requestsPerSecond: 1000 });
    await letEverybodyRead(cluster);
    cluster.settle();
    return cluster;
  };

  test('is queued and refused, and touches nobody else', async () => {
    const cluster = await given();
    const all = flood(cluster, 2000, account('flood'));
    await turn();
    // What the level has at rest is executed; six queues of fifty are the flow's; nothing has its seat back while the clock stands.
    const refused = counts(all.answers)['429']!;
    expect(counts(all.answers)).toEqual({ 404: 2000 - 300 - refused, 429: refused });
    const someone = flood(cluster, 5, as('alice'));
    const admin = flood(cluster, 5, {});
    const sameLevel = flood(cluster, 5, account('quiet'));
    await turn();
    expect(counts(someone.answers)).toEqual({ 404: 5 });
    expect(counts(admin.answers)).toEqual({ 404: 5 });
    expect(counts(sameLevel.answers), 'its level has no seats left').toEqual({});
    const before = all.answers.length;
    await pass(cluster, 80);
    expect(counts(sameLevel.answers), 'the quiet one comes before the rest of the flood').toEqual({ 404: 5 });
    expect(all.answers.length - before).toBeLessThan(100);
    await pass(cluster, 400);
    expect(counts(all.answers)).toEqual({ 404: 2000 - refused, 429: refused });
    expect(cluster.errors).toEqual([]);
  });

  test('says when to come again, and whose fault it is', async () => {
    const cluster = await given();
    const { answers } = flood(cluster, 1000, account('flood'));
    await turn();
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.body).toBe('Too many requests, please try again later.\n');
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-kubernetes-pf-flowschema-uid': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-kubernetes-pf-prioritylevel-uid': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const count = counts(answers)['429'];
    const flow = 'flow_schema="service-accounts",priority_level="workload-low"';
    expect(await metric(cluster, 'apiserver_flowcontrol_rejected_requests_total')).toEqual([
      `apiserver_flowcontrol_rejected_requests_total{${flow},reason="queue-full"} ${count}`,
    ]);
    expect(await metric(cluster, `apiserver_flowcontrol_current_inqueue_requests{${flow}}`)).toEqual([
      `apiserver_flowcontrol_current_inqueue_requests{${flow}} 300`,
    ]);
    expect(await metric(cluster, 'apiserver_request_terminations_total')).toEqual([
      `apiserver_request_terminations_total{code="429",component="apiserver",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1"} ${count}`,
    ]);
  });

  test('comes to the same with the same requests at the same times', async () => {
    const run = async (): Promise<unknown[]> => {
      const cluster = await given();
      const all = [flood(cluster, 700, account('flood')), flood(cluster, 30, account('other'))];
      const seen: unknown[] = [];
      for (let i = 0; i < 10; i++) {
        await turn();
        seen.push(all.map(({ answers }) => counts(answers)));
        cluster.advance(20);
      }
      return [...seen, await metric(cluster, 'apiserver_flowcontrol')];
    };
    expect(await run()).toEqual(await run());
  });

  test('that lasts makes its level borrow, and ends', async () => {
    const cluster = await given();
    const limit = async (): Promise<number> =>
      Number((await metric(cluster, 'apiserver_flowcontrol_current_limit_seats{priority_level="workload-low"}'))[0]!.split(' ')[1]);
    const atRest = await limit();
    for (let i = 0; i < 30; i++) {
      flood(cluster, 600, account('flood'));
      cluster.advance(500);
      await turn();
    }
    expect(await limit()).toBeGreaterThan(2 * atRest);
    cluster.advance(3_600_000);
    await turn();
    expect(await limit()).toBeLessThan(atRest * 1.1);
  });
});

describe('a level', () => {
  test('without queues refuses whom it has no seat for', async () => {
    const cluster = makeTestCluster({ requestsPerSecond: 1000 });
    await jail(cluster, 'alice', {
      nominalConcurrencyShares: 1,
      lendablePercent: 0,
      borrowingLimitPercent: 0,
      limitResponse: { type: 'Reject' },
    });
    const { answers } = flood(cluster, 10, as('alice'));
    await turn();
    expect(counts(answers)).toEqual({ 403: 3, 429: 7 });
    expect(await metric(cluster, 'apiserver_flowcontrol_rejected_requests_total')).toEqual([
      'apiserver_flowcontrol_rejected_requests_total{flow_schema="alice",priority_level="of-alice",reason="concurrency-limit"} 7',
    ]);
  });

  test('without seats holds requests until they have waited for too long', async () => {
    const cluster = makeTestCluster({ requestsPerSecond: 1000 });
    const limitResponse = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } };
    await jail(cluster, 'alice', { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse });
    const all = flood(cluster, 3, as('alice'));
    await turn();
    expect(counts(all.answers)).toEqual({ 429: 1 });
    cluster.advance(14_999);
    await turn();
    expect(counts(all.answers)).toEqual({ 429: 1 });
    cluster.advance(2);
    await turn();
    expect(counts(all.answers)).toEqual({ 429: 3 });
    const rejected = 'apiserver_flowcontrol_rejected_requests_total{flow_schema="alice",priority_level="of-alice",reason=';
    expect(await metric(cluster, rejected)).toEqual([`${rejected}"queue-full"} 1`, `${rejected}"time-out"} 2`]);
    const waited = 'apiserver_flowcontrol_request_wait_duration_seconds_sum{execute="false",flow_schema="alice",priority_level="of-alice"}';
    expect(await metric(cluster, waited)).toEqual([`${waited} 30`]);
  });

  test('that is gone lets those go on who are in it', async () => {
    const cluster = makeTestCluster({ requestsPerSecond: 1000 });
    const limitResponse = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 50 } };
    await jail(cluster, 'alice', { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse });
    const all = flood(cluster, 20, as('alice'));
    await turn();
    await cluster.request('DELETE', `${SCHEMAS}/alice`);
    await cluster.request('DELETE', `${LEVELS}/of-alice`);
    const { body } = await cluster.request<string>('GET', '/debug/api_priority_and_fairness/dump_priority_levels');
    expect(body).toMatch(/^of-alice, +1, +false, +true, /m);
    await pass(cluster, 40);
    expect(counts(all.answers)).toEqual({ 403: 20 });
    const after = await cluster.request('GET', PODS, undefined, as('alice'));
    expect(statusOf(after).reason).toBe('Forbidden');
    await cluster.request('DELETE', `${LEVELS}/leader-election`);
    expect((await cluster.request<string>('GET', '/debug/api_priority_and_fairness/dump_priority_levels')).body).not.toContain('of-alice');
  });
});

describe('/debug/api_priority_and_fairness', () => {
  const page = async (cluster: TestCluster, name: string, headers?: Record<string, string>): Promise<string> =>
    (await cluster.request<string>('GET', `/debug/api_priority_and_fairness/${name}`, undefined, headers)).body;

  test('levels', async () => {
    const cluster = makeTestCluster();
    await cluster.request('GET', PODS, undefined, account('bot'));
    const lines = (await page(cluster, 'dump_priority_levels')).split('\n');
    expect(lines[0]).toBe(
      'PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests',
    );
    expect(lines[1]).toBe(
      'catch-all,         0,            true,   false,       0,               0,                 0,                  0,                0,                0',
    );
    expect(lines[2]).toMatch(/^exempt, {12}0, {12}false, {2}false, {7}0, {15}1, /);
    expect(lines.find((line) => line.startsWith('workload-low'))).toMatch(
      /^workload-low, {6}0, {12}true, {3}false, {7}0, {15}0, {17}1, {18}0, {16}0, {16}0$/,
    );
  });

  test('queues', async () => {
    const cluster = makeTestCluster();
    const lines = (await page(cluster, 'dump_queues')).split('\n');
    expect(lines[0]).toBe(
      'PriorityLevelName, Index,  PendingRequests, ExecutingRequests, SeatsInUse, NextDispatchR, InitialSeatsSum, MaxSeatsSum, TotalWorkSum',
    );
    expect(lines).toHaveLength(1 + 128 + 16 + 64 + 64 + 128 + 128 + 1);
    expect(lines[1]).toBe(
      'global-default,    0,      0,               0,                 0,          0.00000000ss,  0,               0,           0.00000000ss',
    );
  });

  test('requests, and who sent them', async () => {
    const cluster = makeTestCluster({ requestsPerSecond: 1000 });
    const limitResponse = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 50 } };
    await jail(cluster, 'alice', { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse });
    flood(cluster, 2, as('alice'));
    await turn();
    const rows = (text: string): string[][] => text.split('\n').map((line) => line.split(/, */));
    const plain = rows(await page(cluster, 'dump_requests'));
    expect(plain.map((row) => row.slice(0, 5))).toEqual([
      ['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher'],
      ['exempt', 'exempt', '-1', '-1', ''],
      ['of-alice', 'alice', '0', '0', 'alice'],
      ['of-alice', 'alice', '0', '1', 'alice'],
      [''],
    ]);
    expect(plain[2]!.slice(5)).toEqual(['2026-01-01T00:00:00Z', '1', '0', '0s', '0001-01-01T00:00:00Z']);
    const detailed = rows(await page(cluster, 'dump_requests?includeRequestDetails=1'));
    expect(detailed[0]!.slice(10)).toEqual(['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']);
    expect(detailed[2]!.slice(10)).toEqual(['alice', 'get', `${PODS}/none-0`, 'default', 'none-0', 'v1', 'pods', '']);
  });

  test('not for everybody', async () => {
    const cluster = makeTestCluster();
    const refused = await cluster.request('GET', '/debug/api_priority_and_fairness/dump_queues', undefined, as('alice'));
    expect(statusOf(refused).message).toBe('forbidden: User "alice" cannot get path "/debug/api_priority_and_fairness/dump_queues"');
  });
});

test('seats by shares', async () => {
  const cluster = makeTestCluster();
  const start = 'apiserver_flowcontrol_nominal_limit_seats{priority_level=';
  expect(await metric(cluster, start)).toEqual(
    [
      '"catch-all"} 13',
      '"exempt"} 0',
      '"global-default"} 49',
      '"leader-election"} 25',
      '"node-high"} 98',
      '"system"} 74',
      '"workload-high"} 98',
      '"workload-low"} 245',
    ].map((row) => start + row),
  );
});
