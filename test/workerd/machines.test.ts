// The machines of a sandbox, through the management API: how one gets at a cluster whose API server is down.

import { describe, expect, test } from 'vitest';
import { newGuest } from './client.ts';

interface Machine {
  readonly name: string;
  readonly power: string;
  readonly services: { readonly kubelet: string };
}

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

describe('the machines of a sandbox', () => {
  test('can be listed, switched, read and written, with or without an API server', async () => {
    const { me, sandbox, kube } = await newGuest({ template: 'default', nodes: 1 });
    const path = `/sandboxes/${sandbox.id}/nodes`;
    const { body } = await me.api<{ items: Machine[] }>('GET', path);
    expect(body.items.map(({ name, power }) => [name, power])).toEqual([
      ['control-plane', 'on'],
      ['worker-1', 'on'],
    ]);
    const stopped = await me.api<Machine>('POST', `${path}/worker-1/services`, { name: 'kubelet', do: 'stop' });
    expect([stopped.status, stopped.body.services.kubelet]).toEqual([200, 'inactive']);

    expect((await kube.request('GET', '/api/v1/nodes')).status).toBe(200);
    const read = await me.api<{ content: string }>('POST', `${path}/control-plane/files/read`, { path: MANIFEST });
    expect((await me.api('PUT', `${path}/control-plane/files`, { path: MANIFEST, content: null })).status).toBe(204);
    await expect.poll(async () => (await kube.request('GET', '/api/v1/nodes')).status, { timeout: 10_000 }).toBe(503);
    expect((await me.api('PUT', `${path}/control-plane/files`, { path: MANIFEST, content: read.body.content })).status).toBe(204);
    await expect.poll(async () => (await kube.request('GET', '/api/v1/nodes')).status, { timeout: 10_000 }).toBe(200);

    expect((await me.api<Machine>('POST', `${path}/control-plane/power`, { do: 'off' })).body.power).toBe('off');
    expect((await kube.request('GET', '/api/v1/nodes')).status).toBe(503);
  }, 60_000);

  test.each([
    { name: 'a machine that is not there', path: 'worker-9/power', body: { do: 'off' }, want: 404 },
    { name: 'a file that is not there', path: 'node-1/files/read', body: { path: '/none' }, want: 404 },
    { name: 'a path that is none', path: 'node-1/files/read', body: { path: 'none' }, want: 422 },
    { name: 'nothing that can be done', path: 'node-1/power', body: { do: 'explode' }, want: 422 },
    { name: 'a service that is not there', path: 'node-1/services', body: { name: 'x', do: 'stop' }, want: 422 },
  ])('$name', async ({ path, body, want }) => {
    const { me, sandbox } = await newGuest();
    expect((await me.api('POST', `/sandboxes/${sandbox.id}/nodes/${path}`, body)).status).toBe(want);
  });

  test('are nobody else’s', async () => {
    const [{ sandbox }, { me: other }] = [await newGuest(), await newGuest()];
    expect((await other.api('GET', `/sandboxes/${sandbox.id}/nodes`)).status).toBe(404);
    expect((await other.api('POST', `/sandboxes/${sandbox.id}/nodes/node-1/power`, { do: 'off' })).status).toBe(404);
  });
});
