// What a pod's status says, as controllers ask it. Mirrors pkg/api/v1/pod/util.go.

import type { Pod, PodCondition } from '../../api/gen/core-v1.ts';
import { flat } from '../../lib/text.ts';
import { formatTime, timeOf } from '../../lib/time.ts';

export const podCondition = (pod: Pod, type: string): PodCondition | undefined => pod.status.conditions?.find((one) => one.type === type);

export const isReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True';

/** Since when it is ready (ms); 0 if it is not. */
export function readyTime(pod: Pod): number {
  const condition = podCondition(pod, 'Ready');
  return condition?.status === 'True' ? timeOf(condition.lastTransitionTime) : 0;
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isReady(pod)) return false;
  const since = readyTime(pod);
  return minReadySeconds === 0 || (since > 0 && since + minReadySeconds * 1000 <= now);
}

/** Its containers have ended for good. */
export const isTerminal = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';

/** Counts as a replica: it runs, or is going to. */
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;

/** Being deleted, and still there. */
export const isPodTerminating = (pod: Pod): boolean => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

/** What a writer of a pod's status, or of a condition of it, says of the spec that it saw. */
export const observedBy = ({ metadata: { generation } }: Pod): { observedGeneration?: number } =>
  generation ? { observedGeneration: generation } : {};

type Said = { [K in 'type' | 'observedGeneration' | 'status' | 'reason' | 'message']: PodCondition[K] | undefined } & Pick<
  PodCondition,
  'type' | 'status'
>;

/** Without what is not said. */
export function makePodCondition({ type, observedGeneration, status, reason, message }: Said, lastTransitionTime: string): PodCondition {
  const condition = (observedGeneration ? { type, observedGeneration, status } : { type, status }) as PodCondition;
  condition.lastProbeTime = null;
  condition.lastTransitionTime = lastTransitionTime;
  if (reason) condition.reason = reason;
  if (message) condition.message = flat(message);
  return condition;
}

/** Sets a condition; its time of transition changes with its status only. */
export function withPodCondition(
  conditions: readonly PodCondition[] | undefined,
  {
    type,
    observedGeneration,
    status,
    reason,
    message,
  }: Pick<PodCondition, 'type' | 'observedGeneration' | 'status' | 'reason' | 'message'>,
  now: number,
): PodCondition[] {
  const old = conditions?.find((one) => one.type === type);
  const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? formatTime(now)) : formatTime(now);
  const next = makePodCondition({ type, observedGeneration, status, reason, message }, lastTransitionTime);
  return old ? conditions!.map((one) => (one === old ? next : one)) : [...(conditions ?? []), next];
}
