// Which groups, versions and resources there are: the documents of old, one for each version, and the aggregated one that kubectl asks for. Made from the
// catalog. Mirrors apiserver pkg/endpoints/discovery.

import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { ApiVersion, Catalog } from '../api/catalog.ts';
import { apiVersionOf, kindOfSubresource } from '../api/resource.ts';
import type { Resource, Subresource } from '../api/resource.ts';
import { toBase64, utf8 } from '../lib/text.ts';
import type { Server } from './context.ts';
import { jsonText } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { clausesOf, negotiate } from './negotiation.ts';
import { foreignResources, isRemote, withRemotes } from './remote-discovery.ts';
import type { KnownGroup, KnownVersion } from './remote-discovery.ts';
import { encode } from './render.ts';

/** Undefined if the path is none of discovery's. */
export function discovery(server: Server, request: HttpRequest, path: string): HttpReply | undefined {
  if (path === '/version') return jsonText(JSON.stringify(server.version, null, 2));
  const isCore = path === '/api' || path.startsWith('/api/');
  if (!isCore && path !== '/apis' && !path.startsWith('/apis/')) return undefined;
  if (path === '/api' || path === '/apis') {
    const version = aggregatedVersion(request);
    if (version) return aggregated(server, request, isCore, version);
  }
  const found = isCore ? coreDocument(server.registry.catalog, request, path) : groupDocument(server, path);
  return found && encode(negotiate(request, { protobuf: true }), found.document, server.types(`meta.v1.${found.kind}`), 200);
}

interface Found {
  readonly kind: string;
  readonly document: object;
}

function coreDocument(catalog: Catalog, request: HttpRequest, path: string): Found | undefined {
  const [, , wanted = '', ...rest] = path.split('/');
  if (rest.length) return undefined;
  if (!wanted) {
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: request.headers.get('host') ?? '' }];
    return { kind: 'APIVersions', document: { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs } };
  }
  const version = catalog
    .groups()
    .find(({ name }) => name === '')
    ?.versions.find((one) => one.version === wanted);
  return version && resourceList('', version);
}

function groupDocument(server: Server, path: string): Found | undefined {
  const [, , wantedGroup = '', wantedVersion = '', ...rest] = path.split('/');
  if (rest.length) return undefined;
  const groups = withRemotes(server).filter(({ name }) => name !== '');
  if (!wantedGroup) return { kind: 'APIGroupList', document: { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupFields) } };
  const group = groups.find(({ name }) => name === wantedGroup);
  if (!group) return undefined;
  if (!wantedVersion) return { kind: 'APIGroup', document: { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) } };
  // What is passed on never comes here, and what a program of the world serves has its document here.
  const own = ownVersion(server.registry.catalog, wantedGroup, wantedVersion);
  return own && resourceList(wantedGroup, own);
}

const ownVersion = (catalog: Catalog, group: string, wanted: string): ApiVersion | undefined =>
  catalog
    .groups()
    .find(({ name }) => name === group)
    ?.versions.find(({ version }) => version === wanted);

function groupFields({ name, versions }: KnownGroup): object {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

function resourceList(group: string, { version, resources }: ApiVersion): Found {
  const list = resources.flatMap((resource) => [
    legacyResource(resource),
    ...Object.entries(resource.subresources).map(([name, one]) => legacySubresource(resource, name, one)),
  ]);
  const document = {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: list.sort(byName),
  };
  return { kind: 'APIResourceList', document };
}

interface Named {
  readonly name: string;
}

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : 1);

function legacyResource(resource: Resource): Named {
  const { resource: name, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const isStored = verbs.includes('update');
  return {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(isStored && { storageVersionHash: storageVersionHash(resource) }),
  } as Named;
}

function legacySubresource(resource: Resource, name: string, subresource: Subresource): Named {
  const { group, version, kind } = kindOfSubresource(resource, subresource);
  const isOther = group !== resource.group || version !== resource.version;
  return {
    name: `${resource.resource}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(isOther && { group, version }),
    kind,
    verbs: subresource.verbs,
  } as Named;
}

const HASH_BYTES = 8;

/** Changes when another version of the kind comes to be stored. */
function storageVersionHash({ conversion, group, version, kind }: Resource): string {
  const stored = conversion?.stored ?? { group, version };
  const name = `${stored.group}/${stored.version}/${kind}`;
  let hash = hashes.get(name);
  if (!hash) hashes.set(name, (hash = toBase64(sha256(utf8(name)).slice(0, HASH_BYTES))));
  return hash;
}

const hashes = new Map<string, string>();

type AggregatedVersion = 'v2' | 'v2beta1';

/**
 * The aggregated form that a client prefers to the plain one.
 * Differs: upstream has given up v2beta1 since 1.35; kubectl before 1.30 knows no other, and would ask thirty times instead.
 */
function aggregatedVersion(request: HttpRequest): AggregatedVersion | undefined {
  const header = request.headers.get('accept');
  if (!header?.includes('apidiscovery.k8s.io')) return undefined;
  for (const { type, params } of clausesOf(header)) {
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const version = params.get('v');
    if (params.get('g') !== 'apidiscovery.k8s.io' || params.get('as') !== 'APIGroupDiscoveryList') continue;
    if (version === 'v2' || version === 'v2beta1') return version;
  }
  return undefined;
}

interface Document {
  readonly body: string;
  readonly etag: string;
  /** What it says of other servers, as text. */
  readonly others: string;
}

/** Of the catalog as it is: by `core v2`. */
const made = new WeakMap<Catalog, { readonly generation: number; readonly documents: Map<string, Document> }>();

function aggregated(server: Server, request: HttpRequest, isCore: boolean, version: AggregatedVersion): HttpReply {
  const { body, etag } = aggregatedDocument(server, isCore, version);
  const headers = { etag, vary: 'Accept', 'cache-control': 'public' };
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers, body: '' };
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { status: 200, headers: { ...headers, 'content-type': type }, body };
}

function aggregatedDocument(server: Server, isCore: boolean, version: AggregatedVersion): Document {
  const { catalog } = server.registry;
  let kept = made.get(catalog);
  if (kept?.generation !== catalog.generation) made.set(catalog, (kept = { generation: catalog.generation, documents: new Map() }));
  const remotes = isCore ? [] : server.remotes.all();
  const key = `${isCore} ${version}`;
  const others = JSON.stringify(remotes);
  let document = kept.documents.get(key);
  if (document?.others !== others) {
    const items = withRemotes(server, remotes)
      .filter(({ name }) => (name === '') === isCore)
      .map(({ name, versions }) => ({ metadata: { ...(name && { name }) }, versions: versions.map(versionFields) }));
    const list = { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
    const body = `${JSON.stringify(list)}\n`;
    kept.documents.set(key, (document = { body, etag: `"${hex(sha512(utf8(body)))}"`, others }));
  }
  return document;
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');

function versionFields(given: KnownVersion): object {
  const { version } = given;
  if (isRemote(given)) return { version, resources: foreignResources(given), freshness: given.isAvailable ? 'Current' : 'Stale' };
  const { resources } = given;
  const sorted = [...resources].sort((a, b) => (a.resource < b.resource ? -1 : 1));
  return { version, resources: sorted.map(resourceFields), freshness: 'Current' };
}

function resourceFields(resource: Resource): object {
  const { group, version, kind, namespaced, singular, verbs, shortNames, categories, subresources } = resource;
  const below = Object.entries(subresources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([subresource, one]) => {
      const { group, version, kind } = kindOfSubresource(resource, one);
      return { subresource, responseKind: { group, version, kind }, verbs: one.verbs };
    });
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(below.length && { subresources: below }),
  };
}
