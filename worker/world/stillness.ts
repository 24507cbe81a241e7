// Since when a world has been still. What only answers questions (a service that is probed) answers the same as long as nothing else is written, so that nobody need
// ask again; and a cluster at rest does nothing at all.

import type { WorldState } from './state.ts';

const SCOPE = 'world/stillness';
/** Connections come and go with each question. */
const UNNOTICED: ReadonlySet<string> = new Set([SCOPE, 'world/connections']);
/** Changes are noted this often at most, ms. */
const GRAIN_MS = 1000;
/** What nothing has changed in for so long is still. */
const STILL_AFTER_MS = 30_000;

export class Stillness {
  readonly #state: WorldState;
  readonly #now: () => number;
  readonly #touched: () => void;
  #touchedAt: number | undefined;
  /** Changes so far; counts from anew after an eviction. */
  changes = 0;

  constructor(state: WorldState, now: () => number, touched: () => void) {
    this.#state = state;
    this.#now = now;
    this.#touched = touched;
  }

  get touchedAt(): number {
    return (this.#touchedAt ??= this.#state.get<number>(SCOPE, 'at') ?? -Infinity);
  }

  get isStill(): boolean {
    return this.#now() - this.touchedAt >= STILL_AFTER_MS;
  }

  /** The same state; what is written through it is noticed. */
  watching(state: WorldState): WorldState {
    const notice = (scope: string): void => {
      if (UNNOTICED.has(scope)) return;
      this.changes++;
      const now = this.#now();
      const isNews = now - this.touchedAt >= GRAIN_MS;
      if (!isNews) return;
      const wasStill = this.isStill;
      this.#touchedAt = now;
      this.#state.set(SCOPE, 'at', now);
      if (wasStill) this.#touched();
    };
    return {
      get: (scope, key) => state.get(scope, key),
      entries: (scope) => state.entries(scope),
      set: (scope, key, value) => {
        state.set(scope, key, value);
        notice(scope);
      },
      delete: (scope, key) => {
        state.delete(scope, key);
        notice(scope);
      },
    };
  }
}
