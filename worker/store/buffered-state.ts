// Private state with its writes held back until the store's flush. A scope is read whole at first use and then kept.

import type { Backend, PrivateState } from './store.ts';

export class BufferedState implements PrivateState {
  readonly #backend: Backend;
  readonly #scopes = new Map<string, Map<string, unknown>>();
  /** Scopes that are to be read when they are wanted; of the others nothing is stored. */
  readonly #unread: Set<string>;
  /** Keys that have another value than what is stored, by their scope. */
  readonly #dirty = new Map<string, Set<string>>();
  readonly #undo: () => (() => void)[] | undefined;

  /** `undo` gives the list of how to take back what is being done; undefined if that will not be asked for. */
  constructor(backend: Backend, undo: () => (() => void)[] | undefined) {
    this.#backend = backend;
    this.#undo = undo;
    this.#unread = new Set(backend.scopes());
  }

  get<T>(scope: string, key: string): T | undefined {
    return this.#scope(scope).get(key) as T | undefined;
  }

  set(scope: string, key: string, value: unknown): void {
    const values = this.#scope(scope);
    const before = values.get(key);
    this.#undo()?.push(() => (before === undefined ? values.delete(key) : values.set(key, before)));
    values.set(key, value);
    this.#changed(scope, key);
  }

  delete(scope: string, key: string): void {
    const values = this.#scope(scope);
    const before = values.get(key);
    if (!values.delete(key)) return;
    this.#undo()?.push(() => values.set(key, before));
    this.#changed(scope, key);
  }

  entries<T>(scope: string): [key: string, value: T][] {
    return [...(this.#scope(scope) as Map<string, T>)].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** What changed since the last call. */
  take(): { scope: string; key: string; text: string | undefined }[] {
    const out: { scope: string; key: string; text: string | undefined }[] = [];
    for (const [scope, keys] of this.#dirty) {
      const values = this.#scope(scope);
      for (const key of keys) {
        const value = values.get(key);
        out.push({ scope, key, text: value === undefined ? undefined : JSON.stringify(value) });
      }
    }
    this.#dirty.clear();
    return out;
  }

  #changed(scope: string, key: string): void {
    const keys = this.#dirty.get(scope);
    if (keys) keys.add(key);
    else this.#dirty.set(scope, new Set([key]));
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
