// From the decision to the binding: Reserve, Permit, PreBind, Bind, PostBind. Where a plugin has to wait for others (a volume to be provisioned), the pod
// stays counted on its node meanwhile. Mirrors the binding cycle of kube-scheduler's schedule_one.go.

import type { ControllerState } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { Asking } from './asking.ts';
import { bindByExtender, bindersOf } from './extenders/cycle.ts';
import { ExtenderError } from './extenders/extender.ts';
import type { Cycle, Plugin } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Profile } from './profile.ts';
import { failure, isRejection, messageOf } from './status.ts';
import type { PluginStatus } from './status.ts';

/** A pod on its way to a node. Plain data: it survives an eviction. */
export interface PendingBinding {
  readonly uid: string;
  readonly profile: string;
  readonly node: string;
  /** When it was decided, ms. */
  readonly since: number;
  /** What plugins reserved, by their name. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Objects whose change may let it go on: `PersistentVolumeClaim/ns/name`. */
  readonly waitsFor: readonly string[];
  /** When waiting ends, ms. */
  readonly deadline: number;
}

export type BindingStep =
  | { readonly type: 'bound' }
  | { readonly type: 'waits'; readonly pending: PendingBinding }
  /** Only the binding itself is left, and extenders do it. */
  | { readonly type: 'ready'; readonly pending: PendingBinding }
  /** Taken back: nothing is reserved any more. `isEarly`: refused before anything was done about it. */
  | { readonly type: 'failed'; readonly status: PluginStatus; readonly isEarly: boolean };

const SCOPE = 'bind ';

export class Bindings {
  readonly #pending = new Map<string, PendingBinding>();
  readonly #waiters = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  readonly #planned = new Set<string>();

  get(key: string): PendingBinding | undefined {
    return this.#pending.get(key);
  }

  /** When to look at which pod again at the latest, of those set since the last call. */
  takePlanned(): [pod: string, deadline: number][] {
    const planned = [...this.#planned].flatMap((key): [string, number][] => {
      const pending = this.#pending.get(key);
      return pending ? [[key, pending.deadline]] : [];
    });
    this.#planned.clear();
    return planned;
  }

  keys(): Iterable<string> {
    return this.#pending.keys();
  }

  /** Pods that wait for an object. */
  waitingFor(object: string): Iterable<string> {
    return this.#waiters.get(object) ?? NONE;
  }

  set(key: string, pending: PendingBinding): void {
    this.delete(key);
    this.#dirty.add(key);
    this.#planned.add(key);
    this.#pending.set(key, pending);
    for (const object of pending.waitsFor) {
      const waiters = this.#waiters.get(object);
      if (waiters) waiters.add(key);
      else this.#waiters.set(object, new Set([key]));
    }
  }

  delete(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    this.#dirty.add(key);
    this.#pending.delete(key);
    for (const object of pending.waitsFor) {
      const waiters = this.#waiters.get(object);
      waiters?.delete(key);
      if (waiters?.size === 0) this.#waiters.delete(object);
    }
  }

  save(state: ControllerState): void {
    for (const key of this.#dirty) {
      const pending = this.#pending.get(key);
      if (pending) state.set(SCOPE + key, pending);
      else state.delete(SCOPE + key);
    }
    this.#dirty.clear();
  }

  restore(state: ControllerState): void {
    for (const [key, pending] of state.entries<PendingBinding>()) if (key.startsWith(SCOPE)) this.set(key.slice(SCOPE.length), pending);
    this.#dirty.clear();
  }
}

const NONE: readonly never[] = [];
const ASK_AGAIN_MS = 1000;

/** Reserves what the pod needs on the node and asks whether it may go there. The cache has to count it there already. */
export function beginBinding(profile: Profile, cycle: Cycle, node: NodeInfo, now: number): BindingStep & { readonly isSlow?: boolean } {
  const { pod } = cycle;
  const data: Record<string, unknown> = {};
  const fail = (status: PluginStatus): BindingStep => {
    release(profile, pod, node.name, data);
    return { type: 'failed', status, isEarly: true };
  };
  for (const plugin of profile.plugins.reserve) {
    const outcome = plugin.reserve?.(cycle, node);
    if (!outcome) continue;
    if ('status' in outcome) return fail(named(outcome.status, plugin, 'Reserve'));
    data[plugin.name] = outcome.data;
  }
  let approvalBy = 0;
  for (const plugin of profile.plugins.permit) {
    const outcome = plugin.permit!(cycle, node);
    if (typeof outcome === 'number') approvalBy = Math.max(approvalBy, outcome);
    else if (outcome) return fail(named(outcome, plugin, 'Permit'));
  }
  const isSlow = approvalBy > 0 || profile.plugins.preBind.some((plugin) => plugin.needsPreBind?.(cycle, node, data[plugin.name]) ?? true);
  const { uid } = pod.metadata;
  const pending: PendingBinding = {
    uid,
    profile: profile.name,
    node: node.name,
    since: now,
    data,
    waitsFor: NONE,
    deadline: now + approvalBy,
  };
  return { ...(isSlow ? { type: 'waits', pending } : finish(profile, pod, pending, now)), isSlow };
}

/** Goes on with a binding as far as it goes. */
export function continueBinding(profile: Profile, pod: Pod, pending: PendingBinding, now: number): BindingStep {
  const { node } = pending;
  const data = { ...pending.data };
  const waitsFor: string[] = [];
  let deadline = Infinity;
  for (const plugin of profile.plugins.preBind) {
    const outcome = plugin.preBind!(pod, node, data[plugin.name], now - pending.since);
    if (!outcome) continue;
    if ('status' in outcome) {
      release(profile, pod, node, data);
      return { type: 'failed', status: named(outcome.status, plugin, 'PreBind'), isEarly: false };
    }
    data[plugin.name] = outcome.data;
    waitsFor.push(...outcome.wait.waitsFor);
    deadline = Math.min(deadline, pending.since + outcome.wait.timeout);
  }
  const next = { ...pending, data, waitsFor };
  return deadline === Infinity ? finish(profile, pod, next, now) : { type: 'waits', pending: { ...next, deadline } };
}

/** After an eviction nobody waits for an extender any more: it is asked again then. */
function finish(profile: Profile, pod: Pod, pending: PendingBinding, now: number): BindingStep {
  const binders = bindersOf(profile.handle, pod);
  if (!binders.length) return bindByPlugins(profile, pod, pending);
  const patience = binders.reduce((sum, { timeoutMs }) => sum + timeoutMs, ASK_AGAIN_MS);
  return { type: 'ready', pending: { ...pending, waitsFor: NONE, deadline: now + patience } };
}

export function bindByPlugins(profile: Profile, pod: Pod, { node, data }: PendingBinding): BindingStep {
  for (const plugin of profile.plugins.bind) {
    const status = plugin.bind!(pod, node);
    if (status === 'skip') continue;
    if (status) {
      release(profile, pod, node, data);
      return { type: 'failed', status: named(status, plugin, 'Bind'), isEarly: false };
    }
    break;
  }
  return bound(profile, pod, node);
}

function bound(profile: Profile, pod: Pod, node: string): BindingStep {
  for (const plugin of profile.plugins.postBind) plugin.postBind!(pod, node);
  return { type: 'bound' };
}

/** Has extenders bind a pod that is `ready`. */
export function* bindByExtenders(profile: Profile, pod: Pod, pending: PendingBinding): Asking<BindingStep> {
  const { node, data } = pending;
  try {
    return (yield* bindByExtender(profile.handle, pod, node)) ? bound(profile, pod, node) : bindByPlugins(profile, pod, pending);
  } catch (error) {
    if (!(error instanceof ExtenderError)) throw error;
    release(profile, pod, node, data);
    return { type: 'failed', status: failure('', error.message), isEarly: false };
  }
}

/** Gives back what was reserved, the last first. */
export function release(profile: Profile, pod: Pod, node: string, data: Readonly<Record<string, unknown>>): void {
  for (const plugin of profile.plugins.reserve.toReversed()) plugin.unreserve?.(pod, node, data[plugin.name]);
}

const named = (status: PluginStatus, { name }: Plugin, point: string): PluginStatus =>
  isRejection(status) ? { ...status, plugin: name } : failure(name, `running ${point} plugin "${name}": ${messageOf(status)}`);
