// The devices that a node can reach, from the slices that drivers published: by pool, of its newest generation only. What does not depend on the node is
// worked out once. Mirrors dynamic-resource-allocation/structured (pools_*.go).

import type { NodeSelector } from '../../api/gen/core-v1.ts';
import type { Device, ResourceSlice } from '../../api/gen/resource-v1.ts';
import { compileSelector, matchesAnyTerm } from '../../resources/core/node-selector.ts';
import type { NodeLike } from '../../resources/core/node-selector.ts';
import { newestSlices } from '../../resources/resource/resourceslice.ts';
import { amountOf } from './capacity.ts';
import { deviceId } from './in-use.ts';
import type { DevicesInUse } from './in-use.ts';

/** As one node sees it. */
export interface Pool {
  /** `driver/name` */
  readonly id: string;
  /** Not all of its slices are there: it is being changed. */
  readonly isIncomplete: boolean;
  /** Its slices contradict each other. */
  readonly isInvalid: boolean;
  readonly devices: readonly PoolDevice[];
  /** What is left of what partitions of its devices share, by counter, in billionths. */
  readonly left: ReadonlyMap<string, bigint>;
}

export interface PoolDevice {
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  /** `driver/pool` */
  readonly poolId: string;
  readonly device: Device;
  /** The nodes that can reach it; undefined for all of them. `'one'`: a node that reaches it has it for itself. */
  readonly nodes: NodeSelector | 'one' | undefined;
  /** Of each counter so much, in billionths. */
  readonly consumes: readonly (readonly [counter: string, amount: bigint])[];
}

interface Source {
  readonly id: string;
  readonly slices: readonly ResourceSlice[];
  readonly isIncomplete: boolean;
  readonly hasWrongCounters: boolean;
  readonly left: ReadonlyMap<string, bigint>;
}

/** The pools of a cluster, where a node's are found without looking at those of other nodes. */
export class Pools {
  readonly #ofNode = new Map<string, Source[]>();
  readonly #shared: Source[] = [];

  constructor(slices: readonly ResourceSlice[], inUse: DevicesInUse) {
    for (const ofPool of newestSlices(slices)) {
      const source = sourceOf(ofPool, inUse);
      const [first] = ofPool;
      const node = first!.spec.nodeName;
      if (node === undefined || ofPool.some(({ spec }) => spec.nodeName !== node || spec.sharedCounters?.length)) this.#shared.push(source);
      else this.#ofNode.set(node, [...(this.#ofNode.get(node) ?? []), source]);
    }
  }

  /** In the order in which devices are tried: by their ids, those that have to be prepared before a pod is bound last. */
  of(node: NodeLike): Pool[] {
    const found = [...(this.#ofNode.get(node.name) ?? []), ...this.#shared].flatMap((source) => poolOn(node, source) ?? []);
    const isPrepared = ({ devices }: Pool): number => (devices.some(({ device }) => device.bindingConditions) ? 1 : 0);
    return found.sort((a, b) => isPrepared(a) - isPrepared(b) || (sortKey(a) < sortKey(b) ? -1 : 1));
  }
}

/** A driver's pools stay together: its name may be what another's begins with. */
const sortKey = ({ id }: Pool): string => id.replace('/', '\0');

/** The devices of all slices, by who reaches them. */
export class Reachable {
  readonly #ofNode = new Map<string, ResourceSlice[]>();
  readonly #shared: ResourceSlice[] = [];

  constructor(slices: readonly ResourceSlice[]) {
    for (const slice of slices) {
      const { nodeName, perDeviceNodeSelection } = slice.spec;
      if (!nodeName || perDeviceNodeSelection) this.#shared.push(slice);
      else this.#ofNode.set(nodeName, [...(this.#ofNode.get(nodeName) ?? []), slice]);
    }
  }

  of(node: NodeLike): PoolDevice[] {
    const reached = this.#shared.filter((slice) => isReached(slice, node));
    return [...(this.#ofNode.get(node.name) ?? []), ...reached].flatMap((slice) => devicesFor(slice, node));
  }
}

/** Undefined if no slice of the pool is for the node. */
function poolOn(node: NodeLike, { id, slices, isIncomplete, hasWrongCounters, left }: Source): Pool | undefined {
  const reached = slices.filter((slice) => isReached(slice, node));
  if (!reached.length) return undefined;
  const devices = reached.flatMap((slice) => devicesFor(slice, node));
  const isInvalid = hasWrongCounters || new Set(reached.flatMap(namesOf)).size < reached.flatMap(namesOf).length;
  return { id, isIncomplete, isInvalid, devices, left };
}

const devicesFor = (slice: ResourceSlice, node: NodeLike): readonly PoolDevice[] =>
  slice.spec.perDeviceNodeSelection ? devicesOf(slice).filter(({ device }) => reaches(device, node)) : devicesOf(slice);

const namesOf = ({ spec }: ResourceSlice): string[] => (spec.devices ?? []).map(({ name }) => name);

/** Counters are everybody's. */
function isReached({ spec }: ResourceSlice, node: NodeLike): boolean {
  if (spec.sharedCounters?.length) return true;
  return spec.perDeviceNodeSelection ? (spec.devices ?? []).some((device) => reaches(device, node)) : reaches(spec, node);
}

interface Reach {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
}

function reaches({ nodeName, nodeSelector, allNodes }: Reach, node: NodeLike): boolean {
  if (nodeName) return nodeName === node.name;
  return allNodes === true || (nodeSelector !== undefined && matchesAnyTerm(compileSelector(nodeSelector), node));
}

const known = new WeakMap<ResourceSlice, readonly PoolDevice[]>();

/** All of a slice, whoever reaches them. */
function devicesOf(slice: ResourceSlice): readonly PoolDevice[] {
  let devices = known.get(slice);
  if (devices) return devices;
  const { driver, pool, perDeviceNodeSelection, devices: all = [] } = slice.spec;
  devices = all.map((device) => {
    const { nodeName, nodeSelector } = perDeviceNodeSelection ? device : slice.spec;
    return {
      id: deviceId(driver, pool.name, device.name),
      driver,
      pool: pool.name,
      poolId: poolId(driver, pool.name),
      device,
      nodes: nodeName || device.bindsToNode ? 'one' : nodeSelector,
      consumes: consumptionOf(device),
    };
  });
  known.set(slice, devices);
  return devices;
}

const poolId = (driver: string, pool: string): string => `${driver}/${pool}`;
const counterId = (set: string, counter: string): string => `${set}/${counter}`;

const consumptionOf = ({ consumesCounters = [] }: Device): PoolDevice['consumes'] =>
  consumesCounters.flatMap(({ counterSet, counters = {} }) =>
    Object.entries(counters).map(([counter, { value }]) => [counterId(counterSet, counter), amountOf(value)] as const),
  );

function sourceOf(ofPool: readonly ResourceSlice[], inUse: DevicesInUse): Source {
  const slices = ofPool.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const { driver, pool } = slices[0]!.spec;
  const left = new Map<string, bigint>();
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? []);
  for (const { name, counters = {} } of sets)
    for (const [counter, { value }] of Object.entries(counters)) left.set(counterId(name, counter), amountOf(value));
  let hasWrongCounters = new Set(sets.map(({ name }) => name)).size < sets.length;
  for (const { id, consumes } of slices.flatMap(devicesOf)) {
    const isTaken = inUse.whole.has(id) || inUse.shared.has(id);
    for (const [counter, amount] of consumes) {
      const before = left.get(counter);
      if (before === undefined) hasWrongCounters = true;
      else if (isTaken) left.set(counter, before - amount);
    }
  }
  return { id: poolId(driver, pool.name), slices, isIncomplete: slices.length !== pool.resourceSliceCount, hasWrongCounters, left };
}
