// Which devices claims get on a node: tries them in order, and goes back when a later request finds none. Mirrors dynamic-resource-allocation/structured
// (allocator_incubating.go). Differs: the search ends after so many steps instead of so much time.

import type { DeviceAttribute, DeviceConstraint, DeviceToleration, ResourceClaim, ResourceSlice } from '../../api/gen/resource-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isEqual } from '../../lib/json.ts';
import type { NodeLike } from '../../resources/core/node-selector.ts';
import { isTolerated } from '../../resources/resource/device-taints.ts';
import { addConsumed, consumptionOf, hasCapacity } from './capacity.ts';
import type { Amounts } from './capacity.ts';
import type { DevicesInUse } from './in-use.ts';
import { Pools } from './pools.ts';
import type { Pool, PoolDevice } from './pools.ts';
import { ClaimProblem, isWanted, MAX_RESULTS, wishesOf } from './wishes.ts';
import type { ClassOf, Wish } from './wishes.ts';

const MAX_STEPS = 20_000;

/** One device that a claim gets, and for what. */
export interface Choice {
  readonly wish: Wish;
  readonly device: PoolDevice;
  /** Of a device that may be shared: what the claim takes of its capacity. */
  readonly share: Readonly<Record<string, string>> | undefined;
  readonly countsCounters: boolean;
}

/** `error`: something is wrong with a claim or a class. `refusal`: with the node. Undefined: there are not enough devices. */
export type Allocation =
  /** For every claim, in their order. */
  { readonly choices: readonly (readonly Choice[])[] } | { readonly error: string } | { readonly refusal: string } | undefined;

class Refusal extends Error {}

/** Devices as they are at one time. */
export class DeviceAllocator {
  readonly #pools: Pools;
  readonly #inUse: DevicesInUse;
  readonly #classOf: ClassOf;

  constructor(slices: readonly ResourceSlice[], inUse: DevicesInUse, classOf: ClassOf) {
    this.#pools = new Pools(slices, inUse);
    this.#inUse = inUse;
    this.#classOf = classOf;
  }

  allocate(node: NodeLike, claims: readonly ResourceClaim[]): Allocation {
    const pools = this.#pools.of(node);
    try {
      const wishes = claims.map((claim) => wishesOf(claim, pools, this.#classOf));
      const search = new Search(claims, wishes, pools, this.#inUse);
      if (search.run()) return { choices: search.chosen };
      return pools.some(({ isInvalid }) => isInvalid) ? { refusal: 'invalid resource pools were encountered' } : undefined;
    } catch (error) {
      if (error instanceof ClaimProblem) return { error: error.message };
      if (error instanceof Refusal) return { refusal: error.message };
      throw error;
    }
  }
}

/** `full`: no, because the claim would have more devices than it may. */
type Found = boolean | 'full';

class Search {
  /** Of each claim. */
  readonly chosen: Choice[][];
  readonly #claims: readonly ResourceClaim[];
  readonly #wishes: readonly (readonly (readonly Wish[])[])[];
  readonly #inUse: DevicesInUse;
  readonly #devices: readonly PoolDevice[];
  readonly #left: ReadonlyMap<string, Pool['left']>;
  /** Which claims take a device as a whole. */
  readonly #takers = new Map<string, Set<number>>();
  readonly #shares = new Map<string, { count: number; readonly amounts: Amounts }>();
  readonly #spent = new Map<string, bigint>();
  #steps = 0;

  constructor(
    claims: readonly ResourceClaim[],
    wishes: readonly (readonly (readonly Wish[])[])[],
    pools: readonly Pool[],
    inUse: DevicesInUse,
  ) {
    this.#claims = claims;
    this.#wishes = wishes;
    this.#inUse = inUse;
    this.#devices = pools.flatMap(({ isIncomplete, isInvalid, devices }) => (isIncomplete || isInvalid ? [] : devices));
    this.#left = new Map(pools.map(({ id, left }) => [id, left]));
    this.chosen = claims.map(() => []);
  }

  run = (): boolean => this.#claim(0) === true;

  #claim(i: number): Found {
    return i === this.#claims.length || this.#request(i, 0) === true;
  }

  #request(i: number, r: number): Found {
    const wishes = this.#wishes[i]![r];
    if (!wishes) return this.#claim(i + 1);
    let isFull = true;
    for (const wish of wishes) {
      const found = wish.all ? this.#fillAll(i, r, wish, 0) : this.#fill(i, r, wish, 0, 0);
      if (found === true) return true;
      if (found !== 'full') isFull = false;
    }
    return isFull ? 'full' : false;
  }

  #fillAll(i: number, r: number, wish: Wish, taken: number): Found {
    if (!wish.count) return false;
    if (taken === wish.count) return this.#request(i, r + 1);
    if (this.#isFull(i, wish, taken)) return 'full';
    if (!this.#take(i, wish, wish.all![taken]!)) return false;
    const found = this.#fillAll(i, r, wish, taken + 1);
    if (found !== true) this.#giveBack(i);
    return found;
  }

  #fill(i: number, r: number, wish: Wish, taken: number, from: number): Found {
    if (taken === wish.count) return this.#request(i, r + 1);
    if (this.#isFull(i, wish, taken)) return 'full';
    for (let at = from; at < this.#devices.length; at++) {
      const device = this.#devices[at]!;
      if (!this.#isFree(i, wish, device) || !isWanted(wish, device) || !this.#take(i, wish, device)) continue;
      const found = this.#fill(i, r, wish, taken + 1, at + 1);
      if (found === true) return true;
      this.#giveBack(i);
      if (found === 'full') return found;
    }
    return false;
  }

  #isFull(i: number, { count }: Wish, taken: number): boolean {
    if (++this.#steps > MAX_STEPS) throw new Refusal('timed out trying to allocate devices');
    return this.chosen[i]!.length + count - taken > MAX_RESULTS;
  }

  #isFree(i: number, { isAdmin }: Wish, { id }: PoolDevice): boolean {
    const takers = this.#takers.get(id);
    return isAdmin ? !takers?.has(i) : !this.#inUse.whole.has(id) && !takers?.size;
  }

  #take(i: number, wish: Wish, device: PoolDevice): boolean {
    const { id, consumes } = device;
    const { capacity = {}, allowMultipleAllocations: isShared = false } = device.device;
    const shares = this.#shares.get(id);
    const countsCounters = consumes.length > 0 && !(isShared && (shares?.count || this.#inUse.shared.has(id)));
    if (!this.#isFree(i, wish, device) || (countsCounters && !this.#hasCounters(device))) return false;
    if (!hasTolerableTaints(device, wish.tolerations) || !this.#isConstrained(i, wish, device)) return false;
    if (!hasCapacity(wish.capacity, capacity, this.#inUse.shared.get(id), shares?.amounts)) return false;
    const share = isShared ? consumptionOf(wish.capacity, capacity) : undefined;
    const choice = { wish, device, share, countsCounters };
    this.chosen[i]!.push(choice);
    this.#count(i, choice, 1n);
    return true;
  }

  #giveBack(i: number): void {
    this.#count(i, this.chosen[i]!.pop()!, -1n);
  }

  #count(i: number, { device: { id, poolId, consumes }, share, countsCounters }: Choice, sign: 1n | -1n): void {
    if (countsCounters)
      for (const [counter, amount] of consumes) {
        const key = `${poolId}/${counter}`;
        this.#spent.set(key, (this.#spent.get(key) ?? 0n) + sign * amount);
      }
    if (share) {
      const shares = this.#shares.get(id) ?? { count: 0, amounts: new Map() };
      this.#shares.set(id, shares);
      shares.count += Number(sign);
      addConsumed(shares.amounts, share, sign);
    } else if (sign < 0n) this.#takers.get(id)?.delete(i);
    else this.#takers.set(id, (this.#takers.get(id) ?? new Set()).add(i));
  }

  #hasCounters({ poolId, consumes }: PoolDevice): boolean {
    const left = this.#left.get(poolId)!;
    return consumes.every(([counter, amount]) => (left.get(counter) ?? -1n) - (this.#spent.get(`${poolId}/${counter}`) ?? 0n) >= amount);
  }

  /** Of a wish for all devices, a constraint that lets it have only some is a mistake. */
  #isConstrained(i: number, wish: Wish, device: PoolDevice): boolean {
    const constraints = this.#claims[i]!.spec.devices.constraints ?? [];
    if (constraints.every((constraint) => holds(constraint, wish, device, this.chosen[i]!))) return true;
    if (!wish.all) return false;
    throw new ClaimProblem(
      `claim ${keyOf(wish.claim)}, request ${wish.ownName}: cannot add device ${device.id} because a claim constraint would not be satisfied`,
    );
  }
}

const hasTolerableTaints = ({ device }: PoolDevice, tolerations: readonly DeviceToleration[]): boolean =>
  (device.taints ?? []).every((taint) => taint.effect === 'None' || isTolerated(taint, tolerations));

/** Of a constraint that is for the wish: whether it holds with the others that it is for. */
function holds(
  { requests, matchAttribute, distinctAttribute }: DeviceConstraint,
  wish: Wish,
  device: PoolDevice,
  others: readonly Choice[],
): boolean {
  const isFor = ({ name }: Wish): boolean => !requests?.length || requests.includes(name) || requests.includes(name.split('/')[0]!);
  if (!isFor(wish)) return true;
  const attribute = matchAttribute ?? distinctAttribute ?? '';
  const value = attributeOf(device, attribute);
  if (!value) return false;
  return others
    .filter((other) => isFor(other.wish))
    .every((other) => isEqual(attributeOf(other.device, attribute), value) === (matchAttribute !== undefined));
}

/** An attribute in the driver's own domain may be given without it. */
function attributeOf({ driver, device }: PoolDevice, name: string): DeviceAttribute | undefined {
  const { attributes = {} } = device;
  return attributes[name] ?? (name.startsWith(`${driver}/`) ? attributes[name.slice(driver.length + 1)] : undefined);
}
