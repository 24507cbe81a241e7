// What nodes said of a pod that did not take it, by their names. Most searches find a node, and nobody asks then what a certain other one said: a table by
// name is made when somebody does.

import type { PluginStatus } from './status.ts';

export type Statuses = Pick<ReadonlyMap<string, PluginStatus>, 'get' | 'size' | 'values'> & Iterable<[node: string, status: PluginStatus]>;

export class NodeStatuses implements Statuses {
  readonly #nodes: string[] = [];
  readonly #statuses: PluginStatus[] = [];
  #byNode: Map<string, PluginStatus> | undefined;

  get size(): number {
    return this.#nodes.length;
  }

  /** Of a node that nothing was set of. */
  set(node: string, status: PluginStatus): void {
    this.#nodes.push(node);
    this.#statuses.push(status);
    this.#byNode = undefined;
  }

  get(node: string): PluginStatus | undefined {
    return (this.#byNode ??= new Map(this)).get(node);
  }

  values(): MapIterator<PluginStatus> {
    return this.#statuses.values() as MapIterator<PluginStatus>;
  }

  *[Symbol.iterator](): Iterator<[node: string, status: PluginStatus]> {
    for (let i = 0; i < this.#nodes.length; i++) yield [this.#nodes[i]!, this.#statuses[i]!];
  }
}
