// What is written down of requests.

import { describe, expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string): object => ({ metadata: { name } });
const lines = ({ cluster }: TestCluster): string[] =>
  cluster.audit
    .list()
    .map(({ verb, user, impersonatedUser, objectRef = {}, responseStatus }) =>
      [
        user.username,
        ...(impersonatedUser ? [`as ${impersonatedUser.username}`] : []),
        verb,
        [objectRef['resource'], objectRef['name'], objectRef['subresource']].filter(Boolean).join('/'),
        responseStatus.code,
        ...(responseStatus.reason ? [responseStatus.reason] : []),
      ].join(' '),
    );

describe('the audit trail', () => {
  test('has writes and refusals, and not what only reads or asks', async () => {
    const cluster = makeTestCluster();
    const { request } = cluster;
    await request('POST', MAPS, map('a'));
    await request('GET', `${MAPS}/a`);
    await request('GET', MAPS);
    await request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    });
    await request('POST', MAPS, map('a'));
    await request('DELETE', `${MAPS}/a`, undefined, { 'impersonate-user': 'jane' });
    await request('GET', '/api/v1/nodes', undefined, { 'impersonate-user': 'jane' });
    await request('GET', '/api/v1/nodes', undefined, { authorization: 'Bearer wrong' });
    await request('GET', '/api/v1/nodes', undefined, { authorization: '' });
    expect(lines(cluster)).toEqual([
      'kubernetes-admin create configmaps 201',
      'kubernetes-admin create configmaps 409 AlreadyExists',
      'kubernetes-admin as jane delete configmaps/a 403 Forbidden',
      'kubernetes-admin as jane list nodes 403 Forbidden',
      ' list nodes 401 Unauthorized',
      'system:anonymous list nodes 403 Forbidden',
    ]);
  });

  test('an event says when, whence, by what right, and what admission found', async () => {
    const cluster = makeTestCluster();
    const labels = { 'pod-security.kubernetes.io/audit': 'baseline' };
    await cluster.request(
      'PATCH',
      '/api/v1/namespaces/default',
      { metadata: { labels } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await cluster.request(
      'POST',
      '/api/v1/namespaces/default/pods?fieldManager=x',
      { metadata: { name: 'p' }, spec: { hostPID: true, containers: [{ name: 'c', image: 'x' }] } },
      { 'user-agent': 'kubectl/v1', 'cf-connecting-ip': '203.0.113.7' },
    );
    const event = cluster.cluster.audit.list().at(-1)!;
    expect(event).toEqual({
      level: 'Metadata',
      auditID: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/default/pods?fieldManager=x',
      verb: 'create',
      user: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
      sourceIPs: ['203.0.113.7'],
      userAgent: 'kubectl/v1',
      objectRef: { resource: 'pods', namespace: 'default', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: '2026-01-01T00:00:00.000000Z',
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason': '',
        'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
        'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      },
    });
  });

  test('is kept through an eviction, and never grows beyond its last 500', async () => {
    const first = makeTestCluster({ alone: true, nodes: 0 });
    for (let i = 0; i < 503; i++) await first.request('GET', `/api/v1/nodes?n=${i}`, undefined, { authorization: 'Bearer wrong' });
    first.save();
    const again = makeTestCluster({ backend: first.backend, alone: true, nodes: 0 });
    const uris = again.cluster.audit.list().map(({ requestURI }) => requestURI);
    expect([uris.length, uris[0], uris.at(-1)]).toEqual([500, '/api/v1/nodes?n=3', '/api/v1/nodes?n=502']);
  });
});
