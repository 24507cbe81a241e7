// What is there when a cluster starts.

import type { ClusterApi } from '../api/controller.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { nodes } from '../resources/core/node.ts';
import { bootstrapFlowControl } from './bootstrap/flowcontrol.ts';
import { bootstrapRbac } from './bootstrap/rbac.ts';
import type { ClusterOptions } from './cluster.ts';

export function bootstrap(api: ClusterApi, options: ClusterOptions): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) api.create(namespaces, { metadata: { name } });
  bootstrapRbac(api);
  bootstrapFlowControl(api);
  const capacity = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  for (let i = 1; i <= options.nodes; i++) {
    const name = `node-${i}`;
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    const node = api.create(nodes, { metadata: { name, labels } });
    const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null, reason: 'KubeletReady' }];
    api.updateStatus(nodes, { ...node, status: { ...node.status, capacity, allocatable: capacity, conditions } });
  }
}
