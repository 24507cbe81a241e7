// Which groups, versions and resources there are: the legacy documents, and the aggregated ones that kubectl asks for. Made from the catalog.

import type { ApiGroup, ApiVersion, Catalog } from '../api/catalog.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource, Subresource } from '../api/resource.ts';
import { fnv1a32 } from '../lib/hash.ts';
import { json } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';

const AGGREGATED = /application\/json;g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList/;

/** Answers a discovery path, or gives undefined if it is none. */
export function discovery(catalog: Catalog, request: HttpRequest): HttpReply | undefined {
  const parts = request.path.split('/').filter(Boolean);
  const groups = catalog.groups();
  if (parts[0] === 'api') {
    const core = groups.filter(({ name }) => name === '');
    if (parts.length === 1) {
      return (
        aggregated(core, request) ??
        json({
          kind: 'APIVersions',
          versions: ['v1'],
          serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: request.headers.get('host') ?? '' }],
        })
      );
    }
    const version = core[0]?.versions.find((one) => one.version === parts[1]);
    return parts.length === 2 && version ? json(resourceList('', version)) : undefined;
  }
  if (parts[0] !== 'apis') return undefined;
  const named = groups.filter(({ name }) => name !== '');
  if (parts.length === 1)
    return aggregated(named, request) ?? json({ kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupDocument) });
  const group = named.find(({ name }) => name === parts[1]);
  if (!group) return undefined;
  if (parts.length === 2) return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) });
  const version = group.versions.find((one) => one.version === parts[2]);
  return parts.length === 3 && version ? json(resourceList(group.name, version)) : undefined;
}

function groupDocument({ name, versions }: ApiGroup): object {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

function resourceList(group: string, { version, resources }: ApiVersion): object {
  const list = resources.flatMap((resource) => [
    legacyResource(resource),
    ...Object.entries(resource.subresources).map(([name, one]) => legacySubresource(resource, name, one)),
  ]);
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: list.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function legacyResource(resource: Resource): { name: string } {
  const { resource: name, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(verbs.includes('list') && { storageVersionHash: storageVersionHash(resource) }),
  } as { name: string };
}

function legacySubresource(resource: Resource, name: string, subresource: Subresource): { name: string } {
  const { group, version, kind } = kindOf(resource, subresource);
  const isOther = group !== resource.group || version !== resource.version;
  return {
    name: `${resource.resource}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(isOther && { group, version }),
    kind,
    verbs: subresource.verbs,
  } as { name: string };
}

function kindOf(resource: Resource, subresource: Subresource): { group: string; version: string; kind: string } {
  switch (subresource.type) {
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    case 'create':
    case 'connect':
      return { group: resource.group, version: resource.version, ...subresource };
    case 'object':
      return resource;
  }
}

/** Says when the stored version changes. Upstream hashes `group/version/kind`; any value that is stable per kind will do. */
function storageVersionHash({ conversion, group, version, kind }: Resource): string {
  const stored = conversion?.stored ?? { group, version };
  const hash = [1, 2].map((salt) => fnv1a32(`${salt}${stored.group}/${stored.version}/${kind}`).toString(16).padStart(8, '0')).join('');
  return btoa(String.fromCharCode(...(hash.match(/../g) ?? []).map((byte) => parseInt(byte, 16))));
}

function aggregated(groups: readonly ApiGroup[], request: HttpRequest): HttpReply | undefined {
  const version = AGGREGATED.exec((request.headers.get('accept') ?? '').replaceAll(' ', ''))?.[1];
  if (!version) return undefined;
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const body = JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { ...(name && { name }) },
      versions: versions.map((one) => aggregatedVersion(one)),
    })),
  });
  const etag = `"${fnv1a32(body).toString(16).toUpperCase()}${body.length.toString(16).toUpperCase()}"`;
  const headers = { 'content-type': type, etag, vary: 'Accept', 'cache-control': 'public' };
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers, body: '' };
  return { status: 200, headers, body };
}

function aggregatedVersion({ version, resources }: ApiVersion): object {
  const items = resources.map((resource) => {
    const { group, kind, namespaced, singular, verbs, shortNames, categories, subresources } = resource;
    const scope = namespaced ? 'Namespaced' : 'Cluster';
    const below = Object.entries(subresources).map(([subresource, one]) => {
      const responseKind = kindOf(resource, one);
      return {
        subresource,
        responseKind: { group: responseKind.group, version: responseKind.version, kind: responseKind.kind },
        verbs: one.verbs,
      };
    });
    return {
      resource: resource.resource,
      responseKind: { group, version, kind },
      scope,
      singularResource: singular,
      verbs,
      ...(shortNames.length && { shortNames }),
      ...(categories.length && { categories }),
      ...(below.length && { subresources: below.sort((a, b) => (a.subresource < b.subresource ? -1 : 1)) }),
    };
  });
  return { version, resources: items.sort((a, b) => (a.resource < b.resource ? -1 : 1)), freshness: 'Current' };
}
