// Volumes of clouds that used to have drivers in Kubernetes' own tree, and are served by CSI drivers since. Mirrors csi-translation-lib, as far as counting
// volumes needs it.

import type { PersistentVolumeSpec, Volume } from '../api/gen/core-v1.ts';

interface Translation {
  readonly driver: string;
  handleOf(source: Sources): string | undefined;
}

type Sources = Pick<PersistentVolumeSpec & Volume, 'awsElasticBlockStore' | 'gcePersistentDisk' | 'azureDisk'> & {
  readonly cinder?: { readonly volumeID?: string };
};

/** By the name of the in-tree provisioner. */
const TRANSLATIONS: ReadonlyMap<string, Translation> = new Map([
  [
    'kubernetes.io/aws-ebs',
    {
      driver: 'ebs.csi.aws.com',
      handleOf: ({ awsElasticBlockStore: disk }: Sources) => disk && disk.volumeID.replace(/^aws:\/\/[^/]*\//, '').replaceAll('/', ''),
    },
  ],
  [
    'kubernetes.io/gce-pd',
    {
      driver: 'pd.csi.storage.gke.io',
      handleOf: ({ gcePersistentDisk: disk }: Sources) => disk && `projects/UNSPECIFIED/zones/UNSPECIFIED/disks/${disk.pdName}`,
    },
  ],
  ['kubernetes.io/azure-disk', { driver: 'disk.csi.azure.com', handleOf: ({ azureDisk: disk }: Sources) => disk?.diskURI }],
  ['kubernetes.io/cinder', { driver: 'cinder.csi.openstack.org', handleOf: ({ cinder: disk }: Sources) => disk?.volumeID }],
]);

export interface DriverVolume {
  readonly driver: string;
  readonly handle: string;
}

/** What a volume of an in-tree kind is to its CSI driver; undefined for any other kind. */
export function translateVolume(source: Sources): DriverVolume | undefined {
  for (const { driver, handleOf } of TRANSLATIONS.values()) {
    const handle = handleOf(source);
    if (handle !== undefined) return { driver, handle };
  }
  return undefined;
}

/** The CSI driver behind an in-tree provisioner. */
export const driverOfProvisioner = (provisioner: string): string | undefined => TRANSLATIONS.get(provisioner)?.driver;
