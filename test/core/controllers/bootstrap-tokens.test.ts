// Bootstrap tokens and what is signed with them; tokens of long ago; the leases of API servers.

import { describe, expect, test } from 'vitest';
import type { Lease } from '../../../worker/api/gen/coordination-v1.ts';
import type { Secret, ServiceAccount } from '../../../worker/api/gen/core-v1.ts';
import type { Draft } from '../../../worker/api/object.ts';
import { detachedSignature } from '../../../worker/controllers/bootstrap/signer.ts';
import { formatMicroTime, formatTime } from '../../../worker/lib/time.ts';
import { toBase64, utf8 } from '../../../worker/lib/text.ts';
import { leases } from '../../../worker/resources/coordination/lease.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster } from './workloads.ts';

const DAY = 86_400_000;

function makeToken({ api }: TestCluster, id: string, data: Record<string, string>, name = `bootstrap-token-${id}`): void {
  const all = { 'token-id': id, 'token-secret': 'f395accd246ae52d', 'usage-bootstrap-signing': 'true', ...data };
  api.create<Secret>(secrets, {
    metadata: { name, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, toBase64(utf8(value))])),
  } as Draft<Secret>);
}

describe('cluster-info', () => {
  const start = (): TestCluster => {
    const cluster = emptyCluster();
    cluster.api.create(configMaps, { metadata: { name: 'cluster-info', namespace: 'kube-public' }, data: { kubeconfig: 'K', other: 'x' } });
    return cluster;
  };
  const signatures = ({ api }: TestCluster): string[] =>
    Object.keys(api.get(configMaps, 'kube-public', 'cluster-info')!.data!).filter((key) => key.startsWith('jws'));

  test('is signed as RFC 7515 has it', () => {
    const content = 'Hello from the other side. I must have called a thousand times.';
    expect(detachedSignature(content, 'joshua', 'my voice is my passcode')).toBe(
      'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8',
    );
  });

  test.each<{ name: string; id?: string; data: Record<string, string>; secretName?: string; signed: boolean }>([
    { name: 'a token that may sign', data: {}, signed: true },
    { name: 'a token that may not', data: { 'usage-bootstrap-signing': 'false' }, signed: false },
    { name: 'a token that has ended', data: { expiration: '2025-12-31T00:00:00Z' }, signed: false },
    { name: 'a token whose end cannot be read', data: { expiration: '2027-01-01T00:00:00' }, signed: false },
    { name: 'a token whose name is none', id: 'abc', data: {}, signed: false },
    { name: 'a token of another name', data: {}, secretName: 'bootstrap-token-zzzzzz', signed: false },
  ])('is signed with $name: $signed', ({ id = 'abcdef', data, secretName, signed }) => {
    const cluster = start();
    makeToken(cluster, id, data, secretName);
    cluster.settle();
    expect(signatures(cluster)).toEqual(signed ? ['jws-kubeconfig-abcdef'] : []);
  });

  test('is signed anew when it changes, and loses the signature with the token', () => {
    const cluster = start();
    makeToken(cluster, 'abcdef', {});
    cluster.settle();
    const read = () => cluster.api.get(configMaps, 'kube-public', 'cluster-info')!;
    const before = read().data!['jws-kubeconfig-abcdef'];
    cluster.api.update(configMaps, { ...read(), data: { ...read().data, kubeconfig: 'L' } });
    cluster.settle();
    expect(read().data!['jws-kubeconfig-abcdef']).not.toBe(before);
    cluster.api.delete(secrets, 'kube-system', 'bootstrap-token-abcdef');
    cluster.settle();
    expect(read().data).toEqual({ kubeconfig: 'L', other: 'x' });
    expect(cluster.errors).toEqual([]);
  });
});

test('a bootstrap token goes when it ends', () => {
  const cluster = emptyCluster();
  makeToken(cluster, 'abcdef', { expiration: formatTime(START + 60_000) });
  makeToken(cluster, 'ghijkl', {});
  makeToken(cluster, 'unread', { expiration: '2027-01-01T00:00:00' });
  cluster.advance(59_000);
  const names = (): string[] => cluster.api.list(secrets, { namespace: 'kube-system' }).map(({ metadata }) => metadata.name);
  expect(names()).toEqual(['bootstrap-token-abcdef', 'bootstrap-token-ghijkl']);
  cluster.advance(2000);
  expect(names()).toEqual(['bootstrap-token-ghijkl']);
});

test('a token that an account was given long ago is marked after a year without use, and goes after another', () => {
  const cluster = emptyCluster();
  const since = {
    metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
    data: { since: '2026-01-01' },
  };
  cluster.api.create(configMaps, since);
  cluster.api.create<ServiceAccount>(serviceAccounts, {
    metadata: { name: 'robot', namespace: 'default' },
    secrets: [{ name: 'robot-token-x' }],
  } as Draft<ServiceAccount>);
  for (const name of ['robot-token-x', 'by-hand'])
    cluster.api.create<Secret>(secrets, {
      metadata: { name, namespace: 'default', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
      type: 'kubernetes.io/service-account-token',
    } as Draft<Secret>);
  cluster.settle();
  const marked = (name: string): string | undefined =>
    cluster.api.get(secrets, 'default', name)?.metadata.labels?.['kubernetes.io/legacy-token-invalid-since'];
  cluster.sleep(364 * DAY);
  cluster.settle();
  expect(marked('robot-token-x')).toBeUndefined();
  cluster.sleep(5 * DAY);
  cluster.settle();
  expect(marked('robot-token-x')).toMatch(/^2027-01-0\d$/);
  cluster.sleep(370 * DAY);
  cluster.settle();
  expect(cluster.api.list(secrets, { namespace: 'default' }).map(({ metadata }) => metadata.name)).toEqual(['by-hand']);
  expect(marked('by-hand')).toBeUndefined();
});

test('an API server that can be seen has a lease; that of one that is gone goes', () => {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  cluster.settle();
  const mine = (): Lease[] =>
    cluster.api.list(leases, { namespace: 'kube-system' }).filter(({ metadata }) => metadata.name.startsWith('apiserver-'));
  expect(mine()).toMatchObject([
    {
      metadata: { labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'control-plane' } },
      spec: { leaseDurationSeconds: 3600 },
    },
  ]);
  expect(mine()[0]!.metadata.name).toMatch(/^apiserver-[a-z2-7]{26}$/);
  cluster.api.create<Lease>(leases, {
    metadata: { name: 'apiserver-old', namespace: 'kube-system', labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver' } },
    spec: { holderIdentity: 'x', leaseDurationSeconds: 3600, renewTime: formatMicroTime(START) },
  } as Draft<Lease>);
  cluster.advance(3_500_000);
  expect(mine()).toHaveLength(2);
  cluster.advance(200_000);
  expect(mine()).toHaveLength(1);
  expect(cluster.api.get(configMaps, 'kube-system', 'kube-apiserver-legacy-service-account-token-tracking')!.data!['since']).toMatch(
    /^202\d-/,
  );
  expect(cluster.errors).toEqual([]);
});
