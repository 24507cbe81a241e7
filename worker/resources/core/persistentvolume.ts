<<<<<<< HEAD
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
=======
// PersistentVolumes. Mirrors pkg/registry/core/persistentvolume; its rules are in volume-validation.ts.

import { forbiddenField, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../../api/gen/core-v1.ts';
import { clone, isEqual } from '../../lib/json.ts';
import { goJson } from '../../lib/go-format.ts';
import { formatTime } from '../../lib/time.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus } from '../strategy.ts';
import { deprecatedNodeLabel } from './node-labels.ts';
import { fractionWarnings } from './fractions.ts';
import { classOfVolume, volumeAnnotation, volumeTerm } from './volume-claims.ts';
import { accessModesText, UNSET } from './volume-columns.ts';
import { SOURCES, validateVolumeSpec } from './volume-validation.ts';
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)

const description = (key: keyof typeof DESCRIPTIONS): { description: string } => ({ description: DESCRIPTIONS[key] });

export const persistentVolumes = defineResource<PersistentVolume>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  returnDeleted: true,
  schema: builtinType('core.v1.PersistentVolume'),
<<<<<<< HEAD
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
=======
  default: ({ spec, status }) => {
    status.phase ||= 'Pending';
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
  },
  prepareForCreate: (volume, context) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(context.now()) };
  },
  prepareForUpdate: keepStatus,
  validate: ({ spec }) => validateVolumeSpec(spec, undefined),
  validateUpdate: (next, old) => [...validateVolumeSpec(next.spec, old.spec), ...validateChange(next.spec, old.spec)],
  warnings: volumeWarnings,
  indexTerms: (volume) => [volumeTerm.class(classOfVolume(volume))],
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: (object, before, context) => {
        keepOnlyStatus(object, before);
        const [next, old] = [object as PersistentVolume, before as PersistentVolume];
        const isNewPhase = next.status.phase !== old.status.phase;
        const isTimed = next.status.lastPhaseTransitionTime !== undefined;
        if (isNewPhase && (!isTimed || next.status.lastPhaseTransitionTime === old.status.lastPhaseTransitionTime))
          next.status.lastPhaseTransitionTime = formatTime(context.now());
      },
    },
  },
  columns: [
    NAME_COLUMN,
    column('Capacity', ({ spec }) => spec.capacity?.['storage'] ?? '0', { description: docOf('core.v1.PersistentVolumeSpec.capacity') }),
    column('Access Modes', ({ spec }) => accessModesText(spec.accessModes), {
      description: docOf('core.v1.PersistentVolumeSpec.accessModes'),
    }),
    column('Reclaim Policy', ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '', {
      description: docOf('core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy'),
    }),
    column('Status', ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')), {
      description: docOf('core.v1.PersistentVolumeStatus.phase'),
    }),
    column('Claim', ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : ''), {
      description: docOf('core.v1.PersistentVolumeSpec.claimRef'),
    }),
    column('StorageClass', classOfVolume, { description: 'StorageClass of the pv' }),
    column('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? UNSET, {
      description: 'VolumeAttributesClass of the pv',
    }),
    column('Reason', ({ status }) => status.reason ?? '', { description: docOf('core.v1.PersistentVolumeStatus.reason') }),
    AGE_COLUMN,
    column('VolumeMode', ({ spec }) => spec.volumeMode ?? UNSET, {
      ...wide,
      description: docOf('core.v1.PersistentVolumeSpec.volumeMode'),
    }),
  ],
});

function validateChange(next: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = [sourceOf(next), sourceOf(old)];
  // Only where there was none may a secret for growing be given.
  if (now.csi && before.csi && !before.csi.controllerExpandSecretRef) delete now.csi.controllerExpandSecretRef;
  if (!isEqual(now, before))
    errors.push(
      forbiddenField('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${diffOf(before, now)}`),
    );
  errors.push(...validateImmutable(next.volumeMode, old.volumeMode, 'volumeMode'));
  if (old.nodeAffinity && !isEqual(withNewLabels(next.nodeAffinity), withNewLabels(old.nodeAffinity)))
    errors.push(
      invalidField(
        'nodeAffinity',
        next.nodeAffinity ? goForm('core.v1.VolumeNodeAffinity', next.nodeAffinity) : null,
        'field is immutable, except for updating from beta label to GA',
      ),
    );
  if (old.volumeAttributesClassName !== undefined && next.volumeAttributesClassName === undefined)
    errors.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  return errors;
}

type Source = Pick<PersistentVolumeSpec, (typeof SOURCES)[number]>;

const sourceOf = (spec: PersistentVolumeSpec): Source =>
  clone(Object.fromEntries(SOURCES.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]])));

const diffOf = (before: Source, after: Source): string => {
  const [a, b] = [before, after].map((one) => goJson(goForm('core.v1.PersistentVolumeSource', one), 1)) as [string, string];
  return unifiedDiff(a, b);
};

const NEW_LABELS: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

function withNewLabels(affinity: VolumeNodeAffinity | undefined): VolumeNodeAffinity | undefined {
  if (!affinity?.required) return affinity;
  const terms = (affinity.required.nodeSelectorTerms ?? []).map((term) => ({
    ...term,
    ...(term.matchExpressions && {
      matchExpressions: term.matchExpressions.map((one) => ({ ...one, key: NEW_LABELS.get(one.key) ?? one.key })),
    }),
  }));
  return { required: { ...affinity.required, nodeSelectorTerms: terms } };
}

/** Mirrors pkg/api/persistentvolume GetWarningsForPersistentVolume. */
function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const { annotations } = metadata;
  const warnings: string[] = [];
  if (annotations?.[volumeAnnotation.storageClass] !== undefined)
    warnings.push(
      `metadata.annotations[${volumeAnnotation.storageClass}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  if (annotations?.['volume.beta.kubernetes.io/mount-options'] !== undefined)
    warnings.push(
      'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    );
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  for (const [i, { matchExpressions }] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    for (const [n, { key }] of (matchExpressions ?? []).entries()) {
      const message = deprecatedNodeLabel(key);
      if (message) warnings.push(`spec.nodeAffinity.required.nodeSelectorTerms[${i}].matchExpressions[${n}].key: ${key} is ${message}`);
    }
  warnings.push(...fractionWarnings(spec.capacity?.['storage'], 'spec.capacity[storage]'));
  for (const [name, text] of Object.entries(GONE)) if (spec[name as keyof typeof GONE]) warnings.push(`spec.${name}: ${text}`);
  return warnings;
}

const GONE = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)
