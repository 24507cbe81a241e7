// /statusz and /flagz of the API server; those of other components are asked in cluster/pages.test.ts.

import { describe, expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';

const cluster = makeTestCluster({ template: 'default', nodes: 1 });
cluster.advance(3_725_000);

const get = (path: string, accept?: string) => cluster.request<string>('GET', path, undefined, accept === undefined ? {} : { accept });
const json = (kind: string, version = 'v1beta1', type = 'application/json'): string => `${type};v=${version};g=config.k8s.io;as=${kind}`;

describe('/statusz', () => {
  test('tells people what the component is', async () => {
    const { status, headers, body } = await get('/statusz');
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    const [, title, warning, blank, ...lines] = body.split('\n');
    expect([title, blank]).toEqual(['kube-apiserver statusz', '']);
    expect(warning).toBe(
      'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.',
    );
    const between = /^Up(.*) 1 hr/.exec(lines[1]!)![1]!;
    expect([':', ': ', '=', ' ']).toContain(between);
    expect(lines.map((line) => line.replace(between, ':'))).toEqual([
      expect.stringMatching(/^Started: (Wed Dec 31 23|Thu Jan {2}1 00):\d\d:\d\d UTC 202[56]$/),
      expect.stringMatching(/^Up: 1 hr 0\d min \d\d sec$/),
      'Go version: go1.26.2',
      'Binary version: 1.36.1',
      'Emulation version: 1.36',
      'Paths: /flagz /healthz /livez /metrics /readyz /statusz /version',
      '',
    ]);
  });

  test('tells programs the same', async () => {
    const { body } = await get('/statusz', json('Statusz'));
    expect(body).toMatchObject({
      kind: 'Statusz',
      apiVersion: 'config.k8s.io/v1beta1',
      metadata: { name: 'kube-apiserver' },
      startTime: expect.stringMatching(/Z$/),
      goVersion: 'go1.26.2',
      binaryVersion: '1.36.1',
      emulationVersion: '1.36',
      paths: ['/flagz', '/healthz', '/livez', '/metrics', '/readyz', '/statusz', '/version'],
    });
    expect((body as unknown as { uptimeSeconds: number }).uptimeSeconds).toBeGreaterThan(3600);
  });
});

test('/flagz has the flags', async () => {
  expect((await get('/flagz')).body).toMatch(/\nkube-apiserver flagz\nWarning: .*\n\n(?:.+\n)*authorization-mode(:|: |=| )Node,RBAC\n/);
  const { body } = await get('/flagz', json('Flagz'));
  expect(body).toMatchObject({ kind: 'Flagz', apiVersion: 'config.k8s.io/v1beta1', flags: { 'authorization-mode': 'Node,RBAC' } });
});

describe('asked for', () => {
  const NO = 'only the following media types are accepted: application/json, application/yaml, text/plain';
  test.each([
    { accept: 'text/plain', want: 'text' },
    { accept: '', want: 'text' },
    { accept: '*/*', want: 'text' },
    { accept: `${json('Statusz', 'foo')},*/*`, want: 'text' },
    { accept: json('Statusz', 'v1beta1', 'application/yaml'), want: 'apiVersion: config.k8s.io/v1beta1' },
    { accept: `${json('Statusz', 'v1alpha1')},${json('Statusz')}`, want: 'config.k8s.io/v1alpha1', deprecated: true },
    { accept: `${json('Statusz')},${json('Statusz', 'v1alpha1')}`, want: 'config.k8s.io/v1beta1' },
    { accept: 'application/xml', want: NO },
    { accept: 'application/json', want: NO },
    { accept: 'application/json;v=v1beta1;g=config.k8s.io', want: NO },
    { accept: json('Flagz'), want: NO },
  ])('as $accept', async ({ accept, want, deprecated }) => {
    const { status, headers, body } = await get('/statusz', accept);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(text).toContain(want === 'text' ? '\nkube-apiserver statusz\n' : want);
    expect(status).toBe(want === NO ? 406 : 200);
    expect(headers['warning']).toBe(
      deprecated ? '299 - "This version of the statusz endpoint is deprecated. Please use a newer version."' : undefined,
    );
  });
});

test('1.35 has neither, nor names them', async () => {
  const older = makeTestCluster({ nodes: 1, minor: 35 });
  for (const path of ['/statusz', '/flagz']) expect((await older.request('GET', path)).status).toBe(404);
  expect((await older.request<{ paths: string[] }>('GET', '/')).body.paths).not.toContain('/statusz');
  expect((await cluster.request<{ paths: string[] }>('GET', '/')).body.paths).toContain('/statusz');
});
