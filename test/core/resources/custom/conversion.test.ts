// Custom resources whose versions a webhook converts.

import { describe, expect, test } from 'vitest';
import type { ExternalAnswer } from '../../../../worker/api/admission.ts';
import type { KubeObject } from '../../../../worker/api/object.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { crdOf, install, widget } from './crds.ts';

interface Widget extends KubeObject {
  spec?: Record<string, unknown>;
}
interface Question {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: Widget[] };
}

const PATH = (version: string): string => `/apis/example.com/${version}/namespaces/default/widgets`;

/** v1 has `spec.size`, v1beta1, which is stored, `spec.length`. */
function converted(object: Widget, apiVersion: string): Widget {
  const { size, length, ...spec } = object.spec ?? {};
  const value = size ?? length;
  return {
    ...object,
    apiVersion,
    spec: { ...spec, ...(value !== undefined && { [apiVersion.endsWith('v1') ? 'size' : 'length']: value }) },
  };
}

const reviewOf = (response: object): ExternalAnswer => ({
  status: 200,
  body: JSON.stringify({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response }),
});
const success = ({ request: { uid, desiredAPIVersion, objects } }: Question): ExternalAnswer =>
  reviewOf({ uid, result: { status: 'Success' }, convertedObjects: objects.map((one) => converted(one, desiredAPIVersion)) });

async function setUp(answer: (question: Question) => ExternalAnswer = success): Promise<{ cluster: TestCluster; asked: Question[] }> {
  const asked: Question[] = [];
  const cluster = makeTestCluster({
    outside: ({ body }) => {
      const question = JSON.parse(body) as Question;
      asked.push(question);
      return answer(question);
    },
  });
  const schemaOf = (field: string): object => ({
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { [field]: { type: 'integer' } } } } },
  });
  const versions = [
    { name: 'v1', served: true, storage: false, schema: schemaOf('size') },
    { name: 'v1beta1', served: true, storage: true, schema: schemaOf('length') },
  ];
  const webhook = { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://hooks.example.com/convert' } };
  await install(cluster, crdOf({}, { versions, spec: { conversion: { strategy: 'Webhook', webhook } } }));
  return { cluster, asked };
}

/** What somebody sees who watches a version. */
async function watch(cluster: TestCluster, version: string): Promise<{ readonly text: string; readonly isOpen: boolean }> {
  const seen = { text: '', isOpen: true };
  const reply = await cluster.send('GET', `${PATH(version)}?watch=1`);
  if (!('open' in reply && 'status' in reply)) throw new Error('no stream');
  reply.open({
    write: (chunk) => void (seen.text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
    close: () => void (seen.isOpen = false),
    isReady: true,
    onDrain: () => {},
  });
  return seen;
}

describe('with a webhook', () => {
  test('every version shows the same object in its own way', async () => {
    const { cluster, asked } = await setUp();
    const made = await cluster.request<Widget>('POST', PATH('v1'), widget({ size: 3 }));
    expect([made.status, made.body.spec]).toEqual([201, { size: 3 }]);
    const { metadata } = made.body;
    const old = (await cluster.request<Widget>('GET', `${PATH('v1beta1')}/${metadata.name}`)).body;
    expect(old).toMatchObject({ apiVersion: 'example.com/v1beta1', spec: { length: 3 }, metadata: { uid: metadata.uid } });
    old.spec = { length: 4 };
    expect((await cluster.request('PUT', `${PATH('v1beta1')}/${metadata.name}`, old)).status).toBe(200);
    const { items } = (await cluster.request<{ items: Widget[] }>('GET', PATH('v1'))).body;
    expect(items.map(({ spec }) => spec)).toEqual([{ size: 4 }]);
    const count = asked.length;
    await cluster.request('GET', PATH('v1'));
    expect(asked).toHaveLength(count);
    cluster.settle();
    expect(cluster.errors).toEqual([]);
  });

  test('who asks for what is stored does without it; who asks for another version is told', async () => {
    const { cluster } = await setUp(() => ({ status: 0, body: '', error: 'dial tcp: connect: connection refused' }));
    const [stored, other] = [await watch(cluster, 'v1beta1'), await watch(cluster, 'v1')];
    const made = await cluster.request('POST', PATH('v1beta1'), {
      ...widget({ length: 3 }, { metadata: { name: 'w' } }),
      apiVersion: 'example.com/v1beta1',
    });
    expect(made.status).toBe(201);
    expect([stored.text, stored.isOpen, other.isOpen]).toEqual([expect.stringContaining('"type":"ADDED"'), true, false]);
    for (const path of [PATH('v1'), `${PATH('v1')}/w`])
      expect(statusOf(await cluster.request('GET', path))).toMatchObject({
        code: 500,
        message: expect.stringMatching(
          /^conversion webhook for example\.com\/v1beta1, Kind=Widget failed: .*connection refused$/,
        ) as string,
      });
    expect((await cluster.request('DELETE', `${PATH('v1beta1')}/w`)).status).toBe(200);
  });

  test('nothing is written when it fails', async () => {
    const { cluster } = await setUp(() => ({ status: 0, body: '', error: 'dial tcp: connect: connection refused' }));
    expect(statusOf(await cluster.request('POST', PATH('v1'), widget({ size: 3 })))).toMatchObject({
      code: 500,
      message:
        'conversion webhook for example.com/v1, Kind=Widget failed: Post "https://hooks.example.com/convert?timeout=30s": dial tcp: connect: connection refused',
    });
    expect((await cluster.request<{ items: Widget[] }>('GET', PATH('v1beta1'))).body.items).toEqual([]);
  });

  test.each<{ name: string; answer: (question: Question) => ExternalAnswer; want: string }>([
    {
      name: 'says no',
      answer: ({ request: { uid } }) => reviewOf({ uid, result: { status: 'Failure', message: 'too large' } }),
      want: 'failed: too large',
    },
    {
      name: 'says nothing',
      answer: ({ request: { uid } }) => reviewOf({ uid, result: {} }),
      want: "failed: response.result.status was '', not 'Success'",
    },
    {
      name: 'answers nothing',
      answer: () => ({ status: 200, body: '{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1"}' }),
      want: 'failed: no response provided',
    },
    {
      name: 'gives nothing back',
      answer: ({ request: { uid } }) => reviewOf({ uid, result: { status: 'Success' }, convertedObjects: [] }),
      want: 'returned 0 objects, expected 1',
    },
    {
      name: 'does not convert',
      answer: ({ request: { uid, objects } }) => reviewOf({ uid, result: { status: 'Success' }, convertedObjects: objects }),
      want: 'returned invalid object at index 0: invalid groupVersion (expected example.com/v1beta1, received example.com/v1)',
    },
    {
      name: 'changes the name',
      answer: ({ request: { uid, objects, desiredAPIVersion } }) =>
        reviewOf({
          uid,
          result: { status: 'Success' },
          convertedObjects: objects.map((one) => ({ ...converted(one, desiredAPIVersion), metadata: { ...one.metadata, name: 'x' } })),
        }),
      want: 'returned invalid object: must have the same name: w != x',
    },
  ])('that $name, it is said', async ({ answer, want }) => {
    const { cluster } = await setUp(answer);
    const made = await cluster.request('POST', PATH('v1'), widget({ size: 3 }, { metadata: { name: 'w' } }));
    expect(statusOf(made).message).toBe(`conversion webhook for example.com/v1, Kind=Widget ${want}`);
  });
});
