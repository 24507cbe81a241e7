// What a cluster of the default template is when it is handed over.

import { describe, expect, test } from 'vitest';
import { isReady } from '../../../worker/resources/core/pod-state.ts';
import { daemonSets } from '../../../worker/resources/apps/daemonset.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { endpoints } from '../../../worker/resources/core/endpoints.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { endpointSlices } from '../../../worker/resources/discovery/endpointslice.ts';
import { storageClasses } from '../../../worker/resources/storage/storageclass.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const born = (): TestCluster => {
  const cluster = makeTestCluster({ template: 'default', nodes: 2 });
  cluster.settle();
  return cluster;
};

/** Without the letters of chance. */
const plain = (name: string): string =>
  name.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, '-*').replace(/^(kube-proxy|pod-network)-[a-z0-9]{5}$/, '$1-*');

describe('the default template', () => {
  const cluster = born();
  const { api } = cluster;

  test('has started without a fault', () => expect(cluster.errors).toEqual([]));

  test('has a control-plane node and workers', () => {
    expect(
      api
        .list(nodes)
        .map(({ metadata, spec, status }) => [
          metadata.name,
          metadata.labels?.['node-role.kubernetes.io/control-plane'] === '' ? 'control-plane' : '<none>',
          spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
          spec.podCIDR,
          status.conditions?.find(({ type }) => type === 'Ready')?.status,
          metadata.creationTimestamp,
        ]),
    ).toEqual([
      [
        'control-plane',
        'control-plane',
        ['node-role.kubernetes.io/control-plane:NoSchedule'],
        '10.244.0.0/24',
        'True',
        '2025-12-31T23:59:36Z',
      ],
      ['worker-1', '<none>', undefined, '10.244.1.0/24', 'True', '2025-12-31T23:59:36Z'],
      ['worker-2', '<none>', undefined, '10.244.2.0/24', 'True', '2025-12-31T23:59:36Z'],
    ]);
  });

  test('runs the pods of kube-system, and all are ready', () => {
    const all = api.list(pods);
    expect(all.map(({ metadata }) => `${metadata.namespace}/${plain(metadata.name)}`).sort()).toEqual([
      'kube-system/coredns-*',
      'kube-system/coredns-*',
      'kube-system/csi-disk-*',
      'kube-system/etcd-control-plane',
      'kube-system/kube-apiserver-control-plane',
      'kube-system/kube-controller-manager-control-plane',
      'kube-system/kube-proxy-*',
      'kube-system/kube-proxy-*',
      'kube-system/kube-proxy-*',
      'kube-system/kube-scheduler-control-plane',
      'kube-system/pod-network-*',
      'kube-system/pod-network-*',
      'kube-system/pod-network-*',
    ]);
    expect(all.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name)).toEqual([]);
  });

  test('mirrors its static pods', () => {
    const pod = api.get(pods, 'kube-system', 'kube-apiserver-control-plane')!;
    const hash = pod.metadata.annotations!['kubernetes.io/config.hash'];
    expect(pod.metadata.annotations).toEqual({
      'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': '172.18.0.2:6443',
      'kubernetes.io/config.hash': hash,
      'kubernetes.io/config.mirror': hash,
      'kubernetes.io/config.seen': '2025-12-31T23:59:36.000000000Z',
      'kubernetes.io/config.source': 'file',
    });
    expect(pod.metadata.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'Node', name: 'control-plane', uid: api.get(nodes, '', 'control-plane')!.metadata.uid, controller: true },
    ]);
    expect(pod.spec).toMatchObject({
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      nodeName: 'control-plane',
      tolerations: [{ effect: 'NoExecute', operator: 'Exists' }],
    });
    expect(pod.status).toMatchObject({ phase: 'Running', hostIP: '172.18.0.2', podIP: '172.18.0.2', qosClass: 'Burstable' });
  });

  test.each([
    { what: 'namespaces', names: api.list(namespaces), want: ['default', 'kube-node-lease', 'kube-public', 'kube-system'] },
    { what: 'storage classes', names: api.list(storageClasses), want: ['standard'] },
    { what: 'daemon sets', names: api.list(daemonSets), want: ['kube-proxy', 'pod-network'] },
    { what: 'deployments', names: api.list(deployments), want: ['coredns'] },
    {
      what: 'config maps of kube-system',
      names: api.list(configMaps, { namespace: 'kube-system' }),
      want: ['coredns', 'kube-proxy', 'kube-root-ca.crt', 'kubeadm-config', 'kubelet-config'],
    },
    {
      what: 'config maps of kube-public',
      names: api.list(configMaps, { namespace: 'kube-public' }),
      want: ['cluster-info', 'kube-root-ca.crt'],
    },
    { what: 'service accounts of default', names: api.list(serviceAccounts, { namespace: 'default' }), want: ['default'] },
  ])('has its $what', ({ names, want }) => {
    expect(names.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(want));
  });

  test('says where its names are resolved', () => {
    expect(api.get(services, 'kube-system', 'kube-dns')?.spec.clusterIP).toBe('10.96.0.10');
    expect(api.get(endpoints, 'kube-system', 'kube-dns')?.subsets?.[0]?.addresses).toHaveLength(2);
  });

  // When this was written: 283 looks, and 462 kB.
  test('takes not much longer, nor more bytes, than it did', () => {
    expect(cluster.cluster.loop.reconciles).toBeLessThan(340);
    expect(cluster.cluster.size.bytes).toBeLessThan(600_000);
  });

  test('is the same again with the same seed', () => expect(born().log()).toBe(cluster.log()));
});

test('a large cluster answers before all of its nodes have their pods', async () => {
  const cluster = makeTestCluster({ template: 'default', nodes: 120 });
  expect((await cluster.request('GET', '/api/v1/namespaces')).status).toBe(200);
  expect(cluster.api.list(nodes)).toHaveLength(121);
  // How far the nodes have come by then is a matter of the seed: 533 looks, or 1968.
  const before = cluster.cluster.loop.reconciles;
  expect(before).toBeLessThan(2500);
  cluster.advance(30_000);
  expect(cluster.cluster.loop.reconciles).toBeGreaterThan(before + 500);
  expect(
    cluster.api
      .list(pods)
      .filter((pod) => !isReady(pod))
      .map(({ metadata }) => metadata.name),
  ).toEqual([]);
  expect(cluster.errors).toEqual([]);
});

test.each([
  { template: 'default' as const, address: '172.18.0.2' },
  { template: 'bare' as const, address: '172.18.0.1' },
])('$template: pods find the API server through the Service kubernetes, and it comes back', ({ template, address }) => {
  const cluster = makeTestCluster({ template, nodes: 1 });
  const { api } = cluster;
  cluster.settle();
  const look = (): unknown => [
    api.get(services, 'default', 'kubernetes')?.spec.clusterIP,
    api.get(services, 'default', 'kubernetes')?.spec.ports,
    api.get(endpoints, 'default', 'kubernetes')?.subsets,
    api.get(endpointSlices, 'default', 'kubernetes')?.endpoints,
  ];
  const want = [
    '10.96.0.1',
    [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    [{ addresses: [{ ip: address }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] }],
    [{ addresses: [address], conditions: { ready: true } }],
  ];
  expect(look()).toEqual(want);
  api.delete(services, 'default', 'kubernetes');
  api.delete(endpoints, 'default', 'kubernetes');
  api.delete(endpointSlices, 'default', 'kubernetes');
  cluster.advance(20_000);
  expect(look()).toEqual(want);
  expect(cluster.errors).toEqual([]);
});
