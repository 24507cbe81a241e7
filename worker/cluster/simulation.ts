// The simulated world of a cluster, and who acts in it: what the world tells, and to whom.

import type { Controller, Requeue } from '../api/controller.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { makeControlPlane, UNSEEN } from '../agents/control-plane.ts';
import type { ControlPlane, ControlPlaneParts } from '../agents/control-plane.ts';
import { answerDns } from '../agents/coredns.ts';
import { makeAgents } from '../agents/index.ts';
import { KUBE_PROXY } from '../agents/kube-proxy.ts';
import { policyVerdict } from '../agents/network-policy.ts';
import { makeKubeletServers } from '../agents/kubelet-server/index.ts';
import type { KubeletServers } from '../agents/kubelet-server/index.ts';
import { METRICS_API, metricsResources } from '../agents/metrics-server/index.ts';
import { KUBELET, podKeyOf } from '../agents/kubelet/index.ts';
import type { ReadPod } from '../agents/kubelet/manifests.ts';
import { WORLD } from '../agents/world-loop.ts';
import type { Host } from '../lib/host.ts';
import type { PrivateState } from '../store/store.ts';
import type { Machine } from '../world/machine.ts';
import type { Connection } from '../world/network/connection.ts';
import type { DnsAnswer, DnsQuestion } from '../world/network/dns.ts';
import { writeJournal } from '../world/journal.ts';
import { klogLine } from '../world/programs/control-plane/klog.ts';
import type { Level } from '../world/programs/control-plane/klog.ts';
import { makeWorld } from '../world/world.ts';
import type { Hooks, Traits, World } from '../world/world.ts';

export interface SimulationParts extends Host {
  readonly state: PrivateState;
  readonly traits: Traits;
  readonly reader: ClusterReader;
  readonly minor: number;
  /** Whether its control plane can be seen, and fail. */
  readonly hasControlPlane: boolean;
  readonly readPod: ReadPod;
  enqueue(controller: string, key: string, requeue?: Requeue): void;
  resync(component: string): void;
  apiAsked(connection: Connection): void;
  pageAsked(connection: Connection): void;
  dnsAnswered(question: DnsQuestion, answer: DnsAnswer): void;
  problemOf: ControlPlaneParts['problemOf'];
  brokenLoop: ControlPlaneParts['brokenLoop'];
}

export interface Simulation {
  readonly world: World;
  readonly kubelets: KubeletServers;
  readonly controlPlane: ControlPlane;
  readonly controllers: readonly Controller[];
  /** Groups of the API that programs of the world serve, by the name of their APIService. */
  readonly served: Readonly<Record<string, readonly Resource[]>>;
}

export function makeSimulation({
  reader,
  minor,
  hasControlPlane,
  readPod,
  resync,
  apiAsked,
  pageAsked,
  dnsAnswered,
  problemOf,
  brokenLoop,
  ...parts
}: SimulationParts): Simulation {
  const { enqueue } = parts;
  const hooks: Hooks = {
    sandboxChanged: (sandbox) => {
      controlPlane.changed(sandbox);
      enqueue(KUBELET, podKeyOf(sandbox));
      kubelets.hooks.sandboxChanged(sandbox);
    },
    started: (sandbox, container) => {
      controlPlane.started(sandbox, container);
      agents.started(sandbox, container);
      // A proxy that starts learns everything anew.
      if (container.main === 'kube-proxy') enqueue(KUBE_PROXY, `/${sandbox.machine}`);
    },
    wake: (namespace, at) => enqueue(WORLD, namespace, at),
    serviceChanged: (machine, service) => agents.serviceChanged(machine, service),
    touched: () => agents.touched(),
    filled: (machine) => agents.filled(machine),
    configChanged: (machine, path) => agents.configChanged(machine, path),
    apiAsked,
    pageAsked,
    policyVerdict: (packet) => policyVerdict(reader, packet),
    answerDns: (question) => {
      const answer = answerDns(reader, question);
      dnsAnswered(question, answer);
      return answer;
    },
    fillVolume: (id, sandbox) => agents.fillVolume(id, sandbox),
    output: (session, stream, text) => kubelets.hooks.output(session, stream, text),
    sessionEnded: (session, exit) => kubelets.hooks.sessionEnded(session, exit),
    logged: (container, stream, text) => kubelets.hooks.logged(container, stream, text),
    received: (connection) => kubelets.hooks.received(connection),
  };
  const world = makeWorld({ ...parts, hooks });
  const controlPlane = hasControlPlane ? makeControlPlane({ world, enqueue, resync, problemOf, brokenLoop }) : UNSEEN;
  const say = (machine: Machine, line: string, place = 'file.go:195', level: Level = 'E'): void =>
    writeJournal(world, machine, 'kubelet', klogLine(world.now(), level, place, line, machine.services['kubelet']?.pid));
  const agents = makeAgents({ world, enqueue, readPod, say });
  const kubelets = makeKubeletServers(world, reader, minor);
  return {
    world,
    kubelets,
    controlPlane,
    controllers: [...controlPlane.controllers, ...agents.controllers],
    served: { [METRICS_API]: metricsResources(world, reader) },
  };
}
