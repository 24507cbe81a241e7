// What a scheduler plugin is: which points of a pod's way to a node it takes part in. Mirrors kube-scheduler framework/interface.go.
//
//     PreEnqueue → [queue, QueueSort] → PreFilter → Filter → (PostFilter) → PreScore → Score, Normalize → Reserve → Permit → PreBind → Bind → PostBind
//
// A plugin keeps nothing between pods. What it works out for one pod is a state that it returns at PreFilter or PreScore and gets back at each node.

import type { ClusterApi } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';
import type { ClusterConfig } from '../api/resource.ts';
import type { Random } from '../lib/host.ts';
import type { Asking } from './asking.ts';
import type { SchedulerCache } from './cache.ts';
import type { EventRegistration } from './cluster-event.ts';
import type { Extender } from './extenders/extender.ts';
import type { NodeInfo } from './node-info.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { Nominator } from './nominator.ts';
import type { PodInfo } from './pod-info.ts';
import type { QueuedPod } from './queued-pod.ts';
import type { PluginStatus } from './status.ts';

export const MAX_NODE_SCORE = 100;

/** Of nodes, in their order. */
export type Scores = Float64Array;

/** What plugins may see and use. */
export interface Handle {
  readonly cache: SchedulerCache;
  readonly nominator: Nominator;
  readonly metrics: SchedulerMetrics;
  readonly api: ClusterApi;
  /** In the order in which they are asked. */
  readonly extenders: readonly Extender[];
  readonly config: ClusterConfig;
  readonly random: Random;
  now(): number;
  log(level: 'I' | 'W' | 'E', message: string): void;
  /** Records an event as the scheduler of this name. */
  event(profile: string, about: KubeObject, event: SchedulerEvent): void;
  /** Takes a pod that was decided on, but is not bound yet, back from its node. False if there is none to be taken back. */
  cancelBinding(key: string, reason: string): boolean;
  /** Lets a pod try again at once. */
  activate(key: string): void;
}

export interface SchedulerEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly related?: KubeObject;
}

/** One try to place one pod. */
export interface Cycle {
  readonly pod: Pod;
  readonly info: PodInfo;
  /** What each plugin returned at PreFilter. */
  readonly filterStates: Map<string, unknown>;
}

/**
 * - `skip`: nothing to do for this pod: Filter (or Score) is left out.
 * - `status`: the pod is refused, for all nodes.
 * - `state`: given to Filter (or Score); `nodes` limits the nodes to these.
 */
export type PreFilterOutcome<S> = 'skip' | { readonly status: PluginStatus } | { readonly state: S; readonly nodes?: ReadonlySet<string> };
export type PreScoreOutcome<S> = 'skip' | { readonly status: PluginStatus } | { readonly state: S };

/** What PostFilter brought. No `status` means that the pod will fit once `afterwards` has been done. */
export interface PostFilterOutcome {
  readonly status?: PluginStatus;
  /** The node to be nominated; '' takes a nomination back; undefined leaves it. */
  readonly nominated?: string;
  /** What makes room, done when the pod has been told. */
  afterwards?(): void;
}

/** Asks the nodes again, as if pods were gone or had come. */
export interface Trial {
  filter(node: NodeInfo): PluginStatus | undefined;
  podAdded(pod: PodInfo, node: NodeInfo): void;
  podRemoved(pod: PodInfo, node: NodeInfo): void;
}

/** The refusals of a cycle, for PostFilter. */
export interface Refusals {
  statusOf(node: string): PluginStatus;
  /** Begins a trial from how things are. */
  trial(): Trial;
}

export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;

  /** Whether the pod may enter the queue. */
  preEnqueue?(pod: Pod): PluginStatus | undefined;
  /** Which of two pods goes first. */
  isBefore?(a: QueuedPod, b: QueuedPod): boolean;
  /** Changes of the cluster that may make a pod schedulable that this plugin refused. None given: every change may. */
  readonly events?: readonly EventRegistration[];

  /**
   * All of a pod that this plugin's Filter, PreScore and Score look at, as text, where they look at nothing else but the node they are asked about: pods of
   * which it is the same get the same from a node that has not changed. Undefined for a pod where they look elsewhere. Mirrors SignPlugin.
   */
  signPod?(cycle: Cycle): string | undefined;

  preFilter?(cycle: Cycle): PreFilterOutcome<F>;
  filter?(state: F, node: NodeInfo, cycle: Cycle): PluginStatus | undefined;
  /** A copy of the state for trials: `podAdded` and `podRemoved` change it. */
  cloneState?(state: F): F;
  podAdded?(state: F, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;
  podRemoved?(state: F, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;
  postFilter?(cycle: Cycle, refusals: Refusals): PostFilterOutcome | Asking<PostFilterOutcome>;

  preScore?(cycle: Cycle, nodes: readonly NodeInfo[]): PreScoreOutcome<S>;
  score?(state: S, node: NodeInfo, cycle: Cycle): number;
  /** Brings raw scores to 0..100, in place. */
  normalize?(state: S, scores: Scores, nodes: readonly NodeInfo[]): void;

  /** Takes what the pod needs on the node, besides what the cache counts. What it returns is plain data, given to PreBind, also after an eviction. */
  reserve?(cycle: Cycle, node: NodeInfo): { readonly status: PluginStatus } | { readonly data: unknown } | undefined;
  unreserve?(pod: Pod, node: string, data: unknown): void;
  /** Milliseconds to wait for an approval, a refusal, or neither. */
  permit?(cycle: Cycle, node: NodeInfo): PluginStatus | number | undefined;
  /** Whether there is anything to be done before the pod can be bound. */
  needsPreBind?(cycle: Cycle, node: NodeInfo, data: unknown): boolean;
  /**
   * Does the next step of it, `age` ms after the decision. `wait` asks to be called again when an object named in `waitsFor` has changed, or at the age of
   * `timeout`.
   */
  preBind?(pod: Pod, node: string, data: unknown, age: number): PreBindOutcome;
  /** `skip` leaves it to the next plugin. */
  bind?(pod: Pod, node: string): 'skip' | PluginStatus | undefined;
  postBind?(pod: Pod, node: string): void;
}

export type PreBindOutcome =
  | undefined
  | { readonly status: PluginStatus }
  | { readonly wait: { readonly timeout: number; readonly waitsFor: readonly string[] }; readonly data: unknown };

/** Fixes the types of a plugin's states, which the framework only passes through. */
export const definePlugin = <F, S>(plugin: Plugin<F, S>): Plugin => plugin as Plugin;

/** Scores relative to the highest, 0..100; reversed, the lower the better (upstream's DefaultNormalizeScore). */
export function normalizeByMax(scores: Scores, isReversed: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * scores[i]!) / max);
    scores[i] = isReversed ? MAX_NODE_SCORE - share : share;
  }
}
