// Share links: view, edit and fork, with no sign-up, revocable.

import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { call, configMap, fetchWorker, kube, kubeOf, newGuest, ORIGIN, person } from './client.ts';
import type { Kube, Person, SandboxBody } from './client.ts';

interface Link {
  id: string;
  mode: string;
  url: string;
  expiresAt: string | null;
}
interface Access {
  server: string;
  path: string;
  token: string;
  access: string;
  expiresAt: string | null;
  sandbox: { id: string; name: string };
}

const YAML = { accept: 'application/yaml' };

async function share(me: Person, id: string, mode: string, more: object = {}): Promise<{ link: Link; token: string }> {
  const { status, body } = await me.api<Link>('POST', `/sandboxes/${id}/links`, { mode, ...more });
  expect(status).toBe(201);
  return { link: body, token: body.url.slice(`${ORIGIN}/s/`.length) };
}

describe('a link', () => {
  test('is shown once, listed without itself, and leads where it says', async () => {
    const { me, sandbox } = await newGuest();
    const { link, token } = await share(me, sandbox.id, 'view', { ttl: '1h' });
    expect(token).toMatch(/^kbl_[-\w]{43}$/);
    const list = await me.api<{ items: Link[] }>('GET', `/sandboxes/${sandbox.id}/links`);
    expect(list.body.items).toEqual([{ id: link.id, mode: 'view', createdAt: expect.any(String), expiresAt: link.expiresAt }]);
    expect(list.text).not.toContain(token);
    const where = await call<object>('GET', `/api/v1/shared/${token}`);
    expect(where.body).toMatchObject({
      mode: 'view',
      expiresAt: link.expiresAt,
      sandbox: { name: sandbox.name, nodes: 1, version: '1.36' },
    });
    expect(where.text).not.toContain(sandbox.id);
  });

  test('that is none leads nowhere, and makes no guest', async () => {
    for (const token of ['x', `kbl_${'a'.repeat(43)}`, `kba_${'a'.repeat(43)}`]) {
      for (const method of ['GET', 'POST']) {
        const { status, headers } = await call(method, `/api/v1/shared/${token}`);
        expect(status).toBe(404);
        expect(headers.get('set-cookie')).toBeNull();
      }
    }
  });

  test('opens by a post only, since programs that preview links only get', async () => {
    const { me, sandbox } = await newGuest();
    const { token } = await share(me, sandbox.id, 'fork');
    const before = await env.DB.prepare('SELECT count(*) AS n FROM sandboxes').first('n');
    await call('GET', `/s/${token}`, undefined, { accept: 'text/html' });
    await call('GET', `/api/v1/shared/${token}`);
    expect(await env.DB.prepare('SELECT count(*) AS n FROM sandboxes').first('n')).toBe(before);
    expect((await call('POST', `/s/${token}`)).status).toBe(201);
  });

  test('ends when its time is out', async () => {
    const { me, sandbox } = await newGuest();
    const { token } = await share(me, sandbox.id, 'edit', { ttl: '1s' });
    expect((await kube(sandbox.id, token).request('GET', '/api/v1/nodes')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await kube(sandbox.id, token).request('GET', '/api/v1/nodes')).status).toBe(401);
    expect((await call('POST', `/s/${token}`)).status).toBe(404);
  });
});

describe('a link to edit', () => {
  test('gives a kubeconfig and a token, and is out at once when revoked', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    const { link, token } = await share(me, sandbox.id, 'edit');
    const visitor = kubeOf((await call('POST', `/s/${token}`, undefined, YAML)).text);
    expect((await visitor.request('POST', '/api/v1/namespaces/default/configmaps', configMap('theirs'))).status).toBe(201);
    expect((await own.request('GET', '/api/v1/namespaces/default/configmaps/theirs')).status).toBe(200);
    const access = (await call<Access>('POST', `/api/v1/shared/${token}`)).body;
    expect(access).toMatchObject({ access: 'edit', path: `/c/${sandbox.id}`, sandbox: { id: sandbox.id } });

    const watch = await fetchWorker(`/c/${sandbox.id}/api/v1/namespaces?watch=1&resourceVersion=0`, {
      headers: { authorization: `Bearer ${access.token}` },
    });
    const reader = watch.body!.getReader();
    await reader.read();
    expect((await me.api('DELETE', `/sandboxes/${sandbox.id}/links/${link.id}`)).status).toBe(204);
    for (let last = await reader.read(); !last.done; last = await reader.read()); // ends
    expect((await visitor.request('GET', '/api/v1/nodes')).status).toBe(401);
    expect((await call('POST', `/s/${token}`)).status).toBe(404);
    expect((await own.request('GET', '/api/v1/nodes')).status).toBe(200);
  });

  test('is not the owner: the management API knows nothing of it', async () => {
    const { me, sandbox } = await newGuest();
    const { token } = await share(me, sandbox.id, 'edit');
    expect((await person(token).api('DELETE', `/sandboxes/${sandbox.id}`)).status).toBe(401);
  });
});

describe('a link to view', () => {
  test('can write nothing, whatever the verb, the kind and the subresource', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    await own.request('POST', '/api/v1/namespaces/default/configmaps', configMap('x', { a: '1' }));
    const { token } = await share(me, sandbox.id, 'view');
    const viewer = kubeOf((await call('POST', `/s/${token}`, undefined, YAML)).text);
    expect((await viewer.request<object>('GET', '/api/v1/namespaces/default/configmaps/x')).body).toMatchObject({ data: { a: '1' } });
    const before = await revisionOf(own);
    let tried = 0;
    for (const { path, resource, verbs } of await everyResource(own)) {
      for (const [verb, method] of [
        ['create', 'POST'],
        ['update', 'PUT'],
        ['patch', 'PATCH'],
        ['delete', 'DELETE'],
        ['deletecollection', 'DELETE'],
      ] as const) {
        if (!verbs.includes(verb) || resource.startsWith('selfsubject')) continue;
        const isCollection = verb === 'deletecollection' || (verb === 'create' && !resource.includes('/'));
        for (const query of ['', '?dryRun=All']) {
          const { status } = await viewer.request(method, `${isCollection ? path.replace(/\/x$/, '') : path}${query}`, {});
          expect(status, `${method} ${path}`).toBe(403);
          tried++;
        }
      }
      // What is reached by a GET can be written to, too.
      if (/\/(exec|attach|portforward|proxy)$/.test(resource)) {
        for (const headers of [
          {},
          { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version': '13' },
        ]) {
          expect((await viewer.request('GET', `${path}?command=id&stdout=1`, undefined, headers)).status, path).toBe(403);
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
    expect(await revisionOf(own)).toBe(before);
  });

  test('shows no secret, since secrets hold tokens that may write', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    await own.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' }, stringData: { a: 'hidden' } });
    const { token } = await share(me, sandbox.id, 'view');
    const viewer = kube(sandbox.id, token);
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    for (const path of [
      '/api/v1/secrets',
      '/api/v1/namespaces/default/secrets',
      '/api/v1/namespaces/default/secrets/s',
      '/api/v1/secrets?watch=1',
      '/api/v1/watch/secrets',
    ]) {
      for (const headers of [{}, table]) {
        const { status, text } = await viewer.request('GET', path, undefined, headers);
        expect(status).toBe(403);
        expect(text).not.toContain('hidden');
      }
    }
  });

  test('may ask what it may do, and act as nobody else', async () => {
    const { me, sandbox } = await newGuest();
    const { token } = await share(me, sandbox.id, 'view');
    const viewer = kube(sandbox.id, token);
    const ask = async (verb: string): Promise<boolean> =>
      (
        await viewer.request<{ status: { allowed: boolean } }>('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          spec: { resourceAttributes: { verb, resource: 'pods', namespace: 'default' } },
        })
      ).body.status.allowed;
    expect([await ask('list'), await ask('create')]).toEqual([true, false]);
    for (const [name, value] of [
      ['impersonate-user', 'kubernetes-admin'],
      ['impersonate-user', 'system:serviceaccount:kube-system:default'],
    ] as const)
      expect(
        (await viewer.request('GET', '/api/v1/nodes', undefined, { [name]: value, 'impersonate-group': 'system:masters' })).status,
      ).toBe(403);
  });
});

describe('a link to fork', () => {
  test('gives a copy of one’s own and no way into the original', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    await own.request('POST', '/api/v1/namespaces/default/configmaps', configMap('a', { x: '1' }));
    const { token } = await share(me, sandbox.id, 'fork');
    expect((await kube(sandbox.id, token).request('GET', '/api/v1/nodes')).status).toBe(401);
    const made = await call<SandboxBody>('POST', `/s/${token}`, { name: 'mine' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'mine', forkedFrom: sandbox.id });
    const visitor = person(made.body.apiToken);
    const copy = kubeOf((await visitor.api('GET', `/sandboxes/${made.body.id}/kubeconfig`)).text);
    expect((await copy.request<object>('GET', '/api/v1/namespaces/default/configmaps/a')).body).toMatchObject({ data: { x: '1' } });
    await copy.request('DELETE', '/api/v1/namespaces/default/configmaps/a');
    expect((await own.request('GET', '/api/v1/namespaces/default/configmaps/a')).status).toBe(200);
    expect((await me.api('GET', `/sandboxes/${made.body.id}`)).status).toBe(404);
  });
});

async function revisionOf(own: Kube): Promise<string> {
  return (await own.request<{ metadata: { resourceVersion: string } }>('GET', '/api/v1/namespaces?limit=1')).body.metadata.resourceVersion;
}

/** Every resource and subresource that discovery names, with the path to an object called x. */
async function everyResource(own: Kube): Promise<{ resource: string; path: string; verbs: string[] }[]> {
  const groups = (await own.request<{ groups: { versions: { groupVersion: string }[] }[] }>('GET', '/apis')).body.groups;
  const roots = ['/api/v1', ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => `/apis/${groupVersion}`))];
  const found: { resource: string; path: string; verbs: string[] }[] = [];
  for (const root of roots) {
    const { resources } = (await own.request<{ resources: { name: string; namespaced: boolean; verbs: string[] }[] }>('GET', root)).body;
    for (const { name, namespaced, verbs } of resources) {
      const [resource, ...sub] = name.split('/');
      found.push({ resource: name, verbs, path: [root, ...(namespaced ? ['namespaces/default'] : []), resource, 'x', ...sub].join('/') });
    }
  }
  return found;
}
