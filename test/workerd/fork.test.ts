// A copy of a sandbox: everything as it stands, but who may enter.

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { sqlOf } from '../../worker/cluster/durable-object.ts';
import { configMap, fetchWorker, kube, kubeOf, newGuest } from './client.ts';
import type { Kube, SandboxBody } from './client.ts';

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';

/** Rows of all tables, but for what a copy has of its own. */
function rowsOf({ stub }: Kube): Promise<Record<string, unknown[][]>> {
  return runInDurableObject(stub, (_, { storage }) => {
    const sql = sqlOf(storage);
    return {
      log: sql.rows('SELECT * FROM log ORDER BY revision'),
      chunk: sql.rows('SELECT * FROM chunk ORDER BY revision, part'),
      live: sql.rows('SELECT * FROM live ORDER BY bucket, key'),
      mark: sql.rows('SELECT * FROM mark ORDER BY name'),
      state: sql.rows("SELECT * FROM state WHERE scope NOT IN ('tokens', 'audit') ORDER BY scope, key"),
    };
  });
}

/** Lets a paused sandbox do all that was caused: a step ends when nothing is left to do, and a look around follows it. */
async function atRest({ stub }: Kube): Promise<void> {
  await stub.step(1);
  await runInDurableObject(stub, () => new Promise((resolve) => setTimeout(resolve)));
}

async function fork(me: { api: Awaited<ReturnType<typeof newGuest>>['me']['api'] }, id: string): Promise<Kube> {
  const made = await me.api('POST', `/sandboxes/${id}/fork`, undefined, { accept: 'application/yaml' });
  expect(made.status, made.text).toBe(201);
  return kubeOf(made.text);
}

describe('a fork', () => {
  test('is the same, row by row: objects, history, revisions, clock, private state', async () => {
    const { me, sandbox, kube: own } = await newGuest({ template: 'bare', nodes: 3 });
    await me.api('PATCH', `/sandboxes/${sandbox.id}/clock`, { speed: 'paused' });
    for (let i = 0; i < 30; i++) await own.request('POST', CONFIGMAPS, configMap(`c${i}`, { i: String(i) }));
    await own.request('POST', CONFIGMAPS, configMap('large', { a: 'ü"'.repeat(330_000) })); // a value beyond one row
    await own.request('PATCH', `${CONFIGMAPS}/c1`, { data: { i: 'changed' } }, { 'content-type': 'application/merge-patch+json' });
    await own.request('DELETE', `${CONFIGMAPS}/c2`);
    await atRest(own);
    const copy = await fork(me, sandbox.id);
    expect(copy.id).not.toBe(own.id);
    const [before, after] = [await rowsOf(own), await rowsOf(copy)];
    expect(before['log']!.length).toBeGreaterThan(40);
    expect(before['chunk']!.length).toBeGreaterThan(1);
    expect(after).toEqual(before);
    const [a, b] = [await own.request('GET', CONFIGMAPS), await copy.request('GET', CONFIGMAPS)];
    expect(b.text).toBe(a.text);
    const clocks = await Promise.all([own, copy].map(({ id }) => me.api<SandboxBody>('GET', `/sandboxes/${id}/clock`)));
    expect(clocks[1]!.body).toEqual(clocks[0]!.body);
  });

  test('lets a watch go on from a revision of the original', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    await own.request('POST', CONFIGMAPS, configMap('a'));
    const { body } = await own.request<{ metadata: { resourceVersion: string } }>('GET', CONFIGMAPS);
    await own.request('POST', CONFIGMAPS, configMap('b'));
    const copy = await fork(me, sandbox.id);
    await copy.request('POST', CONFIGMAPS, configMap('c'));
    const watch = await fetchWorker(
      `/c/${copy.id}${CONFIGMAPS}?watch=1&resourceVersion=${body.metadata.resourceVersion}&timeoutSeconds=1`,
      {
        headers: { authorization: `Bearer ${copy.token}` },
      },
    );
    const events = (await watch.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } });
    const seen = events.map(({ type, object }) => `${type} ${object.metadata.name}`).filter((line) => !line.includes('kube-root-ca'));
    expect(seen).toEqual(['ADDED b', 'ADDED c']);
  });

  test('is consistent while the original is written to', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    for (let i = 0; i < 5; i++) await own.request('POST', CONFIGMAPS, configMap(`big${i}`, { a: 'x'.repeat(500_000) }));
    const writes = (async () => {
      for (let i = 0; i < 40; i++) await own.request('POST', CONFIGMAPS, configMap(`w${i}`));
    })();
    const copy = await fork(me, sandbox.id);
    await writes;
    const names = (await copy.request<{ items: { metadata: { name: string } }[] }>('GET', CONFIGMAPS)).body.items
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith('w'));
    // What is there is what was written first, without a gap.
    expect(names.sort()).toEqual(Array.from({ length: names.length }, (_, i) => `w${i}`).sort());
    const rows = await rowsOf(copy);
    const live = new Set(rows['live']!.map(([, , revision]) => revision));
    const logged = new Set(rows['log']!.map(([revision]) => revision));
    expect([...live].filter((revision) => !logged.has(revision))).toEqual([]);
  });

  test('lets in nobody who may enter the original', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    await own.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'bot' } });
    const bot = (
      await own.request<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', { spec: {} })
    ).body.status.token;
    const bootstrap = {
      metadata: { name: 'bootstrap-token-abcdef' },
      type: 'bootstrap.kubernetes.io/token',
      data: { 'token-id': btoa('abcdef'), 'token-secret': btoa('0123456789abcdef'), 'usage-bootstrap-authentication': btoa('true') },
    };
    await own.request('POST', '/api/v1/namespaces/kube-system/secrets', bootstrap);
    const link = (await me.api<{ url: string }>('POST', `/sandboxes/${sandbox.id}/links`, { mode: 'edit' })).body.url.split('/s/')[1]!;
    const tokens = [own.token, bot, 'abcdef.0123456789abcdef', link];
    for (const token of tokens) expect((await kube(own.id, token).request('GET', '/version')).status).toBe(200);
    const copy = await fork(me, sandbox.id);
    for (const token of tokens) expect((await kube(copy.id, token).request('GET', '/version')).status, token).toBe(401);
    expect((await copy.request('GET', '/api/v1/nodes')).status).toBe(200);
    expect((await kube(own.id, copy.token).request('GET', '/api/v1/nodes')).status).toBe(401);
  });

  test('of a sandbox that is gone leaves nothing behind', async () => {
    const { me, sandbox } = await newGuest();
    await env.SANDBOX.getByName(sandbox.id).destroy();
    expect((await me.api('POST', `/sandboxes/${sandbox.id}/fork`)).status).toBe(404);
    expect((await me.api<{ items: SandboxBody[] }>('GET', '/sandboxes')).body.items.filter(({ forkedFrom }) => forkedFrom)).toEqual([]);
  });

  test('holds 5,000 objects', async () => {
    const { me, sandbox, kube: own } = await newGuest();
    // Rows are written behind its back: it must not write any meanwhile.
    await me.api('PATCH', `/sandboxes/${sandbox.id}/clock`, { speed: 'paused' });
    await atRest(own);
    await runInDurableObject(own.stub, (_, { storage }) => {
      const text = 'x'.repeat(2000);
      storage.transactionSync(() => {
        const { revision } = storage.sql.exec<{ revision: number }>("SELECT revision FROM mark WHERE name = 'revision'").one();
        for (let i = 1; i <= 5000; i++) {
          const at = revision + i;
          const value = JSON.stringify({
            metadata: { name: `m${i}`, namespace: 'default', uid: `u${i}`, resourceVersion: String(at) },
            data: { text },
            apiVersion: 'v1',
            kind: 'ConfigMap',
          });
          storage.sql.exec('INSERT INTO log VALUES (?, ?, ?, 0, ?, 0, ?)', at, 'configmaps', `default/m${i}`, at, value);
          storage.sql.exec('INSERT INTO live VALUES (?, ?, ?, ?, ?, ?)', 'configmaps', `default/m${i}`, at, at, value.length, '');
        }
        storage.sql.exec("UPDATE mark SET revision = ? WHERE name = 'revision'", revision + 5000);
      });
    });
    await evictDurableObject(own.stub);
    const started = Date.now();
    const copy = await fork(me, sandbox.id);
    const took = Date.now() - started;
    console.log(`fork of 5,000 objects of 2 KB: ${took} ms`);
    const { body } = await copy.request<{ items: unknown[]; metadata: { remainingItemCount: number } }>('GET', `${CONFIGMAPS}?limit=1`);
    expect(body.metadata.remainingItemCount).toBeGreaterThan(4990);
  });
});
