// One scheduler as configured: its plugins at each extension point, and running those that choose a node. Mirrors kube-scheduler
// framework/runtime/framework.go.

import type { Pod } from '../api/gen/core-v1.ts';
import { AnswersByShape } from './answers.ts';
import type { Answers, KnownScores } from './answers.ts';
import type { Asking } from './asking.ts';
import { EXTENDER } from './extenders/extender.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { Cycle, Handle, Plugin, PostFilterOutcome, PreScoreOutcome, Refusals, Scores, Trial } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { QueueingHints } from './queueing-hints.ts';
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
  /** For Filter, and for trials. */
  readonly filters: readonly ActiveFilter[];
}

/** Valid until the profile scores again. */
export interface PluginScores {
  readonly plugin: string;
  /** Weighted; one for each node that was scored. */
  readonly scores: Scores;
}

/** Plugins by extension point, in the order they run. */
export interface ProfilePlugins {
  readonly preEnqueue: readonly Plugin[];
  readonly queueSort: Plugin;
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly WeightedPlugin[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}

export interface WeightedPlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

export class Profile {
  readonly name: string;
  readonly handle: Handle;
  readonly plugins: ProfilePlugins;
  readonly hints: QueueingHints;
  /** 0 adapts to the number of nodes. */
  readonly percentageOfNodesToScore: number;
  /** Any node will do: nobody compares them. */
  readonly takesFirst: boolean;
  readonly #buffers: Scores[] = [];
  /** Plugins that look at a pod and a node alone. */
  readonly #signing: readonly Plugin[];
  readonly #answers = new AnswersByShape();

  constructor(name: string, handle: Handle, plugins: ProfilePlugins, percentageOfNodesToScore: number) {
    this.name = name;
    this.handle = handle;
    this.plugins = plugins;
    this.percentageOfNodesToScore = percentageOfNodesToScore;
    const { preEnqueue, preFilter, filter, score, reserve, permit } = plugins;
    const { extenders } = handle;
    this.takesFirst = !score.length && !extenders.some(({ filterVerb, prioritizeVerb }) => filterVerb || prioritizeVerb);
    this.#signing = [...new Set([...filter, ...score.map(({ plugin }) => plugin)])].filter(({ signPod }) => signPod);
    this.hints = new QueueingHints(
      new Set([...preEnqueue, ...preFilter, ...filter, ...reserve, ...permit, ...(extenders.length ? [ANY_EXTENDER] : [])]),
    );
  }

  /** Who keeps a pod out of the queue. */
  gateOf(pod: Pod, first: string): PluginStatus | undefined {
    const { preEnqueue } = this.plugins;
    const ordered = first
      ? [...preEnqueue.filter(({ name }) => name === first), ...preEnqueue.filter(({ name }) => name !== first)]
      : preEnqueue;
    for (const plugin of ordered) {
      const status = plugin.preEnqueue!(pod);
      if (status) return status;
    }
    return undefined;
  }

  preFilter(cycle: Cycle): PreFilterResult {
    const skipped = new Set<string>();
    const limiters: string[] = [];
    let nodes: ReadonlySet<string> | undefined;
    let status: PluginStatus | undefined;
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
        return { status, nodes: undefined, limiters: [], filters: [] };
      }
      cycle.filterStates.set(plugin.name, outcome.state);
      if (!outcome.nodes) continue;
      limiters.push(plugin.name);
      nodes = intersect(nodes, outcome.nodes);
      if (nodes.size > 0) continue;
      return { status: unresolvable('', noNodesLeft(limiters)), nodes, limiters, filters: [] };
    }
    const filters = this.plugins.filter
      .filter(({ name }) => !skipped.has(name))
      .map((plugin) => ({ plugin, state: cycle.filterStates.get(plugin.name) }));
    return { status, nodes, limiters, filters };
  }

  /** What nodes said to pods like this one. Undefined if a plugin that is thought to look at pod and node alone looks elsewhere for this pod. */
  answersFor(filters: readonly ActiveFilter[], cycle: Cycle): Answers | undefined {
    let shape = '';
    for (const plugin of this.#signing) {
      const sign = plugin.signPod!(cycle);
      if (sign === undefined) return undefined;
      shape += `${sign}\0`;
    }
    let leading = 0;
    while (leading < filters.length && filters[leading]!.plugin.signPod) leading++;
    return this.#answers.of(shape, leading, this.handle.cache.nodes);
  }

  /** Why a node does not take the pod, as the first plugin that refuses says; of filters from `from` up to `to`. */
  filter(filters: readonly ActiveFilter[], node: NodeInfo, cycle: Cycle, from = 0, to: number = filters.length): PluginStatus | undefined {
    for (let i = from; i < to; i++) {
      const { plugin, state } = filters[i]!;
      const status = plugin.filter!(state, node, cycle);
      if (!status) continue;
      return isRejection(status) ? status : failure(plugin.name, `running "${plugin.name}" filter plugin: ${messageOf(status)}`);
    }
    return undefined;
  }

  /**
   * The same, where other pods are nominated to the node too. Those that are at least as important count as if they were there; and, because they may
   * never come, the node has to take the pod without them as well.
   */
  filterWithNominated(filters: readonly ActiveFilter[], node: NodeInfo, cycle: Cycle): PluginStatus | undefined {
    const { nominator } = this.handle;
    if (nominator.isEmpty || !nominator.has(node.name)) return this.filter(filters, node, cycle);
    const { uid, priority } = cycle.info;
    const others = nominator.podsFor(node.name).filter((pod) => pod.priority >= priority && pod.uid !== uid);
    if (others.length) {
      const crowded = node.clone();
      const states = cloneFilters(filters);
      for (const pod of others) {
        crowded.addPod(pod);
        podCame(states, pod, crowded, cycle);
      }
      const status = this.filter(states, crowded, cycle);
      if (status) return status;
    }
    return this.filter(filters, node, cycle);
  }

  /** Begins to try out what would be if pods came or went. The nodes given to it have to be clones. */
  trial(filters: readonly ActiveFilter[], cycle: Cycle): Trial {
    const states = cloneFilters(filters);
    return {
      filter: (node) => this.filterWithNominated(states, node, cycle),
      podAdded: (pod, node) => {
        node.addPod(pod);
        podCame(states, pod, node, cycle);
      },
      podRemoved: (pod, node) => {
        node.removePod(pod);
        for (const { plugin, state } of states) plugin.podRemoved?.(state, pod, node, cycle);
      },
    };
  }

  *postFilter(cycle: Cycle, refusals: Refusals): Asking<PostFilterOutcome> {
    const reasons: string[] = [];
    let rejector = '';
    let nominated: string | undefined;
    for (const plugin of this.plugins.postFilter) {
      const begun = plugin.postFilter!(cycle, refusals);
      const outcome = 'next' in begun ? yield* begun : begun;
      if (!outcome.status || outcome.status.code === 'Unresolvable') return outcome;
      if (!isRejection(outcome.status)) return { status: outcome.status };
      nominated = outcome.nominated ?? nominated;
      reasons.push(...outcome.status.reasons);
      rejector ||= plugin.name;
    }
    return { status: { code: 'Unschedulable', reasons, plugin: rejector }, ...(nominated !== undefined && { nominated }) };
  }

  /** Scores of all plugins that have a say, or what broke. `answers` are those for this pod's shape. */
  score(cycle: Cycle, nodes: readonly NodeInfo[], answers?: Answers): readonly PluginScores[] | PluginStatus {
    const states = new Map<string, unknown>();
    const skipped = new Set<string>();
    for (const plugin of this.plugins.preScore) {
      const outcome = this.#prepare(plugin, cycle, nodes, answers);
      if (outcome === 'skip') skipped.add(plugin.name);
      else if ('status' in outcome) return failure(plugin.name, `running PreScore plugin "${plugin.name}": ${messageOf(outcome.status)}`);
      else states.set(plugin.name, outcome.state);
    }
    const all: PluginScores[] = [];
    for (const { plugin, weight } of this.plugins.score) {
      if (skipped.has(plugin.name)) continue;
      const scores = this.#buffer(all.length, nodes.length);
      const state = states.get(plugin.name);
      const known = answers && plugin.signPod ? answers.scoresOf(plugin) : undefined;
      const wrong =
        known && !plugin.normalize
          ? weighChanged(known, plugin, weight, state, nodes, cycle, scores)
          : scoreAndWeigh(known, plugin, weight, state, nodes, cycle, scores);
      if (wrong !== undefined) return invalidScore(plugin.name, wrong);
      all.push({ plugin: plugin.name, scores });
    }
    return all;
  }

  #prepare(plugin: Plugin, cycle: Cycle, nodes: readonly NodeInfo[], answers: Answers | undefined): PreScoreOutcome<unknown> {
    if (!answers || !plugin.signPod) return plugin.preScore!(cycle, nodes);
    let outcome = answers.prepared.get(plugin);
    if (!outcome) answers.prepared.set(plugin, (outcome = plugin.preScore!(cycle, nodes)));
    return outcome;
  }

  /** Room for the scores of one plugin, used again for every pod. */
  #buffer(at: number, size: number): Scores {
    let buffer = this.#buffers[at];
    if (!buffer || buffer.length < size) this.#buffers[at] = buffer = new Float64Array(size);
    return buffer.subarray(0, size);
  }
}

/** Extenders cannot say what may help a pod that they refused: any change may. */
const ANY_EXTENDER: Plugin = { name: EXTENDER };

const isScore = (score: number): boolean => score >= 0 && score <= MAX_NODE_SCORE;

/** Scores nodes; `known` has what those said that have not changed. Gives a score that is none, if there is one. */
function scoreAndWeigh(
  known: KnownScores | undefined,
  plugin: Plugin,
  weight: number,
  state: unknown,
  nodes: readonly NodeInfo[],
  cycle: Cycle,
  scores: Scores,
): number | undefined {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (!known) scores[i] = plugin.score!(state, node, cycle);
    else {
      const { place, generation } = node;
      if (known.generations[place] !== generation) {
        known.generations[place] = generation;
        known.scores[place] = plugin.score!(state, node, cycle);
      }
      scores[i] = known.scores[place]!;
    }
  }
  plugin.normalize?.(state, scores, nodes);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (!isScore(score)) return score;
    scores[i] = score * weight;
  }
  return undefined;
}

/** The same for scores that do not depend on those of other nodes: what is known has its weight already. */
function weighChanged(
  { generations, scores: known }: KnownScores,
  plugin: Plugin,
  weight: number,
  state: unknown,
  nodes: readonly NodeInfo[],
  cycle: Cycle,
  scores: Scores,
): number | undefined {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const { place, generation } = node;
    if (generations[place] !== generation) {
      const score = plugin.score!(state, node, cycle);
      if (!isScore(score)) return score;
      generations[place] = generation;
      known[place] = score * weight;
    }
    scores[i] = known[place]!;
  }
  return undefined;
}

const invalidScore = (plugin: string, score: number): PluginStatus =>
  failure(
    plugin,
    `applying score defaultWeights on Score plugins: plugin "${plugin}" returns an invalid score ${score}, it should in the range of [0, ${MAX_NODE_SCORE}] after normalizing`,
  );

const cloneFilters = (filters: readonly ActiveFilter[]): ActiveFilter[] =>
  filters.map(({ plugin, state }) => ({ plugin, state: plugin.cloneState ? plugin.cloneState(state) : state }));

function podCame(filters: readonly ActiveFilter[], pod: PodInfo, node: NodeInfo, cycle: Cycle): void {
  for (const { plugin, state } of filters) plugin.podAdded?.(state, pod, node, cycle);
}

const intersect = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> =>
  a ? new Set([...a].filter((name) => b.has(name))) : b;

function noNodesLeft(limiters: readonly string[]): string {
  const names = [...limiters].sort();
  return names.length === 1
    ? `node(s) didn't satisfy plugin ${names[0]}`
    : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
}
