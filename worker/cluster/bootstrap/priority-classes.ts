// The priority classes that every cluster has. Facts of kubernetes pkg/apis/scheduling.

import type { ClusterApi } from '../../api/controller.ts';
import { priorityClasses } from '../../resources/scheduling/priorityclass.ts';

export function bootstrapPriorityClasses(api: ClusterApi): void {
  const classes = [
    [
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
  ] as const;
  for (const [name, value, description] of classes)
    api.create(priorityClasses, { metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' });
}
