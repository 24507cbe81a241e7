// A claim for which a volume is to be made: all provisioners are outside the controller manager, so it names the one that is asked. Mirrors `provisionClaim` of
// pv_controller.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import type { StorageClass } from '../../api/gen/storage-v1.ts';
import { isFalse } from '../../lib/go-bool.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { NO_PROVISIONER, PROVISIONER } from '../../resources/core/volume-claims.ts';
import { migratedDriver } from '../../resources/storage/csi-migration.ts';

const OLD_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';

/** True if somebody was asked, or nobody is to be asked. */
export function provision(
  claim: PersistentVolumeClaim,
  className: string,
  storageClass: StorageClass | undefined,
  { api, event, flag }: ControllerContext,
): boolean {
  if (isFalse(flag('enable-dynamic-provisioning'))) return true;
  if (!storageClass) {
    event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`);
    return false;
  }
  const driver = migratedDriver(storageClass.provisioner);
  const provisioner = driver ?? storageClass.provisioner;
  if (!driver && (provisioner === NO_PROVISIONER || provisioner.startsWith('kubernetes.io/'))) {
    event(claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
    return false;
  }
  const { annotations } = claim.metadata;
  const asked =
    annotations?.[PROVISIONER] === provisioner && annotations[OLD_PROVISIONER] === provisioner
      ? claim
      : api.update(persistentVolumeClaims, {
          ...claim,
          metadata: { ...claim.metadata, annotations: { ...annotations, [OLD_PROVISIONER]: provisioner, [PROVISIONER]: provisioner } },
        });
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  event(asked, 'Normal', 'ExternalProvisioning', message);
  return true;
}
