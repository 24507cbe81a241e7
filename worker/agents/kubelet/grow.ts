// Grows what is on a disk that has grown, where a pod has it mounted. Mirrors pkg/volume/util/operationexecutor/node_expander.go.

import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { splitKey } from '../../api/object.ts';
import { quantityValue } from '../../lib/quantity.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { keyOf } from '../../api/object.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { claimKeysOf, podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { resizeVolume } from '../../world/files/container-files.ts';
import { diskId, roomOn } from './claims.ts';
import type { PodSync } from './worker.ts';

export const awaitsNode = ({ status }: PersistentVolumeClaim): boolean =>
  status.allocatedResourceStatuses?.['storage'] === 'NodeResizePending';

/** Pods of a node that have a volume. */
export function usersOfVolume(reader: ClusterReader, volume: string | undefined, node: string): string[] {
  const { claimRef } = reader.get(persistentVolumes, '', volume ?? '')?.spec ?? {};
  if (!claimRef) return [];
  return reader
    .lookup(pods, podTerm.claim(`${claimRef.namespace}/${claimRef.name}`))
    .filter(({ spec }) => spec.nodeName === node)
    .map(keyOf);
}

export function growVolumes(sync: PodSync): void {
  const { context, machine, pod } = sync;
  const { api, event } = context;
  for (const key of claimKeysOf(pod)) {
    const { namespace, name } = splitKey(key);
    const claim = api.get(persistentVolumeClaims, namespace, name);
    const volume = claim && api.get(persistentVolumes, '', claim.spec.volumeName ?? '');
    if (!claim || !volume || !awaitsNode(claim)) continue;
    const { allocatedResourceStatuses: _, conditions, ...status } = claim.status;
    const left = (conditions ?? []).filter(({ type }) => type !== 'Resizing' && type !== 'FileSystemResizePending');
    api.updateStatus(persistentVolumeClaims, {
      ...claim,
      status: {
        ...status,
        capacity: { ...status.capacity, storage: volume.spec.capacity!['storage']! },
        ...(left.length && { conditions: left }),
      },
    });
    resizeVolume(sync.world, diskId(volume.metadata.uid), roomOn(quantityValue(volume.spec.capacity!['storage'])));
    const message = `MountVolume.NodeExpandVolume succeeded for volume ${JSON.stringify(volume.metadata.name)} ${machine.name}`;
    for (const about of [pod, claim]) event(about, 'Normal', 'FileSystemResizeSuccessful', message, { host: machine.name });
  }
}
