// The rules that all objects' metadata obey. Mirrors apimachinery pkg/api/validation/objectmeta.go.

import { isEqual } from '../lib/json.ts';
import { dnsLabelProblems, labelValueProblems, qualifiedNameProblems } from '../lib/names.ts';
import { child, forbiddenField, index, invalidField, requiredField, tooLong } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './object.ts';

export const IMMUTABLE = 'field is immutable';
const MAX_ANNOTATIONS = 256 * 1024;

type Meta = Partial<ObjectMeta>;
type NameRule = (name: string, isPrefix: boolean) => string[];

/** What is the very same as in `known`, metadata in which nothing was wrong, is not looked at again. */
export function validateObjectMeta(meta: Meta, namespaced: boolean, nameRule: NameRule, path: string, known: Meta = {}): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, labels, annotations, ownerReferences, finalizers, managedFields } = meta;
  if (generateName && generateName !== known.generateName)
    addProblems(errors, nameRule(generateName, true), generateName, path, 'generateName');
  if (!name) errors.push(requiredField(child(path, 'name'), 'name or generateName is required'));
  else if (name !== known.name) addProblems(errors, nameRule(name, false), name, path, 'name');
  if (namespaced) {
    const { namespace } = meta;
    if (!namespace) errors.push(requiredField(child(path, 'namespace')));
    else if (namespace !== known.namespace) addProblems(errors, dnsLabelProblems(namespace), namespace, path, 'namespace');
  } else if (meta.namespace) {
    errors.push(forbiddenField(child(path, 'namespace'), 'not allowed on this type'));
  }
  if ((meta.generation ?? 0) < 0)
    errors.push(invalidField(child(path, 'generation'), meta.generation, 'must be greater than or equal to 0'));
  if (labels && labels !== known.labels) errors.push(...validateLabels(labels, child(path, 'labels')));
  if (annotations && annotations !== known.annotations) errors.push(...validateAnnotations(annotations, child(path, 'annotations')));
  if (ownerReferences && ownerReferences !== known.ownerReferences)
    errors.push(...validateOwnerReferences(ownerReferences, child(path, 'ownerReferences')));
  if (finalizers && finalizers !== known.finalizers) errors.push(...validateFinalizers(finalizers, child(path, 'finalizers')));
  if (managedFields && managedFields !== known.managedFields && !areTrusted(managedFields))
    errors.push(...validateManagedFields(managedFields, child(path, 'managedFields')));
  return errors;
}

function addProblems(errors: FieldError[], found: readonly string[], value: string, path: string, field: string): void {
  for (const problem of found) errors.push(invalidField(child(path, field), value, problem));
}

const CARRIED = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

export function validateObjectMetaUpdate(meta: Meta, old: Meta, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((one) => !old.finalizers?.includes(one)).sort();
    if (added.length) {
      const list = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`;
      errors.push(
        forbiddenField(
          child(path, 'finalizers'),
          `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
        ),
      );
    }
  }
  if (!meta.resourceVersion)
    errors.push(invalidField(child(path, 'resourceVersion'), meta.resourceVersion ?? '', 'must be specified for an update'));
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalidField(child(path, 'generation'), meta.generation ?? 0, 'must not be decremented'));
  for (const name of CARRIED) {
    if (meta[name] !== old[name]) errors.push(...validateImmutable(meta[name], old[name], child(path, name)));
  }
  return errors;
}

export function validateImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return isEqual(value, old) ? [] : [invalidField(path, value, IMMUTABLE)];
}

export function validateLabels(labels: Record<string, string> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    for (const problem of qualifiedNameProblems(key)) errors.push(invalidField(path, key, problem));
    for (const problem of labelValueProblems(labels[key]!)) errors.push(invalidField(path, labels[key], problem));
  }
  return errors;
}

export function validateAnnotations(annotations: Record<string, string> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in annotations) {
    errors.push(...qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidField(path, key, problem)));
    size += key.length + annotations[key]!.length;
  }
  if (size > MAX_ANNOTATIONS) errors.push(tooLong(path, MAX_ANNOTATIONS));
  return errors;
}

function validateOwnerReferences(owners: OwnerReference[] = [], path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    const [group, version] = owner.apiVersion.includes('/') ? (owner.apiVersion.split('/') as [string, string]) : ['', owner.apiVersion];
    if (!version) errors.push(invalidField(child(path, 'apiVersion'), owner.apiVersion, 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid'] as const)
      if (!owner[name]) errors.push(invalidField(child(path, name), owner[name], 'must not be empty'));
    if (group === '' && version === 'v1' && owner.kind === 'Event')
      errors.push(invalidField(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (!owner.controller) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller)
      errors.push(
        invalidField(
          path,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
        ),
      );
    else controller = current;
  }
  return errors;
}

export function validateFinalizers(finalizers: string[] = [], path: string): FieldError[] {
  const errors = finalizers.flatMap((one) => qualifiedNameProblems(one).map((problem) => invalidField(path, one, problem)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalidField(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  return errors;
}

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Of Kubernetes' own kinds, a finalizer without a domain must be one of its own. */
export function validateFinalizerIsStandard(finalizer: string, path: string): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return [];
  return [invalidField(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

export const validateFinalizersAreStandard = (finalizers: readonly string[] = [], path: string): FieldError[] =>
  finalizers.flatMap((one, i) => validateFinalizerIsStandard(one, index(path, i)));

/** Lists in which nothing was wrong: pods of a template share theirs. */
const validManagedFields = new WeakSet<ManagedFieldsEntry[]>();

/** A list that says yes under this key was made by us, and nothing will be wrong with it. */
export const TRUSTED = Symbol('trusted');

const areTrusted = (entries: ManagedFieldsEntry[]): boolean =>
  Boolean((entries as { [TRUSTED]?: true })[TRUSTED]) || validManagedFields.has(entries);

function validateManagedFields(entries: ManagedFieldsEntry[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, entry] of entries.entries()) {
    if (isPlain(entry)) continue;
    const at = index(path, i);
    if (entry.operation !== 'Apply' && entry.operation !== 'Update')
      errors.push(invalidField(child(at, 'operation'), entry.operation ?? '', 'must be `Apply` or `Update`'));
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1')
      errors.push(invalidField(child(at, 'fieldsType'), entry.fieldsType, 'must be `FieldsV1`'));
    errors.push(...validateFieldManager(entry.manager ?? '', child(at, 'manager')));
    if ((entry.subresource?.length ?? 0) > 256) errors.push(tooLong(child(at, 'subresource'), 256));
  }
  if (!errors.length) validManagedFields.add(entries);
  return errors;
}

/** Nothing can be wrong with most of them. */
const isPlain = ({ operation, fieldsType, manager = '', subresource = '' }: ManagedFieldsEntry): boolean =>
  (operation === 'Apply' || operation === 'Update') &&
  fieldsType === 'FieldsV1' &&
  manager.length <= 128 &&
  PRINTABLE_ASCII.test(manager) &&
  subresource.length <= 256;

const PRINTABLE_ASCII = /^[ -~]*$/;

export function validateFieldManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = manager.length > 128 ? [tooLong(path, 128)] : [];
  // Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the space.
  if ([...manager].some((char) => !/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)))
    errors.push(invalidField(path, manager, 'should only contain printable characters'));
  return errors;
}
