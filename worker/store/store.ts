// The etcd of a sandbox: a multi-version store. Every write makes a new revision of the whole store; old ones stay readable until compacted.
// Five calls are all that Kubernetes needs (get, list, count, put, delete); the log of changes feeds watches and controllers.
//
//     revision   bucket   key           previous  value
//     41         pods     default/web   0         {…}          created
//     42         pods     default/web   41        {…}          changed
//     43         pods     default/web   42        {…} deleted  gone; the value is its last state
//
// Here, keys are a bucket (etcd's `/registry/<bucket>/`) and the rest of the path, `namespace/name` or `name`.

/** A stored value: parsed, and as JSON text. Either is made when asked for; neither may be changed. */
export interface Entry<T = unknown> {
  readonly bucket: string;
  readonly key: string;
  /** When it was last written. */
  readonly revision: number;
  readonly createRevision: number;
  readonly value: T;
  readonly text: string;
}

/** One line of the log. */
export interface Change<T = unknown> {
  readonly revision: number;
  readonly bucket: string;
  readonly key: string;
  readonly type: 'created' | 'updated' | 'deleted';
  /** What was written; of a deletion, the last state. */
  readonly value: T;
  readonly text: string;
  /** The value before; undefined for a creation. */
  readonly previous: T | undefined;
}

export interface Range {
  /** Only keys that start with this: `namespace/`. */
  readonly prefix?: string;
  /** Only keys after this one. */
  readonly after?: string;
  readonly limit?: number;
}

/** A value to be written, the store's from then on, and the terms that `lookup` finds it by. */
export interface Write {
  readonly value: unknown;
  readonly terms: readonly string[];
}

/** The key's revision is not the one expected, or the key exists where it must not. */
export class StaleRevisionError extends Error {
  readonly current: number;
  constructor(current: number) {
    super(`stale revision, now ${current}`);
    this.current = current;
  }
}

/** The revision asked for is no longer, or not yet, in the log. */
export class CompactedError extends Error {}

export interface Store {
  /** The newest revision. The next write makes revision + 1. */
  readonly revision: number;
  /** Revisions up to this one cannot be read any more. */
  readonly compactedRevision: number;

  get<T>(bucket: string, key: string): Entry<T> | undefined;
  /** Entries in the order of their keys. */
  list<T>(bucket: string, range?: Range): Entry<T>[];
  /** The list as it was at a revision. Throws CompactedError. */
  listAt<T>(bucket: string, revision: number, range?: Range): Entry<T>[];
  count(bucket: string, prefix?: string): number;
  /** How many entries `listAt` would give. Throws CompactedError. */
  countAt(bucket: string, revision: number, range?: Range): number;
  /** Characters of all entries of a bucket, as of the last flush. */
  bytesOf(bucket: string): number;
  /** Grows whenever something in a bucket changes, or a change is taken back; for caches of what is derived from it. */
  changesOf(bucket: string): number;
  /** With which terms a key was written. */
  termsOf(bucket: string, key: string): readonly string[];
  /** Entries that were written with this term, in the order of their keys. */
  lookup<T>(bucket: string, term: string): Entry<T>[];
  /** How many entries `lookup` would give. */
  countTerm(bucket: string, term: string): number;
  /** The buckets in which it would give some. */
  bucketsWith(term: string): readonly string[];

  /** Writes at revision + 1. `expected` is the revision the key must have, 0 for a key that must not exist. Throws StaleRevisionError. */
  put<T>(bucket: string, key: string, write: Write, expected: number): Entry<T>;
  /** Deletes at revision + 1; `last` is kept as the final state, and given. Throws StaleRevisionError. */
  delete<T>(bucket: string, key: string, last: T, expected: number): Entry<T>;

  /** Up to `limit` changes after a revision, oldest first. Throws CompactedError. */
  changesAfter(revision: number, limit?: number): Change[];
  /** Forgets what was superseded at or before a revision. What was not flushed yet never will be; the backend's part is done by the next flush. */
  compact(revision: number): void;
  readonly state: PrivateState;
  /** Objects, and characters of those that were flushed: for quotas. */
  readonly size: { readonly objects: number; readonly bytes: number };
  /** Runs something that writes: if it throws, its writes were never made. May be nested. */
  atomically<T>(work: () => T): T;
  /** Whether something waits to be flushed. */
  readonly isDirty: boolean;
  /** Hands everything written since the last flush to the backend, as one. */
  flush(): void;
}

/** The small private state of simulated machines, timers and cursors: not objects, no revisions, but saved together with them. */
export interface PrivateState {
  get<T>(scope: string, key: string): T | undefined;
  set(scope: string, key: string, value: unknown): void;
  delete(scope: string, key: string): void;
  /** All entries of a scope, in the order of their keys. */
  entries<T>(scope: string): [key: string, value: T][];
}

/** Where rows are kept. All calls are synchronous; what one `write` brings is kept whole or not at all. */
export interface Backend {
  load(): { revision: number; compactedRevision: number; live: LiveRow[] };
  /** The texts written at some revisions; those that are gone are left out. */
  texts(revisions: readonly number[]): Map<number, string>;
  /** Log rows after a revision, oldest first. */
  logAfter(revision: number, limit: number): LogRow[];
  /** Those that have entries, perhaps more. */
  scopes(): string[];
  scanState(scope: string): [key: string, text: string][];
  write(batch: Batch): void;
}

export interface LogRow {
  readonly revision: number;
  readonly bucket: string;
  readonly key: string;
  /** The key's revision before, 0 if it did not exist. */
  readonly previous: number;
  readonly createRevision: number;
  readonly deleted: boolean;
}

/** What a key holds now. Known by its createRevision, which no other has: a number is a far cheaper key for a backend than names are. */
export interface LiveRow {
  readonly bucket: string;
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly bytes: number;
  readonly terms: readonly string[];
}

export interface Batch {
  readonly revision: number;
  /** What may be forgotten when the rest is written. */
  readonly compaction: Compaction | undefined;
  readonly log: readonly { readonly row: LogRow; readonly text: string }[];
  readonly live: readonly LiveRow[];
  /** The createRevisions of what is no longer live. */
  readonly gone: readonly number[];
  readonly state: readonly { scope: string; key: string; text: string | undefined }[];
}

/** Forgets the rows of the log that others of (from, to] superseded, those of them that are deletions, and some more. */
export interface Compaction {
  readonly from: number;
  readonly to: number;
  /** Revisions superseded by what never came to the backend. */
  readonly superseded: readonly number[];
}
