// Quotas of devices: claims and extended resources count as each other, and nothing counts twice.

import { describe, expect, test } from 'vitest';
import { events } from '../../../../worker/resources/core/event.ts';
import { resourceQuotas } from '../../../../worker/resources/core/resourcequota.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { addClaim, addClass, addPod, addSlice, asking, gpu, IMAGE, nodeOf } from './lab.ts';

const GPU = 'example.com/gpu';
const IMPLICIT = 'deviceclass.resource.kubernetes.io/gpu';
const NAMES = [
  `requests.${GPU}`,
  `requests.${IMPLICIT}`,
  'gpu.deviceclass.resource.k8s.io/devices',
  'count/resourceclaims.resource.k8s.io',
];

function withQuota(limits: readonly string[] = ['10', '10', '10', '10'], minor = 36): TestCluster {
  const cluster = makeTestCluster({ nodes: 1, minor });
  addClass(cluster, { extendedResourceName: GPU });
  addSlice(cluster, { allNodes: true, devices: [0, 1, 2, 3].map((i) => gpu(i)) });
  const hard = Object.fromEntries(NAMES.map((name, i) => [name, limits[i]!]));
  cluster.api.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec: { hard } } as never);
  cluster.advance(1000);
  return cluster;
}

function want(cluster: TestCluster, name: string, resource: string, count: string): void {
  const requests = { [resource]: count };
  const limits = resource === GPU ? requests : {};
  addPod(cluster, name, [], { containers: [{ name: 'c', image: IMAGE, resources: { requests, limits } }] as never });
  cluster.advance(10_000);
}

const used = ({ api }: TestCluster): (string | undefined)[] => {
  const { status } = api.get(resourceQuotas, 'default', 'q')!;
  return NAMES.map((name) => status.used?.[name]);
};

describe('what is used', () => {
  test.each<{ name: string; minor?: number; act(cluster: TestCluster): void; want: string[] }>([
    { name: 'by a claim', act: (cluster) => void addClaim(cluster, asking({ count: 2 })), want: ['2', '2', '2', '1'] },
    {
      name: 'by a claim, before 1.36',
      minor: 35,
      act: (cluster) => void addClaim(cluster, asking({ count: 2 })),
      want: ['0', '0', '2', '1'],
    },
    {
      name: 'by a pod that asks for the resource, and its claim',
      act: (cluster) => want(cluster, 'p', GPU, '2'),
      want: ['2', '2', '2', '1'],
    },
    {
      name: 'by a pod that asks for the class, and its claim',
      act: (cluster) => want(cluster, 'p', IMPLICIT, '2'),
      want: ['2', '2', '2', '1'],
    },
    {
      name: 'by a pod and by a claim',
      act(cluster) {
        addClaim(cluster, asking());
        want(cluster, 'p', GPU, '2');
      },
      want: ['3', '3', '3', '2'],
    },
    {
      name: 'by nobody any more',
      act(cluster) {
        want(cluster, 'p', GPU, '2');
        cluster.api.delete(pods, 'default', 'p');
        cluster.advance(60_000);
      },
      want: ['0', '0', '0', '0'],
    },
  ])('$name', ({ minor, act, want: wanted }) => {
    const cluster = withQuota(undefined, minor);
    act(cluster);
    cluster.advance(5000);
    expect(used(cluster)).toEqual(wanted);
    expect(cluster.errors).toEqual([]);
  });
});

test('a claim is refused for what pods have, and a pod for what claims have', () => {
  const cluster = withQuota(['3', '10', '10', '10']);
  want(cluster, 'p', GPU, '2');
  expect(() => addClaim(cluster, asking({ count: 2 }))).toThrow(
    'resourceclaims.resource.k8s.io "c" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=2, used: requests.example.com/gpu=2, limited: requests.example.com/gpu=3',
  );
  addClaim(cluster, asking());
  expect(() => want(cluster, 'q', GPU, '1')).toThrow(
    'pods "q" is forbidden: exceeded quota: q, requested: requests.example.com/gpu=1, used: requests.example.com/gpu=3, limited: requests.example.com/gpu=3',
  );
});

test('a pod whose claim may not be made waits', () => {
  const cluster = withQuota(['10', '10', '1', '10']);
  want(cluster, 'p', GPU, '2');
  const [message] = cluster.api.list(events).flatMap((event) => (event.reason === 'FailedScheduling' ? [event.message] : []));
  expect(message).toMatch(
    /^running PreBind plugin "DynamicResources": create claim for extended resources default\/: resourceclaims\.resource\.k8s\.io "p-extended-resources-[a-z0-9]{5}" is forbidden: exceeded quota: q, requested: gpu\.deviceclass\.resource\.k8s\.io\/devices=2, used: gpu\.deviceclass\.resource\.k8s\.io\/devices=0, limited: gpu\.deviceclass\.resource\.k8s\.io\/devices=1$/,
  );
  expect(nodeOf(cluster, 'p')).toBeUndefined();
});
