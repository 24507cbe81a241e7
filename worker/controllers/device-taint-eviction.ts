// Drives pods from devices with NoExecute taints: at once, or when the shortest of their claims' tolerations has run out. Mirrors
// pkg/controller/devicetainteviction. (DeviceTaintRules, which taint devices from outside, are of an API that is off by default.)
//
// Keys: pods.

import { watch } from '../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { Pod, PodResourceClaim } from '../api/gen/core-v1.ts';
import type { DeviceRequestAllocationResult, DeviceTaint, DeviceToleration, ResourceClaim, ResourceSlice } from '../api/gen/resource-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { isNotFound } from '../api/status.ts';
import { isEqual } from '../lib/json.ts';
import { timeOf } from '../lib/time.ts';
import { withPodCondition } from '../resources/core/pod-state.ts';
import { pods } from '../resources/core/pod.ts';
import { isTolerated } from '../resources/resource/device-taints.ts';
import { claimRefOf, isReservedFor, ownershipProblem } from '../resources/resource/pod-claims.ts';
import { ALLOCATED, resourceClaims } from '../resources/resource/resourceclaim.ts';
import { newestSlices, resourceSlices } from '../resources/resource/resourceslice.ts';
import { DEVICE_TAINT_DELETION_DELAY, DEVICE_TAINT_DELETIONS } from './meters.ts';

export const deviceTaintEviction: Controller = {
  name: 'device-taint-eviction',
  component: 'kube-controller-manager',
  watches: [
    watch(resourceSlices, (slice, previous, reader) => (previous?.spec === slice.spec ? [] : keysOfSlice(slice, previous, reader))),
    watch(resourceClaims, (claim, previous) => new Set([...usersOf(claim), ...(previous ? usersOf(previous) : [])])),
    watch(pods, (pod, previous, _reader, type) =>
      (pod.spec.resourceClaims?.length || pod.status.extendedResourceClaimStatus) && (type === 'deleted' || isNews(pod, previous))
        ? [keyOf(pod)]
        : [],
    ),
  ],
  reconcile(key, context) {
    return context.config.minor >= 36 ? syncPod(key, context) : undefined;
  },
};

const isNews = ({ spec, status }: Pod, previous: Pod | undefined): boolean =>
  previous?.spec.nodeName !== spec.nodeName ||
  !isEqual(previous?.status.resourceClaimStatuses, status.resourceClaimStatuses) ||
  !isEqual(previous?.status.extendedResourceClaimStatus, status.extendedResourceClaimStatus);

const usersOf = ({ metadata, status }: ResourceClaim): string[] =>
  (status.reservedFor ?? []).filter(({ resource }) => resource === 'pods').map(({ name }) => `${metadata.namespace}/${name}`);

/** The pods with a device of the slice's pool, if any device there drives pods away, or did. */
function keysOfSlice(slice: ResourceSlice, previous: ResourceSlice | undefined, reader: ClusterReader): Set<string> {
  const { driver, pool } = slice.spec;
  const ofPool = reader.list(resourceSlices).filter(({ spec }) => spec.driver === driver && spec.pool.name === pool.name);
  if (![slice, ...(previous ? [previous] : []), ...ofPool].some(isTainted)) return new Set();
  return new Set(
    reader
      .lookup(resourceClaims, ALLOCATED)
      .filter((claim) => devicesOf(claim).some((one) => one.driver === driver && one.pool === pool.name))
      .flatMap(usersOf),
  );
}

const isTainted = ({ spec }: ResourceSlice): boolean => (spec.devices ?? []).some((device) => evictingTaints(device).length > 0);
const evictingTaints = ({ taints = [] }: { readonly taints?: readonly DeviceTaint[] }): DeviceTaint[] =>
  taints.filter(({ effect }) => effect === 'NoExecute');
const devicesOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status.allocation?.devices?.results ?? [];

function syncPod(key: string, context: ControllerContext): Requeue | undefined {
  const { api, state, now, event } = context;
  const { namespace, name } = splitKey(key);
  const pod = api.get(pods, namespace, name);
  if (!pod || isTerminating(pod)) {
    state.delete(key);
    return undefined;
  }
  const at = evictionTime(pod, api);
  if (at === undefined) {
    if (state.get(key) === pod.metadata.uid) event(pod, 'Normal', REASON, 'Cancelling deletion');
    state.delete(key);
    return undefined;
  }
  if (at > now()) {
    state.set(key, pod.metadata.uid);
    return { after: at - now() };
  }
  state.delete(key);
  evict(pod, at, context);
  return undefined;
}

/** When a pod has to go (ms); undefined for not at all. */
function evictionTime(pod: Pod, reader: ClusterReader): number | undefined {
  if (!pod.spec.nodeName) return undefined;
  let earliest: number | undefined;
  for (const one of claimsOf(pod)) {
    const ref = claimRefOf(pod, one);
    const claim = 'name' in ref && ref.name ? reader.get(resourceClaims, pod.metadata.namespace ?? '', ref.name) : undefined;
    if (!claim || ('isOwn' in ref && ref.isOwn && ownershipProblem(pod, claim)) || !isReservedFor(pod, claim)) continue;
    for (const device of devicesOf(claim)) {
      for (const taint of evictingTaints(deviceOf(device, reader) ?? {})) {
        const at = timeOf(taint.timeAdded) + patience(taint, device.tolerations ?? []) * 1000;
        if (at < (earliest ?? Infinity)) earliest = at;
      }
    }
  }
  return earliest;
}

/** With the one that the scheduler made. */
function claimsOf({ spec, status }: Pod): PodResourceClaim[] {
  const made = status.extendedResourceClaimStatus;
  return [...(spec.resourceClaims ?? []), ...(made ? [{ name: '', resourceClaimName: made.resourceClaimName }] : [])];
}

/** As it is offered now. */
function deviceOf({ driver, pool, device }: DeviceRequestAllocationResult, reader: ClusterReader): { taints?: DeviceTaint[] } | undefined {
  const slices = reader.list(resourceSlices).filter(({ spec }) => spec.driver === driver && spec.pool.name === pool);
  return newestSlices(slices)
    .flat()
    .flatMap(({ spec }) => spec.devices ?? [])
    .find(({ name }) => name === device);
}

/** For how many seconds a taint is tolerated. Only tolerations that name the effect say so. */
function patience(taint: DeviceTaint, tolerations: readonly DeviceToleration[]): number {
  const fitting = tolerations.filter((one) => one.effect === 'NoExecute' && isTolerated(taint, [one]));
  if (fitting.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return Infinity;
  return fitting.length ? Math.max(0, Math.min(...fitting.map(({ tolerationSeconds = 0 }) => tolerationSeconds))) : 0;
}

const REASON = 'DeviceTaintManagerEviction';

const TARGET = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByDeviceTaintManager',
  message: 'Device Taint manager: deleting due to NoExecute taint',
};

/** `at`: when it was to go. */
function evict(pod: Pod, at: number, { api, event, meters, now }: ControllerContext): void {
  const { namespace = '', name } = pod.metadata;
  event(pod, 'Normal', REASON, 'Marking for deletion');
  try {
    const conditions = withPodCondition(pod.status.conditions, TARGET, now());
    if (!isEqual(conditions, pod.status.conditions)) api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
    api.delete(pods, namespace, name, { preconditions: { uid: pod.metadata.uid } });
    meters.add(DEVICE_TAINT_DELETIONS);
    meters.observe(DEVICE_TAINT_DELETION_DELAY, {}, (now() - at) / 1000);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
