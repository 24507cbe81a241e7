// The status of a StatefulSet. Mirrors updateStatus, completeRollingUpdate and inconsistentStatus of stateful_set_control.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { StatefulSet, StatefulSetStatus } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { isEqual } from '../../lib/json.ts';
import { omitEmpty } from '../../lib/omit-empty.ts';
import { statefulSets } from '../../resources/apps/statefulset.ts';
import { isAvailable, isReady } from '../../resources/core/pod-state.ts';
import { podRevision, replicasOf } from './identity.ts';
import type { Revisions } from './revisions.ts';

/** All counts there, to be worked with. */
export interface Counts {
  replicas: number;
  readyReplicas: number;
  availableReplicas: number;
  currentReplicas: number;
  updatedReplicas: number;
  currentRevision: string;
  readonly updateRevision: string;
  readonly collisionCount: number;
}

export function countPods(set: StatefulSet, { current, update, collisionCount }: Revisions, pods: readonly Pod[], now: number): Counts {
  const isRunning = (pod: Pod): boolean => pod.status.phase === 'Running' && isReady(pod);
  const count = (test: (pod: Pod) => boolean): number => pods.filter(test).length;
  const ofRevision = (name: string): number => count((pod) => !isTerminating(pod) && podRevision(pod) === name);
  return {
    replicas: pods.length,
    readyReplicas: count(isRunning),
    availableReplicas: count((pod) => isRunning(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, now)),
    currentReplicas: ofRevision(current.metadata.name),
    updatedReplicas: ofRevision(update.metadata.name),
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
  };
}

export function writeStatus(set: StatefulSet, counts: Counts, { api }: ControllerContext): void {
  const wanted = replicasOf(set);
  if (
    set.spec.updateStrategy.type === 'RollingUpdate' &&
    [counts.updatedReplicas, counts.readyReplicas, counts.replicas].every((one) => one === wanted)
  ) {
    counts.currentReplicas = counts.updatedReplicas;
    counts.currentRevision = counts.updateRevision;
  }
  const { replicas, readyReplicas, currentReplicas, updatedReplicas, currentRevision, updateRevision, collisionCount, availableReplicas } =
    counts;
  const observedGeneration = set.metadata.generation;
  const status: StatefulSetStatus = {
    ...(observedGeneration && { observedGeneration }),
    replicas,
    ...omitEmpty({ readyReplicas, currentReplicas, updatedReplicas, currentRevision, updateRevision }),
    collisionCount,
    availableReplicas,
  };
  const { collisionCount: _a, conditions: _b, ...before } = set.status;
  const { collisionCount: _c, ...after } = status;
  if (!isEqual(before, after)) api.updateStatus(statefulSets, { ...set, status });
}
