import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import type { PodDisruptionBudget } from '../../../worker/api/gen/policy-v1.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { replicaSets } from '../../../worker/resources/apps/replicaset.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { podDisruptionBudgets } from '../../../worker/resources/policy/poddisruptionbudget.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, makeReady, notCanonical, podSpec, podsWith, setPod, template } from './workloads.ts';

const APP = { app: 'web' };

function budget({ api }: TestCluster, spec: Partial<PodDisruptionBudget['spec']>, name = 'pdb'): PodDisruptionBudget {
  return api.create(podDisruptionBudgets, {
    metadata: { name, namespace: 'default', generation: 1 },
    spec: { selector: { matchLabels: APP }, ...spec },
  });
}
function replicas(cluster: TestCluster, count: number, ready = count): void {
  cluster.api.create(replicaSets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: count, selector: { matchLabels: APP }, template: template(APP) },
  });
  cluster.settle();
  makeReady(cluster, ...podsWith(cluster.api, APP).slice(0, ready));
  cluster.settle();
}
const bare = (cluster: TestCluster, name: string): Pod => {
  const pod = cluster.api.create(pods, { metadata: { name, namespace: 'default', labels: APP }, spec: podSpec() });
  setPod(cluster, pod, { phase: 'Running', ready: true });
  return pod;
};
const status = ({ api }: TestCluster): PodDisruptionBudget['status'] => api.get(podDisruptionBudgets, 'default', 'pdb')!.status;
const condition = (cluster: TestCluster): string =>
  status(cluster)
    .conditions!.map(({ type, status: is, reason, message }) => `${type} ${is} ${reason} ${message}`.trim())
    .join();

describe('a disruption budget', () => {
  test.each([
    { name: 'minAvailable as a number', spec: { minAvailable: 2 }, desired: 2, allowed: 2 },
    { name: 'minAvailable as a share, rounded up', spec: { minAvailable: '60%' }, desired: 3, allowed: 1 },
    { name: 'maxUnavailable as a number', spec: { maxUnavailable: 1 }, desired: 3, allowed: 1 },
    { name: 'maxUnavailable as a share, rounded up', spec: { maxUnavailable: '30%' }, desired: 2, allowed: 2 },
    { name: 'more than there are', spec: { minAvailable: 9 }, desired: 9, allowed: 0 },
  ])('allows by $name', ({ spec, desired, allowed }) => {
    const cluster = emptyCluster();
    replicas(cluster, 4);
    budget(cluster, spec);
    cluster.settle();
    expect(status(cluster)).toMatchObject({ expectedPods: 4, currentHealthy: 4, desiredHealthy: desired, disruptionsAllowed: allowed });
    expect(condition(cluster)).toBe(`DisruptionAllowed ${allowed ? 'True SufficientPods' : 'False InsufficientPods'}`);
    expect(notCanonical(cluster.api, [podDisruptionBudgets as never])).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('counts what is ready, and follows it', () => {
    const cluster = emptyCluster();
    budget(cluster, { minAvailable: 2 });
    replicas(cluster, 3, 2);
    expect(status(cluster)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
    makeReady(cluster, ...podsWith(cluster.api, APP));
    cluster.settle();
    expect(status(cluster)).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
    cluster.api.delete(pods, 'default', podsWith(cluster.api, APP)[0]!.metadata.name);
    cluster.settle();
    expect(status(cluster)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
  });

  test('expects what the Deployment behind ReplicaSets wants', () => {
    const cluster = emptyCluster();
    cluster.api.create(deployments, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: APP },
        template: template(APP),
        strategy: { type: 'Recreate' },
        progressDeadlineSeconds: 600,
      },
    });
    cluster.settle();
    budget(cluster, { maxUnavailable: 1 });
    cluster.settle();
    expect(status(cluster)).toMatchObject({ expectedPods: 3, desiredHealthy: 2, currentHealthy: 0 });
  });

  test('without pods allows nothing, and says that there are none', () => {
    const cluster = emptyCluster();
    const made = budget(cluster, { minAvailable: 0 });
    cluster.settle();
    expect(status(cluster)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(eventsOf(cluster.api, made)).toEqual(['NoPods: No matching pods found']);
  });

  test('warns of pods that nobody manages', () => {
    const cluster = emptyCluster();
    bare(cluster, 'a');
    const made = budget(cluster, { maxUnavailable: 1 });
    cluster.settle();
    expect(status(cluster)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(eventsOf(cluster.api, made)[0]).toBe(
      'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
    );
  });

  test('fails safe when the controller of a pod cannot be scaled', () => {
    const cluster = emptyCluster();
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true };
    cluster.api.create(pods, {
      metadata: { name: 'p', namespace: 'default', labels: APP, ownerReferences: [owner], finalizers: ['x.io/y'] },
      spec: podSpec(),
    });
    const made = budget(cluster, { maxUnavailable: 1 });
    cluster.settle();
    expect(condition(cluster)).toBe('DisruptionAllowed False SyncFailed daemonsets.apps does not implement the scale subresource');
    expect(eventsOf(cluster.api, made)).toContain(
      'CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: daemonsets.apps does not implement the scale subresource',
    );
  });

  test('remembers evictions that were allowed until they show, or two minutes', () => {
    const cluster = emptyCluster();
    replicas(cluster, 3);
    budget(cluster, { minAvailable: 1 });
    cluster.settle();
    const [pod] = podsWith(cluster.api, APP);
    const now = cluster.api.get(podDisruptionBudgets, 'default', 'pdb')!;
    cluster.api.updateStatus(podDisruptionBudgets, {
      ...now,
      status: { ...now.status, disruptionsAllowed: 1, disruptedPods: { [pod!.metadata.name]: '2026-01-01T00:00:00Z' } },
    });
    cluster.settle();
    expect(status(cluster)).toMatchObject({
      currentHealthy: 2,
      disruptionsAllowed: 1,
      disruptedPods: { [pod!.metadata.name]: '2026-01-01T00:00:00Z' },
    });
    cluster.advance(121_000);
    expect(status(cluster)).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 2 });
    expect(status(cluster).disruptedPods).toBeUndefined();
    expect(eventsOf(cluster.api, pod!)).toContain("NotDeleted: Pod was expected by PDB default/default to be deleted but it wasn't");
  });
});

test('a pod of several budgets is told of', () => {
  const cluster = emptyCluster();
  budget(cluster, { minAvailable: 1 }, 'a');
  budget(cluster, { minAvailable: 1 }, 'b');
  const pod = bare(cluster, 'p');
  cluster.settle();
  expect(eventsOf(cluster.api, pod)).toContain(
    'MultiplePodDisruptionBudgets: Pod "default"/"p" matches multiple PodDisruptionBudgets.  Chose "a" arbitrarily.',
  );
});

test('a mark of a disruption that does not come is taken back after two minutes', () => {
  const cluster = emptyCluster();
  const pod = bare(cluster, 'p');
  const now = cluster.api.get(pods, 'default', 'p')!;
  const mark = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    lastProbeTime: null,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  cluster.api.updateStatus(pods, { ...now, status: { ...now.status, conditions: [...now.status.conditions!, mark] } });
  const found = (): Record<string, unknown> | undefined => {
    const { conditions = [] } = cluster.api.get(pods, 'default', pod.metadata.name)!.status;
    return conditions.map((one) => ({ ...one })).find(({ type }) => type === 'DisruptionTarget');
  };
  cluster.advance(119_000);
  expect(found()).toEqual(mark);
  cluster.advance(2000);
  expect(found()).toEqual({
    type: 'DisruptionTarget',
    observedGeneration: 1,
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: '2026-01-01T00:02:00Z',
  });
});
