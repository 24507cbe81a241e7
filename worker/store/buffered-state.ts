// Private state with its writes held back until the store's flush. A scope is read whole at first use and then kept.

import type { Backend, PrivateState } from './store.ts';

export class BufferedState implements PrivateState {
  readonly #backend: Backend;
  readonly #scopes = new Map<string, Map<string, unknown>>();
  /** Scopes that are to be read when they are wanted; of the others nothing is stored. */
  readonly #unread: Set<string>;
  readonly #dirty = new Map<string, { scope: string; key: string }>();

  readonly #onChange: (undo: () => void) => void;

  /** `onChange` is told how to take each change back. */
  constructor(backend: Backend, onChange: (undo: () => void) => void) {
    this.#backend = backend;
    this.#onChange = onChange;
    this.#unread = new Set(backend.scopes());
  }

  get<T>(scope: string, key: string): T | undefined {
    return this.#scope(scope).get(key) as T | undefined;
  }

  set(scope: string, key: string, value: unknown): void {
    const values = this.#scope(scope);
    const before = values.get(key);
    this.#onChange(() => (before === undefined ? values.delete(key) : values.set(key, before)));
    values.set(key, value);
    this.#dirty.set(`${scope}\0${key}`, { scope, key });
  }

  delete(scope: string, key: string): void {
    const values = this.#scope(scope);
    const before = values.get(key);
    if (!values.delete(key)) return;
    this.#onChange(() => values.set(key, before));
    this.#dirty.set(`${scope}\0${key}`, { scope, key });
  }

  entries<T>(scope: string): [key: string, value: T][] {
    return [...(this.#scope(scope) as Map<string, T>)].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** What changed since the last call. */
  take(): { scope: string; key: string; text: string | undefined }[] {
    const out = [...this.#dirty.values()].map(({ scope, key }) => {
      const value = this.#scope(scope).get(key);
      return { scope, key, text: value === undefined ? undefined : JSON.stringify(value) };
    });
    this.#dirty.clear();
    return out;
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
