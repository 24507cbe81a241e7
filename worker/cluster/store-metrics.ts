// What the store and the work queues tell at /metrics. Mirrors apiserver pkg/storage/etcd3/metrics and component-base metrics/prometheus/workqueue.

import type { Catalog } from '../api/catalog.ts';
import { groupResourceText } from '../api/status.ts';
import type { Metric } from '../server/metrics.ts';
import type { Store } from '../store/store.ts';
import type { QueueStats } from './loop.ts';

export function storedObjects(store: Store, catalog: Catalog): Metric {
  const counts = new Map<string, number>();
  for (const resource of catalog.all())
    if (resource.verbs.includes('update') && !resource.conversion) counts.set(groupResourceText(resource), store.count(resource.bucket));
  return {
    name: 'apiserver_storage_objects',
    help: 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    type: 'gauge',
    samples: [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([resource, count]) => [{ resource }, count]),
  };
}

/** Differs: the queues of all components are told of here, also of those that upstream would have to be asked for theirs. */
export function workQueues(queues: readonly QueueStats[]): Metric[] {
  const sorted = [...queues].sort((a, b) => (a.name < b.name ? -1 : 1));
  const metric = (name: string, type: Metric['type'], help: string, read: (queue: QueueStats) => number): Metric => ({
    name: `workqueue_${name}`,
    help,
    type,
    stability: 'ALPHA',
    samples: sorted.map((queue) => [{ name: queue.name }, read(queue)]),
  });
  return [
    metric('adds_total', 'counter', 'Total number of adds handled by workqueue', ({ adds }) => adds),
    metric('depth', 'gauge', 'Current depth of workqueue', ({ depth }) => depth),
    metric('retries_total', 'counter', 'Total number of retries handled by workqueue', ({ retries }) => retries),
  ];
}
