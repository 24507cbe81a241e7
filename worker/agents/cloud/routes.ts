// Routes of the cloud's network to the pods of each node: here they are always there, and what is left is to say so. Mirrors the cloud-provider library's
// controllers/route.

import type { Controller } from '../../api/controller.ts';
import type { NodeCondition } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import type { World } from '../../world/world.ts';
import { makeNodeLoop } from './node-loop.ts';

const [TYPE, REASON] = ['NetworkUnavailable', 'RouteCreated'];

export const makeNodeRoute = (world: World): Controller =>
  makeNodeLoop(world, {
    name: 'node-route',
    reporter: 'route_controller',
    sync(node, machine, { api, now }) {
      const known = node.status.conditions ?? [];
      if (
        !node.spec.podCIDRs?.length ||
        !machine ||
        known.some(({ type, status, reason }) => type === TYPE && status === 'False' && reason === REASON)
      )
        return;
      const time = formatTime(now());
      const created: NodeCondition = {
        type: TYPE,
        status: 'False',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
        reason: REASON,
        message: 'RouteController created a route',
      };
      const conditions = [created, ...known.filter(({ type }) => type !== TYPE)];
      api.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
    },
  });
