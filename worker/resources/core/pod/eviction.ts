// The eviction subresource of pods: a deletion that a disruption budget may refuse. Mirrors EvictionREST of kubernetes pkg/registry/core/pod/storage.

import type { Pod } from '../../../api/gen/core-v1.ts';
import type { DeleteOptions } from '../../../api/gen/meta-v1.ts';
import type { Eviction, PodDisruptionBudget } from '../../../api/gen/policy-v1.ts';
import type { ActionContext, CreateSubresource, Resource } from '../../../api/resource.ts';
import { whoSelects } from '../../../api/selector-index.ts';
import { labelSelectorOf } from '../../../api/selectors.ts';
import { conflict, forbidden, notFound, StatusError, tooManyRequests } from '../../../api/status.ts';
import { formatTime } from '../../../lib/time.ts';
import { builtinType } from '../../schema/index.ts';
import { isReady, isTerminal, withPodCondition } from '../pod-state.ts';

const DONE = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } as const;
const PODS = { group: '', resource: 'pods' };
const BUDGET = { group: 'policy', resource: 'poddisruptionbudget' };
const CAUSE = 'DisruptionBudget';
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";
/** A budget that waits for so many pods to go is not kept up to date. */
const MAX_DISRUPTED = 2000;

export const podEviction: CreateSubresource = {
  type: 'create',
  accepts: ['policy/v1beta1'],
  verbs: ['create'],
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: builtinType('policy.v1.Eviction'),
  create: (body, target, context) => evict(body as Eviction, target as Pod | undefined, context),
};

function evict({ deleteOptions = {} }: Eviction, pod: Pod | undefined, context: ActionContext): object {
  if (!pod) throw notFound(PODS, context.name);
  const isDryRun = context.dryRun || (deleteOptions.dryRun?.length ?? 0) > 0;
  const budget = needsNoBudget(pod) ? undefined : askBudget(pod, context);
  checkPreconditions(pod, deleteOptions);
  if (isDryRun) return DONE;
  if (budget) context.store(context.reader.resourceOf('policy', 'PodDisruptionBudget')!, budget);
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  const resource = context.reader.resourceOf('', 'Pod')!;
  const conditions = withPodCondition(pod.status.conditions, condition, context.now());
  context.store(resource, { ...pod, status: { ...pod.status, conditions } } as Pod);
  const { preconditions, ...options } = deleteOptions;
  context.delete(resource, context.namespace, context.name, {
    ...options,
    ...(preconditions?.uid !== undefined && { preconditions: { uid: preconditions.uid } }),
  });
  return DONE;
}

/** Nobody misses a pod that does not run yet, or any more. */
const needsNoBudget = (pod: Pod): boolean =>
  isTerminal(pod) || pod.status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;

/** The budget of a pod as the eviction leaves it; undefined if none is touched. Throws if it does not allow the eviction. */
function askBudget(pod: Pod, context: ActionContext): PodDisruptionBudget | undefined {
  const budgets = context.reader.resourceOf('policy', 'PodDisruptionBudget') as Resource<PodDisruptionBudget> | undefined;
  if (!budgets) return undefined;
  const found = whoSelects(context.reader, budgets, context.namespace, pod.metadata.labels, ({ spec }) => labelSelectorOf(spec.selector));
  if (found.length > 1)
    throw new StatusError({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  const budget = found[0];
  if (!budget) return undefined;
  const { currentHealthy, desiredHealthy } = budget.status;
  const isGuarded = currentHealthy >= desiredHealthy && desiredHealthy > 0;
  if (!isReady(pod) && (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || isGuarded)) return undefined;
  return takeDisruption(budget, pod.metadata.name, context.now());
}

/** The budget with one disruption less; or why there is none. */
function takeDisruption(budget: PodDisruptionBudget, pod: string, now: number): PodDisruptionBudget {
  const { metadata, status } = budget;
  const { name } = metadata;
  const refuse = (message: string, retryAfterSeconds: number): StatusError =>
    tooManyRequests(VIOLATION, retryAfterSeconds, [{ reason: CAUSE, message }]);
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
  const { disruptionsAllowed, disruptedPods = {} } = status;
  if (disruptionsAllowed < 0) throw forbidden(BUDGET, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED)
    throw forbidden(BUDGET, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0) throw refuse(`The disruption budget ${name} ${refusalOf(budget)}`, 0);
  const next = { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [pod]: formatTime(now) } };
  if (next.disruptionsAllowed === 0) next.conditions = withoutDisruptions(budget, now);
  return { ...budget, status: next };
}

function refusalOf({ status }: PodDisruptionBudget): string {
  const condition = status.conditions?.find(({ type }) => type === 'DisruptionAllowed');
  const message = condition?.status === 'False' ? condition.message : '';
  if (message && condition?.reason === 'SyncFailed') return `does not allow evicting pods currently because it failed sync: ${message}`;
  if (status.currentHealthy <= status.desiredHealthy)
    return `needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
  return `does not allow evicting pods currently${message ? ` (${condition?.reason}): ${message}` : ''}`;
}

type Conditions = NonNullable<PodDisruptionBudget['status']['conditions']>;

function withoutDisruptions({ status }: PodDisruptionBudget, now: number): Conditions {
  const conditions = status.conditions ?? [];
  const old = conditions.find(({ type }) => type === 'DisruptionAllowed');
  const lastTransitionTime = old?.status === 'False' ? old.lastTransitionTime : formatTime(now);
  const next = {
    type: 'DisruptionAllowed',
    status: 'False',
    ...(status.observedGeneration && { observedGeneration: status.observedGeneration }),
    lastTransitionTime,
    reason: 'InsufficientPods',
    message: '',
  };
  return old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next];
}

function checkPreconditions({ metadata }: Pod, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const refuse = (what: string, given: string, found: string, rest: string): StatusError =>
    conflict(
      { group: '', resource: 'Pod' },
      metadata.name,
      `the ${what} in the precondition (${given}) does not match the ${what} in record (${found}). The object might have been ${rest}`,
    );
  if (uid && uid !== metadata.uid) throw refuse('UID', uid, metadata.uid, 'deleted and then recreated');
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw refuse('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
}
