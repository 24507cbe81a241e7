// Who floods a sandbox is refused, and others in it are answered.

import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { hashOf } from '../../worker/cluster/tokens.ts';
import { kube } from './client.ts';
import type { Reply } from './client.ts';

test('a flood of one account does not touch another in the same sandbox', async () => {
  const id = 'flooded';
  const options = { id, template: 'bare', nodes: 1, minor: 36, seed: 's', speed: 1 } as const;
  const stub = env.SANDBOX.getByName(id);
  // However slow the machine is, the flood is faster than what is left for it when half of the bucket is used up: one request a second.
  await stub.create({ options, rate: { perSecond: 2, burst: 40 } }, hashOf('owner'), { access: 'edit', user: 'owner', via: 'x' });
  const owner = kube(id, 'owner');
  await owner.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'all' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:serviceaccounts' }],
  });
  const flows = '/apis/flowcontrol.apiserver.k8s.io/v1';
  await owner.request('POST', `${flows}/prioritylevelconfigurations`, {
    metadata: { name: 'small' },
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } } },
  });
  await owner.request('POST', `${flows}/flowschemas`, {
    metadata: { name: 'noisy' },
    spec: {
      matchingPrecedence: 50,
      priorityLevelConfiguration: { name: 'small' },
      rules: [
        {
          subjects: [{ kind: 'ServiceAccount', serviceAccount: { namespace: 'default', name: 'noisy' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
        },
      ],
    },
  });
  const accountOf = async (name: string): Promise<() => Promise<Reply>> => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await owner.request('POST', accounts, { metadata: { name } });
    const { body } = await owner.request<{ status: { token: string } }>('POST', `${accounts}/${name}/token`, { spec: {} });
    return () => kube(id, body.status.token).request('GET', '/api/v1/namespaces/default/pods');
  };
  const [noisy, quiet] = [await accountOf('noisy'), await accountOf('quiet')];
  const flood = Promise.all(Array.from({ length: 200 }, noisy));
  const others = [await quiet(), await owner.request('GET', '/api/v1/nodes'), await quiet()];
  const answers = await flood;
  others.push(await quiet(), await owner.request('GET', '/api/v1/nodes'));
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(100);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(200 - refused.length);
  expect(refused[0]!.text).toBe('Too many requests, please try again later.\n');
  expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
});
