// Who depends on whom, by the index of owners that every bucket has.

import { isTerminating } from '../../api/object.ts';
import type { KubeObject, OwnerReference } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader, Resource } from '../../api/resource.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

export interface Dependent {
  readonly resource: Resource;
  readonly object: KubeObject;
}

const collected = new WeakMap<readonly Resource[], readonly Resource[]>();

/** One resource for each bucket, in the order of discovery. Events are left to their own sweep, as upstream. */
export function collectedResources(reader: ClusterReader): readonly Resource[] {
  const all = reader.resources();
  let known = collected.get(all);
  if (!known) {
    const byBucket = new Map<string, Resource>();
    for (const one of all)
      if (one.verbs.includes('delete') && one.bucket !== 'events' && !byBucket.has(one.bucket)) byBucket.set(one.bucket, one);
    collected.set(all, (known = [...byBucket.values()]));
  }
  return known;
}

export function dependentsOf(reader: ClusterReader, uid: string): Dependent[] {
  const term = indexTerm.owner(uid);
  const found: Dependent[] = [];
  for (const resource of resourcesWith(reader, term)) for (const object of reader.lookup(resource, term)) found.push({ resource, object });
  return found;
}

export const hasDependents = (reader: ClusterReader, uid: string): boolean => resourcesWith(reader, indexTerm.owner(uid)).length > 0;

/** Most objects own nothing. */
function resourcesWith(reader: ClusterReader, term: string): readonly Resource[] {
  const buckets = reader.bucketsWith(term);
  return buckets.length ? collectedResources(reader).filter(({ bucket }) => buckets.includes(bucket)) : NOTHING;
}

const NOTHING: readonly Resource[] = [];

/** It goes when those that block it are gone. */
export const isDeletingDependents = (object: KubeObject): boolean =>
  isTerminating(object) && Boolean(object.metadata.finalizers?.includes(FOREGROUND));

export const isOrphaning = (object: KubeObject): boolean => isTerminating(object) && Boolean(object.metadata.finalizers?.includes(ORPHAN));

export const blocks = ({ metadata }: KubeObject, uid: string): boolean =>
  Boolean(metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion));

/** What a reference leads to: the owner, `absent`, or why nobody can say: its kind is `unserved`, or namespaced while the object is not (`misplaced`). */
export type Found = KubeObject | 'absent' | 'unserved' | 'misplaced';

export function findOwner(reader: ClusterReader, { metadata }: KubeObject, reference: OwnerReference): Found {
  const resource = ownerResource(reader, reference);
  if (!resource) return 'unserved';
  if (resource.namespaced && !metadata.namespace) return 'misplaced';
  const owner = reader.get(resource, resource.namespaced ? metadata.namespace! : '', reference.name);
  return owner?.metadata.uid === reference.uid ? owner : 'absent';
}

export function ownerResource(reader: ClusterReader, { apiVersion, kind }: OwnerReference): Resource | undefined {
  const slash = apiVersion.indexOf('/');
  return reader.resourceOf(slash < 0 ? '' : apiVersion.slice(0, slash), kind, apiVersion.slice(slash + 1));
}
