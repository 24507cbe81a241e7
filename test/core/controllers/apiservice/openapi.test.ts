// What servers behind APIServices publish of their kinds: where it is heard, and what is kept of it.

import { expect, test } from 'vitest';
import { apiServices } from '../../../../worker/resources/apiregistration/apiservice.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { RemoteApis } from '../../../../worker/cluster/aggregation.ts';
import type { RemoteVersion } from '../../../../worker/server/context.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

interface Given {
  /** What nginx does with `/openapi/v3`, and with `/openapi/v2`. */
  readonly v3?: string;
  readonly v2?: string;
  readonly trust?: object;
}

const PLACES = `return 200 '{"paths":{"apis/things.io/v1":{"serverRelativeURL":"/openapi/v3/apis/things.io/v1?hash=1"},"odd":{}}}';`;
const KINDS = `return 200 '{"paths":{"/version/":{},"/apis/things.io/v1/things":{"get":{}}},"definitions":{"Thing":{"type":"object"},"No":1}}';`;
const NONE = 'return 404;';

function begin({ v3 = NONE, v2 = NONE, trust = { insecureSkipTLSVerify: true } }: Given): TestCluster {
  const cluster = makeTestCluster({ nodes: 1 });
  cluster.settle();
  const service = { namespace: 'default', name: 'things' };
  cluster.api.create(apiServices, {
    metadata: { name: 'v1.things.io' },
    spec: { group: 'things.io', version: 'v1', groupPriorityMinimum: 2000, versionPriority: 10, service, ...trust },
  });
  cluster.api.create(services, {
    metadata: { name: 'things', namespace: 'default' },
    spec: { selector: { app: 'things' }, ports: [{ port: 443, targetPort: 8443 }] },
  } as never);
  const config = `events {}
http { server { listen 8443;
location = /apis/things.io/v1 { default_type application/json; return 200 '{"kind":"APIResourceList","resources":[]}'; }
location = /openapi/v3 { default_type application/json; ${v3} }
location = /openapi/v2 { default_type application/json; ${v2} } } }`;
  const write = `cat > /etc/nginx/nginx.conf <<'END'\n${config}\nEND\nexec nginx -g 'daemon off;'`;
  cluster.api.create(pods, {
    metadata: { name: 'server', namespace: 'default', labels: { app: 'things' } },
    spec: { containers: [{ name: 'web', image: 'nginx', command: ['sh', '-c', write] }] },
  } as never);
  cluster.advance(5000);
  return cluster;
}

const remoteOf = ({ store, cluster }: TestCluster): RemoteVersion => new RemoteApis(store.state, cluster.registry, {}).all()[0]!;

test.each<{ name: string; given: Given; want: readonly unknown[] }>([
  {
    name: 'both versions',
    given: { v3: PLACES, v2: KINDS },
    want: [
      { 'apis/things.io/v1': '/openapi/v3/apis/things.io/v1?hash=1' },
      { paths: { '/apis/things.io/v1/things': { get: {} } }, definitions: { Thing: { type: 'object' } }, parameters: {} },
    ],
  },
  { name: 'neither', given: {}, want: [{}, undefined] },
  { name: 'what is no JSON', given: { v3: "return 200 'hello';", v2: 'return 200 [];' }, want: [{}, undefined] },
  { name: 'something, behind a certificate that nobody vouches for', given: { v3: PLACES, v2: KINDS, trust: {} }, want: [{}, undefined] },
])('of a server that has $name', ({ given, want }) => {
  const cluster = begin(given);
  const remote = remoteOf(cluster);
  expect([remote.documents(), remote.publishedKinds()]).toEqual(want);
  expect(cluster.errors).toEqual([]);
});

test('is kept while the server is away, and forgotten with its APIService', () => {
  const cluster = begin({ v3: PLACES, v2: KINDS });
  cluster.api.delete(pods, 'default', 'server');
  cluster.advance(60_000);
  const remote = remoteOf(cluster);
  expect([remote.isAvailable, Object.keys(remote.documents())]).toEqual([false, ['apis/things.io/v1']]);
  cluster.api.delete(apiServices, '', 'v1.things.io');
  cluster.advance(1000);
  expect([remote.documents(), remote.publishedKinds()]).toEqual([{}, undefined]);
});
