// The paths below objects that do something, or take a part of the object: what each lets through, and what it refuses.

import { describe, expect, test } from 'vitest';
import type { PodDisruptionBudget } from '../../../../worker/api/gen/policy-v1.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { podDisruptionBudgets } from '../../../../worker/resources/policy/poddisruptionbudget.ts';
import { makeAsker, podOf } from '../../admission/ask.ts';
import type { Asker, Fields } from '../../admission/ask.ts';

const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

async function withPod(spec: object = {}, metadata: object = {}): Promise<Asker> {
  const asker = makeAsker();
  expect((await asker.ask('POST pods', podOf(spec, { labels: { app: 'p' }, ...metadata }))).message).toBe('');
  return asker;
}

describe('binding', () => {
  const binding = (target: object, metadata: object = {}): object => ({ metadata: { name: 'p', ...metadata }, target });

  test('puts a pod on a node, with what the binding adds', async () => {
    const { ask, api } = await withPod();
    const { status, body } = await ask('POST pods/p/binding', binding({ kind: 'Node', name: 'n' }, { annotations: { a: 'b' } }));
    expect([status, body['status'] as unknown]).toEqual([201, 'Success']);
    const pod = api.get(pods, 'default', 'p')!;
    expect([pod.spec.nodeName, pod.metadata.annotations]).toEqual(['n', { a: 'b' }]);
    expect(pod.status.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
  });

  test('by the older path too', async () => {
    const { ask, api } = await withPod();
    expect((await ask('POST bindings', binding({ kind: 'Node', name: 'n' }))).status).toBe(201);
    expect(api.get(pods, 'default', 'p')!.spec.nodeName).toBe('n');
  });

  test.each<[name: string, spec: object, body: object, code: number, message: string]>([
    ['that is bound', { nodeName: 'a' }, binding({ name: 'n' }), 409, 'pod p is already assigned to node "a"'],
    [
      'that waits at a gate',
      { schedulingGates: [{ name: 'x.io/g' }] },
      binding({ name: 'n' }),
      409,
      'pod p has non-empty .spec.schedulingGates',
    ],
    ['to nothing', {}, binding({ kind: 'Node', name: '' }), 422, 'target.name: Required value'],
    ['to something else', {}, binding({ kind: 'Pod', name: 'n' }), 422, 'target.kind: Unsupported value: "Pod"'],
    ['that is another', {}, binding({ name: 'n' }, { uid: 'x' }), 409, 'Precondition failed: UID in precondition: x'],
    ['under another name', {}, binding({ name: 'n' }, { name: 'q' }), 400, 'name in URL does not match name in Binding object'],
  ])('does not take a pod %s', async (_name, spec, body, code, message) => {
    const { ask } = await withPod(spec);
    const refused = await ask('POST pods/p/binding', body);
    expect(refused.status).toBe(code);
    expect(refused.message).toContain(message);
  });

  test('a dry run binds nothing', async () => {
    const { ask, api } = await withPod();
    expect((await ask('POST pods/p/binding?dryRun=All', binding({ name: 'n' }))).status).toBe(201);
    expect(api.get(pods, 'default', 'p')!.spec.nodeName).toBeUndefined();
  });
});

describe('eviction', () => {
  const eviction = (deleteOptions?: object): object => ({ metadata: { name: 'p' }, ...(deleteOptions && { deleteOptions }) });

  /** A running pod, and a budget that lets so many go. */
  async function guarded(allowed: number, more: Partial<PodDisruptionBudget['status']> = {}): Promise<Asker> {
    const asker = await withPod({ nodeName: 'n', terminationGracePeriodSeconds: 0 });
    const pod = asker.api.get(pods, 'default', 'p')!;
    const conditions = [{ type: 'Ready', status: 'True' }];
    asker.api.updateStatus(pods, { ...pod, status: { ...pod.status, phase: 'Running', conditions } });
    const budget = asker.api.create(podDisruptionBudgets, {
      metadata: { name: 'b', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'p' } } },
    } as never);
    const status = { observedGeneration: 1, disruptionsAllowed: allowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, ...more };
    asker.api.updateStatus(podDisruptionBudgets, { ...budget, status } as PodDisruptionBudget);
    return asker;
  }

  test('takes from the budget, and the pod goes', async () => {
    const { ask, api } = await guarded(1, { currentHealthy: 2 });
    expect((await ask('POST pods/p/eviction', eviction())).body).toMatchObject({ status: 'Success', code: 201 });
    expect(api.get(pods, 'default', 'p')).toBeUndefined();
    expect(api.get(podDisruptionBudgets, 'default', 'b')!.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { p: '2026-01-01T00:00:00Z' },
    });
  });

  test.each([
    ['policy/v1beta1', 201],
    ['policy/v2', 400],
  ])('of %s is answered %i', async (apiVersion, code) => {
    const { ask } = await guarded(1);
    expect(await ask('POST pods/p/eviction', { ...eviction(), kind: 'Eviction', apiVersion })).toMatchObject({ status: code });
  });

  test('is refused by a budget that allows none', async () => {
    const { ask, api } = await guarded(0);
    const { status, body } = await ask('POST pods/p/eviction', eviction());
    expect([status, body['reason'] as unknown, body['message'] as unknown]).toEqual([
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
    ]);
    expect((body['details'] as Fields)['causes']).toEqual([
      { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
    ]);
    expect(api.get(pods, 'default', 'p')).toBeDefined();
  });

  test.each<[name: string, query: string, options: object | undefined]>([
    ['by the query', '?dryRun=All', undefined],
    ['by its options', '', { dryRun: ['All'] }],
  ])('a dry run takes nothing: %s', async (_name, query, options) => {
    const { ask, api } = await guarded(1, { currentHealthy: 2 });
    expect((await ask(`POST pods/p/eviction${query}`, eviction(options))).status).toBe(201);
    expect(api.get(pods, 'default', 'p')!.metadata.deletionTimestamp).toBeUndefined();
    expect(api.get(podDisruptionBudgets, 'default', 'b')!.status.disruptionsAllowed).toBe(1);
  });

  test.each<[name: string, options: object, code: number]>([
    ['another pod of the name', { preconditions: { uid: 'x' } }, 409],
    ['another version of the pod', { preconditions: { resourceVersion: '1' } }, 409],
  ])('spares %s', async (_name, options, code) => {
    const { ask } = await guarded(1, { currentHealthy: 2 });
    expect((await ask('POST pods/p/eviction', eviction(options))).status).toBe(code);
  });

  test('of a pod that does not run needs no budget; of none there is nothing', async () => {
    const { ask, api } = await withPod();
    api.create(podDisruptionBudgets, { metadata: { name: 'b', namespace: 'default' }, spec: { minAvailable: 1, selector: {} } } as never);
    expect((await ask('POST pods/p/eviction', eviction())).status).toBe(201);
    expect((await ask('POST pods/p/eviction', eviction())).message).toBe('pods "p" not found');
  });
});

describe('parts of a pod', () => {
  test.each<[name: string, line: string, body: object, message: string]>([
    [
      'an ephemeral container comes',
      'PATCH pods/p/ephemeralcontainers',
      { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } },
      '',
    ],
    [
      'not by the pod itself',
      'PATCH pods/p',
      { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } },
      'Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than',
    ],
    [
      'requests change by resize',
      'PATCH pods/p/resize',
      { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '20m' } } }] } },
      '',
    ],
    [
      'but not the class of service',
      'PATCH pods/p/resize',
      {
        spec: {
          containers: [{ name: 'c', resources: { requests: { cpu: '10m', memory: '1Mi' }, limits: { cpu: '10m', memory: '1Mi' } } }],
        },
      },
      'Pod QOS Class may not change as a result of resizing',
    ],
    [
      'a resize leaves everything else alone',
      'PATCH pods/p/resize',
      { spec: { nodeName: 'ignored', containers: [{ name: 'c', image: 'ignored' }] } },
      '',
    ],
    ['the status by its path', 'PATCH pods/p/status', { status: { message: 'm' }, spec: { nodeName: 'ignored' } }, ''],
  ])('%s', async (_name, line, body, message) => {
    const { ask, api } = await withPod({ containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '10m' } } }] });
    const answer = await ask(line, body, STRATEGIC);
    if (message) expect(answer.message).toContain(message);
    else expect(answer.message).toBe('');
    const { spec } = api.get(pods, 'default', 'p')!;
    expect([spec.nodeName, spec.containers[0]!.image]).toEqual([undefined, 'x']);
  });

  test('an ephemeral container does not go again', async () => {
    const { ask } = await withPod();
    await ask('PATCH pods/p/ephemeralcontainers', { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } }, STRATEGIC);
    const { message } = await ask(
      'PATCH pods/p/ephemeralcontainers',
      { spec: { ephemeralContainers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(message).toContain('existing ephemeral containers "e" may not be removed');
  });
});

describe('tokens', () => {
  const ask = async (spec: object): Promise<{ status: number; message: string; claims: Fields }> => {
    const asker = await withPod({ nodeName: 'n' });
    asker.api.create(nodes, { metadata: { name: 'n' } });
    await asker.ask('POST secrets', { metadata: { name: 's' } });
    const { status, message, body } = await asker.ask('POST serviceaccounts/default/token', { spec });
    const token = (body['status'] as { token?: string } | undefined)?.token;
    return {
      status,
      message,
      claims: token ? (JSON.parse(atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))) as Fields) : {},
    };
  };

  test.each<[name: string, spec: object, want: object]>([
    [
      'an hour, for the API server',
      {},
      { aud: ['https://kubernetes.default.svc.cluster.local'], exp: 1767225600 + 3600, sub: 'system:serviceaccount:default:default' },
    ],
    ['as long as asked, for whom it is asked', { expirationSeconds: 600, audiences: ['vault'] }, { aud: ['vault'], exp: 1767225600 + 600 }],
    [
      'bound to a pod, and so to its node',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } },
      {
        'kubernetes.io': expect.objectContaining({
          pod: expect.objectContaining({ name: 'p' }),
          node: expect.objectContaining({ name: 'n' }),
        }),
      },
    ],
    [
      'a year for a pod that asks for an hour as pods do',
      { expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } },
      { exp: 1767225600 + 31_536_000, 'kubernetes.io': expect.objectContaining({ warnafter: 1767225600 + 3607 }) },
    ],
    [
      'an hour for a pod that asks for others',
      { expirationSeconds: 3607, audiences: ['vault'], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } },
      { exp: 1767225600 + 3607, 'kubernetes.io': expect.not.objectContaining({ warnafter: expect.anything() }) },
    ],
    ['an hour for nobody in particular', { expirationSeconds: 3607 }, { exp: 1767225600 + 3607 }],
    [
      'bound to a secret',
      { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's' } },
      { 'kubernetes.io': expect.objectContaining({ secret: expect.objectContaining({ name: 's' }) }) },
    ],
    [
      'bound to a node',
      { boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: 'n' } },
      { 'kubernetes.io': expect.objectContaining({ node: expect.objectContaining({ name: 'n' }) }) },
    ],
  ])('%s', async (_name, spec, want) => {
    expect(await ask(spec)).toMatchObject({ status: 201, claims: want });
  });

  test.each<[spec: object, code: number, message: string]>([
    [
      { expirationSeconds: 60 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    [{ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'none' } }, 404, 'secrets "none" not found'],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'x' } },
      409,
      'the UID in the bound object reference (x) does not match the UID in record',
    ],
  ])('%j is refused', async (spec, code, message) => {
    const refused = await ask(spec);
    expect(refused.status).toBe(code);
    expect(refused.message).toContain(message);
  });
});

describe('scale', () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  const made = async (): Promise<Asker> => {
    const asker = makeAsker();
    await asker.ask('POST deployments', {
      metadata: { name: 'd' },
      spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template },
    });
    return asker;
  };

  test('is read, and changed, and nothing else with it', async () => {
    const { ask } = await made();
    const scale = await ask('GET deployments/d/scale');
    expect(scale.body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'a=b' },
    });
    expect((await ask('PUT deployments/d/scale', { metadata: { name: 'd' }, spec: { replicas: 5 } })).body.spec).toEqual({ replicas: 5 });
    expect((await ask('PATCH deployments/d/scale', { spec: { replicas: 7 } })).body.spec).toEqual({ replicas: 7 });
    expect((await ask('GET deployments/d')).body).toMatchObject({ metadata: { generation: 3 }, spec: { replicas: 7 } });
  });

  test.each<[name: string, line: string, body: object, code: number]>([
    ['fewer than none', 'PATCH deployments/d/scale', { spec: { replicas: -1 } }, 422],
    ['an old version', 'PUT deployments/d/scale', { metadata: { name: 'd', resourceVersion: '1' }, spec: { replicas: 1 } }, 409],
    ['another name', 'PUT deployments/d/scale', { metadata: { name: 'e' }, spec: { replicas: 1 } }, 400],
    ['what is not there', 'PUT deployments/e/scale', { metadata: { name: 'e' }, spec: { replicas: 1 } }, 404],
  ])('%s is refused', async (_name, line, body, code) => {
    const { ask } = await made();
    expect((await ask(line, body)).status).toBe(code);
    expect((await ask('GET deployments/d')).body.spec['replicas']).toBe(2);
  });
});

describe('finalize', () => {
  test('takes a finalizer from a namespace that goes; the last one lets it go', async () => {
    const { ask } = makeAsker();
    await ask('POST /api/v1/namespaces', { metadata: { name: 'x' }, spec: { finalizers: ['kubernetes', 'x.io/y'] } });
    await ask('DELETE /api/v1/namespaces/x');
    const left = await ask('PUT /api/v1/namespaces/x/finalize', { metadata: { name: 'x' }, spec: { finalizers: ['kubernetes'] } });
    expect([left.message, left.body.spec]).toEqual(['', { finalizers: ['kubernetes'] }]);
    expect((await ask('PUT /api/v1/namespaces/x/finalize', { metadata: { name: 'x' }, spec: {} })).status).toBe(200);
    expect((await ask('GET /api/v1/namespaces/x')).status).toBe(404);
  });

  test('an ordinary update does not', async () => {
    const { ask } = makeAsker();
    await ask('POST /api/v1/namespaces', { metadata: { name: 'x' } });
    const { body } = await ask('PUT /api/v1/namespaces/x', { metadata: { name: 'x' }, spec: { finalizers: [] } });
    expect(body.spec).toEqual({ finalizers: ['kubernetes'] });
  });
});
