// The registry: the verbs of the API server over the store. Each call is a file of its own; here they meet.

import type { KubeObject } from '../api/object.ts';
import type { Registry } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { notFound } from '../api/status.ts';
import { findEntry, makeReader, present } from './core.ts';
import type { AdmissionChain, Core } from './core.ts';
import type { Catalog } from '../api/catalog.ts';
import type { ClusterConfig } from '../api/resource.ts';
import type { Host } from '../lib/host.ts';
import type { Store } from '../store/store.ts';
import { create, fromStored, hubOf } from './create.ts';
import { deleteCollection, deleteObject } from './delete.ts';
import { list } from './list.ts';
import { patchObject } from './patch/index.ts';
import { update, updateSubresource } from './update.ts';

export interface Parts {
  readonly host: Host;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly config: ClusterConfig;
  readonly admission: AdmissionChain;
}

export function makeRegistry({ host, store, catalog, config, admission }: Parts): Registry & { readonly core: Core } {
  const reader = makeReader(store, catalog);
  const core: Core = { now: () => host.now(), random: host.random, store, catalog, config, admission, reader };
  return {
    ...reader,
    core,
    catalog,
    config,
    get revision() {
      return store.revision;
    },
    read(resource, namespace, name) {
      const entry = findEntry(core, resource, namespace, name);
      if (!entry) throw notFound(resource, name);
      return present(resource, entry);
    },
    listAll: (resource, options) => list(core, resource, options),
    create: (resource, namespace, body, call) => create(core, resource, namespace, body, call),
    update: (resource, namespace, name, body, call) => update(core, resource, namespace, name, body, call),
    patch: (resource, namespace, name, patch, call) => patchObject(core, resource, undefined, namespace, name, patch, call),
    delete: (resource, namespace, name, options, call) => deleteObject(core, resource, namespace, name, options, call),
    deleteCollection: (resource, options, deletion, call) => deleteCollection(core, resource, options, deletion, call),
    updateSubresource: (resource, subresource, namespace, name, body, call) => updateSubresource(core, resource, subresource, namespace, name, body, call),
    patchSubresource: (resource, subresource, namespace, name, patch, call) => patchObject(core, resource, subresource, namespace, name, patch, call).object,
    readScale: (resource, namespace, name) => readScale(core, resource, namespace, name),
  };
}

function readScale(core: Core, resource: Resource, namespace: string, name: string): ReturnType<Registry['readScale']> {
  const entry = findEntry(core, resource, namespace, name);
  const access = hubOf(core, resource).subresources['scale'];
  if (!entry || access?.type !== 'scale') throw notFound(resource, name);
  const object: KubeObject = fromStored(resource, entry.value);
  return { object, scale: access.scale.read(entry.value) };
}
