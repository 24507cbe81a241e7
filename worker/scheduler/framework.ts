// What a scheduler plugin is: which points of a pod's way to a node it takes part in. Mirrors kube-scheduler framework/interface.go.
//
//     PreEnqueue → [queue, QueueSort] → PreFilter → Filter → (PostFilter) → PreScore → Score, Normalize → Reserve → Permit → PreBind → Bind → PostBind
//
// A plugin keeps nothing between pods. What it works out for one pod is a state that it returns at PreFilter or PreScore and gets back at each node.

import type { ClusterApi } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { ClusterConfig } from '../api/resource.ts';
import type { SchedulerCache } from './cache.ts';
import type { EventRegistration } from './cluster-event.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { PluginStatus } from './status.ts';

export const MAX_NODE_SCORE = 100;

/** What plugins may see and use. */
export interface Handle {
  readonly cache: SchedulerCache;
  readonly api: ClusterApi;
  readonly config: ClusterConfig;
  now(): number;
  log(level: 'I' | 'W' | 'E', message: string): void;
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

export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;

  /** Whether the pod may enter the queue. */
  preEnqueue?(pod: Pod): PluginStatus | undefined;
  /** Changes of the cluster that may make a pod schedulable that this plugin refused. None given: every change may. */
  readonly events?: readonly EventRegistration[];

  preFilter?(cycle: Cycle): PreFilterOutcome<F>;
  filter?(state: F, node: NodeInfo, cycle: Cycle): PluginStatus | undefined;
  /** A copy of the state for trying out `podAdded` and `podRemoved`, which change it as if a pod came to a node or left it. */
  cloneState?(state: F): F;
  podAdded?(state: F, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;
  podRemoved?(state: F, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;

  preScore?(cycle: Cycle, nodes: readonly NodeInfo[]): PreScoreOutcome<S>;
  score?(state: S, node: NodeInfo, cycle: Cycle): number;
  /** Brings raw scores to 0..100, in place. */
  normalize?(state: S, scores: number[], nodes: readonly NodeInfo[]): void;
}

/** Makes a plugin, with its part of the configuration. */
export type PluginFactory = (handle: Handle, args: unknown) => Plugin;

/** Fixes the types of a plugin's states, which the framework only passes through. */
export const definePlugin = <F, S>(plugin: Plugin<F, S>): Plugin => plugin as Plugin;

/** Scores relative to the highest, 0..100; reversed, the lower the better (upstream's DefaultNormalizeScore). */
export function normalizeByMax(scores: number[], isReversed: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let i = 0; i < scores.length; i++) {
    const share = max === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * scores[i]!) / max);
    scores[i] = isReversed ? MAX_NODE_SCORE - share : share;
  }
}
