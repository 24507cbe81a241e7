// Looking less often at what has very many parts. A controller that lists a thousand pods for each of a thousand changes would look a million times; upstream is
// held back by its API quota (20 requests/s), this by a short wait. Memory only: what is forgotten in an eviction costs one look more.

const [LARGE, WAIT_MS] = [100, 100];

export class Pace {
  readonly #last = new Map<string, number>();

  /** How long to wait (ms) before looking at something of this size; 0 to look now, which is noted. */
  wait(key: string, size: number, now: number): number {
    if (size <= LARGE) {
      this.#last.delete(key);
      return 0;
    }
    const left = (this.#last.get(key) ?? -WAIT_MS) + WAIT_MS - now;
    if (left > 0) return left;
    this.#last.set(key, now);
    return 0;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
