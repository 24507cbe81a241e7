// A write that changes nothing but times of managedFields is none. Mirrors apiserver pkg/endpoints/handlers/fieldmanager/equality.go.

import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import { isEqual } from '../../lib/json.ts';

/** Gives `next` the times of `old` if that makes them equal. */
export function keepTimes(next: KubeObject, old: KubeObject): void {
  const [after, before] = [next.metadata.managedFields, old.metadata.managedFields];
  if (!after?.length || after === before || after.length !== before?.length) return;
  if (after.every(({ time }, i) => time === before[i]!.time)) return;
  if (!after.every((entry, i) => isEqual(timeless(entry), timeless(before[i]!)))) return;
  if (isEqual(withEntries(next, before), old)) next.metadata.managedFields = before;
}

function timeless(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const { time: _, ...rest } = entry;
  return rest;
}

const withEntries = (object: KubeObject, managedFields: ManagedFieldsEntry[]): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields },
});
