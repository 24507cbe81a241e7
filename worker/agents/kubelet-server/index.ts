// The servers of all kubelets, on port 10250 of their nodes: what the API server asks of them. Mirrors pkg/kubelet/server and the streaming server of the runtime. What is
// in memory here is who looks on right now; after an eviction nobody does.

import type { Kubelets } from '../../api/kubelet.ts';
import type { ClusterReader } from '../../api/resource.ts';
import type { Hooks, World } from '../../world/world.ts';
import { Commands } from './commands.ts';
import { Dials } from './dials.ts';
import { Logs } from './logs.ts';
import { page } from './pages.ts';

export interface KubeletServers extends Kubelets {
  readonly hooks: Pick<Hooks, 'output' | 'sessionEnded' | 'logged' | 'received' | 'sandboxChanged'>;
  /** Passes on what had to wait. To be called after each step. */
  pump(): void;
  /** After a loss of memory: whoever looked on is gone. */
  resume(): void;
}

export function makeKubeletServers(world: World, reader: ClusterReader, minor: number): KubeletServers {
  const logs = new Logs(world);
  const commands = new Commands(world, logs);
  const dials = new Dials(world);
  return {
    hooks: {
      output: (session, stream, text) => commands.output(session, stream, text),
      sessionEnded: (session, exit) => commands.sessionEnded(session, exit),
      logged: (container, stream, text) => logs.logged(container, stream, text),
      received: (connection) => dials.received(connection),
      sandboxChanged: (sandbox) => logs.sandboxChanged(sandbox),
    },
    pump: () => commands.pump(),
    resume: () => {
      commands.hangUpAll();
      dials.hangUpAll();
    },
    logs: (pod, container, options) => logs.read(pod, container, options),
    exec: (pod, container, options, peer) => commands.exec(pod, container, options, peer),
    attach: (pod, container, options, peer) => commands.attach(pod, container, options, peer),
    checkRunning: (pod, container, verb) => commands.checkRunning(pod, container, verb),
    checkSandbox: (pod) => void dials.sandboxOf(pod),
    forward: (pod, port, peer) => dials.forward(pod, port, peer),
    dial: (address, port, peer) => dials.dial(address, port, peer),
    page: (node, request) => page({ world, reader, logs, minor }, node, request),
  };
}
