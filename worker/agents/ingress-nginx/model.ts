// What the Ingresses of a controller come to: servers by host name, their locations, and the endpoints behind them. Mirrors ingress-nginx internal/ingress/controller
// (getBackendServers, createServers, updateServerLocations).

import type { Ingress, IngressBackend } from '../../api/gen/networking-v1.ts';
import type { Service, ServicePort } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { indexTerm } from '../../api/resource.ts';
import { timeOf } from '../../lib/time.ts';
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
}

export interface VirtualServer {
  readonly host: string;
  readonly places: readonly Place[];
  readonly hasTls: boolean;
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
  for (const ingress of all) {
    const isRegex = annotationOf(ingress, 'use-regex') === 'true' || annotationOf(ingress, 'rewrite-target') !== undefined;
    const { rules = [], defaultBackend } = ingress.spec;
    for (const { host = DEFAULT_HOST, http } of rules) {
      if (isRegex) withRegex.add(host);
      const places = placesOf(host);
      for (const { path = '/', pathType, backend } of http?.paths ?? [])
        addPaths(places, path || '/', pathType, isRegex, { ingress, upstream: upstreamOf(reader, ingress, backend) });
    }
    if (defaultBackend)
      for (const host of rules.length ? rules.map((rule) => rule.host ?? DEFAULT_HOST) : [DEFAULT_HOST])
        addOnce(placesOf(host), { path: '/', kind: '', ingress, upstream: upstreamOf(reader, ingress, defaultBackend) });
  }
  const secured = new Set(all.flatMap(({ spec }) => (spec.tls ?? []).flatMap((tls) => tls.hosts ?? [])));
  return [...hosts]
    .map(([host, places]): VirtualServer => ({
      host,
      hasTls: secured.has(host),
      // One regular expression makes all paths of its host regular expressions.
      places: sorted(withRegex.has(host) ? places.map((one) => (one.kind === '=' ? one : { ...one, kind: 'regex' })) : places),
    }))
    .sort((a, b) => (a.host < b.host ? -1 : 1));
}

/** Longer paths first. */
const sorted = (places: readonly Place[]): Place[] => places.toSorted((a, b) => (a.path === b.path ? 0 : a.path > b.path ? -1 : 1));

function addPaths(places: Place[], path: string, pathType: string, isRegex: boolean, facts: Pick<Place, 'ingress' | 'upstream'>): void {
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
