// Why a pod is where it is, through the management API.

import { expect, test } from 'vitest';
import { newGuest } from './client.ts';

interface Decision {
  readonly outcome: string;
  readonly chosen?: string;
  readonly message: string;
  readonly filters: readonly string[];
  readonly nodes: readonly { readonly node: string; readonly refused?: object; readonly scores?: object }[];
}

test('decisions of the scheduler can be read, by whom the sandbox belongs to', async () => {
  const { me, sandbox, kube } = await newGuest({ template: 'bare', nodes: 1, speed: 'instant' });
  const pod = (name: string, cpu: string) => ({
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }] },
  });
  await expect.poll(async () => (await kube.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status).toBe(200);
  for (const [name, cpu] of [
    ['small', '1m'],
    ['huge', '999'],
  ] as const)
    expect((await kube.request('POST', '/api/v1/namespaces/default/pods', pod(name, cpu))).status).toBe(201);
  const path = (name: string): string => `/sandboxes/${sandbox.id}/pods/default/${name}/decision`;
  await expect.poll(async () => (await me.api<Decision>('GET', path('huge'))).body.message).toContain('Insufficient cpu');
  const huge = (await me.api<Decision>('GET', path('huge'))).body;
  expect(huge).toMatchObject({ pod: 'default/huge', outcome: 'unschedulable' });
  expect(huge.nodes[0]!.refused).toEqual({ plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], isHopeless: true });
  expect(huge.filters.at(-1)).toBe('NodeResourcesFit');
  // Before its turn has come, there is only what would be decided of it.
  await expect.poll(async () => (await me.api<Decision>('GET', path('small'))).body.chosen).toBe('node-1');
  const small = (await me.api<Decision>('GET', path('small'))).body;
  expect(small.outcome).toBe('scheduled');
  expect(small.nodes[0]!.node).toBe(small.chosen);
  expect((await me.api('GET', path('none'))).status).toBe(404);
  const { me: other } = await newGuest();
  expect((await other.api('GET', path('small'))).status).toBe(404);
});
