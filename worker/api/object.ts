// What every object has. The kinds themselves are generated: api/gen/<package>.ts.

/** Metadata of a stored object. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: 'FieldsV1';
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** What is given to create an object: any part of it; the API server fills in the rest. */
export type Draft<T> = T extends KubeObject
  ? { [K in keyof T]?: K extends 'metadata' ? Partial<ObjectMeta> : Draft<T[K]> }
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [K in keyof T]?: Draft<T[K]> }
      : T;

/** `namespace/name`, or `name` of a cluster-scoped object: what work queues and private state are keyed by. */
export function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace ? keyIn(namespace, name) : name;
}

/** `namespace/name`. What was asked for a moment ago is the same text again: an engine takes long to look for one that was put together just now. */
export function keyIn(namespace: string, name: string): string {
  const at = placeOf(name);
  const recent = recentKeys[at];
  if (recent && recent.parts.name === name && recent.parts.namespace === namespace) return recent.key;
  const key = `${namespace}/${name}`;
  recentKeys[at] = { key, parts: { namespace, name } };
  return key;
}

/** The same back. The name in a key that was made a moment ago is the text that it was made of. */
export function splitKey(key: string): KeyParts {
  const recent = recentKeys[placeOf(key)];
  if (recent?.key === key) return recent.parts;
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export interface KeyParts {
  readonly namespace: string;
  readonly name: string;
}

/** A key ends as the name does. */
function placeOf(text: string): number {
  const end = text.length;
  return end < 3 ? 0 : (text.charCodeAt(end - 1) * 961 + text.charCodeAt(end - 2) * 31 + text.charCodeAt(end - 3)) & (RECENT_KEYS - 1);
}

/** A power of two. */
const RECENT_KEYS = 2048;
const recentKeys: { readonly key: string; readonly parts: KeyParts }[] = [];

export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

export function controllerOf(object: { metadata: { ownerReferences?: OwnerReference[] } }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
