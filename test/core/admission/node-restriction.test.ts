// What a kubelet may write, as a node and not as an administrator.

import { describe, expect, test } from 'vitest';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { as, makeAsker, podOf } from './ask.ts';
import type { Asker } from './ask.ts';

const NODE = as('system:node:a', 'system:nodes');
/** Of `system:node:b`. */
const REQUEST_OF_B =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIcE1JR1JBZ0VBTUM4eEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekVXTUJRR0Ex' +
  'VUVBd3dOYzNsegpkR1Z0T201dlpHVTZZakJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCTFp4c2ZuREdqWkpWb0Y3ClA5NFVJOHluM1Ywc1Ez' +
  'MHB2TlBLQWVUYjR2NEZqWGFJL2NVcWRRSm51MVo3Z2ZNaDl6eHl4WExnUEtqelNDU08Kdk01eXJFbWdBREFLQmdncWhrak9QUVFEQWdOSEFEQkVBaUFZMnNm' +
  'RUZmSWxSdnUrT2Q3QStTSzJLbXN3aWRCUgpBa2N4SGlzS1VQZ1A0d0lnTzVHN1piVDR2VXVkUnhyYjR4OCtZdjVqVFgvVUN3a0pjVFNhK3VEZHpFVT0KLS0t' +
  'LS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';

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
    ...(
      [
        [{ ephemeral: { volumeClaimTemplate: { spec: {} } } }, 'persistentvolumeclaims (via ephemeral volumes)'],
        [{ csi: { driver: 'd' } }, 'csidrivers (via CSI volumes)'],
        [{ projected: { sources: [{ clusterTrustBundle: { name: 'b', path: 't' } }] } }, 'clustertrustbundles'],
      ] as const
    ).map(([volume, what]): [string, (uid: string) => object, object, string] => [
      `a mirror with ${what}`,
      (uid) => ({ annotations: MIRROR, ...owner(uid) }),
      { nodeName: 'a', volumes: [{ name: 'v', ...volume }] },
      `node "a" can not create pods that reference ${what}`,
    ]),
    [
      'a mirror with devices',
      (uid) => ({ annotations: MIRROR, ...owner(uid) }),
      { nodeName: 'a', resourceClaims: [{ name: 'r', resourceClaimName: 'r' }] },
      'node "a" can not create pods that reference resourceclaims',
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

  test('must leave what is said of its claims alone', async () => {
    const { ask } = await withNodes();
    const made = { requestMappings: [{ containerName: 'c', resourceName: 'x.io/gpu', requestName: 'r' }], resourceClaimName: 'r' };
    const { message } = await ask('PATCH pods/here/status', { status: { extendedResourceClaimStatus: made } }, NODE);
    expect(message).toBe('pods "here" is forbidden: node "a" cannot update extended resource claim status');
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
    [
      'PATCH /api/v1/nodes/a',
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'b', uid: 'u' }] } },
      'nodes "a" is forbidden: node "a" is not allowed to modify ownerReferences',
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

  const TOKEN = { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } };
  test.each([
    { name: 'of a volume', audiences: ['vault'], problem: '' },
    {
      name: 'of nobody',
      audiences: ['x'],
      problem: 'audience "x" not found in pod spec volume, system:node:a is not authorized to request tokens for this audience',
    },
    { name: 'of a driver', audiences: ['driver'], problem: '' },
    { name: 'of a role', audiences: ['role'], problem: '' },
    { name: 'two', audiences: ['vault', 'x'], problem: 'node may only request 0 or 1 audiences' },
  ])('a token for an audience: $name', async ({ audiences, problem }) => {
    const { ask, api } = await withNodes();
    await ask('POST /apis/storage.k8s.io/v1/csidrivers', {
      metadata: { name: 'd.x.com' },
      spec: { tokenRequests: [{ audience: 'driver' }] },
    });
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const rules = [{ apiGroups: [''], resources: ['role'], verbs: ['request-serviceaccounts-token-audience'] }];
    await ask(`POST ${rbac}/clusterroles`, { metadata: { name: 'r' }, rules });
    await ask(`POST ${rbac}/clusterrolebindings`, {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    });
    const volumes = [TOKEN, { name: 'c', csi: { driver: 'd.x.com' } }];
    const { metadata } = api.create(pods, {
      metadata: { name: 'q', namespace: 'default' },
      spec: { nodeName: 'a', containers: [{ name: 'c', image: 'x' }], volumes },
    } as never);
    const spec = { audiences, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'q', uid: metadata.uid } };
    const { message } = await ask('POST serviceaccounts/default/token', { spec }, NODE);
    expect(message).toBe(problem && `serviceaccounts "default" is forbidden: ${problem}`);
  });

  test.each([
    ['a', ''],
    ['b', 'can only create ResourceSlice with the same NodeName as the requesting node'],
  ])('a ResourceSlice of node %s', async (nodeName, problem) => {
    const { ask } = await withNodes();
    const slice = {
      metadata: { name: 's' },
      spec: { nodeName, driver: 'x.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [] },
    };
    const { message } = await ask('POST /apis/resource.k8s.io/v1/resourceslices', slice, NODE);
    expect(message).toBe(problem && `resourceslices.resource.k8s.io "s" is forbidden: ${problem}`);
  });

  test('no certificate that it cannot read, or of another node', async () => {
    const { ask } = await withNodes();
    const create = async (name: string): Promise<string> => {
      const spec = { signerName: 'kubernetes.io/kubelet-serving', usages: ['server auth'], request: name };
      return (await ask('POST /apis/certificates.k8s.io/v1/certificatesigningrequests', { metadata: { name: 'c' }, spec }, NODE)).message;
    };
    expect(await create('eA==')).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: unable to parse csr: PEM block type must be CERTIFICATE REQUEST',
    );
    expect(await create(REQUEST_OF_B)).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: can only create a node CSR with CN=system:node:a',
    );
  });
});
