// Fields whose gates are off are taken away without a word. In 1.36 these are DRAListTypeAttributes and DRANodeAllocatableResources; before, also
// DRAConsumableCapacity, DRADeviceBindingConditions, DRADeviceTaints, DRAExtendedResource and DRAPartitionableDevices. Mirrors the strategies of
// pkg/registry/resource. (A field that the stored object has already would stay; none can have it.)

import type {
  Device,
  DeviceClassSpec,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
  ResourceSliceSpec,
} from '../../api/gen/resource-v1.ts';
import type { ClusterConfig } from '../../api/resource.ts';

type Version = Pick<ClusterConfig, 'minor'>;

/** In place, as the others. */
export function dropDisabledOfClass(spec: DeviceClassSpec, { minor }: Version): void {
  if (minor < 36) delete spec.extendedResourceName;
}

export function dropDisabledOfClaim({ devices }: Partial<ResourceClaimSpec>, { minor }: Version): void {
  if (minor >= 36) return;
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? [])
    for (const request of exactly ? [exactly, ...firstAvailable] : firstAvailable) dropDisabledOfRequest(request);
  for (const constraint of devices?.constraints ?? []) delete constraint.distinctAttribute;
}

function dropDisabledOfRequest(request: ExactDeviceRequest | DeviceSubRequest): void {
  delete request.tolerations;
  delete request.capacity;
}

export function dropDisabledOfSlice(spec: ResourceSliceSpec, { minor }: Version): void {
  for (const device of spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) for (const list of LISTS) delete attribute[list];
    if (minor < 36) for (const field of SINCE_36) delete device[field];
    if (minor < 36) for (const capacity of Object.values(device.capacity ?? {})) delete capacity.requestPolicy;
  }
  if (minor >= 36) return;
  delete spec.sharedCounters;
  delete spec.perDeviceNodeSelection;
}

const LISTS = ['ints', 'bools', 'strings', 'versions'] as const;
const SINCE_36: readonly (keyof Omit<Device, 'name'>)[] = [
  'consumesCounters',
  'nodeName',
  'nodeSelector',
  'allNodes',
  'taints',
  'bindsToNode',
  'bindingConditions',
  'bindingFailureConditions',
  'allowMultipleAllocations',
];
