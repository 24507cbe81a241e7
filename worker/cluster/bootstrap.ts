// What is there when a cluster starts.

import type { ClusterApi } from '../api/controller.ts';
import { namespaces } from '../resources/core/namespace.ts';
import type { ClusterOptions } from './cluster.ts';

export function bootstrap(api: ClusterApi, _options: ClusterOptions): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) api.create(namespaces, { metadata: { name } });
}
