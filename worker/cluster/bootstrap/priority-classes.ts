// The priority classes that every cluster has: an API server that begins makes those that are gone. Mirrors pkg/registry/scheduling/rest, with the facts of
// pkg/apis/scheduling.

import type { ClusterApi, Controller } from '../../api/controller.ts';
import { priorityClasses } from '../../resources/scheduling/priorityclass.ts';

const CLASSES = [
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
  ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
] as const;

/** Makes those that are not there, and tells which. */
export function ensurePriorityClasses(api: ClusterApi): { name: string; value: number }[] {
  const missing = CLASSES.filter(([name]) => !api.get(priorityClasses, '', name));
  for (const [name, value, description] of missing)
    api.create(priorityClasses, { metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' });
  return missing.map(([name, value]) => ({ name, value }));
}

export const priorityClassBootstrap: Controller = {
  name: 'bootstrap-priority-classes',
  component: 'kube-apiserver',
  watches: [],
  start: ({ enqueue }, resumed) => {
    if (!resumed) enqueue('all');
  },
  reconcile(_key, { api, log }) {
    for (const { name, value } of ensurePriorityClasses(api)) log('I', `created PriorityClass ${name} with value ${value}`);
    return undefined;
  },
};
