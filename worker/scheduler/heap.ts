// A binary heap whose items can be found and taken out by key. Mirrors kube-scheduler backend/heap.

export class KeyedHeap<T extends { readonly key: string }> {
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();
  readonly #isLess: (a: T, b: T) => boolean;

  constructor(isLess: (a: T, b: T) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#items.length;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): T | undefined {
    const at = this.#places.get(key);
    return at === undefined ? undefined : this.#items[at];
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#items;
  }

  /** Adds an item, or puts it into its new place after a change. */
  set(item: T): void {
    let at = this.#places.get(item.key);
    if (at === undefined) at = this.#items.length;
    this.#put(item, at);
    this.#sink(this.#rise(at));
  }

  pop(): T | undefined {
    const top = this.#items[0];
    if (top) this.delete(top.key);
    return top;
  }

  delete(key: string): boolean {
    const at = this.#places.get(key);
    if (at === undefined) return false;
    this.#places.delete(key);
    const last = this.#items.pop()!;
    if (at === this.#items.length) return true;
    this.#put(last, at);
    this.#sink(this.#rise(at));
    return true;
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    this.#places.set(item.key, at);
  }

  #rise(from: number): number {
    const item = this.#items[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(item, this.#items[parent]!)) break;
      this.#put(this.#items[parent]!, at);
      at = parent;
    }
    if (at !== from) this.#put(item, at);
    return at;
  }

  #sink(from: number): void {
    const item = this.#items[from]!;
    const { length } = this.#items;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isLess(this.#items[child + 1]!, this.#items[child]!)) child++;
      if (!this.#isLess(this.#items[child]!, item)) break;
      this.#put(this.#items[child]!, at);
      at = child;
    }
    if (at !== from) this.#put(item, at);
  }
}
