// What the loops over nodes have in common. Keys: names of nodes, or `all` when the manager comes.

import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { nodes } from '../../resources/core/node.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { COMPONENT, hasCloud, isManaged, watchManager } from './cloud.ts';

interface NodeLoop {
  readonly name: string;
  readonly reporter: string;
  /** So long after a change it is looked at. */
  readonly delayMs?: number;
  /** Of which nodes it is. All, if left out. */
  concerns?(node: Node): boolean;
  /** `machine`: undefined where the cloud knows none of this name. */
  sync(node: Node, machine: Machine | undefined, context: ControllerContext): Requeue | void;
}

export function makeNodeLoop(world: World, { name, reporter, delayMs, concerns = () => true, sync }: NodeLoop): Controller {
  const changed = watch(nodes, (node, _previous, reader, type) =>
    type === 'deleted' || !hasCloud(reader) || !concerns(node) ? [] : [node.metadata.name],
  );
  return {
    name,
    component: COMPONENT,
    reporter,
    watches: [delayMs === undefined ? changed : delayed(delayMs, changed), watchManager],
    reconcile(key, context) {
      const { api } = context;
      if (!isManaged(world, api)) return undefined;
      if (key === 'all') {
        for (const node of api.list(nodes)) if (concerns(node)) context.enqueue(node.metadata.name);
        return undefined;
      }
      const node = api.get(nodes, '', key);
      return node ? sync(node, world.machines.get(key), context) : undefined;
    },
  };
}
