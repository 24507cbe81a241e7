// PodDisruptionBudgets: how many of a budget's pods are healthy, and how many may be disrupted. Mirrors pkg/controller/disruption.
//
// Keys: `<namespace>/<name>` of a budget; `several <namespace>/<pod>`; `stale <namespace>/<pod>`.

import { SyncError, watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../api/gen/policy-v1.ts';
import { controllerOf, isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { whoSelects } from '../api/selector-index.ts';
import { labelSelectorOf } from '../api/selectors.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { scaledValue } from '../lib/int-or-percent.ts';
import { isEqual } from '../lib/json.ts';
import { timeOf } from '../lib/time.ts';
import { deployments } from '../resources/apps/deployment.ts';
import { replicaSets } from '../resources/apps/replicaset.ts';
import { statefulSets } from '../resources/apps/statefulset.ts';
import { isReady, isTerminal, observedBy, podCondition, withPodCondition } from '../resources/core/pod-state.ts';
import { pods } from '../resources/core/pod.ts';
import { replicationControllers } from '../resources/core/replicationcontroller.ts';
import { podDisruptionBudgets } from '../resources/policy/poddisruptionbudget.ts';
import { setCondition } from './meta-conditions.ts';
import { Pace } from './pace.ts';
import { isExpected } from './pod-control.ts';

/** How long an eviction that was allowed may take to show; and how long a pod may be marked for a disruption that does not come. */
const TIMEOUT_MS = 2 * 60_000;
const ALLOWED = 'DisruptionAllowed';

export function makeDisruptionController(): Controller {
  const pace = new Pace();
  return {
    name: 'disruption',
    component: 'kube-controller-manager',
    reporter: 'controllermanager',
    watches: [watch(podDisruptionBudgets), watch(pods, keysOfPod)],
    reconcile(key, context) {
      const [what, place = ''] = key.split(' ') as [string, string?];
      if (what === 'several') return tellOfSeveral(place, context);
      if (what === 'stale') return clearStale(place, context);
      const { namespace, name } = splitKey(key);
      const budget = context.api.get(podDisruptionBudgets, namespace, name);
      if (!budget) return pace.forget(key);
      const wait = pace.wait(key, budget.status.expectedPods, context.now());
      return wait > 0 ? { after: wait } : sync(budget, context);
    },
  };
}

const budgetsOf = (reader: ClusterReader, { metadata: { namespace = '', labels } }: Pod): PodDisruptionBudget[] =>
  whoSelects(reader, podDisruptionBudgets, namespace, labels, ({ spec }) => labelSelectorOf(spec.selector));

function keysOfPod(pod: Pod, previous: Pod | undefined, reader: ClusterReader): readonly string[] {
  const found = budgetsOf(reader, pod);
  const keys = found.map(keyOf);
  if (found.length > 1) keys.unshift(`several ${keyOf(pod)}`);
  if (previous && !isEqual(previous.metadata.labels, pod.metadata.labels)) keys.push(...budgetsOf(reader, previous).map(keyOf));
  if (isMarked(pod)) keys.push(`stale ${keyOf(pod)}`);
  return keys;
}

function tellOfSeveral(key: string, { api, event }: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  const pod = api.get(pods, namespace, name);
  const found = pod ? budgetsOf(api, pod) : [];
  if (found.length < 2) return undefined;
  const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${found[0]!.metadata.name}" arbitrarily.`;
  event(pod!, 'Warning', 'MultiplePodDisruptionBudgets', message);
  return undefined;
}

/** Marked for a disruption, and not being deleted. */
function isMarked(pod: Pod): boolean {
  const condition = podCondition(pod, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason !== 'TerminationByKubelet' && !isTerminating(pod) && !isTerminal(pod);
}

function clearStale(key: string, { api, now }: ControllerContext): Requeue | undefined {
  const { namespace, name } = splitKey(key);
  const pod = api.get(pods, namespace, name);
  if (!pod || !isMarked(pod)) return undefined;
  const left = timeOf(podCondition(pod, 'DisruptionTarget')!.lastTransitionTime) + TIMEOUT_MS - now();
  if (left > 0) return { after: left, background: true };
  const cleared = { type: 'DisruptionTarget', ...observedBy(pod), status: 'False' };
  const conditions = withPodCondition(pod.status.conditions, cleared, now());
  api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
  return undefined;
}

function sync(budget: PodDisruptionBudget, context: ControllerContext): Requeue | undefined {
  try {
    return trySync(budget, context);
  } catch (error) {
    if (!isExpected(error) || isConflict(error)) throw error;
    context.log('E', `"Failed to sync PDB" err=${JSON.stringify(error.message)} podDisruptionBudget="${keyOf(budget)}"`);
    // Nothing is known: nothing may be disrupted.
    const { observedGeneration } = budget.status;
    const facts = { type: ALLOWED, status: 'False' as const, reason: 'SyncFailed', message: error.message, observedGeneration };
    const conditions = setCondition(budget.status.conditions, facts, context.now());
    context.api.updateStatus(podDisruptionBudgets, { ...budget, status: { ...budget.status, disruptionsAllowed: 0, conditions } });
    return undefined;
  }
}

function trySync(budget: PodDisruptionBudget, context: ControllerContext): Requeue | undefined {
  const { api, now, event } = context;
  const { namespace = '', generation } = budget.metadata;
  const selected = api.list(pods, { namespace, selector: labelSelectorOf(budget.spec.selector) });
  if (!selected.length) event(budget, 'Normal', 'NoPods', 'No matching pods found');
  let counts: ReturnType<typeof expect>;
  try {
    counts = expect(budget, selected, context);
  } catch (error) {
    if (isExpected(error))
      event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${error.message}`);
    throw error;
  }
  if (counts.hasUnmanaged) tellOfUnmanaged(budget, context);
  const { disrupted, recheck } = stillDisrupted(budget, selected, context);
  const healthy = selected.filter((pod) => !isTerminating(pod) && disrupted[pod.metadata.name] === undefined && isReady(pod)).length;
  const allowed = counts.expected > 0 ? Math.max(0, healthy - counts.desired) : 0;
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  const facts = {
    type: ALLOWED,
    status: allowed > 0 ? ('True' as const) : ('False' as const),
    reason,
    message: '',
    observedGeneration: generation,
  };
  const status: PodDisruptionBudgetStatus = {
    ...(generation && { observedGeneration: generation }),
    ...(Object.keys(disrupted).length && { disruptedPods: disrupted }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: counts.desired,
    expectedPods: counts.expected,
    conditions: setCondition(budget.status.conditions, facts, now()),
  };
  if (!isEqual(status, budget.status)) api.updateStatus(podDisruptionBudgets, { ...budget, status });
  return recheck === undefined ? undefined : { after: Math.max(1, recheck - now()), background: true };
}

/** How many pods there should be, and how many of them healthy. */
function expect(
  { spec: { maxUnavailable, minAvailable } }: PodDisruptionBudget,
  selected: readonly Pod[],
  context: ControllerContext,
): { expected: number; desired: number; hasUnmanaged: boolean } {
  if (maxUnavailable !== undefined) {
    const { expected, hasUnmanaged } = expectedScale(selected, context);
    return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up')), hasUnmanaged };
  }
  if (typeof minAvailable === 'number') return { expected: selected.length, desired: minAvailable, hasUnmanaged: false };
  if (minAvailable === undefined) return { expected: 0, desired: 0, hasUnmanaged: false };
  const { expected, hasUnmanaged } = expectedScale(selected, context);
  return { expected, desired: scaledValue(minAvailable, expected, 'up'), hasUnmanaged };
}

/** What the controllers of the pods want, added up. */
function expectedScale(selected: readonly Pod[], context: ControllerContext): { expected: number; hasUnmanaged: boolean } {
  const scales = new Map<string, number>();
  const asked = new Set<string>();
  let hasUnmanaged = false;
  for (const pod of selected) {
    const owner = controllerOf(pod);
    if (!owner) hasUnmanaged = true;
    if (!owner || asked.has(owner.uid)) continue;
    asked.add(owner.uid);
    const found = scaleOf(owner, pod.metadata.namespace ?? '', context.api);
    if (!found) throw new SyncError(`found no controllers for pod "${pod.metadata.name}"`);
    scales.set(found.uid, found.replicas);
  }
  return { expected: [...scales.values()].reduce((sum, count) => sum + count, 0), hasUnmanaged };
}

/** Of a ReplicaSet of a Deployment, the Deployment's; of what upstream does not know, by its scale subresource. */
function scaleOf(owner: OwnerReference, namespace: string, api: ControllerContext['api']): { uid: string; replicas: number } | undefined {
  const { apiVersion, kind, name, uid } = owner;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const known = KNOWN.find((one) => one.kind === kind && one.group === group);
  if (known) {
    const found = api.get(known, namespace, name);
    if (found?.metadata.uid !== uid) return undefined;
    const by = known.kind === 'ReplicaSet' ? controllerOf(found) : undefined;
    const deployment = by?.kind === 'Deployment' ? api.get(deployments, namespace, by.name) : undefined;
    if (deployment && deployment.metadata.uid === by!.uid) return { uid: by!.uid, replicas: deployment.spec.replicas ?? 1 };
    return { uid, replicas: found.spec.replicas ?? 1 };
  }
  const resource = api.resourceOf(group, kind, apiVersion.slice(slash + 1));
  if (!resource) throw new SyncError(`no matches for kind "${kind}" in version "${apiVersion}"`);
  if (!resource.subresources['scale'])
    throw new SyncError(`${resource.resource}${group && `.${group}`} does not implement the scale subresource`);
  if (api.get(resource, namespace, name)?.metadata.uid !== uid) return undefined;
  try {
    return { uid, replicas: api.scale(resource, namespace, name).replicas };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

type Replicated = KubeObject & { spec: { replicas?: number } };
const KNOWN = [replicationControllers, replicaSets, statefulSets] as unknown as readonly Resource<Replicated>[];

function tellOfUnmanaged(budget: PodDisruptionBudget, { event }: ControllerContext): void {
  const { matchLabels = {}, matchExpressions = [] } = budget.spec.selector ?? {};
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const selector = budget.spec.selector
    ? `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
    : 'nil';
  event(
    budget,
    'Warning',
    'UnmanagedPods',
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
  );
}

/** Evictions that were allowed and have not shown yet; after some time they are not believed in any more. */
function stillDisrupted(
  { metadata, status }: PodDisruptionBudget,
  selected: readonly Pod[],
  { now, event }: ControllerContext,
): { disrupted: Record<string, string>; recheck: number | undefined } {
  const disrupted: Record<string, string> = {};
  let recheck: number | undefined;
  for (const pod of selected) {
    const since = status.disruptedPods?.[pod.metadata.name];
    if (since === undefined || isTerminating(pod)) continue;
    const deadline = timeOf(since) + TIMEOUT_MS;
    if (deadline < now()) {
      const message = `Pod was expected by PDB ${metadata.namespace}/${metadata.namespace} to be deleted but it wasn't`;
      event(pod, 'Warning', 'NotDeleted', message);
      continue;
    }
    disrupted[pod.metadata.name] = since;
    recheck = Math.min(recheck ?? Infinity, deadline);
  }
  return { disrupted, recheck };
}
