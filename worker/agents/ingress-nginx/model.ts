// What the Ingresses of a controller come to: servers by host name, their locations, and the endpoints behind them. Mirrors ingress-nginx internal/ingress/controller
// (getBackendServers, createServers, updateServerLocations).

import type { Ingress, IngressBackend } from '../../api/gen/networking-v1.ts';
import type { Service, ServicePort } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { indexTerm } from '../../api/resource.ts';
import { charsOfBytes, fromBase64 } from '../../lib/text.ts';
import { readCertificates } from '../../lib/x509/read-certificate.ts';
import { isFor } from '../../lib/x509/verify-server.ts';
import { timeOf } from '../../lib/time.ts';
import { secrets } from '../../resources/core/secret.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { ingressClasses } from '../../resources/networking/ingressclass.ts';
import { ingresses } from '../../resources/networking/ingress.ts';
import { annotationOf } from './options.ts';
import type { Flags } from './options.ts';

export const DEFAULT_HOST = '_';
const SERVICE_NAME = 'kubernetes.io/service-name';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export interface Upstream {
  /** `default-web-80`; '' for a backend that is no Service. */
  readonly name: string;
  readonly service: string;
  readonly port: string;
  /** `10.244.1.7:80` */
  readonly endpoints: readonly string[];
}

export interface Place {
  readonly path: string;
  readonly kind: '' | '=' | 'regex';
  readonly ingress: Ingress;
  readonly upstream: Upstream;
  readonly canary?: Canary;
  readonly auth?: Auth;
}

/** Another Ingress, who gets a part of the requests: by a header, by a cookie, and of the others by chance. */
export interface Canary {
  readonly ingress: Ingress;
  readonly upstream: Upstream;
}

/** Whom `auth_basic` lets in; without a file nobody, for a reason. */
export interface Auth {
  readonly realm: string;
  readonly file: string;
  readonly content: string;
  readonly denied?: string;
}

export interface VirtualServer {
  readonly host: string;
  readonly places: readonly Place[];
  readonly hasTls: boolean;
  /** Its own, if it has one that is for it; else the controller's. */
  readonly certificate?: Certificate;
}

/** A Secret's certificate and key, in one file. */
export interface Certificate {
  readonly file: string;
  readonly content: string;
}

/** Those that the controller looks after, the oldest first: of two with the same path, that one counts. */
export function ingressesOf(reader: ClusterReader, flags: Flags): Ingress[] {
  const isOurs = ({ spec, metadata }: Ingress): boolean => {
    const annotation = metadata.annotations?.[CLASS_ANNOTATION];
    if (annotation !== undefined) return annotation === flags.ingressClass;
    const name = spec.ingressClassName;
    if (name === undefined) return flags.watchesWithoutClass;
    return reader.get(ingressClasses, '', name)?.spec.controller === flags.controllerClass;
  };
  return reader
    .list(ingresses, flags.namespace ? { namespace: flags.namespace } : {})
    .filter((one) => !isTerminating(one) && isOurs(one))
    .sort((a, b) => timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp));
}

export function serversOf(reader: ClusterReader, all: readonly Ingress[]): VirtualServer[] {
  const hosts = new Map<string, Place[]>([[DEFAULT_HOST, []]]);
  const placesOf = (host: string): Place[] => {
    let places = hosts.get(host);
    if (!places) hosts.set(host, (places = []));
    return places;
  };
  const withRegex = new Set<string>();
  for (const ingress of all.filter((one) => !isCanary(one))) {
    const auth = authOf(reader, ingress);
    const facts = { ingress, ...(auth && { auth }) };
    const isRegex = annotationOf(ingress, 'use-regex') === 'true' || annotationOf(ingress, 'rewrite-target') !== undefined;
    const { rules = [], defaultBackend } = ingress.spec;
    for (const { host = DEFAULT_HOST, http } of rules) {
      if (isRegex) withRegex.add(host);
      const places = placesOf(host);
      for (const { path = '/', pathType, backend } of http?.paths ?? [])
        addPaths(places, path || '/', pathType, isRegex, { ...facts, upstream: upstreamOf(reader, ingress, backend) });
    }
    if (defaultBackend)
      for (const host of rules.length ? rules.map((rule) => rule.host ?? DEFAULT_HOST) : [DEFAULT_HOST])
        addOnce(placesOf(host), { ...facts, path: '/', kind: '', upstream: upstreamOf(reader, ingress, defaultBackend) });
  }
  for (const ingress of all.filter(isCanary)) addCanary(reader, hosts, ingress);
  const secured = new Set(all.flatMap(({ spec }) => (spec.tls ?? []).flatMap((tls) => tls.hosts ?? [])));
  return [...hosts]
    .map(([host, places]): VirtualServer => ({
      host,
      hasTls: secured.has(host),
      ...certificateOf(reader, all, host),
      // One regular expression makes all paths of its host regular expressions.
      places: sorted(withRegex.has(host) ? places.map((one) => (one.kind === '=' ? one : { ...one, kind: 'regex' })) : places),
    }))
    .sort((a, b) => (a.host < b.host ? -1 : 1));
}

/** The first Secret that is there, and for the host, counts. */
function certificateOf(reader: ClusterReader, all: readonly Ingress[], host: string): { readonly certificate?: Certificate } {
  for (const { metadata, spec } of all)
    for (const { hosts = [], secretName = '' } of spec.tls ?? []) {
      if (!secretName || !hosts.includes(host)) continue;
      const data = reader.get(secrets, metadata.namespace ?? '', secretName)?.data;
      const textOf = (name: string): string => charsOfBytes(fromBase64(data?.[name] ?? '') ?? new Uint8Array());
      const content = `${textOf('tls.crt').trimEnd()}\n${textOf('tls.key').trimEnd()}\n`;
      const [leaf] = readCertificates(content);
      if (!leaf || !isFor(leaf, host)) continue;
      return { certificate: { file: `/etc/ingress-controller/ssl/${metadata.namespace ?? ''}-${secretName}.pem`, content } };
    }
  return {};
}

const isCanary = (ingress: Ingress): boolean => annotationOf(ingress, 'canary') === 'true';

/** The first canary of a place counts, and only one with somebody behind it. */
function addCanary(reader: ClusterReader, hosts: ReadonlyMap<string, Place[]>, ingress: Ingress): void {
  for (const { host = DEFAULT_HOST, http } of ingress.spec.rules ?? [])
    for (const { path = '/', pathType, backend } of http?.paths ?? []) {
      const upstream = upstreamOf(reader, ingress, backend);
      const same: Place[] = [];
      addPaths(same, path || '/', pathType, false, { ingress, upstream });
      const places = hosts.get(host) ?? [];
      for (const [i, place] of places.entries())
        if (
          !place.canary &&
          upstream.endpoints.length &&
          upstream.name !== place.upstream.name &&
          same.some((one) => one.path === place.path)
        )
          places[i] = { ...place, canary: { ingress, upstream } };
    }
}

function authOf(reader: ClusterReader, ingress: Ingress): Auth | undefined {
  if (annotationOf(ingress, 'auth-type') !== 'basic') return undefined;
  const nobody = (denied: string): Auth => ({ realm: '', file: '', content: '', denied });
  const wanted = annotationOf(ingress, 'auth-secret');
  if (!wanted) return nobody('error reading secret name from annotation: ingress rule without annotations');
  const own = ingress.metadata.namespace ?? '';
  const [name = '', namespace = own] = wanted.split('/').toReversed();
  if (namespace !== own) return nobody('cross namespace usage of secrets is not allowed');
  const secret = reader.get(secrets, namespace, name);
  if (!secret)
    return nobody(`unexpected error reading secret ${namespace}/${name}: local SSL certificate ${namespace}/${name} was not found`);
  const textOf = (data: string | undefined): string => charsOfBytes(fromBase64(data ?? '') ?? new Uint8Array());
  const isMap = annotationOf(ingress, 'auth-secret-type') === 'auth-map';
  if (!isMap && secret.data?.['auth'] === undefined) return nobody(`the secret ${name} does not contain a key with value auth`);
  return {
    realm: annotationOf(ingress, 'auth-realm') ?? '',
    file: `/etc/ingress-controller/auth/${own}-${ingress.metadata.uid}-${secret.metadata.uid}.passwd`,
    content: isMap
      ? Object.entries(secret.data ?? {})
          .map(([user, hash]) => `${user}:${textOf(hash)}\n`)
          .join('')
      : textOf(secret.data!['auth']),
  };
}

/** Whether some Ingress takes its users, or a certificate, from a Secret. */
export const isWanted = (reader: ClusterReader, namespace: string, name: string): boolean =>
  reader
    .list(ingresses, { namespace })
    .some(
      (one) => annotationOf(one, 'auth-secret')?.split('/').at(-1) === name || one.spec.tls?.some(({ secretName }) => secretName === name),
    );

/** Longer paths first. */
const sorted = (places: readonly Place[]): Place[] => places.toSorted((a, b) => (a.path === b.path ? 0 : a.path > b.path ? -1 : 1));

function addPaths(places: Place[], path: string, pathType: string, isRegex: boolean, facts: Omit<Place, 'path' | 'kind'>): void {
  if (pathType === 'Exact') return addOnce(places, { ...facts, path, kind: '=' });
  if (isRegex || pathType !== 'Prefix' || path === '/') return addOnce(places, { ...facts, path, kind: '' });
  const stem = path.replace(/\/+$/, '');
  addOnce(places, { ...facts, path: `${stem}/`, kind: '' });
  addOnce(places, { ...facts, path: stem, kind: '=' });
}

function addOnce(places: Place[], place: Place): void {
  if (!places.some(({ path, kind }) => path === place.path && kind === place.kind)) places.push(place);
}

function upstreamOf(reader: ClusterReader, { metadata: { namespace = '' } }: Ingress, { service: wanted }: IngressBackend): Upstream {
  if (!wanted) return { name: '', service: '', port: '', endpoints: [] };
  const port = wanted.port.name ?? String(wanted.port.number ?? '');
  const service = reader.get(services, namespace, wanted.name);
  const found = service?.spec.ports?.find(
    (one) => (wanted.port.name !== undefined ? one.name === wanted.port.name : one.port === wanted.port.number) && one.protocol !== 'UDP',
  );
  return {
    name: `${namespace}-${wanted.name}-${port}`,
    service: wanted.name,
    port,
    endpoints: service && found ? endpointsOf(reader, service, found) : [],
  };
}

function endpointsOf(reader: ClusterReader, { metadata, spec }: Service, { name = '', port, protocol = 'TCP' }: ServicePort): string[] {
  if (spec.type === 'ExternalName') return [`${spec.externalName}:${port}`];
  const slices = reader.lookup(endpointSlices, indexTerm.labelIn(metadata.namespace ?? '', SERVICE_NAME, metadata.name));
  const found = slices.flatMap(({ ports, endpoints }) => {
    const target = (ports ?? []).find((one) => (one.name ?? '') === name && (one.protocol ?? 'TCP') === protocol)?.port;
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions.ready !== false);
    return target === undefined ? [] : ready.flatMap(({ addresses }) => addresses.slice(0, 1).map((ip) => `${ip}:${target}`));
  });
  return [...new Set(found)].sort();
}
