// Keeps an APIService for every group version that the API server serves itself: the built-in ones are made when it starts, those of CRDs whenever they are
// missing, and they go with the last CRD that serves them. Mirrors kube-aggregator pkg/controllers/autoregister and kubernetes
// pkg/controlplane/controller/crdregistration.

import { watch } from '../../api/controller.ts';
import type { ClusterApi, Controller } from '../../api/controller.ts';
import type { CustomResourceDefinition } from '../../api/gen/apiextensions-v1.ts';
import type { APIService, APIServiceSpec } from '../../api/gen/apiregistration-v1.ts';
import type { Draft } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isEqual } from '../../lib/json.ts';
import { customResourceDefinitions } from '../../resources/apiextensions/customresourcedefinition.ts';
import { apiServices } from '../../resources/apiregistration/apiservice.ts';
import { BUILTIN_PRIORITIES, builtinNames, CUSTOM_PRIORITY } from './priorities.ts';

export const autoregister: Controller = {
  name: 'autoregister',
  component: 'kube-apiserver',
  watches: [
    // A built-in one that somebody changes or deletes stays so until the server starts again.
    watch(apiServices, ({ metadata }) => (managementOf(metadata) === ALWAYS ? [metadata.name] : [])),
    watch(customResourceDefinitions, (crd, previous) =>
      previous && isEqual(previous.spec.versions, crd.spec.versions) && !crd.metadata.deletionTimestamp
        ? []
        : new Set([...namesOf(crd), ...(previous ? namesOf(previous) : [])]),
    ),
  ],
  start({ enqueue }, resumed) {
    if (!resumed) enqueue(BUILTIN);
  },
  reconcile(key, { api }) {
    for (const name of key === BUILTIN ? builtinNames(api) : [key]) sync(name, api);
  },
};

/** What a new cluster starts with. */
export function registerBuiltins(api: ClusterApi): void {
  for (const name of builtinNames(api)) api.create(apiServices, wantedOf(name, api)!);
}

/** The key of all of them together; a name has a dot. */
const BUILTIN = 'builtin';

function sync(name: string, api: ClusterApi): void {
  const wanted = wantedOf(name, api);
  const known = api.get(apiServices, '', name);
  if (!known) {
    if (wanted) api.create(apiServices, wanted);
    return;
  }
  if (!managementOf(known.metadata)) return;
  if (!wanted) return api.delete(apiServices, '', name, { preconditions: { uid: known.metadata.uid } });
  if (!isEqual(known.spec, wanted.spec)) api.update(apiServices, { ...known, spec: wanted.spec as APIServiceSpec });
}

const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
const [ON_START, ALWAYS] = ['onstart', 'true'];

const managementOf = ({ labels }: { labels?: Record<string, string> }): string | undefined => {
  const value = labels?.[MANAGED];
  return value === ON_START || value === ALWAYS ? value : undefined;
};

const namesOf = ({ spec }: CustomResourceDefinition): string[] => spec.versions.map(({ name }) => `${name}.${spec.group}`);

/** Undefined where no group version of that name is served. */
function wantedOf(name: string, reader: ClusterReader): Draft<APIService> | undefined {
  const builtin = Object.hasOwn(BUILTIN_PRIORITIES, name);
  const at = name.indexOf('.');
  const [version, group] = [name.slice(0, at), name.slice(at + 1)];
  if (!builtin && !isServedByCrd(reader, group, version)) return undefined;
  const priority = builtin ? BUILTIN_PRIORITIES[name]! : CUSTOM_PRIORITY;
  return {
    metadata: { name, labels: { [MANAGED]: builtin ? ON_START! : ALWAYS! } },
    spec: { ...(group && { group }), version, groupPriorityMinimum: priority.group, versionPriority: priority.version },
  };
}

const isServedByCrd = (reader: ClusterReader, group: string, version: string): boolean =>
  reader
    .list(customResourceDefinitions)
    .some(({ spec }) => spec.group === group && spec.versions.some(({ name, served }) => name === version && served));
