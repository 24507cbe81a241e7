// Quotas: who is charged, and who is refused.

import { describe, expect, test } from 'vitest';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { configured, forPlugin, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

/** With its usage added up, as the controller would have done. */
async function withQuota(
  hard: Record<string, string>,
  more: object = {},
  used: Record<string, string> = {},
  asker: Asker = makeAsker(),
): Promise<Asker> {
  expect((await asker.ask('POST resourcequotas', { metadata: { name: 'q' }, spec: { hard, ...more } })).status).toBe(201);
  const quota = asker.api.get(resourceQuotas, 'default', 'q')!;
  const zero = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  asker.api.updateStatus(resourceQuotas, { ...quota, status: { hard, used: { ...zero, ...used } } });
  return asker;
}

const usedOf = ({ api }: Asker): unknown => api.get(resourceQuotas, 'default', 'q')!.status.used;
const pod = (requests: object, name = 'p', more: object = {}): object =>
  podOf({ containers: [{ name: 'c', image: 'x', resources: { requests } }], ...more }, { name });
const map = (name: string): object => ({ metadata: { name } });

describe('a request', () => {
  test('is charged at once, and the next one is refused', async () => {
    const asker = await withQuota({ pods: '2', 'requests.cpu': '500m', 'count/configmaps': '1' });
    expect((await asker.ask('POST pods', pod({ cpu: '400m' }))).status).toBe(201);
    expect(usedOf(asker)).toEqual({ pods: '1', 'requests.cpu': '400m', 'count/configmaps': '0' });
    expect(await asker.ask('POST pods', pod({ cpu: '200m' }, 'b'))).toMatchObject({
      status: 403,
      message:
        'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=200m, used: requests.cpu=400m, limited: requests.cpu=500m',
    });
    expect((await asker.ask('POST configmaps', map('one'))).status).toBe(201);
    expect(await asker.ask('POST configmaps', map('two'))).toMatchObject({
      status: 403,
      message:
        'configmaps "two" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
    });
    expect(usedOf(asker)).toEqual({ pods: '1', 'requests.cpu': '400m', 'count/configmaps': '1' });
  });

  test('that fails for another reason is not charged, nor one that is only tried', async () => {
    const asker = await withQuota({ configmaps: '5' });
    await asker.ask('POST configmaps', map('one'));
    expect((await asker.ask('POST configmaps', map('one'))).status).toBe(409);
    expect((await asker.ask('POST configmaps?dryRun=All', map('two'))).status).toBe(201);
    expect(usedOf(asker)).toEqual({ configmaps: '1' });
  });

  test.each([
    {
      name: 'must say how much it wants, where that is limited',
      hard: { 'requests.cpu': '1', 'limits.memory': '1Gi' },
      problem: 'failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
    },
    { name: 'need not where only pods are', hard: { pods: '1' }, problem: '' },
  ])('a pod $name', async ({ hard, problem }) => {
    const { ask } = await withQuota(hard as unknown as Record<string, string>);
    expect((await ask('POST pods', podOf())).message).toBe(problem && `pods "p" is forbidden: ${problem}`);
  });

  test('a pod that says as a whole how much it wants of anything need say no more', async () => {
    const { ask } = await withQuota({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
    const whole = { resources: { requests: { cpu: '1' } }, containers: [{ name: 'c', image: 'x' }] };
    expect((await ask('POST pods', podOf(whole))).message).toBe('');
  });

  test('waits until usage is known', async () => {
    const { ask, api } = makeAsker();
    await ask('POST resourcequotas', { metadata: { name: 'q' }, spec: { hard: { pods: '1', configmaps: '1' } } });
    expect((await ask('POST configmaps', map('a'))).status).toBe(201);
    const quota = api.get(resourceQuotas, 'default', 'q')!;
    api.updateStatus(resourceQuotas, { ...quota, status: { hard: quota.spec.hard!, used: { pods: '0' } } });
    expect((await ask('POST configmaps', map('b'))).message).toBe(
      'configmaps "b" is forbidden: status unknown for quota: q, resources: configmaps',
    );
  });

  test('of a service is charged when it changes its type', async () => {
    const asker = await withQuota({ services: '1', 'services.nodeports': '0', 'services.loadbalancers': '1' });
    const service = (type: string): object => ({ metadata: { name: 's' }, spec: { type, ports: [{ port: 80 }], selector: { a: 'b' } } });
    expect((await asker.ask('POST services', service('ClusterIP'))).message).toBe('');
    expect((await asker.ask('PATCH services/s', service('NodePort'))).message).toBe(
      'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
    );
  });

  test('counts objects of any group', async () => {
    const { ask } = await withQuota({ 'count/jobs.batch': '0' });
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } };
    expect((await ask('POST jobs', { metadata: { name: 'j' }, spec: { template } })).message).toBe(
      'jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0',
    );
  });
});

describe('scopes', () => {
  test.each<[name: string, quota: object, pod: object, isCounted: boolean]>([
    ['best effort', { scopes: ['BestEffort'] }, podOf(), true],
    ['best effort, and not that', { scopes: ['BestEffort'] }, pod({ cpu: '1' }), false],
    ['not best effort', { scopes: ['NotBestEffort'] }, pod({ cpu: '1' }), true],
    ['limited in time', { scopes: ['Terminating'] }, podOf({ activeDeadlineSeconds: 5 }), true],
    ['not limited in time', { scopes: ['Terminating'] }, podOf(), false],
    [
      'a priority',
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] } },
      podOf({ priorityClassName: 'system-node-critical' }),
      true,
    ],
    [
      'another priority',
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] } },
      podOf(),
      false,
    ],
  ])('%s', async (_name, quota, given, isCounted) => {
    const asker = await withQuota({ pods: '0' }, quota);
    expect((await asker.ask('POST pods', given)).status).toBe(isCounted ? 403 : 201);
  });
});

test('a pod that comes to be limited in time comes into its scope', async () => {
  const asker = await withQuota({ pods: '1' }, { scopes: ['Terminating'] });
  for (const name of ['a', 'b']) expect((await asker.ask('POST pods', podOf({}, { name }))).message).toBe('');
  expect((await asker.ask('PATCH pods/a', { spec: { activeDeadlineSeconds: 60 } })).message).toBe('');
  expect(usedOf(asker)).toEqual({ pods: '1' });
  expect((await asker.ask('PATCH pods/b', { spec: { activeDeadlineSeconds: 60 } })).message).toBe(
    'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  );
});

test('what is not stored is not counted', async () => {
  const { ask } = await withQuota({ 'count/localsubjectaccessreviews.authorization.k8s.io': '0' });
  const review = { spec: { user: 'jane', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } } };
  const path = '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews';
  expect((await ask(`POST ${path}`, { metadata: { namespace: 'default' }, ...review })).message).toBe('');
});

test('what goes is given back, and fits again', async () => {
  const asker = makeAsker({ alone: false });
  await asker.ask('POST resourcequotas', { metadata: { name: 'q' }, spec: { hard: { 'count/secrets': '1' } } });
  asker.settle();
  expect((await asker.ask('POST secrets', map('a'))).status).toBe(201);
  expect((await asker.ask('POST secrets', map('b'))).status).toBe(403);
  await asker.ask('DELETE secrets/a');
  asker.advance(10_000);
  expect((await asker.ask('POST secrets', map('b'))).status).toBe(201);
  expect(asker.errors).toEqual([]);
});

describe('what the API server limits', () => {
  const limiting = (...lines: string[]): Asker =>
    makeAsker(
      configured(
        {},
        forPlugin(
          'ResourceQuota',
          'apiVersion: apiserver.config.k8s.io/v1',
          'kind: ResourceQuotaConfiguration',
          'limitedResources:',
          ...lines,
        ),
      ),
    );
  const gold = podOf({ priorityClassName: 'gold' });
  const byClass = { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['gold'] }] } };
  interface Row {
    readonly name: string;
    readonly limit: string[];
    readonly hard?: Record<string, string>;
    readonly more?: object;
    readonly line: string;
    readonly body: object;
    readonly want: string;
  }
  const CLAIM = ['- resource: persistentvolumeclaims', '  matchContains: [.storageclass.storage.k8s.io/requests.storage]'];
  const SCOPE = ['- resource: pods', '  matchScopes: [{scopeName: PriorityClass, operator: In, values: [gold, x]}]'];
  const claim = (more: object = {}): object => ({
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more },
  });
  const scopes = 'insufficient quota to match these scopes: [{PriorityClass In [gold x]}]';
  test.each<Row>([
    {
      name: 'needs a quota',
      limit: ['- resource: pods', '  matchContains: [requests.cpu]'],
      line: 'POST pods',
      body: pod({ cpu: '1' }),
      want: 'pods "p" is forbidden: insufficient quota to consume: requests.cpu',
    },
    {
      name: 'if it is used',
      limit: ['- resource: pods', '  matchContains: [requests.cpu]'],
      line: 'POST pods',
      body: pod({ memory: '1' }),
      want: '',
    },
    {
      name: 'of any quota that speaks of it',
      limit: ['- resource: pods', '  matchContains: [requests.cpu]'],
      hard: { 'requests.cpu': '2' },
      line: 'POST pods',
      body: pod({ cpu: '1' }),
      want: '',
    },
    {
      name: 'not of one that speaks of other things',
      limit: ['- resource: pods', '  matchContains: [requests.cpu]'],
      hard: { pods: '2' },
      line: 'POST pods',
      body: pod({ cpu: '1' }),
      want: 'pods "p" is forbidden: insufficient quota to consume: requests.cpu',
    },
    {
      name: 'storage of any class',
      limit: CLAIM,
      line: 'POST persistentvolumeclaims',
      body: claim({ storageClassName: 'fast' }),
      want: 'persistentvolumeclaims "c" is forbidden: insufficient quota to consume: fast.storageclass.storage.k8s.io/requests.storage',
    },
    { name: 'storage of none', limit: CLAIM, line: 'POST persistentvolumeclaims', body: claim({ storageClassName: '' }), want: '' },
    { name: 'pods of a class', limit: SCOPE, line: 'POST pods', body: gold, want: scopes },
    { name: 'with a quota of that scope', limit: SCOPE, hard: { pods: '1' }, more: byClass, line: 'POST pods', body: gold, want: '' },
    { name: 'with a quota of all', limit: SCOPE, hard: { pods: '1' }, line: 'POST pods', body: gold, want: scopes },
    { name: 'pods of no class', limit: SCOPE, line: 'POST pods', body: podOf(), want: '' },
  ])('$name', async ({ limit, hard, more, line, body, want }) => {
    const asker = limiting(...limit);
    await asker.ask('POST /apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'gold' }, value: 5 });
    if (hard) await withQuota(hard, more, {}, asker);
    expect((await asker.ask(line, body)).message).toBe(want);
  });
});

test('what uses less than before needs no quota', async () => {
  const asker = makeAsker(
    configured(
      {},
      forPlugin(
        'ResourceQuota',
        'apiVersion: apiserver.config.k8s.io/v1',
        'kind: ResourceQuotaConfiguration',
        'limitedResources:',
        '- resource: services',
        '  matchContains: [services.nodeports]',
      ),
    ),
  );
  const service = (...ports: number[]): object => ({
    metadata: { name: 's' },
    spec: { type: 'NodePort', ports: ports.map((port) => ({ name: `p${port}`, port })), selector: { a: 'b' } },
  });
  const refused = 'services "s" is forbidden: insufficient quota to consume: services.nodeports';
  expect((await asker.ask('POST services', service(80, 81))).message).toBe(refused);
  await withQuota({ 'services.nodeports': '2' }, {}, {}, asker);
  expect((await asker.ask('POST services', service(80, 81))).message).toBe('');
  asker.api.delete(resourceQuotas, 'default', 'q');
  expect((await asker.ask('PATCH services/s', service(80))).message).toBe('');
  expect((await asker.ask('PATCH services/s', service(80, 82))).message).toBe(refused);
});

test('all quotas are asked whether they can tell, before any is charged', async () => {
  const asker = await withQuota({ pods: '0' });
  await asker.ask('POST resourcequotas', { metadata: { name: 'r' }, spec: { hard: { 'requests.cpu': '1' } } });
  const quota = asker.api.get(resourceQuotas, 'default', 'r')!;
  asker.api.updateStatus(resourceQuotas, { ...quota, status: { hard: { 'requests.cpu': '1' }, used: { 'requests.cpu': '0' } } });
  expect((await asker.ask('POST pods', podOf())).message).toBe('pods "p" is forbidden: failed quota: r: must specify requests.cpu for: c');
});
