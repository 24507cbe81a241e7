// Routes of the cloud's network to the pods of each node: to its instances they are always there, and what is left is to say so; to a node that is none there is no way. Mirrors
// the cloud-provider library's controllers/route.

import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Node, NodeCondition } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import type { World } from '../../world/world.ts';
import { makeNodeLoop } from './node-loop.ts';

const TYPE = 'NetworkUnavailable';
const CREATED = { status: 'False', reason: 'RouteCreated', message: 'RouteController created a route' };
const FAILED = { status: 'True', reason: 'NoRouteCreated', message: 'RouteController failed to create a route' };
/** How often upstream looks at all routes. */
const PERIOD_MS = 10_000;

export const makeNodeRoute = (world: World): Controller =>
  makeNodeLoop(world, {
    name: 'node-route',
    reporter: 'route_controller',
    sync(node, machine, context) {
      const ranges = node.spec.podCIDRs ?? [];
      if (!ranges.length) return undefined;
      if (!machine) for (const range of ranges) tellFailure(node, range, context);
      say(node, machine ? CREATED : FAILED, context);
      return machine ? undefined : { after: PERIOD_MS, background: true };
    },
  });

function tellFailure(node: Node, range: string, { event, random }: ControllerContext): void {
  const { uid, name } = node.metadata;
  const took = `${(1000 + random.below(99_000)) / 1000}µs`;
  event(
    node,
    'Warning',
    'FailedToCreateRoute',
    `Could not create route ${uid} ${range} for node ${name} after ${took}: instance not found`,
  );
}

function say(node: Node, facts: typeof CREATED, { api, now }: ControllerContext): void {
  const known = node.status.conditions ?? [];
  if (known.some(({ type, status, reason }) => type === TYPE && status === facts.status && reason === facts.reason)) return;
  const time = formatTime(now());
  const { status, reason, message } = facts;
  const condition: NodeCondition = { type: TYPE, status, lastHeartbeatTime: time, lastTransitionTime: time, reason, message };
  const conditions = [condition, ...known.filter(({ type }) => type !== TYPE)];
  api.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
}
