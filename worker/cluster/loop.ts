// The work queue. Reads the store's log, asks each controller which keys a change concerns, and reconciles them one by one, first come first served.
//
//     log ──► watches ──► queue ──► reconcile ──► writes ──► log
//                timers ──►
//
// Cursor, queue and timers are saved together with what a reconcile wrote: after an eviction the loop goes on where it stood.

import type { Controller, ControllerContext, Requeue, Watch } from '../api/controller.ts';
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import type { Change, Store } from '../store/store.ts';
import { CompactedError } from '../store/store.ts';
import type { Timers } from './timers.ts';

const SCOPE = 'loop';
const NOBODY: readonly Subscription[] = [];
/** Upstream's workqueue.DefaultControllerRateLimiter: 5 ms, doubling, up to 1000 s. */
const USUAL_BACKOFF = { first: 5, most: 1_000_000 };
/** Longer waits, and those that get no longer, are those of a cluster at rest. */
const LONG_BACKOFF_MS = 100_000;

export interface LoopParts {
  readonly store: Store;
  readonly timers: Timers;
  readonly reader: ClusterReader;
  readonly controllers: readonly Controller[];
  now(): number;
  contextOf(controller: Controller): ControllerContext;
  /** Whether a loop may work: its component's process runs. */
  isRunning(controller: Controller): boolean;
  onError(controller: Controller, key: string, error: unknown): void;
}

/** What a work queue has seen since this life began. Upstream's names: workqueue_adds_total, workqueue_depth, workqueue_retries_total. */
export interface QueueStats {
  readonly name: string;
  readonly component: string;
  readonly adds: number;
  readonly depth: number;
  readonly reconciles: number;
  /** Keys that failed, and are tried again after a back-off. */
  readonly retries: number;
}

interface Subscription {
  readonly controller: Controller;
  readonly watch: Watch;
}

export class Loop {
  readonly #parts: LoopParts;
  readonly #byName: ReadonlyMap<string, Controller>;
  readonly #subscriptions = new Map<string, Subscription[]>();
  /** Those who watch every resource. */
  readonly #general: Subscription[] = [];
  readonly #contexts = new Map<Controller, ControllerContext>();
  readonly #started = new Set<Controller>();
  #cursor: number;
  #queue: string[] = [];
  #head = 0;
  readonly #queued = new Set<string>();
  /** Controllers whose component was down when there was work: they look at everything again when it is back. */
  readonly #behind: Set<string>;
  reconciles = 0;
  readonly #counts = new Map<string, { adds: number; reconciles: number; retries: number }>();

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#byName = new Map(parts.controllers.map((controller) => [controller.name, controller]));
    for (const controller of parts.controllers) {
      for (const watch of controller.watches) {
        if (!watch.resource) {
          this.#general.push({ controller, watch });
          continue;
        }
        const { bucket } = watch.resource;
        const known = this.#subscriptions.get(bucket);
        if (known) known.push({ controller, watch });
        else this.#subscriptions.set(bucket, [{ controller, watch }]);
      }
    }
    const { state } = parts.store;
    this.#cursor = state.get<number>(SCOPE, 'cursor') ?? 0;
    this.#behind = new Set(state.get<string[]>(SCOPE, 'behind') ?? []);
    for (const id of state.get<string[]>(SCOPE, 'queue') ?? []) this.#enqueue(id);
  }

  /** Queues a key as if something had changed, or for later. */
  enqueue(controller: string, key: string, requeue?: Requeue): void {
    const id = idOf(controller, key);
    if (requeue) this.#requeue(id, requeue);
    else this.#enqueue(id);
  }

  /** Queues every key that a component's controllers care about: what an informer does at its start. */
  resync(component: string): void {
    for (const controller of this.#parts.controllers) {
      if (controller.component !== component || !this.#parts.isRunning(controller)) continue;
      this.#behind.delete(controller.name);
      this.#resyncController(controller);
    }
  }

  /** The names of a component's controllers. */
  controllersOf(component: string): string[] {
    return this.#parts.controllers.filter((one) => one.component === component).map(({ name }) => name);
  }

  /** Of every controller that had something to do. */
  queues(): QueueStats[] {
    const depths = new Map<string, number>();
    for (let at = this.#head; at < this.#queue.length; at++) {
      const [name] = splitId(this.#queue[at]!);
      depths.set(name, (depths.get(name) ?? 0) + 1);
    }
    return [...this.#counts].map(([name, counts]) => ({
      name,
      component: this.#byName.get(name)?.component ?? '',
      depth: depths.get(name) ?? 0,
      ...counts,
    }));
  }

  #countsOf(name: string): { adds: number; reconciles: number; retries: number } {
    let counts = this.#counts.get(name);
    if (!counts) this.#counts.set(name, (counts = { adds: 0, reconciles: 0, retries: 0 }));
    return counts;
  }

  get isQuiet(): boolean {
    return this.#head >= this.#queue.length && this.#cursor === this.#parts.store.revision;
  }

  /** Reconciles up to `budget` keys. True if nothing is left to do at this time. */
  run(budget: number, isTimeUp: () => boolean = () => false): boolean {
    for (const id of this.#parts.timers.due(this.#parts.now())) this.#enqueue(id);
    this.#dispatch();
    for (let left = budget; left > 0 && this.#head < this.#queue.length && (left === budget || !isTimeUp()); left--) {
      const id = this.#queue[this.#head++]!;
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) this.#compactQueue();
      this.#queued.delete(id);
      this.#reconcile(id);
      this.#dispatch();
    }
    return this.isQuiet;
  }

  /**
   * Puts what has to survive into the store's private state, to be flushed with the writes. That changes were looked at, and that nothing came of it, is not
   * worth a write: they are looked at once more after an eviction.
   */
  save(): void {
    const { store } = this.#parts;
    const { state } = store;
    for (const controller of this.#started) controller.save?.(this.#contextOf(controller));
    const left = this.#queue.slice(this.#head);
    if (left.length || state.get<string[]>(SCOPE, 'queue')?.length) state.set(SCOPE, 'queue', left);
    if (this.#behind.size || state.get<string[]>(SCOPE, 'behind')?.length) state.set(SCOPE, 'behind', [...this.#behind]);
    if (store.isDirty && state.get<number>(SCOPE, 'cursor') !== this.#cursor) state.set(SCOPE, 'cursor', this.#cursor);
  }

  /** How far the log was looked at; saved with this, also when nothing else is. */
  saveCursor(): number {
    this.#parts.store.state.set(SCOPE, 'cursor', this.#cursor);
    return this.#cursor;
  }

  #reconcile(id: string): void {
    const { timers, isRunning, onError } = this.#parts;
    const [name, key] = splitId(id);
    const controller = this.#byName.get(name);
    if (!controller) return timers.clear(id);
    if (!isRunning(controller)) {
      this.#behind.add(name);
      return;
    }
    if (this.#behind.delete(name)) this.#resyncController(controller);
    this.resume(controller);
    this.reconciles++;
    this.#countsOf(name).reconciles++;
    try {
      this.#requeue(id, controller.reconcile(key, this.#contextOf(controller)) ?? undefined);
    } catch (error) {
      onError(controller, key, error);
      this.#countsOf(name).retries++;
      const failures = (timers.get(id)?.failures ?? 0) + 1;
      const { first, most } = controller.backOff ?? USUAL_BACKOFF;
      const wait = Math.min(first * 2 ** Math.min(failures - 1, 30), most);
      timers.set(id, { at: this.#parts.now() + wait, failures, background: wait > LONG_BACKOFF_MS || wait === most });
    }
  }

  #requeue(id: string, requeue: Requeue | undefined): void {
    if (!requeue) return this.#parts.timers.clear(id);
    this.#parts.timers.set(id, {
      at: this.#parts.now() + Math.max(1, Math.ceil(requeue.after)),
      ...(requeue.background && { background: true }),
    });
  }

  /** Turns new log entries into queued keys. */
  #dispatch(): void {
    const { store } = this.#parts;
    while (this.#cursor < store.revision) {
      let changes;
      try {
        changes = store.changesAfter(this.#cursor, 500);
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        for (const controller of this.#parts.controllers) this.#resyncController(controller);
        this.#cursor = store.revision;
        return;
      }
      for (const change of changes) {
        const { bucket, key, type } = change;
        const [value, previous] = [change.value as KubeObject, change.previous as KubeObject | undefined];
        const concerned = this.#subscriptions.get(bucket) ?? NOBODY;
        // By index: every change in the cluster comes by here, and an iterator is an object.
        for (let i = 0; i < concerned.length; i++) this.#tell(concerned[i]!, key, value, previous, type);
        for (let i = 0; i < this.#general.length; i++) this.#tell(this.#general[i]!, key, value, previous, type);
        this.#cursor = change.revision;
      }
    }
  }

  #tell({ controller, watch }: Subscription, own: string, value: KubeObject, previous: KubeObject | undefined, type: Change['type']): void {
    this.resume(controller);
    if (!watch.keys) return this.#enqueueWatched(idOf(controller.name, own), watch);
    for (const key of watch.keys(value, previous, this.#parts.reader, type)) this.#enqueueWatched(idOf(controller.name, key), watch);
  }

  #resyncController(controller: Controller): void {
    const { reader } = this.#parts;
    this.#started.add(controller);
    controller.start?.(this.#contextOf(controller), false);
    for (const watch of controller.watches) {
      for (const resource of watch.resource ? [watch.resource] : storedResources(reader)) {
        for (const object of reader.list(resource)) {
          for (const key of watch.keys?.(object, undefined, reader, 'created') ?? [keyOf(object)])
            this.#enqueueWatched(idOf(controller.name, key), watch);
        }
      }
    }
  }

  /** After an eviction, controllers are woken when there is something for them, or somebody asks them, not all at once. */
  resume(controller: Controller): void {
    if (this.#started.has(controller)) return;
    this.#started.add(controller);
    controller.start?.(this.#contextOf(controller), true);
  }

  #enqueueWatched(id: string, { delayMs, background }: Watch): void {
    const delay = delayMs?.() ?? 0;
    if (!delay) return this.#enqueue(id);
    const at = this.#parts.now() + delay;
    const timer = this.#parts.timers.get(id);
    if (!this.#queued.has(id) && !(timer && timer.at <= at)) this.#parts.timers.set(id, { at, ...(background && { background }) });
  }

  #enqueue(id: string): void {
    if (this.#queued.has(id)) return;
    this.#queued.add(id);
    this.#countsOf(splitId(id)[0]).adds++;
    this.#queue.push(id);
  }

  #compactQueue(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  #contextOf(controller: Controller): ControllerContext {
    let context = this.#contexts.get(controller);
    if (!context) this.#contexts.set(controller, (context = this.#parts.contextOf(controller)));
    return context;
  }
}

/** One resource for each bucket. */
const storedResources = (reader: ClusterReader): Resource[] => [
  ...new Map(
    reader
      .resources()
      .filter(({ verbs, source }) => verbs.includes('list') && !source)
      .toReversed()
      .map((one) => [one.bucket, one]),
  ).values(),
];

const idOf = (controller: string, key: string): string => `${controller} ${key}`;

function splitId(id: string): [controller: string, key: string] {
  const space = id.indexOf(' ');
  return [id.slice(0, space), id.slice(space + 1)];
}
