// Group versions that a server in the cluster answers for: whether it is there, what is passed on to it, and what discovery says.

import { describe, expect, test } from 'vitest';
import type { APIService } from '../../../../worker/api/gen/apiregistration-v1.ts';
import { apiServices } from '../../../../worker/resources/apiregistration/apiservice.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const AGGREGATED = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
const LIST = {
  kind: 'APIResourceList',
  groupVersion: 'things.io/v1',
  resources: [
    { name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['get'] },
    { name: 'things/status', singularName: '', namespaced: true, kind: 'Thing', verbs: ['get'] },
  ],
};
/** A server: its document, and whatever else it is asked as text. */
const CONFIG = `events {}
http { server { listen 8443;
location = /apis/things.io/v1 { default_type application/json; return 200 '${JSON.stringify(LIST)}'; }
location / { default_type text/plain; return 207 "$request_method $request_uri $http_x_remote_user $http_x_remote_group $http_authorization"; } } }`;

function begin(trust: object = { insecureSkipTLSVerify: true }): TestCluster {
  const cluster = makeTestCluster({ nodes: 1 });
  cluster.settle();
  cluster.api.create(apiServices, {
    metadata: { name: 'v1.things.io' },
    spec: {
      group: 'things.io',
      version: 'v1',
      groupPriorityMinimum: 2000,
      versionPriority: 10,
      service: { namespace: 'default', name: 'things' },
      ...trust,
    },
  });
  cluster.settle();
  return cluster;
}

function addService({ api, settle }: TestCluster, spec: object = {}): void {
  api.create(services, {
    metadata: { name: 'things', namespace: 'default' },
    spec: { selector: { app: 'things' }, ports: [{ name: 'https', port: 443, targetPort: 8443 }], ...spec },
  } as never);
  settle();
}

function addServer(cluster: TestCluster, config = CONFIG): void {
  const write = `cat > /etc/nginx/nginx.conf <<'END'\n${config}\nEND\nexec nginx -g 'daemon off;'`;
  cluster.api.create(pods, {
    metadata: { name: 'server', namespace: 'default', labels: { app: 'things' } },
    spec: { containers: [{ name: 'web', image: 'nginx', command: ['sh', '-c', write] }] },
  } as never);
  cluster.advance(5000);
}

const conditionOf = ({ api }: TestCluster): string => {
  const { status, reason, message } = api.get<APIService>(apiServices, '', 'v1.things.io')!.status.conditions![0]!;
  return `${status} ${reason} ${message}`;
};
const WHERE = 'service/things in "default"';

describe('an APIService of a service', () => {
  test('that is not there', () => {
    expect(conditionOf(begin())).toBe(`False ServiceNotFound ${WHERE} is not present`);
  });

  test.each([
    { name: 'of another port', spec: { ports: [{ port: 444 }] }, want: `False ServicePortError ${WHERE} is not listening on port 443` },
    {
      name: 'that nobody furnishes',
      spec: { selector: undefined },
      want: `False EndpointsNotFound cannot find endpointslices for ${WHERE}`,
    },
    { name: 'of nobody', spec: {}, want: `False MissingEndpoints endpointslices for ${WHERE} have no addresses with port name "https"` },
  ])('$name', ({ spec, want }) => {
    const cluster = begin();
    addService(cluster, spec);
    cluster.advance(5000);
    expect(conditionOf(cluster)).toBe(want);
  });

  test('that answers, until it goes', () => {
    const cluster = begin();
    addService(cluster);
    addServer(cluster);
    expect(conditionOf(cluster)).toBe('True Passed all checks passed');
    cluster.api.delete(pods, 'default', 'server');
    cluster.advance(60_000);
    expect(conditionOf(cluster)).toMatch(/^False MissingEndpoints /);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'that answers no', config: CONFIG.replace('return 200', 'return 403'), want: (url: string) => `bad status from ${url}: 403` },
    {
      name: 'where nobody listens',
      config: CONFIG.replace('8443', '8444'),
      want: (url: string) => `Get "${url}": dial tcp ${/\/\/([^/]+)/.exec(url)![1]}: connect: connection refused`,
    },
  ])('$name', ({ config, want }) => {
    const cluster = begin();
    addService(cluster);
    addServer(cluster, config);
    const url = `https://${cluster.api.get(services, 'default', 'things')!.spec.clusterIP}:443/apis/things.io/v1`;
    expect(conditionOf(cluster)).toBe(`False FailedDiscoveryCheck failing or missing response from ${url}: ${want(url)}`);
    expect(cluster.errors).toEqual([]);
  });
});

describe('requests for it', () => {
  test('are not answered while its server is not there', async () => {
    const reply = await begin().request('GET', '/apis/things.io/v1/namespaces/default/things');
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([503, 'text/plain; charset=utf-8', 'service unavailable\n']);
  });

  test('are passed on, with the name of who asks', async () => {
    const cluster = begin();
    addService(cluster);
    addServer(cluster);
    const asked = cluster.request('POST', '/apis/things.io/v1/namespaces/default/things?dryRun=All', { a: 1 }, { 'x-remote-user': 'root' });
    cluster.settle();
    expect(await asked).toMatchObject({
      status: 207,
      body: 'POST /apis/things.io/v1/namespaces/default/things?dryRun=All kubernetes-admin system:masters ',
    });
    const refused = await cluster.request('GET', '/apis/things.io/v1/things', undefined, { 'impersonate-user': 'jane' });
    expect(refused.status).toBe(403);
  });

  test.each([
    { name: 'no authority vouches for it', trust: {}, want: 503 },
    { name: 'an authority is named', trust: { caBundle: btoa('-----BEGIN CERTIFICATE-----') }, want: 207 },
  ])('go only to a server that is trusted: $name', async ({ trust, want }) => {
    const cluster = begin(trust);
    addService(cluster);
    addServer(cluster);
    const asked = cluster.request('GET', '/apis/things.io/v1/namespaces/default/things');
    cluster.settle();
    const { status, body } = await asked;
    expect(status).toBe(want);
    if (want === 503) expect(body).toBe('tls: failed to verify certificate: x509: certificate signed by unknown authority\n');
  });
});

describe('discovery', () => {
  const groupsOf = async (cluster: TestCluster): Promise<string[]> =>
    (await cluster.request<{ groups: { name: string }[] }>('GET', '/apis')).body.groups.map(({ name }) => name);
  const versionOf = async (cluster: TestCluster): Promise<unknown> =>
    (
      await cluster.request<{ items: { metadata: { name: string }; versions: unknown[] }[] }>('GET', '/apis', undefined, AGGREGATED)
    ).body.items.find(({ metadata }) => metadata.name === 'things.io')?.versions[0];

  test('names the group at its place, stale until its server was heard', async () => {
    const cluster = begin();
    expect((await groupsOf(cluster)).at(-1)).toBe('things.io');
    expect(await versionOf(cluster)).toEqual({ version: 'v1', resources: [], freshness: 'Stale' });
    addService(cluster);
    addServer(cluster);
    expect(await versionOf(cluster)).toEqual({
      version: 'v1',
      resources: [
        {
          resource: 'things',
          responseKind: { group: 'things.io', version: 'v1', kind: 'Thing' },
          scope: 'Namespaced',
          singularResource: 'thing',
          verbs: ['get'],
          subresources: [{ subresource: 'status', responseKind: { group: 'things.io', version: 'v1', kind: 'Thing' }, verbs: ['get'] }],
        },
      ],
      freshness: 'Current',
    });
    cluster.api.delete(apiServices, '', 'v1.things.io');
    expect(await groupsOf(cluster)).not.toContain('things.io');
    expect((await cluster.request('GET', '/apis/things.io/v1')).status).toBe(404);
  });

  test('ranks it among the groups', async () => {
    const cluster = begin();
    const known = cluster.api.get<APIService>(apiServices, '', 'v1.things.io')!;
    cluster.api.update(apiServices, { ...known, spec: { ...known.spec, groupPriorityMinimum: 17_750 } });
    const groups = await groupsOf(cluster);
    expect(groups.slice(0, 4)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'things.io']);
  });
});
