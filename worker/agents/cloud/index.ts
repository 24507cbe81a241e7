// The loops of cloud-controller-manager, which the addon cloud brings. They work while its pod runs.

import type { Controller } from '../../api/controller.ts';
import type { World } from '../../world/world.ts';
import { makeCloudNode, makeCloudNodeLifecycle } from './nodes.ts';
import { makeNodeRoute } from './routes.ts';
import { makeServiceLb } from './services.ts';

export const makeCloud = (world: World): Controller[] => [
  makeCloudNode(world),
  makeCloudNodeLifecycle(world),
  makeNodeRoute(world),
  makeServiceLb(world),
];
