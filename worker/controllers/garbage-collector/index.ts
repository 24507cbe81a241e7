// Deletes what has lost its owners, and lets owners go when those that hold them are gone (foreground) or let go of (orphan).
// Mirrors pkg/controller/garbagecollector. The graph that upstream keeps in memory is the stores' index of owners here.
//
// Keys: `<apiVersion> <kind> <namespace>/<name>`, with `?` before it for an object that came with a reference to nobody, and the UID of an owner behind it that is known to
// be gone (upstream's absentOwnerCache): when a CRD goes, nobody can be asked for its objects any more.

import { QuietSyncError, watchAll } from '../../api/controller.ts';
import type { ChangeType, Controller, ControllerContext } from '../../api/controller.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import type { KubeObject, OwnerReference } from '../../api/object.ts';
import type { ClusterReader, Resource } from '../../api/resource.ts';
import { isNotFound } from '../../api/status.ts';
import {
  FOREGROUND,
  ORPHAN,
  blocks,
  dependentsOf,
  findOwner,
  hasDependents,
  isDeletingDependents,
  isOrphaning,
  ownerResource,
} from './dependents.ts';
import type { Found } from './dependents.ts';

export const garbageCollector: Controller = {
  name: 'garbage_collector',
  component: 'kube-controller-manager',
  serviceAccount: 'generic-garbage-collector',
  reporter: 'garbage-collector-controller',
  watches: [watchAll(keysOf)],
  reconcile(key, context) {
    const [apiVersion, kind, place, gone] = key.replace('?', '').split(' ') as [string, string, string, string | undefined];
    const resource = ownerResource(context.api, { apiVersion, kind, name: '', uid: '' });
    const { namespace, name } = splitKey(place);
    const object = resource && context.api.get(resource, namespace, name);
    if (!object) return;
    if (key.startsWith('?')) {
      warnOfForeignOwners(object, context);
      return context.enqueue(key.slice(1));
    }
    if (isOrphaning(object)) releaseDependents(resource, object, context);
    else if (isDeletingDependents(object)) deleteDependents(resource, object, context);
    else if (!isTerminating(object)) attemptToDelete(resource, object, context, gone);
  },
};

const gcKey = (object: KubeObject): string => `${object.apiVersion} ${object.kind} ${keyOf(object)}`;

/** Most changes are no matter of ownership. */
function keysOf(object: KubeObject, previous: KubeObject | undefined, reader: ClusterReader, type: ChangeType): Iterable<string> {
  if (object.kind === 'Event') return NONE;
  const { ownerReferences, deletionTimestamp } = object.metadata;
  const isLeftAlone = previous !== undefined && ownerReferences === previous.metadata.ownerReferences && deletionTimestamp === undefined;
  return type === 'updated' && isLeftAlone ? NONE : keysOfOwnership(object, previous, reader, type);
}

const NONE: readonly string[] = [];

function* keysOfOwnership(object: KubeObject, previous: KubeObject | undefined, reader: ClusterReader, type: ChangeType): Iterable<string> {
  const owners = object.metadata.ownerReferences ?? [];
  const before = previous?.metadata.ownerReferences ?? [];
  if (type === 'deleted') {
    const gone = isCustom(reader, object) ? ` ${object.metadata.uid}` : '';
    for (const dependent of dependentsOf(reader, object.metadata.uid)) yield gcKey(dependent.object) + gone;
    yield* waitingOwners(reader, object, before);
    return;
  }
  if (owners !== before && (owners.length || before.length)) {
    const isNew = (owner: OwnerReference): boolean => !before.some(({ uid }) => uid === owner.uid);
    if (owners.some((owner) => isNew(owner) && typeof findOwner(reader, object, owner) === 'string')) yield `?${gcKey(object)}`;
    yield* waitingOwners(
      reader,
      object,
      before.filter((owner) => !owners.some((now) => now.uid === owner.uid && (now.blockOwnerDeletion || !owner.blockOwnerDeletion))),
    );
  }
  if (isOrphaning(object)) yield gcKey(object);
  else if (isDeletingDependents(object)) {
    yield gcKey(object);
    if (!previous || !isDeletingDependents(previous))
      for (const dependent of dependentsOf(reader, object.metadata.uid)) yield gcKey(dependent.object);
  }
}

/** Also when its kind is gone already. */
function isCustom(reader: ClusterReader, { apiVersion, kind, metadata }: KubeObject): boolean {
  const resource = ownerResource(reader, { apiVersion, kind, ...metadata });
  return !resource || resource.decode !== undefined;
}

/** Those of the owners that were waiting for this one. */
function* waitingOwners(reader: ClusterReader, object: KubeObject, owners: readonly OwnerReference[]): Iterable<string> {
  for (const reference of owners) {
    const owner = findOwner(reader, object, reference);
    if (typeof owner === 'object' && isDeletingDependents(owner)) yield gcKey(owner);
  }
}

/** Upstream tells of the first owner that exists, but in another namespace; it looks no further when something else is wrong with a reference. */
function warnOfForeignOwners(object: KubeObject, { api, event }: ControllerContext): void {
  const { namespace = '', ownerReferences = [] } = object.metadata;
  for (const reference of ownerReferences) {
    const resource = ownerResource(api, reference);
    if (!resource?.namespaced || typeof findOwner(api, object, reference) !== 'string') continue;
    const { apiVersion, kind, name, uid } = reference;
    const found = api.list(resource).find(({ metadata }) => metadata.uid === uid);
    if (!found) continue;
    if (found.metadata.namespace === namespace) return;
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    event(object, 'Warning', 'OwnerRefInvalidNamespace', `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`);
    return;
  }
}

function releaseDependents(resource: Resource, owner: KubeObject, context: ControllerContext): void {
  const { uid } = owner.metadata;
  for (const { resource: of, object } of dependentsOf(context.api, uid))
    updateOwners(of, object, context, (one) => (one.uid === uid ? undefined : one));
  removeFinalizer(resource, owner, ORPHAN, context);
}

/** Waits for those that block; nudges those that do not go yet. */
function deleteDependents(resource: Resource, owner: KubeObject, context: ControllerContext): void {
  const blocking = dependentsOf(context.api, owner.metadata.uid).filter(({ object }) => blocks(object, owner.metadata.uid));
  if (!blocking.length) removeFinalizer(resource, owner, FOREGROUND, context);
  for (const { object } of blocking) if (!isTerminating(object)) context.enqueue(gcKey(object));
}

function attemptToDelete(resource: Resource, object: KubeObject, context: ControllerContext, gone: string | undefined): void {
  const references = object.metadata.ownerReferences ?? [];
  if (!references.length) return;
  const found = references.map((reference): { reference: OwnerReference; owner: Found } => ({
    reference,
    owner: reference.uid === gone ? 'absent' : findOwner(context.api, object, reference),
  }));
  const doubtful = found.find(({ owner }) => owner === 'unserved' || owner === 'misplaced');
  if (doubtful?.owner === 'misplaced') return;
  // It may be a kind that is to come. Differs: upstream hears of a new kind up to 30 s later.
  if (doubtful) throw new QuietSyncError(`unable to get REST mapping for ${doubtful.reference.apiVersion}/${doubtful.reference.kind}.`);
  const isWaiting = (owner: Found): boolean => typeof owner === 'object' && isDeletingDependents(owner);
  const solid = found.filter(({ owner }) => owner !== 'absent' && !isWaiting(owner));
  if (solid.length) {
    const kept = new Set(solid.map(({ reference }) => reference.uid));
    updateOwners(resource, object, context, (one) => (kept.has(one.uid) ? one : undefined));
  } else if (found.some(({ owner }) => isWaiting(owner)) && hasDependents(context.api, object.metadata.uid)) {
    if (dependentsOf(context.api, object.metadata.uid).some((dependent) => isDeletingDependents(dependent.object)))
      unblockOwners(resource, object, context);
    remove(resource, object, 'Foreground', context);
  } else {
    const { finalizers = [] } = object.metadata;
    remove(
      resource,
      object,
      finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background',
      context,
    );
  }
}

/** A circle of owners that wait for each other would never go. */
const unblockOwners = (resource: Resource, object: KubeObject, context: ControllerContext): void =>
  updateOwners(resource, object, context, (one) => (one.blockOwnerDeletion ? { ...one, blockOwnerDeletion: false } : one));

function remove(
  resource: Resource,
  { metadata: { namespace = '', name, uid } }: KubeObject,
  propagationPolicy: string,
  { api }: ControllerContext,
): void {
  try {
    api.delete(resource, namespace, name, { propagationPolicy, preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Changes the references of an object; undefined drops one. */
function updateOwners(
  resource: Resource,
  object: KubeObject,
  { api }: ControllerContext,
  change: (owner: OwnerReference) => OwnerReference | undefined,
): void {
  const { ownerReferences: before = [], ...metadata } = object.metadata;
  const owners = before.map(change).filter((one) => one !== undefined);
  if (owners.length === before.length && owners.every((one, i) => one === before[i])) return;
  tryUpdate(resource, { ...object, metadata: { ...metadata, ...(owners.length && { ownerReferences: owners }) } }, api);
}

function removeFinalizer(resource: Resource, object: KubeObject, finalizer: string, { api }: ControllerContext): void {
  const { finalizers = [], ...metadata } = object.metadata;
  const left = finalizers.filter((one) => one !== finalizer);
  tryUpdate(resource, { ...object, metadata: { ...metadata, ...(left.length && { finalizers: left }) } }, api);
}

function tryUpdate(resource: Resource, object: KubeObject, api: ControllerContext['api']): void {
  try {
    api.update(resource, object);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
