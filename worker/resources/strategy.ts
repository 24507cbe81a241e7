// What the strategies of many kinds have alike: a status that only /status may write, and a generation that counts the changes of the rest.
// Mirrors the strategies of pkg/registry, which say the same dozens of times.

import type { KubeObject } from '../api/object.ts';
import { zero } from '../api/canonical.ts';
import type { StructType } from '../api/schema.ts';
import { isEqual } from '../lib/json.ts';

interface WithStatus extends KubeObject {
  status?: unknown;
}

/** A status that says nothing yet, as Go writes it. */
export const emptyStatus = <S>(schema: StructType): S => zero(schema.fields.get('status')!.type) as S;

/** The rules of a kind with a spec and a status: a new object is generation 1 without status; a changed spec is the next generation. */
export const specAndStatus = <T extends KubeObject & { spec?: unknown; status?: unknown }>(schema: StructType) => ({
  prepareForCreate: (object: T): void => {
    resetStatus(object, schema);
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object: T, old: T): void => {
    keepStatus(object, old);
    if (!isEqual(object.spec, old.spec)) nextGeneration(object, old);
  },
});

export function resetStatus(object: WithStatus, schema: StructType): void {
  object.status = emptyStatus(schema);
}

export function keepStatus(object: WithStatus, old: WithStatus): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}

/** For /status of a kind with a spec. */
export function keepOnlyStatus(object: KubeObject, old: KubeObject): void {
  (object as { spec?: unknown }).spec = (old as { spec?: unknown }).spec;
}

/** The generation goes on from the one before (the registry has put it back to that already). */
export function nextGeneration(object: KubeObject, old: KubeObject): void {
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** Of the kinds whose /status leaves all metadata alone. */
export function keepMetadata(object: KubeObject, old: KubeObject): void {
  const [meta, before] = [object.metadata as unknown as Record<string, unknown>, old.metadata as unknown as Record<string, unknown>];
  for (const name of ['labels', 'annotations', 'ownerReferences', 'finalizers']) {
    if (before[name] === undefined) delete meta[name];
    else meta[name] = before[name];
  }
}
