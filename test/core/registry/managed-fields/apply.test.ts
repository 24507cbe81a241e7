// Server-side apply, through the API.

import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../../../../worker/api/object.ts';
import type { Status } from '../../../../worker/api/status.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = makeTestCluster();
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'ns' } });
});

const MAP = '/api/v1/namespaces/ns/configmaps/c';
const INGRESS = '/apis/networking.k8s.io/v1/namespaces/ns/ingresses/i';
const DEPLOYMENT = '/apis/apps/v1/namespaces/ns/deployments/d';
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

interface Options {
  readonly manager?: string;
  readonly force?: boolean;
  readonly query?: string;
}
const apply = (path: string, body: unknown, { manager = 'me', force = false, query = '' }: Options = {}) =>
  cluster.request<KubeObject & Record<string, never>>(
    'PATCH',
    `${path}?fieldManager=${manager}${force ? '&force=true' : ''}${query}`,
    body,
    APPLY,
  );
const get = async (path: string): Promise<KubeObject & Record<string, never>> => (await cluster.request<never>('GET', path)).body;
const patch = (path: string, body: unknown, program = 'other') =>
  cluster.request<KubeObject & Record<string, never>>('PATCH', path, body, {
    'content-type': 'application/merge-patch+json',
    'user-agent': program,
  });

const map = (data: object | undefined, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  ...(data && { data }),
});
const ingress = (spec: object, status?: object): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'i' },
  spec,
  ...(status && { status }),
});
const backend = (name: string): object => ({ service: { name, port: { number: 80 } } });
const entries = (object: KubeObject): ManagedFieldsEntry[] => object.metadata.managedFields ?? [];
const lines = (object: KubeObject): string[] =>
  entries(object).map(({ manager, operation, subresource, fieldsV1 }) =>
    [manager, operation, ...(subresource ? [subresource] : []), JSON.stringify(fieldsV1)].join(' '),
  );

describe('an object that is not there', () => {
  test('is created', async () => {
    const { status, body } = await apply(MAP, map({ a: '1' }, { labels: { x: 'y' } }));
    expect(status).toBe(201);
    expect(entries(body)).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } },
      },
    ]);
    expect((await get(MAP))['data']).toEqual({ a: '1' });
  });

  test('in a dry run is not', async () => {
    expect((await apply(MAP, map({ a: '1' }), { query: '&dryRun=All' })).status).toBe(201);
    expect((await cluster.request('GET', MAP)).status).toBe(404);
  });

  test.each<{ name: string; path?: string; body: unknown; code: number; message: string }>([
    {
      name: 'a uid',
      body: map({}, { uid: 'u' }),
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "c": uid mismatch: the provided object specified uid u, and no existing object was found',
    },
    {
      name: 'another name',
      body: map({}, { name: 'd' }),
      code: 400,
      message: 'the name of the object (d) does not match the name on the URL (c)',
    },
    {
      name: 'no name',
      body: { apiVersion: 'v1', kind: 'ConfigMap' },
      code: 400,
      message: 'the name of the object (c based on URL) was undeterminable: name must be provided',
    },
    {
      name: 'another namespace',
      body: map({}, { namespace: 'other' }),
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    },
    { name: 'another kind', body: { ...map({}), kind: 'Secret' }, code: 400, message: 'invalid object type: /v1, Kind=Secret' },
    {
      name: 'another version',
      body: { ...map({}), apiVersion: 'example.com/v2' },
      code: 400,
      message: 'invalid object type: example.com/v2, Kind=ConfigMap',
    },
    { name: 'no kind', body: { metadata: { name: 'c' } }, code: 400, message: 'invalid object type: /, Kind=' },
    { name: 'nothing', body: 'null', code: 400, message: 'invalid object type: /, Kind=' },
    {
      name: 'no object',
      body: '[1]',
      code: 400,
      message:
        'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    },
    {
      name: 'no YAML',
      body: 'a: 1\nb: c: d',
      code: 400,
      message: 'error decoding YAML: error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context',
    },
    { name: 'managedFields', body: map({}, { managedFields: [] }), code: 400, message: 'metadata.managedFields must be nil' },
    {
      name: 'an unknown field',
      body: { ...map({}), dta: {} },
      code: 500,
      message: 'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .dta: field not declared in schema',
    },
    {
      name: 'a wrong type',
      body: map({ a: 1 }, { namespace: 'ns' }),
      code: 500,
      message:
        'failed to create typed patch object (ns/c; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}',
    },
    {
      name: 'no whole number',
      path: DEPLOYMENT,
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 1.5 } },
      code: 500,
      message:
        'failed to convert new object (/d; apps/v1, Kind=Deployment) to proper version: unable to convert unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32',
    },
    {
      name: 'a wrong quantity',
      path: '/api/v1/namespaces/ns/pods/c',
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' }, spec: { overhead: { cpu: 'x' } } },
      code: 500,
      message:
        "failed to convert new object (/c; /v1, Kind=Pod) to proper version: unable to convert unstructured object to /v1, Kind=Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    },
  ])('is refused: $name', async ({ path = MAP, body, code, message }) => {
    const reply = await apply(path, body);
    expect({ status: reply.status, message: statusOf(reply).message }).toEqual({ status: code, message });
    expect((await cluster.request('GET', MAP)).status).toBe(404);
  });

  test('a failure that upstream did not foresee has no reason', async () => {
    expect(statusOf(await apply(MAP, { ...map({}), dta: {} }))).toMatchObject({ code: 500, status: 'Failure' });
    expect(statusOf(await apply(MAP, { ...map({}), dta: {} })).reason).toBeUndefined();
  });

  test('needs a manager, and forces only here', async () => {
    const without = await cluster.request('PATCH', MAP, map({}), APPLY);
    expect(statusOf(without).message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const forced = await cluster.request('PATCH', `${MAP}?force=true`, {}, { 'content-type': 'application/merge-patch+json' });
    expect(statusOf(forced).message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  });

  test('a key given twice: the last counts, with a warning, unless strictness is asked for', async () => {
    const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: "1"\n  a: "2"\n';
    const strict = await apply(MAP, twice, { query: '&fieldValidation=Strict' });
    expect(statusOf(strict)).toMatchObject({
      code: 400,
      message: 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "a" already set in map',
    });
    const warned = await apply(MAP, twice);
    expect(warned.warnings).toEqual(['line 6: key "a" already set in map']);
    expect(warned.body['data']).toEqual({ a: '2' });
  });
});

describe('an object that is there', () => {
  test('that applies again what is there changes nothing: time and revision stay', async () => {
    const first = (await apply(MAP, map({ a: '1' }))).body;
    cluster.advance(5000);
    expect((await apply(MAP, map({ a: '1' }))).body).toEqual(first);
  });

  test('what is left out goes, and what is another manager’s stays', async () => {
    await apply(MAP, map({ a: '1', b: '1', c: '1' }));
    await apply(MAP, map({ b: '1' }), { manager: 'two' });
    const { body } = await apply(MAP, map({ c: '1' }));
    expect(body['data']).toEqual({ b: '1', c: '1' });
    expect(lines(body)).toEqual(['two Apply {"f:data":{"f:b":{}}}', 'me Apply {"f:data":{"f:c":{}}}']);
  });

  test('who owns the same value too shares it; who comes without a change has no time', async () => {
    await apply(MAP, map({ a: '1' }));
    cluster.advance(5000);
    const { body } = await apply(MAP, map({ a: '1' }), { manager: 'two' });
    expect(entries(body).map(({ manager, time }) => ({ manager, time }))).toEqual([
      { manager: 'two', time: undefined },
      { manager: 'me', time: '2026-01-01T00:00:00Z' },
    ]);
  });

  test('another value of somebody else is a conflict', async () => {
    await apply(MAP, map({ a: '1' }));
    const reply = await apply(MAP, map({ a: '2' }), { manager: 'two' });
    expect(statusOf(reply)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: 409,
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.a' }] },
      message: 'Apply failed with 1 conflict: conflict with "me": .data.a',
    } satisfies Status);
    expect((await get(MAP))['data']).toEqual({ a: '1' });
  });

  test('conflicts with many, each named with what it did', async () => {
    await cluster.request(
      'POST',
      '/apis/networking.k8s.io/v1/namespaces/ns/ingresses',
      ingress({ defaultBackend: backend('a'), ingressClassName: 'x' }),
      { 'user-agent': 'creator/1' },
    );
    await patch(INGRESS, { metadata: { annotations: { a: '1' } } });
    await patch(`${INGRESS}/status`, { metadata: { annotations: { b: '1' } } });
    await apply(INGRESS, ingress({ rules: [{ host: 'a' }] }), { manager: 'two' });
    const wanted = {
      ...ingress({ defaultBackend: backend('b'), ingressClassName: 'y', rules: [{ host: 'b' }] }),
      metadata: { name: 'i', annotations: { a: '2', b: '2' } },
    };
    const { details, message } = statusOf(await apply(INGRESS, wanted));
    expect(message).toBe(
      [
        'Apply failed with 5 conflicts: conflicts with "creator" using networking.k8s.io/v1:',
        '- .spec.ingressClassName',
        '- .spec.defaultBackend.service.name',
        'conflicts with "other" with subresource "status" using networking.k8s.io/v1:',
        '- .metadata.annotations.b',
        'conflicts with "other" using networking.k8s.io/v1:',
        '- .metadata.annotations.a',
        'conflicts with "two":',
        '- .spec.rules',
      ].join('\n'),
    );
    expect(details!.causes!.map(({ message: cause, field }) => `${cause}: ${field}`)[2]).toBe(
      'conflict with "other" with subresource "status" using networking.k8s.io/v1: .metadata.annotations.b',
    );
  });

  test('force takes it over', async () => {
    await apply(MAP, map({ a: '1', b: '1' }));
    const { body } = await apply(MAP, map({ a: '2' }), { manager: 'two', force: true });
    expect(body['data']).toEqual({ a: '2', b: '1' });
    expect(lines(body)).toEqual(['me Apply {"f:data":{"f:b":{}}}', 'two Apply {"f:data":{"f:a":{}}}']);
  });

  test('an update takes over what was applied; to apply it again is a conflict then, unless the value is the same', async () => {
    await apply(MAP, map({ a: '1', b: '1' }));
    expect(lines((await patch(MAP, { data: { a: '2' } })).body)).toEqual([
      'me Apply {"f:data":{"f:b":{}}}',
      'other Update {"f:data":{"f:a":{}}}',
    ]);
    expect(statusOf(await apply(MAP, map({ a: '1', b: '1' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "other" using v1: .data.a',
    );
    expect(lines((await apply(MAP, map({ a: '2', b: '1' }))).body)).toEqual([
      'me Apply {"f:data":{"f:a":{},"f:b":{}}}',
      'other Update {"f:data":{"f:a":{}}}',
    ]);
  });

  test('what was there before anybody was tracked is somebody’s from then on', async () => {
    await cluster.request('POST', '/api/v1/namespaces/ns/configmaps', map({ a: '1', b: '1' }));
    await patch(MAP, { metadata: { managedFields: [] } });
    const { body } = await apply(MAP, map({ a: '1', c: '1' }));
    expect(lines(body)).toEqual([
      'me Apply {"f:data":{"f:a":{},"f:c":{}}}',
      'before-first-apply Update {"f:data":{".":{},"f:a":{},"f:b":{}}}',
    ]);
    await patch(MAP, { metadata: { managedFields: [] } });
    expect(statusOf(await apply(MAP, map({ a: '2' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
  });

  test('a revision that is not the present one is a conflict of another kind', async () => {
    await apply(MAP, map({ a: '1' }));
    expect(statusOf(await apply(MAP, map({ a: '2' }, { resourceVersion: '1' })))).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test('an applier who gives up everything is gone', async () => {
    await apply(MAP, map({ a: '1' }));
    await apply(MAP, map({ b: '1' }), { manager: 'two' });
    const { body } = await apply(MAP, map(undefined));
    expect(lines(body)).toEqual(['two Apply {"f:data":{"f:b":{}}}']);
    expect(body['data']).toEqual({ b: '1' });
  });

  test('null is owned, and takes a value away only from a scalar', async () => {
    await apply(MAP, map({ a: '1' }));
    const { body } = await apply(MAP, { ...map(undefined), data: null, immutable: null });
    expect(lines(body)).toEqual(['me Apply {"f:data":{},"f:immutable":{}}']);
    expect(body['data']).toBeUndefined();
  });
});

describe('lists', () => {
  const POD = '/api/v1/namespaces/ns/pods/p';
  const pod = (containers: object[], metadata: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { containers },
  });
  const SERVICE = '/api/v1/namespaces/ns/services/s';
  const service = (ports: object[]): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports } });

  test('items by key: each applier has its own', async () => {
    await apply(SERVICE, service([{ name: 'http', port: 80 }]));
    await apply(SERVICE, service([{ name: 'https', port: 443 }]), { manager: 'two' });
    const { body } = await apply(
      SERVICE,
      service([
        { name: 'https', port: 443 },
        { name: 'alt', port: 8080 },
      ]),
      { manager: 'two' },
    );
    expect((body['spec'] as unknown as { ports: { port: number }[] }).ports.map(({ port }) => port)).toEqual([80, 443, 8080]);
    const after = (await apply(SERVICE, service([]))).body;
    expect((after['spec'] as unknown as { ports: { port: number }[] }).ports.map(({ port }) => port)).toEqual([443, 8080]);
  });

  test('a key that is left out has its default', async () => {
    await apply(SERVICE, service([{ name: 'a', port: 80 }]));
    const reply = await apply(SERVICE, service([{ name: 'b', port: 80, protocol: 'TCP' }]), { manager: 'two' });
    expect(statusOf(reply).message).toBe('Apply failed with 1 conflict: conflict with "me": .spec.ports[port=80,protocol="TCP"].name');
  });

  test('an item twice is refused', async () => {
    const reply = await apply(
      POD,
      pod(
        [
          { name: 'a', image: 'x' },
          { name: 'a', image: 'y' },
        ],
        { namespace: 'ns' },
      ),
    );
    expect(statusOf(reply)).toMatchObject({
      code: 500,
      message: 'failed to create typed patch object (ns/p; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name="a"]',
    });
  });

  test('sets: each applier has its own values', async () => {
    await apply(MAP, map(undefined, { finalizers: ['a.io/x', 'a.io/y'] }));
    await apply(MAP, map(undefined, { finalizers: ['a.io/y', 'a.io/z'] }), { manager: 'two' });
    const { body } = await apply(MAP, map(undefined, { finalizers: ['a.io/x'] }));
    expect(body.metadata.finalizers).toEqual(['a.io/x', 'a.io/y', 'a.io/z']);
    expect(lines(body)[0]).toBe('me Apply {"f:metadata":{"f:finalizers":{"v:\\"a.io/x\\"":{}}}}');
  });
});

describe('the status', () => {
  const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
  beforeEach(() => apply(INGRESS, ingress({ defaultBackend: backend('a') })));

  test('is applied through its path only, and owned there', async () => {
    expect((await apply(INGRESS, ingress({ defaultBackend: backend('a') }, status))).body['status']).toEqual({ loadBalancer: {} });
    const { body } = await apply(
      `${INGRESS}/status`,
      { ...ingress({ defaultBackend: backend('other') }, status) },
      { manager: 'controller' },
    );
    expect(body['spec']).toMatchObject({ defaultBackend: backend('a') });
    expect(body['status']).toEqual(status);
    expect(lines(body)[0]).toBe('controller Apply status {"f:status":{"f:loadBalancer":{"f:ingress":{}}}}');
  });

  test('of nothing is not made', async () => {
    const reply = await apply('/apis/networking.k8s.io/v1/namespaces/ns/ingresses/none/status', {
      ...ingress({}, status),
      metadata: { name: 'none' },
    });
    expect(statusOf(reply)).toMatchObject({ code: 404, message: 'ingresses.networking.k8s.io "none" not found' });
  });
});

describe('from client-side apply', () => {
  const LAST = 'kubectl.kubernetes.io/last-applied-configuration';
  const clientSide = (data: object): object => ({
    ...map(data),
    metadata: { name: 'c', annotations: { [LAST]: JSON.stringify(map(data)) } },
  });
  beforeEach(() =>
    cluster.request('POST', '/api/v1/namespaces/ns/configmaps?fieldManager=kubectl-client-side-apply', clientSide({ a: '1', b: '1' })),
  );

  test('kubectl does not conflict with what it applied, and keeps its annotation', async () => {
    const { status, body } = await apply(MAP, map({ a: '2' }, { namespace: 'ns', annotations: { x: '<y>' } }), { manager: 'kubectl' });
    expect(status).toBe(200);
    expect(body['data']).toEqual({ a: '2', b: '1' });
    expect(body.metadata.annotations![LAST]).toBe(
      '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"annotations":{"x":"\\u003cy\\u003e"},"name":"c","namespace":"ns"}}\n',
    );
  });

  test('others do', async () => {
    const reply = await apply(MAP, map({ a: '2' }), { manager: 'two' });
    expect(statusOf(reply).message).toBe('Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a');
  });

  test('kubectl conflicts with who changed a value since', async () => {
    await patch(MAP, { data: { a: '9' } });
    const reply = await apply(MAP, map({ a: '2', b: '2' }), { manager: 'kubectl' });
    expect(statusOf(reply).message).toBe('Apply failed with 1 conflict: conflict with "other" using v1: .data.a');
  });

  test.each([
    ['of another version', { [LAST]: JSON.stringify({ ...map({ a: '1' }), apiVersion: 'v2' }) }],
    ['that is no JSON', { [LAST]: '{' }],
    ['that does not fit', { [LAST]: JSON.stringify(map({ a: 1 })) }],
    ['that is not there', {}],
  ])('an annotation %s helps nobody', async (_, annotations) => {
    await patch(MAP, { metadata: { annotations: { [LAST]: null, ...annotations } } }, 'kubectl-client-side-apply');
    expect(statusOf(await apply(MAP, map({ a: '2' }), { manager: 'kubectl' })).code).toBe(409);
  });

  test('an annotation that grows too large is left out', async () => {
    const { body } = await apply(MAP, map({ a: '1', large: 'x'.repeat(300_000) }), { manager: 'kubectl' });
    expect(body.metadata.annotations).toBeUndefined();
  });
});
