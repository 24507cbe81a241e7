<<<<<<< HEAD
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
=======
// PersistentVolumeClaims. Mirrors pkg/registry/core/persistentvolumeclaim, pkg/api/persistentvolumeclaim and ValidatePersistentVolumeClaimUpdate.

import { forbiddenField, invalidField, mapKey, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE, validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/gen/core-v1.ts';
import { goJson } from '../../lib/go-format.ts';
import { clone, isEqual } from '../../lib/json.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import { docOf } from '../doc.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus } from '../strategy.ts';
import { problems } from '../validation/values.ts';
import { validateClaimSpec } from './claim-validation.ts';
import { claimWarnings, STORAGE_CLASS_ANNOTATION } from './claim-warnings.ts';
import { isNativeResource } from './pod/resource-list.ts';
import { validateAmount } from './pod/resources.ts';
import { classOfClaim } from './volume-claims.ts';
import { accessModesText, UNSET } from './volume-columns.ts';
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
  shortNames: ['pvc'],
  returnDeleted: true,
  schema: builtinType('core.v1.PersistentVolumeClaim'),
<<<<<<< HEAD
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
  indexTerms: ({ metadata, spec, status }) => [
    claimTerm.class(classOfClaim({ metadata, spec } as PersistentVolumeClaim)),
    ...(spec.volumeName ? [claimTerm.volume(spec.volumeName)] : []),
    ...new Set(
      [spec.volumeAttributesClassName, status.currentVolumeAttributesClassName].flatMap((name) =>
        name ? [claimTerm.attributesClass(name)] : [],
      ),
    ),
  ],
=======
  default: (claim) => {
    claim.status.phase ||= 'Pending';
    defaultClaimSpec(claim.spec);
  },
  prepareForCreate: (claim) => {
    claim.status = { phase: 'Pending' };
    if (!isKnownSource(claim.spec)) delete claim.spec.dataSource;
    matchSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => {
    keepStatus(claim, old);
    if (!isKnownSource(claim.spec) && !old.spec.dataSource) delete claim.spec.dataSource;
    matchSources(claim.spec);
  },
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  validateUpdate: (next, old) => [...validateClaimSpec(next.spec, 'spec'), ...validateChange(next, old)],
  warnings: claimWarnings,
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
<<<<<<< HEAD
      prepareForUpdate: (claim, old) => {
        (claim as PersistentVolumeClaim).spec = (old as PersistentVolumeClaim).spec;
      },
      validateUpdate: (claim) => validateClaimStatus(claim as PersistentVolumeClaim),
=======
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (claim) => validateStatus(claim as PersistentVolumeClaim),
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)
    },
  },
  columns: [
    NAME_COLUMN,
<<<<<<< HEAD
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
=======
    column('Status', ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? '')), {
      description: docOf('core.v1.PersistentVolumeClaimStatus.phase'),
    }),
    column('Volume', ({ spec }) => spec.volumeName ?? '', { description: docOf('core.v1.PersistentVolumeClaimSpec.volumeName') }),
    column('Capacity', ({ spec, status }) => (spec.volumeName ? (status.capacity?.['storage'] ?? '0') : ''), {
      description: docOf('core.v1.PersistentVolumeClaimStatus.capacity'),
    }),
    column('Access Modes', ({ spec, status }) => (spec.volumeName ? accessModesText(status.accessModes) : ''), {
      description: docOf('core.v1.PersistentVolumeClaimStatus.accessModes'),
    }),
    column('StorageClass', classOfClaim, { description: 'StorageClass of the pvc' }),
    column('VolumeAttributesClass', ({ spec }) => spec.volumeAttributesClassName ?? UNSET, {
      description: 'VolumeAttributesClass of the pvc',
    }),
    AGE_COLUMN,
    column('VolumeMode', ({ spec }) => spec.volumeMode ?? UNSET, {
      ...wide,
      description: docOf('core.v1.PersistentVolumeClaimSpec.volumeMode'),
    }),
>>>>>>> 522b169 (Give the core kinds their rules and columns: Services with their addresses and ports, nodes, volumes and claims, configuration, quotas, events)
  ],
});

function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
}

/** Older clients know two kinds of sources; others go by `dataSourceRef`. */
function isKnownSource({ dataSource }: PersistentVolumeClaimSpec): boolean {
  if (!dataSource) return true;
  const { apiGroup, kind } = dataSource;
  return (!apiGroup && kind === 'PersistentVolumeClaim') || (apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot');
}

/** The two ways to name a source say the same. */
function matchSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  if (!dataSource && dataSourceRef && !dataSourceRef.namespace) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = { apiGroup: apiGroup ?? null, kind, name } as NonNullable<PersistentVolumeClaimSpec['dataSource']>;
  }
}

const STORAGE = 'storage';
const SIZE_PATH = 'spec.resources.requests.storage';

function validateChange(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  const [now, before] = [clone(next.spec), clone(old.spec)];
  if (!before.volumeName) setOrDelete(before, 'volumeName', now.volumeName);
  const [annotation, oldAnnotation] = [next, old].map(({ metadata }) => metadata.annotations?.[STORAGE_CLASS_ANNOTATION]);
  const isUpgrade =
    oldAnnotation !== undefined &&
    before.storageClassName === undefined &&
    now.storageClassName === oldAnnotation &&
    (annotation === undefined || annotation === oldAnnotation);
  if (isUpgrade) delete now.storageClassName;
  else {
    if (annotation !== oldAnnotation)
      errors.push(invalidField(`metadata.annotations[${STORAGE_CLASS_ANNOTATION}]`, annotation ?? '', IMMUTABLE));
    const isFirst =
      now.storageClassName !== undefined &&
      before.storageClassName === undefined &&
      (oldAnnotation === undefined || now.storageClassName === oldAnnotation);
    if (isFirst) delete now.storageClassName;
  }
  if (next.status.phase === 'Bound') {
    if (now.resources.requests) {
      const size = before.resources.requests?.[STORAGE];
      if (size === undefined) delete now.resources.requests[STORAGE];
      else now.resources.requests[STORAGE] = size;
    }
    if (now.volumeAttributesClassName !== undefined) setOrDelete(now, 'volumeAttributesClassName', before.volumeAttributesClassName);
  }
  if (!isEqual(now, before))
    errors.push(
      forbiddenField(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diffOf(before, now)}`,
      ),
    );
  const [size, oldSize] = [next, old].map(({ spec }) => spec.resources.requests?.[STORAGE]);
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, old.status.capacity?.[STORAGE]) <= 0)
    errors.push(forbiddenField(SIZE_PATH, 'field can not be less than status.capacity'));
  errors.push(...validateImmutable(next.spec.volumeMode, old.spec.volumeMode, 'volumeMode'));
  const [name, oldName] = [next.spec.volumeAttributesClassName, old.spec.volumeAttributesClassName];
  if (name !== oldName && oldName !== undefined) {
    const path = 'spec.volumeAttributesClassName';
    if (name === undefined) errors.push(forbiddenField(path, 'update from non-nil value to nil is forbidden'));
    else if (!name) errors.push(forbiddenField(path, 'update from non-nil value to an empty string is forbidden'));
  }
  return errors;
}

function setOrDelete<K extends 'volumeName' | 'volumeAttributesClassName'>(
  spec: PersistentVolumeClaimSpec,
  name: K,
  value: string | undefined,
): void {
  if (value === undefined) delete spec[name];
  else spec[name] = value;
}

function diffOf(before: PersistentVolumeClaimSpec, after: PersistentVolumeClaimSpec): string {
  const [a, b] = [before, after].map((one) => goJson(goForm('core.v1.PersistentVolumeClaimSpec', one), 1)) as [string, string];
  return unifiedDiff(a, b);
}

const RESIZES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

function validateStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors = spec.accessModes?.length ? [] : [requiredField('Spec.accessModes')];
  for (const [name, amount] of Object.entries(status.capacity ?? {}))
    if (compareQuantities(amount, '0') < 0)
      errors.push(invalidField(mapKey('status.capacity', name), amount, 'must be a valid resource quantity'));
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const path = mapKey('status.allocatedResourceStatuses', name);
    errors.push(...validateResourceKey(name, path));
    if (!RESIZES.includes(state)) errors.push(notSupported(path, name, RESIZES));
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const path = mapKey('status.allocatedResources', name);
    const wrong = validateResourceKey(name, path);
    errors.push(...(wrong.length ? wrong : validateAmount(name, amount, path)));
  }
  return errors;
}

function validateResourceKey(name: string, path: string): FieldError[] {
  const wrong = problems(name, qualifiedNameProblems(name), path);
  if (wrong.length || !isNativeResource(name) || name === STORAGE) return wrong;
  return [notSupported(path, name, [STORAGE])];
}
