// How many pods are in each place of a topology, and how many are in the emptiest.

export class DomainCounts {
  readonly #pods: Map<string, number>;
  #fewest = 0;
  /** How many places have the fewest; 0: not worked out. */
  #emptiest = 0;

  constructor(pods = new Map<string, number>()) {
    this.#pods = pods;
  }

  /** How many places there are. */
  get size(): number {
    return this.#pods.size;
  }

  has(place: string): boolean {
    return this.#pods.has(place);
  }

  /** No pods, if there is no such place. */
  at(place: string): number {
    return this.#pods.get(place) ?? 0;
  }

  /** Adds pods to a place, which there is from then on. */
  add(place: string, pods: number): void {
    const before = this.#pods.get(place);
    const after = (before ?? 0) + pods;
    this.#pods.set(place, after);
    if (this.#emptiest === 0) return;
    if (before === this.#fewest) this.#emptiest--;
    if (after < this.#fewest) {
      this.#fewest = after;
      this.#emptiest = 1;
    } else if (after === this.#fewest) this.#emptiest++;
  }

  /** How many pods the emptiest place has. */
  get fewest(): number {
    if (this.#emptiest > 0) return this.#fewest;
    this.#fewest = Number.MAX_SAFE_INTEGER;
    for (const number of this.#pods.values()) {
      if (number > this.#fewest) continue;
      this.#emptiest = number < this.#fewest ? 1 : this.#emptiest + 1;
      this.#fewest = number;
    }
    return this.#fewest;
  }

  clone(): DomainCounts {
    return new DomainCounts(new Map(this.#pods));
  }
}
