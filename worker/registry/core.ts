// What the registry's calls share: the store, the catalog, the chain of admission, and how an object becomes a row.

import type { Access } from '../api/access.ts';
import type { AdmissionRequest, AdmissionContext, AdmissionStore } from '../api/admission.ts';
import type { Catalog } from '../api/catalog.ts';
import { keyIn, keyOf } from '../api/object.ts';
import type { KubeObject, ObjectMeta } from '../api/object.ts';
import type { Call, Stored } from '../api/registry.ts';
import { indexTerm } from '../api/resource.ts';
import type { ClusterConfig, ClusterReader, Resource, ResourceContext, TokenIssuer } from '../api/resource.ts';
import { matchesLabels } from '../api/selectors.ts';
import type { TypeLookup } from '../api/schema.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { forbidden } from '../api/status.ts';
import type { StatusError } from '../api/status.ts';
import type { Host } from '../lib/host.ts';
import type { Entry, Store } from '../store/store.ts';
import { patchesOf } from './admission-patches.ts';
import { inGoOrder } from './field-order.ts';
import { keepCompanions } from './companions.ts';
import { SELF } from './self.ts';

export interface AdmissionChain {
  admit(request: AdmissionRequest, context: AdmissionContext): void;
  validate(request: AdmissionRequest, context: AdmissionContext): void;
  /** Whether nobody has anything to say of an object that is made in a namespace, as things are: that counts as being asked. */
  passes(resource: Resource, namespace: string, reader: ClusterReader): boolean;
}

export interface Core extends Host {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly config: ClusterConfig;
  readonly admission: AdmissionChain;
  readonly reader: ClusterReader;
  readonly tokens: TokenIssuer;
  readonly access: Access;
  /** Types that no resource has for its own: Scale, DeleteOptions. */
  readonly types: TypeLookup;
  readonly quota?: StoreQuota;
  /** Makes an object of the cluster, past the rights of whoever asks. */
  make(resource: Resource, object: KubeObject, call: Call): void;
}

/** What a sandbox may hold. Nothing of Kubernetes: the price of many sandboxes on one machine. */
export interface StoreQuota {
  readonly objects: number;
  /** Characters of all objects' JSON together. */
  readonly bytes: number;
}

export const storeKey = (resource: Resource, namespace: string, name: string): string =>
  resource.namespaced ? keyIn(namespace, name) : name;

export function findEntry(core: Core, resource: Resource, namespace: string, name: string): Entry<KubeObject> | undefined {
  return core.store.get<KubeObject>(resource.bucket, storeKey(resource, namespace, name));
}

/** The stored form of an object in the version that a client asked for. */
export function present(resource: Resource, entry: Entry<KubeObject>): Stored {
  if (!resource.conversion) return entry;
  const value = resource.conversion.fromStored(entry.value);
  if (value === entry.value) return entry;
  return { value, text: JSON.stringify(value), revision: entry.revision };
}

/** The same, at this moment: what changes with time alone is worked out. */
export function presentNow(core: Core, resource: Resource, entry: Entry<KubeObject>): Stored {
  const value = resource.atTime?.(entry.value, core.now());
  return value ? { value, text: JSON.stringify(value), revision: entry.revision } : present(resource, entry);
}

/** Writes an object over `old` (undefined: for the first time). The object is the store's from then on. Stored form goes in. */
export function writeObject(core: Core, resource: Resource, given: KubeObject, old: Entry<KubeObject> | undefined): Entry<KubeObject> {
  if (resource.companions) keepCompanions(core, resource, old?.value, given);
  given.metadata.resourceVersion = String(core.store.revision + 1);
  const object = inGoOrder(given, resource);
  if (core.quota) checkQuota(core.quota, core.store, resource, object, old);
  const key = keyOf(object);
  const before = old && { value: old.value, terms: core.store.termsOf(resource.bucket, key) };
  return core.store.put<KubeObject>(resource.bucket, key, { value: object, terms: termsOf(resource, object, before) }, old?.revision ?? 0);
}

/** Where this many characters are left, one more object fits. */
const ROOM = 4_000_000;

/** A full sandbox takes nothing new, but whatever makes it smaller. */
function checkQuota(quota: StoreQuota, { size }: Store, resource: Resource, object: KubeObject, old: Entry<KubeObject> | undefined): void {
  const refuse = (amount: string): StatusError =>
    forbidden(resource, object.metadata.name, `the sandbox is full with ${amount}: delete what is not needed, or make another sandbox`);
  if (!old && size.objects >= quota.objects) throw refuse(`${size.objects} objects`);
  if (size.bytes + ROOM <= quota.bytes || object.metadata.deletionTimestamp) return;
  const [before, after] = [old?.text.length ?? 0, JSON.stringify(object).length];
  if (size.bytes + after - before > quota.bytes && after > before) throw refuse(`${Math.round(size.bytes / 1e6)} MB of objects`);
}

/** Takes an object out of the store; its last state carries the revision of the deletion. */
export function removeObject(core: Core, resource: Resource, object: KubeObject, entry: Entry<KubeObject>): Entry<KubeObject> {
  const resourceVersion = String(core.store.revision + 1);
  const last = inGoOrder({ ...object, metadata: { ...object.metadata, resourceVersion } }, resource);
  const gone = core.store.delete(resource.bucket, entry.key, last, entry.revision);
  if (resource.companions) keepCompanions(core, resource, entry.value, undefined);
  return gone;
}

interface Before {
  readonly value: KubeObject;
  readonly terms: readonly string[];
}

/** Those of labels and owners come first: where these are the same as before, so are they. */
function termsOf(resource: Resource, object: KubeObject, before: Before | undefined): string[] {
  const { labels, ownerReferences } = object.metadata;
  const old = before?.value.metadata;
  const terms =
    old && old.labels === labels && old.ownerReferences === ownerReferences
      ? before.terms.slice(0, countOf(labels, ownerReferences))
      : termsOfMetadata(object.metadata);
  if (resource.indexTerms) for (const term of resource.indexTerms(object)) terms.push(term);
  return terms;
}

function termsOfMetadata({ labels, ownerReferences, namespace }: ObjectMeta): string[] {
  const terms = labels ? termsOfLabels(labels, namespace).slice() : [];
  for (const owner of ownerReferences ?? []) {
    terms.push(indexTerm.owner(owner.uid));
    if (owner.controller) terms.push(indexTerm.controller(owner.uid));
  }
  return terms;
}

function termsOfLabels(labels: Readonly<Record<string, string>>, namespace: string | undefined): readonly string[] {
  if (labels !== lastLabels.labels || namespace !== lastLabels.namespace) {
    const terms = Object.keys(labels).map((key) =>
      namespace ? indexTerm.labelIn(namespace, key, labels[key]!) : indexTerm.label(key, labels[key]!),
    );
    lastLabels = { labels, namespace, terms };
  }
  return lastLabels.terms;
}

/** What is made one after the other, of a template, has the same labels. */
let lastLabels: {
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string | undefined;
  readonly terms: readonly string[];
} = { labels: {}, namespace: undefined, terms: [] };

/** How many there are of metadata. */
function countOf(labels: ObjectMeta['labels'], owners: ObjectMeta['ownerReferences']): number {
  let count = 0;
  for (const _ in labels) count++;
  for (const { controller } of owners ?? []) count += controller ? 2 : 1;
  return count;
}

/** Reading for rules and controllers. Selectors with an equality use the index of labels; only what they cannot narrow is scanned. */
export function makeReader(store: Store, catalog: Catalog): ClusterReader {
  const candidates = (resource: Resource, namespace: string | undefined, selector: LabelSelector | undefined): Entry<KubeObject>[] => {
    const inNamespace = namespace && resource.namespaced ? namespace : undefined;
    const exact =
      inNamespace || !resource.namespaced
        ? (selector?.requirements ?? []).filter(({ operator, values }) => operator === 'In' && values.length === 1)
        : [];
    if (!exact.length) return store.list<KubeObject>(resource.bucket, inNamespace ? { prefix: `${inNamespace}/` } : {});
    const terms = exact.map(({ key, values }) =>
      inNamespace ? indexTerm.labelIn(inNamespace, key, values[0]!) : indexTerm.label(key, values[0]!),
    );
    const rarest = terms.reduce((a, b) => (store.countTerm(resource.bucket, b) < store.countTerm(resource.bucket, a) ? b : a));
    return store.lookup<KubeObject>(resource.bucket, rarest);
  };
  const view = <T extends KubeObject>(resource: Resource<T>, entry: Entry<KubeObject>): T =>
    resource.conversion ? resource.conversion.fromStored(entry.value) : (entry.value as T);
  const found = <T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, selector: LabelSelector | undefined): T[] => {
    if (resource.source) {
      const all = resource.source.list(namespace ?? '', selector);
      return selector ? all.filter(({ metadata }) => matchesLabels(selector, metadata.labels)) : all;
    }
    const all = candidates(resource as Resource, namespace, selector);
    const matching = selector?.requirements.length ? all.filter((entry) => matchesLabels(selector, entry.value.metadata.labels)) : all;
    return matching.map((entry) => view(resource, entry));
  };
  return {
    get: (resource, namespace, name) => {
      if (resource.source) return resource.source.get(namespace, name);
      const entry = store.get<KubeObject>(resource.bucket, storeKey(resource as Resource, namespace, name));
      return entry && view(resource, entry);
    },
    list: (resource, options) => {
      if (options?.selector?.nothing || (!resource.source && !store.count(resource.bucket))) return [];
      return found(resource, options?.namespace, options?.selector);
    },
    lookup: (resource, term) => {
      const entries = store.lookup<KubeObject>(resource.bucket, term);
      return entries.length ? entries.map((entry) => view(resource, entry)) : [];
    },
    count: (resource) => store.count(resource.bucket),
    countTerm: (resource, term) => store.countTerm(resource.bucket, term),
    bucketsWith: (term) => store.bucketsWith(term),
    resourceOf: (group, kind, version) => catalog.findKind(group, kind, version),
    resources: () => catalog.all(),
  };
}

/** What a kind's rules see during one call. Every write makes one: as one literal, which costs a tenth of one put together. */
export function contextOf(core: Core, call: Call): ResourceContext {
  const { random, config, reader, tokens, access } = core;
  const { user, verb, dryRun, warn } = call;
  return { now: () => core.now(), random, config, reader, user, verb, dryRun, tokens, access, warn };
}

/** The same, and what plugins need besides. A component calls with the same again and again. */
export function admissionContextOf(core: Core, call: Call): AdmissionContext {
  const known = admissionContexts.get(call);
  // One whose request has to wait for an answer has counted something, and is not used again.
  if (known && known.core === core && !known.context.tally.length) return known.context;
  const context = newAdmissionContext(core, call);
  admissionContexts.set(call, { core, context });
  return context;
}

const admissionContexts = new WeakMap<Call, { readonly core: Core; readonly context: AdmissionContext }>();

function newAdmissionContext(core: Core, call: Call): AdmissionContext {
  const { random, config, reader, tokens, access } = core;
  const { user, verb, dryRun, warn, external } = call;
  return {
    now: () => core.now(),
    random,
    config,
    reader,
    user,
    verb,
    dryRun,
    tokens,
    access,
    warn,
    external,
    patches: patchesOf(),
    tally: [],
    store: new PluginWrites(core, call),
  };
}

class PluginWrites implements AdmissionStore {
  readonly #core: Core;
  readonly #call: Call;

  constructor(core: Core, call: Call) {
    this.#core = core;
    this.#call = call;
  }

  create(resource: Resource, object: KubeObject): void {
    const { dryRun, external } = this.#call;
    if (!dryRun) this.#core.make(resource, object, { ...SELF, external });
  }

  writeStatus(resource: Resource, object: KubeObject): void {
    if (this.#call.dryRun) return;
    const entry = findEntry(this.#core, resource, object.metadata.namespace ?? '', object.metadata.name);
    if (entry) writeObject(this.#core, resource, { ...object, metadata: { ...object.metadata } }, entry);
  }
}
