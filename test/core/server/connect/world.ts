// A cluster with a pod that runs, and what a process in it would do on the network.

import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { closeSide, readSocket, writeSocket } from '../../../../worker/world/network/connection.ts';
import type { Connection } from '../../../../worker/world/network/connection.ts';
import { namespaceOf } from '../../../../worker/world/process/namespace.ts';
import { openFile } from '../../../../worker/world/process/open-file.ts';
import type { Container, Sandbox } from '../../../../worker/world/runtime/sandbox.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster, TestOptions } from '../../harness.ts';

export function withPod(spec: Partial<Pod['spec']> = {}, options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ nodes: 1, ...options });
  cluster.settle();
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'demo' }], ...spec } as Pod['spec'],
  });
  cluster.advance(2000);
  return cluster;
}

export function placeOf({ cluster }: TestCluster, container = 0): { sandbox: Sandbox; container: Container } {
  const sandbox = cluster.simulation.world.sandboxes.find('pod', 'default/web').at(-1)!;
  return { sandbox, container: sandbox.containers[container]! };
}

/** From now on, and until the next step is over, a process of the pod accepts connections at a port. */
export function listen(cluster: TestCluster, port: number): void {
  const { world } = cluster.cluster.simulation;
  const { sandbox, container } = placeOf(cluster);
  const namespace = namespaceOf(world, sandbox, container);
  openFile(namespace, { type: 'listener', port });
  world.namespaces.put(namespace.id, namespace);
}

export interface Served {
  read(): string | null | undefined;
  write(data: string): void;
  close(): void;
}

/** The connections that are open, from the side of the process. */
export function servedBy({ cluster, save }: TestCluster): Served[] {
  const { world } = cluster.simulation;
  return world.connections.values().map(({ id }: Connection) => ({
    read: () => readSocket(world, id, 'server', Infinity),
    write: (data) => {
      writeSocket(world, id, 'server', data);
      save();
    },
    close: () => {
      closeSide(world, id, 'server');
      save();
    },
  }));
}
