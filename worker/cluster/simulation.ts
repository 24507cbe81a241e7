// The simulated world of a cluster, and who acts in it: what the world tells, and to whom.

import type { Controller, Requeue } from '../api/controller.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { makeAgents } from '../agents/index.ts';
import { makeKubeletServers } from '../agents/kubelet-server/index.ts';
import type { KubeletServers } from '../agents/kubelet-server/index.ts';
import { METRICS_API, metricsResources } from '../agents/metrics-server/index.ts';
import { KUBELET, podKeyOf } from '../agents/kubelet/index.ts';
import { WORLD } from '../agents/world-loop.ts';
import type { Host } from '../lib/host.ts';
import type { PrivateState } from '../store/store.ts';
import { makeWorld } from '../world/world.ts';
import type { Hooks, Traits, World } from '../world/world.ts';

export interface SimulationParts extends Host {
  readonly state: PrivateState;
  readonly traits: Traits;
  readonly reader: ClusterReader;
  readonly minor: number;
  enqueue(controller: string, key: string, requeue?: Requeue): void;
}

export interface Simulation {
  readonly world: World;
  readonly kubelets: KubeletServers;
  readonly controllers: readonly Controller[];
  /** Groups of the API that programs of the world serve, by the name of their APIService. */
  readonly served: Readonly<Record<string, readonly Resource[]>>;
}

export function makeSimulation({ enqueue, reader, minor, ...parts }: SimulationParts): Simulation {
  const hooks: Hooks = {
    sandboxChanged: (sandbox) => {
      enqueue(KUBELET, podKeyOf(sandbox));
      kubelets.hooks.sandboxChanged(sandbox);
    },
    wake: (namespace, at) => enqueue(WORLD, namespace, at),
    serviceChanged: (machine, service) => agents.serviceChanged(machine, service),
    fillVolume: (id, sandbox) => agents.fillVolume(id, sandbox),
    output: (session, stream, text) => kubelets.hooks.output(session, stream, text),
    sessionEnded: (session, exit) => kubelets.hooks.sessionEnded(session, exit),
    logged: (container, stream, text) => kubelets.hooks.logged(container, stream, text),
    received: (connection) => kubelets.hooks.received(connection),
  };
  const world = makeWorld({ ...parts, hooks });
  const agents = makeAgents(world, enqueue);
  const kubelets = makeKubeletServers(world, reader, minor);
  return { world, kubelets, controllers: agents.controllers, served: { [METRICS_API]: metricsResources(world, reader) } };
}
