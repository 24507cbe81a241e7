// One scheduler as configured: its plugins at each extension point, and running them. Mirrors kube-scheduler framework/runtime/framework.go.

import type { Cycle, Handle, Plugin } from './framework.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { failure, isRejection, messageOf, unresolvable } from './status.ts';
import type { PluginStatus } from './status.ts';

/** A plugin at work on one pod, with what it worked out at PreFilter. */
export interface ActiveFilter {
  readonly plugin: Plugin;
  readonly state: unknown;
}

export interface PreFilterResult {
  /** Undefined if the pod may go on. */
  readonly status: PluginStatus | undefined;
  /** Only these nodes; undefined means all. */
  readonly nodes: ReadonlySet<string> | undefined;
  /** Who limited the nodes. */
  readonly limiters: readonly string[];
  readonly filters: readonly ActiveFilter[];
}

export interface PluginScores {
  readonly plugin: string;
  /** Weighted; one for each node that was scored. */
  readonly scores: readonly number[];
}

export interface ProfilePlugins {
  readonly preEnqueue: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly { readonly plugin: Plugin; readonly weight: number }[];
}

export class Profile {
  readonly name: string;
  readonly handle: Handle;
  readonly plugins: ProfilePlugins;
  readonly percentageOfNodesToScore: number | undefined;

  constructor(name: string, handle: Handle, plugins: ProfilePlugins, percentageOfNodesToScore: number | undefined) {
    this.name = name;
    this.handle = handle;
    this.plugins = plugins;
    this.percentageOfNodesToScore = percentageOfNodesToScore;
  }

  preFilter(cycle: Cycle): PreFilterResult {
    const skipped = new Set<string>();
    const limiters: string[] = [];
    let nodes: ReadonlySet<string> | undefined;
    let status: PluginStatus | undefined;
    const end = (): PreFilterResult => ({ status, nodes, limiters, filters: [] });
    for (const plugin of this.plugins.preFilter) {
      const outcome = plugin.preFilter!(cycle);
      if (outcome === 'skip') {
        skipped.add(plugin.name);
        continue;
      }
      if ('status' in outcome) {
        status = outcome.status;
        if (status.code === 'Unschedulable') continue;
        if (status.code === 'Error') status = failure(plugin.name, `running PreFilter plugin "${plugin.name}": ${messageOf(status)}`);
        return end();
      }
      cycle.filterStates.set(plugin.name, outcome.state);
      if (!outcome.nodes) continue;
      limiters.push(plugin.name);
      const before: ReadonlySet<string> | undefined = nodes;
      nodes = before ? new Set([...before].filter((name) => outcome.nodes!.has(name))) : outcome.nodes;
      if (nodes.size > 0) continue;
      const names = [...limiters].sort();
      status = unresolvable(
        '',
        names.length === 1
          ? `node(s) didn't satisfy plugin ${names[0]}`
          : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`,
      );
      return end();
    }
    const filters = this.plugins.filter
      .filter(({ name }) => !skipped.has(name))
      .map((plugin) => ({ plugin, state: cycle.filterStates.get(plugin.name) }));
    return { status, nodes, limiters, filters };
  }

  /** Why a node does not take the pod, as the first plugin that refuses says. */
  filter(filters: readonly ActiveFilter[], node: NodeInfo, cycle: Cycle): PluginStatus | undefined {
    for (let i = 0; i < filters.length; i++) {
      const { plugin, state } = filters[i]!;
      const status = plugin.filter!(state, node, cycle);
      if (!status) continue;
      return isRejection(status) ? status : failure(plugin.name, `running "${plugin.name}" filter plugin: ${messageOf(status)}`);
    }
    return undefined;
  }

  /** Scores of all plugins that have a say, or what broke. */
  score(cycle: Cycle, nodes: readonly NodeInfo[]): PluginScores[] | PluginStatus {
    const states = new Map<Plugin, unknown>();
    const skipped = new Set<Plugin>();
    for (const plugin of this.plugins.preScore) {
      const outcome = plugin.preScore!(cycle, nodes);
      if (outcome === 'skip') skipped.add(plugin);
      else if ('status' in outcome) return failure(plugin.name, `running PreScore plugin "${plugin.name}": ${messageOf(outcome.status)}`);
      else states.set(plugin, outcome.state);
    }
    const all: PluginScores[] = [];
    for (const { plugin, weight } of this.plugins.score) {
      if (skipped.has(plugin)) continue;
      const state = states.get(plugin);
      const scores = Array.from<number>({ length: nodes.length });
      for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score!(state, nodes[i]!, cycle);
      plugin.normalize?.(state, scores, nodes);
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i]!;
        if (score > MAX_NODE_SCORE || score < 0)
          return failure(
            plugin.name,
            `applying score defaultWeights on Score plugins: plugin "${plugin.name}" returns an invalid score ${score}, it should in the range of [0, ${MAX_NODE_SCORE}] after normalizing`,
          );
        scores[i] = score * weight;
      }
      all.push({ plugin: plugin.name, scores });
    }
    return all;
  }
}
