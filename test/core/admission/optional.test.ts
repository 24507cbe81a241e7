// Plugins that are off by default, each switched on alone, and configured.

import { describe, expect, test } from 'vitest';
import { as, configured, forPlugin, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const on = (plugin: string, ...lines: string[]): Asker =>
  makeAsker(configured({ 'enable-admission-plugins': plugin }, lines.length ? forPlugin(plugin, ...lines) : undefined));

const annotate = ({ ask }: Asker, annotations: Record<string, string>): Promise<unknown> =>
  ask('PATCH /api/v1/namespaces/default', { metadata: { annotations } });

describe('LimitPodHardAntiAffinityTopology', () => {
  const apart = (topologyKey: string): object =>
    podOf({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: {} }] } } });
  test.each([
    { key: 'kubernetes.io/hostname', want: '' },
    {
      key: 'topology.kubernetes.io/zone',
      want: 'pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
    },
  ])('$key', async ({ key, want }) => {
    expect((await on('LimitPodHardAntiAffinityTopology').ask('POST pods', apart(key))).message).toBe(want);
  });
});

test('AlwaysDeny denies everything but looking', async () => {
  const first = makeAsker();
  first.save();
  const { ask } = makeAsker({ backend: first.backend, ...configured({ 'enable-admission-plugins': 'AlwaysDeny' }) });
  expect((await ask('POST configmaps', { metadata: { name: 'a' } })).message).toBe(
    'configmaps "a" is forbidden: admission control is denying all modifications',
  );
  expect((await ask('DELETE serviceaccounts/default')).message).toBe(
    'serviceaccounts "default" is forbidden: admission control is denying all modifications',
  );
  expect((await ask('GET serviceaccounts')).status).toBe(200);
});

const OTHERS = { notReady: 'node.kubernetes.io/not-ready', unreachable: 'node.kubernetes.io/unreachable' };
const tolerationsOf = ({ body }: Awaited<ReturnType<Asker['ask']>>): unknown[] =>
  ((body.spec?.['tolerations'] ?? []) as { key?: string }[]).filter(({ key }) => key !== OTHERS.notReady && key !== OTHERS.unreachable);

describe('ExtendedResourceToleration', () => {
  const asking = (...requests: string[]): object[] => [
    {
      name: 'c',
      image: 'x',
      resources: {
        requests: Object.fromEntries(requests.map((name) => [name, 1])),
        limits: Object.fromEntries(requests.map((name) => [name, 1])),
      },
    },
  ];
  const borne = (key: string): object => ({ key, operator: 'Exists', effect: 'NoSchedule' });
  test.each([
    { name: 'nothing special', spec: { containers: asking('cpu') }, want: [] },
    {
      name: 'devices, by their names',
      spec: { containers: asking('x.com/gpu', 'memory'), initContainers: [{ ...asking('a.com/fpga')[0], name: 'i' }] },
      want: [borne('a.com/fpga'), borne('x.com/gpu')],
    },
    {
      name: 'a device whose toleration is there',
      spec: { containers: asking('x.com/gpu'), tolerations: [borne('x.com/gpu'), { key: 'a', operator: 'Exists' }] },
      want: [borne('x.com/gpu'), { key: 'a', operator: 'Exists' }],
    },
  ])('$name', async ({ spec, want }) => {
    expect(tolerationsOf(await on('ExtendedResourceToleration').ask('POST pods', podOf(spec)))).toEqual(want);
  });
});

describe('PodTolerationRestriction', () => {
  const KEY = 'scheduler.alpha.kubernetes.io/';
  const CONFIG = ['apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1', 'kind: Configuration'];
  const exists = (key: string): object => ({ key, operator: 'Exists' });
  const equal = (key: string, value: string): object => ({ key, operator: 'Equal', value });
  const pressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };
  interface Row {
    readonly name: string;
    readonly config?: string[];
    readonly annotations?: Record<string, unknown>;
    readonly spec?: object;
    readonly want: unknown;
  }
  const whitelist = (...keys: string[]): object[] => [...keys, OTHERS.notReady, OTHERS.unreachable].map(exists);
  test.each<Row>([
    { name: 'says nothing', want: [] },
    { name: 'the cluster gives some', config: ['default: [{key: a, operator: Exists}]'], want: [exists('a')] },
    {
      name: 'the namespace goes before it',
      config: ['default: [{key: a, operator: Exists}]'],
      annotations: { defaultTolerations: [exists('b')] },
      want: [exists('b')],
    },
    { name: 'or wants none', config: ['default: [{key: a, operator: Exists}]'], annotations: { defaultTolerations: '' }, want: [] },
    {
      name: 'what is covered by another is left out',
      annotations: { defaultTolerations: [exists('a')] },
      spec: { tolerations: [equal('a', '1'), equal('b', '1')] },
      want: [equal('b', '1'), exists('a')],
    },
    {
      name: 'who asks for something bears nodes short of memory',
      spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1' } } }] },
      want: [pressure],
    },
    {
      name: 'the namespace allows less',
      annotations: { tolerationsWhitelist: whitelist('a') },
      spec: { tolerations: [exists('b')] },
      want: 'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
    },
    {
      name: 'the cluster allows less',
      config: ['whitelist: [{key: a, operator: Exists}]'],
      want: 'pod tolerations (possibly merged with namespace default tolerations) conflict with its cluster whitelist',
    },
    {
      name: 'what is allowed',
      annotations: { tolerationsWhitelist: whitelist('a') },
      spec: { tolerations: [equal('a', 'x')] },
      want: [equal('a', 'x')],
    },
    {
      name: 'an annotation that is no JSON',
      annotations: { defaultTolerations: 'x' },
      want: "invalid character 'x' looking for beginning of value",
    },
  ])('$name', async ({ config, annotations = {}, spec, want }) => {
    const asker = on('PodTolerationRestriction', ...CONFIG, ...(config ?? []));
    const texts = Object.entries(annotations).map(([key, value]) => [KEY + key, typeof value === 'string' ? value : JSON.stringify(value)]);
    await annotate(asker, Object.fromEntries(texts) as Record<string, string>);
    const answer = await asker.ask('POST pods', podOf(spec));
    expect(typeof want === 'string' ? answer.message : tolerationsOf(answer)).toEqual(want);
  });
});

describe('PodNodeSelector', () => {
  const CONFIG = ['podNodeSelectorPluginConfig:', '  clusterDefaultNodeSelector: env=dev', '  default: env=dev,disk=ssd'];
  const KEY = 'scheduler.alpha.kubernetes.io/node-selector';
  test.each<{ name: string; annotation?: string; own?: object; want: unknown }>([
    { name: 'the default of the cluster', want: { env: 'dev' } },
    { name: 'and the pod’s own', own: { disk: 'ssd' }, want: { env: 'dev', disk: 'ssd' } },
    { name: 'a namespace that says so itself', annotation: 'disk=ssd', want: { disk: 'ssd' } },
    { name: 'or wants nothing', annotation: '', own: { disk: 'ssd' }, want: { disk: 'ssd' } },
    {
      name: 'a conflict',
      own: { env: 'prod' },
      want: 'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
    },
    {
      name: 'a label that is not allowed',
      own: { gpu: 'yes' },
      want: 'pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist',
    },
    { name: 'no selector', annotation: 'a', want: 'invalid selector: [a]' },
    {
      name: 'no label',
      annotation: 'a=b c',
      want:
        "[a]: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    },
  ])('$name', async ({ annotation, own, want }) => {
    const asker = on('PodNodeSelector', ...CONFIG);
    if (annotation !== undefined) await annotate(asker, { [KEY]: annotation });
    const { message, body } = await asker.ask('POST pods', podOf(own && { nodeSelector: own }));
    expect(typeof want === 'string' ? message : body.spec['nodeSelector']).toEqual(want);
  });
});

describe('EventRateLimit', () => {
  const CONFIG = ['apiVersion: eventratelimit.admission.k8s.io/v1alpha1', 'kind: Configuration'];
  const event = (name: string, about = 'p', namespace = 'default'): [string, object] => [
    `POST /api/v1/namespaces/${namespace}/events`,
    { metadata: { name }, involvedObject: { kind: 'Pod', namespace, name: about }, source: { component: 'x' } },
  ];
  test.each([
    {
      name: 'of a namespace',
      limit: 'type: Namespace',
      reached: 'limit reached on type Namespace for key default',
      other: event('o', 'p', 'kube-system'),
    },
    { name: 'of all', limit: 'type: Server', reached: 'limit reached on type Server for key ', other: undefined },
    {
      name: 'about an object',
      limit: 'type: SourceAndObject',
      reached: 'limit reached on type SourceAndObject for key xPoddefaultp',
      other: event('o', 'q'),
    },
  ])('$name', async ({ limit, reached, other }) => {
    const cluster = on('EventRateLimit', ...CONFIG, `limits: [{${limit}, qps: 1, burst: 2}]`);
    const { ask } = cluster;
    for (const name of ['a', 'b']) expect((await ask(...event(name))).status).toBe(201);
    const refused = await ask(...event('c'));
    expect(refused).toMatchObject({ status: 429, message: `Too many requests: ${reached}`, body: { reason: 'TooManyRequests' } });
    expect(refused.body).not.toHaveProperty('details');
    if (other) expect((await ask(...other)).status).toBe(201);
    cluster.advance(1000);
    expect((await ask(...event('d'))).status).toBe(201);
    expect((await ask(...event('e'))).status).toBe(429);
  });

  test('of a user, and of events of the newer kind never', async () => {
    const { ask } = on('EventRateLimit', ...CONFIG, 'limits: [{type: User, qps: 1, burst: 1}]');
    expect((await ask(...event('a'))).status).toBe(201);
    expect((await ask(...event('b'))).message).toBe('Too many requests: limit reached on type User for key kubernetes-admin');
    expect((await ask(...event('c'), as('jane', 'system:masters'))).status).toBe(201);
    const newer = {
      metadata: { name: 'n' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'x.y',
      reportingInstance: 'x',
      action: 'a',
      reason: 'r',
      type: 'Normal',
    };
    expect((await ask('POST /apis/events.k8s.io/v1/namespaces/default/events', newer)).message).toBe('');
  });
});

describe('OwnerReferencesPermissionEnforcement', () => {
  const role = (...rules: object[]): object => ({ metadata: { name: 'r' }, rules });
  const owner = (more: object = {}): object[] => [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u', ...more }];
  const EDIT = { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get', 'update', 'patch'] };
  const DELETE = { apiGroups: [''], resources: ['configmaps'], verbs: ['delete'] };
  const FINALIZE = { apiGroups: ['apps'], resources: ['deployments/finalizers'], verbs: ['update'] };
  const ALL = { apiGroups: ['*'], resources: ['*/finalizers'], verbs: ['update'] };

  async function jane(...rules: object[]): Promise<Asker> {
    const asker = on('OwnerReferencesPermissionEnforcement');
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await asker.ask(`POST ${rbac}/clusterroles`, role(EDIT, ...rules));
    await asker.ask(`POST ${rbac}/clusterrolebindings`, {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    });
    await asker.ask('POST configmaps', { metadata: { name: 'old' } });
    return asker;
  }
  const CANNOT_BLOCK = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>";
  test.each([
    { name: 'a new object needs no more', rules: [], line: 'POST configmaps', refs: owner(), want: '' },
    {
      name: 'one that is there must be one’s to delete',
      rules: [],
      line: 'PATCH configmaps/old',
      refs: owner(),
      want: "cannot set an ownerRef on a resource you can't delete: , <nil>",
    },
    { name: 'and is', rules: [DELETE], line: 'PATCH configmaps/old', refs: owner(), want: '' },
    { name: 'who blocks', rules: [], line: 'POST configmaps', refs: owner({ blockOwnerDeletion: true }), want: CANNOT_BLOCK },
    { name: 'may set finalizers', rules: [FINALIZE], line: 'POST configmaps', refs: owner({ blockOwnerDeletion: true }), want: '' },
    { name: 'on this or on all', rules: [ALL], line: 'POST configmaps', refs: owner({ blockOwnerDeletion: true }), want: '' },
    {
      name: 'an owner of an unknown kind',
      rules: [],
      line: 'POST configmaps',
      refs: owner({ apiVersion: 'x/v1', kind: 'Y', blockOwnerDeletion: true }),
      want: 'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion x/v1 Kind Y: no matches for kind "Y" in version "x/v1"',
    },
  ])('$name', async ({ rules, line, refs, want }) => {
    const { ask } = await jane(...rules);
    const name = line.startsWith('POST') ? 'new' : 'old';
    const { message } = await ask(line, { metadata: { name, ownerReferences: refs } }, as('jane'));
    expect(message).toBe(want && `configmaps "${name}" is forbidden: ${want}`);
  });
});

test('AlwaysPullImages says what changed a policy after it', async () => {
  const response = (request: { body: string }): object => ({
    uid: (JSON.parse(request.body) as { request: { uid: string } }).request.uid,
    allowed: true,
    patchType: 'JSONPatch',
    patch: btoa(JSON.stringify([{ op: 'replace', path: '/spec/containers/0/imagePullPolicy', value: 'Never' }])),
  });
  const { ask } = makeAsker({
    ...configured({ 'enable-admission-plugins': 'AlwaysPullImages' }),
    outside: (request) => ({
      status: 200,
      body: JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: response(request) }),
    }),
  });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const webhook = {
    name: 'a.x.com',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: 'https://x.com/' },
    rules: [rule],
    reinvocationPolicy: 'IfNeeded',
  };
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  expect((await ask(`POST ${path}`, { metadata: { name: 'm' }, webhooks: [webhook] })).message).toBe('');
  expect(await ask('POST pods', podOf())).toMatchObject({
    status: 500,
    message: 'pods "p" is forbidden: spec.containers[0].imagePullPolicy: Unsupported value: "Never": supported values: "Always"',
  });
});

describe('PodResizeValidator, which is on since 1.36', () => {
  const node = { metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux' } } };
  const allocatable = { cpu: '2', memory: '1Gi', pods: '10' };
  test.each([
    { name: 'what the node has', requests: { cpu: '1500m', memory: '512Mi' }, want: '' },
    {
      name: 'more than it has',
      requests: { cpu: '2500m', memory: '2Gi' },
      want: "Node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824",
    },
    { name: 'before 1.36', minor: 35, requests: { cpu: '2500m', memory: '2Gi' }, want: '' },
    {
      name: 'another system',
      os: 'plan9',
      requests: { cpu: '1100m' },
      want: 'pod resize is only supported on linux nodes, node "n" is "plan9"',
    },
  ])('$name', async ({ requests, minor = 36, os = 'linux', want }) => {
    const { ask } = makeAsker({ minor });
    await ask('POST /api/v1/nodes', { ...node, metadata: { name: 'n', labels: { 'kubernetes.io/os': os } } });
    const declared = { allocatable, capacity: allocatable, declaredFeatures: [] };
    await ask('PATCH /api/v1/nodes/n/status', { status: declared });
    const container = (resources: object): object => ({ name: 'c', image: 'x', resources });
    await ask('POST pods', podOf({ nodeName: 'n', containers: [container({ requests: { cpu: '1', memory: '256Mi' } })] }));
    const { message, body } = await ask(
      'PATCH pods/p/resize',
      { spec: { containers: [container({ requests })] } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect(message).toBe(want && `pods "p" is forbidden: ${want}`);
    if (want)
      expect(body).toMatchObject({ details: { causes: [{ reason: want.startsWith('Node') ? 'NodeCapacity' : 'UnsupportedPlatform' }] } });
  });
});

describe('flags', () => {
  test('say how long a pod stays on a node that is not ready', async () => {
    const { ask } = makeAsker(configured({ 'default-not-ready-toleration-seconds': '20' }));
    const tolerations = [OTHERS.notReady, OTHERS.unreachable].map((key, i) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: [20, 300][i],
    }));
    expect((await ask('POST pods', podOf())).body.spec['tolerations']).toEqual(tolerations);
  });

  test('of the older way say which plugins there are', async () => {
    const { ask } = makeAsker(configured({ 'admission-control': 'NamespaceLifecycle,AlwaysPullImages' }));
    const { spec } = (await ask('POST pods', podOf())).body;
    expect(spec).toMatchObject({ containers: [{ imagePullPolicy: 'Always' }] });
    for (const field of ['tolerations', 'serviceAccountName', 'priority']) expect(spec).not.toHaveProperty(field);
  });
});
