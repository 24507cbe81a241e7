// What the world remembers: plain records, saved together with the objects of the same step. A record may be changed in place, and is then put again.

/** The store's private state, as the world sees it. Values are plain data. */
export interface WorldState {
  get<T>(scope: string, key: string): T | undefined;
  set(scope: string, key: string, value: unknown): void;
  delete(scope: string, key: string): void;
  /** All entries of a scope, in the order of their keys. */
  entries<T>(scope: string): [key: string, value: T][];
}

/** A scope of records, looked up by what is in them. Read when first asked, not before. */
export class Table<T extends object, Index extends string = never> {
  readonly #state: WorldState;
  readonly #scope: string;
  readonly #terms: Record<Index, (record: T) => readonly string[]>;
  #indexes: Map<string, Set<string>> | undefined;
  readonly #indexed = new Map<string, readonly string[]>();

  constructor(state: WorldState, scope: string, terms: Record<Index, (record: T) => readonly string[]>) {
    this.#state = state;
    this.#scope = scope;
    this.#terms = terms;
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
    this.#unindex(indexes, key);
    this.#indexed.delete(key);
    this.#state.delete(this.#scope, key);
  }

  /** The records of a term, in the order of their keys: the same after an eviction. */
  find(index: Index, term: string): T[] {
    const keys = this.#load().get(`${index}/${term}`);
    if (!keys) return [];
    const found = [...keys];
    return (found.length > 1 ? found.sort() : found).map((key) => this.get(key)!);
  }

  /** How many `find` would give. */
  count(index: Index, term: string): number {
    return this.#load().get(`${index}/${term}`)?.size ?? 0;
  }

  values(): T[] {
    return this.#state.entries<T>(this.#scope).map(([, record]) => record);
  }

  #load(): Map<string, Set<string>> {
    if (this.#indexes) return this.#indexes;
    const indexes = (this.#indexes = new Map<string, Set<string>>());
    for (const [key, record] of this.#state.entries<T>(this.#scope)) this.#index(indexes, key, record);
    return indexes;
  }

  #index(indexes: Map<string, Set<string>>, key: string, record: T): void {
    const terms: string[] = [];
    for (const index in this.#terms) for (const term of this.#terms[index](record)) terms.push(`${index}/${term}`);
    const old = this.#indexed.get(key);
    if (old && old.length === terms.length && old.every((term, i) => term === terms[i])) return;
    this.#unindex(indexes, key);
    this.#indexed.set(key, terms);
    for (const term of terms) {
      const keys = indexes.get(term);
      if (keys) keys.add(key);
      else indexes.set(term, new Set([key]));
    }
  }

  #unindex(indexes: Map<string, Set<string>>, key: string): void {
    for (const term of this.#indexed.get(key) ?? []) {
      const keys = indexes.get(term);
      keys?.delete(key);
      if (keys?.size === 0) indexes.delete(term);
    }
  }
}
