// Changing an object: by PUT, by any patch, or through a subresource. Mirrors apiserver pkg/registry/rest/update.go and the generic store's Update.

import type { FieldError } from '../api/field-error.ts';
import { validateFinalizersAreStandard, validateObjectMeta, validateObjectMetaUpdate } from '../api/metadata-validation.ts';
import type { KubeObject } from '../api/object.ts';
import { unheard } from '../api/registry.ts';
import type { Call, Stored } from '../api/registry.ts';
import type { Resource, ResourceContext } from '../api/resource.ts';
import { conflict, invalid, modified, notFound } from '../api/status.ts';
import { isEqual } from '../lib/json.ts';
import { pathSegmentProblems } from '../lib/names.ts';
import type { Entry } from '../store/store.ts';
import type { AdmissionRequest } from '../api/admission.ts';
import { admit } from './admit.ts';
import { applyDefaults, readBody } from './body.ts';
import { admissionContextOf, contextOf, findEntry, present, removeObject, writeObject } from './core.ts';
import type { Core } from './core.ts';
import { createObject, createOptions, fromStored, hubOf, toStored } from './create.ts';
import { keepTimes } from './managed-fields/keep-times.ts';
import { trackUpdate, trackUpdateLater } from './managed-fields/track.ts';
import { carryMetadata, checkName, dropDuplicateOwners, hasPlainFinalizers, matchNamespace } from './metadata.ts';

/** Makes the wanted object out of the present one. The present one may not be changed; the answer is decoded and defaulted, managedFields set. */
export type Produce = (old: KubeObject, admitAs: AdmitAs) => KubeObject;
/** Lets admission see what is written through another kind, in place of the object. */
type AdmitAs = (next: KubeObject, old: KubeObject) => void;

interface UpdateOptions {
  /** What the object's uid must be. */
  readonly uid?: string | undefined;
  /** The object as the kind that it is written through. `produce` then calls `admitAs` itself. */
  view?(object: KubeObject): KubeObject;
}

export function update(
  core: Core,
  resource: Resource,
  namespace: string,
  name: string,
  body: unknown,
  call: Call,
): { object: Stored; created: boolean } {
  const object = readBody(body, resource, call);
  applyDefaults(resource, object);
  call.received?.(object);
  matchNamespace(resource, object, namespace);
  checkName(object, name);
  dropDuplicateOwners(object, call);
  const entry = findEntry(core, resource, namespace, name);
  if (!entry && resource.createOnUpdate) {
    if (object.metadata.resourceVersion) throw notFound(resource, name);
    return {
      object: createObject(core, resource, namespace, object, call, (next) => trackUpdate(core, resource, undefined, next, call, '')),
      created: true,
    };
  }
  if (!entry) admitAsNew(core, resource, namespace, name, object, call);
  const produce = (old: KubeObject): KubeObject => {
    trackUpdate(core, resource, old, object, call, '');
    return object;
  };
  return { object: updateObject(core, resource, undefined, namespace, name, call, produce, { uid: object.metadata.uid }), created: false };
}

/** Before it is said that an object is not there, plugins look at it as at one that is made: if its namespace is not there either, that is what is said. */
function admitAsNew(core: Core, resource: Resource, namespace: string, name: string, object: KubeObject, call: Call): void {
  const request: AdmissionRequest = {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace,
    name,
    object,
    old: undefined,
    options: createOptions(call, 'UpdateOptions'),
    warn: call.warn,
    annotate: call.annotate,
  };
  admit(core, request, object, admissionContextOf(core, call), call);
}

export function updateSubresource(
  core: Core,
  resource: Resource,
  subresource: string,
  namespace: string,
  name: string,
  body: unknown,
  call: Call,
): Stored {
  const object = readBody(body, resource, call);
  applyDefaults(resource, object);
  matchNamespace(resource, object, namespace);
  checkName(object, name);
  dropDuplicateOwners(object, call);
  const produce = (old: KubeObject): KubeObject => {
    trackUpdate(core, resource, old, object, call, subresource);
    return object;
  };
  return updateObject(core, resource, subresource, namespace, name, call, produce, { uid: object.metadata.uid });
}

/** Stores what a component made of an object: complete, and not to be changed by us where it shares parts with the old one. */
export function storeObject(core: Core, resource: Resource, subresource: string | undefined, object: KubeObject, call: Call): Stored {
  const { namespace = '', name } = object.metadata;
  return updateObject(core, resource, subresource, namespace, name, call, (old) => {
    const next = { ...object, metadata: { ...object.metadata } };
    trackUpdateLater(core, resource, old, next, object, call, subresource ?? '');
    return next;
  });
}

/** The common path of every change to an existing object. A subresource that does not say what it may change (scale, binding) obeys the rules of the object. */
export function updateObject(
  core: Core,
  resource: Resource,
  subresource: string | undefined,
  namespace: string,
  name: string,
  call: Call,
  produce: Produce,
  { uid, view }: UpdateOptions = {},
): Stored {
  const entry = findEntry(core, resource, namespace, name);
  if (!entry) throw notFound(resource, name);
  checkUid(resource, uid, entry);
  const old = fromStored(resource, entry.value);
  const admission = admissionContextOf(core, call);
  const request = (next: KubeObject, before: KubeObject): AdmissionRequest => ({
    operation: 'UPDATE',
    resource,
    subresource: subresource ?? '',
    namespace: resource.resource === 'namespaces' && resource.group === '' ? name : namespace,
    name,
    object: next,
    old: before,
    options: createOptions(call, 'UpdateOptions'),
    warn: call.warn,
    annotate: call.annotate,
  });
  const admitAs: AdmitAs = (next, before) => {
    admit(core, request(next, before), next, admission, call);
    dropDuplicateOwners(next, call, true);
  };
  const object = produce(old, admitAs);
  if (!view) admitAs(object, old);
  checkRevision(resource, object, entry, name);
  const hub = hubOf(core, resource);
  const next = toStored(resource, object);
  prepareAndValidate(admission, hub, subresource, next, entry.value, call);
  resource.conversion?.ready?.(next);
  resource.conversion?.ready?.(entry.value);
  core.admission.validate(
    view ? request(view(fromStored(resource, next)), view(old)) : request(fromStored(resource, next), old),
    admission,
  );
  return storeUpdate(core, resource, hub, next, entry, call);
}

function prepareAndValidate(
  context: ResourceContext,
  hub: Resource,
  subresource: string | undefined,
  object: KubeObject,
  old: KubeObject,
  call: Call,
): void {
  if (old.metadata.generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = old.metadata.generation;
  const below = subresource ? hub.subresources[subresource] : undefined;
  const part = below?.type === 'object' ? below : undefined;
  if (part) (part.prepareForUpdate ?? keepOnlyStatus)(object, old, context);
  else hub.prepareForUpdate?.(object, old, context);
  carryMetadata(object, old);
  const { finalizers } = object.metadata;
  const errors = validateObjectMeta(object.metadata, hub.namespaced, pathSegmentProblems, 'metadata', old.metadata);
  add(errors, validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata'));
  if (finalizers && hasPlainFinalizers(hub)) add(errors, validateFinalizersAreStandard(finalizers, 'metadata.finalizers'));
  if (part) add(errors, part.validateUpdate?.(object, old, context));
  else add(errors, hub.validateUpdate?.(object, old, context) ?? hub.validate?.(object, context));
  if (errors.length) throw invalid(hub, object.metadata.name, errors);
  if (call.warn !== unheard) {
    const warnings = part ? part.warnings?.(object, old) : hub.warnings?.(object, old);
    for (const sentence of warnings ?? []) call.warn(sentence);
  }
  hub.canonicalize?.(object);
  if (!part) hub.allocate?.(object, old, context);
}

/** Mostly there is nothing wrong. */
function add(errors: FieldError[], found: readonly FieldError[] | undefined): void {
  if (found?.length) errors.push(...found);
}

/** What most status subresources do: everything but the status stays as it was; labels and annotations may change with it. */
export function keepOnlyStatus(object: KubeObject, old: KubeObject): void {
  const next = object as KubeObject & Record<string, unknown>;
  const before = old as KubeObject & Record<string, unknown>;
  for (const key in before) if (!MAY_CHANGE.has(key)) next[key] = before[key];
  for (const key in next) if (before[key] === undefined && !MAY_CHANGE.has(key)) delete next[key];
}

const MAY_CHANGE: ReadonlySet<string> = new Set(['status', 'metadata', 'kind', 'apiVersion']);

/** Nothing is written when nothing changed; the last finalizer's going may be the end of the object. */
function storeUpdate(core: Core, resource: Resource, hub: Resource, next: KubeObject, entry: Entry<KubeObject>, call: Call): Stored {
  const old = entry.value;
  if (isDeletionComplete(hub, next, old)) {
    if (call.dryRun) return answer(resource, next);
    const gone = removeObject(core, hub, next, entry);
    hub.afterDelete?.(next, contextOf(core, call));
    return resource.conversion ? answer(resource, gone.value) : gone;
  }
  next.metadata.resourceVersion = old.metadata.resourceVersion;
  const isSame = isEqualButOwners(next, old) && hasSameOwners(next, old);
  if (call.dryRun) return answer(resource, next);
  return present(resource, isSame ? entry : writeObject(core, hub, next, entry));
}

const isEqualButOwners = (next: KubeObject, old: KubeObject): boolean =>
  isEqual(next, old, 'metadata') && isEqual(next.metadata, old.metadata, 'managedFields');

function hasSameOwners(next: KubeObject, old: KubeObject): boolean {
  keepTimes(next, old);
  return isEqual(next.metadata.managedFields, old.metadata.managedFields);
}

function answer(resource: Resource, stored: KubeObject): Stored {
  const value = fromStored(resource, stored);
  return { value, text: JSON.stringify(value), revision: 0 };
}

function isDeletionComplete(hub: Resource, next: KubeObject, old: KubeObject): boolean {
  if (next.metadata.finalizers?.length || hub.holdsDeletion?.(next)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  // A namespace shows no grace period.
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds === 0 || hub.holdsDeletion !== undefined);
}

function checkRevision(resource: Resource, object: KubeObject, entry: Entry<KubeObject>, name: string): void {
  const given = object.metadata.resourceVersion;
  if (!given || given === '0') {
    if (resource.updateMustNameRevision)
      throw invalid(resource, name, [
        {
          type: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          value: given === '0' ? 0 : '',
          detail: 'must be specified for an update',
        },
      ]);
    object.metadata.resourceVersion = String(entry.revision);
  } else if (given !== String(entry.revision)) {
    if (!/^\d+$/.test(given))
      throw invalid(resource, name, [
        {
          type: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          value: given,
          detail: `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`,
        },
      ]);
    throw modified(resource, name);
  }
}

function checkUid(resource: Resource, uid: string | undefined, { key, value }: Entry<KubeObject>): void {
  if (!uid || uid === value.metadata.uid) return;
  const problem = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${value.metadata.uid}`;
  throw conflict(
    resource,
    value.metadata.name,
    `StorageError: invalid object, Code: 4, Key: /registry/${resource.bucket}/${key}, ResourceVersion: 0, AdditionalErrorMsg: ${problem}`,
  );
}
