// Webhooks outside of the cluster and inside: what they are asked, what they may do, what becomes of those that fail, and which requests they do not see.

import { describe, expect, test } from 'vitest';
import type { ExternalAnswer, ExternalRequest } from '../../../../worker/api/admission.ts';
import type { KubeObject } from '../../../../worker/api/object.ts';
import { toBase64, utf8 } from '../../../../worker/lib/text.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { configured, forPlugin } from '../ask.ts';
import { crdOf, install, widget, WIDGETS } from '../../resources/custom/crds.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
const hook = (more: object = {}): object => ({
  name: 'a.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { url: 'https://hooks.example.com/check' },
  rules: [RULE],
  ...more,
});

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object: KubeObject & { data?: Record<string, string> };
    readonly [field: string]: unknown;
  };
}
type Respond = (review: Review, request: ExternalRequest) => object | ExternalAnswer;

/** A cluster, a server at hooks.example.com, and what it was asked. */
function setUp(respond: Respond, options: object = {}): { cluster: TestCluster; asked: Review[]; urls: string[] } {
  const asked: Review[] = [];
  const urls: string[] = [];
  const cluster = makeTestCluster({
    alone: true,
    ...options,
    outside: (request) => {
      const review = JSON.parse(request.body) as Review;
      asked.push(review);
      urls.push(request.url);
      const answer = respond(review, request);
      if ('status' in answer && 'body' in answer) return answer as ExternalAnswer;
      const response = { uid: review.request.uid, ...answer };
      return { status: 200, body: JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }) };
    },
  });
  return { cluster, asked, urls };
}

const register = async (cluster: TestCluster, kind: 'mutating' | 'validating', ...webhooks: object[]): Promise<void> => {
  const reply = await cluster.request('POST', `${GROUP}/${kind}webhookconfigurations`, { metadata: { name: kind }, webhooks });
  if (reply.status !== 201) throw new Error(statusOf(reply).message);
};
const put = (cluster: TestCluster, name = 'a', more: object = {}, query = '') =>
  cluster.request<KubeObject & { data?: Record<string, string> }>('POST', `${CONFIGMAPS}${query}`, { metadata: { name }, ...more });
const patchOf = (...operations: object[]): object => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: toBase64(utf8(JSON.stringify(operations))),
});
const allow = (): object => ({ allowed: true });

describe('a validating webhook', () => {
  test('is asked what the request is about', async () => {
    const { cluster, asked, urls } = setUp(allow);
    await register(cluster, 'validating', hook());
    expect((await put(cluster, 'a', { data: { k: 'v' } })).status).toBe(201);
    expect(urls).toEqual(['https://hooks.example.com/check?timeout=10s']);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.request).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      requestKind: { kind: 'ConfigMap' },
      name: 'a',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin' },
      object: { kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    });
  });

  test.each<{ name: string; answer: Respond; more?: object; want: { code: number; message: string } }>([
    {
      name: 'refuses',
      answer: () => ({ allowed: false, status: { code: 403, message: 'not like this', reason: 'Forbidden' } }),
      want: { code: 403, message: 'admission webhook "a.example.com" denied the request: not like this' },
    },
    {
      name: 'refuses without a word',
      answer: () => ({ allowed: false }),
      want: { code: 400, message: 'admission webhook "a.example.com" denied the request without explanation' },
    },
    {
      name: 'cannot be reached',
      answer: () => ({ status: 0, body: '', error: 'dial tcp: lookup hooks.example.com: no such host' }),
      want: {
        code: 500,
        message:
          'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hooks.example.com/check?timeout=10s": dial tcp: lookup hooks.example.com: no such host',
      },
    },
    {
      name: 'breaks',
      answer: () => ({ status: 500, body: 'oops' }),
      want: {
        code: 500,
        message:
          'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: an error on the server ("oops") has prevented the request from succeeding',
      },
    },
    {
      name: 'is not there',
      answer: () => ({ status: 404, body: '' }),
      want: {
        code: 500,
        message:
          'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: the server could not find the requested resource',
      },
    },
    {
      name: 'patches',
      answer: () => patchOf(),
      want: {
        code: 500,
        message:
          'Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: validating webhook may not return response.patch',
      },
    },
    {
      name: 'answers another question',
      answer: () => ({ uid: 'x', allowed: true }),
      want: {
        code: 500,
        message:
          'Internal error occurred: failed calling webhook "a.example.com": received invalid webhook response: expected response.uid="<uid>", got "x"',
      },
    },
  ])('that $name', async ({ answer, want }) => {
    const { cluster, asked } = setUp(answer);
    await register(cluster, 'validating', hook());
    const { code, message } = statusOf(await put(cluster));
    expect({ code, message: message!.replace(asked[0]!.request.uid, '<uid>') }).toEqual(want);
    expect((await cluster.request('GET', `${CONFIGMAPS}/a`)).status).toBe(404);
  });

  test('that fails is passed over, if it says so', async () => {
    const { cluster } = setUp(() => ({ status: 0, body: '', error: 'gone' }));
    await register(cluster, 'validating', hook({ failurePolicy: 'Ignore' }));
    expect((await put(cluster)).status).toBe(201);
  });

  test('warns', async () => {
    const { cluster } = setUp(() => ({ allowed: true, warnings: ['mind the gap'] }));
    await register(cluster, 'validating', hook());
    expect((await put(cluster)).warnings).toEqual(['mind the gap']);
  });

  test.each<{ name: string; more: object; object?: object; want: number }>([
    { name: 'another resource', more: { rules: [{ ...RULE, resources: ['secrets'] }] }, want: 0 },
    { name: 'another operation', more: { rules: [{ ...RULE, operations: ['DELETE'] }] }, want: 0 },
    { name: 'cluster-wide objects', more: { rules: [{ ...RULE, scope: 'Cluster' }] }, want: 0 },
    {
      name: 'everything',
      more: { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: 'Namespaced' }] },
      want: 1,
    },
    { name: 'other namespaces', more: { namespaceSelector: { matchLabels: { a: 'b' } } }, want: 0 },
    { name: 'objects with a label', more: { objectSelector: { matchLabels: { a: 'b' } } }, want: 0 },
    {
      name: 'objects with its label',
      more: { objectSelector: { matchLabels: { a: 'b' } } },
      object: { metadata: { name: 'a', labels: { a: 'b' } } },
      want: 1,
    },
    { name: 'what its conditions say', more: { matchConditions: [{ name: 'n', expression: "object.metadata.name == 'x'" }] }, want: 0 },
    {
      name: 'all its conditions hold for',
      more: { matchConditions: [{ name: 'n', expression: "request.userInfo.username == 'kubernetes-admin'" }] },
      want: 1,
    },
  ])('for $name is asked $want times', async ({ more, object, want }) => {
    const { cluster, asked } = setUp(allow);
    await register(cluster, 'validating', hook(more));
    expect((await put(cluster, 'a', object)).status).toBe(201);
    expect(asked).toHaveLength(want);
  });

  test('sees no webhooks', async () => {
    const { cluster, asked } = setUp(() => ({ allowed: false }));
    await register(cluster, 'validating', hook({ rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }));
    expect((await cluster.request('DELETE', `${GROUP}/validatingwebhookconfigurations/validating`)).status).toBe(200);
    expect(asked).toEqual([]);
  });

  test('with side effects takes no dry run', async () => {
    const { cluster, asked } = setUp(allow);
    await register(cluster, 'validating', hook({ sideEffects: 'NoneOnDryRun' }));
    expect((await put(cluster, 'a', {}, '?dryRun=All')).status).toBe(201);
    expect(asked[0]!.request['dryRun']).toBe(true);
  });

  test('sees the version that it knows', async () => {
    const { cluster, asked } = setUp(allow, { alone: false });
    const schema = {
      openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    };
    const versions = [
      { name: 'v1', served: true, storage: true, schema },
      { name: 'v1beta1', served: true, storage: false, schema },
    ];
    await install(cluster, crdOf({}, { versions }));
    const rule = { apiGroups: ['example.com'], apiVersions: ['v1beta1'], operations: ['CREATE'], resources: ['widgets'] };
    await register(cluster, 'validating', hook({ rules: [rule] }));
    expect((await cluster.request('POST', WIDGETS, widget({ a: 1 }))).status).toBe(201);
    expect(asked[0]!.request).toMatchObject({
      kind: { version: 'v1beta1' },
      requestKind: { version: 'v1' },
      object: { apiVersion: 'example.com/v1beta1', spec: { a: 1 } },
    });
  });
});

describe('mutating webhooks', () => {
  test('change what is stored, one after the other', async () => {
    const { cluster, asked } = setUp((_review, { url }) =>
      url.includes('one')
        ? patchOf({ op: 'add', path: '/data', value: { one: '1' } })
        : patchOf({ op: 'add', path: '/data/two', value: '2' }),
    );
    await register(
      cluster,
      'mutating',
      hook({ name: 'one.example.com', clientConfig: { url: 'https://hooks.example.com/one' } }),
      hook({ name: 'two.example.com', clientConfig: { url: 'https://hooks.example.com/two' } }),
    );
    const { body } = await put(cluster);
    expect(body.data).toEqual({ one: '1', two: '2' });
    expect(asked.map(({ request }) => request.object.data)).toEqual([undefined, { one: '1' }]);
  });

  test('are asked again after a later change, if they want', async () => {
    const { cluster, asked } = setUp((_review, { url }) =>
      url.includes('one') ? allow() : patchOf({ op: 'add', path: '/data', value: { two: '2' } }),
    );
    await register(
      cluster,
      'mutating',
      hook({ name: 'one.example.com', clientConfig: { url: 'https://hooks.example.com/one' }, reinvocationPolicy: 'IfNeeded' }),
      hook({ name: 'two.example.com', clientConfig: { url: 'https://hooks.example.com/two' } }),
    );
    await put(cluster);
    expect(asked.map(({ request }) => request.object.data)).toEqual([undefined, undefined, { two: '2' }]);
  });

  test('whose patch does not fit are refused', async () => {
    const { cluster } = setUp(() => patchOf({ op: 'replace', path: '/nope/x', value: 1 }));
    await register(cluster, 'mutating', hook());
    expect(statusOf(await put(cluster)).code).toBe(500);
    expect((await cluster.request('GET', `${CONFIGMAPS}/a`)).status).toBe(404);
  });

  test('change what controllers make, too', async () => {
    const { cluster } = setUp(() => patchOf({ op: 'add', path: '/metadata/labels/seen', value: 'yes' }), { alone: false });
    await register(cluster, 'mutating', hook({ rules: [{ ...RULE, resources: ['pods'] }] }));
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
    expect((await cluster.request('POST', '/apis/apps/v1/namespaces/default/replicasets', { metadata: { name: 'r' }, spec })).status).toBe(
      201,
    );
    for (let i = 0; i < 10; i++) {
      cluster.advance(100);
      await Promise.resolve();
      await Promise.resolve();
    }
    const { items } = (await cluster.request<{ items: KubeObject[] }>('GET', '/api/v1/namespaces/default/pods')).body;
    expect(items.map(({ metadata }) => metadata.labels)).toEqual([
      { a: 'b', seen: 'yes' },
      { a: 'b', seen: 'yes' },
    ]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a webhook in the cluster', () => {
  test.each<{ name: string; service: object | undefined; want: string }>([
    { name: 'without its service', service: undefined, want: 'service "hook" not found' },
    {
      name: 'without endpoints',
      service: { ports: [{ port: 443 }], selector: { a: 'b' } },
      want: 'no endpoints available for service "hook"',
    },
    {
      name: 'at another port',
      service: { ports: [{ port: 80 }], selector: { a: 'b' } },
      want: 'no service port 443 found for service "hook"',
    },
  ])('$name', async ({ service, want }) => {
    const { cluster } = setUp(allow);
    if (service) await cluster.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'hook' }, spec: service });
    await register(cluster, 'validating', hook({ clientConfig: { service: { namespace: 'default', name: 'hook', path: '/x' } } }));
    expect(statusOf(await put(cluster)).message).toBe(
      `Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hook.default.svc:443/x?timeout=10s": ${want}`,
    );
  });
});

test('a mutating policy lays a configuration over the object, or patches it', async () => {
  const { cluster } = setUp(allow);
  const mutations = [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: { expression: "Object{metadata: Object.metadata{labels: {'made-by': request.userInfo.username}}}" },
    },
    { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data', value: {'name': object.metadata.name}}]" } },
  ];
  const matchConstraints = { resourceRules: [RULE] };
  const made = await cluster.request('POST', `${GROUP}/mutatingadmissionpolicies`, {
    metadata: { name: 'p' },
    spec: { matchConstraints, mutations, reinvocationPolicy: 'Never' },
  });
  expect(statusOf(made).message ?? '').toBe('');
  await cluster.request('POST', `${GROUP}/mutatingadmissionpolicybindings`, { metadata: { name: 'b' }, spec: { policyName: 'p' } });
  const { body } = await put(cluster);
  expect(body).toMatchObject({ metadata: { labels: { 'made-by': 'kubernetes-admin' } }, data: { name: 'a' } });
});

describe('credentials for webhooks', () => {
  const KUBECONFIG = `users:
- name: hooks.example.com
  user: {token: own}
- name: '*.example.com'
  user: {username: u, password: p}
- name: '*'
  user: {token: all}
`;
  test.each([
    { url: 'https://hooks.example.com/check', want: 'Bearer own' },
    { url: 'https://other.example.com/check', want: 'Basic dTpw' },
    { url: 'https://hooks.example.com:8443/check', want: 'Bearer all' },
    { url: 'https://example.org/check', want: 'Bearer all' },
  ])('$url', async ({ url, want }) => {
    const headers: (string | undefined)[] = [];
    const config = forPlugin(
      'ValidatingAdmissionWebhook',
      'apiVersion: apiserver.config.k8s.io/v1',
      'kind: WebhookAdmissionConfiguration',
      'kubeConfigFile: /kubeconfig',
    );
    const { cluster } = setUp(
      (_review, request) => {
        headers.push(request.headers['authorization']);
        return { allowed: true };
      },
      configured({}, config, { '/kubeconfig': KUBECONFIG }),
    );
    await register(cluster, 'validating', hook({ clientConfig: { url } }));
    expect((await put(cluster)).status).toBe(201);
    expect(headers).toEqual([want]);
  });
});

describe('what is made of answers', () => {
  const failed = (problem: string): string => `Internal error occurred: failed calling webhook "a.example.com": ${problem}`;
  const patch = (text: string, more: object = { patchType: 'JSONPatch' }): object => ({
    allowed: true,
    patch: toBase64(utf8(text)),
    ...more,
  });
  interface Row {
    readonly name: string;
    readonly answer: object;
    readonly want: string;
    readonly kind?: 'mutating' | 'validating';
    readonly version?: string;
  }
  test.each<Row>([
    {
      name: 'a patch that is no JSON',
      answer: patch('x'),
      want: "Internal error occurred: invalid character 'x' looking for beginning of value",
    },
    {
      name: 'a patch that is no list',
      answer: patch('{}'),
      want: 'Internal error occurred: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    },
    { name: 'a patch of nothing', answer: patch('[]'), want: '' },
    {
      name: 'a patch of a type that there is not',
      answer: patch('[{"op":"remove","path":"/data"}]', { patchType: 'X' }),
      want: failed('unsupported patch type "X"'),
    },
    {
      name: 'a patch without a type',
      answer: patch('[]', {}),
      want: failed('received invalid webhook response: webhook returned response.patch but not response.patchType'),
    },
    {
      name: 'a patch of an empty type',
      answer: patch('[]', { patchType: '' }),
      want: failed('received invalid webhook response: webhook returned invalid response.patchType of ""'),
    },
    {
      name: 'a type without a patch',
      answer: { allowed: true, patchType: 'JSONPatch' },
      want: failed('received invalid webhook response: webhook returned response.patchType but not response.patch'),
    },
    { name: 'in an older review, a patch without a type', version: 'v1beta1', answer: patch('[]', {}), want: '' },
    { name: 'in an older review, a type without a patch', version: 'v1beta1', answer: { allowed: true, patchType: 'JSONPatch' }, want: '' },
    { name: 'in an older review, a patch where none may be', version: 'v1beta1', kind: 'validating', answer: patch('[]'), want: '' },
  ])('$name', async ({ answer, want, kind = 'mutating', version = 'v1' }) => {
    const { cluster } = setUp(() => answer);
    await register(cluster, kind, hook({ admissionReviewVersions: [version] }));
    const reply = await put(cluster, 'a', { data: { k: 'v' } });
    expect(reply.status === 201 ? '' : statusOf(reply).message).toBe(want);
  });

  test.each([
    { name: 'none', pem: '\n', want: 'unable to parse bytes as PEM block' },
    {
      name: 'no certificate',
      pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      want: 'failed to parse certificate: x509: malformed certificate',
    },
  ])('authorities that are $name', async ({ pem, want }) => {
    const { cluster, asked } = setUp(allow);
    const clientConfig = { url: 'https://hooks.example.com/check', caBundle: toBase64(utf8(pem)) };
    await register(cluster, 'validating', hook({ clientConfig }));
    expect(statusOf(await put(cluster)).message).toBe(failed(`could not get REST client: unable to load root certificates: ${want}`));
    expect(asked).toEqual([]);
  });

  test('all validating webhooks are asked, once it is known whom the request is about', async () => {
    const { cluster, asked } = setUp(() => ({ allowed: false, warnings: ['w'] }));
    await register(cluster, 'validating', hook(), hook({ name: 'b.example.com' }));
    const reply = await put(cluster);
    expect(statusOf(reply).message).toBe('admission webhook "a.example.com" denied the request without explanation');
    expect(asked).toHaveLength(2);
  });

  test('a condition that cannot be evaluated refuses before anybody is asked', async () => {
    const { cluster, asked } = setUp(allow);
    const matchConditions = [{ name: 'n', expression: "object.data.x == 'y'" }];
    await register(cluster, 'validating', hook(), hook({ name: 'b.example.com', matchConditions }));
    expect(statusOf(await put(cluster)).message).toBe(
      "configmaps \"a\" is forbidden: expression 'object.data.x == 'y'' resulted in error: no such key: data",
    );
    expect(asked).toEqual([]);
  });

  test('who is refused by a mutating webhook finds that in the audit log, too', async () => {
    const { cluster } = setUp(() => ({ allowed: false }));
    await register(cluster, 'mutating', hook());
    await put(cluster);
    expect(cluster.cluster.audit.list().at(-1)?.annotations).toMatchObject({
      'mutation.webhook.admission.k8s.io/round_0_index_0': '{"configuration":"mutating","webhook":"a.example.com","mutated":false}',
    });
  });
});
