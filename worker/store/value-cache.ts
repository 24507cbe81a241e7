// What was written at a revision, kept in memory as far as there is room: as a value, and as text. The two have room of their own: a list of everything needs
// texts only, and must not drive out what the controllers look at again and again. Of what was not saved yet, the value is the only copy.

import { deepFreeze } from '../lib/json.ts';
import { CompactedError } from './store.ts';
import type { Backend } from './store.ts';

/** What is behind a revision. Both throw CompactedError if it is gone. */
export interface Values {
  text(revision: number): string;
  value(revision: number): unknown;
}

export interface ValueCacheOptions {
  /** Characters that texts may have, together. */
  readonly textSize: number;
  /** Bytes of memory that values may take, roughly. */
  readonly valueSize: number;
  /** Freeze every value, to catch whoever changes what they read. For tests: it costs time. */
  readonly freeze: boolean;
  /** A value as its text is made of: of something that makes its own JSON, the engine makes a text in three times the time. */
  plain(value: unknown): unknown;
}

/** What a value takes of memory, in its text's: one that was read stands alone, one that was written shares most of its parts with others (measured on pods and events). */
const [READ_COST, WRITTEN_COST] = [4, 1];
/** How many texts of what was saved last stay for the watchers; of more, as after a long sleep, those that are wanted are made again. */
const LAST_SAVED = 2000;
const NO_TEXTS: ReadonlyMap<number, string> = new Map();
/** How many superseded values stay cached, for watchers that want to know what was there before. */
const SUPERSEDED_CACHED = 512;

export class ValueCache implements Values {
  readonly #backend: Backend;
  readonly #freeze: boolean;
  readonly #plain: ValueCacheOptions['plain'];
  readonly #texts: Recent<string>;
  readonly #values: Recent<unknown>;
  /** Texts of what was saved last: watchers are told of it next. Kept longer, those that nobody reads would cost the engine's collector more than making them. */
  #lastSaved: ReadonlyMap<number, string> = NO_TEXTS;
  #superseded: number[] = [];
  /** From here on, values are nowhere else. */
  #firstUnsaved = Infinity;

  constructor(backend: Backend, { textSize, valueSize, freeze, plain }: ValueCacheOptions) {
    this.#backend = backend;
    this.#freeze = freeze;
    this.#plain = plain;
    this.#texts = new Recent(textSize);
    this.#values = new Recent(valueSize);
  }

  /** Takes what is being written; it is not dropped before it is said to be saved, or dropped. Until then it takes no room. */
  add(revision: number, value: unknown): void {
    if (this.#freeze) deepFreeze(value);
    this.#firstUnsaved = Math.min(this.#firstUnsaved, revision);
    this.#values.set(revision, value, 0);
  }

  /** What was added and will not be saved. */
  drop(revision: number): void {
    this.#texts.delete(revision);
    this.#values.delete(revision);
  }

  /** The text of what was added, which is about to be saved. */
  textToSave(revision: number): string {
    const text = this.#texts.get(revision) ?? this.#textOfValue(revision)!;
    this.#values.resize(revision, text.length * WRITTEN_COST);
    return text;
  }

  /** Says that nobody will read a revision again, but perhaps a watcher that is late. */
  supersede(revision: number): void {
    this.#superseded.push(revision);
  }

  /** Forgets what was never written, and that it superseded another. */
  remove(revision: number, previous: number): void {
    this.drop(revision);
    if (previous) this.#superseded = this.#superseded.filter((one) => one !== previous && one !== revision);
  }

  text(revision: number): string {
    const known = this.#texts.get(revision);
    if (known !== undefined) return known;
    const text = this.#lastSaved.get(revision) ?? this.#textOfValue(revision) ?? this.#savedText(revision);
    if (text === undefined) throw new CompactedError();
    this.#texts.set(revision, text, text.length);
    this.#texts.evict(this.#firstUnsaved);
    return text;
  }

  #textOfValue(revision: number): string | undefined {
    const value = this.#values.get(revision);
    return value === undefined ? undefined : JSON.stringify(this.#plain(value));
  }

  #savedText(revision: number): string | undefined {
    return this.isSaved(revision) ? this.#backend.texts([revision]).get(revision) : undefined;
  }

  value(revision: number): unknown {
    return this.#values.get(revision) ?? this.parse(revision, this.text(revision));
  }

  /** Of what is not, nothing can be read from the backend. */
  isSaved(revision: number): boolean {
    return revision < this.#firstUnsaved;
  }

  knownText(revision: number): string | undefined {
    return this.#texts.get(revision) ?? this.#lastSaved.get(revision);
  }

  knownValue(revision: number): unknown {
    return this.#values.get(revision);
  }

  /** Makes the value of a text that was read. */
  parse(revision: number, text: string): unknown {
    const value = JSON.parse(text) as unknown;
    if (this.#freeze) deepFreeze(value);
    this.#values.set(revision, value, text.length * READ_COST);
    this.#values.evict(this.#firstUnsaved);
    return value;
  }

  /** Reads texts that are not known, at once. */
  load(revisions: readonly number[]): Map<number, string> {
    const texts = this.#backend.texts(revisions);
    for (const [revision, text] of texts) this.#texts.set(revision, text, text.length);
    this.#texts.evict(this.#firstUnsaved);
    return texts;
  }

  /** All that was added is in the backend, with these texts. */
  saved(texts: ReadonlyMap<number, string>): void {
    this.#firstUnsaved = Infinity;
    this.#lastSaved = texts.size <= LAST_SAVED ? texts : NO_TEXTS;
    if (this.#superseded.length > SUPERSEDED_CACHED) {
      for (const revision of this.#superseded.slice(0, -SUPERSEDED_CACHED)) this.drop(revision);
      this.#superseded = this.#superseded.slice(-SUPERSEDED_CACHED);
    }
    this.#texts.evict(Infinity);
    this.#values.evict(Infinity);
  }
}

const AHEAD = 256;

/** The texts of a list, which are read one after the other: where one has to be fetched, the next ones are fetched with it. */
export class ReadAhead implements Values {
  readonly #cache: ValueCache;
  readonly #list: readonly { readonly revision: number }[];
  #ahead: ReadonlyMap<number, string> | undefined = undefined;
  #at = 0;

  constructor(cache: ValueCache, list: readonly { readonly revision: number }[]) {
    this.#cache = cache;
    this.#list = list;
  }

  text(revision: number): string {
    const known = this.#cache.knownText(revision) ?? this.#ahead?.get(revision);
    return known ?? (this.#cache.isSaved(revision) ? this.#fetch(revision) : this.#cache.text(revision));
  }

  value(revision: number): unknown {
    return this.#cache.knownValue(revision) ?? this.#cache.parse(revision, this.text(revision));
  }

  #fetch(revision: number): string {
    // Mostly it is one of the next: they are read in order.
    let at = this.#at;
    while (at < this.#list.length && this.#list[at]!.revision !== revision) at++;
    if (at === this.#list.length) at = this.#list.findIndex((one) => one.revision === revision);
    const next = this.#list.slice(at, at + AHEAD).map((one) => one.revision);
    const wanted = next.filter((one) => this.#cache.isSaved(one) && this.#cache.knownText(one) === undefined);
    this.#at = at;
    this.#ahead = this.#cache.load(wanted);
    const text = this.#ahead.get(revision);
    if (text === undefined) throw new CompactedError();
    return text;
  }
}

interface Kept<T> {
  readonly item: T;
  size: number;
  /** When it was moved to the end, counted in uses. */
  used: number;
}

const USES_BETWEEN_MOVES = 1000;

/** Things by revision, least recently used first. */
class Recent<T> {
  readonly #limit: number;
  readonly #kept = new Map<number, Kept<T>>();
  #size = 0;
  #uses = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(revision: number): T | undefined {
    const kept = this.#kept.get(revision);
    if (!kept) return undefined;
    // Moving it to the end at each use would cost more than now and then dropping one that was used a moment ago.
    if (++this.#uses - kept.used > USES_BETWEEN_MOVES) {
      kept.used = this.#uses;
      this.#kept.delete(revision);
      this.#kept.set(revision, kept);
    }
    return kept.item;
  }

  set(revision: number, item: T, size: number): void {
    this.delete(revision);
    this.#kept.set(revision, { item, size, used: this.#uses });
    this.#size += size;
  }

  resize(revision: number, size: number): void {
    const kept = this.#kept.get(revision);
    if (!kept) return;
    this.#size += size - kept.size;
    kept.size = size;
  }

  delete(revision: number): void {
    const kept = this.#kept.get(revision);
    if (!kept) return;
    this.#size -= kept.size;
    this.#kept.delete(revision);
  }

  evict(firstKept: number): void {
    if (this.#size <= this.#limit) return;
    for (const revision of this.#kept.keys()) {
      if (this.#size <= this.#limit) return;
      if (revision < firstKept) this.delete(revision);
    }
  }
}
