// Where the sample API server keeps its objects, and what became of them lately.

import type { FlunderSpec } from './spec.ts';

/** Plain data: it is kept by a process. */
export interface Store {
  /** Of the last change; each change has one of its own. */
  revision: number;
  /** By `flunders/default/a`. */
  readonly objects: Record<string, SampleObject>;
  /** The last changes, oldest first, without a gap. */
  changes: readonly Change[];
}

/** Of whichever version. */
export interface SampleObject {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly resourceVersion: string };
  /** Of a flunder. */
  readonly spec?: FlunderSpec;
  /** Of a fischer. */
  readonly disallowedFlunders?: readonly unknown[];
}

/** Of a deletion there is no `after`, of a creation no `before`. */
export interface Change {
  readonly revision: number;
  readonly key: string;
  readonly before?: SampleObject;
  readonly after?: SampleObject;
}

/** As upstream's watch cache at its smallest (apiserver pkg/storage/cacher: defaultLowerBoundCapacity). */
const MAX_CHANGES = 100;

export const newStore = (): Store => ({ revision: 0, objects: {}, changes: [] });

/** Gives the object as it is stored, at its new revision. */
export function put(store: Store, key: string, object: SampleObject): SampleObject {
  const before = store.objects[key];
  const after = atRevision(object, ++store.revision);
  store.objects[key] = after;
  note(store, { revision: store.revision, key, ...(before && { before }), after });
  return after;
}

export function remove(store: Store, key: string): void {
  const before = store.objects[key];
  if (!before) return;
  delete store.objects[key];
  note(store, { revision: ++store.revision, key, before });
}

function note(store: Store, change: Change): void {
  store.changes = [...store.changes, change].slice(-MAX_CHANGES);
}

/** Undefined if not all of them are known any more. */
export function changesAfter({ changes, revision }: Store, after: number): readonly Change[] | undefined {
  const missed = revision - after;
  if (missed <= 0) return [];
  return missed > changes.length ? undefined : changes.slice(-missed);
}

export const atRevision = (object: SampleObject, revision: number): SampleObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});
