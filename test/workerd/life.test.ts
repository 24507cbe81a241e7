// A sandbox as an object of the platform: alarms, eviction, sleep and catching up, clients that leave, its end.

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { sqlOf } from '../../worker/cluster/durable-object.ts';
import { configMap, fetchWorker, newGuest } from './client.ts';
import type { Kube, SandboxBody } from './client.ts';

const PODS = '/api/v1/namespaces/default/pods';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const pod = (name: string, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

interface Pod {
  metadata: { name: string };
  status: { phase: string; startTime: string; containerStatuses?: { restartCount: number }[] };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await ask();
    if (found) return found;
    await wait(20);
  }
  throw new Error('it does not come about');
}

/** What was saved last about a pod, without asking the sandbox. */
const savedPod = ({ stub }: Kube, name: string): Promise<Pod | undefined> =>
  runInDurableObject(stub, (_, { storage }) => {
    const row = sqlOf(storage).rows(
      "SELECT value FROM log WHERE bucket = 'pods' AND key = ? ORDER BY revision DESC LIMIT 1",
      `default/${name}`,
    )[0];
    return row && (JSON.parse(row[0] as string) as Pod);
  });

const alarmOf = ({ stub }: Kube): Promise<number | null> => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());

/** As if the world had gone on by so much since the sandbox looked at its clock last. */
async function sleepFor(kube: Kube, ms: number): Promise<void> {
  await evictDurableObject(kube.stub);
  await runInDurableObject(kube.stub, (_, { storage }) => {
    sqlOf(storage).rows(
      "UPDATE state SET value = json_set(value, '$.world', (value ->> '$.world') - ?) WHERE scope = 'clock' AND key = 'clock'",
      ms,
    );
  });
  await evictDurableObject(kube.stub);
}

describe('time', () => {
  test('goes on by alarms, with nobody asking', async () => {
    const { kube } = await newGuest({ template: 'bare', nodes: 1, speed: 20 });
    await kube.request('POST', PODS, pod('a'));
    await until(async () => (await savedPod(kube, 'a'))?.status.phase === 'Running');
    expect(await until(() => alarmOf(kube))).toBeGreaterThan(Date.now() - 1000);
  });

  test('stands still when it is paused, and has no alarm then', async () => {
    const { me, sandbox, kube } = await newGuest();
    await kube.request('POST', PODS, pod('a'));
    await me.api('PATCH', `/sandboxes/${sandbox.id}/clock`, { speed: 'paused' });
    await me.api('PATCH', `/sandboxes/${sandbox.id}`, { ttl: '1d' });
    await wait(100);
    const expiry = (await me.api<SandboxBody>('GET', `/sandboxes/${sandbox.id}`)).body.expiresAt!;
    expect(Math.abs((await alarmOf(kube))! - Date.parse(expiry)), 'only the one for its end').toBeLessThan(1000);
    await me.api('POST', `/sandboxes/${sandbox.id}/clock/step`, { by: '1m' });
    expect((await kube.request<Pod>('GET', `${PODS}/a`)).body.status.phase).toBe('Running');
  });
});

describe('eviction', () => {
  test('loses no acknowledged write and no way in', async () => {
    const { kube } = await newGuest();
    for (let i = 0; i < 20; i++) {
      expect((await kube.request('POST', CONFIGMAPS, configMap(`c${i}`))).status).toBe(201);
      if (i % 5 === 4) await evictDurableObject(kube.stub);
    }
    const { body } = await kube.request<{ items: { metadata: { name: string } }[] }>('GET', CONFIGMAPS);
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(Array.from({ length: 20 }, (_, i) => `c${i}`)));
  });

  test('between any two events only delays: no container is started twice', async () => {
    const { kube } = await newGuest({ template: 'bare', nodes: 1, speed: 20 });
    await kube.request('POST', PODS, pod('a'));
    const running = await until(async () => {
      await evictDurableObject(kube.stub);
      await runDurableObjectAlarm(kube.stub);
      const { body } = await kube.request<Pod>('GET', `${PODS}/a`);
      return body.status.phase === 'Running' && body;
    });
    expect(running.status.containerStatuses).toMatchObject([{ restartCount: 0 }]);
    const { body } = await kube.request<{ items: { reason: string; count?: number }[] }>('GET', '/api/v1/namespaces/default/events');
    expect(body.items.filter(({ reason }) => reason === 'Started').map(({ count = 1 }) => count)).toEqual([1]);
  });
});

describe('sleep', () => {
  test('comes when nobody is there: no alarm but the one for its end', async () => {
    const { kube, sandbox } = await newGuest();
    await kube.request('POST', PODS, pod('a'));
    await evictDurableObject(kube.stub);
    await runDurableObjectAlarm(kube.stub);
    await wait(50);
    expect(Math.abs((await alarmOf(kube))! - Date.parse(sandbox.expiresAt!))).toBeLessThan(1000);
  });

  test('is made up for: what should have happened did, each thing at its own time', async () => {
    const { kube } = await newGuest({ template: 'bare', nodes: 1, speed: 20 });
    await kube.request('POST', PODS, pod('a', { activeDeadlineSeconds: 1800 }));
    const { startTime } = (
      await until(async () => {
        const { body } = await kube.request<Pod>('GET', `${PODS}/a`);
        return body.status.phase === 'Running' && body;
      })
    ).status;
    await sleepFor(kube, (3 * 3_600_000) / 20);
    const woken = await kube.request<
      Pod & { status: { reason: string; conditions: { type: string; status: string; lastTransitionTime: string }[] } }
    >('GET', `${PODS}/a`);
    expect(woken.body.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    const ready = woken.body.status.conditions.find(({ type }) => type === 'Ready')!;
    expect(ready.status).toBe('False');
    const after = (Date.parse(ready.lastTransitionTime) - Date.parse(startTime)) / 1000;
    expect(after).toBeGreaterThanOrEqual(1800);
    expect(after).toBeLessThan(1900);
  });
});

describe('a client that leaves', () => {
  test('ends its watch', async () => {
    const { me, sandbox, kube } = await newGuest();
    const connections = async (): Promise<number> =>
      (await me.api<{ usage: { connections: number } }>('GET', `/sandboxes/${sandbox.id}`)).body.usage.connections;
    const leaving = new AbortController();
    const watch = await fetchWorker(`/c/${sandbox.id}${CONFIGMAPS}?watch=1&resourceVersion=0`, {
      headers: { authorization: `Bearer ${kube.token}` },
      signal: leaving.signal,
    });
    // Nothing on the way may compress it: that would hold events back.
    expect([watch.headers.get('content-encoding'), watch.headers.get('cache-control')]).toEqual([
      'identity',
      'no-cache, private, no-transform',
    ]);
    const reader = watch.body!.getReader();
    await kube.request('POST', CONFIGMAPS, configMap('a'));
    await reader.read();
    expect(await connections()).toBe(1);
    leaving.abort();
    await reader.read().catch(() => {});
    expect(await until(async () => (await connections()) === 0)).toBe(true);
  });
});

describe('the end', () => {
  test('comes when its time is out: nothing is left', async () => {
    const { me, sandbox, kube } = await newGuest({ template: 'bare', nodes: 1, ttl: '1s' });
    expect((await kube.request('GET', '/version')).status).toBe(200);
    await until(async () => (await kube.request('GET', '/version')).status === 404);
    expect(
      await runInDurableObject(kube.stub, (_, { storage }) =>
        sqlOf(storage).rows("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'"),
      ),
    ).toEqual([]);
    expect(await alarmOf(kube)).toBeNull();
    expect((await me.api<{ items: [] }>('GET', '/sandboxes')).body.items).toEqual([]);
    expect((await me.api('GET', `/sandboxes/${sandbox.id}`)).status).toBe(404);
  });

  test('may be put off', async () => {
    const { me, sandbox, kube } = await newGuest({ template: 'bare', nodes: 1, ttl: '1s' });
    await me.api('PATCH', `/sandboxes/${sandbox.id}`, { ttl: '1h' });
    await wait(1200);
    expect((await kube.request('GET', '/version')).status).toBe(200);
  });
});

describe('quotas', () => {
  test('a guest may have so many sandboxes', async () => {
    const { me, sandbox } = await newGuest();
    const wanted = { template: 'bare', nodes: 1 };
    // Asked for all at once: no two take the last place.
    const made = await Promise.all(
      Array.from({ length: 4 }, () => me.api<{ detail: string; title: string }>('POST', '/sandboxes', wanted)),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403]);
    expect(made.find(({ status }) => status === 403)!.body).toMatchObject({
      title: 'Quota exceeded',
      detail:
        'You have 3 sandboxes, which is as many as you may have: delete one or make an account (PUT /api/v1/account), which may have more.',
    });
    expect((await me.api('POST', `/sandboxes/${sandbox.id}/fork`)).status).toBe(403);
    await me.api('DELETE', `/sandboxes/${sandbox.id}`);
    expect((await me.api('POST', '/sandboxes', wanted)).status).toBe(201);
  });

  test('a sandbox answers so many requests', async () => {
    const stub = env.SANDBOX.getByName('busy');
    const options = { id: 'busy', template: 'bare', nodes: 1, minor: 36, seed: 's', speed: 1 } as const;
    const { hashOf } = await import('../../worker/cluster/tokens.ts');
    await stub.create({ options, rate: { perSecond: 1, burst: 3 } }, hashOf('t'), { access: 'edit', user: 'x', via: 'y' });
    const ask = (): Promise<Response> => fetchWorker('/c/busy/version', { headers: { authorization: 'Bearer t' } });
    for (let i = 0; i < 3; i++) expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
    await wait(1100);
    expect((await ask()).status).toBe(200);
  });

  test('a body that is too large is refused before it is read', async () => {
    const { kube } = await newGuest();
    const { status, body } = await kube.request<object>('POST', CONFIGMAPS, configMap('a', { a: 'x'.repeat(3_200_000) }));
    expect(status).toBe(413);
    expect(body).toMatchObject({ kind: 'Status', reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' });
  });
});
