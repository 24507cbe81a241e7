// Groups that are served by programs of the cluster: known to the API server as long as an APIService names them, and a Service behind which they are. Mirrors
// kube-aggregator, for programs that live in the simulated world.

import { watch } from '../api/controller.ts';
import type { Controller, RemoteKind } from '../api/controller.ts';
import type { APIService } from '../api/gen/apiregistration-v1.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { AVAILABILITY } from '../controllers/apiservice/availability.ts';
import { kindsKey, placesKey, REMOTE_OPENAPI } from '../controllers/apiservice/openapi.ts';
import type { DynamicCatalog } from '../registry/catalog.ts';
import { apiServices, BY_SERVICES } from '../resources/apiregistration/apiservice.ts';
import type { Remotes, RemoteVersion } from '../server/context.ts';
import { UNKNOWN_AUTHORITY } from '../server/connect/service-call.ts';
import type { PrivateState } from '../store/store.ts';

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

/** What the API server knows of group versions that services answer for. */
export class RemoteApis implements Remotes {
  readonly #state: PrivateState;
  readonly #reader: ClusterReader;
  readonly #served: ServedGroups;

  constructor(state: PrivateState, reader: ClusterReader, served: ServedGroups) {
    this.#state = state;
    this.#reader = reader;
    this.#served = served;
  }

  find(group: string, version: string): RemoteVersion | undefined {
    const found = this.#reader.get(apiServices, '', `${version}.${group}`);
    return found?.spec.service && this.#remoteOf(found);
  }

  all(): RemoteVersion[] {
    return this.#reader.lookup(apiServices, BY_SERVICES).map((one) => this.#remoteOf(one));
  }

  /** What is served by those that are there, but for what this server answers itself. */
  kinds(): RemoteKind[] {
    return this.all().flatMap(({ group, version, resources = [], isAvailable, isSimulated }) =>
      isAvailable && !isSimulated
        ? resources.map(({ name, namespaced, verbs }) => ({
            group,
            version,
            resource: String(name),
            isNamespaced: namespaced === true,
            verbs: Array.isArray(verbs) ? verbs.map(String) : [],
          }))
        : [],
    );
  }

  #remoteOf({ metadata, spec, status }: APIService): RemoteVersion {
    const { group = '', version = '', groupPriorityMinimum, versionPriority, service = {} } = spec;
    return {
      group,
      version,
      groupPriority: groupPriorityMinimum,
      versionPriority,
      service: { namespace: service.namespace ?? '', name: service.name ?? '', port: service.port ?? 443 },
      isAvailable: status.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ?? false,
      ...(!spec.caBundle && !spec.insecureSkipTLSVerify && { distrust: UNKNOWN_AUTHORITY }),
      isSimulated: Object.hasOwn(this.#served, metadata.name),
      resources: this.#state.get(`controller/${AVAILABILITY}`, metadata.name),
      documents: () => this.#state.get(`controller/${REMOTE_OPENAPI}`, placesKey(metadata.name)) ?? {},
      publishedKinds: () => this.#state.get(`controller/${REMOTE_OPENAPI}`, kindsKey(metadata.name)),
    };
  }
}
