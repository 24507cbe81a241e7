// How many objects of each resource there are, for /metrics. Mirrors apiserver_storage_objects of apiserver pkg/storage/etcd3/metrics.

import type { Catalog } from '../api/catalog.ts';
import { groupResourceText } from '../api/status.ts';
import type { Metric } from '../server/metrics.ts';
import type { Store } from '../store/store.ts';

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
