// What claims ask for, request by request, as the search for devices goes through it: each alternative of a request is a wish of its own.

import type { CapacityRequirements, DeviceClass, DeviceSelector, DeviceToleration, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isSelectionProblem, selects } from '../../resources/resource/selectors.ts';
import { hasCapacity } from './capacity.ts';
import type { Pool, PoolDevice } from './pools.ts';

/** At most so many devices in a claim. */
export const MAX_RESULTS = 32;

/** Something is wrong with a claim or a class: no node will do. */
export class ClaimProblem extends Error {}

export interface Wish {
  readonly claim: ResourceClaim;
  /** `request`, or `request/alternative`. */
  readonly name: string;
  /** Without the request that it is an alternative of. */
  readonly ownName: string;
  /** Which of the alternatives it is; undefined if there are none. */
  readonly alternative: number | undefined;
  readonly deviceClass: DeviceClass;
  readonly selectors: readonly DeviceSelector[];
  readonly tolerations: readonly DeviceToleration[];
  readonly capacity: CapacityRequirements | undefined;
  readonly isAdmin: boolean;
  readonly count: number;
  /** Every device that there is for it, where it asks for all. */
  readonly all: readonly PoolDevice[] | undefined;
  /** What was found out already of devices. */
  readonly matches: Map<PoolDevice, boolean>;
}

/** What a request and an alternative have alike. */
interface Ask {
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly adminAccess?: boolean;
  readonly tolerations?: readonly DeviceToleration[];
  readonly capacity?: CapacityRequirements;
}

export interface WishMaker {
  classOf(name: string): DeviceClass | undefined;
  /** What was found out about devices for a request does not depend on the node. */
  readonly known: WeakMap<object, Map<PoolDevice, boolean>>;
}

/** The wishes of each request of a claim. Throws ClaimProblem. */
export function wishesOf(claim: ResourceClaim, pools: readonly Pool[], maker: WishMaker): Wish[][] {
  const wishes = (claim.spec.devices.requests ?? []).map(({ name, exactly, firstAvailable = [] }) =>
    exactly
      ? [wishOf(claim, name, name, undefined, exactly, pools, maker)]
      : firstAvailable.map((one, i) => wishOf(claim, `${name}/${one.name}`, one.name, i, one, pools, maker)),
  );
  const least = wishes.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
  if (least > MAX_RESULTS)
    throw new ClaimProblem(`claim ${keyOf(claim)}: number of requested devices ${least} exceeds the claim limit of ${MAX_RESULTS}`);
  return wishes;
}

function wishOf(
  claim: ResourceClaim,
  name: string,
  ownName: string,
  alternative: number | undefined,
  ask: Ask,
  pools: readonly Pool[],
  { classOf, known }: WishMaker,
): Wish {
  const where = `claim ${keyOf(claim)}, request ${ownName}`;
  const deviceClass = classOf(ask.deviceClassName);
  if (!deviceClass)
    throw new ClaimProblem(
      `${where}: could not retrieve device class ${ask.deviceClassName}: deviceclass.resource.k8s.io "${ask.deviceClassName}" not found`,
    );
  const matches = known.get(ask) ?? new Map<PoolDevice, boolean>();
  known.set(ask, matches);
  const { selectors = [], tolerations = [], capacity, adminAccess: isAdmin = false, count = 1 } = ask;
  const wish = {
    claim,
    name,
    ownName,
    alternative,
    deviceClass,
    selectors,
    tolerations,
    capacity,
    isAdmin,
    count,
    all: undefined,
    matches,
  };
  if (ask.allocationMode !== 'All') return wish;
  const all = pools.flatMap((pool) => {
    const state = pool.isIncomplete ? 'being updated' : pool.isInvalid ? 'invalid' : undefined;
    if (state) throw new ClaimProblem(`${where}: asks for all devices, but resource pool ${pool.id} is currently ${state}`);
    return pool.devices.filter((device) => isWanted(wish, device) && hasCapacity(capacity, device.device.capacity ?? {}));
  });
  return { ...wish, all, count: all.length };
}

/** Whether the class and the request take a device. Throws ClaimProblem. */
export function isWanted({ claim, deviceClass, selectors, matches }: Wish, device: PoolDevice): boolean {
  let isMatch = matches.get(device);
  if (isMatch === undefined) {
    isMatch =
      areMet(deviceClass.spec.selectors ?? [], device, `class ${deviceClass.metadata.name}`) &&
      areMet(selectors, device, `claim ${keyOf(claim)}`);
    matches.set(device, isMatch);
  }
  return isMatch;
}

function areMet(selectors: readonly DeviceSelector[], { driver, device }: PoolDevice, whose: string): boolean {
  return selectors.every((selector, i) => {
    try {
      return selects([selector], driver, device);
    } catch (error) {
      if (isSelectionProblem(error)) throw new ClaimProblem(`${whose}: selector #${i}: CEL runtime error: ${error.message}`);
      throw error;
    }
  });
}
