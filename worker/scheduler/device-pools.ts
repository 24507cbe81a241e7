// The devices that a node can reach, from the slices that drivers published: by pool, of its newest generation only.
// Mirrors dynamic-resource-allocation/structured (pools_*.go).

import type { NodeSelector } from '../api/gen/core-v1.ts';
import type { Device, ResourceSlice } from '../api/gen/resource-v1.ts';
import { compileSelector, matchesAnyTerm } from '../resources/core/node-selector.ts';
import type { NodeLike } from '../resources/core/node-selector.ts';

export interface Pool {
  readonly driver: string;
  readonly name: string;
  /** Not all of its slices are there: it is being changed. */
  readonly isIncomplete: boolean;
  readonly devices: readonly PoolDevice[];
}

export interface PoolDevice {
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  /** The nodes that can reach it; undefined for all of them. */
  readonly nodes: NodeSelector | undefined;
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

export function poolsOf(node: NodeLike, slices: readonly (readonly ResourceSlice[])[]): Pool[] {
  return slices.flatMap((ofPool) => {
    const { driver, pool } = ofPool[0]!.spec;
    const devices = ofPool.flatMap((slice) => devicesOf(node, slice));
    return devices.length ? [{ driver, name: pool.name, isIncomplete: ofPool.length < pool.resourceSliceCount, devices }] : [];
  });
}

/** Differs: devices of partitions, which share counters, are not given to anybody. */
function devicesOf(node: NodeLike, { spec }: ResourceSlice): PoolDevice[] {
  const { driver, pool, perDeviceNodeSelection, devices = [] } = spec;
  if (!perDeviceNodeSelection && !isReachable(node, spec)) return [];
  return devices
    .filter((device) => !device.consumesCounters?.length && (!perDeviceNodeSelection || isReachable(node, device)))
    .map((device) => ({
      id: deviceId(driver, pool.name, device.name),
      driver,
      pool: pool.name,
      device,
      nodes: nodesOf(perDeviceNodeSelection ? device : spec),
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
