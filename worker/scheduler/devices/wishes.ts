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

export type ClassOf = (name: string) => DeviceClass | undefined;

/** The wishes of each request of a claim. Throws ClaimProblem. */
export function wishesOf(claim: ResourceClaim, pools: readonly Pool[], classOf: ClassOf): Wish[][] {
  const wishes = (claim.spec.devices.requests ?? []).map(({ name, exactly, firstAvailable = [] }) =>
    exactly
      ? [wishOf(claim, name, name, undefined, exactly, pools, classOf)]
      : firstAvailable.map((one, i) => wishOf(claim, `${name}/${one.name}`, one.name, i, one, pools, classOf)),
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
  classOf: ClassOf,
): Wish {
  const where = `claim ${keyOf(claim)}, request ${ownName}`;
  const deviceClass = classOf(ask.deviceClassName);
  if (!deviceClass)
    throw new ClaimProblem(
      `${where}: could not retrieve device class ${ask.deviceClassName}: deviceclass.resource.k8s.io "${ask.deviceClassName}" not found`,
    );
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
export const isWanted = ({ claim, deviceClass, selectors }: Wish, device: PoolDevice): boolean =>
  isOfClass(deviceClass, device) && areMet(selectors, device, `claim ${keyOf(claim)}`);

/** Throws ClaimProblem. */
export const isOfClass = ({ metadata, spec }: DeviceClass, device: PoolDevice): boolean =>
  areMet(spec.selectors ?? [], device, `class ${metadata.name}`);

function areMet(selectors: readonly DeviceSelector[], device: PoolDevice, whose: string): boolean {
  return selectors.every((selector, i) => {
    try {
      return isMet(selector, device);
    } catch (error) {
      if (isSelectionProblem(error)) throw new ClaimProblem(`${whose}: selector #${i}: CEL runtime error: ${error.message}`);
      throw error;
    }
  });
}

/** What expressions said of devices, for as long as these are as they are. */
const known = new WeakMap<PoolDevice, Map<string, boolean>>();
const MAX_KNOWN = 32;

function isMet(selector: DeviceSelector, of: PoolDevice): boolean {
  const expression = selector.cel?.expression ?? '';
  let answers = known.get(of);
  if (!answers || answers.size >= MAX_KNOWN) known.set(of, (answers = new Map()));
  let answer = answers.get(expression);
  if (answer === undefined) answers.set(expression, (answer = selects([selector], of.driver, of.device)));
  return answer;
}
