// The loops of the driver that the addon csi-disk brings. They work while its pod runs.

import type { Controller } from '../../api/controller.ts';
import type { World } from '../../world/world.ts';
import { makeAttacher } from './attacher.ts';
import { makeModifier } from './modifier.ts';
import { makeProvisioner } from './provisioner.ts';
import { makeResizer } from './resizer.ts';

export const makeCsiDriver = (world: World): Controller[] => [
  makeProvisioner(world),
  makeAttacher(world),
  makeResizer(world),
  makeModifier(world),
];
