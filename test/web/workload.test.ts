import { describe, expect, test } from 'vitest';
import type { CronJob, DaemonSet, Deployment, Job, KubeObject, Pod, StatefulSet } from '../../web/cluster/kinds.ts';
import { countsOf, inOrder, ofCronJob, ofDaemonSet, ofDeployment, ofJob, ofStatefulSet, troublesOf } from '../../web/model/workload.ts';
import type { Workload } from '../../web/model/workload.ts';

const object = (kind: string, spec: object, status: object, namespace = 'default', name = 'web') => ({
  kind,
  metadata: { name, namespace },
  spec,
  status,
});
const short = ({ ready, desired, tone, note }: Workload) => `${ready}/${desired ?? '-'} ${tone} ${note}`.trim();

describe('a workload in a line', () => {
  test.each([
    ['all there', { replicas: 2 }, { replicas: 2, readyReplicas: 2, updatedReplicas: 2 }, '2/2 ok'],
    ['one replica if none is said', {}, { replicas: 1, readyReplicas: 1, updatedReplicas: 1 }, '1/1 ok'],
    ['scaled to nothing', { replicas: 0 }, {}, '0/0 ok'],
    ['coming', { replicas: 3 }, { replicas: 3, readyReplicas: 1, updatedReplicas: 3 }, '1/3 starting Progressing'],
    ['rolling', { replicas: 3 }, { replicas: 4, readyReplicas: 3, updatedReplicas: 1 }, '3/3 starting Updating 1/3'],
    ['paused', { replicas: 1, paused: true }, { replicas: 1, readyReplicas: 1, updatedReplicas: 1 }, '1/1 ok Paused'],
    [
      'stuck',
      { replicas: 1 },
      { replicas: 1, updatedReplicas: 1, conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
      '0/1 bad ProgressDeadlineExceeded',
    ],
    [
      'refused',
      { replicas: 1 },
      { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }] },
      '0/1 bad FailedCreate',
    ],
  ])('Deployment %s', (_name, spec, status, want) => {
    expect(short(ofDeployment(object('Deployment', spec, status) as unknown as Deployment))).toBe(want);
  });

  test.each([
    ['all there', { replicas: 2 }, { readyReplicas: 2, currentRevision: 'a', updateRevision: 'a' }, '2/2 ok'],
    ['coming', { replicas: 2 }, { readyReplicas: 1, currentRevision: 'a', updateRevision: 'a' }, '1/2 starting Progressing'],
    ['rolling', { replicas: 2 }, { readyReplicas: 2, currentRevision: 'a', updateRevision: 'b' }, '2/2 starting Updating 0/2'],
    [
      'rolling, one of them away',
      { replicas: 2 },
      { readyReplicas: 1, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      '1/2 starting Updating 1/2',
    ],
  ])('StatefulSet %s', (_name, spec, status, want) => {
    expect(short(ofStatefulSet(object('StatefulSet', spec, status) as unknown as StatefulSet))).toBe(want);
  });

  test.each([
    ['all there', { desiredNumberScheduled: 3, numberReady: 3, updatedNumberScheduled: 3 }, '3/3 ok'],
    ['coming', { desiredNumberScheduled: 3, numberReady: 1, updatedNumberScheduled: 3 }, '1/3 starting Progressing'],
    ['rolling', { desiredNumberScheduled: 3, numberReady: 3, updatedNumberScheduled: 1 }, '3/3 starting Updating 1/3'],
  ])('DaemonSet %s', (_name, status, want) => {
    expect(short(ofDaemonSet(object('DaemonSet', {}, status) as unknown as DaemonSet))).toBe(want);
  });

  test.each([
    ['running', { completions: 3 }, { succeeded: 1 }, '1/3 starting Running'],
    ['complete', { completions: 3 }, { succeeded: 3, conditions: [{ type: 'Complete', status: 'True' }] }, '3/3 done Complete'],
    ['failed', {}, { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] }, '0/1 bad BackoffLimitExceeded'],
    ['suspended', { suspend: true }, {}, '0/1 waiting Suspended'],
  ])('Job %s', (_name, spec, status, want) => {
    expect(short(ofJob(object('Job', spec, status) as unknown as Job))).toBe(want);
  });

  test.each([
    ['between runs', { schedule: '0 3 * * *' }, {}, '0/- done 0 3 * * *'],
    ['at work', { schedule: '0 3 * * *' }, { active: [{}] }, '1/- starting 0 3 * * *'],
    ['suspended', { schedule: '0 3 * * *', suspend: true }, {}, '0/- waiting Suspended'],
  ])('CronJob %s', (_name, spec, status, want) => {
    expect(short(ofCronJob(object('CronJob', spec, status) as unknown as CronJob))).toBe(want);
  });
});

test.each([
  [
    'Deployment',
    { replicas: 6 },
    { updatedReplicas: 3, replicas: 8, availableReplicas: 5, unavailableReplicas: 3 },
    '6 desired | 3 updated | 8 total | 5 available | 3 unavailable',
  ],
  ['StatefulSet', { replicas: 3 }, { updatedReplicas: 2, replicas: 2 }, '3 desired | 2 updated | 2 total | 0 available'],
  ['ReplicaSet', {}, { replicas: 1 }, '1 current / 1 desired'],
  [
    'DaemonSet',
    {},
    { desiredNumberScheduled: 4, updatedNumberScheduled: 3, currentNumberScheduled: 4, numberAvailable: 3 },
    '4 desired | 3 updated | 4 total | 3 available',
  ],
  ['Job', {}, { active: 2, ready: 1, failed: 3 }, '2 Active (1 Ready) / 0 Succeeded / 3 Failed'],
  ['ConfigMap', {}, {}, ''],
])('the pods of a %s, counted', (kind, spec, status, want) => {
  expect(countsOf(object(kind, spec, status) as unknown as KubeObject)).toBe(want);
});

test('what most pods of a workload that are in trouble have come to', () => {
  const pod = (set: string, waiting: string, nodeName = 'a') =>
    ({
      metadata: { name: 'x', namespace: 'default', ownerReferences: [{ kind: 'StatefulSet', name: set, controller: true }] },
      spec: { nodeName, containers: [{ name: 'c' }] },
      status: {
        phase: 'Pending',
        containerStatuses: [{ name: 'c', restartCount: 0, state: { waiting: { reason: waiting } }, lastState: {} }],
      },
    }) as unknown as Pod;
  const pods = [
    pod('db', 'ImagePullBackOff'),
    pod('db', 'ErrImagePull'),
    pod('db', 'ImagePullBackOff'),
    pod('well', 'ContainerCreating'),
    pod('nowhere', '', ''),
  ];
  expect([...troublesOf(pods)]).toEqual([
    ['StatefulSet/default/db', '2 × ImagePullBackOff'],
    ['StatefulSet/default/nowhere', '1 × Pending'],
  ]);
});

test("one's own come before the system's, what runs on before what ends", () => {
  const of = (kind: string, namespace: string, name: string) => ofJob({ ...object(kind, {}, {}, namespace, name), kind } as unknown as Job);
  const all = [
    of('Job', 'default', 'a'),
    of('DaemonSet', 'kube-system', 'b'),
    of('Deployment', 'shop', 'c'),
    of('Deployment', 'default', 'd'),
  ];
  expect(all.sort(inOrder).map(({ object: { metadata } }) => metadata.name)).toEqual(['d', 'c', 'a', 'b']);
});
