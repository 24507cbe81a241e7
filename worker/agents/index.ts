// The agents: controllers that also act in the simulated world.

import type { Controller, Requeue } from '../api/controller.ts';
import type { Hooks, World } from '../world/world.ts';
import { makeKubelets } from './kubelet/index.ts';
import { makeWorldLoop } from './world-loop.ts';

export interface Agents extends Pick<Hooks, 'serviceChanged' | 'fillVolume'> {
  readonly controllers: readonly Controller[];
}

export function makeAgents(world: World, enqueue: (controller: string, key: string, requeue?: Requeue) => void): Agents {
  const kubelets = makeKubelets(world, enqueue);
  return { ...kubelets, controllers: [makeWorldLoop(world), ...kubelets.controllers] };
}
