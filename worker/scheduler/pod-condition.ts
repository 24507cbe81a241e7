// Setting a condition of a pod. Mirrors pkg/api/v1/pod UpdatePodCondition.

import type { Pod, PodCondition } from '../api/gen/core-v1.ts';
import { formatTime } from '../lib/time.ts';

export interface GivenCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The pod's conditions with this one; undefined if nothing changes. The time of transition changes with the status only. */
export function withCondition({ metadata, status }: Pod, given: GivenCondition, now: number): PodCondition[] | undefined {
  const { conditions = [] } = status;
  const old = conditions.find(({ type }) => type === given.type);
  const { type, status: state, reason, message } = given;
  if (old?.status === state && old.reason === reason && (old.message ?? '') === message) return undefined;
  const next: PodCondition = {
    type,
    ...(metadata.generation && { observedGeneration: metadata.generation }),
    status: state,
    lastProbeTime: null,
    lastTransitionTime: old?.status === state ? (old.lastTransitionTime ?? null) : formatTime(now),
    reason,
    ...(message && { message }),
  };
  return old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next];
}
