// What `npm start` makes of a state that somebody has, and of one that was left in a hurry.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startLocalServer } from '../local-server.ts';

const state = mkdtempSync(join(tmpdir(), 'kubarium-start-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

test('a state has one server, and is whole after that was killed', async () => {
  const first = await startLocalServer(state);
  await expect(startLocalServer(state)).rejects.toThrow(`Another Kubarium serves ${state}. Stop that, or choose another state`);
  const made = await fetch(`${first.url}/api/v1/sandboxes`, { method: 'POST', headers: { accept: 'application/yaml' } });
  expect(made.status).toBe(201);
  const kubeconfig = await made.text();
  const [path, token] = [/server: https:\/\/[^/]+(\S+)/, /token: (\S+)/].map((one) => one.exec(kubeconfig)![1]!);
  const pods = async (server: string): Promise<string[]> => {
    const answer = await fetch(`${server}${path}/api/v1/namespaces/kube-system/pods`, { headers: { authorization: `Bearer ${token}` } });
    const { items } = (await answer.json()) as { items: { metadata: { uid: string } }[] };
    return items.map(({ metadata }) => metadata.uid);
  };
  const before = await pods(first.url);
  expect(before.length).toBeGreaterThan(5);
  await first.stop('SIGKILL');
  const second = await startLocalServer(state);
  expect(await pods(second.url)).toEqual(before);
  expect(await second.stop()).toBe(0);
});
