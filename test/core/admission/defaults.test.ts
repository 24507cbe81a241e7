// The small plugins: what each fills in, and what it refuses.

import { describe, expect, test } from 'vitest';
import { nodes } from '../../../worker/resources/core/node.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { priorityClasses } from '../../../worker/resources/scheduling/priorityclass.ts';
import { makeRequest } from '../lib/x509/make-request.ts';
import { as, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const claim = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: 'c', ...metadata },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const storageClass = (name: string, more: object = {}, isDefault = true): object => ({
  metadata: { name, annotations: isDefault ? { 'storageclass.kubernetes.io/is-default-class': 'true' } : {} },
  provisioner: 'x.io/y',
  ...more,
});
const CLASSES = 'POST /apis/storage.k8s.io/v1/storageclasses';

describe('namespaces', () => {
  test.each([
    ['one that is not there', 'POST /api/v1/namespaces/none/configmaps', 404, 'namespaces "none" not found'],
    ['one that is not there, for an update', 'PUT /api/v1/namespaces/none/configmaps/m', 404, 'namespaces "none" not found'],
    ['an object that is not there', 'PUT /api/v1/namespaces/default/configmaps/m', 404, 'configmaps "m" not found'],
    [
      'one that goes',
      'POST /api/v1/namespaces/going/configmaps',
      403,
      'configmaps "m" is forbidden: unable to create new content in namespace going because it is being terminated',
    ],
    [
      'the default one cannot go',
      'DELETE /api/v1/namespaces/default',
      403,
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
  ])('%s', async (_name, line, status, message) => {
    const { ask, api } = makeAsker();
    api.create(namespaces, { metadata: { name: 'going' } });
    api.delete(namespaces, '', 'going');
    expect(await ask(line, /^P[OU]/.test(line) ? { metadata: { name: 'm' } } : undefined)).toMatchObject({ status, message });
  });

  test('what is in one that goes may still change and go', async () => {
    const { ask, api } = makeAsker();
    api.create(namespaces, { metadata: { name: 'going' } });
    await ask('POST /api/v1/namespaces/going/configmaps', { metadata: { name: 'm' } });
    api.delete(namespaces, '', 'going');
    expect((await ask('PATCH /api/v1/namespaces/going/configmaps/m', { data: { a: 'b' } })).status).toBe(200);
    expect((await ask('DELETE /api/v1/namespaces/going/configmaps/m')).status).toBe(200);
  });
});

describe('priority', () => {
  const priorityOf = async ({ ask }: Asker, spec: object): Promise<unknown> => {
    const { body, message } = await ask('POST pods', podOf(spec));
    return message || [body.spec['priority'], body.spec['priorityClassName'], body.spec['preemptionPolicy']];
  };
  const CLASS = 'POST /apis/scheduling.k8s.io/v1/priorityclasses';

  test.each<[name: string, spec: object, want: unknown]>([
    ['none', {}, [0, undefined, 'PreemptLowerPriority']],
    ['a class', { priorityClassName: 'high' }, [100, 'high', 'Never']],
    ['the system’s', { priorityClassName: 'system-node-critical' }, [2_000_001_000, 'system-node-critical', 'PreemptLowerPriority']],
    ['the number of its class', { priorityClassName: 'high', priority: 100 }, [100, 'high', 'Never']],
    ['no such class', { priorityClassName: 'none' }, 'pods "p" is forbidden: no PriorityClass with name none was found'],
    [
      'a number of its own',
      { priority: 5 },
      'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [
      'a policy of its own',
      { preemptionPolicy: 'Never' },
      'pods "p" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ])('%s', async (_name, spec, want) => {
    const asker = makeAsker();
    await asker.ask(CLASS, { metadata: { name: 'high' }, value: 100, preemptionPolicy: 'Never' });
    expect(await priorityOf(asker, spec)).toEqual(want);
  });

  test('one class is the default, and only one', async () => {
    const asker = makeAsker();
    await asker.ask(CLASS, { metadata: { name: 'usual' }, value: 7, globalDefault: true });
    expect(await priorityOf(asker, {})).toEqual([7, 'usual', 'PreemptLowerPriority']);
    expect((await asker.ask(CLASS, { metadata: { name: 'other' }, value: 8, globalDefault: true })).message).toBe(
      'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
  });
});

describe('tolerations', () => {
  const bearable = (key: string): object => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  const [notReady, unreachable] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;
  test.each<[name: string, given: object[], want: object[]]>([
    ['none', [], [bearable(notReady), bearable(unreachable)]],
    ['everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    [
      'one of them',
      [{ key: notReady, operator: 'Exists', effect: 'NoExecute' }],
      [{ key: notReady, operator: 'Exists', effect: 'NoExecute' }, bearable(unreachable)],
    ],
    [
      'another effect',
      [{ operator: 'Exists', effect: 'NoSchedule' }],
      [{ operator: 'Exists', effect: 'NoSchedule' }, bearable(notReady), bearable(unreachable)],
    ],
  ])('%s', async (_name, tolerations, want) => {
    const { ask } = makeAsker();
    expect((await ask('POST pods', podOf({ tolerations }))).body.spec['tolerations']).toEqual(want);
  });
});

describe('claims', () => {
  test.each<[name: string, given: object, want: string | undefined]>([
    ['without a class get the newest default', claim(), 'new'],
    ['with one keep it', claim({ storageClassName: 'own' }), 'own'],
    ['that want none get none', claim({ storageClassName: '' }), ''],
  ])('%s', async (_name, given, want) => {
    const asker = makeAsker();
    await asker.ask(CLASSES, storageClass('old'));
    await asker.ask(CLASSES, storageClass('plain', {}, false));
    asker.advance(5000);
    await asker.ask(CLASSES, storageClass('new'));
    expect((await asker.ask('POST persistentvolumeclaims', given)).body.spec['storageClassName']).toBe(want);
  });

  test('without a default class there is none', async () => {
    const { ask } = makeAsker();
    expect((await ask('POST persistentvolumeclaims', claim())).body.spec['storageClassName']).toBeUndefined();
  });

  test('begin with a finalizer, as volumes do', async () => {
    const { ask } = makeAsker();
    expect((await ask('POST persistentvolumeclaims', claim())).body.metadata['finalizers']).toEqual(['kubernetes.io/pvc-protection']);
    const volume = {
      metadata: { name: 'v' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    };
    expect((await ask('POST /api/v1/persistentvolumes', volume)).body.metadata['finalizers']).toEqual(['kubernetes.io/pv-protection']);
  });

  test.each<[name: string, phase: string, expandable: boolean, problem: string]>([
    ['grow', 'Bound', true, ''],
    [
      'grow only if their class lets them',
      'Bound',
      false,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    ],
  ])('%s', async (_name, phase, expandable, problem) => {
    const { ask, api } = makeAsker();
    await ask(CLASSES, storageClass('k', { allowVolumeExpansion: expandable }));
    await ask('POST persistentvolumeclaims', claim());
    const made = api.get(persistentVolumeClaims, 'default', 'c')!;
    const bound = api.update(persistentVolumeClaims, { ...made, spec: { ...made.spec, volumeName: 'v' } });
    api.updateStatus(persistentVolumeClaims, { ...bound, status: { phase, capacity: { storage: '1Gi' } } } as typeof made);
    const { message } = await ask('PATCH persistentvolumeclaims/c', { spec: { resources: { requests: { storage: '2Gi' } } } });
    expect(message).toBe(problem && `persistentvolumeclaims "c" is forbidden: ${problem}`);
  });
});

test.each<[name: string, metadata: object, want: string | undefined]>([
  ['an Ingress without a class gets the default one', {}, 'nginx'],
  ['one with the old annotation does not', { annotations: { 'kubernetes.io/ingress.class': 'own' } }, undefined],
])('%s', async (_name, metadata, want) => {
  const { ask } = makeAsker();
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  await ask('POST /apis/networking.k8s.io/v1/ingressclasses', { metadata: { name: 'nginx', annotations }, spec: { controller: 'x.io/y' } });
  const spec = { defaultBackend: { service: { name: 's', port: { number: 80 } } } };
  expect((await ask('POST ingresses', { metadata: { name: 'i', ...metadata }, spec })).body.spec['ingressClassName']).toBe(want);
});

describe('runtime classes', () => {
  const scheduling = { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] };
  const made = async (): Promise<Asker> => {
    const asker = makeAsker();
    const body = { metadata: { name: 'vm' }, handler: 'vm', overhead: { podFixed: { memory: '10Mi' } }, scheduling };
    expect((await asker.ask('POST /apis/node.k8s.io/v1/runtimeclasses', body)).message).toBe('');
    return asker;
  };

  test('say what a pod costs more, and where it can run', async () => {
    const { ask } = await made();
    const { body } = await ask(
      'POST pods',
      podOf({ runtimeClassName: 'vm', nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] }),
    );
    expect(body.spec).toMatchObject({
      overhead: { memory: '10Mi' },
      nodeSelector: { a: 'b', vm: 'yes' },
      tolerations: [{ operator: 'Exists' }],
    });
  });

  test.each<[spec: object, problem: string]>([
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [{ runtimeClassName: 'vm', overhead: { memory: '1Mi' } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [{ overhead: { memory: '1Mi' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'vm', nodeSelector: { vm: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    ],
  ])('refuse %j', async (spec, problem) => {
    const { ask } = await made();
    expect((await ask('POST pods', podOf(spec))).message).toBe(`pods "p" is forbidden: ${problem}`);
  });
});

describe('certificates', () => {
  const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const may = async ({ ask }: Asker, verb: string, name: string): Promise<void> => {
    const rules = [
      {
        verbs: ['*'],
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'],
      },
      { verbs: [verb], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: [name] },
    ];
    await ask('POST /apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'r' }, rules });
    await ask('POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'b' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
    });
  };
  const csr = (signerName: string, organizations: string[] = []): object => ({
    metadata: { name: 'r' },
    spec: { request: btoa(makeRequest({ commonName: 'j', organizations })), signerName, usages: ['client auth'] },
  });
  const approved = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'R', message: '' }] } };
  const failed = { status: { conditions: [{ type: 'Failed', status: 'True', reason: 'R', message: '' }] } };

  test.each<[name: string, verb: string, right: string, path: string, body: object, problem: string]>([
    ['who may approve for the signer', 'approve', 'x.io/mine', 'approval', approved, ''],
    ['who may approve for its domain', 'approve', 'x.io/*', 'approval', approved, ''],
    [
      'who may approve for another',
      'approve',
      'x.io/other',
      'approval',
      approved,
      'user not permitted to approve requests with signerName "x.io/mine"',
    ],
    ['who may sign', 'sign', 'x.io/mine', 'status', failed, ''],
    [
      'who may only approve does not sign',
      'approve',
      'x.io/mine',
      'status',
      failed,
      'user not permitted to sign requests with signerName "x.io/mine"',
    ],
  ])('%s', async (_name, verb, right, path, body, problem) => {
    const asker = makeAsker();
    await may(asker, verb, right);
    expect((await asker.ask(`POST ${CSRS}`, csr('x.io/mine'))).message).toBe('');
    const { message } = await asker.ask(`PATCH ${CSRS}/r/${path}`, body, as('jane'));
    expect(message).toBe(problem && `certificatesigningrequests.certificates.k8s.io "r" is forbidden: ${problem}`);
  });

  test('nobody asks for the group that may do everything', async () => {
    const { ask } = makeAsker();
    expect((await ask(`POST ${CSRS}`, csr('kubernetes.io/kube-apiserver-client', ['system:masters']))).message).toBe(
      'certificatesigningrequests.certificates.k8s.io "r" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    expect((await ask(`POST ${CSRS}`, csr('x.io/mine', ['system:masters']))).status).toBe(201);
  });
});

test('a pod that is bound takes over the zone and region of its node', async () => {
  const { ask, api } = makeAsker();
  api.create(nodes, {
    metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' } },
  });
  await ask('POST pods', podOf());
  expect((await ask('POST pods/p/binding', { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } })).status).toBe(201);
  expect(api.get(pods, 'default', 'p')!.metadata.labels).toEqual({
    'topology.kubernetes.io/zone': 'z',
    'topology.kubernetes.io/region': 'r',
  });
});

test.each([
  { name: 'a node is not ready when it comes', given: [], want: ['node.kubernetes.io/not-ready:NoSchedule'] },
  {
    name: 'its own taints come before that',
    given: [{ key: 'a', effect: 'NoSchedule' }],
    want: ['a:NoSchedule', 'node.kubernetes.io/not-ready:NoSchedule'],
  },
  {
    name: 'one that says so itself says it once',
    given: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    want: ['node.kubernetes.io/not-ready:NoSchedule'],
  },
])('$name', async ({ given, want }) => {
  const { ask, api } = makeAsker();
  expect((await ask('POST /api/v1/nodes', { metadata: { name: 'n' }, spec: { taints: given } })).status).toBe(201);
  const node = api.get(nodes, '', 'n')!;
  expect(node.spec.taints!.map(({ key, effect }) => `${key}:${effect}`)).toEqual(want);
});

test('the priority classes of the system cannot go, one by one', async () => {
  const { ask, api } = makeAsker();
  const { message, status } = await ask('DELETE /apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical');
  expect([status, message]).toEqual([
    403,
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  ]);
  expect(api.get(priorityClasses, '', 'system-node-critical')).toBeDefined();
  // As upstream, which asks nobody about each of many.
  expect((await ask('DELETE /apis/scheduling.k8s.io/v1/priorityclasses')).status).toBe(200);
  expect(api.list(priorityClasses)).toEqual([]);
});
