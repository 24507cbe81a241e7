// What a kubelet may write, as a node and not as an administrator.

import { describe, expect, test } from 'vitest';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { as, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const NODE = as('system:node:a', 'system:nodes');

async function withNodes(): Promise<Asker> {
  const asker = makeAsker();
  for (const name of ['a', 'b']) asker.api.create(nodes, { metadata: { name, labels: { own: 'x' } } });
  for (const [name, nodeName] of [
    ['here', 'a'],
    ['there', 'b'],
  ])
    asker.api.create(pods, {
      metadata: { name: name!, namespace: 'default' },
      spec: { nodeName, containers: [{ name: 'c', image: 'x' }] },
    } as never);
  return asker;
}

const MIRROR = { 'kubernetes.io/config.mirror': 'x' };
const owner = (uid: string, more: object = {}): object => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'a', uid, controller: true, ...more }],
});

describe('pods', () => {
  test.each<[name: string, metadata: (uid: string) => object, spec: object, problem: string]>([
    ['a mirror of its own static pod', (uid) => ({ annotations: MIRROR, ...owner(uid) }), { nodeName: 'a' }, ''],
    [
      'an ordinary pod',
      (uid) => owner(uid),
      { nodeName: 'a' },
      'pod does not have "kubernetes.io/config.mirror" annotation, node "a" can only create mirror pods',
    ],
    [
      'a mirror elsewhere',
      (uid) => ({ annotations: MIRROR, ...owner(uid) }),
      { nodeName: 'b' },
      'node "a" can only create pods with spec.nodeName set to itself',
    ],
    [
      'a mirror of nobody',
      () => ({ annotations: MIRROR }),
      { nodeName: 'a' },
      'node "a" can only create pods with an owner reference set to itself',
    ],
    [
      'a mirror that it does not control',
      (uid) => ({ annotations: MIRROR, ...owner(uid, { controller: false }) }),
      { nodeName: 'a' },
      'node "a" can only create pods with a controller owner reference set to itself',
    ],
    [
      'a mirror that blocks',
      (uid) => ({ annotations: MIRROR, ...owner(uid, { blockOwnerDeletion: true }) }),
      { nodeName: 'a' },
      'node "a" must not set blockOwnerDeletion on an owner reference',
    ],
    [
      'a mirror with a claim',
      (uid) => ({ annotations: MIRROR, ...owner(uid) }),
      { nodeName: 'a', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      'node "a" can not create pods that reference persistentvolumeclaims',
    ],
    [
      'a mirror with a config map',
      (uid) => ({ annotations: MIRROR, ...owner(uid) }),
      { nodeName: 'a', volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      'node "a" can not create pods that reference configmaps',
    ],
  ])('%s', async (_name, metadata, spec, problem) => {
    const { ask, api } = await withNodes();
    const { message } = await ask('POST pods', podOf(spec, metadata(api.get(nodes, '', 'a')!.metadata.uid)), NODE);
    expect(message).toBe(problem && `pods "p" is forbidden: ${problem}`);
  });

  test.each([
    ['DELETE pods/here', 200, ''],
    ['DELETE pods/there', 403, 'pods "there" is forbidden: node "a" can only delete pods with spec.nodeName set to itself'],
    ['POST pods/there/eviction', 403, 'pods "there" is forbidden: node a can only evict pods with spec.nodeName set to itself'],
    [
      'PATCH pods/there/status',
      403,
      'pods "there" is forbidden: node "a" can only update pod status for pods with spec.nodeName set to itself',
    ],
    ['PATCH pods/here/status', 200, ''],
  ])('%s: %i', async (line, status, message) => {
    const { ask } = await withNodes();
    const body = line.includes('eviction')
      ? { metadata: { name: 'there' } }
      : line.startsWith('PATCH')
        ? { status: { message: 'm' } }
        : undefined;
    expect(await ask(line, body, NODE)).toMatchObject({ status, message });
  });

  test('labels are none of its business', async () => {
    const { ask } = await withNodes();
    const { message } = await ask('PATCH pods/here/status', { metadata: { labels: { a: 'b' } } }, NODE);
    expect(message).toBe('pods "here" is forbidden: node "a" cannot update labels through pod status');
  });
});

describe('nodes, leases and tokens', () => {
  test.each<[line: string, body: object, problem: string]>([
    ['PATCH /api/v1/nodes/a', { metadata: { labels: { own: 'y', 'kubernetes.io/hostname': 'z' } } }, ''],
    [
      'PATCH /api/v1/nodes/a',
      { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } },
      'nodes "a" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x',
    ],
    [
      'PATCH /api/v1/nodes/a',
      { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } },
      'nodes "a" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/control-plane',
    ],
    [
      'PATCH /api/v1/nodes/a',
      { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } },
      'nodes "a" is forbidden: node "a" is not allowed to modify taints',
    ],
    ['PATCH /api/v1/nodes/b', { metadata: { labels: { own: 'y' } } }, 'nodes "b" is forbidden: node "a" is not allowed to modify node "b"'],
    ['POST /api/v1/nodes', { metadata: { name: 'c' } }, 'nodes "c" is forbidden: node "a" is not allowed to modify node "c"'],
  ])('%s %j', async (line, body, problem) => {
    const { ask } = await withNodes();
    expect((await ask(line, body, NODE)).message).toBe(problem);
  });

  test('a lease of its own only, and where leases of nodes are', async () => {
    const { ask } = await withNodes();
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    expect((await ask(`POST ${path}`, { metadata: { name: 'a' } }, NODE)).status).toBe(201);
    expect((await ask(`POST ${path}`, { metadata: { name: 'b' } }, NODE)).message).toContain(
      'can only access node lease with the same name as the requesting node',
    );
  });

  test.each([
    ['a pod that runs here', { kind: 'Pod', apiVersion: 'v1', name: 'here' }, true, ''],
    ['no pod', undefined, false, 'node requested token not bound to a pod'],
    [
      'a pod without its uid',
      { kind: 'Pod', apiVersion: 'v1', name: 'here' },
      false,
      'node requested token with a pod binding without a uid',
    ],
    [
      'a pod that runs elsewhere',
      { kind: 'Pod', apiVersion: 'v1', name: 'there' },
      true,
      'node requested token bound to a pod scheduled on a different node',
    ],
  ])('a token for %s', async (_name, ref, withUid, problem) => {
    const { ask, api } = await withNodes();
    const uid = withUid ? api.get(pods, 'default', ref!.name)!.metadata.uid : undefined;
    const spec = ref && { boundObjectRef: { ...ref, ...(uid && { uid }) } };
    const { message } = await ask('POST serviceaccounts/default/token', { spec: spec ?? {} }, NODE);
    expect(message).toBe(problem && `serviceaccounts "default" is forbidden: ${problem}`);
  });
});
