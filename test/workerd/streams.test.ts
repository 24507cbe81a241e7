// Connections that live on, through the platform's own sockets and streams: commands, logs, forwarded ports; who may open them, and what ends them.

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { call, fetchWorker, kube as kubeAs, newGuest, ORIGIN } from './client.ts';
import type { Kube, Person } from './client.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** A sandbox with a pod `box` that runs a shell script. */
async function withBox(script = 'sleep 360000'): Promise<{ me: Person; kube: Kube; id: string }> {
  const { me, kube, sandbox } = await newGuest({ template: 'bare', nodes: 1, speed: 'instant' });
  const spec = { containers: [{ name: 'box', image: 'busybox', command: ['sh', '-c', script] }] };
  await kube.request('POST', PODS, { metadata: { name: 'box' }, spec });
  await until(async () => {
    const { body } = await kube.request<{ status: { phase: string } }>('GET', `${PODS}/box`);
    return body.status.phase === 'Running';
  });
  return { me, kube, id: sandbox.id };
}

async function until<T>(ask: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it does not come about');
}

interface Peer {
  readonly protocol: string | null;
  channel(number: number): string;
  say(channel: number, text: string): void;
  readonly closed: Promise<number>;
  isClosed(): boolean;
}

async function open({ id, token }: Kube, path: string, protocol = 'v5.channel.k8s.io'): Promise<Peer | Response> {
  const response = await fetchWorker(`/c/${id}${path}`, {
    headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-protocol': protocol, authorization: `Bearer ${token}` },
  });
  const socket = response.webSocket;
  if (!socket) return response;
  socket.binaryType = 'arraybuffer';
  const messages: string[] = [];
  let isClosed = false;
  socket.addEventListener('message', ({ data }) => {
    messages.push(String.fromCharCode(...new Uint8Array(data as ArrayBuffer)));
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => {
      isClosed = true;
      resolve(code);
    });
  });
  socket.accept();
  return {
    protocol: response.headers.get('sec-websocket-protocol'),
    channel: (number) =>
      messages
        .filter((text) => text.charCodeAt(0) === number)
        .map((text) => text.slice(1))
        .join(''),
    say: (number, text) => socket.send(Uint8Array.from(String.fromCharCode(number) + text, (char) => char.charCodeAt(0))),
    closed,
    isClosed: () => isClosed,
  };
}

const opened = async (...args: Parameters<typeof open>): Promise<Peer> => {
  const peer = await open(...args);
  if (peer instanceof Response) throw new Error(`refused: ${peer.status} ${await peer.text()}`);
  return peer;
};

const EXEC = `${PODS}/box/exec?stdin=true&stdout=true&stderr=true&command=sh`;

/** A stream of bytes, as it comes. */
function reading(response: Response): { text(): string; readonly ended: Promise<void>; leave(): Promise<void> } {
  let text = '';
  const reader = response.body!.getReader();
  const ended = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) text += new TextDecoder().decode(next.value as Uint8Array);
  })().catch(() => {});
  return { text: () => text, ended, leave: () => reader.cancel() };
}

describe('a WebSocket', () => {
  test('leads into a container, both ways, and ends with the command', async () => {
    const { kube } = await withBox();
    const shell = await opened(kube, EXEC);
    expect(shell.protocol).toBe('v5.channel.k8s.io');
    shell.say(0, 'echo one; echo two >&2\n');
    await until(() => shell.channel(1) === 'one\n' && shell.channel(2) === 'two\n');
    shell.say(0, 'exit 5\n');
    expect(await shell.closed).toBe(1000);
    expect(JSON.parse(shell.channel(3))).toMatchObject({ status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: '5' }] } });
  });

  test('many at once', async () => {
    const { kube } = await withBox();
    const shells = await Promise.all(Array.from({ length: 10 }, () => opened(kube, EXEC)));
    for (const [i, shell] of shells.entries()) shell.say(0, `echo ${i}; exit\n`);
    await Promise.all(shells.map(({ closed }) => closed));
    expect(shells.map((shell) => shell.channel(1))).toEqual(Array.from({ length: 10 }, (_, i) => `${i}\n`));
    const { body } = await kube.request<{ status: string }>('GET', `${PODS}/box`);
    expect(body.status).toMatchObject({ phase: 'Running' });
  });

  test('ends when the way in is closed', async () => {
    const { me, kube, id } = await withBox();
    const shell = await opened(kube, EXEC);
    shell.say(0, 'echo here\n');
    await until(() => shell.channel(1) === 'here\n');
    await me.api('DELETE', `/sandboxes/${id}`);
    await shell.closed;
    expect((await call('GET', `/c/${id}${PODS}`, undefined, { authorization: `Bearer ${kube.token}` })).status).toBe(404);
  });
});

describe('a followed log', () => {
  test('comes as it is written', async () => {
    const { kube } = await withBox('i=0; while true; do echo "tick $i"; i=$((i+1)); sleep 1; done');
    const log = reading(
      await fetchWorker(`/c/${kube.id}${PODS}/box/log?follow=true`, { headers: { authorization: `Bearer ${kube.token}` } }),
    );
    await until(() => /^tick 0\n[^]*tick 3\n/.test(log.text()));
    await log.leave();
    await until(async () => (await kube.stub.status())?.connections === 0);
  });

  test('after an eviction in its middle, what was told is still there, and it goes on', async () => {
    const { kube } = await withBox('i=0; while true; do echo "tick $i"; i=$((i+1)); sleep 1; done');
    const path = `/c/${kube.id}${PODS}/box/log?follow=true`;
    const headers = { authorization: `Bearer ${kube.token}` };
    const before = reading(await fetchWorker(path, { headers }));
    await until(() => before.text().includes('tick 2\n'));
    const told = before.text().split('\n').slice(0, -1);
    // Evicted politely, an object may end what it serves first; it is lost here instead.
    await runInDurableObject(kube.stub, (_, state) => state.abort('lost')).catch(() => {});
    await before.ended;
    const after = reading(await fetchWorker(path, { headers }));
    await until(() => after.text().split('\n').length > told.length + 2);
    expect(after.text().split('\n').slice(0, told.length)).toEqual(told);
    await after.leave();
  });
});

describe('a view link', () => {
  test('shows logs, and opens nothing that could change something', async () => {
    const { me, kube, id } = await withBox('echo hello; sleep 360000');
    const made = await me.api<{ url: string; id: string }>('POST', `/sandboxes/${id}/links`, { mode: 'view' });
    const access = await call<{ token: string }>('POST', `/api/v1/shared/${made.body.url.slice(`${ORIGIN}/s/`.length)}`);
    const viewer = kubeAs(id, access.body.token);
    expect((await viewer.request('GET', `${PODS}/box/log`)).text).toBe('hello\n');
    for (const path of ['exec?command=sh&stdout=true', 'attach?stdout=true', 'portforward', 'proxy/']) {
      const refused = (await open(viewer, `${PODS}/box/${path}`)) as Response;
      expect([path, refused.status]).toEqual([path, 403]);
    }
    const log = reading(await fetchWorker(`/c/${id}${PODS}/box/log?follow=true`, { headers: { authorization: `Bearer ${viewer.token}` } }));
    await until(() => log.text() === 'hello\n');
    await me.api('DELETE', `/sandboxes/${id}/links/${made.body.id}`);
    await log.ended;
    expect((await viewer.request('GET', `${PODS}/box/log`)).status).toBe(401);
    expect((await kube.request('GET', `${PODS}/box/log`)).status).toBe(200);
  });
});
