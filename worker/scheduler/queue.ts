// Pods that want a node, and which of them is next. Mirrors kube-scheduler backend/queue/scheduling_queue.go.
//
//     active ◄── back-off (1 s → 10 s) ◄── unschedulable ── a change that may help, or five minutes
//        └── attempt ── refused ──► unschedulable          gated pods wait here too
//                    └─ broke ────► errors (its own back-off)
//
// While `active` is empty, pods are taken from the back-off early; only those whose attempt broke wait it out.

import type { Pod } from '../api/gen/core-v1.ts';
import { backoffOver, isBackingOff } from './backoff.ts';
import type { BackoffTimes } from './backoff.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { eventName } from './cluster-event.ts';
import { podChanges } from './changes.ts';
import type { QueueName } from './metrics.ts';
import type { KubeObject } from '../api/object.ts';
import { KeyedHeap } from './heap.ts';
import type { PluginStatus } from './status.ts';
import { makeQueuedPod } from './queued-pod.ts';
import type { Place, QueuedPod } from './queued-pod.ts';
import type { Interest } from './queueing-hints.ts';

/** What the queue asks the profiles. */
export interface QueuePolicy {
  readonly backoff: BackoffTimes;
  /** QueueSort: whether a goes first. */
  isBefore(a: QueuedPod, b: QueuedPod): boolean;
  /** PreEnqueue: who keeps the pod out; undefined if it may enter. `gate` is asked first. */
  gateOf(profile: string, pod: Pod, gate: string): PluginStatus | undefined;
  interests(profile: string, event: ClusterEvent): readonly Interest[];
  /** The pod as it is now. */
  podOf(key: string): Pod | undefined;
  /** A pod came into a part of the queue, and why. */
  entered(queue: QueueName, event: string): void;
}

/** How long a pod stays unschedulable at most, and how often that is looked at. */
const MAX_UNSCHEDULABLE_MS = 5 * 60_000;
const FLUSH_EVERY_MS = 30_000;

type Verdict = 'skip' | 'backoff' | 'now';

interface Missed {
  readonly event: ClusterEvent;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export class SchedulingQueue {
  readonly #policy: QueuePolicy;
  readonly #active: KeyedHeap<QueuedPod>;
  readonly #backoff: KeyedHeap<QueuedPod>;
  readonly #errors: KeyedHeap<QueuedPod>;
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Unschedulable pods by the plugins that refused them. */
  readonly #byRejector = new Map<string, Set<QueuedPod>>();
  readonly #flight = new Map<string, QueuedPod>();
  /** What has happened while an attempt waits for others; undefined while none does. */
  #missed: Missed[] | undefined;
  #nextOrder = 1;
  /** Keys of pods whose saved state is out of date. */
  readonly #dirty = new Set<string>();

  constructor(policy: QueuePolicy) {
    this.#policy = policy;
    const isBefore = (a: QueuedPod, b: QueuedPod): boolean => policy.isBefore(a, b);
    const endsBefore = (a: QueuedPod, b: QueuedPod): boolean => {
      const [x, y] = [backoffOver(a, policy.backoff), backoffOver(b, policy.backoff)];
      return x === y ? isBefore(a, b) : x < y;
    };
    this.#active = new KeyedHeap(isBefore);
    this.#backoff = new KeyedHeap(endsBefore);
    this.#errors = new KeyedHeap(endsBefore);
  }

  /** Whether there is a pod to be tried now. */
  get hasNext(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0;
  }

  /** Whether a pod waits that time alone may bring back. */
  get hasUnschedulable(): boolean {
    return this.#unschedulable.size > 0;
  }

  find(key: string): QueuedPod | undefined {
    return (
      this.#active.get(key) ?? this.#backoff.get(key) ?? this.#errors.get(key) ?? this.#unschedulable.get(key) ?? this.#flight.get(key)
    );
  }

  /** How many pods are in which part. */
  get sizes(): Readonly<Record<QueueName | 'gated', number>> {
    let gated = 0;
    for (const { gate } of this.#unschedulable.values()) if (gate) gated++;
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errors.size,
      gated,
      unschedulable: this.#unschedulable.size - gated,
    };
  }

  /** Pods that some plugin refused, until they are tried again. */
  rejected(): QueuedPod[] {
    return this.all().filter(({ place }) => place !== 'flight');
  }

  /** All pods, in no order. */
  all(): QueuedPod[] {
    return [
      ...this.#active.values(),
      ...this.#backoff.values(),
      ...this.#errors.values(),
      ...this.#unschedulable.values(),
      ...this.#flight.values(),
    ];
  }

  /** Puts back a pod that was saved. */
  restore(pod: QueuedPod): void {
    this.#nextOrder = Math.max(this.#nextOrder, pod.order + 1);
    this.#enter(pod, pod.place);
    this.#dirty.delete(pod.key);
  }

  /** Keys whose state has changed since the last call. */
  takeDirty(): string[] {
    const keys = [...this.#dirty];
    this.#dirty.clear();
    return keys;
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  add(pod: Pod, profile: string, now: number, event: 'Add' | 'Update' = 'Add'): void {
    this.#toActive(makeQueuedPod(pod, profile, now, this.#nextOrder++), pod, now, `UnschedulablePod${event}`);
  }

  /** The pod's object changed. */
  update(before: Pod, after: Pod, profile: string, now: number): void {
    const queued = this.find(keyOfPod(after));
    if (!queued || queued.uid !== after.metadata.uid) {
      this.add(after, profile, now, 'Update');
      return;
    }
    if (queued.place === 'flight') for (const event of podChanges(before, after)) this.#missed?.push({ event, before, after });
    if (queued.place !== 'unschedulable') return;
    for (const event of podChanges(before, after)) {
      const verdict = this.#verdict(queued, after, event, before, after);
      if (this.#requeue(queued, after, verdict, now, eventName(event)) !== 'unschedulable') return;
    }
  }

  remove(key: string): void {
    const queued = this.find(key);
    if (queued) this.#leave(queued);
  }

  /** The next pod to be tried. */
  pop(): QueuedPod | undefined {
    const next = this.#active.peek() ?? this.#backoff.peek();
    if (!next) return undefined;
    if (next.place === 'backoff') this.#policy.entered('active', 'PopFromBackoffQ');
    this.#leave(next);
    this.#enter(next, 'flight');
    next.attempts++;
    return next;
  }

  /** The attempt under way waits for others: what happens meanwhile may help its pod, too. */
  attemptWaits(): void {
    this.#missed ??= [];
  }

  attemptEnded(): void {
    this.#missed = undefined;
  }

  /** The pod has a node, or is none of ours any more. */
  done(queued: QueuedPod): void {
    if (queued.place === 'flight') this.#leave(queued);
  }

  /** Its attempt failed. Without rejectors, it broke. */
  putBack(queued: QueuedPod, pod: Pod, rejectors: readonly string[], pending: readonly string[], now: number): void {
    queued.rejectors = rejectors;
    queued.pending = pending;
    queued.gate = '';
    if (rejectors.length || pending.length) {
      queued.unschedulableCount++;
      queued.errorCount = 0;
    } else queued.errorCount++;
    queued.timestamp = now;
    queued.backoffUntil = 0;
    queued.wasFlushed = false;
    const verdict = rejectors.length || pending.length ? this.#verdictOnMissed(queued, pod) : 'backoff';
    this.#requeue(queued, pod, verdict, now, 'ScheduleAttemptFailure');
  }

  /** The best that any of what happened meanwhile does for a pod. */
  #verdictOnMissed(queued: QueuedPod, pod: Pod): Verdict {
    let best: Verdict = 'skip';
    for (const { event, before, after } of this.#missed ?? []) {
      const verdict = this.#verdict(queued, pod, event, before, after);
      if (verdict === 'now') return verdict;
      if (verdict === 'backoff') best = verdict;
    }
    return best;
  }

  /** Lets pods try again that a change may help. `mayMove` is asked first. */
  moveAll(
    event: ClusterEvent,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
    now: number,
    mayMove?: (queued: QueuedPod) => boolean,
  ): void {
    this.#missed?.push({ event, before, after });
    if (!this.#unschedulable.size) return;
    for (const queued of this.#concerned(event)) {
      if (mayMove && !mayMove(queued)) continue;
      const pod = this.#policy.podOf(queued.key);
      if (!pod) continue;
      if (queued.gate && !this.#policy.interests(queued.profile, event).some(({ plugin }) => plugin === queued.gate)) continue;
      const verdict = this.#verdict(queued, pod, event, before, after);
      if (verdict !== 'skip') this.#requeue(queued, pod, verdict, now, eventName(event));
    }
  }

  /** Lets a pod try again at once, whatever it waits for. */
  activate(key: string, now: number): void {
    const queued = this.find(key);
    const pod = this.#policy.podOf(key);
    if (queued && pod && queued.place !== 'active' && queued.place !== 'flight') this.#toActive(queued, pod, now, 'ForceActivate');
  }

  /** Pods whose back-off is over go on. */
  flushBackoff(now: number): void {
    for (const heap of [this.#backoff, this.#errors]) {
      for (let head = heap.peek(); head && !isBackingOff(head, this.#policy.backoff, now); head = heap.peek()) {
        this.#leave(head);
        this.#enter(head, 'active', 'BackoffComplete');
      }
    }
  }

  /** Pods that have been unschedulable for long try again. */
  flushUnschedulable(now: number): void {
    const old = [...this.#unschedulable.values()].filter(({ timestamp, gate }) => !gate && now - timestamp > MAX_UNSCHEDULABLE_MS);
    for (const queued of old) {
      const pod = this.#policy.podOf(queued.key);
      if (!pod) continue;
      queued.wasFlushed = true;
      this.#requeue(queued, pod, 'backoff', now, 'UnschedulableTimeout');
    }
  }

  /** When a pod whose attempt broke may try again; undefined if there is none. */
  nextRetry(): { readonly at: number; readonly failures: number } | undefined {
    const first = this.#errors.peek();
    return first && { at: backoffOver(first, this.#policy.backoff), failures: first.errorCount };
  }

  /** When a pod will have been unschedulable for too long. Infinity if none waits. */
  nextFlush(): number {
    let oldest = Infinity;
    for (const { timestamp, gate } of this.#unschedulable.values()) if (!gate && timestamp < oldest) oldest = timestamp;
    return Math.ceil((oldest + MAX_UNSCHEDULABLE_MS + 1) / FLUSH_EVERY_MS) * FLUSH_EVERY_MS;
  }

  #concerned(event: ClusterEvent): QueuedPod[] {
    const out = new Set<QueuedPod>();
    const known = new Map<string, ReadonlySet<string>>();
    for (const [rejector, rejected] of this.#byRejector) {
      for (const queued of rejected) {
        let plugins = known.get(queued.profile);
        if (!plugins)
          known.set(queued.profile, (plugins = new Set(this.#policy.interests(queued.profile, event).map(({ plugin }) => plugin))));
        if (plugins.has(rejector)) out.add(queued);
      }
    }
    return [...out].sort((a, b) => a.order - b.order);
  }

  #verdict(queued: QueuedPod, pod: Pod, event: ClusterEvent, before: KubeObject | undefined, after: KubeObject | undefined): Verdict {
    if (!queued.rejectors.length && !queued.pending.length) return 'backoff';
    let verdict: Verdict = 'skip';
    for (const { plugin, hint } of this.#policy.interests(queued.profile, event)) {
      if (!queued.rejectors.includes(plugin) && !queued.pending.includes(plugin)) continue;
      if (hint && !hint(pod, before, after)) continue;
      if (queued.pending.includes(plugin)) return 'now';
      if (!queued.pending.length) return 'backoff';
      verdict = 'backoff';
    }
    return verdict;
  }

  #requeue(queued: QueuedPod, pod: Pod, verdict: Verdict, now: number, event: string): Place {
    if (verdict === 'skip') {
      const stays = queued.place === 'unschedulable';
      this.#leave(queued);
      this.#enter(queued, 'unschedulable', stays ? undefined : event);
    } else if (verdict === 'backoff' && isBackingOff(queued, this.#policy.backoff, now)) {
      const gated = this.#isGated(queued, pod);
      this.#leave(queued);
      this.#enter(queued, gated ? 'unschedulable' : queued.rejectors.length || queued.pending.length ? 'backoff' : 'errors', event);
    } else this.#toActive(queued, pod, now, event);
    return queued.place;
  }

  #toActive(queued: QueuedPod, pod: Pod, now: number, event: string): void {
    this.#leave(queued);
    const isGated = this.#isGated(queued, pod);
    if (isGated) queued.wasFlushed = false;
    else queued.since ??= now;
    this.#enter(queued, isGated ? 'unschedulable' : 'active', event);
  }

  #isGated(queued: QueuedPod, pod: Pod): boolean {
    const status = this.#policy.gateOf(queued.profile, pod, queued.gate);
    queued.gate = status?.plugin ?? '';
    if (status && !queued.rejectors.includes(status.plugin)) queued.rejectors = [...queued.rejectors, status.plugin];
    return status !== undefined;
  }

  /** Without an event it is not told of: it was there before, or is on its way through. */
  #enter(queued: QueuedPod, place: Place, event?: string): void {
    queued.place = place;
    if (event !== undefined && place !== 'flight') this.#policy.entered(place === 'errors' ? 'backoff' : place, event);
    this.#dirty.add(queued.key);
    if (place === 'active') this.#active.set(queued);
    else if (place === 'backoff') this.#backoff.set(queued);
    else if (place === 'errors') this.#errors.set(queued);
    else if (place === 'flight') this.#flight.set(queued.key, queued);
    else {
      this.#unschedulable.set(queued.key, queued);
      for (const plugin of new Set([...queued.rejectors, ...queued.pending])) {
        const pods = this.#byRejector.get(plugin);
        if (pods) pods.add(queued);
        else this.#byRejector.set(plugin, new Set([queued]));
      }
    }
  }

  #leave(queued: QueuedPod): void {
    const { key, place } = queued;
    this.#dirty.add(key);
    if (place === 'active') this.#active.delete(key);
    else if (place === 'backoff') this.#backoff.delete(key);
    else if (place === 'errors') this.#errors.delete(key);
    else if (place === 'flight') this.#flight.delete(key);
    else if (this.#unschedulable.delete(key)) for (const pods of this.#byRejector.values()) pods.delete(queued);
  }
}

const keyOfPod = ({ metadata: { namespace = '', name } }: Pod): string => `${namespace}/${name}`;
