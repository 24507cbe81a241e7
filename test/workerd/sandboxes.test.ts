// /api/v1/sandboxes: making, showing, changing and deleting sandboxes, and what is said to bad input.

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { call, configMap, kubeOf, newGuest, ORIGIN, person } from './client.ts';
import type { SandboxBody } from './client.ts';

interface Problem {
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; message: string }[];
}

describe('making a sandbox', () => {
  test('needs nothing: a guest, three nodes, the newest version', async () => {
    const { status, headers, body } = await call<SandboxBody>('POST', '/api/v1/sandboxes');
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/sandboxes/${body.id}`);
    expect(headers.get('set-cookie')).toMatch(
      /^kubarium_session=kbs_[-\w]{43}; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(body).toMatchObject({ template: 'default', nodes: 2, version: '1.36', speed: 1, server: `${ORIGIN}/c/${body.id}` });
    expect(body.name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
    expect(body.apiToken).toMatch(/^kba_[-\w]{43}$/);
    expect((await person(body.apiToken).api('GET', `/sandboxes/${body.id}`)).status).toBe(200);
  });

  test('with `accept: application/yaml` the answer is a kubeconfig that works', async () => {
    const made = await call('POST', '/api/v1/sandboxes', { template: 'bare', nodes: 2, name: 'blue' }, { accept: 'application/yaml' });
    expect(made.status).toBe(201);
    expect(made.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(made.text).toContain('current-context: blue\n');
    expect(made.text).toContain('namespace: default\n');
    const { request } = kubeOf(made.text);
    const nodes = await request<{ items: unknown[] }>('GET', '/api/v1/nodes');
    expect(nodes.body.items).toHaveLength(2);
    const token = /Bearer (kba_[-\w]+)/.exec(made.text)![1]!;
    expect((await person(token).api<{ items: SandboxBody[] }>('GET', '/sandboxes')).body.items.map(({ name }) => name)).toEqual(['blue']);
  });

  test('a browser that becomes a guest gets a cookie and no token', async () => {
    const { body } = await call<SandboxBody>('POST', '/api/v1/sandboxes', { template: 'bare', nodes: 1 }, { origin: ORIGIN });
    expect(body).not.toHaveProperty('apiToken');
  });

  test('the version asked for is the version served', async () => {
    const { kube } = await newGuest({ template: 'bare', nodes: 1, version: '1.35' });
    expect((await kube.request<{ minor: string }>('GET', '/version')).body.minor).toBe('35');
  });

  test('a bare cluster can do without nodes', async () => {
    const { kube } = await newGuest({ template: 'bare', nodes: 0 });
    expect((await kube.request<{ items: unknown[] }>('GET', '/api/v1/nodes')).body.items).toEqual([]);
    expect((await kube.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status).toBe(200);
  });

  test('the body may say of itself what curl -d says', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const { body } = await call<SandboxBody>('POST', '/api/v1/sandboxes', '{"template":"bare","nodes":1}', type);
    expect(body.nodes).toBe(1);
  });

  test.each<{ name: string; body: string; status: number; detail: string; headers?: Record<string, string> }>([
    { name: 'no JSON', body: '{"nodes":', status: 400, detail: 'The body is not JSON: ' },
    {
      name: 'another type',
      body: 'x',
      status: 415,
      headers: { 'content-type': 'image/png' },
      detail: 'Send JSON (content-type: application/json), not image/png.',
    },
    { name: 'too much', body: `{"name":"${'x'.repeat(70_000)}"}`, status: 413, detail: 'The body may have 65536 bytes.' },
    { name: 'no object', body: '[]', status: 422, detail: 'must be an object, not []' },
    { name: 'a wrong type', body: '{"nodes":"five"}', status: 422, detail: 'nodes must be a whole number from 0 to 1000, not "five"' },
    { name: 'a fraction', body: '{"nodes":1.5}', status: 422, detail: 'nodes must be a whole number from 0 to 1000, not 1.5' },
    { name: 'too few', body: '{"nodes":-1}', status: 422, detail: 'nodes must be a whole number from 0 to 1000, not -1' },
    {
      name: 'a control plane for nobody',
      body: '{"nodes":0}',
      status: 422,
      detail: 'nodes must be at least 1, unless the template is bare',
    },
    { name: 'too many', body: '{"nodes":1001}', status: 422, detail: 'nodes must be a whole number from 0 to 1000, not 1001' },
    {
      name: 'an unknown field',
      body: '{"node":1}',
      status: 422,
      detail: 'node is not known here; known are name, template, nodes, version, seed, speed, ttl',
    },
    {
      name: 'an inherited field',
      body: '{"__proto__":1}',
      status: 422,
      detail: '__proto__ is not known here; known are name, template, nodes, version, seed, speed, ttl',
    },
    { name: 'an unknown template', body: '{"template":"big"}', status: 422, detail: 'template must be "default" or "bare", not "big"' },
    {
      name: 'a version that is not served',
      body: '{"version":"1.20"}',
      status: 422,
      detail: 'version must be "1.35" or "1.36", not "1.20"',
    },
    {
      name: 'speed 0',
      body: '{"speed":0}',
      status: 422,
      detail: 'speed must be a number above 0 and up to 10000 or "paused" or "instant", not 0',
    },
    {
      name: 'a name that is none',
      body: '{"name":"Not a name"}',
      status: 422,
      detail: 'name must be a name of up to 63 lower-case letters, digits and dashes, not "Not a name"',
    },
    {
      name: 'a length of time that is none',
      body: '{"ttl":"soon"}',
      status: 422,
      detail: 'ttl must be a length of time from 1s to 3650d, like "90m", "24h", "7d" or a number of seconds, not "soon"',
    },
    {
      name: 'two things at once',
      body: '{"nodes":-1,"template":1}',
      status: 422,
      detail: 'nodes must be a whole number from 0 to 1000, not -1; template must be "default" or "bare", not 1',
    },
  ])('refuses $name', async ({ body, status, detail, headers = {} }) => {
    const before = await env.DB.prepare('SELECT (SELECT count(*) FROM sandboxes) + (SELECT count(*) FROM users) AS n').first('n');
    const refused = await call<Problem>('POST', '/api/v1/sandboxes', body, headers);
    expect(refused.status).toBe(status);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.body.detail.slice(0, detail.length)).toBe(detail);
    expect(refused.body.status).toBe(status);
    const after = await env.DB.prepare('SELECT (SELECT count(*) FROM sandboxes) + (SELECT count(*) FROM users) AS n').first('n');
    expect(after).toBe(before);
  });
});

describe('a sandbox', () => {
  test('is listed, the newest first, and shown with how full it is', async () => {
    const { me, sandbox, kube } = await newGuest();
    const second = await me.api<SandboxBody>('POST', '/sandboxes', { template: 'bare', nodes: 1, name: 'second' });
    const { body } = await me.api<{ items: SandboxBody[] }>('GET', '/sandboxes');
    expect(body.items.map(({ id }) => id).sort()).toEqual([sandbox.id, second.body.id].sort());
    const before = await me.api<SandboxBody>('GET', `/sandboxes/${sandbox.id}`);
    await kube.request('POST', '/api/v1/namespaces/default/configmaps', configMap('a', { text: 'x'.repeat(1000) }));
    const after = await me.api<SandboxBody>('GET', `/sandboxes/${sandbox.id}`);
    expect(after.body.usage.objects).toBe(before.body.usage.objects + 1);
    expect(after.body.usage.bytes).toBeGreaterThan(before.body.usage.bytes + 1000);
  });

  test('is renamed, made to run otherwise, and given an end', async () => {
    const { me, sandbox } = await newGuest();
    const changed = await me.api<SandboxBody>('PATCH', `/sandboxes/${sandbox.id}`, { name: 'other', speed: 'paused', ttl: '2h' });
    expect(changed.body).toMatchObject({ name: 'other', speed: 'paused' });
    expect(Date.parse(changed.body.expiresAt!) - Date.now()).toBeGreaterThan(7190_000);
    expect((await me.api<SandboxBody>('GET', `/sandboxes/${sandbox.id}`)).body).toMatchObject({ name: 'other', speed: 'paused' });
    const guestsMost = await me.api<SandboxBody>('PATCH', `/sandboxes/${sandbox.id}`, { ttl: null });
    expect(Date.parse(guestsMost.body.expiresAt!) - Date.now()).toBeGreaterThan(7 * 86_400_000 - 10_000);
    expect((await me.api('PATCH', `/sandboxes/${sandbox.id}`, '')).status).toBe(400);
  });

  test('has a name that its owner gave to no other', async () => {
    const { me } = await newGuest({ name: 'one', template: 'bare', nodes: 1 });
    const { status, body } = await me.api<Problem>('POST', '/sandboxes', { name: 'one' });
    expect([status, body.detail]).toEqual([409, 'You have a sandbox named one already: choose another name, or delete that one.']);
    const other = await me.api<SandboxBody>('POST', '/sandboxes', { name: 'two', template: 'bare', nodes: 1 });
    expect((await me.api('PATCH', `/sandboxes/${other.body.id}`, { name: 'one' })).status).toBe(409);
  });

  test('is deleted with all it held', async () => {
    const { me, sandbox, kube } = await newGuest();
    expect((await me.api('DELETE', `/sandboxes/${sandbox.id}`)).status).toBe(204);
    for (const path of ['', '/kubeconfig', '/clock', '/links'])
      expect((await me.api('GET', `/sandboxes/${sandbox.id}${path}`)).status).toBe(404);
    expect((await me.api<{ items: [] }>('GET', '/sandboxes')).body.items).toEqual([]);
    const { status, body } = await kube.request<object>('GET', '/api/v1/namespaces');
    expect(status).toBe(404);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
      message: 'this sandbox does not exist: it was deleted, or its time ran out',
    });
  });
});

describe('the clock of a sandbox', () => {
  test('stands still, is moved by hand, and runs again', async () => {
    const { me, sandbox } = await newGuest();
    const clock = `/sandboxes/${sandbox.id}/clock`;
    await me.api('PATCH', clock, { speed: 'paused' });
    const first = (await me.api<SandboxBody>('GET', clock)).body.time;
    expect((await me.api<SandboxBody>('GET', clock)).body.time).toBe(first);
    const stepped = await me.api<SandboxBody>('POST', `${clock}/step`, { by: '1h30m' });
    expect(Date.parse(stepped.body.time) - Date.parse(first)).toBe(5_400_000);
    expect((await me.api<SandboxBody>('PATCH', clock, { speed: 60 })).body.speed).toBe(60);
    expect(Date.parse((await me.api<SandboxBody>('GET', clock)).body.time)).toBeGreaterThan(Date.parse(stepped.body.time));
  });

  test('switches on an addon, and says which there are', async () => {
    const { me, sandbox, kube } = await newGuest({ template: 'default' });
    const addons = `/sandboxes/${sandbox.id}/addons`;
    expect((await me.api('POST', addons, { name: 'metrics-server' })).status).toBe(200);
    // Whoever is the first to ask something of a cluster finds it as if it had been on for a while.
    const { body } = await kube.request<{ items: { status: { phase: string } }[] }>(
      'GET',
      '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-proxy',
    );
    expect(body.items.map(({ status }) => status.phase)).toEqual(['Running', 'Running', 'Running']);
    expect((await me.api('POST', addons, { name: 'metrics-server' })).status).toBe(200);
    const refused = await me.api<{ errors: { message: string }[] }>('POST', addons, { name: 'magic' });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toMatch(/must be one of (\S+, )*metrics-server\b/);
  });

  test.each([{}, { by: '-1h' }, { by: 'x' }, { by: '31d' }, { by: 0 }])('refuses a step of %j', async (body) => {
    const { me, sandbox } = await newGuest();
    expect((await me.api('POST', `/sandboxes/${sandbox.id}/clock/step`, body)).status).toBe(422);
  });
});

describe('the API as a whole', () => {
  test('is described by a document that names every call', async () => {
    const { body } = await call<{ openapi: string; paths: Record<string, Record<string, { operationId: string }>> }>(
      'GET',
      '/api/v1/openapi.json',
    );
    expect(body.openapi).toBe('3.1.0');
    const ids = Object.values(body.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(ids).toEqual(expect.arrayContaining(['createSandbox', 'forkSandbox', 'openShared', 'createToken', 'stepClock']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has a page to read, without scripts', async () => {
    const { headers, text } = await call('GET', '/docs');
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('Make a sandbox');
    expect(text).not.toContain('<script');
  });

  test.each([
    ['GET', '/api/v1/nothing', 404, 'There is nothing at /api/v1/nothing.'],
    ['PUT', '/api/v1/sandboxes', 405, '/api/v1/sandboxes takes POST, GET, not PUT.'],
    ['POST', '/api/v1/me', 405, '/api/v1/me takes GET, DELETE, not POST.'],
    ['GET', '/nothing', 404, 'There is nothing at /nothing.'],
  ])('%s %s is refused', async (method, path, status, detail) => {
    const refused = await call<Problem>(method, path);
    expect(refused.status).toBe(status);
    expect(refused.body.detail).toContain(detail);
  });
});
