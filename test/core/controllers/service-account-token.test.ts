// Secrets with tokens of service accounts.

import { describe, expect, test } from 'vitest';
import { fromBase64, fromUtf8 } from '../../../worker/lib/text.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

function withToken(account = 'bot'): TestCluster {
  const cluster = makeTestCluster();
  cluster.api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' }, secrets: [{ name: 'tok' }, { name: 'other' }] });
  cluster.api.create(secrets, {
    metadata: { name: 'tok', namespace: 'default', annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  });
  cluster.settle();
  return cluster;
}

const dataOf = ({ api }: TestCluster): Record<string, string> =>
  Object.fromEntries(
    Object.entries(api.get(secrets, 'default', 'tok')!.data ?? {}).map(([key, value]) => [key, fromUtf8(fromBase64(value)!)]),
  );

describe('a secret for a token', () => {
  test('is filled, and the token is the account’s', async () => {
    const cluster = withToken();
    const { 'ca.crt': ca, namespace, token } = dataOf(cluster);
    expect({ ca: ca!.startsWith('-----BEGIN CERTIFICATE-----'), namespace }).toEqual({ ca: true, namespace: 'default' });
    const { body } = await cluster.request<{ status: { userInfo: { username: string } } }>(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      { authorization: `Bearer ${token}` },
    );
    expect(body.status.userInfo.username).toBe('system:serviceaccount:default:bot');
    const { annotations } = cluster.api.get(secrets, 'default', 'tok')!.metadata;
    expect(annotations!['kubernetes.io/service-account.uid']).toBe(cluster.api.get(serviceAccounts, 'default', 'bot')!.metadata.uid);
  });

  test('says when its token was used last, and makes it no good once it is marked', async () => {
    const cluster = withToken();
    const { token } = dataOf(cluster);
    const use = () => cluster.request('GET', '/version', undefined, { authorization: `Bearer ${token}` });
    const labels = (): unknown => cluster.api.get(secrets, 'default', 'tok')!.metadata.labels;
    expect(labels()).toBeUndefined();
    expect((await use()).status).toBe(200);
    cluster.settle();
    expect(labels()).toEqual({ 'kubernetes.io/legacy-token-last-used': expect.stringMatching(/^2026-01-0\d$/) as string });
    const { resourceVersion } = cluster.api.get(secrets, 'default', 'tok')!.metadata;
    await use();
    cluster.settle();
    expect(cluster.api.get(secrets, 'default', 'tok')!.metadata.resourceVersion).toBe(resourceVersion);

    const secret = cluster.api.get(secrets, 'default', 'tok')!;
    const marked = { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' };
    cluster.api.update(secrets, { ...secret, metadata: { ...secret.metadata, labels: marked } });
    expect((await use()).status).toBe(401);
    cluster.settle();
    expect(labels()).toHaveProperty(['kubernetes.io/legacy-token-last-used']);
    const { body } = await cluster.request<{ status: { error: string } }>('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token },
    });
    expect(body.status.error).toBe(
      "[invalid bearer token, the token in secret default/tok for service account default/bot has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the 'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token]",
    );
  });

  test('of an account that is not there goes', () => {
    expect(withToken('nobody').api.get(secrets, 'default', 'tok')).toBeUndefined();
  });

  test('goes with its account, even if another of the name comes at once', async () => {
    const cluster = withToken();
    const { token } = dataOf(cluster);
    cluster.api.delete(serviceAccounts, 'default', 'bot');
    cluster.api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    cluster.settle();
    expect(cluster.api.get(secrets, 'default', 'tok')).toBeUndefined();
    expect((await cluster.request('GET', '/version', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  test('that is gone is still listed by who has nothing to do with it', () => {
    const cluster = withToken();
    cluster.api.create(serviceAccounts, { metadata: { name: 'stranger', namespace: 'default' }, secrets: [{ name: 'tok' }] });
    cluster.api.delete(secrets, 'default', 'tok');
    cluster.settle();
    expect(cluster.api.get(serviceAccounts, 'default', 'bot')!.secrets).toEqual([{ name: 'other' }]);
    expect(cluster.api.get(serviceAccounts, 'default', 'stranger')!.secrets).toEqual([{ name: 'tok' }]);
  });

  test('that says another namespace keeps it', () => {
    const cluster = withToken();
    const secret = cluster.api.get(secrets, 'default', 'tok')!;
    cluster.api.update(secrets, { ...secret, data: { ...secret.data, namespace: 'eA==' } });
    cluster.settle();
    expect(dataOf(cluster)['namespace']).toBe('x');
  });

  test('that somebody emptied is filled again; one that is gone is listed no more', () => {
    const cluster = withToken();
    const { data: _, ...rest } = cluster.api.get(secrets, 'default', 'tok')!;
    cluster.api.update(secrets, rest);
    cluster.settle();
    expect(Object.keys(dataOf(cluster)).sort()).toEqual(['ca.crt', 'namespace', 'token']);
    cluster.api.delete(secrets, 'default', 'tok');
    cluster.settle();
    expect(cluster.api.get(serviceAccounts, 'default', 'bot')!.secrets).toEqual([{ name: 'other' }]);
    expect(cluster.errors).toEqual([]);
  });
});
