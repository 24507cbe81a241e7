// What is there when a cluster starts.

import type { ClusterApi } from '../api/controller.ts';
import { registerNode } from '../agents/kubelet/node.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { serviceAccounts } from '../resources/core/serviceaccount.ts';
import { bootstrapFlowControl } from './bootstrap/flowcontrol.ts';
import { bootstrapRbac } from './bootstrap/rbac.ts';
import type { World } from '../world/world.ts';
import type { ClusterOptions } from './cluster.ts';
import { addMachines } from './machines.ts';

export function bootstrap(api: ClusterApi, world: World, options: ClusterOptions): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    api.create(namespaces, { metadata: { name } });
    // What its controller would make a moment later: upstream's admission waits for it, and here nothing can wait.
    api.create(serviceAccounts, { metadata: { name: 'default', namespace: name } });
  }
  bootstrapRbac(api);
  bootstrapFlowControl(api);
  for (const machine of addMachines(world, options)) registerNode(api, world, machine, options.minor);
}
