// Which objects belong to a controller: those it has a reference to and still selects; orphans that it selects are adopted, its own that it no longer
// selects are released. Mirrors pkg/controller/controller_ref_manager.go.

import type { ClusterApi } from '../api/controller.ts';
import { controllerOf, isTerminating } from '../api/object.ts';
import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { isNotFound, isStatus } from '../api/status.ts';

/** The reference by which an object is managed. */
export function controllerRef({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export interface ClaimOptions<T> {
  /** What an object must be besides being selected, to be kept or adopted. */
  readonly filter?: (object: T) => boolean;
  /** Given to what is adopted, taken from what is released. */
  readonly finalizer?: string;
}

/** Those of the candidates that are the owner's, as they are now. */
export function claim<T extends KubeObject>(
  api: ClusterApi,
  resource: Resource<T>,
  owner: KubeObject,
  selector: LabelSelector,
  candidates: readonly T[],
  { filter = () => true, finalizer }: ClaimOptions<T> = {},
): T[] {
  const claimed: T[] = [];
  for (const object of candidates) {
    const by = controllerOf(object);
    const wanted = matchesLabels(selector, object.metadata.labels) && filter(object);
    if (by) {
      if (by.uid !== owner.metadata.uid) continue;
      if (wanted) claimed.push(object);
      else if (!isTerminating(owner)) release(api, resource, owner, object, finalizer);
    } else if (wanted && !isTerminating(owner) && !isTerminating(object) && owner.metadata.namespace === object.metadata.namespace) {
      const adopted = adopt(api, resource, owner, object, finalizer);
      if (adopted) claimed.push(adopted);
    }
  }
  return claimed;
}

function adopt<T extends KubeObject>(
  api: ClusterApi,
  resource: Resource<T>,
  owner: KubeObject,
  object: T,
  finalizer?: string,
): T | undefined {
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
  try {
    return api.update(resource, {
      ...object,
      metadata: {
        ...object.metadata,
        ownerReferences: [...others, controllerRef(owner)],
        ...(finalizer && !finalizers.includes(finalizer) && { finalizers: [...finalizers, finalizer] }),
      },
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function release<T extends KubeObject>(api: ClusterApi, resource: Resource<T>, owner: KubeObject, object: T, finalizer?: string): void {
  try {
    api.update(resource, { ...object, metadata: withoutOwner(object, owner.metadata.uid, finalizer) });
  } catch (error) {
    // Invalid: it has no reference to this owner any more, or a finalizer that cannot be written: nothing to release.
    if (!isNotFound(error) && !isStatus(error, 'Invalid')) throw error;
  }
}

function withoutOwner<T extends KubeObject>(object: T, uid: string, finalizer?: string): T['metadata'] {
  const { ownerReferences, finalizers, ...metadata } = object.metadata;
  const owners = ownerReferences?.filter((one) => one.uid !== uid) ?? [];
  const held = finalizers?.filter((one) => one !== finalizer) ?? [];
  return { ...metadata, ...(owners.length && { ownerReferences: owners }), ...(held.length && { finalizers: held }) };
}
