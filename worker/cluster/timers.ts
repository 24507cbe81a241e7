// When what is to be looked at again: one timer a task, saved with everything else, the earliest one first. Most timers come and go between two saves.

import type { PrivateState } from '../store/store.ts';

export interface Timer {
  /** Sandbox time, ms. */
  readonly at: number;
  /** Does not drag the clock along at speed `instant`. */
  readonly background?: boolean;
  /** How often in a row the work failed, for the back-off. */
  readonly failures?: number;
}

/** What may have a timer. */
export interface Timed {
  /** Under which its timer is saved. */
  readonly id: string;
  /** Kept by `Timers`. */
  timer: SetTimer | undefined;
  /** Whether a timer of it is saved. Kept by `Timers`. */
  hasSavedTimer: boolean;
}

export interface SetTimer extends Timer {
  /** Ties go to who was set first. */
  readonly order: number;
}

interface Scheduled<T> {
  readonly task: T;
  readonly at: number;
  readonly order: number;
}

const SCOPE = 'timers';

export class Timers<T extends Timed> {
  readonly #state: PrivateState;
  /** Heaps may hold timers that were moved or cleared since: they are dropped when they come up. */
  readonly #work = new Heap<T>();
  readonly #background = new Heap<T>();
  /** Whose timers may be others than those that were saved. */
  readonly #unsaved = new Set<T>();
  #size = 0;
  #order = 0;

  constructor(state: PrivateState) {
    this.#state = state;
  }

  /** Sets what was saved. `taskOf` finds whose timer it was; undefined if nobody has it any more. */
  restore(taskOf: (id: string) => T | undefined): void {
    const saved = this.#state.entries<Timer>(SCOPE).sort(([, a], [, b]) => a.at - b.at);
    for (const [id, timer] of saved) {
      const task = taskOf(id);
      if (task) {
        this.#add(task, timer);
        task.hasSavedTimer = true;
      } else this.#state.delete(SCOPE, id);
    }
  }

  set(task: T, timer: Timer): void {
    const old = task.timer;
    if (old && old.at === timer.at && old.background === timer.background && old.failures === timer.failures) return;
    this.#add(task, timer);
    this.#unsaved.add(task);
  }

  clear(task: T): void {
    if (!task.timer) return;
    task.timer = undefined;
    this.#size--;
    if (task.hasSavedTimer) this.#unsaved.add(task);
    else this.#unsaved.delete(task);
  }

  /** Puts what changed into the private state. */
  save(): void {
    for (const task of this.#unsaved) {
      const { id, timer } = task;
      if (timer) this.#state.set(SCOPE, id, timerOf(timer));
      else this.#state.delete(SCOPE, id);
      task.hasSavedTimer = timer !== undefined;
    }
    this.#unsaved.clear();
  }

  get size(): number {
    return this.#size;
  }

  /** When the next timer is due, of all, or only of those that are work. */
  next(onlyWork = false): number {
    const work = this.#head(this.#work)?.at ?? Infinity;
    return onlyWork ? work : Math.min(work, this.#head(this.#background)?.at ?? Infinity);
  }

  /** Takes the timers due at `now` off the heap, in their order. They stay known until set anew or cleared, so that none is lost on the way. */
  due(now: number): T[] {
    if (this.next() > now) return [];
    const out: Scheduled<T>[] = [];
    for (const heap of [this.#work, this.#background]) {
      for (let head = this.#head(heap); head && head.at <= now; head = this.#head(heap)) out.push(heap.pop()!);
    }
    return out.sort((a, b) => a.at - b.at || a.order - b.order).map(({ task }) => task);
  }

  #add(task: T, timer: Timer): void {
    const order = this.#order++;
    if (!task.timer) this.#size++;
    task.timer = { ...timer, order };
    (timer.background ? this.#background : this.#work).push({ task, at: timer.at, order });
  }

  #head(heap: Heap<T>): Scheduled<T> | undefined {
    for (;;) {
      const head = heap.peek();
      if (!head || head.task.timer?.order === head.order) return head;
      heap.pop();
    }
  }
}

const timerOf = ({ at, background, failures }: SetTimer): Timer => ({
  at,
  ...(background !== undefined && { background }),
  ...(failures !== undefined && { failures }),
});

/** A binary heap, earliest first. */
class Heap<T> {
  readonly #items: Scheduled<T>[] = [];

  peek(): Scheduled<T> | undefined {
    return this.#items[0];
  }

  push(item: Scheduled<T>): void {
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

  pop(): Scheduled<T> | undefined {
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

const isBefore = (a: Scheduled<unknown>, b: Scheduled<unknown>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
