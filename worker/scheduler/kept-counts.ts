// What plugins count over all pods of the cluster, kept from one pod to the next: instead of counting anew, the pods are told that came and went since.
//
//     count for "web" ── 3 changes behind ──► +1 node-7, +1 node-2, -1 node-7 ──► as if counted now
//
// Nothing is kept over a change of the nodes themselves.

import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Takes a pod that came (1) or went (-1) into account. */
export type Recount<T> = (counts: T, pod: PodInfo, node: NodeInfo, by: 1 | -1) => void;

interface Change {
  readonly pod: PodInfo;
  readonly node: NodeInfo;
  readonly by: 1 | -1;
}

interface Kept {
  readonly counts: unknown;
  /** How many changes there had been when it was right. */
  seen: number;
}

/** So many kinds of counts are kept, and so many changes to bring them up to date. */
const MAX_KEPT = 16;
const MAX_CHANGES = 512;

export class KeptCounts {
  /** The longest unused first. */
  readonly #kept = new Map<string, Kept>();
  #changes: Change[] = [];
  /** Changes before the first of `#changes`. */
  #dropped = 0;

  podCame(pod: PodInfo, node: NodeInfo): void {
    this.#note({ pod, node, by: 1 });
  }

  podWent(pod: PodInfo, node: NodeInfo): void {
    this.#note({ pod, node, by: -1 });
  }

  nodesChanged(): void {
    this.#kept.clear();
    this.#changes = [];
    this.#dropped = 0;
  }

  /**
   * The counts under a key that says all they depend on. Whoever gets them may look at them until the next pod is placed, and copies them before a change.
   */
  get<T>(key: string, count: () => T, recount: Recount<T>): T {
    const now = this.#dropped + this.#changes.length;
    let kept = this.#kept.get(key);
    if (!kept || kept.seen < this.#dropped) kept = { counts: count(), seen: now };
    for (let i = kept.seen - this.#dropped; i < this.#changes.length; i++) {
      const { pod, node, by } = this.#changes[i]!;
      recount(kept.counts as T, pod, node, by);
    }
    kept.seen = now;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return kept.counts as T;
  }

  #note(change: Change): void {
    if (!this.#kept.size) return;
    this.#changes.push(change);
    if (this.#changes.length < 2 * MAX_CHANGES) return;
    this.#changes = this.#changes.slice(-MAX_CHANGES);
    this.#dropped += MAX_CHANGES;
  }
}
