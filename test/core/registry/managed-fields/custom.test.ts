// Ownership in kinds that are not built in: types made at run time, two versions, a scale; and the scale of any kind.

import { beforeEach, describe, expect, test } from 'vitest';
import { defineResource, STATUS } from '../../../../worker/api/resource.ts';
import type { Resource, ScaleAccess } from '../../../../worker/api/resource.ts';
import type { KubeObject } from '../../../../worker/api/object.ts';
import { parseTypes } from '../../../../worker/api/schema.ts';
import type { StructType } from '../../../../worker/api/schema.ts';
import { clone } from '../../../../worker/lib/json.ts';
import type { DynamicCatalog } from '../../../../worker/registry/catalog.ts';
import { packages } from '../../../../worker/resources/schema/index.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const type = parseTypes({
  ...packages,
  'example.v1': `
Widget
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta -
  spec? WidgetSpec -
  status? WidgetStatus -
WidgetSpec
  size? *int32 -
  port? IntOrString -
  parts? []Part - map=name
  colors? []string - set
  style? Style -
  free? any -
Part
  name string -
  value? string -
Style atomic
  a? string -
WidgetStatus
  replicas? int32 -
`,
  'example.v2': `
Widget
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta -
  spec? WidgetSpec -
  status? example.v1.WidgetStatus -
WidgetSpec
  replicas? *int32 -
  port? IntOrString -
  parts? []example.v1.Part - map=name
  colors? []string - set
  style? example.v1.Style -
  free? any -
`,
});

type Widget = KubeObject & { spec?: Record<string, unknown>; status?: { replicas?: number } };

/** What the schema does not name is kept in spec. */
function open(version: string): StructType {
  const widget = type(`example.${version}.Widget`);
  const spec = widget.fields.get('spec')!;
  return {
    ...widget,
    fields: new Map([...widget.fields, ['spec', { ...spec, type: { ...(spec.type as StructType), preserveUnknownFields: true } }]]),
  };
}

const scaleBy = (name: string): ScaleAccess => ({
  replicasPath: ['spec', name],
  read: (object) => ({
    replicas: Number((object as Widget).spec?.['replicas'] ?? 0),
    currentReplicas: (object as Widget).status?.replicas ?? 0,
    selector: '',
  }),
  write: (object, replicas) => ({ ...object, spec: { ...(object as Widget).spec, replicas } }) as KubeObject,
});

function widgets(version: 'v1' | 'v2'): Resource {
  const field = version === 'v1' ? 'size' : 'replicas';
  return defineResource<KubeObject>({
    group: 'example.com',
    version,
    resource: 'widgets',
    kind: 'Widget',
    namespaced: true,
    schema: open(version),
    bucket: 'example.com/widgets',
    decode: (body) => ({ object: clone(body) as Record<string, unknown>, unknown: [] }),
    subresources: {
      status: { ...STATUS, resetFields: ['metadata', 'spec'] },
      scale: { type: 'scale', verbs: ['get', 'patch', 'update'], scale: scaleBy(field) },
    },
    ...(version === 'v1' && {
      conversion: {
        stored: { group: 'example.com', version: 'v2', resource: 'widgets' },
        toStored: (object) => renamed(object, 'v2', 'size', 'replicas'),
        fromStored: (object) => renamed(object, 'v1', 'replicas', 'size'),
      },
    }),
  });
}

function renamed(object: KubeObject, version: string, from: string, to: string): KubeObject {
  const { spec, ...rest } = object as Widget;
  const { [from]: size, ...others } = spec ?? {};
  return { ...rest, apiVersion: `example.com/${version}`, spec: { ...others, ...(size !== undefined && { [to]: size }) } } as KubeObject;
}

let cluster: TestCluster;
beforeEach(async () => {
  cluster = makeTestCluster();
  (cluster.cluster.registry.catalog as DynamicCatalog).setCustom([widgets('v1'), widgets('v2')]);
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'ns' } });
});

const path = (version: string, sub = ''): string => `/apis/example.com/${version}/namespaces/ns/widgets/w${sub}`;
const widget = (version: string, spec?: object, more: object = {}): object => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: { name: 'w' },
  ...(spec && { spec }),
  ...more,
});
const send = async (method: string, to: string, body: unknown, headers: Record<string, string>): Promise<Widget> => {
  const reply = await cluster.request<Widget>(method, to, body, headers);
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  return reply.body;
};
const applyTo = (to: string, body: unknown, manager = 'me', force = '') =>
  cluster.request<Widget>('PATCH', `${to}?fieldManager=${manager}${force}`, body, { 'content-type': 'application/apply-patch+yaml' });
const merge = (to: string, body: unknown, program = 'other') =>
  send('PATCH', to, body, { 'content-type': 'application/merge-patch+json', 'user-agent': program });
const lines = ({ metadata }: KubeObject): string[] =>
  (metadata.managedFields ?? []).map(({ manager, operation, apiVersion, subresource, fieldsV1 }) =>
    [manager, operation, apiVersion!.replace('example.com/', ''), ...(subresource ? [subresource] : []), JSON.stringify(fieldsV1)].join(
      ' ',
    ),
  );
const get = async (version = 'v2'): Promise<Widget> => (await cluster.request<Widget>('GET', path(version))).body;

describe('a custom type', () => {
  test('of a creation everything is owned, the structs on the way too', async () => {
    const created = await send('POST', '/apis/example.com/v2/namespaces/ns/widgets', widget('v2', { replicas: 1, free: { a: { b: 1 } } }), {
      'user-agent': 'one',
    });
    expect(lines(created)).toEqual(['one Update v2 {"f:spec":{".":{},"f:free":{".":{},"f:a":{".":{},"f:b":{}}},"f:replicas":{}}}']);
  });

  test('sets, maps of items, values that are one, int-or-string, and what the schema does not name', async () => {
    const spec = {
      port: 'http',
      parts: [{ name: 'p', value: 'x' }],
      colors: ['red'],
      style: { a: 'b' },
      free: { x: [1], y: { z: 1 } },
      unknown: { k: 'v' },
    };
    const { body } = await applyTo(path('v2'), widget('v2', spec));
    expect(lines(body)).toEqual([
      'me Apply v2 {"f:spec":{"f:colors":{"v:\\"red\\"":{}},"f:free":{"f:x":{},"f:y":{".":{},"f:z":{}}},"f:parts":{"k:{\\"name\\":\\"p\\"}":{".":{},"f:name":{},"f:value":{}}},"f:port":{},"f:style":{},"f:unknown":{".":{},"f:k":{}}}}',
    ]);
    const after = (await applyTo(path('v2'), widget('v2', { port: 80, parts: [{ name: 'q' }], free: { y: { w: 1 } } }))).body;
    expect(after.spec).toEqual({ port: 80, parts: [{ name: 'q' }], free: { y: { w: 1 } } });
  });

  test('another applier of an unnamed field', async () => {
    await applyTo(path('v2'), widget('v2', { unknown: { a: 1 } }));
    await applyTo(path('v2'), widget('v2', { unknown: { b: 1 } }), 'two');
    expect((await applyTo(path('v2'), widget('v2'))).body.spec).toEqual({ unknown: { b: 1 } });
  });

  test('a value that does not fit is named', async () => {
    const reply = await applyTo(path('v2'), widget('v2', { port: [1] }));
    expect(statusOf(reply).message).toBe(
      'failed to create typed patch object (/w; example.com/v2, Kind=Widget): .spec.port: expected any scalar, got &{[1]}',
    );
  });

  test('a value that does not fit does not stop an update from being tracked', async () => {
    const created = await send('POST', '/apis/example.com/v2/namespaces/ns/widgets', widget('v2', { parts: 'none', replicas: [1] }), {
      'user-agent': 'one',
    });
    expect(lines(created)).toEqual(['one Update v2 {"f:spec":{".":{},"f:parts":{},"f:replicas":{}}}']);
  });
});

describe('two versions', () => {
  test('an updater in the other version loses what is changed in this one', async () => {
    await send('POST', '/apis/example.com/v1/namespaces/ns/widgets', widget('v1', { size: 1, port: 1 }), { 'user-agent': 'one' });
    await merge(path('v2'), { spec: { replicas: 2 } });
    expect(lines(await get())).toEqual(['one Update v1 {"f:spec":{".":{},"f:port":{}}}', 'other Update v2 {"f:spec":{"f:replicas":{}}}']);
    expect(lines(await get('v1'))).toEqual(lines(await get()));
  });

  test('an applier conflicts with who owns the value in the other version', async () => {
    await applyTo(path('v1'), widget('v1', { size: 1 }));
    const reply = await applyTo(path('v2'), widget('v2', { replicas: 2 }), 'two');
    expect(statusOf(reply).message).toBe('Apply failed with 1 conflict: conflict with "me": .spec.size');
  });

  test('who goes on in another version keeps what they apply, and gives up what they do not', async () => {
    await applyTo(path('v1'), widget('v1', { size: 1, port: 1, colors: ['red'] }));
    const { body } = await applyTo(path('v2'), widget('v2', { replicas: 1, colors: ['red', 'blue'] }));
    expect(body.spec).toEqual({ replicas: 1, colors: ['red', 'blue'] });
    expect(lines(body)).toEqual(['me Apply v2 {"f:spec":{"f:colors":{"v:\\"blue\\"":{},"v:\\"red\\"":{}},"f:replicas":{}}}']);
  });

  test('what somebody else owns in another version stays', async () => {
    await applyTo(path('v2'), widget('v2', { replicas: 1, port: 1 }));
    await applyTo(path('v1'), widget('v1', { size: 1 }), 'two');
    expect((await applyTo(path('v2'), widget('v2', {}))).body.spec).toEqual({ replicas: 1 });
  });
});

describe('the scale', () => {
  const scale = async (): Promise<Widget> => (await cluster.request<Widget>('GET', path('v2', '/scale'))).body;
  beforeEach(() =>
    send('POST', '/apis/example.com/v2/namespaces/ns/widgets', widget('v2', { replicas: 1, port: 1 }), { 'user-agent': 'one' }),
  );

  test('who sets the number through it owns it, where the object has it', async () => {
    await merge(path('v2', '/scale'), { spec: { replicas: 3 } }, 'scaler');
    const object = await get();
    expect(object.spec).toEqual({ replicas: 3, port: 1 });
    expect(lines(object)).toEqual(['scaler Update v2 scale {"f:spec":{"f:replicas":{}}}', 'one Update v2 {"f:spec":{".":{},"f:port":{}}}']);
    expect(object.metadata.managedFields![0]).not.toHaveProperty('time');
    expect((await scale()).metadata.managedFields).toBeUndefined();
  });

  test('by way of the version of the request', async () => {
    await merge(path('v1', '/scale'), { spec: { replicas: 3 } }, 'scaler');
    expect(lines(await get())[0]).toBe('scaler Update v1 scale {"f:spec":{"f:size":{}}}');
  });

  test('an apply to it conflicts with who owns the number, and can be forced', async () => {
    await applyTo(path('v2'), widget('v2', { replicas: 1 }), 'applier', '&force=true');
    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'w' }, spec: { replicas: 5 } };
    const refused = await applyTo(path('v2', '/scale'), body, 'scaler');
    expect(statusOf(refused).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "applier":\n- .spec.replicas\nconflicts with "one" using autoscaling/v1:\n- .spec.replicas',
    );
    expect((await applyTo(path('v2', '/scale'), body, 'scaler', '&force=true')).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 5 },
    });
    expect(lines(await get())).toEqual([
      'scaler Apply v2 scale {"f:spec":{"f:replicas":{}}}',
      'one Update v2 {"f:spec":{".":{},"f:port":{}}}',
    ]);
    const again = await applyTo(path('v2'), widget('v2', { replicas: 1 }), 'applier');
    expect(statusOf(again).message).toBe('Apply failed with 1 conflict: conflict with "scaler" with subresource "scale": .spec.replicas');
  });

  test.each<{ name: string; method: string; body: object; code: number; message: string }>([
    {
      name: 'a number below zero',
      method: 'PATCH',
      body: { spec: { replicas: -1 } },
      code: 422,
      message: 'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      name: 'another name',
      method: 'PATCH',
      body: { metadata: { name: 'x' } },
      code: 400,
      message: 'the name of the object (x) does not match the name on the URL (w)',
    },
    {
      name: 'another uid, patched',
      method: 'PATCH',
      body: { metadata: { uid: 'u' } },
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets/scale.example.com "w": Precondition failed: UID in precondition: u, UID in object meta: <uid>',
    },
    {
      name: 'another uid, put',
      method: 'PUT',
      body: { metadata: { name: 'w', uid: 'u' }, spec: {} },
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.example.com "w": StorageError: invalid object, Code: 4, Key: /registry/example.com/widgets/ns/w, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: <uid>',
    },
    {
      name: 'another revision',
      method: 'PATCH',
      body: { metadata: { resourceVersion: '1' } },
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.example.com "w": the object has been modified; please apply your changes to the latest version and try again',
    },
  ])('is refused: $name', async ({ method, body, code, message }) => {
    const { uid } = (await get()).metadata;
    const reply = await cluster.request(
      method,
      path('v2', '/scale'),
      body,
      method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {},
    );
    expect({ status: reply.status, message: statusOf(reply).message!.replace(uid, '<uid>') }).toEqual({ status: code, message });
  });

  test('an object without a number gets one only if it is said', async () => {
    await merge(path('v2'), { spec: { replicas: null } });
    const refused = await cluster.request('PATCH', path('v2', '/scale'), {}, { 'content-type': 'application/merge-patch+json' });
    expect(statusOf(refused)).toMatchObject({ code: 400, message: 'the spec replicas field ".spec.replicas" cannot be empty' });
    await merge(path('v2', '/scale'), { spec: { replicas: 0 } }, 'scaler');
    expect((await get()).spec).toEqual({ replicas: 0, port: 1 });
  });
});
