import { describe, expect, test } from 'vitest';
import type { KubeObject, Pod } from '../../web/cluster/kinds.ts';
import { byRevision, revisionOf, rolloutsOf } from '../../web/model/rollout.ts';

const pod = (kind: string, name: string, labels: Record<string, string>, image = 'nginx:1'): Pod =>
  ({
    metadata: { name: 'x', namespace: 'default', labels, ownerReferences: [{ kind, name, controller: true }] },
    spec: { containers: [{ name: 'c', image }] },
    status: {},
  }) as unknown as Pod;
const ofDeployment = (hash: string, image?: string) => pod('ReplicaSet', `web-${hash}`, { 'pod-template-hash': hash }, image);
const ofStatefulSet = (revision: string) => pod('StatefulSet', 'db', { 'controller-revision-hash': revision });
const ofDaemonSet = (revision: string, generation: string) =>
  pod('DaemonSet', 'agent', { 'controller-revision-hash': revision, 'pod-template-generation': generation });

const object = (kind: string, name: string, status: object, annotations = {}): KubeObject =>
  ({ kind, apiVersion: 'apps/v1', metadata: { name, namespace: 'default', annotations }, spec: {}, status }) as unknown as KubeObject;
const deployment = (message: string) => object('Deployment', 'web', { conditions: [{ type: 'Progressing', message }] });

describe('the revision that a workload goes to', () => {
  const progressing = 'ReplicaSet "web-new" is progressing.';
  test.each([
    { name: 'none while all are alike', object: deployment(progressing), pods: [ofDeployment('new'), ofDeployment('new')], want: [] },
    { name: 'none without pods', object: deployment(progressing), pods: [], want: [] },
    {
      name: 'of a Deployment, as its condition says, whichever pod was made last',
      object: deployment(progressing),
      pods: [ofDeployment('new'), ofDeployment('old')],
      want: [['Deployment/default/web', 'new']],
    },
    {
      name: 'of a Deployment that is stuck, too',
      object: deployment('ReplicaSet "web-new" has timed out progressing.'),
      pods: [ofDeployment('old'), ofDeployment('new')],
      want: [['Deployment/default/web', 'new']],
    },
    { name: 'not known where nothing is said', object: deployment(''), pods: [ofDeployment('old'), ofDeployment('new')], want: [] },
    {
      name: 'of a StatefulSet',
      object: object('StatefulSet', 'db', { updateRevision: 'db-b' }),
      pods: [ofStatefulSet('db-a'), ofStatefulSet('db-b')],
      want: [['StatefulSet/default/db', 'db-b']],
    },
    {
      name: 'of a DaemonSet',
      object: object('DaemonSet', 'agent', {}, { 'deprecated.daemonset.template.generation': '2' }),
      pods: [ofDaemonSet('a', '1'), ofDaemonSet('b', '2')],
      want: [['DaemonSet/default/agent', 'b']],
    },
  ])('$name', ({ object: workload, pods, want }) => expect([...rolloutsOf([workload], pods)]).toEqual(want));
});

test('pods by revision, the new one first', () => {
  const pods = [ofDeployment('old', 'nginx:1'), ofDeployment('new', 'nginx:2'), ofDeployment('old', 'nginx:1')];
  expect(byRevision(pods, 'new').map(({ revision, images, pods: members }) => [revision, images.join(), members.length])).toEqual([
    ['new', 'nginx:2', 1],
    ['old', 'nginx:1', 2],
  ]);
  expect(byRevision([], undefined)).toEqual([]);
});

test('what is of no revision', () => expect(revisionOf(pod('Job', 'sum', {}))).toBe(''));
