// Who watches, and how far they have come. A watcher is a cursor into the log and a filter; live delivery and catching up are the same code.
// An event is encoded once for all who want it in the same form. A reader that does not keep up only falls behind; when its cursor has been
// compacted away it gets 410 Expired.

import { Pending } from '../api/admission.ts';
import type { KubeObject } from '../api/object.ts';
import { expired, StatusError } from '../api/status.ts';
import type { WatchEventType, WatchHub, WatchRequest, WatchSink } from '../api/watch.ts';
import { utf8 } from '../lib/text.ts';
import type { Change, Store } from '../store/store.ts';
import { CompactedError } from '../store/store.ts';
import { replacedBucket } from './custom-resources.ts';

export interface WatcherParts {
  readonly store: Store;
  /** The platform's time, ms: connections live outside the sandbox's. */
  worldNow(): number;
  /** Runs something later, by the platform's time. */
  schedule(ms: number, run: () => void): void;
}

const BOOKMARK_EVERY_MS = 60_000;
const SHARED_EVENTS = 64;

interface Watcher {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  readonly prefix: string;
  cursor: number;
  isLagging: boolean;
  readonly endsAt: number;
  nextBookmarkAt: number;
}

export class Watchers implements WatchHub {
  readonly #parts: WatcherParts;
  readonly #byBucket = new Map<string, Set<Watcher>>();
  /** Encoded events of the newest changes: revision → form → bytes. */
  readonly #encoded = new Map<number, Map<string, Uint8Array>>();
  /** Everybody who is not lagging has seen the log up to here. */
  #seen: number;
  #tickAt = Infinity;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#seen = parts.store.revision;
  }

  get count(): number {
    let count = 0;
    for (const watchers of this.#byBucket.values()) count += watchers.size;
    return count;
  }

  /** Watches of a bucket that a change in this namespace ('' for none) is looked at for. */
  interested(bucket: string, namespace: string): number {
    let count = 0;
    for (const { request } of this.#byBucket.get(bucket) ?? []) if (!request.namespace || request.namespace === namespace) count++;
    return count;
  }

  open(request: WatchRequest, sink: WatchSink): () => void {
    const { store } = this.#parts;
    const now = this.#parts.worldNow();
    const watcher: Watcher = {
      request,
      sink,
      prefix: request.namespace ? `${request.namespace}/` : '',
      cursor: request.initial ? store.revision : Math.min(request.after, store.revision),
      isLagging: true,
      endsAt: now + request.timeoutMs,
      nextBookmarkAt: now + BOOKMARK_EVERY_MS,
    };
    const { bucket } = request.resource;
    const watchers = this.#byBucket.get(bucket);
    if (watchers) watchers.add(watcher);
    else this.#byBucket.set(bucket, new Set([watcher]));
    if (request.initial) this.#orEnd(watcher, () => this.#sendInitial(watcher));
    this.#catchUp(watcher);
    this.#scheduleTick(Math.min(watcher.endsAt, request.bookmarks ? watcher.nextBookmarkAt : Infinity));
    return () => this.#remove(watcher);
  }

  /** Delivers what was committed since the last call. */
  pump(): void {
    const { store } = this.#parts;
    if (this.#seen === store.revision) return;
    if (this.#byBucket.size) {
      for (const change of store.changesAfter(this.#seen, Infinity)) {
        const watchers = this.#byBucket.get(change.bucket);
        if (watchers) for (const watcher of watchers) if (!watcher.isLagging) this.#orEnd(watcher, () => this.#deliver(watcher, change));
        // Their clients list anew, with the schema and the conversion that there are now. Differs: upstream goes on for a second.
        const replaced = replacedBucket(change);
        if (replaced) for (const watcher of [...(this.#byBucket.get(replaced) ?? [])]) this.#end(watcher);
      }
    }
    this.#seen = store.revision;
  }

  /** Ends every watch: the sandbox is going. */
  closeAll(): void {
    for (const watchers of this.#byBucket.values()) for (const watcher of [...watchers]) this.#end(watcher);
  }

  #sendInitial({ request, sink, prefix, cursor }: Watcher): void {
    const { format, filter, resource } = request;
    for (const entry of this.#parts.store.list<KubeObject>(resource.bucket, { prefix })) {
      const object = resource.conversion ? resource.conversion.fromStored(entry.value) : entry.value;
      if (!filter || filter(object)) sink.write(format.event('ADDED', object, resource.conversion ? JSON.stringify(object) : entry.text));
    }
    if (request.bookmarkAfterInitial) sink.write(format.bookmark(cursor, true));
  }

  #catchUp(watcher: Watcher): void {
    const { store } = this.#parts;
    watcher.isLagging = true;
    try {
      while (watcher.cursor < store.revision) {
        if (!watcher.sink.isReady) return watcher.sink.onDrain(() => this.#catchUp(watcher));
        for (const change of store.changesAfter(watcher.cursor, 200)) {
          if (change.bucket === watcher.request.resource.bucket) this.#deliver(watcher, change);
          watcher.cursor = change.revision;
        }
      }
    } catch (error) {
      const isCompacted = error instanceof CompactedError;
      return this.#endFor(
        watcher,
        isCompacted ? expired(`too old resource version: ${watcher.cursor} (${store.compactedRevision})`) : error,
      );
    }
    watcher.isLagging = false;
    if (this.#seen < store.revision) this.pump();
  }

  #deliver(watcher: Watcher, change: Change): void {
    const { request, sink, prefix } = watcher;
    if (change.revision <= watcher.cursor && !watcher.isLagging) return;
    if (prefix && !change.key.startsWith(prefix)) {
      watcher.cursor = change.revision;
      return;
    }
    if (!watcher.isLagging && !sink.isReady) {
      watcher.isLagging = true;
      sink.onDrain(() => this.#catchUp(watcher));
      return;
    }
    const type = eventType(request, change);
    if (type) sink.write(this.#encode(request, change, type));
    watcher.cursor = change.revision;
  }

  #encode({ resource, format }: WatchRequest, change: Change, type: WatchEventType): string | Uint8Array {
    // An object that leaves a selector is shown as it was, at the revision of its leaving.
    const leaves = type === 'DELETED' && change.type === 'updated';
    const make = (): string | Uint8Array => {
      const object = leaves ? atRevision(change.previous as KubeObject, change.revision) : (change.value as KubeObject);
      if (!resource.conversion) return format.event(type, object, leaves ? JSON.stringify(object) : change.text);
      const converted = resource.conversion.fromStored(object);
      return format.event(type, converted, JSON.stringify(converted));
    };
    if (!format.key) return make();
    const key = `${type} ${format.key}`;
    let forms = this.#encoded.get(change.revision);
    if (!forms) {
      this.#encoded.set(change.revision, (forms = new Map()));
      if (this.#encoded.size > SHARED_EVENTS) this.#encoded.delete(this.#encoded.keys().next().value!);
    }
    let bytes = forms.get(key);
    if (!bytes) {
      const made = make();
      forms.set(key, (bytes = typeof made === 'string' ? utf8(made) : made));
    }
    return bytes;
  }

  #scheduleTick(at: number): void {
    if (at >= this.#tickAt) return;
    this.#tickAt = at;
    this.#parts.schedule(Math.max(0, at - this.#parts.worldNow()), () => this.#tick());
  }

  /** Bookmarks that are due, and watches that are over. */
  #tick(): void {
    const now = this.#parts.worldNow();
    if (now < this.#tickAt) return;
    this.#tickAt = Infinity;
    let next = Infinity;
    for (const watchers of this.#byBucket.values()) {
      for (const watcher of [...watchers]) {
        const { request, sink } = watcher;
        if (now >= watcher.endsAt) {
          this.#end(watcher);
          continue;
        }
        if (request.bookmarks && now >= watcher.nextBookmarkAt && !watcher.isLagging && sink.isReady) {
          sink.write(request.format.bookmark(this.#seen, false));
          watcher.nextBookmarkAt = now + BOOKMARK_EVERY_MS;
        }
        next = Math.min(next, watcher.endsAt, request.bookmarks ? Math.max(watcher.nextBookmarkAt, now + 1000) : Infinity);
      }
    }
    this.#scheduleTick(next);
  }

  #orEnd(watcher: Watcher, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#endFor(watcher, error);
    }
  }

  /**
   * A conversion that is not known any more would have to be waited for: the client begins anew with a list, which can wait. Of one that fails it is told. Throws
   * whatever else is wrong.
   */
  #endFor(watcher: Watcher, error: unknown): void {
    if (error instanceof StatusError) watcher.sink.write(watcher.request.format.error(error.status));
    else if (!(error instanceof Pending)) throw error;
    this.#end(watcher);
  }

  #end(watcher: Watcher): void {
    this.#remove(watcher);
    watcher.sink.close();
  }

  #remove(watcher: Watcher): void {
    const { bucket } = watcher.request.resource;
    const watchers = this.#byBucket.get(bucket);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byBucket.delete(bucket);
  }
}

const atRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

/** What a change is to a watcher: an object may enter or leave a selector without being created or deleted. */
function eventType({ filter, resource }: WatchRequest, change: Change): WatchEventType | undefined {
  if (!filter) return change.type === 'created' ? 'ADDED' : change.type === 'updated' ? 'MODIFIED' : 'DELETED';
  const passes = (object: unknown): boolean =>
    object !== undefined && filter(resource.conversion ? resource.conversion.fromStored(object as KubeObject) : (object as KubeObject));
  const before = change.type !== 'created' && passes(change.previous);
  if (change.type === 'deleted') return before ? 'DELETED' : undefined;
  const after = passes(change.value);
  return after ? (before ? 'MODIFIED' : 'ADDED') : before ? 'DELETED' : undefined;
}
