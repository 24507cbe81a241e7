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
import type { SetTimer, Timed, Timers } from './timers.ts';

const SCOPE = 'loop';
/** Upstream's workqueue.DefaultControllerRateLimiter: 5 ms, doubling, up to 1000 s. */
const USUAL_BACKOFF = { first: 5, most: 1_000_000 };
/** Longer waits, and those that get no longer, are those of a cluster at rest. */
const LONG_BACKOFF_MS = 100_000;

export interface LoopParts {
  readonly store: Store;
  readonly timers: Timers<Task>;
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

/** What is kept of a controller. */
interface Desk {
  readonly controller: Controller;
  /** By their keys: those that are queued, or have a timer. */
  readonly tasks: Map<string, Task>;
  context: ControllerContext | undefined;
  isStarted: boolean;
  adds: number;
  reconciles: number;
  retries: number;
}

/** A key of a controller. */
export class Task implements Timed {
  readonly desk: Desk;
  readonly key: string;
  isQueued = false;
  timer: SetTimer | undefined = undefined;
  hasSavedTimer = false;

  constructor(desk: Desk, key: string) {
    this.desk = desk;
    this.key = key;
  }

  get id(): string {
    return `${this.desk.controller.name} ${this.key}`;
  }
}

interface Subscription {
  readonly desk: Desk;
  readonly watch: Watch;
}

/** Who watches a resource, in the order in which they are told. */
class Audience {
  readonly #all: Subscription[] = [];
  /** Those who hear of every namespace. */
  readonly #everywhere: Subscription[] = [];
  /** By the namespaces that somebody watches alone. */
  readonly #in = new Map<string, Subscription[]>();

  add(subscription: Subscription): void {
    this.#all.push(subscription);
    const { namespace } = subscription.watch;
    if (namespace === undefined) this.#everywhere.push(subscription);
    else this.#in.set(namespace, []);
    for (const one of this.#in.keys())
      this.#in.set(
        one,
        this.#all.filter(({ watch }) => watch.namespace === undefined || watch.namespace === one),
      );
  }

  of({ metadata }: KubeObject): readonly Subscription[] {
    return (this.#in.size && metadata.namespace !== undefined && this.#in.get(metadata.namespace)) || this.#everywhere;
  }
}

export class Loop {
  readonly #parts: LoopParts;
  readonly #desks: ReadonlyMap<string, Desk>;
  readonly #audiences = new Map<string, Audience>();
  /** Those who watch every resource. */
  readonly #general: Subscription[] = [];
  #cursor: number;
  #queue: Task[] = [];
  #head = 0;
  /** Controllers whose component was down when there was work: they look at everything again when it is back. */
  readonly #behind: Set<string>;
  reconciles = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#desks = new Map(parts.controllers.map((controller) => [controller.name, newDesk(controller)]));
    for (const desk of this.#desks.values()) {
      for (const watch of desk.controller.watches) {
        const subscription = { desk, watch };
        if (!watch.resource) {
          this.#general.push(subscription);
          continue;
        }
        const { bucket } = watch.resource;
        let audience = this.#audiences.get(bucket);
        if (!audience) this.#audiences.set(bucket, (audience = new Audience()));
        audience.add(subscription);
      }
    }
    const { state } = parts.store;
    this.#cursor = state.get<number>(SCOPE, 'cursor') ?? 0;
    this.#behind = new Set(state.get<string[]>(SCOPE, 'behind') ?? []);
    parts.timers.restore((id) => this.#taskOf(id));
    for (const id of state.get<string[]>(SCOPE, 'queue') ?? []) {
      const task = this.#taskOf(id);
      if (task) this.#enqueue(task);
    }
  }

  /** Queues a key as if something had changed, or for later. */
  enqueue(controller: string, key: string, requeue?: Requeue): void {
    const desk = this.#desks.get(controller);
    if (!desk) return;
    const task = taskAt(desk, key);
    if (requeue) this.#requeue(task, requeue);
    else this.#enqueue(task);
  }

  /** Queues every key that a component's controllers care about: what an informer does at its start. */
  resync(component: string): void {
    for (const desk of this.#desks.values()) {
      const { controller } = desk;
      if (controller.component !== component || !this.#parts.isRunning(controller)) continue;
      this.#behind.delete(controller.name);
      this.#resyncDesk(desk);
    }
  }

  /** The names of a component's controllers. */
  controllersOf(component: string): string[] {
    return this.#parts.controllers.filter((one) => one.component === component).map(({ name }) => name);
  }

  /** The first of a component's controllers that cannot be made, and why. `flag` reads the component's flags. */
  brokenOf(component: string, flag: (name: string) => string | undefined): { name: string; problem: string } | undefined {
    for (const controller of this.#parts.controllers) {
      const problem = controller.component === component ? controller.problem?.(flag, this.#parts.reader) : undefined;
      if (problem !== undefined) return { name: controller.name, problem };
    }
    return undefined;
  }

  /** Of every controller that had something to do. */
  queues(): QueueStats[] {
    const depths = new Map<Desk, number>();
    for (let at = this.#head; at < this.#queue.length; at++) {
      const { desk } = this.#queue[at]!;
      depths.set(desk, (depths.get(desk) ?? 0) + 1);
    }
    return [...this.#desks.values()]
      .filter(({ adds }) => adds > 0)
      .map((desk) => {
        const { adds, reconciles, retries } = desk;
        const { name, component } = desk.controller;
        return { name, component, depth: depths.get(desk) ?? 0, adds, reconciles, retries };
      });
  }

  get isQuiet(): boolean {
    return this.#head >= this.#queue.length && this.#cursor === this.#parts.store.revision;
  }

  /** Reconciles up to `budget` keys. True if nothing is left to do at this time. */
  run(budget: number, isTimeUp: () => boolean = () => false): boolean {
    for (const task of this.#parts.timers.due(this.#parts.now())) this.#enqueue(task);
    this.#dispatch();
    for (let left = budget; left > 0 && this.#head < this.#queue.length && (left === budget || !isTimeUp()); left--) {
      const task = this.#queue[this.#head++]!;
      if (this.#head > 1024 && this.#head * 2 > this.#queue.length) this.#compactQueue();
      task.isQueued = false;
      this.#reconcile(task);
      if (!task.isQueued && !task.timer) task.desk.tasks.delete(task.key);
      this.#dispatch();
    }
    return this.isQuiet;
  }

  /**
   * Puts what has to survive into the store's private state, to be flushed with the writes. That changes were looked at, and that nothing came of it, is not
   * worth a write: they are looked at once more after an eviction.
   */
  save(): void {
    const { store, timers } = this.#parts;
    const { state } = store;
    timers.save();
    for (const desk of this.#desks.values()) if (desk.isStarted) desk.controller.save?.(this.#contextOf(desk));
    const left = this.#queue.slice(this.#head).map(({ id }) => id);
    if (left.length || state.get<string[]>(SCOPE, 'queue')?.length) state.set(SCOPE, 'queue', left);
    if (this.#behind.size || state.get<string[]>(SCOPE, 'behind')?.length) state.set(SCOPE, 'behind', [...this.#behind]);
    if (store.isDirty && state.get<number>(SCOPE, 'cursor') !== this.#cursor) state.set(SCOPE, 'cursor', this.#cursor);
  }

  /** How far the log was looked at; saved with this, also when nothing else is. */
  saveCursor(): number {
    this.#parts.store.state.set(SCOPE, 'cursor', this.#cursor);
    return this.#cursor;
  }

  #reconcile(task: Task): void {
    const { timers, isRunning, onError } = this.#parts;
    const { desk, key } = task;
    const { controller } = desk;
    if (!isRunning(controller)) {
      this.#behind.add(controller.name);
      return;
    }
    if (this.#behind.size && this.#behind.delete(controller.name)) this.#resyncDesk(desk);
    if (!desk.isStarted) this.#resume(desk);
    this.reconciles++;
    desk.reconciles++;
    try {
      this.#requeue(task, controller.reconcile(key, this.#contextOf(desk)) ?? undefined);
    } catch (error) {
      onError(controller, key, error);
      desk.retries++;
      const failures = (task.timer?.failures ?? 0) + 1;
      const { first, most } = controller.backOff ?? USUAL_BACKOFF;
      const wait = Math.min(first * 2 ** Math.min(failures - 1, 30), most);
      timers.set(task, { at: this.#parts.now() + wait, failures, background: wait > LONG_BACKOFF_MS || wait === most });
    }
  }

  #requeue(task: Task, requeue: Requeue | undefined): void {
    if (!requeue) return this.#parts.timers.clear(task);
    this.#parts.timers.set(task, {
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
        for (const desk of this.#desks.values()) this.#resyncDesk(desk);
        this.#cursor = store.revision;
        return;
      }
      for (const change of changes) {
        const { bucket, key, type } = change;
        const [value, previous] = [change.value as KubeObject, change.previous as KubeObject | undefined];
        const concerned = this.#audiences.get(bucket)?.of(value);
        // By index: every change in the cluster comes by here, and an iterator is an object.
        if (concerned) for (let i = 0; i < concerned.length; i++) this.#tell(concerned[i]!, key, value, previous, type);
        for (let i = 0; i < this.#general.length; i++) this.#tell(this.#general[i]!, key, value, previous, type);
        this.#cursor = change.revision;
      }
    }
  }

  #tell({ desk, watch }: Subscription, own: string, value: KubeObject, previous: KubeObject | undefined, type: Change['type']): void {
    if (!desk.isStarted) this.#resume(desk);
    if (!watch.keys) return this.#enqueueWatched(desk, watch, own);
    const keys = watch.keys(value, previous, this.#parts.reader, type);
    // Most have none, and nearly all that have some give an array.
    if (Array.isArray(keys)) for (let i = 0; i < keys.length; i++) this.#enqueueWatched(desk, watch, (keys as readonly string[])[i]!);
    else for (const key of keys) this.#enqueueWatched(desk, watch, key);
  }

  #resyncDesk(desk: Desk): void {
    const { reader } = this.#parts;
    const { controller } = desk;
    desk.isStarted = true;
    controller.start?.(this.#contextOf(desk), false);
    for (const watch of controller.watches) {
      for (const resource of watch.resource ? [watch.resource] : storedResources(reader)) {
        for (const object of reader.list(resource, watch.namespace === undefined ? undefined : { namespace: watch.namespace })) {
          for (const key of watch.keys?.(object, undefined, reader, 'created') ?? [keyOf(object)]) this.#enqueueWatched(desk, watch, key);
        }
      }
    }
  }

  /** After an eviction, controllers are woken when there is something for them, or somebody asks them, not all at once. */
  resume(controller: Controller): void {
    const desk = this.#desks.get(controller.name);
    if (desk && !desk.isStarted) this.#resume(desk);
  }

  #resume(desk: Desk): void {
    desk.isStarted = true;
    desk.controller.start?.(this.#contextOf(desk), true);
  }

  #enqueueWatched(desk: Desk, { delayMs, background }: Watch, key: string): void {
    const task = taskAt(desk, key);
    const delay = delayMs?.() ?? 0;
    if (!delay) return this.#enqueue(task);
    const at = this.#parts.now() + delay;
    if (!task.isQueued && !(task.timer && task.timer.at <= at)) this.#parts.timers.set(task, { at, ...(background && { background }) });
  }

  #enqueue(task: Task): void {
    if (task.isQueued) return;
    task.isQueued = true;
    task.desk.adds++;
    this.#queue.push(task);
  }

  #compactQueue(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  #contextOf(desk: Desk): ControllerContext {
    return (desk.context ??= this.#parts.contextOf(desk.controller));
  }

  /** Undefined if there is no such controller any more. */
  #taskOf(id: string): Task | undefined {
    const space = id.indexOf(' ');
    const desk = this.#desks.get(id.slice(0, space));
    return desk && taskAt(desk, id.slice(space + 1));
  }
}

const newDesk = (controller: Controller): Desk => ({
  controller,
  tasks: new Map(),
  context: undefined,
  isStarted: false,
  adds: 0,
  reconciles: 0,
  retries: 0,
});

function taskAt(desk: Desk, key: string): Task {
  let task = desk.tasks.get(key);
  if (!task) desk.tasks.set(key, (task = new Task(desk, key)));
  return task;
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
