// Large answers are squeezed for whoever takes that.

import { expect, test } from 'vitest';
import { call, kubeOf } from './client.ts';

const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles?pretty=true';

test.each([
  { name: 'a large answer, for who takes gzip', path: ROLES, accept: 'deflate, gzip;q=0.9', want: 'gzip' },
  { name: 'a large answer, for who does not', path: ROLES, accept: 'identity', want: null },
  { name: 'a small answer', path: '/api/v1/namespaces', accept: 'gzip', want: null },
])('$name: $want', async ({ path, accept, want }) => {
  const { text } = await call('POST', '/api/v1/sandboxes', { template: 'bare', nodes: 1 }, { accept: 'application/yaml' });
  const reply = await kubeOf(text).request('GET', path, undefined, { 'accept-encoding': accept });
  expect([reply.status, reply.headers.get('content-encoding')]).toEqual([200, want]);
  if (want) expect(reply.headers.get('vary')).toBe('Accept-Encoding');
});
