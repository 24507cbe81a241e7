// Devices that have to be prepared before a pod is bound: their drivers say in the claim's status when that is done, or that it never will be. Mirrors
// isClaimReadyForBinding and isClaimTimeout of kube-scheduler's dynamicresources.

import type { DeviceRequestAllocationResult, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { timeOf } from '../../lib/time.ts';

/** Text: what went wrong. */
export function isReady({ metadata, status }: ResourceClaim): boolean | string {
  for (const { driver, pool, device, bindingConditions, bindingFailureConditions = [] } of preparedOf(status)) {
    const conditions = status.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device)?.conditions;
    if (!conditions) return false;
    const isTrue = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True');
    const failure = bindingFailureConditions.find(isTrue);
    if (failure !== undefined) {
      const { reason, message } = conditions.find(({ type }) => type === failure)!;
      return `device binding failed: claim=${metadata.name}, reason=${reason}, message=${JSON.stringify(message)}`;
    }
    if (!bindingConditions!.every(isTrue)) return false;
  }
  return true;
}

/** `timeout` in ms. */
export const isOverdue = (claim: ResourceClaim, timeout: number, now: number): boolean => lastMoment(claim, timeout) < now;

/** After it, a claim whose devices are not ready is overdue; ms. */
export function lastMoment({ status }: ResourceClaim, timeout: number): number {
  const since = status.allocation?.allocationTimestamp;
  return since !== undefined && preparedOf(status).length ? timeOf(since) + timeout : Infinity;
}

/** Of the devices that a claim has, those that have to be prepared. */
export const preparedOf = ({ allocation }: ResourceClaim['status']): DeviceRequestAllocationResult[] =>
  (allocation?.devices?.results ?? []).filter(({ bindingConditions }) => bindingConditions?.length);
