// What nodes said to pods of one shape. Pods of a workload are alike in all that most plugins look at, and a node that has not changed says the same to each
// of them: only nodes that changed are asked again. Mirrors what kube-scheduler's framework/runtime/batch.go is for.
// Differs: upstream reuses the order of the nodes, for pods that come one after the other; here every answer is kept by itself, and for several shapes.

import type { Plugin, PreScoreOutcome } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PluginStatus } from './status.ts';

/** Raw scores of one plugin, and which generation of the node they are of; by the nodes' places. */
export interface KnownScores {
  readonly generations: Float64Array;
  readonly scores: Float64Array;
}

export class Answers {
  /** What plugins worked out at PreScore. */
  readonly prepared = new Map<Plugin, PreScoreOutcome<unknown>>();
  /** Of how many filters, from the first on, the refusals are. */
  readonly filters: number;
  readonly #size: number;
  readonly #generations: Float64Array;
  readonly #refusals: (PluginStatus | undefined)[] = [];
  readonly #scores = new Map<Plugin, KnownScores>();

  constructor(filters: number, size: number) {
    this.filters = filters;
    this.#size = size;
    this.#generations = new Float64Array(size);
  }

  /** What a node said; `ask` asks it, where it has changed since. */
  refusal(node: NodeInfo, ask: (node: NodeInfo) => PluginStatus | undefined): PluginStatus | undefined {
    const { place, generation } = node;
    if (this.#generations[place] === generation) return this.#refusals[place];
    this.#generations[place] = generation;
    return (this.#refusals[place] = ask(node));
  }

  scoresOf(plugin: Plugin): KnownScores {
    let known = this.#scores.get(plugin);
    if (!known) this.#scores.set(plugin, (known = { generations: new Float64Array(this.#size), scores: new Float64Array(this.#size) }));
    return known;
  }
}

/** How many shapes of pods are kept in mind. */
const MAX_SHAPES = 16;

export class AnswersByShape {
  /** The longest unused first. */
  readonly #known = new Map<string, Answers>();
  #nodes: readonly NodeInfo[] | undefined;

  /** `nodes` is the cache's list: another one, when nodes came or went. */
  of(shape: string, filters: number, nodes: readonly NodeInfo[]): Answers {
    if (this.#nodes !== nodes) {
      this.#nodes = nodes;
      this.#known.clear();
    }
    const key = `${filters} ${shape}`;
    const answers = this.#known.get(key) ?? new Answers(filters, nodes.length);
    this.#known.delete(key);
    this.#known.set(key, answers);
    if (this.#known.size > MAX_SHAPES) this.#known.delete(this.#known.keys().next().value!);
    return answers;
  }
}
