// Private state with its writes held back until the store's flush. A scope is read whole at first use and then kept.

import type { Backend, PrivateState } from './store.ts';

export class BufferedState implements PrivateState {
  readonly #backend: Backend;
  readonly #scopes = new Map<string, Map<string, unknown>>();
  /** Scopes that are to be read when they are wanted; of the others nothing is stored. */
  readonly #unread: Set<string>;
  /** Keys that may have another value than what is stored, by their scope, and whether something is stored of them. */
  readonly #dirty = new Map<string, Map<string, boolean>>();
  readonly #undo: () => (() => void)[] | undefined;

  /** `undo` gives the list of how to take back what is being done; undefined if that will not be asked for. */
  constructor(backend: Backend, undo: () => (() => void)[] | undefined) {
    this.#backend = backend;
    this.#undo = undo;
    this.#unread = new Set(backend.scopes());
  }

  get<T>(scope: string, key: string): T | undefined {
    return this.#known(scope)?.get(key) as T | undefined;
  }

  set(scope: string, key: string, value: unknown): void {
    const values = this.#scope(scope);
    const before = values.get(key);
    this.#undo()?.push(() => (before === undefined ? values.delete(key) : values.set(key, before)));
    values.set(key, value);
    this.#changed(scope, key, before !== undefined);
  }

  delete(scope: string, key: string): void {
    const values = this.#known(scope);
    const before = values?.get(key);
    if (!values?.delete(key)) return;
    this.#undo()?.push(() => values.set(key, before));
    this.#changed(scope, key, true);
  }

  entries<T>(scope: string): [key: string, value: T][] {
    const values = this.#known(scope) as Map<string, T> | undefined;
    return values?.size ? [...values].sort(([a], [b]) => (a < b ? -1 : 1)) : [];
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** What changed since the last call; without what came and went since. */
  take(): { scope: string; key: string; text: string | undefined }[] {
    const out: { scope: string; key: string; text: string | undefined }[] = [];
    for (const [scope, keys] of this.#dirty) {
      const values = this.#scope(scope);
      for (const [key, isStored] of keys) {
        const value = values.get(key);
        if (value !== undefined) out.push({ scope, key, text: JSON.stringify(value) });
        else if (isStored) out.push({ scope, key, text: undefined });
      }
      // Every container that ever was had scopes of its own.
      if (values.size === 0) this.#scopes.delete(scope);
    }
    this.#dirty.clear();
    return out;
  }

  #changed(scope: string, key: string, isStored: boolean): void {
    let keys = this.#dirty.get(scope);
    if (!keys) this.#dirty.set(scope, (keys = new Map<string, boolean>()));
    if (!keys.has(key)) keys.set(key, isStored);
  }

  /** Undefined if it has no values. */
  #known(name: string): Map<string, unknown> | undefined {
    return this.#scopes.get(name) ?? (this.#unread.has(name) ? this.#scope(name) : undefined);
  }

  #scope(name: string): Map<string, unknown> {
    let scope = this.#scopes.get(name);
    if (!scope) {
      const stored = this.#unread.delete(name) ? this.#backend.scanState(name) : [];
      this.#scopes.set(name, (scope = new Map(stored.map(([key, text]) => [key, JSON.parse(text) as unknown]))));
    }
    return scope;
  }
}
