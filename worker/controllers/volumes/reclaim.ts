// What becomes of a volume whose claim is gone: it stays, is deleted, or is emptied and used again. Mirrors `reclaimVolume` of pv_controller.go.

import type { ControllerContext, Requeue } from '../../api/controller.ts';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { setVolumePhase } from './bind.ts';
import { recycle } from './recycler.ts';

export function reclaim(volume: PersistentVolume, context: ControllerContext): Requeue | undefined {
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Delete':
      deleteVolume(volume, context);
      return undefined;
    case 'Recycle':
      return recycle(volume, context);
    default:
      return undefined;
  }
}

/** What a driver made is deleted by it; the controller manager itself can only delete what is below /tmp of a host. */
function deleteVolume(volume: PersistentVolume, context: ControllerContext): void {
  const { name, annotations, deletionTimestamp } = volume.metadata;
  if (annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined || volume.spec.csi || deletionTimestamp !== undefined) return;
  const { hostPath } = volume.spec;
  if (hostPath && /^\/tmp\/.+/.test(hostPath.path)) {
    context.api.delete(persistentVolumes, '', name);
    return;
  }
  const problem = hostPath
    ? `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`
    : `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`;
  if (volume.status.phase === 'Failed') return;
  context.event(setVolumePhase(volume, 'Failed', context, problem), 'Warning', 'VolumeFailedDelete', problem);
}
