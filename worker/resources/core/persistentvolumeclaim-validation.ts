// The rules of changes of PersistentVolumeClaims. Mirrors ValidatePersistentVolumeClaimUpdate and ValidatePersistentVolumeClaimStatusUpdate of kubernetes
// pkg/apis/core/validation. What a claim may ask for is in claim-validation.ts.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/gen/core-v1.ts';
import { IMMUTABLE, validateImmutable } from '../../api/metadata-validation.ts';
import { goJson } from '../../lib/go-format.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import { problems } from '../validation/values.ts';
import { validateClaimSpec } from './claim-validation.ts';
import { STORAGE_CLASS_ANNOTATION } from './claim-warnings.ts';
import { internalForm } from './internal-form.ts';
import { isNativeResource } from './pod/resource-list.ts';
import { validateAmount } from './pod/resources.ts';

export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = validateClaimSpec(claim.spec, 'spec');
  const [wanted, before] = comparable(claim, old, errors);
  const [wantedText, beforeText] = [wanted, before].map((spec) => goJson(internalForm('PersistentVolumeClaimSpec', spec), 1)) as [
    string,
    string,
  ];
  if (wantedText !== beforeText) {
    const message = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbiddenField('spec', `${message}\n${unifiedDiff(beforeText, wantedText)}`));
  }
  const [size, oldSize, capacity] = [sizeOf(claim.spec), sizeOf(old.spec), old.status.capacity?.['storage']];
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, capacity ?? '0') <= 0)
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  errors.push(...validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode'));
  const at = 'spec.volumeAttributesClassName';
  if (old.spec.volumeAttributesClassName !== undefined) {
    if (claim.spec.volumeAttributesClassName === undefined)
      errors.push(forbiddenField(at, 'update from non-nil value to nil is forbidden'));
    else if (!claim.spec.volumeAttributesClassName && old.spec.volumeAttributesClassName)
      errors.push(forbiddenField(at, 'update from non-nil value to an empty string is forbidden'));
  }
  return errors;
}

const sizeOf = ({ resources }: PersistentVolumeClaimSpec): string => resources?.requests?.['storage'] ?? '0';

/** Both specifications without what may differ: the volume is named once, a class moves from the annotation, a bound claim grows. */
function comparable(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldError[],
): [PersistentVolumeClaimSpec, PersistentVolumeClaimSpec] {
  let [spec, before] = [claim.spec, old.spec];
  if (!before.volumeName && spec.volumeName) before = { ...before, volumeName: spec.volumeName };
  const [annotation, oldAnnotation] = [claim, old].map(({ metadata }) => metadata.annotations?.[STORAGE_CLASS_ANNOTATION]);
  const isNamedNow = spec.storageClassName !== undefined && before.storageClassName === undefined;
  const comesFromAnnotation =
    isNamedNow && oldAnnotation !== undefined && spec.storageClassName === oldAnnotation && (annotation ?? oldAnnotation) === oldAnnotation;
  if (!comesFromAnnotation && (annotation ?? '') !== (oldAnnotation ?? ''))
    errors.push(invalidField(`metadata.annotations[${STORAGE_CLASS_ANNOTATION}]`, annotation ?? '', IMMUTABLE));
  if (comesFromAnnotation || (isNamedNow && (oldAnnotation === undefined || spec.storageClassName === oldAnnotation))) {
    const { storageClassName: _, ...rest } = spec;
    spec = rest;
  }
  if (claim.status.phase !== 'Bound') return [spec, before];
  const storage = before.resources?.requests?.['storage'];
  if (spec.resources?.requests && storage !== undefined)
    spec = { ...spec, resources: { ...spec.resources, requests: { ...spec.resources.requests, storage } } };
  if (spec.volumeAttributesClassName !== undefined) {
    const { volumeAttributesClassName: _, ...rest } = spec;
    spec = before.volumeAttributesClassName === undefined ? rest : { ...rest, volumeAttributesClassName: before.volumeAttributesClassName };
  }
  return [spec, before];
}

const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.accessModes?.length) errors.push(requiredField('Spec.accessModes'));
  for (const [name, amount] of Object.entries(status.capacity ?? {}))
    errors.push(...validateAmount(name, amount, `status.capacity[${name}]`));
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const at = `status.allocatedResourceStatuses[${name}]`;
    const wrong = validateResourceKey(name, at);
    errors.push(...wrong);
    if (!wrong.length && !RESIZE_STATUSES.includes(state)) errors.push(notSupported(at, name, RESIZE_STATUSES));
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const at = `status.allocatedResources[${name}]`;
    const wrong = validateResourceKey(name, at);
    errors.push(...(wrong.length ? wrong : validateAmount(name, amount, at)));
  }
  return errors;
}

function validateResourceKey(name: string, path: string): FieldError[] {
  const wrong = problems(name, qualifiedNameProblems(name), path);
  return wrong.length || !isNativeResource(name) || name === 'storage' ? wrong : [notSupported(path, name, ['storage'])];
}

/** Where a claim's data come from is said in two fields, which say the same. Mirrors NormalizeDataSources. */
export function normalizeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  // Other namespaces are off (gate CrossNamespaceVolumeDataSource): the reference is not taken.
  if (dataSourceRef?.namespace) delete spec.dataSourceRef;
  else if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}
