// What the server itself does to an object's metadata.

import type { KubeObject, OwnerReference } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { badRequest } from '../api/status.ts';

/** Two references to one owner make one; the client is told. */
export function dropDuplicateOwners(object: KubeObject, call: Call, isAdmitted = false): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const kept: OwnerReference[] = [];
  const twice = new Set<string>();
  for (const owner of owners) {
    if (kept.some((one) => JSON.stringify(one) === JSON.stringify(owner))) twice.add(owner.uid);
    else kept.push(owner);
  }
  if (!twice.size) return;
  object.metadata.ownerReferences = kept;
  call.warn(
    `.metadata.ownerReferences contains duplicate entries${isAdmitted ? ' after mutating admission happens' : ''}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...twice].join(', ')}`,
  );
}

/** Server-owned metadata of an update is that of the object before. */
export function carryMetadata(object: KubeObject, old: KubeObject): void {
  const [meta, before] = [object.metadata, old.metadata];
  if (!meta.uid) meta.uid = before.uid;
  meta.creationTimestamp = before.creationTimestamp;
  if (before.deletionTimestamp) meta.deletionTimestamp = before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds !== undefined && meta.deletionGracePeriodSeconds === undefined)
    meta.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds;
}

/** An object that names no namespace gets that of the request; a cluster-scoped one has none. */
export function matchNamespace(resource: Resource, { metadata }: { metadata: { namespace?: string } }, namespace: string): void {
  if (!resource.namespaced) {
    if (metadata.namespace !== undefined) delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  metadata.namespace = namespace;
}

export function checkName(object: { metadata: { name?: string } }, name: string): void {
  const given = object.metadata.name;
  if (!given) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

const OTHER_SERVERS: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/** Whether finalizers need a domain and a path: not in the servers beside the main one, which take what Kubernetes' core alone refuses. */
export const hasPlainFinalizers = ({ decode, group }: Resource): boolean => !decode && !OTHER_SERVERS.has(group);
