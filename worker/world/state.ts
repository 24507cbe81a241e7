// What the world remembers: plain records, saved together with the objects of the same step. A record may be changed in place, and is then put again.

import { Terms } from '../lib/terms.ts';

/** The store's private state, as the world sees it. Values are plain data. */
export interface WorldState {
  get<T>(scope: string, key: string): T | undefined;
  set(scope: string, key: string, value: unknown): void;
  delete(scope: string, key: string): void;
  /** All entries of a scope, in the order of their keys. */
  entries<T>(scope: string): [key: string, value: T][];
}

/** What a record is found by. A record that is put again is found by what it was (`before`), if that has not changed: the same list says so. */
type TermsOf<T, Index extends string> = Record<Index, (record: T, before: readonly string[] | undefined) => readonly string[]>;

/** A scope of records, looked up by what is in them. Read when first asked, not before. */
export class Table<T extends object, Index extends string = never> {
  readonly #state: WorldState;
  readonly #scope: string;
  readonly #termsOf: TermsOf<T, Index>;
  #indexes: Record<Index, Terms> | undefined;
  /** By key: what it is found by. */
  readonly #indexed = new Map<string, Partial<Record<Index, readonly string[]>>>();

  constructor(state: WorldState, scope: string, termsOf: TermsOf<T, Index>) {
    this.#state = state;
    this.#scope = scope;
    this.#termsOf = termsOf;
  }

  get(key: string): T | undefined {
    return this.#state.get<T>(this.#scope, key);
  }

  put(key: string, record: T): void {
    const indexes = this.#load();
    this.#state.set(this.#scope, key, record);
    this.#index(indexes, key, record);
  }

  delete(key: string): void {
    const indexes = this.#load();
    const old = this.#indexed.get(key);
    if (old) for (const index in indexes) indexes[index].change(key, old[index] ?? NONE, NONE);
    this.#indexed.delete(key);
    this.#state.delete(this.#scope, key);
  }

  /** The records of a term, in the order of their keys: the same after an eviction. */
  find(index: Index, term: string): T[] {
    const keys = this.#load()[index].keysOf(term);
    return keys.map((key) => this.get(key)!);
  }

  /** How many `find` would give. */
  count(index: Index, term: string): number {
    return this.#load()[index].count(term);
  }

  values(): T[] {
    return this.#state.entries<T>(this.#scope).map(([, record]) => record);
  }

  #load(): Record<Index, Terms> {
    if (this.#indexes) return this.#indexes;
    const indexes = {} as Record<Index, Terms>;
    for (const index in this.#termsOf) indexes[index] = new Terms();
    this.#indexes = indexes;
    for (const [key, record] of this.#state.entries<T>(this.#scope)) this.#index(indexes, key, record);
    return indexes;
  }

  #index(indexes: Record<Index, Terms>, key: string, record: T): void {
    let found = this.#indexed.get(key);
    if (!found) this.#indexed.set(key, (found = {}));
    for (const index in indexes) {
      const before = found[index];
      const now = this.#termsOf[index](record, before);
      if (now === before) continue;
      indexes[index].change(key, before ?? NONE, now);
      found[index] = now;
    }
  }
}

const NONE: readonly string[] = [];
