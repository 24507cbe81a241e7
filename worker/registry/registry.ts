// The registry: the verbs of the API server over the store. Each call is a file of its own; here they meet.

import type { Registry } from '../api/registry.ts';
import { notFound } from '../api/status.ts';
import { contextOf, findEntry, makeReader, presentNow, removeObject } from './core.ts';
import type { AdmissionChain, Core, StoreQuota } from './core.ts';
import type { Catalog } from '../api/catalog.ts';
import type { Access } from '../api/access.ts';
import type { ClusterConfig, ClusterReader, TokenIssuer } from '../api/resource.ts';
import { readBody, readDeleteOptions } from './body.ts';
import type { TypeLookup } from '../api/schema.ts';
import type { Host } from '../lib/host.ts';
import type { Store } from '../store/store.ts';
import { act } from './act.ts';
import { admitConnection } from './connect.ts';
import { create, createComplete, hubOf } from './create.ts';
import { deleteCollection, deleteNamed } from './delete.ts';
import { list } from './list.ts';
import { readSource } from './source.ts';
import { patchObject } from './patch/index.ts';
import { readScale, writeScale } from './scale.ts';
import { storeObject, update, updateSubresource } from './update.ts';

export interface Parts {
  readonly host: Host;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly config: ClusterConfig;
  readonly admission: AdmissionChain;
  readonly types: TypeLookup;
  readonly tokens: TokenIssuer;
  readonly quota?: StoreQuota;
  makeAccess(reader: ClusterReader): Access;
}

export function makeRegistry(parts: Parts): Registry & { readonly core: Core } {
  const { host, store, catalog, config } = parts;
  const reader = makeReader(store, catalog);
  const core: Core = {
    ...parts,
    now: () => host.now(),
    random: host.random,
    reader,
    access: parts.makeAccess(reader),
    make: (resource, object, call) => void create(core, resource, '', object, call),
  };
  /** A call that fails leaves nothing behind. */
  const whole = <T>(work: () => T): T => store.atomically(work);
  return {
    ...reader,
    core,
    access: core.access,
    readBody: (resource, body, call) => readBody(body, resource, call),
    validate: (resource, object, call) => resource.validate?.(object, contextOf(core, call)) ?? [],
    catalog,
    config,
    get revision() {
      return store.revision;
    },
    read(resource, namespace, name) {
      if (resource.source) return readSource(core, resource, namespace, name);
      const entry = findEntry(core, resource, namespace, name);
      if (!entry) throw notFound(resource, name);
      return presentNow(core, resource, entry);
    },
    listAll: (resource, options) => list(core, resource, options),
    create: (resource, namespace, body, call) => whole(() => create(core, resource, namespace, body, call)),
    createComplete: (resource, namespace, object, call, shape) =>
      whole(() => createComplete(core, resource, namespace, object, call, shape)),
    update: (resource, namespace, name, body, call) => whole(() => update(core, resource, namespace, name, body, call)),
    patch: (resource, namespace, name, patch, call) => whole(() => patchObject(core, resource, undefined, namespace, name, patch, call)),
    delete: (resource, namespace, name, options, call) => whole(() => deleteNamed(core, resource, namespace, name, options, call)),
    expire: (resource, namespace, name) => {
      const entry = findEntry(core, resource, namespace, name);
      if (entry) removeObject(core, hubOf(core, resource), entry.value, entry);
    },
    deleteCollection: (resource, options, deletion, call) => deleteCollection(core, resource, options, deletion, call),
    updateSubresource: (resource, subresource, namespace, name, body, call) =>
      whole(() => updateSubresource(core, resource, subresource, namespace, name, body, call)),
    patchSubresource: (resource, subresource, namespace, name, patch, call) =>
      whole(() => patchObject(core, resource, subresource, namespace, name, patch, call).object),
    store: (resource, subresource, object, call) => whole(() => storeObject(core, resource, subresource, object, call)),
    admitConnection: (resource, subresource, namespace, name, options, call) =>
      admitConnection(core, resource, subresource, namespace, name, options, call),
    act: (resource, subresource, namespace, name, body, call) => whole(() => act(core, resource, subresource, namespace, name, body, call)),
    readDeleteOptions: (body) => readDeleteOptions(body, core.types('meta.v1.DeleteOptions')),
    readScale: (resource, namespace, name) => readScale(core, resource, namespace, name),
    writeScale: (resource, namespace, name, change, call) => whole(() => writeScale(core, resource, namespace, name, change, call)),
  };
}
