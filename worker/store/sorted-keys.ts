// A set of keys that can be read in order. Adding in order costs nothing; anything else waits in a heap of changes until the next read.

import type { Range } from './store.ts';

const MOST_GONE = 1000;

export class SortedKeys {
  #sorted: string[];
  #added: string[] = [];
  readonly #removed = new Set<string>();

  constructor(keys: string[] = []) {
    this.#sorted = keys.sort();
  }

  /** The key must not be in the set. */
  add(key: string): void {
    if (this.#removed.delete(key)) return;
    this.#added.push(key);
  }

  /** The key must be in the set. */
  delete(key: string): void {
    this.#removed.add(key);
    // Where nobody reads, what is gone does not pile up: most of what is held by then is gone.
    if (this.#removed.size > MOST_GONE && this.#removed.size * 2 > this.#sorted.length + this.#added.length) this.#settle();
  }

  /** Keys that are held, those that are gone among them. */
  get held(): number {
    return this.#sorted.length + this.#added.length;
  }

  slice(range: Range): string[] {
    const keys = this.#settle();
    const [from, to] = boundsOf(keys, range);
    return keys.slice(from, Math.min(to, from + (range.limit ?? Infinity)));
  }

  /** How many keys `slice` would give. */
  count(range: Range): number {
    const [from, to] = boundsOf(this.#settle(), range);
    return Math.min(to - from, range.limit ?? Infinity);
  }

  #settle(): string[] {
    if (this.#removed.size) {
      const isGone = (key: string): boolean => this.#removed.has(key);
      if (this.#removed.size > 8) {
        this.#sorted = this.#sorted.filter((key) => !isGone(key));
        this.#added = this.#added.filter((key) => !isGone(key));
      } else {
        for (const key of this.#removed) this.#removeOne(key);
      }
      this.#removed.clear();
    }
    if (this.#added.length > 8) {
      this.#added.sort();
      this.#sorted = merge(this.#sorted, this.#added);
      this.#added = [];
    } else if (this.#added.length) {
      for (const key of this.#added)
        this.#sorted.splice(
          firstIndex(this.#sorted, (one) => one > key),
          0,
          key,
        );
      this.#added = [];
    }
    return this.#sorted;
  }

  #removeOne(key: string): void {
    const at = firstIndex(this.#sorted, (one) => one >= key);
    if (this.#sorted[at] === key) this.#sorted.splice(at, 1);
    else this.#added = this.#added.filter((one) => one !== key);
  }
}

/** From which index on, and up to which, keys are in a range. */
function boundsOf(keys: readonly string[], { prefix = '', after }: Range): [from: number, to: number] {
  const from = after !== undefined && after >= prefix ? firstIndex(keys, (key) => key > after) : firstIndex(keys, (key) => key >= prefix);
  return [from, firstIndex(keys, (key) => key >= prefix && !key.startsWith(prefix), from)];
}

/** The first index from `low` on whose key passes; once one passes, all after it do. */
function firstIndex(keys: readonly string[], passes: (key: string) => boolean, low = 0): number {
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(keys[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function merge(left: readonly string[], right: readonly string[]): string[] {
  if (!left.length || left.at(-1)! < right[0]!) return [...left, ...right];
  const out: string[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) out.push(left[i]! < right[j]! ? left[i++]! : right[j++]!);
  while (i < left.length) out.push(left[i++]!);
  while (j < right.length) out.push(right[j++]!);
  return out;
}
