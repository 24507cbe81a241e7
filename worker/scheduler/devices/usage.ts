// How full a node is of devices, for scoring extended resources that a class of devices stands behind. Mirrors kube-scheduler plugins/noderesources
// (resource_allocation.go): every device of the class that a node reaches counts, of whatever generation its slice is, and one that is shared counts as taken.

import type { DeviceClass } from '../../api/gen/resource-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { classOfResource, isDeviceResource } from '../../resources/resource/deviceclass.ts';
import { ALLOCATED, resourceClaims } from '../../resources/resource/resourceclaim.ts';
import { resourceSlices } from '../../resources/resource/resourceslice.ts';
import type { NodeInfo } from '../node-info.ts';
import type { DeviceUsage, ResourceWeight } from '../resource-score.ts';
import { devicesInUse } from './in-use.ts';
import { Reachable } from './pools.ts';
import type { PoolDevice } from './pools.ts';
import { ClaimProblem, isOfClass } from './wishes.ts';

/** As it is when nodes begin to be scored. Undefined if no class stands behind any of the resources. */
export function deviceUsageOf(reader: ClusterReader, resources: readonly ResourceWeight[]): DeviceUsage | undefined {
  const classes = classesBehind(reader, resources);
  if (!classes.size) return undefined;
  const { whole, shared } = devicesInUse(reader.lookup(resourceClaims, ALLOCATED));
  const reachable = new Reachable(reader.list(resourceSlices));
  return (node: NodeInfo, resource: string) => {
    const deviceClass = classes.get(resource);
    const devices = deviceClass ? ofClass(deviceClass, reachable.of(node)) : [];
    if (!devices.length) return undefined;
    return { allocatable: devices.length, allocated: devices.filter(({ id }) => whole.has(id) || shared.has(id)).length };
  };
}

/** Whether devices may stand behind one of the resources. */
export const areOfDevices = (reader: ClusterReader, resources: readonly ResourceWeight[]): boolean =>
  classesBehind(reader, resources).size > 0;

function classesBehind(reader: ClusterReader, resources: readonly ResourceWeight[]): ReadonlyMap<string, DeviceClass> {
  const classes = new Map<string, DeviceClass>();
  for (const { name } of resources) {
    const found = isDeviceResource(name) ? classOfResource(reader, name) : undefined;
    if (found) classes.set(name, found);
  }
  return classes;
}

/** None, if an expression of the class fails on one of them. */
function ofClass(deviceClass: DeviceClass, devices: readonly PoolDevice[]): readonly PoolDevice[] {
  try {
    return devices.filter((device) => isOfClass(deviceClass, device));
  } catch (error) {
    if (error instanceof ClaimProblem) return [];
    throw error;
  }
}
