// Who floods a sandbox is refused, and others in it are answered: with the limits of the cloud.

import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { hashOf } from '../../worker/cluster/tokens.ts';
import { kube } from './client.ts';
import type { Reply } from './client.ts';

test('a flood of one account does not touch another in the same sandbox', { timeout: 60_000 }, async () => {
  const id = 'flooded';
  const options = { id, template: 'bare', nodes: 1, minor: 36, seed: 's', speed: 1 } as const;
  const stub = env.SANDBOX.getByName(id);
  await stub.create({ options, rate: { perSecond: 200, burst: 2000 } }, hashOf('owner'), { access: 'edit', user: 'owner', via: 'x' });
  const owner = kube(id, 'owner');
  await owner.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'all' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:serviceaccounts' }],
  });
  const accountOf = async (name: string): Promise<() => Promise<Reply>> => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await owner.request('POST', accounts, { metadata: { name } });
    const { body } = await owner.request<{ status: { token: string } }>('POST', `${accounts}/${name}/token`, { spec: {} });
    return () => kube(id, body.status.token).request('GET', '/api/v1/namespaces/default/pods');
  };
  const [noisy, quiet] = [await accountOf('noisy'), await accountOf('quiet')];
  const flood = Promise.all(Array.from({ length: 1500 }, noisy));
  const others = [await quiet(), await owner.request('GET', '/api/v1/nodes'), await quiet()];
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  const answers = await flood;
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1500 - refused.length);
  expect(refused[0]!.text).toBe('Too many requests, please try again later.\n');
  expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  await stub.destroy();
});
