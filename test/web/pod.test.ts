import { describe, expect, test } from 'vitest';
import type { Pod } from '../../web/cluster/kinds.ts';
import { componentOf, monogram, podState, whyNot, whyWaiting, workloadKey, worst } from '../../web/model/pod.ts';

interface Given {
  readonly name?: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly node?: string;
  readonly deleted?: boolean;
  readonly containers?: readonly object[];
  readonly init?: readonly object[];
  readonly sidecar?: boolean;
  readonly conditions?: readonly object[];
  readonly owner?: object;
  readonly labels?: Record<string, string>;
}

function pod({
  name = 'web',
  phase = 'Running',
  reason,
  node = 'node-1',
  deleted,
  containers,
  init,
  sidecar,
  conditions,
  owner,
  labels,
}: Given): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      ...(labels && { labels }),
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ...(owner && { ownerReferences: [{ controller: true, ...owner }] }),
    },
    spec: {
      ...(node && { nodeName: node }),
      containers: [{ name: 'main' }],
      ...(init && { initContainers: [{ name: 'first', ...(sidecar && { restartPolicy: 'Always' }) }] }),
    },
    status: { phase, reason, conditions, containerStatuses: containers, initContainerStatuses: init },
  } as unknown as Pod;
}

const running = { name: 'main', ready: true, restartCount: 0, state: { running: {} }, lastState: {} };
const waiting = (reason: string, restartCount = 0) => ({
  name: 'main',
  ready: false,
  restartCount,
  state: { waiting: { reason } },
  lastState: {},
});
const ended = (exitCode: number, reason?: string) => ({
  name: 'main',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, reason } },
  lastState: {},
});

describe('podState', () => {
  test.each([
    { name: 'runs and is ready', given: { containers: [running] }, want: ['Running', 'ok', '1/1'] },
    { name: 'runs and is not ready', given: { containers: [{ ...running, ready: false }] }, want: ['Running', 'unready', '0/1'] },
    {
      name: 'runs on a node that is not heard of',
      given: { containers: [running], conditions: [{ type: 'Ready', status: 'False' }] },
      want: ['Running', 'unready', '1/1'],
    },
    { name: 'has no node', given: { phase: 'Pending', node: '' }, want: ['Pending', 'waiting', '0/1'] },
    {
      name: 'is held back by a gate',
      given: { phase: 'Pending', node: '', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      want: ['SchedulingGated', 'waiting', '0/1'],
    },
    {
      name: 'is made',
      given: { phase: 'Pending', containers: [waiting('ContainerCreating')] },
      want: ['ContainerCreating', 'starting', '0/1'],
    },
    {
      name: 'pulls in vain',
      given: { phase: 'Pending', containers: [waiting('ImagePullBackOff')] },
      want: ['ImagePullBackOff', 'bad', '0/1'],
    },
    { name: 'crashes', given: { containers: [waiting('CrashLoopBackOff', 4)] }, want: ['CrashLoopBackOff', 'bad', '0/1'] },
    { name: 'has succeeded', given: { phase: 'Succeeded', containers: [ended(0, 'Completed')] }, want: ['Completed', 'done', '0/1'] },
    { name: 'has failed', given: { phase: 'Failed', containers: [ended(3)] }, want: ['ExitCode:3', 'bad', '0/1'] },
    { name: 'was evicted', given: { phase: 'Failed', reason: 'Evicted' }, want: ['Evicted', 'bad', '0/1'] },
    { name: 'is going', given: { deleted: true, containers: [running] }, want: ['Terminating', 'ending', '1/1'] },
    {
      name: 'was lost with its node',
      given: { deleted: true, reason: 'NodeLost', containers: [running] },
      want: ['Unknown', 'ending', '1/1'],
    },
    {
      name: 'waits for its init containers',
      given: {
        phase: 'Pending',
        init: [{ name: 'first', ready: false, restartCount: 0, state: { running: {} } }],
        containers: [waiting('PodInitializing')],
      },
      want: ['Init:0/1', 'starting', '0/1'],
    },
    {
      name: 'fails in an init container',
      given: {
        phase: 'Pending',
        init: [{ name: 'first', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      want: ['Init:CrashLoopBackOff', 'bad', '0/1'],
    },
    {
      name: 'has a sidecar',
      given: {
        sidecar: true,
        init: [{ name: 'first', ready: true, started: true, restartCount: 0, state: { running: {} } }],
        containers: [running],
      },
      want: ['Running', 'ok', '2/2'],
    },
  ])('a pod that $name', ({ given, want }) => {
    const { text, tone, ready, containers } = podState(pod(given));
    expect([text, tone, `${ready}/${containers}`]).toEqual(want);
  });

  test('restarts are added up, those of a pod that goes are none', () => {
    expect(podState(pod({ containers: [waiting('CrashLoopBackOff', 4)] })).restarts).toBe(4);
    expect(podState(pod({ deleted: true, containers: [waiting('CrashLoopBackOff', 4)] })).restarts).toBe(0);
  });
});

describe('workloadKey', () => {
  test.each([
    { name: 'none', given: {}, want: '', letters: 'WE' },
    {
      name: 'a Deployment, through its ReplicaSet',
      given: { owner: { kind: 'ReplicaSet', name: 'web-api-5d4f' }, labels: { 'pod-template-hash': '5d4f' } },
      want: 'Deployment/default/web-api',
      letters: 'WA',
    },
    {
      name: 'a ReplicaSet of its own',
      given: { owner: { kind: 'ReplicaSet', name: 'cache' } },
      want: 'ReplicaSet/default/cache',
      letters: 'CA',
    },
    { name: 'a StatefulSet', given: { owner: { kind: 'StatefulSet', name: 'db' } }, want: 'StatefulSet/default/db', letters: 'DB' },
    {
      name: 'a StatefulSet, by its place in it',
      given: { name: 'db-2', owner: { kind: 'StatefulSet', name: 'db' }, labels: { 'apps.kubernetes.io/pod-index': '2' } },
      want: 'StatefulSet/default/db',
      letters: 'D2',
    },
    { name: 'a node, as a static pod', given: { name: 'etcd-node-1', owner: { kind: 'Node', name: 'node-1' } }, want: '', letters: 'ET' },
  ])('$name', ({ given, want, letters }) => {
    expect([workloadKey(pod(given)), monogram(pod(given))]).toEqual([want, letters]);
  });
});

test('a static pod is known by its component', () => {
  expect(componentOf(pod({ name: 'kube-apiserver-node-1', owner: { kind: 'Node', name: 'node-1' } }))).toBe('kube-apiserver');
  expect(componentOf(pod({ name: 'web-node-1' }))).toBe('');
});

test('why a pod waits is what the scheduler says', () => {
  const message = '0/3 nodes are available: 3 Insufficient cpu.';
  expect(whyWaiting(pod({ conditions: [{ type: 'PodScheduled', status: 'False', message }] }))).toBe(message);
  expect(whyWaiting(pod({ conditions: [{ type: 'PodScheduled', status: 'True' }] }))).toBe('');
});

const taint = {
  type: 'DisruptionTarget',
  status: 'True',
  message: 'Taint manager: deleting due to NoExecute taint',
};

describe('why it is not running, or goes', () => {
  test.each([
    { name: 'it runs', given: { containers: [running] }, want: '' },
    {
      name: 'no node takes it',
      given: { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] },
      want: '0/1 nodes are available',
    },
    {
      name: 'its image is not there',
      given: { containers: [{ ...waiting('ErrImagePull'), state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } }] },
      want: 'not found',
    },
    { name: 'it has to go', given: { deleted: true, conditions: [taint] }, want: taint.message },
    { name: 'it had to go', given: { phase: 'Failed', conditions: [taint] }, want: taint.message },
  ])('$name', ({ given, want }) => expect(whyNot(pod(given))).toBe(want));
});

test('trouble comes before everything', () => {
  expect([worst(['ok', 'bad', 'starting']), worst(['ok', 'done']), worst([])]).toEqual(['bad', 'ok', undefined]);
});
