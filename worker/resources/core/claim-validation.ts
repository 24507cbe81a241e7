// The specification of a PersistentVolumeClaim, also where a pod or a StatefulSet asks for one. Mirrors ValidatePersistentVolumeClaimSpec.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../api/gen/core-v1.ts';
import { validateAnnotations, validateLabels } from '../../api/metadata-validation.ts';
import { dnsSubdomainProblems, nameIsDnsLabel, nameIsDnsSubdomain } from '../../lib/names.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';
import { oneOfIfSet } from '../validation/one-of.ts';
import { problems } from '../validation/values.ts';
import { validateAmount, validatePositiveAmount } from './pod/resources.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** Of volumes too. */
export function validateAccessModes(modes: readonly string[] = [], path: string): FieldError[] {
  const errors = modes.filter((mode) => !ACCESS_MODES.includes(mode)).map((mode) => notSupported(path, mode, ACCESS_MODES));
  const isMixed = modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  return isMixed ? [...errors, forbiddenField(path, 'may not use ReadWriteOncePod with other access modes')] : errors;
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.accessModes?.length) errors.push(requiredField(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`), ...validateAccessModes(spec.accessModes, `${path}.accessModes`));
  errors.push(...validateRequest(spec.resources?.requests?.['storage'], `${path}.resources[storage]`));
  if (spec.storageClassName)
    errors.push(...problems(spec.storageClassName, nameIsDnsSubdomain(spec.storageClassName, false), `${path}.storageClassName`));
  errors.push(...oneOfIfSet(spec.volumeMode, VOLUME_MODES, `${path}.volumeMode`), ...validateDataSources(spec, path));
  const className = spec.volumeAttributesClassName;
  if (className) errors.push(...problems(className, nameIsDnsSubdomain(className, false), `${path}.volumeAttributesClassName`));
  return errors;
}

function validateRequest(amount: string | undefined, path: string): FieldError[] {
  if (amount === undefined) return [requiredField(path)];
  const errors = validatePositiveAmount(amount, path);
  return errors.length ? errors : validateAmount('storage', amount, path);
}

function validateDataSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...validateDataSource(dataSource, `${path}.dataSource`));
  if (!dataSourceRef) return errors;
  errors.push(...validateDataSource(dataSourceRef, `${path}.dataSourceRef`));
  const { namespace } = dataSourceRef;
  if (namespace) errors.push(...problems(namespace, nameIsDnsLabel(namespace, false), `${path}.dataSourceRef.namespace`));
  if (!dataSource) return errors;
  // The value that upstream shows is a path, which has nothing to show.
  if (namespace) errors.push(invalidField(path, {}, 'may not be specified when dataSourceRef.namespace is specified'));
  else if (!isSameSource(dataSource, dataSourceRef)) errors.push(invalidField(path, {}, 'must match dataSourceRef'));
  return errors;
}

const isSameSource = (a: TypedLocalObjectReference, b: TypedObjectReference): boolean =>
  a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name;

function validateDataSource({ apiGroup, kind, name }: TypedLocalObjectReference, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(requiredField(`${path}.name`));
  if (!kind) errors.push(requiredField(`${path}.kind`));
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalidField(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup) errors.push(...problems(apiGroup, dnsSubdomainProblems(apiGroup), `${path}.apiGroup`));
  return errors;
}

/** What a claim that is made for a pod may carry: labels and annotations, and its specification. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: string): FieldError[] {
  const others = METADATA_FIELDS.filter((name) => metadata[name] !== undefined && metadata[name] !== null);
  return [
    ...validateAnnotations(metadata.annotations, `${path}.metadata.annotations`),
    ...validateLabels(metadata.labels, `${path}.metadata.labels`),
    ...others.map((name) => forbiddenField(`${path}.metadata.${name}`, 'cannot be set')),
    ...validateClaimSpec(spec, `${path}.spec`),
  ];
}

/** In Go's order. */
const METADATA_FIELDS = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;
