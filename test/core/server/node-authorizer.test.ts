// What a kubelet may see and do, and why not more.

import { beforeAll, describe, expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { volumeAttachments } from '../../../worker/resources/storage/volumeattachment.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { persistentVolumes } from '../../../worker/resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import type { ResourceClaim } from '../../../worker/api/gen/resource-v1.ts';
import { resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';

let cluster: TestCluster;

/** A pod of node-1 that leads to an object of each kind called `mine`; the others, called `theirs`, nobody leads to. */
beforeAll(() => {
  cluster = makeTestCluster({ alone: true, nodes: 2 });
  const { api } = cluster;
  api.create(namespaces, { metadata: { name: 'volumes' } });
  const volume = (name: string, claim: string): object => ({
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: { namespace: 'default', name: claim },
      csi: { driver: 'x.io', volumeHandle: name, nodePublishSecretRef: { namespace: 'volumes', name } },
    },
  });
  for (const name of ['mine', 'theirs']) {
    api.create(secrets, { metadata: { name, namespace: 'default' } } as never);
    api.create(secrets, { metadata: { name, namespace: 'volumes' } } as never);
    api.create(configMaps, { metadata: { name, namespace: 'default' } });
    api.create(serviceAccounts, { metadata: { name, namespace: 'default' } });
    api.create(persistentVolumes, volume(name, name) as never);
    api.create(persistentVolumeClaims, {
      metadata: { name, namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], volumeName: name, storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    } as never);
    api.create(volumeAttachments, {
      metadata: { name },
      spec: { attacher: 'x.io', nodeName: name === 'mine' ? 'node-1' : 'node-2', source: { persistentVolumeName: name } },
    } as never);
  }
  api.create(pods, {
    metadata: { name: 'mine', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      serviceAccountName: 'mine',
      containers: [{ name: 'c', image: 'nginx', envFrom: [{ secretRef: { name: 'mine' } }, { configMapRef: { name: 'mine' } }] }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'mine' } }],
    },
  } as never);
  api.create(pods, {
    metadata: { name: 'theirs', namespace: 'default' },
    spec: { nodeName: 'node-2', containers: [{ name: 'c', image: 'nginx' }] },
  } as never);
});

const ask = async (line: string, body?: object): Promise<string> => {
  const [method = '', path = ''] = line.split(' ');
  const as = { 'impersonate-user': 'system:node:node-1', 'impersonate-group': 'system:nodes' };
  const { status, body: answer } = await cluster.request<{ message?: string }>(method, path, body, as);
  return status === 403
    ? `no: ${answer.message!.replace(/^.* (?:in the namespace "[^"]*"|at the cluster scope)(?:: )?/, '')}`
    : String(status);
};
const UNRELATED = "no: no relationship found between node 'node-1' and this object";

describe('reading', () => {
  test.each(['secrets', 'configmaps', 'persistentvolumeclaims', 'pods'])('%s that its pods lead to', async (resource) => {
    expect(await ask(`GET /api/v1/namespaces/default/${resource}/mine`)).toBe('200');
    expect(await ask(`GET /api/v1/namespaces/default/${resource}/theirs`)).toBe(UNRELATED);
  });

  test.each(['/api/v1/persistentvolumes', '/apis/storage.k8s.io/v1/volumeattachments', '/api/v1/namespaces/volumes/secrets'])(
    '%s of its pods’ volumes',
    async (path) => {
      expect(await ask(`GET ${path}/mine`)).toBe('200');
      expect(await ask(`GET ${path}/theirs`)).toBe(UNRELATED);
    },
  );

  test('the claim that the scheduler made for what its pod asks for', async () => {
    const claims = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';
    const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } };
    for (const name of ['made', 'other'])
      cluster.api.create<ResourceClaim>(resourceClaims, { metadata: { name, namespace: 'default' }, spec } as never);
    const made = { requestMappings: [{ containerName: 'c', resourceName: 'x.io/gpu', requestName: 'r' }], resourceClaimName: 'made' };
    const resources = { requests: { 'x.io/gpu': '1' }, limits: { 'x.io/gpu': '1' } };
    cluster.api.create(pods, {
      metadata: { name: 'asks', namespace: 'default' },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx', resources }] },
    } as never);
    const asks = cluster.api.get(pods, 'default', 'asks')!;
    cluster.api.updateStatus(pods, { ...asks, status: { ...asks.status, extendedResourceClaimStatus: made } });
    expect(await ask(`GET ${claims}/made`)).toBe('200');
    expect(await ask(`GET ${claims}/other`)).toBe(UNRELATED);
  });

  test.each([
    ['GET /api/v1/nodes/node-1', '200'],
    ['GET /api/v1/nodes/node-2', "no: node 'node-1' cannot read 'node-2', only its own Node object"],
    ['GET /api/v1/nodes', "no: node 'node-1' cannot read all nodes, only its own Node object"],
    ['GET /api/v1/nodes?fieldSelector=metadata.name=node-1', '200'],
    ['GET /api/v1/pods', 'no: can only list/watch pods with spec.nodeName field selector'],
    ['GET /api/v1/pods?fieldSelector=spec.nodeName=node-2', 'no: can only list/watch pods with spec.nodeName field selector'],
    ['GET /api/v1/pods?fieldSelector=spec.nodeName=node-1', '200'],
    ['GET /api/v1/namespaces/default/secrets', 'no: No Object name found'],
    ['GET /api/v1/namespaces/default/secrets?fieldSelector=metadata.name=mine', '200'],
    ['GET /api/v1/persistentvolumes', 'no: can only get individual resources of this type'],
    [
      'GET /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-2',
      'no: can only access node lease with the same name as the requesting node',
    ],
    [
      'GET /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
      'no: can only get, create, update, patch, or delete a node lease',
    ],
    [
      'GET /apis/coordination.k8s.io/v1/namespaces/default/leases/x',
      'no: can only access leases in the "kube-node-lease" system namespace',
    ],
    ['GET /apis/resource.k8s.io/v1/resourceslices', 'no: can only list/watch/deletecollection resourceslices with nodeName field selector'],
    ['GET /apis/resource.k8s.io/v1/resourceslices?fieldSelector=spec.nodeName=node-1', '200'],
    ['GET /api/v1/services', '200'],
    ['GET /apis/apps/v1/deployments', 'no: '],
  ])('%s: %s', async (line, want) => expect(await ask(line)).toBe(want));
});

describe('writing', () => {
  test.each<[string, object | undefined, string]>([
    [
      'POST /api/v1/namespaces/default/serviceaccounts/mine/token',
      { spec: { boundObjectRef: undefined } },
      'node requested token not bound to a pod',
    ],
    ['POST /api/v1/namespaces/default/serviceaccounts/theirs/token', {}, UNRELATED],
    ['DELETE /api/v1/nodes/node-2', undefined, 'no: '],
    ['PUT /api/v1/namespaces/default/secrets/mine', {}, 'no: can only read resources of this type'],
  ])('%s', async (line, body, want) => expect(await ask(line, body)).toContain(want));
});
