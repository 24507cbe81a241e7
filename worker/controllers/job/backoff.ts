// How long a Job waits before it makes a pod in place of a failed one: 10 s, doubling, up to 10 min. Mirrors backoff_utils.go.

import type { ControllerState } from '../../api/controller.ts';
import type { ContainerStatus, Pod } from '../../api/gen/core-v1.ts';
import { timeOf } from '../../lib/time.ts';
import { podCondition } from '../../resources/core/pod-state.ts';

const [FIRST_MS, MAX_MS] = [10_000, 10 * 60_000];

/** Failures since the last success, and when the last was (ms). */
export interface BackOff {
  readonly failures: number;
  readonly last: number;
}

const NONE: BackOff = { failures: 0, last: 0 };

/** What it becomes with pods that have ended since. */
export function nextBackOff(state: ControllerState, key: string, succeeded: readonly Pod[], failed: readonly Pod[]): BackOff {
  const known = state.get<BackOff>(key) ?? NONE;
  const times = failed.map(finishTime);
  if (!succeeded.length) return times.length ? { failures: known.failures + times.length, last: Math.max(...times) } : known;
  const lastSuccess = Math.max(...succeeded.map(finishTime));
  const after = times.filter((time) => time > lastSuccess);
  return after.length ? { failures: after.length, last: Math.max(...after) } : NONE;
}

export function saveBackOff(state: ControllerState, key: string, backOff: BackOff): void {
  if (backOff.failures) state.set(key, backOff);
  else if (state.get(key)) state.delete(key);
}

/** Milliseconds. */
export function remaining({ failures, last }: BackOff, now: number): number {
  if (!failures) return 0;
  const wait = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 20), MAX_MS);
  return Math.max(0, last + wait - now);
}

/** When its containers had ended; failing that, when it was last said not to be ready, when its deletion was asked for, or when it was made (ms). */
export function finishTime(pod: Pod): number {
  const sidecars = new Set(pod.spec.initContainers?.filter((one) => one.restartPolicy === 'Always').map(({ name }) => name));
  const ended = endOf(pod.status.containerStatuses ?? []);
  // As upstream: where there are sidecars, they decide whether the pod has ended.
  const beside = (pod.status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
  const last = beside.length ? endOf(beside) : ended;
  if (last) return Math.max(last, ended ?? 0);
  const ready = podCondition(pod, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime) return timeOf(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  return deletionTimestamp ? timeOf(deletionTimestamp) - deletionGracePeriodSeconds * 1000 : timeOf(creationTimestamp);
}

/** Undefined while one of them runs. */
function endOf(statuses: readonly ContainerStatus[]): number | undefined {
  const times = statuses.map(({ state }) => timeOf(state.terminated?.finishedAt));
  return times.length && times.every((time) => time > 0) ? Math.max(...times) : undefined;
}
