// Claims that ask for more than their volume holds: no volume of today can be made to grow by the controller manager itself, so it says who is waited for.
// Mirrors pkg/controller/volume/expand.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { migratedDriver, migratedPlugin } from '../../resources/storage/csi-migration.ts';

const RESIZER = 'volume.kubernetes.io/storage-resizer';

export const volumeExpand: Controller = {
  name: 'volume_expand',
  component: 'kube-controller-manager',
  serviceAccount: 'expand-controller',
  reporter: 'volume_expand',
  watches: [
    watch(persistentVolumeClaims, (claim, previous, _reader, type) =>
      type !== 'deleted' && claim.status.phase === 'Bound' && wantsMore(claim) && (!previous || asksForMore(claim, previous))
        ? [keyOf(claim)]
        : [],
    ),
  ],
  reconcile(key, context) {
    const { api, event, log } = context;
    const { namespace, name } = splitKey(key);
    const claim = api.get(persistentVolumeClaims, namespace, name);
    const volume = claim && api.get(persistentVolumes, '', claim.spec.volumeName ?? '');
    if (!claim || volume?.spec.claimRef?.uid !== claim.metadata.uid || !wantsMore(claim)) return;
    const plugin = migratedPlugin(volume.spec);
    if (plugin) return askDriver(claim, plugin, context);
    event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
    log('I', `"Waiting for an external controller to expand the PVC" pvcKey="${key}" pvcUID="${claim.metadata.uid}"`);
  },
};

/** The resizer of the driver that does what the plugin did. */
function askDriver(claim: PersistentVolumeClaim, plugin: string, { api, event }: ControllerContext): void {
  event(claim, 'Normal', 'ExternalExpanding', `CSI migration enabled for ${plugin}; waiting for external resizer to expand the pvc`);
  const driver = migratedDriver(plugin)!;
  const { annotations } = claim.metadata;
  if (annotations?.[RESIZER] === driver) return;
  api.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations: { ...annotations, [RESIZER]: driver } } });
}

const requested = ({ spec }: PersistentVolumeClaim): string | undefined => spec.resources.requests?.['storage'];

const wantsMore = (claim: PersistentVolumeClaim): boolean => compareQuantities(requested(claim), claim.status.capacity?.['storage']) > 0;

/** Or got more than it had, if not yet all of it. */
const asksForMore = (claim: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean =>
  compareQuantities(requested(claim), requested(previous)) > 0 ||
  compareQuantities(claim.status.capacity?.['storage'], previous.status.capacity?.['storage']) > 0;
