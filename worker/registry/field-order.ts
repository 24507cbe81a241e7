// The order in which Go writes an object's outer fields: a built-in type's as they are declared, a map's (labels, and custom resources as a whole) by name.
// What is inside the spec comes in order from decoding; the outer parts are what everybody sets one by one.

import type { KubeObject, ObjectMeta } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import type { StructType } from '../api/schema.ts';
import { isEqual } from '../lib/json.ts';

/** Names in their order, and the place of each. */
interface Order {
  readonly names: readonly string[];
  readonly ranks: ReadonlyMap<string, number>;
}

const orders = new WeakMap<StructType, Order>();

function orderOf(schema: StructType): Order {
  let order = orders.get(schema);
  if (!order) {
    const names = [...schema.fields.keys()];
    orders.set(schema, (order = { names, ranks: new Map(names.map((name, i) => [name, i])) }));
  }
  return order;
}

/** The object itself if it is in order already. Parts that have to be put in order are replaced in it. */
export function inGoOrder(object: KubeObject, { schema, decode }: Resource): KubeObject {
  object.metadata = orderMetadata(object.metadata, decode !== undefined);
  return ordered(object as unknown as Record<string, unknown>, decode ? undefined : orderOf(schema)) as unknown as KubeObject;
}

function orderMetadata(metadata: ObjectMeta, isByName: boolean): ObjectMeta {
  const { labels, annotations } = metadata;
  if (labels) metadata.labels = shared(ordered(labels, undefined));
  if (annotations) metadata.annotations = ordered(annotations, undefined);
  return isByName
    ? (ordered(metadata as unknown as Record<string, unknown>, undefined) as unknown as ObjectMeta)
    : metadataInOrder(metadata);
}

type Labels = Readonly<Record<string, string>>;

/** A power of two. */
const SHARED = 64;
const recentLabels: Labels[] = [];

/** Labels that were stored a moment ago are the same ones again: a thousand pods of a template have one map, and what is worked out from it holds for all of them. */
function shared<T extends Labels>(labels: T): T {
  let place = 0;
  for (const key in labels) place = place * 31 + key.length + labels[key]!.length * 7 + labels[key]!.charCodeAt(labels[key]!.length - 1);
  place &= SHARED - 1;
  const recent = recentLabels[place];
  if (isEqual(recent, labels)) return recent as T;
  recentLabels[place] = labels;
  return labels;
}

/**
 * Always made anew, field by field: that is quicker than to see whether it is in order, and what reads objects' metadata reads those faster that were made alike.
 * A built-in type has no fields but these.
 */
function metadataInOrder(given: ObjectMeta): ObjectMeta {
  const out = { name: given.name } as ObjectMeta;
  if (given.generateName !== undefined) out.generateName = given.generateName;
  if (given.namespace !== undefined) out.namespace = given.namespace;
  if (given.selfLink !== undefined) out.selfLink = given.selfLink;
  out.uid = given.uid;
  out.resourceVersion = given.resourceVersion;
  if (given.generation !== undefined) out.generation = given.generation;
  out.creationTimestamp = given.creationTimestamp;
  if (given.deletionTimestamp !== undefined) out.deletionTimestamp = given.deletionTimestamp;
  if (given.deletionGracePeriodSeconds !== undefined) out.deletionGracePeriodSeconds = given.deletionGracePeriodSeconds;
  if (given.labels !== undefined) out.labels = given.labels;
  if (given.annotations !== undefined) out.annotations = given.annotations;
  if (given.ownerReferences !== undefined) out.ownerReferences = given.ownerReferences;
  if (given.finalizers !== undefined) out.finalizers = given.finalizers;
  if (given.managedFields !== undefined) out.managedFields = given.managedFields;
  return out;
}

/** In an order; by name if there is none. */
function ordered<T>(record: Record<string, T>, order: Order | undefined): Record<string, T> {
  if (order ? isOrdered(record, order.names) : isSorted(record)) return record;
  const out: Record<string, T> = {};
  if (!order) for (const key of Object.keys(record).sort()) out[key] = record[key]!;
  else {
    for (const key of order.names) if (record[key] !== undefined) out[key] = record[key];
    for (const key in record) if (!order.ranks.has(key)) out[key] = record[key]!;
  }
  return out;
}

/** Whether the names of a record are among these, and come as they do. */
function isOrdered(record: object, names: readonly string[]): boolean {
  let at = 0;
  for (const key in record) {
    while (at < names.length && names[at] !== key) at++;
    if (at === names.length) return false;
  }
  return true;
}

function isSorted(record: object): boolean {
  let before = '';
  for (const key in record) {
    if (key < before) return false;
    before = key;
  }
  return true;
}
