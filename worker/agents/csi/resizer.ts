// Makes disks grow when their claims ask for more; what is on them grows with the next start of a pod, or at once where one runs (the kubelet's part,
// agents/kubelet/grow.ts). Mirrors kubernetes-csi external-resizer.
//
// Keys: claims, or `all`.

import { watch, watchIn } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimCondition } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { formatTime } from '../../lib/time.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { pods } from '../../resources/core/pod.ts';
import type { World } from '../../world/world.ts';
import { DRIVER, DRIVER_NAMESPACE, isDriverPod, runningDriver } from './driver.ts';

const WORK_MS = 800;
const REPORTER = `external-resizer ${DRIVER}`;

export const makeResizer = (world: World): Controller => ({
  name: 'csi-resizer',
  component: 'csi-disk',
  reporter: REPORTER,
  watches: [
    watch(persistentVolumeClaims, (claim, _previous, _reader, type) => (type !== 'deleted' && wantsMore(claim) ? [keyOf(claim)] : [])),
    watchIn(DRIVER_NAMESPACE, pods, (pod) => (isDriverPod(pod) ? ['all'] : [])),
  ],
  reconcile(key, context) {
    const { api, state, now } = context;
    if (!runningDriver(world, api)) return undefined;
    if (key === 'all') {
      for (const claim of api.list(persistentVolumeClaims)) if (wantsMore(claim)) context.enqueue(keyOf(claim));
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const claim = api.get(persistentVolumeClaims, namespace, name);
    const volume = claim && api.get(persistentVolumes, '', claim.spec.volumeName ?? '');
    if (!claim || !volume || volume.spec.csi?.driver !== DRIVER || !wantsMore(claim)) {
      state.delete(key);
      return undefined;
    }
    const wanted = claim.spec.resources.requests!['storage']!;
    if (compareQuantities(volume.spec.capacity?.['storage'], wanted) >= 0) return undefined;
    const begun = state.get<{ size: string; at: number }>(key);
    if (begun?.size !== wanted) {
      state.set(key, { size: wanted, at: now() });
      context.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`);
      setStatus(claim, wanted, 'ControllerResizeInProgress', condition('Resizing', '', context), context);
      return { after: WORK_MS };
    }
    if (now() < begun.at + WORK_MS) return { after: begun.at + WORK_MS - now() };
    state.delete(key);
    api.update(persistentVolumes, { ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: wanted } } });
    const fresh = api.get(persistentVolumeClaims, namespace, name) ?? claim;
    const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
    context.event(fresh, 'Normal', 'FileSystemResizeRequired', 'Require file system resize of volume on node');
    setStatus(fresh, wanted, 'NodeResizePending', condition('FileSystemResizePending', message, context), context);
    return undefined;
  },
});

const wantsMore = ({ spec, status }: PersistentVolumeClaim): boolean =>
  status.phase === 'Bound' && compareQuantities(spec.resources.requests?.['storage'], status.capacity?.['storage']) > 0;

const condition = (type: string, message: string, { now }: ControllerContext): PersistentVolumeClaimCondition => ({
  type,
  status: 'True',
  lastProbeTime: null,
  lastTransitionTime: formatTime(now()),
  ...(message && { message }),
});

function setStatus(
  claim: PersistentVolumeClaim,
  size: string,
  state: string,
  now: PersistentVolumeClaimCondition,
  { api }: ControllerContext,
): void {
  const others = (claim.status.conditions ?? []).filter(({ type }) => type !== 'Resizing' && type !== 'FileSystemResizePending');
  api.updateStatus(persistentVolumeClaims, {
    ...claim,
    status: {
      ...claim.status,
      conditions: [...others, now],
      allocatedResources: { ...claim.status.allocatedResources, storage: size },
      allocatedResourceStatuses: { ...claim.status.allocatedResourceStatuses, storage: state },
    },
  });
}
