// Routes of the cloud's network to the pods of each node: here they are always there, and what is left is to say so. Mirrors the cloud-provider library's
// controllers/route.
//
// Keys: names of nodes, or `all`.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { NodeCondition } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import type { World } from '../../world/world.ts';
import { COMPONENT, hasCloud, isManaged, watchManager } from './cloud.ts';

const TYPE = 'NetworkUnavailable';

export const makeNodeRoute = (world: World): Controller => ({
  name: 'node-route',
  component: COMPONENT,
  reporter: 'route_controller',
  watches: [
    watch(nodes, ({ metadata }, _previous, reader, type) => (type === 'deleted' || !hasCloud(reader) ? [] : [metadata.name])),
    watchManager,
  ],
  reconcile(key, context) {
    const { api } = context;
    if (!isManaged(world, api)) return;
    if (key === 'all') {
      for (const { metadata } of api.list(nodes)) context.enqueue(metadata.name);
      return;
    }
    const node = api.get(nodes, '', key);
    const known = node?.status.conditions ?? [];
    if (!node?.spec.podCIDRs?.length || !world.machines.get(key) || known.find(({ type }) => type === TYPE)?.status === 'False') return;
    const time = formatTime(context.now());
    const created: NodeCondition = {
      type: TYPE,
      status: 'False',
      lastHeartbeatTime: time,
      lastTransitionTime: time,
      reason: 'RouteCreated',
      message: 'RouteController created a route',
    };
    const conditions = [created, ...known.filter(({ type }) => type !== TYPE)];
    api.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
  },
});
