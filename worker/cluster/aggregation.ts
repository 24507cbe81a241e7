// Groups that are served by programs of the cluster: known to the API server as long as an APIService names them, and a Service behind which they are. Mirrors
// kube-aggregator, for programs that live in the simulated world.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import type { DynamicCatalog } from '../registry/catalog.ts';
import { apiServices } from '../resources/apiregistration/apiservice.ts';

/** By the name of the APIService, `v1beta1.metrics.k8s.io`. */
export type ServedGroups = Readonly<Record<string, readonly Resource[]>>;

/** What is served is kept in memory, and looked up again after an eviction: `refresh` is to be called at the beginning. */
export function makeAggregation(catalog: DynamicCatalog, reader: ClusterReader, groups: ServedGroups): Controller & { refresh(): void } {
  let served = '';
  const refresh = (): void => {
    const names = Object.keys(groups).filter((name) => reader.get(apiServices, '', name)?.spec.service);
    if (names.join() === served) return;
    served = names.join();
    catalog.setAggregated(names.flatMap((name) => groups[name]!));
  };
  return {
    name: 'aggregation',
    component: 'kube-apiserver',
    watches: [watch(apiServices, ({ metadata }) => (Object.hasOwn(groups, metadata.name) ? [metadata.name] : []))],
    refresh,
    reconcile: refresh,
  };
}
