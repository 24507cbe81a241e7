// The store proper: the index of live keys and terms in memory, values in a backend, recently used values cached.
// Writes are buffered until `flush`, so that one step of the simulation is one write to the backend.

import { SortedKeys } from './sorted-keys.ts';
import { Terms } from '../lib/terms.ts';
import { CompactedError, StaleRevisionError } from './store.ts';
import type { Backend, Batch, Change, Entry, LiveRow, LogRow, PrivateState, Range, Store, Write } from './store.ts';
import { BufferedState } from './buffered-state.ts';
import { ReadAhead, ValueCache } from './value-cache.ts';
import type { Values, ValueCacheOptions } from './value-cache.ts';

interface Bucket {
  readonly name: string;
  readonly live: Map<string, Live>;
  readonly keys: SortedKeys;
  readonly terms: Terms;
  /** Characters of its entries. */
  bytes: number;
  changes: number;
}

interface Live {
  revision: number;
  createRevision: number;
  bytes: number;
  terms: readonly string[];
}

type Revisions = ReadonlyMap<string, Pick<Live, 'revision' | 'createRevision'>>;

export type StoreOptions = Partial<ValueCacheOptions>;

const RECENT_CHANGES = 4096;

export class IndexedStore implements Store {
  revision: number;
  compactedRevision: number;
  readonly state: PrivateState;
  readonly size = { objects: 0, bytes: 0 };

  readonly #backend: Backend;
  readonly #buckets = new Map<string, Bucket>();
  readonly #buffered: BufferedState;
  readonly #cache: ValueCache;
  /** How to undo the writes of the transaction that is open, if one is. */
  #undo: (() => void)[] | undefined;
  /** The newest part of the log, without gaps. */
  #recent: LogRow[] = [];
  /** Without those that were superseded, and compacted away. */
  #unflushed: LogRow[] = [];
  #flushedRevision: number;
  #flushedCompaction: number;
  /** What of the backend's was superseded by what was compacted away before it came there. */
  #superseded: number[] = [];
  /** Keys that have been written since the last flush, by their bucket, and the createRevision of what the backend has of them, 0 if nothing. */
  readonly #dirty = new Map<string, Map<string, number>>();

  constructor(backend: Backend, options: StoreOptions = {}) {
    this.#backend = backend;
    this.#cache = new ValueCache(backend, {
      textSize: 32_000_000,
      valueSize: 24_000_000,
      freeze: false,
      plain: (value) => value,
      ...options,
    });
    this.#buffered = new BufferedState(backend, () => this.#undo);
    this.state = this.#buffered;
    const loaded = backend.load();
    this.revision = loaded.revision;
    this.compactedRevision = loaded.compactedRevision;
    this.#flushedRevision = this.revision;
    this.#flushedCompaction = this.compactedRevision;
    for (const row of loaded.live) this.#setLive(this.#bucket(row.bucket), row.key, { ...row });
  }

  get<T>(bucket: string, key: string): Entry<T> | undefined {
    const live = this.#buckets.get(bucket)?.live.get(key);
    return live && this.#entry<T>(bucket, key, live.revision, live.createRevision);
  }

  list<T>(bucket: string, range: Range = {}): Entry<T>[] {
    const found = this.#buckets.get(bucket);
    if (!found) return [];
    return this.#entries(bucket, found.keys.slice(range), found.live);
  }

  listAt<T>(bucket: string, revision: number, range: Range = {}): Entry<T>[] {
    const past = this.#pastOf(bucket, revision);
    if (!past) return this.list(bucket, range);
    const live = this.#buckets.get(bucket)?.live;
    return this.#entries(bucket, past.keys.slice(range), live, past.changed);
  }

  countAt(bucket: string, revision: number, range: Range = {}): number {
    return (this.#pastOf(bucket, revision)?.keys ?? this.#buckets.get(bucket)?.keys)?.count(range) ?? 0;
  }

  /** What was otherwise at a revision. Undefined if nothing in the bucket has changed since. */
  #pastOf(
    bucket: string,
    revision: number,
  ): { keys: SortedKeys; changed: Map<string, { revision: number; createRevision: number }> } | undefined {
    const changed = this.#revisionsAt(bucket, revision);
    if (!changed.size) return undefined;
    const keys = new Set([...(this.#buckets.get(bucket)?.live.keys() ?? []), ...changed.keys()]);
    return { changed, keys: new SortedKeys([...keys].filter((key) => changed.get(key)?.revision !== 0)) };
  }

  /** The keys of a bucket that changed after a revision, with the revision they had then (0: they did not exist). */
  #revisionsAt(bucket: string, revision: number): Map<string, { revision: number; createRevision: number }> {
    const out = new Map<string, { revision: number; createRevision: number }>();
    for (let at = revision; at < this.revision;) {
      const rows = this.#logAfter(at, 1000);
      for (const row of rows) {
        if (row.bucket === bucket && !out.has(row.key))
          out.set(row.key, { revision: row.previous, createRevision: row.previous ? row.createRevision : 0 });
      }
      at = rows.at(-1)!.revision;
    }
    return out;
  }

  count(bucket: string, prefix?: string): number {
    const found = this.#buckets.get(bucket);
    if (!found) return 0;
    return prefix === undefined ? found.live.size : found.keys.count({ prefix });
  }

  bytesOf(bucket: string): number {
    return this.#buckets.get(bucket)?.bytes ?? 0;
  }

  changesOf(bucket: string): number {
    return this.#buckets.get(bucket)?.changes ?? 0;
  }

  lookup<T>(bucket: string, term: string): Entry<T>[] {
    const found = this.#buckets.get(bucket);
    const keys = found?.terms.keysOf(term);
    return keys?.length ? this.#entries(bucket, keys, found!.live) : [];
  }

  termsOf(bucket: string, key: string): readonly string[] {
    return this.#buckets.get(bucket)?.live.get(key)?.terms ?? NONE;
  }

  countTerm(bucket: string, term: string): number {
    return this.#buckets.get(bucket)?.terms.count(term) ?? 0;
  }

  bucketsWith(term: string): readonly string[] {
    let found: string[] | undefined;
    for (const { name, terms } of this.#buckets.values()) if (terms.has(term)) (found ??= []).push(name);
    return found ?? NONE;
  }

  put<T>(bucketName: string, key: string, write: Write, expected: number): Entry<T> {
    const bucket = this.#bucket(bucketName);
    const old = bucket.live.get(key);
    if ((old?.revision ?? 0) !== expected) throw new StaleRevisionError(old?.revision ?? 0);
    const revision = ++this.revision;
    const createRevision = old?.createRevision ?? revision;
    this.#undo?.push(() => this.#unwrite(bucket, key, old));
    this.#append({ revision, bucket: bucketName, key, previous: expected, createRevision, deleted: false }, write.value);
    this.#setLive(bucket, key, { revision, createRevision, bytes: old?.bytes ?? 0, terms: write.terms });
    return this.#entry<T>(bucketName, key, revision, createRevision);
  }

  delete<T>(bucketName: string, key: string, last: T, expected: number): Entry<T> {
    const bucket = this.#bucket(bucketName);
    const old = bucket.live.get(key);
    if (!old || old.revision !== expected) throw new StaleRevisionError(old?.revision ?? 0);
    this.#undo?.push(() => this.#unwrite(bucket, key, old));
    const revision = ++this.revision;
    this.#append({ revision, bucket: bucketName, key, previous: expected, createRevision: old.createRevision, deleted: true }, last);
    this.#dropLive(bucket, key, old);
    return this.#entry<T>(bucketName, key, revision, old.createRevision);
  }

  atomically<T>(work: () => T): T {
    const outer = this.#undo;
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return work();
    } catch (error) {
      for (const step of undo.reverse()) step();
      undo.length = 0;
      throw error;
    } finally {
      this.#undo = outer;
      outer?.push(...undo);
    }
  }

  changesAfter(revision: number, limit = 1000): Change[] {
    return this.#logAfter(revision, limit).map((row) => new LoggedChange(row, this.#cache));
  }

  compact(revision: number): void {
    const to = Math.min(revision, this.revision);
    if (to <= this.compactedRevision) return;
    this.compactedRevision = to;
    this.#recent = this.#recent.filter((row) => row.revision > to);
    const superseded = new Set<number>();
    for (const row of this.#unflushed) {
      if (row.revision > to) break;
      if (row.previous) superseded.add(row.previous);
      if (row.deleted) superseded.add(row.revision);
    }
    if (!superseded.size) return;
    this.#unflushed = this.#unflushed.filter((row) => !superseded.has(row.revision));
    for (const one of superseded) {
      if (one > this.#flushedRevision) this.#cache.drop(one);
      else this.#superseded.push(one);
    }
  }

  get isDirty(): boolean {
    return this.#hasWrites || this.#buffered.isDirty;
  }

  get #hasWrites(): boolean {
    return this.revision > this.#flushedRevision || this.compactedRevision > this.#flushedCompaction;
  }

  flush(): void {
    const state = this.#buffered.take();
    if (!this.#hasWrites && !state.length) return;
    const { revision, compactedRevision } = this;
    const texts = new Map(this.#unflushed.map((row) => [row.revision, this.#cache.textToSave(row.revision)]));
    const log = this.#unflushed.map((row) => ({ row, text: texts.get(row.revision)! }));
    const compaction =
      compactedRevision > this.#flushedCompaction
        ? { from: this.#flushedCompaction, to: compactedRevision, superseded: this.#superseded }
        : undefined;
    this.#backend.write({ revision, compaction, log, ...this.#takeDirty(texts), state });
    this.#unflushed = [];
    this.#superseded = [];
    this.#flushedRevision = revision;
    this.#flushedCompaction = compactedRevision;
    this.#cache.saved(texts);
  }

  /** The keys that were written, measured as they are now; what came and went since the last flush is nothing to the backend. */
  #takeDirty(texts: ReadonlyMap<number, string>): Pick<Batch, 'live' | 'gone'> {
    const live: LiveRow[] = [];
    const gone: number[] = [];
    for (const [name, keys] of this.#dirty) {
      const bucket = this.#buckets.get(name)!;
      for (const [key, stored] of keys) {
        const now = bucket.live.get(key);
        if (stored && stored !== now?.createRevision) gone.push(stored);
        if (!now) continue;
        this.#measure(bucket, now, (texts.get(now.revision) ?? this.#cache.text(now.revision)).length);
        live.push({ bucket: name, key, ...now });
      }
    }
    this.#dirty.clear();
    return { live, gone };
  }

  #measure(bucket: Bucket, live: Live, bytes: number): void {
    this.size.bytes += bytes - live.bytes;
    bucket.bytes += bytes - live.bytes;
    live.bytes = bytes;
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket)
      this.#buckets.set(name, (bucket = { name, live: new Map(), keys: new SortedKeys(), terms: new Terms(), bytes: 0, changes: 0 }));
    return bucket;
  }

  #setLive(bucket: Bucket, key: string, next: Live): void {
    const old = bucket.live.get(key);
    this.size.bytes += next.bytes - (old?.bytes ?? 0);
    bucket.bytes += next.bytes - (old?.bytes ?? 0);
    if (old) bucket.terms.change(key, old.terms, next.terms);
    else {
      this.size.objects++;
      bucket.keys.add(key);
      bucket.terms.change(key, NONE, next.terms);
    }
    bucket.live.set(key, next);
    bucket.changes++;
  }

  #dropLive(bucket: Bucket, key: string, old: Live): void {
    bucket.terms.change(key, old.terms, NONE);
    bucket.live.delete(key);
    bucket.changes++;
    bucket.keys.delete(key);
    this.size.objects--;
    this.size.bytes -= old.bytes;
    bucket.bytes -= old.bytes;
  }

  /** Takes back the newest write, which was to this key. */
  #unwrite(bucket: Bucket, key: string, old: Live | undefined): void {
    const { revision, previous, deleted } = this.#unflushed.pop()!;
    const dirty = this.#dirty.get(bucket.name)!;
    if (deleted && !dirty.has(key)) dirty.set(key, 0);
    this.#recent.pop();
    this.#cache.remove(revision, previous);
    this.revision = revision - 1;
    const now = bucket.live.get(key);
    if (old) this.#setLive(bucket, key, old);
    else if (now) this.#dropLive(bucket, key, now);
  }

  #append(row: LogRow, value: unknown): void {
    this.#unflushed.push(row);
    this.#noteDirty(row);
    this.#recent.push(row);
    if (this.#recent.length > 2 * RECENT_CHANGES) this.#recent = this.#recent.slice(-Math.max(RECENT_CHANGES, this.#unflushed.length));
    this.#cache.add(row.revision, value);
    if (row.previous) this.#cache.supersede(row.previous);
    if (row.deleted) this.#cache.supersede(row.revision);
  }

  /** What came since the last flush and goes is nothing to the backend. */
  #noteDirty({ bucket, key, previous, createRevision, deleted }: LogRow): void {
    let dirty = this.#dirty.get(bucket);
    if (!dirty) this.#dirty.set(bucket, (dirty = new Map<string, number>()));
    const stored = dirty.get(key);
    if (deleted && stored === 0) dirty.delete(key);
    else if (stored === undefined) dirty.set(key, previous > 0 ? createRevision : 0);
  }

  #logAfter(revision: number, limit: number): LogRow[] {
    if (revision < this.compactedRevision || revision > this.revision) throw new CompactedError();
    const first = this.#recent[0]?.revision ?? this.revision + 1;
    if (revision + 1 >= first) return this.#recent.slice(revision + 1 - first, revision + 1 - first + limit);
    const old = this.#backend.logAfter(revision, Math.min(limit, first - 1 - revision));
    return old.length < limit ? [...old, ...this.#recent.slice(0, limit - old.length)] : old;
  }

  #entry<T>(bucket: string, key: string, revision: number, createRevision: number): Entry<T> {
    return new StoredEntry<T>(bucket, key, revision, createRevision, this.#cache);
  }

  /** Entries that are read in this order; as they are in `past`, if they are there. */
  #entries<T>(bucket: string, keys: readonly string[], live: Revisions | undefined, past?: Revisions): Entry<T>[] {
    const entries: Entry<T>[] = [];
    const values = keys.length > 1 ? new ReadAhead(this.#cache, entries) : this.#cache;
    for (const key of keys) {
      const { revision, createRevision } = past?.get(key) ?? live!.get(key)!;
      entries.push(new StoredEntry<T>(bucket, key, revision, createRevision, values));
    }
    return entries;
  }
}

class StoredEntry<T> implements Entry<T> {
  readonly bucket: string;
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly #values: Values;
  constructor(bucket: string, key: string, revision: number, createRevision: number, values: Values) {
    this.bucket = bucket;
    this.key = key;
    this.revision = revision;
    this.createRevision = createRevision;
    this.#values = values;
  }
  get value(): T {
    return this.#values.value(this.revision) as T;
  }
  get text(): string {
    return this.#values.text(this.revision);
  }
}

class LoggedChange implements Change {
  readonly #row: LogRow;
  readonly #values: Values;
  constructor(row: LogRow, values: Values) {
    this.#row = row;
    this.#values = values;
  }
  get revision(): number {
    return this.#row.revision;
  }
  get bucket(): string {
    return this.#row.bucket;
  }
  get key(): string {
    return this.#row.key;
  }
  get type(): Change['type'] {
    return this.#row.deleted ? 'deleted' : this.#row.previous ? 'updated' : 'created';
  }
  get value(): unknown {
    return this.#values.value(this.#row.revision);
  }
  get text(): string {
    return this.#values.text(this.#row.revision);
  }
  get previous(): unknown {
    return this.#row.previous ? this.#values.value(this.#row.previous) : undefined;
  }
}

const NONE: readonly string[] = [];
