// Who calls: guests, sessions, API tokens, accounts.

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { call, newGuest, ORIGIN, person } from './client.ts';
import type { SandboxBody } from './client.ts';

interface Me {
  id: string;
  name: string | null;
  isGuest: boolean;
  limits: { sandboxes: number };
}

interface Browser {
  cookie(): string;
  api<T = never>(method: string, path: string, body?: unknown, headers?: Record<string, string>): ReturnType<typeof call<T>>;
}

/** Keeps its cookie, and says where it comes from as browsers do. */
function browser(): Browser {
  let cookie = '';
  return {
    cookie: () => cookie,
    api: async <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      const origin = method === 'GET' ? {} : { origin: ORIGIN };
      const reply = await call<T>(method, `/api/v1${path}`, body, { ...origin, 'sec-fetch-site': 'same-origin', cookie, ...headers });
      cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      return reply;
    },
  };
}

let count = 0;
const newName = (): string => `user${count++}`;
const PASSWORD = 'correct horse';

describe('a guest', () => {
  test('is made by the first visit and known by the second', async () => {
    const { api } = browser();
    const first = await api<Me>('GET', '/me');
    expect(first.body).toMatchObject({ name: null, isGuest: true });
    expect((await api<Me>('GET', '/me')).body.id).toBe(first.body.id);
    const made = await api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1 });
    expect((await api<{ items: SandboxBody[] }>('GET', '/sandboxes')).body.items.map(({ id }) => id)).toEqual([made.body.id]);
  });

  test('is not made by calls that would show nothing', async () => {
    for (const path of ['/sandboxes', '/tokens', '/sandboxes/abc', '/sandboxes/abc/kubeconfig']) {
      const { status, headers } = await call('GET', `/api/v1${path}`);
      expect(status, path).toBe(401);
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  test('is nobody with a cookie that was made up', async () => {
    const cookie = `kubarium_session=kbs_${'a'.repeat(43)}`;
    expect((await call('GET', '/api/v1/sandboxes', undefined, { cookie })).status).toBe(401);
  });
});

describe('pages of other sites', () => {
  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.test' }],
    ['no origin at all, but another site', { 'sec-fetch-site': 'cross-site' }],
    ['an opaque origin', { origin: 'null' }],
  ])('may not write: %s', async (_name, headers) => {
    const { api, cookie } = browser();
    await api('GET', '/me');
    expect((await call('POST', '/api/v1/sandboxes', undefined, { ...headers, cookie: cookie() })).status).toBe(403);
    expect((await call('POST', '/api/v1/sandboxes', undefined, headers)).status).toBe(403);
    expect((await call('DELETE', '/api/v1/session', undefined, { ...headers, cookie: cookie() })).status).toBe(403);
  });
});

describe('an API token', () => {
  test('is made, shown once, listed, used and revoked', async () => {
    const { me } = await newGuest();
    const made = await me.api<{ id: string; token: string; name: string }>('POST', '/tokens', { name: 'ci' });
    expect(made.status).toBe(201);
    const listed = await me.api<{ items: { id: string; name: string; usedAt: string | null }[] }>('GET', '/tokens');
    expect(listed.body.items.map(({ name }) => name).sort()).toEqual(['ci', 'first call']);
    expect(listed.text).not.toContain(made.body.token);
    const script = person(made.body.token);
    expect((await script.api<{ items: [] }>('GET', '/sandboxes')).body.items).toHaveLength(1);
    expect((await me.api('DELETE', `/tokens/${made.body.id}`)).status).toBe(204);
    expect((await script.api('GET', '/sandboxes')).status).toBe(401);
    expect((await me.api('DELETE', `/tokens/${made.body.id}`)).status).toBe(404);
  });

  test('ends when its time is out', async () => {
    const { me } = await newGuest();
    const { body } = await me.api<{ id: string; token: string }>('POST', '/tokens', { ttl: '1h' });
    expect((await person(body.token).api('GET', '/me')).status).toBe(200);
    await env.DB.prepare('UPDATE api_tokens SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, body.id)
      .run();
    expect((await person(body.token).api('GET', '/me')).status).toBe(401);
  });

  test.each(['Bearer x', 'Bearer', `Bearer kba_${'a'.repeat(43)}`, `Bearer kbc_${'a'.repeat(43)}`, 'Basic YTpi'])(
    'that is none is refused, and makes no guest: %j',
    async (authorization) => {
      expect((await call('POST', '/api/v1/sandboxes', undefined, { authorization })).status).toBe(401);
      expect((await call('GET', '/api/v1/me', undefined, { authorization })).status).toBe(401);
    },
  );

  test('of one person cannot revoke that of another', async () => {
    const [a, b] = [await newGuest(), await newGuest()];
    const { body } = await a.me.api<{ id: string }>('POST', '/tokens');
    expect((await b.me.api('DELETE', `/tokens/${body.id}`)).status).toBe(404);
  });
});

describe('an account', () => {
  test('keeps what the guest had, and can be signed in to from elsewhere', async () => {
    const first = browser();
    const made = await first.api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1 });
    const name = newName();
    const account = await first.api<Me>('PUT', '/account', { name: name.toUpperCase(), password: PASSWORD });
    expect(account.body).toMatchObject({ name, isGuest: false });
    expect((await first.api('GET', `/sandboxes/${made.body.id}`)).status).toBe(200);

    const second = browser();
    const guests = await second.api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1, name: made.body.name });
    expect((await second.api<Me>('POST', '/session', { name, password: PASSWORD })).body.id).toBe(account.body.id);
    const { items } = (await second.api<{ items: SandboxBody[] }>('GET', '/sandboxes')).body;
    expect(items.map(({ id }) => id).sort()).toEqual([made.body.id, guests.body.id].sort());
    expect(items.find(({ id }) => id === guests.body.id)?.name).toBe(`${made.body.name}-${guests.body.id}`);

    await second.api('DELETE', '/session');
    expect((await second.api('GET', '/sandboxes')).status).toBe(401);
    expect((await first.api('GET', '/sandboxes')).status).toBe(200);
  });

  test('refuses the wrong password and the wrong name alike', async () => {
    const { api } = browser();
    const name = newName();
    await api('PUT', '/account', { name, password: PASSWORD });
    const wrongPassword = await call<{ detail: string }>('POST', '/api/v1/session', { name, password: 'wrong password' });
    const wrongName = await call<{ detail: string }>('POST', '/api/v1/session', { name: 'nobody', password: PASSWORD });
    expect([wrongPassword.status, wrongPassword.text]).toEqual([401, wrongName.text]);
    expect((await call('POST', '/api/v1/session', { name, password: 'short' })).status).toBe(422);
  });

  test('has a name of its own', async () => {
    const name = newName();
    await browser().api('PUT', '/account', { name, password: PASSWORD });
    expect((await browser().api('PUT', '/account', { name, password: PASSWORD })).status).toBe(409);
  });

  test('ends other sessions when its password changes', async () => {
    const [a, b] = [browser(), browser()];
    const name = newName();
    await a.api('PUT', '/account', { name, password: PASSWORD });
    await b.api('POST', '/session', { name, password: PASSWORD });
    await a.api('PUT', '/account', { name, password: 'another password' });
    expect((await a.api<Me>('GET', '/me')).body.name).toBe(name);
    expect((await b.api('GET', '/sandboxes')).status).toBe(401);
  });

  test('is deleted with everything', async () => {
    const { api } = browser();
    const { body } = await api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1 });
    const me = await api<Me>('GET', '/me');
    await api('POST', '/tokens');
    expect((await api('DELETE', '/me')).status).toBe(204);
    for (const table of ['sandboxes', 'sessions', 'api_tokens'])
      expect(await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?`).bind(me.body.id).first('n')).toBe(0);
    expect((await call('GET', `/c/${body.id}/version`)).status).toBe(404);
  });
});

test('no secret is in the database', async () => {
  const { api, cookie } = browser();
  const { body: sandbox } = await api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1 });
  const { body: token } = await api<{ token: string }>('POST', '/tokens');
  const { body: link } = await api<{ url: string }>('POST', `/sandboxes/${sandbox.id}/links`);
  await api('PUT', '/account', { name: newName(), password: PASSWORD });
  const dump: unknown[] = [];
  for (const table of ['users', 'sessions', 'api_tokens', 'sandboxes', 'links'])
    dump.push((await env.DB.prepare(`SELECT * FROM ${table}`).all()).results);
  const text = JSON.stringify(dump);
  expect(text).toContain(sandbox.id);
  for (const secret of [cookie().split('=')[1]!, token.token, link.url.split('/s/')[1]!, PASSWORD]) {
    expect(secret.length).toBeGreaterThan(8);
    expect(text).not.toContain(secret);
  }
});
