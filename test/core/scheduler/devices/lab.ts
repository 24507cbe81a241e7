// Devices, classes, claims and the pods that want them.

import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import type {
  Device,
  DeviceClass,
  DeviceClaim,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from '../../../../worker/api/gen/resource-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { deviceClasses } from '../../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../../worker/resources/resource/resourceclaim.ts';
import { resourceSlices } from '../../../../worker/resources/resource/resourceslice.ts';
import type { TestCluster } from '../../harness.ts';

export const DRIVER = 'gpu.example.com';
export const gpu = (i: number, more: Partial<Device> = {}): Device => ({
  name: `gpu-${i}`,
  attributes: { index: { int: i }, model: { string: i < 2 ? 'small' : 'large' }, numa: { int: i % 2 } },
  capacity: { memory: { value: `${10 * (i + 1)}Gi` } },
  ...more,
});

export function addSlice({ api }: TestCluster, spec: Partial<ResourceSlice['spec']>, name = 's'): void {
  const pool = { name: spec.nodeName ?? 'net', generation: 1, resourceSliceCount: 1 };
  api.create<ResourceSlice>(resourceSlices, { metadata: { name }, spec: { driver: DRIVER, pool, ...spec } } as never);
}

export function addClass({ api }: TestCluster, more: Partial<DeviceClass['spec']> = {}, name = 'gpu'): void {
  const selectors = [{ cel: { expression: `device.driver == '${DRIVER}'` } }];
  api.create<DeviceClass>(deviceClasses, { metadata: { name }, spec: { selectors, ...more } });
}

export const asking = (exactly: Partial<ExactDeviceRequest> = {}, more: Partial<DeviceClaim> = {}): { devices: DeviceClaim } => ({
  devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', ...exactly } }], ...more },
});

export const addClaim = ({ api }: TestCluster, spec: ResourceClaim['spec'] = asking(), name = 'c'): ResourceClaim =>
  api.create<ResourceClaim>(resourceClaims, { metadata: { name, namespace: 'default' }, spec } as never);

export const IMAGE = 'registry.k8s.io/pause:3.10';

export function addPod(
  { api }: TestCluster,
  name: string,
  claims: readonly object[] = [{ resourceClaimName: 'c' }],
  more: Partial<Pod['spec']> = {},
): void {
  api.create<Pod>(pods, {
    metadata: { name, namespace: 'default' },
    spec: {
      containers: [{ name: 'c', image: IMAGE }],
      ...more,
      resourceClaims: claims.map((claim, i) => ({ name: `r${i}`, ...claim })),
    },
  } as never);
}

export const nodeOf = ({ api }: TestCluster, name: string): string | undefined => api.get(pods, 'default', name)!.spec.nodeName;
export const claimOf = ({ api }: TestCluster, name = 'c'): ResourceClaim => api.get(resourceClaims, 'default', name)!;
export const devicesOf = (cluster: TestCluster, name = 'c'): string[] | undefined =>
  claimOf(cluster, name).status.allocation?.devices.results?.map(({ device }) => device);
export const refusalOf = ({ api }: TestCluster, name: string): string | undefined =>
  api.get(pods, 'default', name)!.status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
