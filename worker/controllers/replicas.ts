// What ReplicaSets and ReplicationControllers do: keep so many pods that their selector takes. Mirrors pkg/controller/replicaset; upstream too runs both
// with one engine.
//
// A set of a thousand pods hears of each change of each of them. So pods are counted by index terms (resources/core/pod-terms.ts); they are listed only to
// adopt, to release, to choose whom to delete, and where minReadySeconds makes the time matter.

import { watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { Pod, PodTemplateSpec } from '../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { isEqual } from '../lib/json.ts';
import { omitEmpty } from '../lib/omit-empty.ts';
import { formatTime } from '../lib/time.ts';
import { isActive, isAvailable, isPodTerminating, isReady, readyTime } from '../resources/core/pod-state.ts';
import { podTerm } from '../resources/core/pod-terms.ts';
import { pods } from '../resources/core/pod.ts';
import { claim } from './claim.ts';
import { orphansFor } from './orphans.ts';
import { createPod, deletePod, isExpected, isNamespaceTerminating, podFromTemplate, slowStart } from './pod-control.ts';
import { podKeysFor } from './pod-keys.ts';
import { podsToDelete } from './pod-ranking.ts';

/** The most pods that one look makes or deletes. */
const BURST = 500;
const FAILURE = 'ReplicaFailure';

interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: { type: string; status: string; lastTransitionTime?: string | null; reason?: string; message?: string }[];
}

export interface ReplicaObject extends KubeObject {
  spec: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status: ReplicaStatus;
}

export interface ReplicaKind<T extends ReplicaObject> {
  readonly name: string;
  readonly resource: Resource<T>;
  readonly serviceAccount?: string;
  selectorOf(object: T): LabelSelector;
  /** Whether the status counts terminating pods. */
  readonly countsTerminating: boolean;
  /** Sets whose pods count as company when pods to delete are chosen. */
  relatives(reader: ClusterReader, object: T): T[];
}

export function makeReplicaController<T extends ReplicaObject>(kind: ReplicaKind<T>): Controller {
  return {
    name: kind.name,
    component: 'kube-controller-manager',
    ...(kind.serviceAccount && { serviceAccount: kind.serviceAccount }),
    watches: [
      watch(kind.resource),
      watch(
        pods,
        podKeysFor(kind.resource, (object) => kind.selectorOf(object)),
      ),
    ],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const set = context.api.get(kind.resource, namespace, name);
      return set && sync(kind, set, context);
    },
  };
}

interface Census {
  readonly replicas: number;
  readonly labelled: number;
  readonly ready: number;
  readonly available: number;
  readonly terminating: number;
}

function sync<T extends ReplicaObject>(kind: ReplicaKind<T>, set: T, context: ControllerContext): Requeue | undefined {
  const now = context.now();
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const wanted = set.spec.replicas ?? 1;
  let census = countPods(kind, set, context);
  let mine: Pod[] | undefined;
  if (!census) {
    mine = claimPods(kind, set, context);
    census = countListed(kind, set, mine, context);
  }
  const failure = isTerminating(set) ? undefined : manage(kind, set, census.replicas, mine, context);

  const surplus = census.replicas - wanted;
  const status: ReplicaStatus = {
    replicas: census.replicas,
    ...omitEmpty({ fullyLabeledReplicas: census.labelled, readyReplicas: census.ready, availableReplicas: census.available }),
    ...(kind.countsTerminating && { terminatingReplicas: census.terminating }),
    ...omitEmpty({
      observedGeneration: set.metadata.generation,
      conditions: conditionsAfter(set.status.conditions, failure, surplus, now),
    }),
  };
  if (!isEqual(status, set.status)) context.api.updateStatus(kind.resource, { ...set, status });
  if (failure) throw failure;
  if (!mine || census.ready === census.available) return undefined;
  return { after: nextAvailability(mine, minReadySeconds, now) ?? minReadySeconds * 1000 };
}

/** The counts, if they can be had without looking at pods: nobody to adopt or to release, and being ready is being available. */
function countPods<T extends ReplicaObject>(kind: ReplicaKind<T>, set: T, { api }: ControllerContext): Census | undefined {
  const { uid } = set.metadata;
  const [replicas, labelled] = [
    api.countTerm(pods, podTerm.active(uid)),
    api.countTerm(pods, podTerm.labelled(uid, set.spec.template?.metadata.labels)),
  ];
  if (set.spec.minReadySeconds || labelled !== replicas || (!isTerminating(set) && orphans(kind, set, api).length)) return undefined;
  const ready = api.countTerm(pods, podTerm.ready(uid));
  return { replicas, labelled, ready, available: ready, terminating: api.countTerm(pods, podTerm.terminating(uid)) };
}

function countListed<T extends ReplicaObject>(kind: ReplicaKind<T>, set: T, mine: readonly Pod[], { api, now }: ControllerContext): Census {
  const labels = Object.entries(set.spec.template?.metadata.labels ?? {});
  const count = (test: (pod: Pod) => boolean): number => mine.filter(test).length;
  return {
    replicas: mine.length,
    labelled: count((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)),
    ready: count(isReady),
    available: count((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now())),
    terminating: api
      .lookup(pods, podTerm.terminating(set.metadata.uid))
      .filter((pod) => isPodTerminating(pod) && matchesLabels(kind.selectorOf(set), pod.metadata.labels)).length,
  };
}

/** Active pods without a controller that the set would adopt. */
const orphans = <T extends ReplicaObject>(kind: ReplicaKind<T>, set: T, reader: ClusterReader): Pod[] =>
  orphansFor(reader, set.metadata.namespace ?? '', kind.selectorOf(set)).filter(isActive);

function claimPods<T extends ReplicaObject>(kind: ReplicaKind<T>, set: T, { api }: ControllerContext): Pod[] {
  const candidates = [...api.lookup(pods, podTerm.active(set.metadata.uid)), ...orphans(kind, set, api)];
  return claim(api, pods, set, kind.selectorOf(set), candidates);
}

/** Makes or deletes pods. What went wrong is given, not thrown: the status has to tell of it first. */
function manage<T extends ReplicaObject>(
  kind: ReplicaKind<T>,
  set: T,
  count: number,
  mine: readonly Pod[] | undefined,
  context: ControllerContext,
): unknown {
  const wanted = set.spec.replicas ?? 1;
  const missing = Math.min(wanted - count, BURST);
  if (missing > 0) {
    context.log('I', `"Too few replicas" replicaSet="${keyOf(set)}" need=${wanted} creating=${missing}`);
    const draft = podFromTemplate(set, set.spec.template!);
    return slowStart(missing, () => {
      try {
        createPod(context, set, draft);
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error;
      }
    });
  }
  const surplus = Math.min(count - wanted, BURST);
  if (surplus <= 0) return undefined;
  context.log('I', `"Too many replicas" replicaSet="${keyOf(set)}" need=${wanted} deleting=${surplus}`);
  const related = kind.relatives(context.api, set).flatMap(({ metadata }) => context.api.lookup(pods, podTerm.active(metadata.uid)));
  let failure: unknown;
  for (const pod of podsToDelete(mine ?? claimPods(kind, set, context), related, surplus, context.now())) {
    try {
      deletePod(context, set, pod);
    } catch (error) {
      if (!isExpected(error)) throw error;
      failure ??= error;
    }
  }
  return failure;
}

function conditionsAfter(
  conditions: ReplicaStatus['conditions'] = [],
  failure: unknown,
  surplus: number,
  now: number,
): NonNullable<ReplicaStatus['conditions']> {
  const known = conditions.some(({ type }) => type === FAILURE);
  if (!failure) return known ? conditions.filter(({ type }) => type !== FAILURE) : conditions;
  if (known) return conditions;
  const reason = surplus < 0 ? 'FailedCreate' : 'FailedDelete';
  return [
    ...conditions,
    { type: FAILURE, status: 'True', lastTransitionTime: formatTime(now), reason, message: (failure as Error).message },
  ];
}

/** When the next ready pod will have been ready for long enough (ms from now). */
function nextAvailability(mine: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const waits = mine.map((pod) => readyTime(pod) && readyTime(pod) + minReadySeconds * 1000 - now).filter((wait) => wait > 0);
  return waits.length ? Math.min(...waits) : undefined;
}
