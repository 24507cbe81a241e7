// What claims have of devices: devices that are one claim's alone, and shares of others. Mirrors kube-scheduler's dynamicresources/allocateddevices.go.

import type { DeviceRequestAllocationResult, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { addConsumed } from './capacity.ts';
import type { Amounts } from './capacity.ts';

export interface DevicesInUse {
  /** By their ids. */
  readonly whole: ReadonlySet<string>;
  /** What is consumed of the capacity of shared devices, by their ids. */
  readonly shared: ReadonlyMap<string, Amounts>;
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

/** An administrator's access leaves a device to others. */
export function devicesInUse(claims: readonly ResourceClaim[]): DevicesInUse {
  const whole = new Set<string>();
  const shared = new Map<string, Amounts>();
  for (const result of claims.flatMap(resultsOf)) {
    if (result.adminAccess) continue;
    const id = deviceId(result.driver, result.pool, result.device);
    if (result.shareID === undefined) whole.add(id);
    else {
      const amounts: Amounts = shared.get(id) ?? new Map();
      addConsumed(amounts, result.consumedCapacity ?? {}, 1n);
      shared.set(id, amounts);
    }
  }
  return { whole, shared };
}

const resultsOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status.allocation?.devices?.results ?? [];
