// What is there when a cluster starts.

import type { ClusterApi } from '../api/controller.ts';
import { registerNode } from '../agents/kubelet/node.ts';
import { registerBuiltins } from '../controllers/apiservice/autoregister.ts';
import { ensureFlowControl, flowControlProducer } from '../controllers/flow-control/producer.ts';
import { ensureKubernetesService, SYSTEM_NAMESPACES } from '../controllers/kubernetes-service.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { serviceAccounts } from '../resources/core/serviceaccount.ts';
import type { World } from '../world/world.ts';
import type { Pki } from './authority.ts';
import { installAddon } from './addons/index.ts';
import { createKubeadmObjects } from './bootstrap/kubeadm.ts';
import { ensurePriorityClasses } from './bootstrap/priority-classes.ts';
import { bootstrapPolicy, createPolicy } from './bootstrap/rbac.ts';
import type { ClusterOptions } from './options.ts';
import { addMachines, API_SERVER_PORT, apiServerAddress, podCidrOf, SERVICE_CIDR } from './machines.ts';
import { versionInfo } from './version.ts';

/** `apiAs` gives the API as a manager of fields has it. */
export function bootstrap(apiAs: (manager?: string) => ClusterApi, world: World, options: ClusterOptions, pki: Pki): void {
  const api = apiAs();
  for (const name of SYSTEM_NAMESPACES) {
    api.create(namespaces, { metadata: { name } });
    // What its controller would make a moment later: upstream's admission waits for it, and here nothing can wait.
    api.create(serviceAccounts, { metadata: { name: 'default', namespace: name } });
  }
  createPolicy(api, bootstrapPolicy(options.minor));
  ensureFlowControl(apiAs(flowControlProducer.fieldManager));
  ensurePriorityClasses(api);
  registerBuiltins(api);
  const address = apiServerAddress(options);
  ensureKubernetesService(api, SERVICE_CIDR, address);
  for (const machine of addMachines(world, options)) registerNode(api, world, machine, options.minor);
  if (options.template !== 'default') return;
  createKubeadmObjects(api, {
    version: versionInfo(options.minor).gitVersion,
    podCidr: podCidrOf(options.nodes),
    serviceCidr: SERVICE_CIDR,
    server: `https://${address}:${API_SERVER_PORT}`,
    ca: pki.authority('ca'),
  });
  installAddon(api, 'csi-disk');
}
