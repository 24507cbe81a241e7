// Deleting: at once, or first marking and waiting for a grace period or for finalizers. Mirrors apiserver pkg/registry/rest/delete.go and the
// generic store's Delete and DeleteCollection.

import type { AdmissionRequest } from '../api/admission.ts';
import type { KubeObject } from '../api/object.ts';
import type { Call, DeleteOptions, DeleteResult, ListOptions, ListResult, Stored } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { conflict, forbidden, isNotFound, notFound } from '../api/status.ts';
import { isEqual } from '../lib/json.ts';
import { formatTime, timeOf } from '../lib/time.ts';
import type { Entry } from '../store/store.ts';
import { admissionContextOf, contextOf, findEntry, present, removeObject, writeObject } from './core.ts';
import type { Core } from './core.ts';
import { fromStored, hubOf } from './create.ts';
import { list } from './list.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** Deletes one that somebody names. */
export function deleteNamed(...args: Parameters<typeof deleteObject>): DeleteResult {
  const [, resource, , name] = args;
  const problem = resource.undeletable?.(name);
  if (problem) throw forbidden(resource, name, problem);
  return deleteObject(...args);
}

export function deleteObject(
  core: Core,
  resource: Resource,
  namespace: string,
  name: string,
  options: DeleteOptions,
  call: Call,
): DeleteResult {
  const entry = findEntry(core, resource, namespace, name);
  if (!entry) throw notFound(resource, name);
  checkPreconditions(resource, entry.value, options);
  const admission = admissionContextOf(core, call);
  const request: AdmissionRequest = {
    operation: 'DELETE',
    resource,
    subresource: '',
    namespace: resource.resource === 'namespaces' && resource.group === '' ? name : namespace,
    name,
    object: undefined,
    old: fromStored(resource, entry.value),
    options: { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...options },
    warn: call.warn,
    annotate: call.annotate,
  };
  core.admission.admit(request, admission);
  resource.conversion?.ready?.(entry.value);
  core.admission.validate(request, admission);
  const hub = hubOf(core, resource);
  const next: KubeObject = { ...entry.value, metadata: { ...entry.value.metadata } };
  const isGone = markForDeletion(core, hub, next, options, call);
  if (isGone) {
    if (call.dryRun) return { object: dryRun(resource, next), deleted: true };
    const gone = removeObject(core, hub, next, entry);
    hub.afterDelete?.(next, contextOf(core, call));
    return { object: resource.conversion ? dryRun(resource, gone.value) : gone, deleted: true };
  }
  return { object: keep(core, resource, hub, next, entry, call), deleted: false };
}

function keep(core: Core, resource: Resource, hub: Resource, next: KubeObject, entry: Entry<KubeObject>, call: Call): Stored {
  if (isEqual(next, entry.value)) return present(resource, entry);
  return call.dryRun ? dryRun(resource, next) : present(resource, writeObject(core, hub, next, entry));
}

function dryRun(resource: Resource, stored: KubeObject): Stored {
  const value = fromStored(resource, stored);
  return { value, text: JSON.stringify(value), revision: 0 };
}

function checkPreconditions(resource: Resource, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion, name } = object.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(resource, name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`);
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      resource,
      name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}

/** Changes a copy of the object to what a deletion makes of it. True if it can go at once. */
function markForDeletion(core: Core, hub: Resource, next: KubeObject, options: DeleteOptions, call: Call): boolean {
  const meta = next.metadata;
  const requested = options.gracePeriodSeconds === undefined ? undefined : options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds;
  if (meta.deletionTimestamp === undefined) hub.prepareForDelete?.(next, contextOf(core, call));
  const isHeld = (): boolean => (meta.finalizers?.length ?? 0) > 0 || (hub.holdsDeletion?.(next) ?? false);

  if (meta.deletionTimestamp !== undefined && (meta.deletionGracePeriodSeconds ?? 0) > 0) {
    // Being deleted already: the wait can only become shorter.
    if (requested === undefined || requested >= meta.deletionGracePeriodSeconds!) return false;
    meta.deletionTimestamp = formatTime(timeOf(meta.deletionTimestamp) - (meta.deletionGracePeriodSeconds! - requested) * 1000);
    meta.deletionGracePeriodSeconds = requested;
    setGarbageCollectionFinalizers(hub, next, options);
    return requested === 0 && !isHeld();
  }
  const grace = meta.deletionTimestamp === undefined ? hub.gracePeriod?.(next, requested) : undefined;
  setGarbageCollectionFinalizers(hub, next, options);
  if (!isHeld() && !grace) return true;
  if (meta.deletionTimestamp === undefined) {
    meta.deletionTimestamp = formatTime(core.now() + (grace ?? 0) * 1000);
    meta.deletionGracePeriodSeconds = grace ?? 0;
    if (meta.generation) meta.generation++;
  }
  return false;
}

/** The propagation policy becomes a finalizer, which the garbage collector answers. */
function setGarbageCollectionFinalizers(hub: Resource, object: KubeObject, options: DeleteOptions): void {
  const finalizers = object.metadata.finalizers ?? [];
  const wanted = wantedFinalizer(hub, finalizers, options);
  const next = [...finalizers.filter((one) => one !== ORPHAN && one !== FOREGROUND), ...(wanted ? [wanted] : [])];
  if (next.length) object.metadata.finalizers = next;
  else delete object.metadata.finalizers;
}

function wantedFinalizer(
  hub: Resource,
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteOptions,
): string | undefined {
  if (orphanDependents !== undefined) return orphanDependents ? ORPHAN : undefined;
  if (propagationPolicy === 'Orphan') return ORPHAN;
  if (propagationPolicy === 'Foreground') return FOREGROUND;
  if (propagationPolicy === 'Background') return undefined;
  if (finalizers.includes(ORPHAN)) return ORPHAN;
  if (finalizers.includes(FOREGROUND)) return FOREGROUND;
  return hub.orphanByDefault ? ORPHAN : undefined;
}

export function deleteCollection(core: Core, resource: Resource, listOptions: ListOptions, options: DeleteOptions, call: Call): ListResult {
  const found = list(core, resource, listOptions);
  for (const item of found.items) {
    const { namespace = '', name } = item.value.metadata;
    try {
      deleteObject(core, resource, namespace, name, options, call);
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone in the meantime, as a consequence of another
    }
  }
  return found;
}
