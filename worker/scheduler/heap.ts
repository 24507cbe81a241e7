// A binary heap whose items can be found and taken out by key. Mirrors kube-scheduler backend/heap.

interface Slot<T> {
  readonly item: T;
  at: number;
}

export class KeyedHeap<T extends { readonly key: string }> {
  readonly #slots: Slot<T>[] = [];
  readonly #byKey = new Map<string, Slot<T>>();
  readonly #isLess: (a: T, b: T) => boolean;

  constructor(isLess: (a: T, b: T) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#slots.length;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.item;
  }

  peek(): T | undefined {
    return this.#slots[0]?.item;
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#slots.map(({ item }) => item);
  }

  /** Adds an item, or puts it into its new place after a change. */
  set(item: T): void {
    const slot: Slot<T> = { item, at: this.#byKey.get(item.key)?.at ?? this.#slots.length };
    this.#byKey.set(item.key, slot);
    this.#settle(slot);
  }

  pop(): T | undefined {
    const top = this.peek();
    if (top) this.delete(top.key);
    return top;
  }

  delete(key: string): boolean {
    const slot = this.#byKey.get(key);
    if (!slot) return false;
    this.#byKey.delete(key);
    const last = this.#slots.pop()!;
    if (last === slot) return true;
    last.at = slot.at;
    this.#settle(last);
    return true;
  }

  #settle(slot: Slot<T>): void {
    this.#rise(slot);
    this.#sink(slot);
  }

  #put(slot: Slot<T>, at: number): void {
    this.#slots[at] = slot;
    slot.at = at;
  }

  #rise(slot: Slot<T>): void {
    let { at } = slot;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(slot.item, this.#slots[parent]!.item)) break;
      this.#put(this.#slots[parent]!, at);
      at = parent;
    }
    this.#put(slot, at);
  }

  #sink(slot: Slot<T>): void {
    const { length } = this.#slots;
    let { at } = slot;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isLess(this.#slots[child + 1]!.item, this.#slots[child]!.item)) child++;
      if (!this.#isLess(this.#slots[child]!.item, slot.item)) break;
      this.#put(this.#slots[child]!, at);
      at = child;
    }
    this.#put(slot, at);
  }
}
