// The devices that a node can reach, from the slices that drivers published: by pool, of its newest generation only.
// Mirrors dynamic-resource-allocation/structured (pools_*.go).

import type { NodeSelector } from '../api/gen/core-v1.ts';
import type { Device, ResourceSlice } from '../api/gen/resource-v1.ts';
import { compileSelector, matchesAnyTerm } from '../resources/core/node-selector.ts';
import { parseQuantity } from '../lib/quantity.ts';
import type { NodeLike } from '../resources/core/node-selector.ts';

export interface Pool {
  readonly driver: string;
  readonly name: string;
  /** Not all of its slices are there: it is being changed. */
  readonly isIncomplete: boolean;
  readonly devices: readonly PoolDevice[];
  /** What partitions of its devices share, by counter. */
  readonly counters: ReadonlyMap<string, bigint>;
  /** What all its devices take of it, reachable or not, by their ids. */
  readonly consumers: ReadonlyMap<string, Consumption>;
}

/** Of each counter so much, in billionths. */
export type Consumption = readonly (readonly [counter: string, amount: bigint])[];

export interface PoolDevice {
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  /** The nodes that can reach it; undefined for all of them. */
  readonly nodes: NodeSelector | undefined;
  readonly consumes: Consumption;
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

export function poolsOf(node: NodeLike, slices: readonly (readonly ResourceSlice[])[]): Pool[] {
  return slices.flatMap((ofPool) => {
    const { driver, pool } = ofPool[0]!.spec;
    const devices = ofPool.flatMap((slice) => devicesOf(node, slice));
    if (!devices.length) return [];
    const isIncomplete = ofPool.length < pool.resourceSliceCount;
    return [{ driver, name: pool.name, isIncomplete, devices, ...sharedIn(ofPool) }];
  });
}

/** The counters of a pool, and who takes of them. */
function sharedIn(ofPool: readonly ResourceSlice[]): Pick<Pool, 'counters' | 'consumers'> {
  const { driver, pool } = ofPool[0]!.spec;
  const counters = new Map<string, bigint>();
  const consumers = new Map<string, Consumption>();
  for (const { spec } of ofPool) {
    for (const { name, counters: all = {} } of spec.sharedCounters ?? [])
      for (const [counter, { value }] of Object.entries(all)) counters.set(counterId(driver, pool.name, name, counter), amountOf(value));
    for (const device of spec.devices ?? [])
      if (device.consumesCounters?.length)
        consumers.set(deviceId(driver, pool.name, device.name), consumptionOf(driver, pool.name, device));
  }
  return { counters, consumers };
}

const counterId = (driver: string, pool: string, set: string, counter: string): string => `${driver}/${pool}/${set}/${counter}`;
const amountOf = (value: string): bigint => parseQuantity(value)?.nanos ?? 0n;

const consumptionOf = (driver: string, pool: string, { consumesCounters = [] }: Device): Consumption =>
  consumesCounters.flatMap(({ counterSet, counters = {} }) =>
    Object.entries(counters).map(([counter, { value }]) => [counterId(driver, pool, counterSet, counter), amountOf(value)] as const),
  );

function devicesOf(node: NodeLike, { spec }: ResourceSlice): PoolDevice[] {
  const { driver, pool, perDeviceNodeSelection, devices = [] } = spec;
  if (!perDeviceNodeSelection && !isReachable(node, spec)) return [];
  return devices
    .filter((device) => !perDeviceNodeSelection || isReachable(node, device))
    .map((device) => ({
      id: deviceId(driver, pool.name, device.name),
      driver,
      pool: pool.name,
      device,
      nodes: nodesOf(perDeviceNodeSelection ? device : spec),
      consumes: consumptionOf(driver, pool.name, device),
    }));
}

interface Reach {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
}

const isReachable = (node: NodeLike, { nodeName, nodeSelector, allNodes }: Reach): boolean =>
  allNodes === true || nodeName === node.name || (nodeSelector !== undefined && matchesAnyTerm(compileSelector(nodeSelector), node));

const nodesOf = ({ nodeName, nodeSelector }: Reach): NodeSelector | undefined =>
  nodeName ? { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] } : nodeSelector;
