// The storage that a cluster of the default template starts with: one class, which claims get that name none.

import type { ClusterApi } from '../../api/controller.ts';
import { storageClasses } from '../../resources/storage/storageclass.ts';

export const PROVISIONER = 'rancher.io/local-path';

export function createDefaultStorage(api: ClusterApi): void {
  api.create(storageClasses, {
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}
