// What the scheduler writes into a pod's status. Mirrors pkg/api/v1/pod UpdatePodCondition, and updatePod of kube-scheduler's schedule_one.go.

import type { ControllerContext } from '../api/controller.ts';
import type { Pod, PodCondition } from '../api/gen/core-v1.ts';
import { StatusError } from '../api/status.ts';
import { pods } from '../resources/core/pod.ts';
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

/** Writes the PodScheduled condition and the nomination ('' for none), if either is given and changes. What was written; undefined if nothing was. */
export function updateScheduling(
  { api, log, now }: Pick<ControllerContext, 'api' | 'log' | 'now'>,
  pod: Pod,
  failed: { readonly reason: string; readonly message: string } | undefined,
  nominated: string | undefined,
): Pod | undefined {
  const conditions = failed && withCondition(pod, { type: 'PodScheduled', status: 'False', ...failed }, now());
  const { nominatedNodeName = '', ...rest } = pod.status;
  const wanted = nominated ?? nominatedNodeName;
  if (!conditions && wanted === nominatedNodeName) return undefined;
  const status = { ...rest, ...(conditions && { conditions }), ...(wanted && { nominatedNodeName: wanted }) };
  try {
    return api.updateStatus(pods, { ...pod, status });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { namespace = '', name } = pod.metadata;
    log('E', `"Error updating pod" err=${JSON.stringify(error.message)} logger="UnhandledError" pod="${namespace}/${name}"`);
    return undefined;
  }
}
