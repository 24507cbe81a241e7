// When what a step did is saved: as one, together with that of others, or, while a sleep is caught up with, later.

import type { Random } from '../lib/host.ts';
import type { Store } from '../store/store.ts';
import { Compaction } from './compaction.ts';

export interface SavingParts {
  readonly store: Store;
  readonly random: Random;
  /** The sandbox's time, ms. */
  now(): number;
  /** Lets others have their turn. */
  pause(): Promise<void>;
  /** Whether somebody would see every change. */
  isWatched(): boolean;
  /** Puts into the store's private state what has to survive. */
  prepare(): void;
  /** Tells whoever has to hear of what is saved now. */
  tell(): void;
}

export class Saving {
  readonly #parts: SavingParts;
  readonly #compaction: Compaction;
  #savedRandom = '';
  /** The commit that several requests wait for. */
  #shared: Promise<void> | undefined;

  constructor(parts: SavingParts) {
    this.#parts = parts;
    this.#compaction = new Compaction(parts.store);
  }

  /** Writes what the step did, as one, and tells the watchers. */
  commit(): void {
    const { store, random, now, prepare, tell } = this.#parts;
    prepare();
    const { state } = random;
    if (state.join() !== this.#savedRandom) {
      this.#savedRandom = state.join();
      store.state.set('random', 'state', state);
    }
    if (store.isDirty) {
      store.state.set('clock', 'now', now());
      this.#compaction.run(now());
      store.flush();
    }
    tell();
  }

  /** Saving is what takes longest of a small write, and ten take hardly longer than one. */
  together(): Promise<void> {
    this.#shared ??= this.#parts.pause().then(() => {
      this.#shared = undefined;
      this.commit();
    });
    return this.#shared;
  }

  /**
   * While a sleep is caught up with, history is forgotten as it would have been, and most of it never has to be saved; unless somebody watches, who gets all of
   * it. True if saving may wait.
   */
  passUnseen(): boolean {
    const { isWatched, now } = this.#parts;
    if (isWatched()) return false;
    this.#compaction.run(now());
    return true;
  }

  /** Keeps all history until what is returned is called. */
  holdHistory(): () => void {
    return this.#compaction.hold();
  }
}
