// Reaching the kubelet of a pod's node, and the pod's containers there.

import type { Pod } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { runtimeUid } from '../kubelet/static-pod.ts';

const KUBELET_PORT = 10_250;

/** The machine whose kubelet answers; throws the dialler's complaint if it does not. */
export function machineOf(world: World, node: string): Machine {
  const machine = world.machines.get(node);
  if (!machine) throw new KubeletRefusal(undefined, `dial tcp: lookup ${node} on 127.0.0.53:53: no such host`);
  if (!isServiceActive(machine, 'kubelet'))
    throw new KubeletRefusal(undefined, `dial tcp ${machine.ip}:${KUBELET_PORT}: connect: connection refused`);
  return machine;
}

/** The newest sandbox of a pod, and of its containers of a name the newest. */
export function containerOf(world: World, pod: Pod, name: string): { sandbox: Sandbox; container: Container } | undefined {
  const sandboxes = world.sandboxes.find('pod', runtimeUid(pod)).sort((a, b) => b.attempt - a.attempt);
  for (const sandbox of sandboxes) {
    const container = sandbox.containers.findLast((one) => one.name === name);
    if (container) return { sandbox, container };
  }
  return undefined;
}
