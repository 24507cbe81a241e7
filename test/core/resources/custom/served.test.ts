// Custom resources as clients see them: discovery, defaulting, pruning, checks, columns, subresources, versions, and their end.

import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../worker/api/object.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { CRDS, crdOf, install, MERGE, widget, WIDGETS } from './crds.ts';

type Widget = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

let cluster: TestCluster;
beforeEach(() => {
  cluster = makeTestCluster();
});

const WIDGETS_PATH = '/apis/example.com/v1/namespaces/{namespace}/widgets';
const WIDGET_SPEC = {
  spec: {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', minimum: 1, maximum: 10 },
      color: { type: 'string', default: 'red', enum: ['red', 'green', 'blue'] },
      note: { type: 'string', maxLength: 5, pattern: '^[a-z]+$' },
      tags: { type: 'array', maxItems: 2, items: { type: 'string' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
};
const COLUMNS = [
  { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
  { name: 'Color', type: 'string', jsonPath: '.spec.color', description: 'the color' },
  { name: 'Note', type: 'string', priority: 1, jsonPath: '.spec.note' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

describe('an established CRD', () => {
  beforeEach(() =>
    install(
      cluster,
      crdOf(WIDGET_SPEC, { names: { shortNames: ['wi'], categories: ['all'] }, version: { additionalPrinterColumns: COLUMNS } }),
    ),
  );

  test('says so', async () => {
    const { body } = await cluster.request<{
      status: { conditions: { type: string; status: string; reason: string }[]; storedVersions: string[]; acceptedNames: object };
    }>('GET', `${CRDS}/widgets.example.com`);
    expect(body.status.conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
      'NamesAccepted=True NoConflicts',
      'Established=True InitialNamesAccepted',
    ]);
    expect(body.status).toMatchObject({
      storedVersions: ['v1'],
      acceptedNames: {
        plural: 'widgets',
        singular: 'widget',
        shortNames: ['wi'],
        kind: 'Widget',
        listKind: 'WidgetList',
        categories: ['all'],
      },
    });
    expect(cluster.errors).toEqual([]);
  });

  test('is in OpenAPI with what is read and written: no strategic merge patch, no watches by path', async () => {
    type Operation = { requestBody?: { content: object }; responses: Record<string, { content?: object }> };
    const { body } = await cluster.request<{ paths: Record<string, Record<string, Operation>> }>('GET', '/openapi/v3/apis/example.com/v1');
    expect(Object.keys(body.paths).filter((path) => path.includes('widgets'))).toEqual([
      WIDGETS_PATH,
      `${WIDGETS_PATH}/{name}`,
      '/apis/example.com/v1/widgets',
    ]);
    const media = (content: object | undefined): string[] => Object.keys(content ?? {});
    const { patch, put, get } = body.paths[`${WIDGETS_PATH}/{name}`]!;
    expect(media(patch?.requestBody?.content)).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
    ]);
    expect(media(put?.requestBody?.content)).toEqual(['application/json', 'application/yaml']);
    expect(media(get?.responses['200']?.content)).toEqual(['application/json', 'application/yaml']);
  });

  test('is in discovery', async () => {
    const { body } = await cluster.request<{ resources: object[] }>('GET', '/apis/example.com/v1');
    expect(body.resources).toMatchObject([
      {
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
        shortNames: ['wi'],
        categories: ['all'],
      },
    ]);
    const groups = (await cluster.request<{ groups: { name: string }[] }>('GET', '/apis')).body.groups;
    expect(groups.at(-1)!.name).toBe('example.com');
  });

  test('defaults, and drops what its schema does not name', async () => {
    const { status, body } = await cluster.request<Widget>('POST', WIDGETS, widget({ size: 3, extra: 'gone', free: { x: { y: 1 } } }));
    expect(status).toBe(201);
    expect(body.spec).toEqual({ color: 'red', free: { x: { y: 1 } }, size: 3 });
    expect(Object.keys(body.spec!)).toEqual(['color', 'free', 'size']);
    expect(body.metadata.generation).toBe(1);
  });

  test.each<{ name: string; object: object; message: string }>([
    {
      name: 'an unknown field, strictly',
      object: widget({ size: 3, extra: 1, free: { x: 1 } }),
      message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.extra"',
    },
    {
      name: 'an unknown field of metadata',
      object: widget({ size: 3 }, { metadata: { name: 'a', nam: 'b' } }),
      message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.nam"',
    },
    {
      name: 'many things',
      object: widget({ size: 30, color: 'pink', note: 'TOOLONG', tags: ['a', 'b', 'c'], free: 5 }),
      message:
        'Widget.example.com "a" is invalid: [spec.color: Unsupported value: "pink": supported values: "red", "green", "blue", spec.free: Invalid value: "integer": spec.free in body must be of type object: "integer", spec.note: Too long: may not be more than 5 bytes, spec.size: Invalid value: 30: spec.size in body should be less than or equal to 10, spec.tags: Too many: 3: must have at most 2 items]',
    },
    {
      name: 'a missing field',
      object: widget({}),
      message: 'Widget.example.com "a" is invalid: spec.size: Required value',
    },
    {
      name: 'another type',
      object: widget({ size: '3' }),
      message: 'Widget.example.com "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    },
    {
      name: 'a text of another form',
      object: widget({ size: 3, note: 'A' }),
      message: `Widget.example.com "a" is invalid: spec.note: Invalid value: "A": spec.note in body should match '^[a-z]+$'`,
    },
    {
      name: 'another kind',
      object: { ...widget({ size: 3 }), kind: 'Gadget' },
      message: 'Widget.example.com "a" is invalid: kind: Invalid value: "Gadget": must be Widget',
    },
    {
      name: 'metadata that cannot be read',
      object: widget({ size: 3 }, { metadata: { name: 'a', labels: 5 } }),
      message:
        'Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type map[string]string',
    },
  ])('refuses $name', async ({ object, message }) => {
    const reply = await cluster.request('POST', `${WIDGETS}?fieldValidation=Strict`, object);
    expect(statusOf(reply).message).toBe(message);
    expect((await cluster.request('GET', `${WIDGETS}/a`)).status).toBe(404);
  });

  test('shows columns', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3, note: 'hey' }));
    await cluster.request('PATCH', `${WIDGETS}/a`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, MERGE);
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { body } = await cluster.request<{ columnDefinitions: { name: string; description: string }[]; rows: { cells: unknown[] }[] }>(
      'GET',
      WIDGETS,
      undefined,
      table,
    );
    expect(body.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Size', 'Color', 'Note', 'Ready', 'Age']);
    expect(body.columnDefinitions[1]!.description).toBe('Custom resource definition column (in JSONPath format): .spec.size');
    expect(body.rows.map(({ cells }) => cells)).toEqual([['a', 3, 'red', 'hey', null, '0s']]);
  });

  test('takes no strategic patch, and has no subresources', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }));
    const strategic = await cluster.request('PATCH', `${WIDGETS}/a`, {}, { 'content-type': 'application/strategic-merge-patch+json' });
    expect(statusOf(strategic)).toMatchObject({
      code: 415,
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    });
    for (const below of ['status', 'scale'])
      expect(statusOf(await cluster.request('GET', `${WIDGETS}/a/${below}`))).toMatchObject({
        code: 404,
        message: 'widgets.example.com "a" not found',
      });
  });

  test('an update must name the revision', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }));
    const reply = await cluster.request('PUT', `${WIDGETS}/a`, widget({ size: 4 }));
    expect(statusOf(reply).message).toMatch(
      /^Widget.example.com "a" is invalid: metadata.resourceVersion: Invalid value: .*: must be specified for an update$/,
    );
  });

  test('a changed field makes a generation; labels make none', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }));
    const labelled = await cluster.request<Widget>('PATCH', `${WIDGETS}/a`, { metadata: { labels: { a: 'b' } } }, MERGE);
    expect(labelled.body.metadata.generation).toBe(1);
    const changed = await cluster.request<Widget>('PATCH', `${WIDGETS}/a`, { spec: { size: 4 } }, MERGE);
    expect(changed.body.metadata.generation).toBe(2);
  });

  test('what an update leaves as it was is not held against it', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3, note: 'hey' }));
    const { body: crd } = await cluster.request<{
      spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, object> } } } } }[] };
    }>('GET', `${CRDS}/widgets.example.com`);
    crd.spec.versions[0]!.schema.openAPIV3Schema.properties.spec.properties['note'] = { type: 'string', maxLength: 2 };
    expect((await cluster.request('PUT', `${CRDS}/widgets.example.com`, crd)).status).toBe(200);
    expect((await cluster.request('PATCH', `${WIDGETS}/a`, { spec: { size: 4 } }, MERGE)).status).toBe(200);
    expect(statusOf(await cluster.request('PATCH', `${WIDGETS}/a`, { spec: { note: 'hay' } }, MERGE)).message).toBe(
      'Widget.example.com "a" is invalid: spec.note: Too long: may not be more than 2 bytes',
    );
  });

  test('what is stored shows the defaults of a newer schema', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3, note: 'hey' }));
    const patch = [
      {
        op: 'add',
        path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/mode',
        value: { type: 'string', default: 'fast' },
      },
      { op: 'remove', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/note' },
    ];
    await cluster.request('PATCH', `${CRDS}/widgets.example.com`, patch, { 'content-type': 'application/json-patch+json' });
    const { body } = await cluster.request<Widget>('GET', `${WIDGETS}/a`);
    expect(body.spec).toEqual({ color: 'red', mode: 'fast', size: 3 });
    const { items } = (await cluster.request<{ items: Widget[] }>('GET', WIDGETS)).body;
    expect(items.map(({ spec }) => spec)).toEqual([{ color: 'red', mode: 'fast', size: 3 }]);
  });

  test('goes with its objects, and those with finalizers hold it', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }, { metadata: { name: 'a', finalizers: ['example.com/hold'] } }));
    await cluster.request('POST', WIDGETS, widget({ size: 3 }, { metadata: { name: 'b' } }));
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.settle();
    const crd = await cluster.request<{ status: { conditions: { type: string; reason: string }[] } }>('GET', `${CRDS}/widgets.example.com`);
    expect(crd.body.status.conditions.find(({ type }) => type === 'Terminating')!.reason).toBe('InstanceDeletionInProgress');
    expect((await cluster.request<{ items: Widget[] }>('GET', WIDGETS)).body.items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(statusOf(await cluster.request('POST', WIDGETS, widget({ size: 3 }, { metadata: { name: 'c' } })))).toMatchObject({
      code: 405,
    });
    await cluster.request('PATCH', `${WIDGETS}/a`, { metadata: { finalizers: null } }, MERGE);
    const { body: held } = await cluster.request<Widget>('GET', `${WIDGETS}/a`);
    expect(held.metadata.finalizers).toEqual(['example.com/hold']);
  });

  test('is gone when it has none', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }));
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.settle();
    expect((await cluster.request('GET', `${CRDS}/widgets.example.com`)).status).toBe(404);
    expect((await cluster.request('GET', WIDGETS)).status).toBe(404);
    expect((await cluster.request('GET', '/apis/example.com')).status).toBe(404);
    expect(cluster.errors).toEqual([]);
  });

  test('is served by the next life of the cluster', async () => {
    await cluster.request('POST', WIDGETS, widget({ size: 3 }));
    cluster.save();
    const again = makeTestCluster({ backend: cluster.backend });
    expect((await again.request<Widget>('GET', `${WIDGETS}/a`)).body.spec).toEqual({ color: 'red', size: 3 });
  });

  test('an owner that goes takes them along', async () => {
    const owner = (await cluster.request<KubeObject>('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'owner' } }))
      .body;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
    await cluster.request('POST', WIDGETS, widget({ size: 3 }, { metadata: { name: 'a', ownerReferences } }));
    await cluster.request('DELETE', '/api/v1/namespaces/default/configmaps/owner');
    cluster.advance(2000);
    expect((await cluster.request('GET', `${WIDGETS}/a`)).status).toBe(404);
  });
});

describe('subresources', () => {
  const SUB = {
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
    },
  };
  const properties = {
    spec: { type: 'object', properties: { replicas: { type: 'integer', minimum: 0 } } },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } } },
  };
  beforeEach(async () => {
    await install(cluster, crdOf(properties, { version: SUB }));
    await cluster.request('POST', WIDGETS, widget({ replicas: 1 }, { status: { phase: 'Ignored' } }));
  });

  test('a status is written through its path only', async () => {
    expect((await cluster.request<Widget>('GET', `${WIDGETS}/a`)).body.status).toBeUndefined();
    await cluster.request('PATCH', `${WIDGETS}/a`, { status: { phase: 'x' }, spec: { replicas: 2 } }, MERGE);
    const status = { phase: 'Up', replicas: 2, selector: 'a=b' };
    await cluster.request('PATCH', `${WIDGETS}/a/status`, { status, spec: { replicas: 9 }, metadata: { labels: { a: 'b' } } }, MERGE);
    const { body } = await cluster.request<Widget>('GET', `${WIDGETS}/a`);
    expect(body).toMatchObject({ spec: { replicas: 2 }, status, metadata: { generation: 2 } });
    expect(body.metadata.labels).toBeUndefined();
    const refused = await cluster.request('PATCH', `${WIDGETS}/a/status`, { status: { phase: 5 } }, MERGE);
    expect(statusOf(refused).message).toBe(
      'Widget.example.com "a" is invalid: status.phase: Invalid value: "integer": phase in body must be of type string: "integer"',
    );
  });

  test('a scale', async () => {
    await cluster.request('PATCH', `${WIDGETS}/a/status`, { status: { replicas: 2, selector: 'a=b' } }, MERGE);
    await cluster.request('PATCH', `${WIDGETS}/a/scale`, { spec: { replicas: 5 } }, MERGE);
    const { body } = await cluster.request('GET', `${WIDGETS}/a/scale`);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 }, status: { replicas: 2, selector: 'a=b' } });
    expect((await cluster.request<Widget>('GET', `${WIDGETS}/a`)).body.spec).toEqual({ replicas: 5 });
  });
});

describe('versions', () => {
  const schemaOf = (properties: object): object => ({
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
  });
  const text = { type: 'string' };
  const versions = [
    { name: 'v1beta1', served: true, storage: false, deprecated: true, deprecationWarning: 'use v1', schema: schemaOf({ a: text }) },
    { name: 'v1', served: true, storage: true, schema: schemaOf({ a: text, b: { ...text, default: 'x' } }) },
    { name: 'v1alpha1', served: false, storage: false, schema: schemaOf({ a: text }) },
  ];
  beforeEach(() => install(cluster, crdOf({}, { versions })));
  const OLD = WIDGETS.replace('/v1/', '/v1beta1/');

  test('the newest comes first, and those not served are not there', async () => {
    const { body } = await cluster.request<{ versions: { version: string }[] }>('GET', '/apis/example.com');
    expect(body.versions.map(({ version }) => version)).toEqual(['v1', 'v1beta1']);
    expect((await cluster.request('GET', WIDGETS.replace('/v1/', '/v1alpha1/'))).status).toBe(404);
  });

  test('what is written in one is read in the other; a deprecated one warns', async () => {
    const made = await cluster.request<Widget>('POST', OLD, { ...widget({ a: 'x', b: 'y' }), apiVersion: 'example.com/v1beta1' });
    expect(made.warnings).toEqual(['use v1', 'unknown field "spec.b"']);
    expect(made.body).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { a: 'x' } });
    expect((await cluster.request<Widget>('GET', `${WIDGETS}/a`)).body).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { a: 'x', b: 'x' },
    });
    const changed = await cluster.request<Widget>('PATCH', `${OLD}/a`, { spec: { a: 'z' } }, MERGE);
    expect(changed.body).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { a: 'z' }, metadata: { generation: 2 } });
  });
});

test('names that another CRD of the group has are not taken', async () => {
  await install(cluster, crdOf({}, { names: { shortNames: ['w'] } }));
  await install(cluster, crdOf({}, { plural: 'wheels', kind: 'Widget', names: { shortNames: ['w'] } }));
  const { body } = await cluster.request<{ status: { conditions: object[] } }>('GET', `${CRDS}/wheels.example.com`);
  expect(body.status.conditions).toMatchObject([
    { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"WidgetList" is already in use' },
    { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ]);
  await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
  cluster.settle();
  const { body: after } = await cluster.request<{ status: { conditions: object[] } }>('GET', `${CRDS}/wheels.example.com`);
  expect(after.status.conditions).toMatchObject([{ status: 'True' }, { status: 'True', reason: 'InitialNamesAccepted' }]);
});
