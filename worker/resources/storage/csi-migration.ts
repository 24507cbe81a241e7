// Volumes of clouds that used to have plugins in Kubernetes' own tree, and are the business of CSI drivers since. Mirrors csi-translation-lib and
// pkg/volume/csimigration, whose gates are all on.

import type { PersistentVolumeSpec } from '../../api/gen/core-v1.ts';

interface Migration {
  readonly driver: string;
  /** The field of a volume's spec that was the plugin's. */
  readonly source: keyof PersistentVolumeSpec;
}

/** By the plugin's name. */
const MIGRATIONS: ReadonlyMap<string, Migration> = new Map<string, Migration>([
  ['kubernetes.io/aws-ebs', { driver: 'ebs.csi.aws.com', source: 'awsElasticBlockStore' }],
  ['kubernetes.io/gce-pd', { driver: 'pd.csi.storage.gke.io', source: 'gcePersistentDisk' }],
  ['kubernetes.io/azure-disk', { driver: 'disk.csi.azure.com', source: 'azureDisk' }],
  ['kubernetes.io/azure-file', { driver: 'file.csi.azure.com', source: 'azureFile' }],
  ['kubernetes.io/cinder', { driver: 'cinder.csi.openstack.org', source: 'cinder' }],
  ['kubernetes.io/vsphere-volume', { driver: 'csi.vsphere.vmware.com', source: 'vsphereVolume' }],
  ['kubernetes.io/portworx-volume', { driver: 'pxd.portworx.com', source: 'portworxVolume' }],
]);

/** The CSI driver that does what a plugin did. */
export const migratedDriver = (plugin: string): string | undefined => MIGRATIONS.get(plugin)?.driver;

/** The plugin that a volume was of. */
export const migratedPlugin = (spec: PersistentVolumeSpec): string | undefined =>
  [...MIGRATIONS].find(([, { source }]) => spec[source] !== undefined)?.[0];
