// Which flow a request belongs to, what a level without seats does.

import { expect, test } from 'vitest';
import { ADMIN_TOKEN, makeTestCluster, statusOf } from '../harness.ts';

const LEVELS = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
const SCHEMAS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

interface Named {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}

async function flowNames(
  cluster: ReturnType<typeof makeTestCluster>,
  path: string,
  headers: Record<string, string>,
): Promise<(string | undefined)[]> {
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
  ...(groups.length && { 'impersonate-group': groups.join(', ') }),
});

test.each([
  { name: 'an administrator', path: '/api/v1/pods', headers: {}, want: ['exempt', 'exempt'] },
  { name: 'a probe', path: '/livez', headers: as('alice'), want: ['probes', 'exempt'] },
  { name: 'somebody', path: '/api/v1/pods', headers: as('alice', 'system:authenticated'), want: ['global-default', 'global-default'] },
  {
    name: 'a service account',
    path: '/api/v1/pods',
    headers: as('system:serviceaccount:default:bot', 'system:serviceaccounts'),
    want: ['service-accounts', 'workload-low'],
  },
])('the flow of $name', async ({ path, headers, want }) => expect(await flowNames(makeTestCluster(), path, headers)).toEqual(want));

test('a level without seats refuses, and says when to come again', async () => {
  const cluster = makeTestCluster();
  await cluster.request('POST', LEVELS, {
    metadata: { name: 'closed' },
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 0, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
  });
  await cluster.request('POST', SCHEMAS, {
    metadata: { name: 'alice' },
    spec: {
      matchingPrecedence: 50,
      priorityLevelConfiguration: { name: 'closed' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: 'alice' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
        },
      ],
    },
  });
  const refused = await cluster.request('GET', '/api/v1/pods', undefined, as('alice'));
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBe('1');
  expect(statusOf(refused).reason).toBe('TooManyRequests');
  const { body } = await cluster.request<string>('GET', '/metrics');
  expect(body).toContain(
    'apiserver_flowcontrol_rejected_requests_total{flow_schema="alice",priority_level="closed",reason="concurrency-limit"} 1\n',
  );
});
