import { describe, expect, test } from 'vitest';
import type { PodSpec, ResourceQuota, ResourceQuotaSpec } from '../../../worker/api/gen/core-v1.ts';
import { makeResourceQuotaController } from '../../../worker/controllers/resourcequota.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { services } from '../../../worker/resources/core/service.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, notCanonical, podSpec, setPod } from './workloads.ts';

const quota = ({ api, settle }: TestCluster, names: readonly string[], more: Partial<ResourceQuotaSpec> = {}): ResourceQuota => {
  const made = api.create(resourceQuotas, {
    metadata: { name: 'q', namespace: 'default' },
    spec: { hard: Object.fromEntries(names.map((name) => [name, '100'])), ...more },
  });
  settle();
  return made;
};
const used = ({ api, settle }: TestCluster): Record<string, string> => {
  settle();
  return api.get(resourceQuotas, 'default', 'q')!.status.used!;
};
const pod = ({ api }: TestCluster, name: string, spec: Partial<PodSpec> = {}) =>
  api.create(pods, { metadata: { name, namespace: 'default' }, spec: podSpec(spec) });
const asking = (requests: Record<string, string>, limits: Record<string, string> = requests): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'x', resources: { requests, limits } }],
});

const near = (more: object) => ({
  requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'zone', ...more }],
});

describe('the usage of a quota', () => {
  test('is what pods ask for, added up', () => {
    const cluster = emptyCluster();
    pod(cluster, 'a', asking({ cpu: '500m', memory: '1Gi' }, { cpu: '1', memory: '1Gi' }));
    pod(cluster, 'b', asking({ cpu: '250m', 'example.com/gpu': '2' }));
    pod(cluster, 'c');
    quota(cluster, [
      'pods',
      'count/pods',
      'cpu',
      'requests.cpu',
      'limits.cpu',
      'memory',
      'limits.memory',
      'requests.example.com/gpu',
      'requests.hugepages-2Mi',
    ]);
    expect(used(cluster)).toEqual({
      pods: '3',
      'count/pods': '3',
      cpu: '750m',
      'requests.cpu': '750m',
      'limits.cpu': '1250m',
      memory: '1Gi',
      'limits.memory': '1Gi',
      'requests.example.com/gpu': '2',
      'requests.hugepages-2Mi': '0',
    });
    expect(cluster.api.get(resourceQuotas, 'default', 'q')!.status.hard).toMatchObject({ pods: '100' });
    expect(notCanonical(cluster.api, [resourceQuotas as never])).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('goes down when pods end or go', () => {
    const cluster = emptyCluster();
    const a = pod(cluster, 'a');
    pod(cluster, 'b');
    quota(cluster, ['pods', 'count/pods']);
    expect(used(cluster)).toEqual({ pods: '2', 'count/pods': '2' });
    setPod(cluster, a, { phase: 'Succeeded', exitCode: 0 });
    expect(used(cluster)).toEqual({ pods: '1', 'count/pods': '2' });
    cluster.api.delete(pods, 'default', 'b');
    expect(used(cluster)).toEqual({ pods: '0', 'count/pods': '1' });
  });

  test('is what containers hold, while they give it back', () => {
    const cluster = emptyCluster();
    const a = pod(cluster, 'a', asking({ cpu: '1' }, { cpu: '2' }));
    quota(cluster, ['requests.cpu', 'limits.cpu']);
    const hold = (cpu: string, allocated: string, reason?: string): void => {
      const now = cluster.api.get(pods, 'default', 'a')!;
      const containerStatuses = now.status.containerStatuses!.map((one) => ({
        ...one,
        resources: { requests: { cpu }, limits: { cpu: '4' } },
        allocatedResources: { cpu: allocated },
      }));
      const conditions = reason ? [{ type: 'PodResizePending', status: 'True', reason }] : [];
      cluster.api.updateStatus(pods, { ...now, status: { ...now.status, containerStatuses, conditions: conditions as never } });
    };
    setPod(cluster, a, { phase: 'Running', ready: true });
    hold('1500m', '1200m');
    cluster.advance(10_000);
    expect(used(cluster)).toEqual({ 'requests.cpu': '1500m', 'limits.cpu': '4' });
    hold('500m', '700m', 'Infeasible');
    cluster.advance(10_000);
    expect(used(cluster)).toEqual({ 'requests.cpu': '700m', 'limits.cpu': '4' });
  });

  test('counts objects of any kind', () => {
    const cluster = emptyCluster();
    quota(cluster, ['configmaps', 'count/configmaps', 'count/deployments.apps', 'secrets']);
    cluster.api.create(configMaps, { metadata: { name: 'a', namespace: 'default' } });
    // One more is the root CA's.
    expect(used(cluster)).toEqual({ configmaps: '2', 'count/configmaps': '2', 'count/deployments.apps': '0', secrets: '0' });
  });

  test.each([
    { type: 'ClusterIP', want: { services: '1', 'services.loadbalancers': '0', 'services.nodeports': '0' } },
    { type: 'NodePort', want: { services: '1', 'services.loadbalancers': '0', 'services.nodeports': '2' } },
    { type: 'LoadBalancer', want: { services: '1', 'services.loadbalancers': '1', 'services.nodeports': '2' } },
  ])('counts a Service of type $type', ({ type, want }) => {
    const cluster = emptyCluster();
    const ports = [80, 81].map((port) => ({ name: `p${port}`, port, protocol: 'TCP', targetPort: port }));
    cluster.api.create(services, { metadata: { name: 's', namespace: 'default' }, spec: { type, ports, selector: { a: 'b' } } });
    quota(cluster, Object.keys(want));
    // The Service `kubernetes`, where there is one, counts too.
    const others = cluster.api.list(services, { namespace: 'default' }).length - 1;
    expect(used(cluster)).toEqual({ ...want, services: String(1 + others) });
  });

  test('counts claims by their class', () => {
    const cluster = emptyCluster();
    for (const [name, storageClassName, storage] of [
      ['a', 'fast', '1Gi'],
      ['b', 'slow', '2Gi'],
    ] as const)
      cluster.api.create(persistentVolumeClaims, {
        metadata: { name, namespace: 'default' },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
      });
    quota(cluster, [
      'persistentvolumeclaims',
      'requests.storage',
      'fast.storageclass.storage.k8s.io/requests.storage',
      'slow.storageclass.storage.k8s.io/persistentvolumeclaims',
    ]);
    expect(used(cluster)).toEqual({
      persistentvolumeclaims: '2',
      'requests.storage': '3Gi',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
      'slow.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    });
  });

  test.each([
    { name: 'Terminating', more: { scopes: ['Terminating'] }, want: '1' },
    { name: 'NotTerminating', more: { scopes: ['NotTerminating'] }, want: '2' },
    { name: 'BestEffort', more: { scopes: ['BestEffort'] }, want: '2' },
    { name: 'NotBestEffort', more: { scopes: ['NotBestEffort'] }, want: '1' },
    { name: 'two at once', more: { scopes: ['Terminating', 'BestEffort'] }, want: '1' },
    {
      name: 'a priority class',
      more: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] } },
      want: '1',
    },
    {
      name: 'no priority class',
      more: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'DoesNotExist' }] } },
      want: '2',
    },
    {
      name: 'affinity to other namespaces',
      more: { scopeSelector: { matchExpressions: [{ scopeName: 'CrossNamespacePodAffinity', operator: 'Exists' }] } },
      want: '1',
    },
  ])('is of pods in its scopes only: $name', ({ more, want }) => {
    const cluster = emptyCluster();
    pod(cluster, 'short', { activeDeadlineSeconds: 60, affinity: { podAffinity: near({}) } });
    pod(cluster, 'sized', { ...asking({ cpu: '1', memory: '1Gi' }), affinity: { podAntiAffinity: near({ namespaces: ['other'] }) } });
    pod(cluster, 'critical', { priorityClassName: 'system-node-critical' });
    quota(cluster, ['pods'], more);
    expect(used(cluster)).toEqual({ pods: want });
  });

  test('is of claims that have, want or are about to get a class of attributes', () => {
    const cluster = emptyCluster({ alone: true, extraControllers: [makeResourceQuotaController()] });
    const claim = (name: string, wanted: string | undefined, status: object = {}): void => {
      const made = cluster.api.create(persistentVolumeClaims, {
        metadata: { name, namespace: 'default' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
          storageClassName: 'slow',
          ...(wanted && { volumeAttributesClassName: wanted }),
        },
      });
      cluster.api.updateStatus(persistentVolumeClaims, { ...made, status: { ...made.status, ...status } });
    };
    claim('wants', 'gold');
    claim('has', 'silver', { currentVolumeAttributesClassName: 'gold' });
    claim('gets', 'silver', { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold', status: 'InProgress' } });
    claim('other', 'silver');
    claim('plain', undefined);
    quota(cluster, ['persistentvolumeclaims', 'requests.storage'], {
      scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['gold'] }] },
    });
    expect(used(cluster)).toEqual({ persistentvolumeclaims: '3', 'requests.storage': '3Gi' });
  });

  test('follows a change of the limits', () => {
    const cluster = emptyCluster();
    quota(cluster, ['pods']);
    const now = cluster.api.get(resourceQuotas, 'default', 'q')!;
    cluster.api.update(resourceQuotas, { ...now, spec: { hard: { 'count/secrets': '5' } } });
    cluster.settle();
    expect(cluster.api.get(resourceQuotas, 'default', 'q')!.status).toEqual({
      hard: { 'count/secrets': '5' },
      used: { 'count/secrets': '0' },
    });
  });
});

test('a pod that is not gone after its time is free after five minutes at most', () => {
  const cluster = emptyCluster();
  quota(cluster, ['pods']);
  cluster.api.create(nodes, { metadata: { name: 'silent' }, spec: {} });
  const { metadata } = pod(cluster, 'a', { nodeName: 'silent' });
  expect(used(cluster)).toEqual({ pods: '1' });
  cluster.api.delete(pods, 'default', metadata.name, { gracePeriodSeconds: 60 });
  cluster.advance(120_000);
  expect(cluster.api.get(pods, 'default', 'a')).toBeDefined();
  expect(used(cluster)).toEqual({ pods: '1' });
  cluster.advance(240_000);
  expect(used(cluster)).toEqual({ pods: '0' });
});
