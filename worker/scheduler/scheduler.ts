// What kube-scheduler keeps in memory, and how it goes from one pod to the next. Mirrors kube-scheduler's scheduler.go and schedule_one.go.

import type { ControllerContext } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { splitKey } from '../api/object.ts';
import { pods } from '../resources/core/pod.ts';
import type { Asking, Courses } from './asking.ts';
import { Bindings, beginBinding, bindByExtenders, continueBinding, release } from './bindings.ts';
import type { BindingStep, PendingBinding } from './bindings.ts';
import { SchedulerCache } from './cache.ts';
import { Action } from './cluster-event.ts';
import type { SchedulerConfig } from './config/types.ts';
import { Decisions } from './explain.ts';
import { inOrder } from './extenders/extender.ts';
import { findNodeAsking } from './extenders/search.ts';
import type { Cycle, Handle, PostFilterOutcome } from './framework.ts';
import { SchedulerMetrics } from './metrics.ts';
import { Nominator } from './nominator.ts';
import { updateScheduling } from './pod-condition.ts';
import { namespaceLabels } from './affinity-counts.ts';
import { changedInfoOf, podInfoOf } from './pod-info.ts';
import type { Labels } from './pod-info.ts';
import type { Profile } from './profile.ts';
import { makeProfiles } from './profiles.ts';
import { SchedulingQueue } from './queue.ts';
import { restorePod, savePod } from './queued-pod.ts';
import type { QueuedPod, SavedPod } from './queued-pod.ts';
import { findNode, fitMessage, refusalsOf } from './schedule.ts';
import type { Rotation, Search } from './schedule.ts';
import { isRejection, messageOf } from './status.ts';
import type { PluginStatus } from './status.ts';

type FailedStep = Extract<BindingStep, { type: 'failed' }>;

/** Why an attempt failed, and what follows for the queue. */
interface Failure {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  readonly rejectors: readonly string[];
  readonly pending: readonly string[];
  /** '' takes a nomination back; undefined leaves it. */
  readonly nominated: string | undefined;
}

const NO_NODES = 'no nodes available to schedule pods';
const NONE: readonly never[] = [];
const QUEUE = 'queue ';
const ROTATION = 'rotation';
/** The course of the one attempt that may be under way; bindings have courses under their pods' keys. */
const ATTEMPT = 'attempt';

export class Scheduling {
  readonly cache = new SchedulerCache();
  readonly nominator = new Nominator();
  readonly bindings = new Bindings();
  readonly decisions = new Decisions();
  readonly metrics = new SchedulerMetrics();
  readonly queue: SchedulingQueue;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly courses: Courses;
  readonly config: SchedulerConfig;
  readonly #context: ControllerContext;
  readonly #rotation: Rotation = { next: 0 };
  #savedRotation = 0;

  /** Throws ConfigError. */
  constructor(config: SchedulerConfig, context: ControllerContext, courses: Courses) {
    this.courses = courses;
    this.config = config;
    this.#context = context;
    const { cache, nominator } = this;
    const handle: Handle = {
      cache,
      nominator,
      metrics: this.metrics,
      api: context.api,
      extenders: inOrder(config.extenders),
      config: context.config,
      random: context.random,
      now: () => context.now(),
      log: (level, message) => context.log(level, message),
      event: (profile, about, { type, reason, action, note, related }) =>
        context.event(about, type, reason, note, { action, source: profile, ...(related && { related }) }),
      cancelBinding: (key, reason) => this.cancelBinding(key, reason),
      activate: (key) => this.queue.activate(key, context.now()),
    };
    this.profiles = makeProfiles(config, handle);
    const [first] = this.profiles.values();
    const { queueSort } = first!.plugins;
    this.queue = new SchedulingQueue({
      backoff: { initial: config.initialBackoffMs, max: config.maxBackoffMs },
      isBefore: (a, b) => queueSort.isBefore!(a, b),
      gateOf: (profile, pod, gate) => this.profiles.get(profile)?.gateOf(pod, gate),
      interests: (profile, event) => this.profiles.get(profile)?.hints.interests(event) ?? NONE,
      podOf: (key) => this.podOf(key),
      entered: (queue, event) => this.metrics.entered(queue, event),
    });
  }

  podOf(key: string): Pod | undefined {
    const { namespace, name } = splitKey(key);
    return this.#context.api.get(pods, namespace, name);
  }

  namespaceLabels = ({ metadata: { namespace = '' } }: Pod): Labels | undefined => namespaceLabels(this.#context.api, namespace);

  /** The profile that has to place a pod; undefined if it is somebody else's. */
  profileOf({ spec: { schedulerName } }: Pod): Profile | undefined {
    return this.profiles.get(schedulerName ?? 'default-scheduler');
  }

  restore(): void {
    const { state } = this.#context;
    this.#rotation.next = this.#savedRotation = state.get<number>(ROTATION) ?? 0;
    this.bindings.restore(state);
    for (const [key, saved] of state.entries<SavedPod>()) {
      const pod = key.startsWith(QUEUE) ? this.podOf(key.slice(QUEUE.length)) : undefined;
      if (!pod || pod.spec.nodeName) continue;
      this.queue.restore(restorePod(pod, pod.spec.schedulerName ?? '', saved, this.bindings.get(key.slice(QUEUE.length)) !== undefined));
      if (pod.status.nominatedNodeName && !pod.spec.schedulingGates?.length)
        this.nominator.set(podInfoOf(pod), pod.status.nominatedNodeName);
    }
  }

  save(): void {
    const { state } = this.#context;
    for (const key of this.queue.takeDirty()) {
      const queued = this.queue.find(key);
      if (queued) state.set(QUEUE + key, savePod(queued));
      else state.delete(QUEUE + key);
    }
    this.bindings.save(state);
    if (this.#rotation.next !== this.#savedRotation) state.set(ROTATION, (this.#savedRotation = this.#rotation.next));
  }

  /** Reads the cluster, if that has not been done yet. */
  load(): void {
    if (this.cache.isLoaded) return;
    this.cache.load(this.#context.api);
    for (const key of this.bindings.keys()) {
      const { node } = this.bindings.get(key)!;
      const pod = this.podOf(key);
      if (pod) this.#assume(pod, node);
    }
  }

  /** Whether there is a pod to be tried now. One is tried after the other, whoever is waited for. */
  get hasNext(): boolean {
    return this.queue.hasNext && !this.courses.has(ATTEMPT);
  }

  /** Tries the next pod of the queue. */
  scheduleNext(): void {
    const queued = this.courses.has(ATTEMPT) ? undefined : this.queue.pop();
    if (!queued) return;
    const pod = this.podOf(queued.key);
    const profile = this.profiles.get(queued.profile);
    if (!pod || !profile || pod.metadata.uid !== queued.uid || pod.spec.nodeName) return this.queue.done(queued);
    if (pod.metadata.deletionTimestamp) {
      this.queue.done(queued);
      return this.#warn(profile, pod, `skip schedule deleting pod: ${queued.key}`);
    }
    this.load();
    const cycle: Cycle = { pod, info: podInfoOf(pod), filterStates: new Map() };
    if (!this.cache.nodes.length)
      return this.#fail(profile, queued, pod, {
        reason: 'Unschedulable',
        message: NO_NODES,
        rejectors: NONE,
        pending: NONE,
        nominated: '',
      });
    if (this.config.extenders.length > 0) return this.#attempt(this.#findAsking(profile, queued, cycle));
    const search = findNode(profile, cycle, this.#rotation, this.#context.random);
    if (search.node) this.#place(profile, queued, cycle, search, search.node.name);
    else this.#attempt(this.#refuse(profile, queued, cycle, search));
  }

  #attempt(steps: Asking<void>): void {
    this.courses.begin(ATTEMPT, steps);
    if (this.courses.has(ATTEMPT)) this.queue.attemptWaits();
  }

  *#findAsking(profile: Profile, queued: QueuedPod, cycle: Cycle): Asking<void> {
    const search = yield* findNodeAsking(profile, cycle, this.#rotation, this.#context.random);
    if (!this.#isOpen(queued)) this.queue.done(queued);
    else if (search.node) this.#place(profile, queued, cycle, search, search.node.name);
    else yield* this.#refuse(profile, queued, cycle, search);
    this.queue.attemptEnded();
  }

  /** Whether a pod is still there, and has no node. */
  #isOpen({ key, uid }: QueuedPod): boolean {
    const pod = this.podOf(key);
    return pod?.metadata.uid === uid && !pod.spec.nodeName;
  }

  /** A pod whose binding waits goes on, if it can. */
  continueBinding(key: string): void {
    const pending = this.bindings.get(key);
    if (!pending || this.courses.has(key)) return;
    this.load();
    const pod = this.podOf(key);
    const profile = this.profiles.get(pending.profile);
    if (!pod || !profile || pod.metadata.uid !== pending.uid || pod.spec.nodeName) return this.#forget(key, pending);
    const queued = this.queue.find(key);
    if (queued) this.#afterStep(profile, queued, pod, pending.node, continueBinding(profile, pod, pending, this.#context.now()));
  }

  /** Takes back a decision that was not carried out yet. False if there is none. */
  cancelBinding(key: string, reason: string): boolean {
    const pending = this.bindings.get(key);
    const pod = this.podOf(key);
    if (!pending) return false;
    const profile = this.profiles.get(pending.profile);
    if (pod && profile) release(profile, pod, pending.node, pending.data);
    this.#forget(key, pending);
    const queued = this.queue.find(key);
    if (pod && profile && queued && !pod.metadata.deletionTimestamp)
      this.#fail(profile, queued, pod, { reason: 'SchedulerError', message: reason, rejectors: NONE, pending: NONE, nominated: '' });
    return true;
  }

  /** Somebody has bound a pod: the extender that was asked to, which will say so, or one whom nobody asked. */
  boundByOthers(key: string): void {
    if (!this.courses.has(key)) this.bindings.delete(key);
  }

  *#refuse(profile: Profile, queued: QueuedPod, cycle: Cycle, search: Search): Asking<void> {
    if (search.error !== undefined) {
      this.#remember(queued, search, search.error, undefined);
      return this.#fail(profile, queued, cycle.pod, {
        reason: 'SchedulerError',
        message: search.error,
        rejectors: NONE,
        pending: NONE,
        nominated: '',
      });
    }
    const { diagnosis } = search;
    const after: PostFilterOutcome = profile.plugins.postFilter.length
      ? yield* profile.postFilter(cycle, refusalsOf(profile, cycle, search))
      : {};
    const message = fitMessage(diagnosis, after.status ? messageOf(after.status) : '');
    this.#remember(queued, search, message, undefined);
    this.#fail(profile, queued, cycle.pod, {
      reason: 'Unschedulable',
      message,
      rejectors: diagnosis.rejectors,
      pending: diagnosis.pending,
      nominated: profile.plugins.postFilter.length ? after.nominated : '',
    });
    after.afterwards?.();
  }

  #place(profile: Profile, queued: QueuedPod, cycle: Cycle, search: Search, nodeName: string): void {
    const { pod } = cycle;
    this.#remember(queued, search, '', nodeName);
    this.#assume(pod, nodeName);
    const { isSlow, ...step } = beginBinding(profile, cycle, search.node!, this.#context.now());
    if (!isSlow || step.type !== 'waits') return this.#afterStep(profile, queued, pod, nodeName, step);
    const told = updateScheduling(this.#context, pod, undefined, nodeName) ?? pod;
    const next = step.pending.deadline > this.#context.now() ? step : continueBinding(profile, told, step.pending, this.#context.now());
    this.#afterStep(profile, queued, told, nodeName, next);
  }

  #afterStep(profile: Profile, queued: QueuedPod, pod: Pod, node: string, step: BindingStep): void {
    const { key } = queued;
    if (step.type === 'waits' || step.type === 'ready') {
      this.bindings.set(key, step.pending);
      if (step.type === 'ready') this.courses.begin(key, this.#bindAsking(profile, queued, pod, step.pending));
      return;
    }
    this.bindings.delete(key);
    if (step.type === 'bound') {
      this.metrics.attempted(profile.name, 'scheduled');
      this.metrics.bound(queued, this.#context.now());
      this.queue.done(queued);
      const { namespace, name } = splitKey(key);
      this.#context.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, {
        action: 'Binding',
        source: profile.name,
      });
      return;
    }
    this.#giveUp(profile, queued, pod, node, step);
  }

  *#bindAsking(profile: Profile, queued: QueuedPod, pod: Pod, pending: PendingBinding): Asking<void> {
    const step = yield* bindByExtenders(profile, pod, pending);
    this.#afterStep(profile, queued, pod, pending.node, step);
  }

  /** The node was right, but the pod could not be bound to it. */
  #giveUp(profile: Profile, queued: QueuedPod, pod: Pod, node: string, { status, isEarly }: FailedStep): void {
    if (this.cache.isAssumed(pod.metadata.uid)) this.cache.removePod(pod.metadata.uid);
    const isRefused = isRejection(status);
    if (isRefused && !isEarly) this.#logError(queued, messageOf(status));
    const rejectors = isRefused && isEarly ? [status.plugin] : NONE;
    this.#fail(profile, queued, pod, {
      reason: isRefused ? 'Unschedulable' : 'SchedulerError',
      message: isRefused && isEarly ? fitMessage(oneNode(node, status), '') : messageOf(status),
      rejectors,
      pending: status.code === 'Pending' ? rejectors : NONE,
      nominated: '',
    });
    if (isEarly) return;
    const gone: Pod = { ...pod, spec: { ...pod.spec, nodeName: node } };
    const mayMove = ({ uid }: QueuedPod): boolean => !isRefused || uid !== queued.uid;
    this.queue.moveAll({ resource: 'AssignedPod', action: Action.Delete }, gone, undefined, this.#context.now(), mayMove);
  }

  #fail(profile: Profile, queued: QueuedPod, tried: Pod, { reason, message, rejectors, pending, nominated }: Failure): void {
    const isOpen = this.#isOpen(queued);
    const pod = this.podOf(queued.key) ?? tried;
    this.metrics.attempted(profile.name, reason === 'Unschedulable' ? 'unschedulable' : 'error');
    if (reason === 'SchedulerError') this.#logError(queued, message);
    if (pod.metadata.uid !== queued.uid) return this.queue.done(queued);
    if (!isOpen) this.queue.done(queued);
    else this.queue.putBack(queued, pod, rejectors, pending, this.#context.now());
    this.#warn(profile, pod, message);
    const next = updateScheduling(this.#context, pod, { reason, message }, nominated) ?? pod;
    if (!next.spec.nodeName) this.nominator.set(changedInfoOf(next, tried), next.status.nominatedNodeName ?? '');
  }

  #logError({ key }: QueuedPod, message: string): void {
    this.#context.log(
      'E',
      `"Error scheduling pod; retrying" err=${JSON.stringify(message)} logger="UnhandledError" pod=${JSON.stringify(key)}`,
    );
  }

  #warn({ name }: Profile, pod: Pod, note: string): void {
    this.#context.event(pod, 'Warning', 'FailedScheduling', note, { action: 'Scheduling', source: name });
  }

  #assume(pod: Pod, node: string): void {
    this.cache.assumePod(podInfoOf(pod), node);
    this.nominator.delete(pod.metadata.uid);
  }

  #forget(key: string, { uid }: PendingBinding): void {
    this.courses.drop(key);
    this.bindings.delete(key);
    if (this.cache.isAssumed(uid)) this.cache.removePod(uid);
  }

  #remember({ key, uid, profile }: QueuedPod, search: Search, message: string, chosen: string | undefined): void {
    this.decisions.remember(key, uid, profile, this.#context.now(), search, message, chosen);
  }
}

/** A single node that said no late, at Reserve, Permit or PreBind. */
const oneNode = (node: string, status: PluginStatus): Parameters<typeof fitMessage>[0] => ({
  allNodes: 1,
  statuses: new Map([[node, status]]),
  absent: status,
  preFilterMessage: '',
});
