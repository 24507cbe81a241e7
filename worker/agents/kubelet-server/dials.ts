// Connections from outside into the simulated network: a port-forward comes out inside the pod, a proxy at the API server's machine. Mirrors the port forwarding of the
// runtime (containerd internal/cri/server/sandbox_portforward_linux.go).

import type { Pod } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import type { ConnectionPeer, ConnectProblem, OpenConnection } from '../../api/kubelet.ts';
import { connect } from '../../world/network/connect.ts';
import type { Caller } from '../../world/network/connect.ts';
import { closeSide, readSocket, writeSocket } from '../../world/network/connection.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { machineOf } from './node.ts';
import { runtimeUid } from '../kubelet/static-pod.ts';

export class Dials {
  readonly #world: World;
  readonly #peers = new Map<string, ConnectionPeer>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Throws what the kubelet says of a pod that does not run. */
  sandboxOf(pod: Pod): Sandbox {
    const { metadata, spec } = pod;
    machineOf(this.#world, spec.nodeName!);
    const sandbox = this.#world.sandboxes
      .find('pod', runtimeUid(pod))
      .find(({ state, containers }) => state === 'ready' && containers.some((one) => one.state === 'running'));
    if (!sandbox) throw new KubeletRefusal(500, `pod not found (${JSON.stringify(`${metadata.name}_${metadata.namespace}`)})`);
    return sandbox;
  }

  forward(pod: Pod, port: number, peer: ConnectionPeer): OpenConnection | ConnectProblem {
    const sandbox = this.sandboxOf(pod);
    const opened = this.#open({ machine: sandbox.machine, sandbox, namespace: '' }, '127.0.0.1', port, peer);
    if (!('problem' in opened)) return opened;
    const refused = (net: string, address: string): string => `dial ${net} ${address}:${port}: connect: connection refused`;
    return {
      problem: `error forwarding port ${port} to pod ${sandbox.id}, uid : failed to execute portforward in network namespace ${JSON.stringify(`/var/run/netns/cni-${netnsOf(sandbox)}`)}: failed to connect to localhost:${port} inside namespace ${JSON.stringify(sandbox.id)}, IPv4: ${refused('tcp4', '127.0.0.1')} IPv6 ${refused('tcp6', '[::1]')} `,
    };
  }

  dial(address: string, port: number, peer: ConnectionPeer): OpenConnection | ConnectProblem {
    // Differs: the API server is nowhere in particular; it reaches what the first machine reaches.
    const [machine] = this.#world.machines.values();
    return this.#open({ machine: machine?.name ?? '', namespace: '' }, address, port, peer);
  }

  #open(caller: Caller, address: string, port: number, peer: ConnectionPeer): OpenConnection | ConnectProblem {
    const world = this.#world;
    const opened = connect(world, caller, address, port);
    if ('error' in opened) return { problem: opened.error === 'refused' ? 'connect: connection refused' : 'connect: no route to host' };
    const { id, isTls } = opened.connection;
    opened.connection.isHeldOutside = true;
    world.connections.put(id, opened.connection);
    this.#peers.set(id, peer);
    this.received(id);
    return {
      ...(isTls && { isTls }),
      send: (data) => writeSocket(world, id, 'client', data),
      close: () => {
        closeSide(world, id, 'client');
        if (!world.connections.get(id)) this.received(id);
      },
      abort: () => this.#hangUp(id),
    };
  }

  /** Ends the connections of those of whom nothing is known any more. */
  hangUpAll(): void {
    for (const { id, isHeldOutside } of [...this.#world.connections.values()]) if (isHeldOutside) this.#hangUp(id);
  }

  #hangUp(id: string): void {
    this.#peers.delete(id);
    closeSide(this.#world, id, 'client');
    closeSide(this.#world, id, 'server');
  }

  received(id: string): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    for (;;) {
      const data = readSocket(this.#world, id, 'client', Infinity);
      if (data === undefined) return;
      if (data === null) break;
      peer.receive(data);
    }
    if (this.#peers.delete(id)) peer.closed();
  }
}

/** The name of a network namespace: a UUID, made of the sandbox's id. */
const netnsOf = ({ id }: Sandbox): string =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;
