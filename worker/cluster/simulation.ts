// The simulated world of a cluster, and who acts in it: what the world tells, and to whom.

import type { Controller, Requeue } from '../api/controller.ts';
import { makeAgents } from '../agents/index.ts';
import { KUBELET, podKeyOf } from '../agents/kubelet/index.ts';
import { WORLD } from '../agents/world-loop.ts';
import type { Host } from '../lib/host.ts';
import type { PrivateState } from '../store/store.ts';
import { makeWorld } from '../world/world.ts';
import type { Hooks, Traits, World } from '../world/world.ts';

export interface SimulationParts extends Host {
  readonly state: PrivateState;
  readonly traits: Traits;
  enqueue(controller: string, key: string, requeue?: Requeue): void;
}

export interface Simulation {
  readonly world: World;
  readonly controllers: readonly Controller[];
}

export function makeSimulation({ enqueue, ...parts }: SimulationParts): Simulation {
  const hooks: Hooks = {
    sandboxChanged: (sandbox) => enqueue(KUBELET, podKeyOf(sandbox)),
    wake: (namespace, at) => enqueue(WORLD, namespace, at),
    serviceChanged: (machine, service) => agents.serviceChanged(machine, service),
    fillVolume: (id, sandbox) => agents.fillVolume(id, sandbox),
    output: () => {},
    sessionEnded: () => {},
    logged: () => {},
    received: () => {},
  };
  const world = makeWorld({ ...parts, hooks });
  const agents = makeAgents(world, enqueue);
  return { world, controllers: agents.controllers };
}
