// When history is forgotten. As upstream: every five minutes, what was superseded more than five minutes ago goes; and sooner if much was.

import type { Store } from '../store/store.ts';

const EVERY_MS = 5 * 60_000;
const KEPT_CHANGES = 10_000;

/** Up to which revision it was written when. */
interface Mark {
  readonly at: number;
  readonly revision: number;
}

export class Compaction {
  readonly #store: Store;
  #holds = 0;
  /** As it was saved; read when it is first wanted. */
  #mark: Mark | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps all history until what is returned is called. */
  hold(): () => void {
    this.#holds++;
    return () => void this.#holds--;
  }

  /** `now` in ms. */
  run(now: number): void {
    if (this.#holds) return;
    const { state, revision, compactedRevision } = this.#store;
    const mark = (this.#mark ??= state.get<Mark>('compaction', 'mark') ?? { at: now, revision: 0 });
    const isDue = now - mark.at >= EVERY_MS;
    if (isDue || revision - compactedRevision >= 2 * KEPT_CHANGES) this.#store.compact(isDue ? mark.revision : revision - KEPT_CHANGES);
    else if (mark.revision > 0) return;
    this.#mark = { at: now, revision };
    state.set('compaction', 'mark', this.#mark);
  }
}
