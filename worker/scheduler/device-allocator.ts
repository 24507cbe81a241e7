// Which devices claims get on a node: tries them in order, and goes back when a later request finds none. Mirrors dynamic-resource-allocation/structured
// (allocator_*.go). Differs: capacity is not shared out (a device is one claim's), and the search ends after so many steps instead of so much time.

import type { NodeSelector, NodeSelectorTerm } from '../api/gen/core-v1.ts';
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceAttribute,
  DeviceClass,
  DeviceConstraint,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from '../api/gen/resource-v1.ts';
import { keyOf } from '../api/object.ts';
import { isEqual } from '../lib/json.ts';
import { isTolerated } from '../resources/resource/device-taints.ts';
import { isSelectionProblem, selects } from '../resources/resource/selectors.ts';
import type { Consumption, Pool, PoolDevice } from './device-pools.ts';

const MAX_RESULTS = 32;
const MAX_STEPS = 20_000;

export interface AllocationInput {
  readonly claims: readonly ResourceClaim[];
  readonly pools: readonly Pool[];
  /** Devices that are others'. */
  readonly used: ReadonlySet<string>;
  classOf(name: string): DeviceClass | undefined;
}

/** `error`: something is wrong with a claim or a class. `refusal`: with the node. Undefined: there are not enough devices. */
export type Allocation =
  | { readonly results: readonly AllocationResult[] }
  | { readonly error: string }
  | { readonly refusal: string }
  | undefined;

/** One of what a claim asks for. */
interface Wish {
  /** `request`, or `request/alternative`. */
  readonly name: string;
  readonly request: Pick<ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count' | 'adminAccess' | 'tolerations'>;
}

interface Choice {
  readonly claim: number;
  readonly wish: Wish;
  readonly device: PoolDevice;
}

class Refusal extends Error {}
class ClaimProblem extends Error {}

/** For every claim, in their order. */
export function allocate(input: AllocationInput): Allocation {
  const search = new Search(input);
  try {
    return search.run()
      ? {
          results: input.claims.map((claim, i) =>
            resultOf(
              claim,
              search.chosen.filter((one) => one.claim === i),
              input,
            ),
          ),
        }
      : undefined;
  } catch (error) {
    if (error instanceof ClaimProblem) return { error: error.message };
    if (error instanceof Refusal) return { refusal: error.message };
    throw error;
  }
}

class Search {
  readonly chosen: Choice[] = [];
  readonly #input: AllocationInput;
  readonly #taken = new Set<string>();
  readonly #candidates = new Map<string, readonly PoolDevice[]>();
  /** What is left of the counters that partitions share. */
  readonly #left = new Map<string, bigint>();
  #steps = 0;

  constructor(input: AllocationInput) {
    this.#input = input;
    for (const { counters, consumers } of input.pools) {
      for (const [counter, total] of counters) this.#left.set(counter, total);
      for (const [device, consumes] of consumers) if (input.used.has(device)) this.#count(consumes, -1n);
    }
  }

  #count(consumes: Consumption, sign: 1n | -1n): void {
    for (const [counter, amount] of consumes) this.#left.set(counter, (this.#left.get(counter) ?? 0n) + sign * amount);
  }

  run = (): boolean => this.#claim(0);

  #claim(i: number): boolean {
    return i === this.#input.claims.length || this.#request(i, 0);
  }

  #request(i: number, r: number): boolean {
    const claim = this.#input.claims[i]!;
    const request = claim.spec.devices.requests?.[r];
    if (!request) return this.#claim(i + 1);
    const wishes: readonly Wish[] = request.exactly
      ? [{ name: request.name, request: request.exactly }]
      : (request.firstAvailable ?? []).map((one) => ({ name: `${request.name}/${one.name}`, request: one }));
    return wishes.some((wish) => {
      const candidates = this.#candidatesOf(claim, wish);
      if (wish.request.allocationMode === 'All') return this.#all(i, r, wish, candidates);
      return this.#some(i, r, wish, candidates, wish.request.count ?? 1, 0);
    });
  }

  /** Every device there is, and at least one. */
  #all(i: number, r: number, wish: Wish, candidates: readonly PoolDevice[]): boolean {
    const claim = this.#input.claims[i]!;
    const broken = this.#input.pools.find(({ isIncomplete }) => isIncomplete);
    if (broken)
      throw new Refusal(
        `claim ${keyOf(claim)}, request ${wish.name}: asks for all devices, but resource pool ${broken.driver}/${broken.name} is currently being updated`,
      );
    if (!candidates.length) return false;
    const before = this.chosen.length;
    if (candidates.every((device) => this.#take(i, wish, device)) && this.#request(i, r + 1)) return true;
    while (this.chosen.length > before) this.#giveBack();
    return false;
  }

  #some(i: number, r: number, wish: Wish, candidates: readonly PoolDevice[], count: number, from: number): boolean {
    if (!count) return this.#request(i, r + 1);
    for (let at = from; at <= candidates.length - count; at++) {
      if (!this.#take(i, wish, candidates[at]!)) continue;
      if (this.#some(i, r, wish, candidates, count - 1, at + 1)) return true;
      this.#giveBack();
    }
    return false;
  }

  #take(i: number, wish: Wish, device: PoolDevice): boolean {
    if (++this.#steps > MAX_STEPS) return false;
    const isShared = wish.request.adminAccess === true;
    if (!isShared && (this.#taken.has(device.id) || this.#input.used.has(device.id))) return false;
    if (!isShared && device.consumes.some(([counter, amount]) => (this.#left.get(counter) ?? -1n) < amount)) return false;
    const ofClaim = this.chosen.filter(({ claim }) => claim === i);
    if (ofClaim.length >= MAX_RESULTS) return false;
    const choice: Choice = { claim: i, wish, device };
    const constraints = this.#input.claims[i]!.spec.devices.constraints ?? [];
    if (!constraints.every((constraint) => holds(constraint, choice, ofClaim))) return false;
    if (!isShared) {
      this.#taken.add(device.id);
      this.#count(device.consumes, -1n);
    }
    this.chosen.push(choice);
    return true;
  }

  #giveBack(): void {
    const { wish, device } = this.chosen.pop()!;
    if (wish.request.adminAccess) return;
    this.#taken.delete(device.id);
    this.#count(device.consumes, 1n);
  }

  /** Devices that the class and the request take, and whose taints are tolerated. */
  #candidatesOf(claim: ResourceClaim, wish: Wish): readonly PoolDevice[] {
    const key = `${claim.metadata.uid}/${wish.name}`;
    let found = this.#candidates.get(key);
    if (found) return found;
    const { deviceClassName, selectors, allocationMode, tolerations = [] } = wish.request;
    const deviceClass = this.#input.classOf(deviceClassName);
    const pools = allocationMode === 'All' ? this.#input.pools : this.#input.pools.filter(({ isIncomplete }) => !isIncomplete);
    found = pools
      .flatMap(({ devices }) => devices)
      .filter(
        (device) =>
          isTaken(deviceClass?.spec.selectors, device, `class ${deviceClassName}`) &&
          isTaken(selectors, device, `claim ${keyOf(claim)}`) &&
          hasTolerableTaints(device, tolerations),
      );
    this.#candidates.set(key, found);
    return found;
  }
}

function isTaken(selectors: readonly DeviceSelector[] | undefined, { driver, device }: PoolDevice, whose: string): boolean {
  return (selectors ?? []).every((selector, i) => {
    try {
      return selects([selector], driver, device);
    } catch (error) {
      if (isSelectionProblem(error)) throw new ClaimProblem(`${whose}: selector #${i}: CEL runtime error: ${error.message}`);
      throw error;
    }
  });
}

const hasTolerableTaints = ({ device }: PoolDevice, tolerations: readonly DeviceToleration[]): boolean =>
  (device.taints ?? []).every((taint) => taint.effect === 'None' || isTolerated(taint, tolerations));

/** Of a constraint that is for the choice: whether it holds with the others that it is for. */
function holds({ requests, matchAttribute, distinctAttribute }: DeviceConstraint, choice: Choice, others: readonly Choice[]): boolean {
  const isFor = ({ wish: { name } }: Choice): boolean =>
    !requests?.length || requests.includes(name) || requests.includes(name.split('/')[0]!);
  if (!isFor(choice)) return true;
  const attribute = matchAttribute ?? distinctAttribute ?? '';
  const value = attributeOf(choice.device, attribute);
  if (!value) return false;
  return others.filter(isFor).every(({ device }) => isEqual(attributeOf(device, attribute), value) === (matchAttribute !== undefined));
}

/** An attribute in the driver's own domain may be given without it. */
function attributeOf({ driver, device }: PoolDevice, name: string): DeviceAttribute | undefined {
  const { attributes = {} } = device;
  return attributes[name] ?? (name.startsWith(`${driver}/`) ? attributes[name.slice(driver.length + 1)] : undefined);
}

function resultOf(claim: ResourceClaim, choices: readonly Choice[], { classOf }: AllocationInput): AllocationResult {
  const results = choices.map(({ wish: { name, request }, device }): DeviceRequestAllocationResult => ({
    request: name,
    driver: device.driver,
    pool: device.pool,
    device: device.device.name,
    ...(request.adminAccess && { adminAccess: true }),
    ...(request.tolerations?.length && { tolerations: request.tolerations }),
  }));
  const config: DeviceAllocationConfiguration[] = [...new Map(choices.map(({ wish }) => [wish.name, wish])).values()].flatMap(
    ({ name, request }) =>
      (classOf(request.deviceClassName)?.spec.config ?? []).map((one) => ({ source: 'FromClass', requests: [name], ...one })),
  );
  for (const { requests, ...one } of claim.spec.devices.config ?? [])
    config.push({ source: 'FromClaim', ...(requests?.length && { requests }), ...one });
  const nodeSelector = selectorOf(choices.map(({ device }) => device));
  return { devices: { results, ...(config.length && { config }) }, ...(nodeSelector && { nodeSelector }) };
}

/** The nodes that reach all of the devices: one node, if any device is a node's; else what every device's nodes have. */
function selectorOf(devices: readonly PoolDevice[]): NodeSelector | undefined {
  const terms = devices.flatMap(({ nodes }) => nodes?.nodeSelectorTerms?.[0] ?? []);
  const ofNode = terms.find(({ matchFields }) => matchFields?.length);
  if (ofNode) return { nodeSelectorTerms: [ofNode] };
  const expressions = terms.flatMap(({ matchExpressions = [] }) => matchExpressions);
  const distinct = expressions.filter((one, i) => expressions.findIndex((other) => isEqual(one, other)) === i);
  const term: NodeSelectorTerm = { matchExpressions: distinct };
  return distinct.length ? { nodeSelectorTerms: [term] } : undefined;
}
