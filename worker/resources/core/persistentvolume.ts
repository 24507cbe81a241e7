// PersistentVolumes. Mirrors pkg/registry/core/persistentvolume.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { accessModesCell, classCell } from './claim-cells.ts';
import { DESCRIPTIONS } from './column-descriptions.ts';
import { validateVolume, validateVolumeUpdate, volumeWarnings } from './persistentvolume-validation.ts';
import { defaultResourceList } from './pod/resource-list.ts';
import { classOfVolume, volumeTerm } from './volume-claims.ts';

const description = (key: keyof typeof DESCRIPTIONS): { description: string } => ({ description: DESCRIPTIONS[key] });

export const persistentVolumes = defineResource<PersistentVolume>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  schema: builtinType('core.v1.PersistentVolume'),
  returnDeleted: true,
  default: defaultVolume,
  prepareForCreate: (volume, { now }) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(now()) };
  },
  prepareForUpdate: (volume, old) => {
    volume.status = old.status;
  },
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  warnings: volumeWarnings,
  indexTerms: (volume) => {
    const { claimRef } = volume.spec;
    return [
      volumeTerm.class(classOfVolume(volume)),
      ...(claimRef ? [volumeTerm.claim(`${claimRef.namespace}/${claimRef.name}`)] : []),
      ...(volume.spec.volumeAttributesClassName ? [volumeTerm.attributesClass(volume.spec.volumeAttributesClassName)] : []),
    ];
  },
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: (object, before, { now }) => {
        const [volume, old] = [object as PersistentVolume, before as PersistentVolume];
        volume.spec = old.spec;
        const { status } = volume;
        if (status.phase !== old.status.phase && status.lastPhaseTransitionTime === old.status.lastPhaseTransitionTime)
          volume.status = { ...status, lastPhaseTransitionTime: formatTime(now()) };
      },
      validateUpdate: () => [],
    },
  },
  columns: [
    NAME_COLUMN,
    column('Capacity', ({ spec }) => spec.capacity?.['storage'] ?? '', description('PersistentVolumeSpec.capacity')),
    column('Access Modes', ({ spec }) => accessModesCell(spec.accessModes), description('PersistentVolumeSpec.accessModes')),
    column(
      'Reclaim Policy',
      ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
      description('PersistentVolumeSpec.persistentVolumeReclaimPolicy'),
    ),
    column(
      'Status',
      ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating'),
      description('PersistentVolumeStatus.phase'),
    ),
    column(
      'Claim',
      ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''),
      description('PersistentVolumeSpec.claimRef'),
    ),
    column('StorageClass', classOfVolume, { description: docOf('core.v1.PersistentVolumeSpec.storageClassName') }),
    column('VolumeAttributesClass', ({ spec }) => classCell(spec.volumeAttributesClassName), {
      description: docOf('core.v1.PersistentVolumeSpec.volumeAttributesClassName'),
    }),
    column('Reason', ({ status }) => status.reason ?? '', description('PersistentVolumeStatus.reason')),
    AGE_COLUMN,
    column('VolumeMode', ({ spec }) => spec.volumeMode ?? '<unset>', { ...wide, ...description('PersistentVolumeSpec.volumeMode') }),
  ],
});

function defaultVolume({ spec, status }: PersistentVolume): void {
  status.phase ||= 'Pending';
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.capacity) defaultResourceList(spec.capacity);
  if (spec.hostPath) spec.hostPath.type ??= '';
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
  if (spec.rbd) {
    spec.rbd.pool ||= 'rbd';
    spec.rbd.user ||= 'admin';
    spec.rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (spec.azureDisk) {
    spec.azureDisk.cachingMode ??= 'ReadWrite';
    spec.azureDisk.kind ??= 'Shared';
    spec.azureDisk.fsType ??= 'ext4';
    spec.azureDisk.readOnly ??= false;
  }
  if (spec.scaleIO) {
    spec.scaleIO.storageMode ||= 'ThinProvisioned';
    spec.scaleIO.fsType ||= 'xfs';
  }
}
