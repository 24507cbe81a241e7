// When what is to be looked at again: one timer a key, saved with everything else, the earliest one first.

import type { PrivateState } from '../store/store.ts';

export interface Timer {
  /** Sandbox time, ms. */
  readonly at: number;
  /** Does not drag the clock along at speed `instant`. */
  readonly background?: boolean;
  /** How often in a row the work failed, for the back-off. */
  readonly failures?: number;
}

interface Scheduled {
  readonly id: string;
  readonly at: number;
  /** Ties go to who was set first. */
  readonly order: number;
}

const SCOPE = 'timers';

export class Timers {
  readonly #state: PrivateState;
  readonly #timers = new Map<string, Timer & { order: number }>();
  /** Heaps may hold timers that were moved or cleared since: they are dropped when they come up. */
  readonly #work = new Heap();
  readonly #background = new Heap();
  #order = 0;

  constructor(state: PrivateState) {
    this.#state = state;
    const saved = state.entries<Timer>(SCOPE).sort(([, a], [, b]) => a.at - b.at);
    for (const [id, timer] of saved) this.#add(id, timer);
  }

  get(id: string): Timer | undefined {
    return this.#timers.get(id);
  }

  set(id: string, timer: Timer): void {
    const old = this.#timers.get(id);
    if (old && old.at === timer.at && old.background === timer.background && old.failures === timer.failures) return;
    this.#add(id, timer);
    this.#state.set(SCOPE, id, timer);
  }

  clear(id: string): void {
    if (!this.#timers.delete(id)) return;
    this.#state.delete(SCOPE, id);
  }

  get size(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, of all, or only of those that are work. */
  next(onlyWork = false): number {
    const work = this.#head(this.#work)?.at ?? Infinity;
    return onlyWork ? work : Math.min(work, this.#head(this.#background)?.at ?? Infinity);
  }

  /** Takes the timers due at `now` off the heap, in their order. They stay known until set anew or cleared, so that none is lost on the way. */
  due(now: number): string[] {
    const out: Scheduled[] = [];
    for (const heap of [this.#work, this.#background]) {
      for (let head = this.#head(heap); head && head.at <= now; head = this.#head(heap)) out.push(heap.pop()!);
    }
    return out.sort((a, b) => a.at - b.at || a.order - b.order).map(({ id }) => id);
  }

  #add(id: string, timer: Timer): void {
    const order = this.#order++;
    this.#timers.set(id, { ...timer, order });
    (timer.background ? this.#background : this.#work).push({ id, at: timer.at, order });
  }

  #head(heap: Heap): Scheduled | undefined {
    for (;;) {
      const head = heap.peek();
      if (!head || this.#timers.get(head.id)?.order === head.order) return head;
      heap.pop();
    }
  }
}

/** A binary heap, earliest first. */
class Heap {
  readonly #items: Scheduled[] = [];

  peek(): Scheduled | undefined {
    return this.#items[0];
  }

  push(item: Scheduled): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(items[parent]!, item)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Scheduled | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
      if (isBefore(last, items[child]!)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

const isBefore = (a: Scheduled, b: Scheduled): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
