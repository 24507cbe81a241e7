// What a loop wrote itself, so that it does not look at it again as if somebody else had. Memory only: what is forgotten in an eviction costs one look that
// finds nothing to do.

import type { KubeObject } from './object.ts';

const MOST = 10_000;

export class OwnWrites {
  /** Resource versions that were not heard of yet. */
  readonly #revisions = new Set<number>();

  add({ metadata: { resourceVersion } }: KubeObject): void {
    if (this.#revisions.size >= MOST) this.#revisions.clear();
    this.#revisions.add(Number(resourceVersion));
  }

  /** Whether this state of an object is one that was written. Said once. */
  take({ metadata: { resourceVersion } }: KubeObject): boolean {
    return this.#revisions.size > 0 && this.#revisions.delete(Number(resourceVersion));
  }
}
