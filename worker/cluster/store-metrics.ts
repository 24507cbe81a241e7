// What the store and the work queues tell at /metrics. Mirrors apiserver pkg/storage/etcd3/metrics and component-base metrics/prometheus/workqueue.

import type { Catalog } from '../api/catalog.ts';
import { groupResourceText } from '../api/status.ts';
import type { Labels, Metric, Sample } from '../lib/metrics.ts';
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

const WORK_BOUNDS = [
  '1e-08',
  '1e-07',
  '1e-06',
  '9.999999999999999e-06',
  '9.999999999999999e-05',
  '0.001',
  '0.01',
  '0.1',
  '1',
  '10',
  '100',
  '1000',
];

/** A histogram of so many looks: none takes any of the cluster's time. */
const noTime = (labels: Labels, count: number): Sample[] => [
  ...[...WORK_BOUNDS, '+Inf'].map((le): Sample => [{ ...labels, le }, count, '_bucket']),
  [labels, 0, '_sum'],
  [labels, count, '_count'],
];

export function workQueues(queues: readonly QueueStats[], minor: number): Metric[] {
  const stability = minor >= 36 ? 'BETA' : 'ALPHA';
  const sorted = [...queues].sort((a, b) => (a.name < b.name ? -1 : 1));
  const metric = (name: string, type: Metric['type'], help: string, read: (queue: QueueStats) => number): Metric => ({
    name: `workqueue_${name}`,
    help,
    type,
    stability,
    samples: sorted.map((queue) => [{ name: queue.name }, read(queue)]),
  });
  const durations = (name: string, help: string): Metric => ({
    name: `workqueue_${name}`,
    help,
    type: 'histogram',
    stability,
    samples: sorted.flatMap(({ name: queue, reconciles }) => noTime({ name: queue }, reconciles)),
  });
  return [
    metric('adds_total', 'counter', 'Total number of adds handled by workqueue', ({ adds }) => adds),
    metric('depth', 'gauge', 'Current depth of workqueue', ({ depth }) => depth),
    metric('retries_total', 'counter', 'Total number of retries handled by workqueue', ({ retries }) => retries),
    metric('unfinished_work_seconds', 'gauge', UNFINISHED, () => 0),
    metric(
      'longest_running_processor_seconds',
      'gauge',
      'How many seconds has the longest running processor for workqueue been running.',
      () => 0,
    ),
    durations('queue_duration_seconds', 'How long in seconds an item stays in workqueue before being requested.'),
    durations('work_duration_seconds', 'How long in seconds processing an item from workqueue takes.'),
  ];
}

const UNFINISHED =
  "How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.";
