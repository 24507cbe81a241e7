// Changes the attributes of disks when their claims name another VolumeAttributesClass. Mirrors kubernetes-csi external-resizer, pkg/modifycontroller.
//
// Keys: claims, or `all`.

import { watch, watchIn } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { formatTime } from '../../lib/time.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { pods } from '../../resources/core/pod.ts';
import { volumeAttributesClasses } from '../../resources/storage/volumeattributesclass.ts';
import type { World } from '../../world/world.ts';
import { DRIVER, DRIVER_NAMESPACE, isDriverPod, runningDriver } from './driver.ts';

const WORK_MS = 1500;

export const makeModifier = (world: World): Controller => ({
  name: 'csi-modifier',
  component: 'csi-disk',
  reporter: `external-resizer ${DRIVER}`,
  watches: [
    watch(persistentVolumeClaims, (claim, _previous, _reader, type) => (type !== 'deleted' && wantsOther(claim) ? [keyOf(claim)] : [])),
    watch(volumeAttributesClasses, (_class, previous) => (previous ? [] : ['all'])),
    watchIn(DRIVER_NAMESPACE, pods, (pod) => (isDriverPod(pod) ? ['all'] : [])),
  ],
  reconcile(key, context) {
    const { api, state, now, event } = context;
    if (!runningDriver(world, api)) return undefined;
    if (key === 'all') {
      for (const claim of api.list(persistentVolumeClaims)) if (wantsOther(claim)) context.enqueue(keyOf(claim));
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const claim = api.get(persistentVolumeClaims, namespace, name);
    const volume = claim && api.get(persistentVolumes, '', claim.spec.volumeName ?? '');
    if (!claim || volume?.spec.csi?.driver !== DRIVER || !wantsOther(claim)) return state.delete(key) as undefined;
    const wanted = claim.spec.volumeAttributesClassName!;
    const found = api.get(volumeAttributesClasses, '', wanted);
    if (found?.driverName !== DRIVER) {
      state.delete(key);
      if (claim.status.modifyVolumeStatus?.targetVolumeAttributesClassName !== wanted) mark(claim, 'Pending', context);
      return undefined;
    }
    const begun = state.get<{ target: string; at: number }>(key);
    if (begun?.target !== wanted) {
      state.set(key, { target: wanted, at: now() });
      event(claim, 'Normal', 'VolumeModify', `external resizer is modifying volume ${name} with vac ${wanted}`);
      mark(claim, 'InProgress', context);
      return { after: WORK_MS };
    }
    if (now() < begun.at + WORK_MS) return { after: begun.at + WORK_MS - now() };
    state.delete(key);
    api.update(persistentVolumes, { ...volume, spec: { ...volume.spec, volumeAttributesClassName: wanted } });
    const { modifyVolumeStatus: _done, conditions, ...status } = claim.status;
    const left = (conditions ?? []).filter(({ type }) => type !== MODIFYING);
    api.updateStatus(persistentVolumeClaims, {
      ...claim,
      status: { ...status, ...(left.length && { conditions: left }), currentVolumeAttributesClassName: wanted },
    });
    event(claim, 'Normal', 'VolumeModifySuccessful', `external resizer modified volume ${name} with vac ${wanted} successfully`);
    return undefined;
  },
});

const MODIFYING = 'ModifyingVolume';

const wantsOther = ({ spec, status }: PersistentVolumeClaim): boolean =>
  status.phase === 'Bound' &&
  Boolean(spec.volumeAttributesClassName) &&
  spec.volumeAttributesClassName !== status.currentVolumeAttributesClassName;

function mark(claim: PersistentVolumeClaim, status: 'Pending' | 'InProgress', { api, now }: ControllerContext): void {
  const others = (claim.status.conditions ?? []).filter(({ type }) => type !== MODIFYING);
  const condition = {
    type: MODIFYING,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(now()),
    message: 'ModifyVolume operation in progress.',
  };
  const conditions = status === 'InProgress' ? [...others, condition] : others;
  const { conditions: _before, ...rest } = claim.status;
  api.updateStatus(persistentVolumeClaims, {
    ...claim,
    status: {
      ...rest,
      ...(conditions.length && { conditions }),
      modifyVolumeStatus: { targetVolumeAttributesClassName: claim.spec.volumeAttributesClassName!, status },
    },
  });
}
