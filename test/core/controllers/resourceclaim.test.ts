// Claims for devices: made for pods, used by them, given up and deleted when they have ended.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import type { ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../../worker/api/gen/resource-v1.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { deviceClasses } from '../../../worker/resources/resource/deviceclass.ts';
import { resourceSlices } from '../../../worker/resources/resource/resourceslice.ts';
import { CLAIM_FINALIZER, resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { resourceClaimTemplates } from '../../../worker/resources/resource/resourceclaimtemplate.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } };
const allocation = { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'n', device: 'gpu-0' }] } };

function addTemplate({ api }: TestCluster): void {
  api.create<ResourceClaimTemplate>(resourceClaimTemplates, {
    metadata: { name: 'one-gpu', namespace: 'default' },
    spec: { metadata: { labels: { app: 'web' }, annotations: { note: 'x' } }, spec },
  });
}

/** Not to be scheduled, unless a node is given. */
function addPod({ api }: TestCluster, claim: object, name = 'p'): Pod {
  return api.create<Pod>(pods, {
    metadata: { name, namespace: 'default' },
    spec: {
      schedulerName: 'none',
      containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }],
      resourceClaims: [{ name: 'gpu', ...claim }],
    } as Pod['spec'],
  });
}

function addClaim({ api }: TestCluster, name = 'shared'): void {
  api.create<ResourceClaim>(resourceClaims, { metadata: { name, namespace: 'default', finalizers: [CLAIM_FINALIZER] }, spec } as never);
}

function give({ api }: TestCluster, name: string, ...users: Pod[]): void {
  const claim = api.get(resourceClaims, 'default', name)!;
  const reservedFor = users.map(({ metadata }) => ({ resource: 'pods', name: metadata.name, uid: metadata.uid }));
  api.updateStatus(resourceClaims, { ...claim, status: { allocation, ...(reservedFor.length && { reservedFor }) } } as ResourceClaim);
}

function end({ api }: TestCluster, name: string): void {
  const pod = api.get(pods, 'default', name)!;
  api.updateStatus(pods, { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
}

const claimsOf = ({ api }: TestCluster): ResourceClaim[] => api.list(resourceClaims);

describe('a pod with a template', () => {
  test('gets a claim of its own, and says its name', () => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    const pod = addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    const [claim, ...more] = claimsOf(cluster);
    expect(more).toEqual([]);
    expect(claim).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^p-gpu-[a-z0-9]{5}$/),
        labels: { app: 'web' },
        annotations: { note: 'x', 'resource.kubernetes.io/pod-claim-name': 'gpu' },
        ownerReferences: [{ kind: 'Pod', name: 'p', uid: pod.metadata.uid, controller: true, blockOwnerDeletion: true }],
      },
      spec: { devices: { requests: [{ name: 'gpu', exactly: { allocationMode: 'ExactCount', count: 1 } }] } },
    });
    expect(cluster.api.get(pods, 'default', 'p')!.status.resourceClaimStatuses).toEqual([
      { name: 'gpu', resourceClaimName: claim!.metadata.name },
    ]);
  });

  test('gets another one for one that was deleted', () => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    const before = claimsOf(cluster)[0]!.metadata.name;
    cluster.api.delete(resourceClaims, 'default', before);
    cluster.advance(1000);
    const after = claimsOf(cluster)[0]!.metadata.name;
    expect(after).not.toBe(before);
    expect(cluster.api.get(pods, 'default', 'p')!.status.resourceClaimStatuses).toEqual([{ name: 'gpu', resourceClaimName: after }]);
  });

  test('is told while there is no template', () => {
    const cluster = makeTestCluster();
    addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    expect(cluster.api.list(events).filter(({ reason }) => reason === 'FailedResourceClaimCreation')).toMatchObject([
      {
        type: 'Warning',
        source: { component: 'resource_claim' },
        message: 'PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found',
      },
    ]);
    addTemplate(cluster);
    cluster.advance(60_000);
    expect(claimsOf(cluster)).toHaveLength(1);
  });

  test('keeps no claim after its end', () => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    const pod = addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    const { metadata } = claimsOf(cluster)[0]!;
    cluster.api.update(resourceClaims, { ...claimsOf(cluster)[0]!, metadata: { ...metadata, finalizers: [CLAIM_FINALIZER] } });
    give(cluster, metadata.name, pod);
    cluster.advance(1000);
    expect(claimsOf(cluster)).toHaveLength(1);
    end(cluster, 'p');
    cluster.advance(5000);
    expect(claimsOf(cluster)).toEqual([]);
    expect(cluster.api.list(pods)).toHaveLength(1);
  });

  test('takes its claim with it', () => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    cluster.advance(30_000);
    expect(claimsOf(cluster)).toEqual([]);
  });

  test.each([
    { pod: 52, name: /^a{52}-gpu-[a-z0-9]{5}$/ },
    { pod: 53, name: /^a{52}-gp[a-z0-9]{5}$/ },
    { pod: 100, name: /^a{54}-g[a-z0-9]{5}$/ },
  ])('of $pod characters has a claim of a name that fits', ({ pod, name }) => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    addPod(cluster, { resourceClaimTemplateName: 'one-gpu' }, 'a'.repeat(pod));
    cluster.advance(1000);
    expect(claimsOf(cluster)[0]!.metadata.name).toMatch(name);
  });

  test('has its claims said by their controller, as its own part of the status', () => {
    const cluster = makeTestCluster();
    addTemplate(cluster);
    addPod(cluster, { resourceClaimTemplateName: 'one-gpu' });
    cluster.advance(1000);
    const managersOf = ({ metadata }: Pod | ResourceClaim): string[] =>
      (metadata.managedFields ?? []).map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`);
    expect(managersOf(cluster.api.get(pods, 'default', 'p')!)).toContain('ResourceClaimController Apply status');
    expect(managersOf(claimsOf(cluster)[0]!)).toContain('kube-controller-manager Update ');
  });
});

describe('a claim that several pods use', () => {
  test('is given up with the last of them', () => {
    const cluster = makeTestCluster();
    addClaim(cluster);
    const [p, q] = ['p', 'q'].map((name) => addPod(cluster, { resourceClaimName: 'shared' }, name));
    give(cluster, 'shared', p!, q!);
    end(cluster, 'p');
    cluster.advance(1000);
    expect(claimsOf(cluster)[0]!.status).toMatchObject({ allocation, reservedFor: [{ name: 'q' }] });
    cluster.api.delete(pods, 'default', 'q', { gracePeriodSeconds: 0 });
    cluster.advance(1000);
    const [claim] = claimsOf(cluster);
    expect(claim!.status).toEqual({});
    expect(claim!.metadata.finalizers ?? []).toEqual([]);
  });

  test.each<{ minor: number; want: string[] }>([
    { minor: 36, want: ['w'] },
    { minor: 35, want: ['p', 'w'] },
  ])('in 1.$minor, with a user that is no pod, is kept for $want', ({ minor, want }) => {
    const cluster = makeTestCluster({ minor });
    addClaim(cluster);
    give(cluster, 'shared', addPod(cluster, { resourceClaimName: 'shared' }));
    const [claim] = claimsOf(cluster);
    const reservedFor = [...claim!.status.reservedFor!, { apiGroup: 'example.com', resource: 'widgets', name: 'w', uid: 'u' }];
    cluster.api.updateStatus(resourceClaims, { ...claim!, status: { ...claim!.status, reservedFor } });
    end(cluster, 'p');
    cluster.advance(1000);
    expect(claimsOf(cluster)[0]!.status).toMatchObject({ allocation, reservedFor: want.map((name) => ({ name })) });
    expect(cluster.errors).toEqual([]);
  });

  test('has devices that nobody uses until it is deleted', () => {
    const cluster = makeTestCluster();
    addClaim(cluster);
    give(cluster, 'shared');
    cluster.advance(1000);
    expect(claimsOf(cluster)[0]!.status.allocation).toEqual(allocation);
    cluster.api.delete(resourceClaims, 'default', 'shared');
    cluster.advance(1000);
    expect(claimsOf(cluster)).toEqual([]);
  });

  test('stays while it is used, though deleted', () => {
    const cluster = makeTestCluster();
    addClaim(cluster);
    give(cluster, 'shared', addPod(cluster, { resourceClaimName: 'shared' }));
    cluster.api.delete(resourceClaims, 'default', 'shared');
    cluster.advance(5000);
    expect(claimsOf(cluster)).toHaveLength(1);
    end(cluster, 'p');
    cluster.advance(5000);
    expect(claimsOf(cluster)).toEqual([]);
  });
});

describe('a device with a taint NoExecute', () => {
  const TAINT = { key: 'broken', value: 'fan', effect: 'NoExecute' };
  /** A running pod with a device, and then a taint on that. */
  function taint(tolerations: object[], taints: object[] = [TAINT], others: object = {}): TestCluster {
    const cluster = makeTestCluster({ nodes: 1, ...others });
    cluster.settle();
    cluster.api.create<ResourceSlice>(resourceSlices, {
      metadata: { name: 's' },
      spec: {
        driver: 'gpu.example.com',
        pool: { name: 'n', generation: 1, resourceSliceCount: 1 },
        allNodes: true,
        devices: [{ name: 'gpu-0' }],
      },
    } as never);
    cluster.api.create(deviceClasses, { metadata: { name: 'gpu.example.com' }, spec: {} } as never);
    const exactly = { deviceClassName: 'gpu.example.com', ...(tolerations.length && { tolerations }) };
    const claim = { metadata: { name: 'shared', namespace: 'default' }, spec: { devices: { requests: [{ name: 'gpu', exactly }] } } };
    cluster.api.create(resourceClaims, claim as never);
    const pod = { containers: [{ name: 'c', image: 'nginx' }], resourceClaims: [{ name: 'gpu', resourceClaimName: 'shared' }] };
    cluster.api.create(pods, { metadata: { name: 'p', namespace: 'default' }, spec: pod } as never);
    cluster.advance(10_000);
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Running');
    setTaints(cluster, taints);
    return cluster;
  }
  function setTaints(cluster: TestCluster, taints: object[]): void {
    const slice = cluster.api.get(resourceSlices, '', 's')!;
    const devices = [{ name: 'gpu-0', ...(taints.length && { taints }) }];
    cluster.api.update(resourceSlices, { ...slice, spec: { ...slice.spec, devices } } as never);
    cluster.settle();
  }
  const isThere = ({ api }: TestCluster): boolean => {
    const pod = api.get(pods, 'default', 'p');
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined;
  };
  const told = ({ api }: TestCluster): string[] =>
    api
      .list(events)
      .filter(({ involvedObject, reason }) => involvedObject.name === 'p' && reason === 'DeviceTaintManagerEviction')
      .map(({ message }) => message ?? '');

  test.each([
    { name: 'drives its pods away at once', tolerations: [], stays: [false, false] },
    {
      name: 'is tolerated for a while',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
      stays: [true, false],
    },
    {
      name: 'is tolerated for the shortest while',
      tolerations: [
        { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 600 },
        { key: 'broken', operator: 'Equal', value: 'fan', effect: 'NoExecute', tolerationSeconds: 60 },
      ],
      stays: [true, false],
    },
    { name: 'is tolerated for ever', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }], stays: [true, true] },
    {
      name: 'is not tolerated with another value',
      tolerations: [{ key: 'broken', value: 'x', effect: 'NoExecute' }],
      stays: [false, false],
    },
    { name: 'does not drive away with another effect', tolerations: [], taints: [{ ...TAINT, effect: 'NoSchedule' }], stays: [true, true] },
    { name: 'drives nobody away before 1.36', tolerations: [], others: { minor: 35 }, stays: [true, true] },
  ])('$name', async ({ tolerations, taints, others, stays }) => {
    const cluster = taint(tolerations, taints, others);
    cluster.advance(30_000);
    expect(isThere(cluster)).toBe(stays[0]);
    cluster.advance(60_000);
    expect(isThere(cluster)).toBe(stays[1]);
    expect(told(cluster)).toEqual(stays[1] ? [] : ['Marking for deletion']);
    const { body } = await cluster.request<string>('GET', '/metrics');
    const measured = /^device_taint_eviction_controller_pod_deletions_total (.*)$/m.exec(body)?.[1];
    expect(measured).toBe(others?.minor === 35 ? undefined : stays[1] ? '0' : '1');
    expect(cluster.errors).toEqual([]);
  });

  test('says in the pod why; a taint that goes in time drives nobody away', () => {
    const patient = [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }];
    const cluster = taint(patient);
    setTaints(cluster, []);
    cluster.advance(90_000);
    expect([isThere(cluster), told(cluster)]).toEqual([true, ['Cancelling deletion']]);
    const now = cluster.api.get(pods, 'default', 'p')!;
    cluster.api.update(pods, { ...now, metadata: { ...now.metadata, finalizers: ['x.io/hold'] } });
    setTaints(cluster, [TAINT]);
    cluster.advance(90_000);
    const conditions = cluster.api.get(pods, 'default', 'p')!.status.conditions ?? [];
    expect(conditions.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'DeletionByDeviceTaintManager',
      message: 'Device Taint manager: deleting due to NoExecute taint',
    });
  });
});
