// Volumes of clouds that used to have drivers in Kubernetes' own tree, and are served by CSI drivers since. Mirrors csi-translation-lib, as far as counting
// volumes needs it.

import type { PersistentVolumeSpec, Volume } from '../api/gen/core-v1.ts';
import { migratedDriver } from '../resources/storage/csi-migration.ts';

type Sources = Pick<PersistentVolumeSpec & Volume, 'awsElasticBlockStore' | 'gcePersistentDisk' | 'azureDisk'> & {
  readonly cinder?: { readonly volumeID?: string };
};

/** How a driver calls the volume, by the name of the in-tree provisioner. */
const HANDLES: ReadonlyMap<string, (source: Sources) => string | undefined> = new Map([
  [
    'kubernetes.io/aws-ebs',
    ({ awsElasticBlockStore: disk }: Sources) => disk?.volumeID.replace(/^aws:\/\/[^/]*\//, '').replaceAll('/', ''),
  ],
  ['kubernetes.io/gce-pd', ({ gcePersistentDisk: disk }: Sources) => disk && `projects/UNSPECIFIED/zones/UNSPECIFIED/disks/${disk.pdName}`],
  ['kubernetes.io/azure-disk', ({ azureDisk: disk }: Sources) => disk?.diskURI],
  ['kubernetes.io/cinder', ({ cinder: disk }: Sources) => disk?.volumeID],
]);

export interface DriverVolume {
  readonly driver: string;
  readonly handle: string;
}

/** What a volume of an in-tree kind is to its CSI driver; undefined for any other kind. */
export function translateVolume(source: Sources): DriverVolume | undefined {
  for (const [plugin, handleOf] of HANDLES) {
    const handle = handleOf(source);
    if (handle !== undefined) return { driver: migratedDriver(plugin)!, handle };
  }
  return undefined;
}

/** The CSI driver behind an in-tree provisioner whose volumes are counted. */
export const driverOfProvisioner = (provisioner: string): string | undefined =>
  HANDLES.has(provisioner) ? migratedDriver(provisioner) : undefined;
