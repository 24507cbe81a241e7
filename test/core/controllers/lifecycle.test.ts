// The small loops that make and clear away: namespaces, service accounts, root CA, pods that are lost, Jobs that are over.

import { describe, expect, test } from 'vitest';
import type { Namespace, Pod } from '../../../worker/api/gen/core-v1.ts';
import { formatTime } from '../../../worker/lib/time.ts';
import { validatingAdmissionPolicies } from '../../../worker/resources/admissionregistration/validatingadmissionpolicy.ts';
import { validatingAdmissionPolicyBindings } from '../../../worker/resources/admissionregistration/validatingadmissionpolicybinding.ts';
import { apiServices } from '../../../worker/resources/apiregistration/apiservice.ts';
import { jobs } from '../../../worker/resources/batch/job.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { makePodGarbageCollector } from '../../../worker/controllers/pod-gc.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, podSpec, setPod, template } from './workloads.ts';

describe('each namespace has', () => {
  test('a service account named default, again if it is deleted', () => {
    const cluster = emptyCluster();
    cluster.api.create(namespaces, { metadata: { name: 'spare' } });
    cluster.settle();
    const all = (): string[] =>
      cluster.api
        .list(serviceAccounts)
        .filter(({ metadata }) => metadata.name === 'default')
        .map(({ metadata }) => metadata.namespace!);
    expect(all()).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system', 'spare']);
    cluster.api.delete(serviceAccounts, 'spare', 'default');
    cluster.settle();
    expect(all()).toContain('spare');
    expect(cluster.errors).toEqual([]);
  });

  test('the root CA, put right if it is changed', () => {
    const cluster = emptyCluster();
    cluster.settle();
    const read = () => cluster.api.get(configMaps, 'default', 'kube-root-ca.crt')!;
    const { data } = read();
    expect(Object.keys(data!)).toEqual(['ca.crt']);
    expect(read().metadata.annotations).toHaveProperty(['kubernetes.io/description']);
    cluster.api.update(configMaps, { ...read(), data: { 'ca.crt': 'mine' } });
    cluster.settle();
    expect(read().data).toEqual(data);
    cluster.api.delete(configMaps, 'default', 'kube-root-ca.crt');
    cluster.settle();
    expect(read().data).toEqual(data);
  });
});

describe('a namespace that is deleted', () => {
  /** One that a finalizer keeps in view. */
  function make(cluster: TestCluster): void {
    const made = cluster.api.create(namespaces, {
      metadata: { name: 'spare', finalizers: ['x.io/y'] },
      spec: { finalizers: ['kubernetes'] },
    });
    expect(made.spec.finalizers).toEqual(['kubernetes']);
    cluster.settle();
  }
  const remove = (cluster: TestCluster): void => cluster.api.delete(namespaces, '', 'spare');
  const read = ({ api }: TestCluster): Namespace => api.get(namespaces, '', 'spare')!;
  const conditions = (cluster: TestCluster): Record<string, string> =>
    Object.fromEntries(
      (read(cluster).status.conditions ?? []).map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
    );
  const put = ({ api }: TestCluster, name: string, finalizers: string[] = []): void => {
    api.create(secrets, { metadata: { name, namespace: 'spare', finalizers } });
  };

  test('is emptied after five seconds', () => {
    const cluster = emptyCluster();
    make(cluster);
    put(cluster, 'a');
    remove(cluster);
    cluster.advance(4900);
    expect(cluster.api.list(secrets, { namespace: 'spare' })).toHaveLength(1);
    cluster.advance(200);
    expect(cluster.api.list(secrets, { namespace: 'spare' })).toHaveLength(0);
    expect(cluster.api.list(serviceAccounts, { namespace: 'spare' })).toHaveLength(0);
    expect(read(cluster).status.phase).toBe('Terminating');
    expect(conditions(cluster)).toEqual({
      NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure: 'False ParsedGroupVersions: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure: 'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining: 'False ContentRemoved: All content successfully removed',
      NamespaceFinalizersRemaining: 'False ContentHasNoFinalizers: All content-preserving finalizers finished',
    });
  });

  test('says what remains, and why', () => {
    const cluster = emptyCluster();
    make(cluster);
    put(cluster, 'a', ['x.io/hold']);
    put(cluster, 'b', ['x.io/hold', 'x.io/more']);
    remove(cluster);
    cluster.advance(6000);
    expect(conditions(cluster)).toMatchObject({
      NamespaceContentRemaining: 'True SomeResourcesRemain: Some resources are remaining: secrets. has 2 resource instances',
      NamespaceFinalizersRemaining:
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: x.io/hold in 2 resource instances, x.io/more in 1 resource instances',
    });
    for (const secret of cluster.api.list(secrets, { namespace: 'spare' })) {
      const { finalizers: _, ...metadata } = secret.metadata;
      cluster.api.update(secrets, { ...secret, metadata });
    }
    cluster.advance(20_000);
    expect(conditions(cluster)['NamespaceContentRemaining']).toBe('False ContentRemoved: All content successfully removed');
    expect(cluster.errors).toEqual([]);
  });

  test('stays while nobody can say what a group of another server holds', () => {
    const cluster = emptyCluster();
    const service = cluster.api.create(apiServices, {
      metadata: { name: 'v1.things.example.com' },
      spec: {
        group: 'things.example.com',
        version: 'v1',
        service: { namespace: 'default', name: 'things' },
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    const available = { type: 'Available', status: 'False', lastTransitionTime: null, reason: 'MissingEndpoints', message: '' };
    cluster.api.updateStatus(apiServices, { ...service, status: { conditions: [available] } });
    make(cluster);
    put(cluster, 'a');
    remove(cluster);
    cluster.advance(6000);
    expect(cluster.api.list(secrets, { namespace: 'spare' })).toHaveLength(0);
    expect(conditions(cluster)).toMatchObject({
      NamespaceDeletionDiscoveryFailure:
        'True DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: things.example.com/v1: stale GroupVersion discovery: things.example.com/v1',
      NamespaceDeletionContentFailure: 'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    });
    expect(read(cluster).spec.finalizers).toEqual(['kubernetes']);
    cluster.api.delete(apiServices, '', 'v1.things.example.com');
    cluster.advance(60_000);
    expect(read(cluster).spec.finalizers).toBeUndefined();
    expect(conditions(cluster)['NamespaceDeletionDiscoveryFailure']).toBe(
      'False ResourcesDiscovered: All resources successfully discovered',
    );
  });

  test('says of each kind what is in its way, and goes on with others', () => {
    const cluster = emptyCluster();
    make(cluster);
    put(cluster, 'a');
    put(cluster, 'b');
    cluster.api.create(validatingAdmissionPolicies, {
      metadata: { name: 'keep' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['secrets', 'configmaps'] }],
        },
        validations: [{ expression: "request.namespace != 'spare'", message: 'no' }],
      },
    } as never);
    cluster.api.create(validatingAdmissionPolicyBindings, {
      metadata: { name: 'keep' },
      spec: { policyName: 'keep', validationActions: ['Deny'] },
    } as never);
    cluster.settle();
    remove(cluster);
    cluster.advance(6000);
    const refused = (what: string): string =>
      `${what} is forbidden: ValidatingAdmissionPolicy 'keep' with binding 'keep' denied request: no`;
    expect(conditions(cluster)).toMatchObject({
      NamespaceDeletionContentFailure: `True ContentDeletionFailed: Failed to delete all resource types, 2 remaining: ${refused('configmaps "kube-root-ca.crt"')}, ${refused('secrets "a"')}`,
      NamespaceContentRemaining: 'False ContentRemoved: All content successfully removed',
    });
    expect(cluster.api.list(serviceAccounts, { namespace: 'spare' })).toEqual([]);
  });

  test('lets its pods end before the rest goes', () => {
    const cluster = emptyCluster();
    make(cluster);
    put(cluster, 'a');
    cluster.api.create(pods, { metadata: { name: 'p', namespace: 'spare', finalizers: ['x.io/hold'] }, spec: podSpec() });
    remove(cluster);
    cluster.advance(10_000);
    expect(cluster.api.get(pods, 'spare', 'p')!.metadata.deletionTimestamp).toBeDefined();
    expect(cluster.api.list(secrets, { namespace: 'spare' })).toHaveLength(1);
    const pod = cluster.api.get(pods, 'spare', 'p')!;
    const { finalizers: _, ...metadata } = pod.metadata;
    cluster.api.update(pods, { ...pod, metadata });
    cluster.advance(60_000);
    expect(cluster.api.list(secrets, { namespace: 'spare' })).toHaveLength(0);
  });
});

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

describe('pods that nobody else would delete', () => {
  const make = ({ api }: TestCluster, name: string, spec = {}, finalizers: string[] = []): Pod =>
    api.create(pods, { metadata: { name, namespace: 'default', finalizers }, spec: podSpec(spec) });

  test('go when their node has been gone for a while', () => {
    const cluster = emptyCluster();
    const pod = make(cluster, 'p', { nodeName: 'gone' }, ['x.io/hold']);
    setPod(cluster, pod, { phase: 'Running', ready: true });
    cluster.advance(39_000);
    expect(cluster.api.get(pods, 'default', 'p')!.metadata.deletionTimestamp).toBeUndefined();
    cluster.advance(2000);
    const now = cluster.api.get(pods, 'default', 'p')!;
    expect(now.metadata.deletionTimestamp).toBeDefined();
    expect(now.status).toMatchObject({ phase: 'Failed', observedGeneration: 1 });
    expect(now.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      observedGeneration: 1,
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    });
  });

  test('stay when the node comes back in time', () => {
    const cluster = emptyCluster();
    make(cluster, 'p', { nodeName: 'late' });
    cluster.advance(30_000);
    cluster.api.create(nodes, { metadata: { name: 'late' } });
    cluster.advance(60_000);
    expect(cluster.api.get(pods, 'default', 'p')).toBeDefined();
  });

  test('go when they terminate without a node', () => {
    const cluster = emptyCluster();
    make(cluster, 'p', {}, ['x.io/hold']);
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(21_000);
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Failed');
  });

  test.each([
    { name: 'go when they terminate on a node that is out of service', ready: 'Unknown', taint: OUT_OF_SERVICE, gone: true },
    { name: 'stay on one that is ready', ready: 'True', taint: OUT_OF_SERVICE, gone: false },
    { name: 'stay on one that nobody gave up', ready: 'Unknown', taint: 'example.com/other', gone: false },
  ])('$name', ({ ready, taint, gone }) => {
    const cluster = makeTestCluster({ nodes: 0, alone: true, extraControllers: [makePodGarbageCollector()] });
    const node = cluster.api.create(nodes, { metadata: { name: 'n' }, spec: { taints: [{ key: taint, effect: 'NoExecute' }] } });
    const conditions = [{ type: 'Ready', status: ready, lastHeartbeatTime: null, lastTransitionTime: null }];
    cluster.api.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
    const waiting = make(cluster, 'p', { nodeName: 'n' });
    make(cluster, 'at-work', { nodeName: 'n' });
    setPod(cluster, waiting, { phase: 'Running', ready: true });
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(21_000);
    expect(cluster.api.list(pods).map(({ metadata }) => metadata.name)).toEqual(gone ? ['at-work'] : ['at-work', 'p']);
  });
});

describe('a Job with a time to live', () => {
  test.each([
    { name: 'goes after it', ttl: 10, ended: 'Complete', gone: true },
    { name: 'also if it failed', ttl: 10, ended: 'Failed', gone: true },
    { name: 'stays while it runs', ttl: 10, ended: undefined, gone: false },
    { name: 'stays without a limit', ttl: undefined, ended: 'Complete', gone: false },
  ])('$name', ({ ttl, ended, gone }) => {
    const cluster = emptyCluster();
    const job = cluster.api.create(jobs, {
      metadata: { name: 'j', namespace: 'default' },
      // Managed by somebody else: only the clearing away is looked at here.
      spec: {
        managedBy: 'example.com/other',
        suspend: true,
        template: template({}, { restartPolicy: 'Never' }),
        ...(ttl && { ttlSecondsAfterFinished: ttl }),
      },
    });
    const time = formatTime(START);
    if (ended)
      cluster.api.updateStatus(jobs, {
        ...job,
        status: {
          ...job.status,
          conditions: [ended === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', ended].map((type) => ({
            type,
            status: 'True',
            lastProbeTime: time,
            lastTransitionTime: time,
          })),
          startTime: time,
          ...(ended === 'Complete' && { completionTime: time }),
        },
      });
    cluster.advance(9000);
    expect(cluster.api.get(jobs, 'default', 'j')).toBeDefined();
    cluster.advance(2000);
    expect(cluster.api.get(jobs, 'default', 'j') === undefined).toBe(gone);
  });
});
