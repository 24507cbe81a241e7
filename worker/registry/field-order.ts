// The order in which Go writes an object's outer fields: a built-in type's as they are declared, a map's (labels, and custom resources as a whole) by name.
// What is inside the spec comes in order from decoding; the outer parts are what everybody sets one by one.

import type { KubeObject, ObjectMeta } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

const METADATA: readonly (keyof ObjectMeta)[] = [
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
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];
type Ranks = ReadonlyMap<string, number>;

const METADATA_RANKS: Ranks = new Map(METADATA.map((name, i) => [name, i]));
const ranksOf = new WeakMap<object, Ranks>();

/** The object itself if it is in order already. Parts that have to be put in order are replaced in it. */
export function inGoOrder(object: KubeObject, { schema, decode }: Resource): KubeObject {
  object.metadata = orderMetadata(object.metadata, decode ? undefined : METADATA_RANKS);
  let ranks: Ranks | undefined;
  if (!decode) {
    ranks = ranksOf.get(schema);
    if (!ranks) ranksOf.set(schema, (ranks = new Map([...schema.fields.keys()].map((name, i) => [name, i]))));
  }
  return ordered(object as unknown as Record<string, unknown>, ranks) as unknown as KubeObject;
}

function orderMetadata(metadata: ObjectMeta, ranks: Ranks | undefined): ObjectMeta {
  const { labels, annotations } = metadata;
  if (labels) metadata.labels = ordered(labels, undefined);
  if (annotations) metadata.annotations = ordered(annotations, undefined);
  return ordered(metadata as unknown as Record<string, unknown>, ranks) as unknown as ObjectMeta;
}

/** By rank; by name if there are none. */
function ordered<T>(record: Record<string, T>, ranks: Ranks | undefined): Record<string, T> {
  if (isOrdered(record, ranks)) return record;
  const out: Record<string, T> = {};
  if (!ranks) for (const key of Object.keys(record).sort()) out[key] = record[key]!;
  else {
    for (const key of ranks.keys()) if (record[key] !== undefined) out[key] = record[key];
    for (const key in record) if (!ranks.has(key)) out[key] = record[key]!;
  }
  return out;
}

function isOrdered(record: object, ranks: Ranks | undefined): boolean {
  if (ranks) {
    let last = -1;
    for (const key in record) {
      const rank = ranks.get(key) ?? ranks.size;
      if (rank < last) return false;
      last = rank;
    }
    return true;
  }
  let before = '';
  for (const key in record) {
    if (key < before) return false;
    before = key;
  }
  return true;
}
