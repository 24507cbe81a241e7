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
    const failed = conditions.find(({ type, status: state }) => state === 'True' && bindingFailureConditions.includes(type));
    if (failed) return `claim ${metadata.name} binding failed: reason=${failed.reason}, message=${JSON.stringify(failed.message)}`;
    if (!bindingConditions!.every(isTrue)) return false;
  }
  return true;
}

/** `timeout` in ms. */
export function isOverdue({ status }: ResourceClaim, timeout: number, now: number): boolean {
  const since = status.allocation?.allocationTimestamp;
  return since !== undefined && preparedOf(status).length > 0 && timeOf(since) + timeout < now;
}

/** Of the devices that a claim has, those that have to be prepared. */
export const preparedOf = ({ allocation }: ResourceClaim['status']): DeviceRequestAllocationResult[] =>
  (allocation?.devices?.results ?? []).filter(({ bindingConditions }) => bindingConditions?.length);
