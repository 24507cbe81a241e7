// PersistentVolumeClaims. Mirrors pkg/registry/core/persistentvolumeclaim.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { accessModesCell, classCell } from './claim-cells.ts';
import { validateClaimSpec } from './claim-validation.ts';
import { claimWarnings } from './claim-warnings.ts';
import { DESCRIPTIONS } from './column-descriptions.ts';
import { normalizeDataSources, validateClaimStatus, validateClaimUpdate } from './persistentvolumeclaim-validation.ts';
import { defaultResourceList } from './pod/resource-list.ts';
import { classOfClaim, claimTerm } from './volume-claims.ts';

const description = (key: keyof typeof DESCRIPTIONS): { description: string } => ({ description: DESCRIPTIONS[key] });

/** Those that a claim has, wants, or is on its way to. */
export const attributesClassesOf = ({ spec, status }: PersistentVolumeClaim): string[] => [
  ...new Set(
    [
      spec.volumeAttributesClassName,
      status.currentVolumeAttributesClassName,
      status.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ].flatMap((name) => name || []),
  ),
];

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
  shortNames: ['pvc'],
  schema: builtinType('core.v1.PersistentVolumeClaim'),
  returnDeleted: true,
  default: ({ spec, status }) => {
    status.phase ||= 'Pending';
    spec.volumeMode ??= 'Filesystem';
    if (spec.resources?.limits) defaultResourceList(spec.resources.limits);
    if (spec.resources?.requests) defaultResourceList(spec.resources.requests);
    if (status.capacity) defaultResourceList(status.capacity);
  },
  prepareForCreate: (claim) => {
    claim.status = { phase: 'Pending' };
    normalizeDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => {
    claim.status = old.status;
    normalizeDataSources(claim.spec);
  },
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  validateUpdate: validateClaimUpdate,
  warnings: claimWarnings,
  indexTerms: (claim) => [
    claimTerm.class(classOfClaim(claim)),
    ...(claim.spec.volumeName ? [claimTerm.volume(claim.spec.volumeName)] : []),
    ...attributesClassesOf(claim).map(claimTerm.attributesClass),
  ],
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: (claim, old) => {
        (claim as PersistentVolumeClaim).spec = (old as PersistentVolumeClaim).spec;
      },
      validateUpdate: (claim) => validateClaimStatus(claim as PersistentVolumeClaim),
    },
  },
  columns: [
    NAME_COLUMN,
    column(
      'Status',
      ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating'),
      description('PersistentVolumeClaimStatus.phase'),
    ),
    column('Volume', ({ spec }) => spec.volumeName ?? '', description('PersistentVolumeClaimSpec.volumeName')),
    column(
      'Capacity',
      ({ spec, status }) => (spec.volumeName ? (status.capacity?.['storage'] ?? '0') : ''),
      description('PersistentVolumeClaimStatus.capacity'),
    ),
    column(
      'Access Modes',
      ({ spec, status }) => (spec.volumeName ? accessModesCell(status.accessModes) : ''),
      description('PersistentVolumeClaimStatus.accessModes'),
    ),
    column('StorageClass', classOfClaim, { description: docOf('core.v1.PersistentVolumeClaimSpec.storageClassName') }),
    column('VolumeAttributesClass', ({ spec }) => classCell(spec.volumeAttributesClassName), {
      description: docOf('core.v1.PersistentVolumeClaimSpec.volumeAttributesClassName'),
    }),
    AGE_COLUMN,
    column('VolumeMode', ({ spec }) => spec.volumeMode ?? '<unset>', { ...wide, ...description('PersistentVolumeClaimSpec.volumeMode') }),
  ],
});
