// Changing what a container that runs may use: UpdateContainerResources of the CRI.

import type { World } from '../world.ts';
import type { Container, Limits, Sandbox } from './sandbox.ts';

export function updateContainer(world: World, sandbox: Sandbox, container: Container, limits: Limits): void {
  container.limits = limits;
  world.sandboxes.put(sandbox.id, sandbox);
}
