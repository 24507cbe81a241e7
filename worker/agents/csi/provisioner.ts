// Makes the disks that claims ask for, and deletes them when their volumes are released. Mirrors kubernetes-csi external-provisioner
// (sig-storage-lib-external-provisioner controller.go).
//
// Keys: `claim <namespace>/<name>`, `volume <name>`, `all`.

import { watch, watchIn } from '../../api/controller.ts';
import type { Controller, ControllerContext, EventDetails, Requeue } from '../../api/controller.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { pods } from '../../resources/core/pod.ts';
import { classOfClaim, PROVISIONER, volumeAnnotation } from '../../resources/core/volume-claims.ts';
import { storageClasses } from '../../resources/storage/storageclass.ts';
import { attachmentTerm, volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import { dropVolume } from '../../world/files/container-files.ts';
import type { World } from '../../world/world.ts';
import { DRIVER, DRIVER_NAMESPACE, isDriverPod, runningDriver } from './driver.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
/** How long a disk takes to be made, and to be deleted. */
const [CREATE_MS, DELETE_MS] = [900, 600];

export const makeProvisioner = (world: World): Controller => ({
  name: 'csi-provisioner',
  component: 'csi-disk',
  watches: [
    watch(persistentVolumeClaims, (claim, _previous, _reader, type) =>
      type !== 'deleted' && isAsked(claim) ? [`claim ${keyOf(claim)}`] : [],
    ),
    watch(persistentVolumes, (volume, _previous, _reader, type) =>
      type !== 'deleted' && isToBeDeleted(volume) ? [`volume ${volume.metadata.name}`] : [],
    ),
    watch(volumeAttachments, ({ spec }, _previous, _reader, type) =>
      type === 'deleted' && spec.source.persistentVolumeName ? [`volume ${spec.source.persistentVolumeName}`] : [],
    ),
    watchIn(DRIVER_NAMESPACE, pods, (pod) => (isDriverPod(pod) ? ['all'] : [])),
  ],
  reconcile(key, context) {
    const driver = runningDriver(world, context.api);
    if (!driver) return undefined;
    const [what, name = ''] = key.split(' ') as [string, string?];
    if (what === 'all') {
      for (const claim of context.api.list(persistentVolumeClaims)) if (isAsked(claim)) context.enqueue(`claim ${keyOf(claim)}`);
      for (const volume of context.api.list(persistentVolumes))
        if (isToBeDeleted(volume)) context.enqueue(`volume ${volume.metadata.name}`);
      return undefined;
    }
    return what === 'claim' ? provision(name, driver, context) : remove(world, name, driver, context);
  },
});

const isAsked = ({ metadata, spec }: PersistentVolumeClaim): boolean => !spec.volumeName && metadata.annotations?.[PROVISIONER] === DRIVER;

const isToBeDeleted = ({ metadata, spec, status }: PersistentVolume): boolean =>
  metadata.annotations?.[PROVISIONED_BY] === DRIVER &&
  ((status.phase === 'Released' && spec.persistentVolumeReclaimPolicy === 'Delete') ||
    (metadata.deletionTimestamp !== undefined && status.phase !== 'Bound' && metadata.finalizers?.includes(FINALIZER) === true));

/** As whom it signs: the driver, and which of its processes. */
const signature = ({ metadata, spec }: Pod): EventDetails => ({
  source: `${DRIVER}_${metadata.name}_${metadata.uid}`,
  host: spec.nodeName ?? '',
});

function provision(key: string, driver: Pod, context: ControllerContext): Requeue | undefined {
  const { api, event } = context;
  const { namespace, name } = splitKey(key);
  const claim = api.get(persistentVolumeClaims, namespace, name);
  const begun = `claim ${claim?.metadata.uid}`;
  if (!claim || !isAsked(claim) || isTerminating(claim)) {
    context.state.delete(begun);
    return undefined;
  }
  const storageClass = api.get(storageClasses, '', classOfClaim(claim));
  if (!storageClass) return undefined;
  const node = claim.metadata.annotations?.[volumeAnnotation.selectedNode];
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && node === undefined) return undefined;
  const since = context.state.get<number>(begun);
  if (since === undefined) {
    context.state.set(begun, context.now());
    event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${key}"`, signature(driver));
    return { after: CREATE_MS };
  }
  if (context.now() < since + CREATE_MS) return { after: since + CREATE_MS - context.now() };
  context.state.delete(begun);
  const modes = claim.spec.accessModes ?? [];
  if (claim.spec.dataSource || modes.includes('ReadWriteMany')) {
    const why = claim.spec.dataSource ? 'volume content source is not supported' : 'multi-node multi-writer volumes are not supported';
    event(
      claim,
      'Warning',
      'ProvisioningFailed',
      `failed to provision volume with StorageClass "${storageClass.metadata.name}": rpc error: code = InvalidArgument desc = ${why}`,
      signature(driver),
    );
    return { after: 15_000, background: true };
  }
  const volumeName = `pvc-${claim.metadata.uid}`;
  try {
    api.create<PersistentVolume>(persistentVolumes, {
      metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: DRIVER }, finalizers: [FINALIZER] },
      spec: {
        accessModes: modes,
        capacity: { storage: claim.spec.resources.requests!['storage']! },
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          name,
          namespace,
          uid: claim.metadata.uid,
          ...(claim.metadata.resourceVersion && { resourceVersion: claim.metadata.resourceVersion }),
        },
        csi: {
          driver: DRIVER,
          volumeHandle: volumeName,
          ...(claim.spec.volumeMode === 'Block' ? {} : { fsType: storageClass.parameters?.['csi.storage.k8s.io/fstype'] ?? 'ext4' }),
          volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': `${driver.metadata.uid}-${DRIVER}` },
        },
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name,
        ...(storageClass.mountOptions?.length && { mountOptions: storageClass.mountOptions }),
        ...(claim.spec.volumeMode && { volumeMode: claim.spec.volumeMode }),
        ...(claim.spec.volumeAttributesClassName && { volumeAttributesClassName: claim.spec.volumeAttributesClassName }),
      },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`, signature(driver));
  return undefined;
}

function remove(world: World, name: string, driver: Pod, context: ControllerContext): Requeue | undefined {
  const { api } = context;
  const volume = api.get(persistentVolumes, '', name);
  const begun = `volume ${name}`;
  if (!volume || !isToBeDeleted(volume)) {
    context.state.delete(begun);
    return undefined;
  }
  if (volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
    if (api.countTerm(volumeAttachments, attachmentTerm.volume(name))) return undefined;
    const since = context.state.get<number>(begun);
    if (since === undefined) {
      context.state.set(begun, context.now());
      return { after: DELETE_MS };
    }
    if (context.now() < since + DELETE_MS) return { after: since + DELETE_MS - context.now() };
    context.state.delete(begun);
    dropVolume(world, `disk/${volume.metadata.uid}`);
    context.log('I', `"Volume deleted" PV="${name}" driver="${driver.metadata.name}"`);
    if (!isTerminating(volume)) api.delete(persistentVolumes, '', name);
  }
  const left = api.get(persistentVolumes, '', name);
  if (!left) return undefined;
  const finalizers = (left.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
  const { finalizers: _, ...metadata } = left.metadata;
  if (finalizers.length !== left.metadata.finalizers?.length)
    api.update(persistentVolumes, { ...left, metadata: { ...metadata, ...(finalizers.length && { finalizers }) } });
  return undefined;
}
