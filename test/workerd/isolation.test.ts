// Nothing leaks between tenants, and a token opens one sandbox only.

import { env } from 'cloudflare:workers';
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { call, configMap, kube, kubeOf, newGuest } from './client.ts';

const UNAUTHORIZED = { kind: 'Status', status: 'Failure', reason: 'Unauthorized', message: 'Unauthorized', code: 401 };

describe('a sandbox lets in', () => {
  test('who has a token of its own, and nobody else', async () => {
    const [a, b] = [await newGuest(), await newGuest()];
    expect((await a.kube.request('GET', '/api/v1/nodes')).status).toBe(200);
    const tokens = [b.kube.token, a.me.token, `${a.kube.token}x`, a.kube.token.slice(0, -1), 'x', a.kube.token.toLowerCase()];
    for (const token of tokens) {
      const refused = await kube(a.kube.id, token).request<object>('GET', '/api/v1/nodes');
      expect(refused.status).toBe(401);
      expect(refused.body).toMatchObject(UNAUTHORIZED);
    }
  });

  test('who leaves out its path, by the token alone', async () => {
    const [a, b] = [await newGuest({ template: 'bare', nodes: 1 }), await newGuest({ template: 'bare', nodes: 2 })];
    for (const [guest, nodes] of [[a, 1] as const, [b, 2] as const]) {
      const { body } = await call<{ items: unknown[] }>('GET', '/api/v1/nodes', undefined, { authorization: `Bearer ${guest.kube.token}` });
      expect(body.items).toHaveLength(nodes);
    }
    const forged = a.kube.token.replace(a.kube.id, b.kube.id);
    expect((await call<object>('GET', '/api/v1/nodes', undefined, { authorization: `Bearer ${forged}` })).body).toMatchObject(UNAUTHORIZED);
  });

  test('nobody by a token that was revoked', async () => {
    const { me, sandbox, kube: first } = await newGuest();
    const second = kubeOf((await me.api('GET', `/sandboxes/${sandbox.id}/kubeconfig`)).text);
    const access = (await me.api<{ token: string; path: string }>('POST', `/sandboxes/${sandbox.id}/access`)).body;
    expect(access.path).toBe(`/c/${sandbox.id}`);
    const page = kube(sandbox.id, access.token);
    for (const one of [first, second, page]) expect((await one.request('GET', '/api/v1/nodes')).status).toBe(200);
    expect((await me.api('DELETE', `/sandboxes/${sandbox.id}/kubeconfig`)).status).toBe(204);
    for (const one of [first, second]) expect((await one.request<object>('GET', '/api/v1/nodes')).body).toMatchObject(UNAUTHORIZED);
    expect((await page.request('GET', '/api/v1/nodes')).status).toBe(200);
    const third = kubeOf((await me.api('GET', `/sandboxes/${sandbox.id}/kubeconfig`)).text);
    expect((await third.request('GET', '/api/v1/nodes')).status).toBe(200);
  });

  test('nobody by a token whose time is out', async () => {
    const { sandbox } = await newGuest();
    const stub = env.SANDBOX.getByName(sandbox.id);
    const { hashOf } = await import('../../worker/cluster/tokens.ts');
    await stub.grant(hashOf('short'), { access: 'edit', user: 'x', via: 'page', expiresAt: Date.now() + 40 });
    expect((await kube(sandbox.id, 'short').request('GET', '/api/v1/nodes')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await kube(sandbox.id, 'short').request('GET', '/api/v1/nodes')).status).toBe(401);
  });
});

test('a sandbox that never was is a Status, and leaves nothing behind', async () => {
  for (const path of ['/c/nosuchsandbox', '/c/nosuchsandbox/', '/c/nosuchsandbox/api/v1/pods?x=1']) {
    const { status, body } = await call<object>('GET', path, undefined, { authorization: 'Bearer x' });
    expect(status).toBe(404);
    expect(body).toMatchObject({ kind: 'Status', apiVersion: 'v1', reason: 'NotFound' });
  }
  const stub = env.SANDBOX.getByName('nosuchsandbox');
  const tables = await runInDurableObject(stub, (_, { storage }) => [...storage.sql.exec('SELECT name FROM sqlite_master')]);
  expect(tables.filter(({ name }) => !String(name).startsWith('_cf_'))).toEqual([]);
});

test('what is no id does not reach an object', async () => {
  const before = (await listDurableObjectIds(env.SANDBOX)).length;
  for (const path of ['/c/', '/c/UPPER', '/c/a_b/version', `/c/${'a'.repeat(33)}/version`, '/c/..%2f/x'])
    expect((await call('GET', path)).status).toBe(404);
  expect((await listDurableObjectIds(env.SANDBOX)).length).toBe(before);
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['GET', '/kubeconfig'],
  ['DELETE', '/kubeconfig'],
  ['POST', '/access'],
  ['POST', '/fork'],
  ['GET', '/clock'],
  ['PATCH', '/clock'],
  ['POST', '/clock/step'],
  ['POST', '/addons'],
  ['POST', '/links'],
  ['GET', '/links'],
  ['DELETE', '/links/x'],
])('%s of somebody else’s sandbox%s is as if there were none', async (method, path) => {
  const [a, b] = [await newGuest(), await newGuest()];
  const body =
    method === 'PATCH' ? { speed: 2 } : path === '/clock/step' ? { by: '1s' } : path === '/addons' ? { name: 'metrics-server' } : undefined;
  const theirs = await b.me.api<{ detail: string }>(method, `/sandboxes/${a.sandbox.id}${path}`, body);
  const nobodys = await b.me.api<{ detail: string }>(method, `/sandboxes/nosuchsandbox${path}`, body);
  expect(theirs.status).toBe(404);
  expect(theirs.body.detail.replace(a.sandbox.id, 'nosuchsandbox')).toBe(nobodys.body.detail);
  expect((await a.me.api<{ speed: number }>('GET', `/sandboxes/${a.sandbox.id}`)).body.speed).toBe(1);
});

test('two sandboxes of one seed have keys of their own', async () => {
  const wanted = { template: 'bare', nodes: 1, seed: 'same' };
  const [a, b] = [await newGuest(wanted), await newGuest(wanted)];
  const path = '/api/v1/namespaces/default/serviceaccounts';
  for (const { kube: one } of [a, b]) await one.request('POST', path, { metadata: { name: 'bot' } });
  const { body } = await a.kube.request<{ status: { token: string } }>('POST', `${path}/bot/token`, { spec: {} });
  const ask = (id: string): Promise<{ status: number }> => kube(id, body.status.token).request('GET', '/version');
  expect((await ask(a.kube.id)).status).toBe(200);
  expect((await ask(b.kube.id)).status).toBe(401);
});

test('a page that comes out of a sandbox gets no hold of the console', async () => {
  const { kube: one } = await newGuest();
  await one.request('POST', '/api/v1/namespaces/default/configmaps', configMap('a'));
  const json = await one.request('GET', '/api/v1/namespaces/default/configmaps/a');
  expect(json.headers.get('content-type')).toContain('json');
  const other = await one.request('GET', '/healthz');
  expect(other.headers.get('content-security-policy')).toContain('sandbox');
  expect(other.headers.get('content-security-policy')).not.toContain('allow-same-origin');
});
