// What CoreDNS answers: names of Services, of their endpoints and of pods, as its kubernetes plugin makes them; the hosts and rewrites of the Corefile. Mirrors
// plugin/kubernetes of CoreDNS and the Kubernetes DNS specification.
// Differs: there is no world outside; what would be forwarded is not found.

import type { EndpointSlice } from '../api/gen/discovery-v1.ts';
import type { Service } from '../api/gen/core-v1.ts';
import { keyOf } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { indexTerm } from '../api/resource.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { services } from '../resources/core/service.ts';
import { serviceTerm } from '../resources/core/service-terms.ts';
import { endpointSlices } from '../resources/discovery/endpointslice.ts';
import { podTerm } from '../resources/core/pod-terms.ts';
import { pods } from '../resources/core/pod.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord, RecordType } from '../world/network/dns.ts';

const DEFAULT_COREFILE = '.:53 {\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n ttl 30\n }\n}\n';
const SERVICE_NAME = 'kubernetes.io/service-name';

interface Config {
  /** Zones of the kubernetes plugin, with a dot at the end. */
  readonly zones: readonly string[];
  readonly pods: string;
  readonly ttl: number;
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly rewrites: readonly (readonly [from: string, to: string])[];
  readonly serves: boolean;
  /** Which answers its log is about. */
  readonly logs: ReadonlySet<string>;
}

export function answerDns(reader: ClusterReader, { name, type, corefile = DEFAULT_COREFILE }: DnsQuestion): DnsAnswer {
  const asked = name.toLowerCase();
  const config = configFor(corefile, asked);
  const answer = answerBy(reader, config, asked, type);
  const kind =
    answer.code === 'NXDOMAIN' || (answer.code === 'NOERROR' && !answer.answers.length)
      ? 'denial'
      : answer.code === 'NOERROR'
        ? 'success'
        : 'error';
  return config.logs.has('all') || config.logs.has(kind) ? { ...answer, isLogged: true } : answer;
}

function answerBy(reader: ClusterReader, config: Config, asked: string, type: RecordType): DnsAnswer {
  if (!config.serves) return { code: 'REFUSED', answers: [], isAuthoritative: false };
  const rewritten = config.rewrites.find(([from]) => from === asked)?.[1] ?? asked;
  const fixed = config.hosts.get(rewritten);
  if (fixed)
    return { code: 'NOERROR', answers: type === 'A' ? fixed.map((data) => record(asked, 'A', 3600, data)) : [], isAuthoritative: true };
  if (type === 'PTR') return reverse(reader, config, asked);
  const zone = config.zones.find((one) => rewritten === one || rewritten.endsWith(`.${one}`));
  if (zone === undefined || zone.endsWith('.arpa.')) return NOT_FOUND;
  const answer = inZone(reader, config, rewritten, zone, type);
  return rewritten === asked
    ? answer
    : { ...answer, answers: answer.answers.map((one) => (one.name === rewritten ? { ...one, name: asked } : one)) };
}

const NOT_FOUND: DnsAnswer = { code: 'NXDOMAIN', answers: [], isAuthoritative: false };
const record = (name: string, type: RecordType, ttl: number, data: string): DnsRecord => ({ name, type, ttl, data });
const dotted = (name: string): string => (name.endsWith('.') ? name : `${name}.`);

/** The block of a Corefile that a name falls to. */
function configFor(corefile: string, name: string): Config {
  const blocks = [...corefile.matchAll(/^\s*([^\s#{}][^{}\n]*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}/gm)].map(([, heads = '', body = '']) => ({
    zones: heads.split(/[\s,]+/).map((head) => dotted(head.replace(/^dns:\/\//, '').replace(/:\d+$/, '') || '.')),
    body,
  }));
  const fits = (zone: string): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`);
  const found = blocks
    .flatMap(({ zones, body }) => zones.filter(fits).map((zone) => ({ zone, body })))
    .sort((a, b) => b.zone.length - a.zone.length)[0];
  const body = (found?.body ?? '').replace(/#.*$/gm, '');
  const kubernetes = /^\s*kubernetes\s+([^{\n]*)(?:\{([^}]*)\})?/m.exec(body);
  const hosts = new Map<string, string[]>();
  for (const [, inside = ''] of body.matchAll(/^\s*hosts[^{\n]*\{([^}]*)\}/gm))
    for (const line of inside.split('\n')) {
      const [ip = '', ...names] = line.trim().split(/\s+/);
      if (/^[\d.]+$/.test(ip))
        for (const one of names) hosts.set(dotted(one.toLowerCase()), [...(hosts.get(dotted(one.toLowerCase())) ?? []), ip]);
    }
  const log = /^\s*log\b[^{\n]*(?:\{([^}]*)\})?/m.exec(body);
  return {
    logs: new Set(log ? (/^\s*class\s+(.*)$/m.exec(log[1] ?? '')?.[1] ?? 'all').trim().split(/\s+/) : []),
    serves: found !== undefined,
    zones: (kubernetes?.[1] ?? '').trim().split(/\s+/).filter(Boolean).map(dotted),
    pods: /^\s*pods\s+(\w+)/m.exec(kubernetes?.[2] ?? '')?.[1] ?? 'disabled',
    ttl: Number(/^\s*ttl\s+(\d+)/m.exec(kubernetes?.[2] ?? '')?.[1] ?? 5),
    hosts,
    rewrites: [...body.matchAll(/^\s*rewrite\s+(?:stop\s+|continue\s+)?name\s+(?:exact\s+)?(\S+)\s+(\S+)\s*$/gm)].map(
      ([, from = '', to = '']) => [dotted(from.toLowerCase()), dotted(to.toLowerCase())] as const,
    ),
  };
}

function inZone(reader: ClusterReader, config: Config, name: string, zone: string, type: RecordType): DnsAnswer {
  const found = (answers: readonly DnsRecord[]): DnsAnswer => ({ code: 'NOERROR', answers, isAuthoritative: true });
  const missing: DnsAnswer = { code: 'NXDOMAIN', answers: [], isAuthoritative: true };
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split('.');
  if (name === zone || name === `dns-version.${zone}`)
    return type === 'TXT' && labels[0] === 'dns-version' ? found([record(name, 'TXT', config.ttl, '"1.1.0"')]) : found([]);
  const kind = labels.at(-1);
  if (kind === 'pod' && labels.length === 3) {
    const [address = '', namespace = ''] = labels;
    const ip = address.replaceAll('-', '.');
    const isKnown =
      config.pods === 'insecure' ||
      (config.pods === 'verified' && reader.lookup(pods, podTerm.ip(ip)).some(({ metadata }) => metadata.namespace === namespace));
    if (!isKnown || !/^\d+(\.\d+){3}$/.test(ip) || !reader.get(namespaces, '', namespace)) return missing;
    return found(type === 'A' ? [record(name, 'A', config.ttl, ip)] : []);
  }
  if (kind !== 'svc') return missing;
  if (labels.length === 1) return found([]);
  const [serviceName, namespace] = labels.length === 2 ? [undefined, labels[0]!] : [labels.at(-3)!, labels.at(-2)!];
  if (serviceName === undefined) return reader.get(namespaces, '', namespace) ? found([]) : missing;
  const service = reader.get(services, namespace, serviceName);
  if (!service) return missing;
  const before = labels.slice(0, -3);
  return found2(serviceRecords(reader, config, service, before, name, type));

  function found2(records: readonly DnsRecord[] | undefined): DnsAnswer {
    return records === undefined ? missing : found(records.slice(0, 100));
  }
}

/** Undefined if there is no such name. */
function serviceRecords(
  reader: ClusterReader,
  { ttl, zones }: Config,
  service: Service,
  before: readonly string[],
  name: string,
  type: RecordType,
): DnsRecord[] | undefined {
  const { spec, metadata } = service;
  const zone = zones[0] ?? 'cluster.local.';
  const full = `${metadata.name}.${metadata.namespace}.svc.${zone}`;
  if (spec.type === 'ExternalName') {
    if (before.length) return undefined;
    const target = dotted(spec.externalName ?? '');
    const inside = zones.some((one) => target.endsWith(`.${one}`))
      ? inZone(reader, { ttl, zones, pods: 'disabled', hosts: new Map(), rewrites: [], serves: true, logs: new Set() }, target, zone, type)
          .answers
      : [];
    return [record(name, 'CNAME', ttl, target), ...inside];
  }
  const isHeadless = spec.clusterIP === 'None';
  const endpoints = isHeadless || before.length ? endpointsOf(reader, service) : [];
  const [first, second] = before;
  if (first?.startsWith('_') && second?.startsWith('_')) {
    const ports = isHeadless
      ? endpoints.flatMap((one) => one.ports.map((port) => ({ ...port, target: `${one.hostname}.${full}`, ip: one.ip })))
      : (spec.ports ?? []).map(({ name: own = '', port, protocol = 'TCP' }) => ({
          name: own,
          port,
          protocol,
          target: full,
          ip: spec.clusterIP ?? '',
        }));
    const chosen = ports.filter((one) => `_${one.name}` === first && `_${one.protocol.toLowerCase()}` === second);
    if (!chosen.length) return undefined;
    return type === 'SRV' || type === 'ANY'
      ? chosen.map(({ port, target }) => record(name, 'SRV', ttl, `0 ${Math.floor(100 / chosen.length)} ${port} ${target}`))
      : [];
  }
  if (before.length === 1) {
    const chosen = endpoints.filter(({ hostname }) => hostname === first);
    if (!chosen.length) return undefined;
    return type === 'A' ? chosen.map(({ ip }) => record(name, 'A', ttl, ip)) : [];
  }
  if (before.length) return undefined;
  if (type === 'SRV') {
    const ports = isHeadless
      ? endpoints.flatMap((one) => one.ports.map(({ port }) => `${port} ${one.hostname}.${full}`))
      : (spec.ports ?? []).map(({ port }) => `${port} ${full}`);
    return ports.map((data) => record(name, 'SRV', ttl, `0 ${Math.floor(100 / Math.max(1, ports.length))} ${data}`));
  }
  if (isHeadless) {
    if (!endpoints.length) return undefined;
    return type === 'A' ? [...new Set(endpoints.map(({ ip }) => ip))].map((ip) => record(name, 'A', ttl, ip)) : [];
  }
  return type === 'A' ? [record(name, 'A', ttl, spec.clusterIP ?? '')] : [];
}

interface Endpoint {
  readonly ip: string;
  readonly hostname: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

function endpointsOf(reader: ClusterReader, service: Service): Endpoint[] {
  const { namespace = '', name } = service.metadata;
  const slices: EndpointSlice[] = reader.lookup(endpointSlices, indexTerm.labelIn(namespace, SERVICE_NAME, name));
  return slices.flatMap(({ endpoints, ports, addressType }) =>
    addressType !== 'IPv4'
      ? []
      : (endpoints ?? [])
          .filter(({ conditions }) => conditions.ready !== false)
          .flatMap(({ addresses, hostname }) =>
            addresses.map((ip) => ({
              ip,
              hostname: hostname || ip.replaceAll('.', '-'),
              ports: (ports ?? []).map(({ name: own = '', port = 0, protocol = 'TCP' }) => ({ name: own, port, protocol })),
            })),
          ),
  );
}

/** From an address to the name of its Service, or of the endpoint of a headless one. */
function reverse(reader: ClusterReader, { ttl, zones }: Config, name: string): DnsAnswer {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa\.$/.exec(name);
  if (!match || !zones.some((zone) => name.endsWith(zone))) return NOT_FOUND;
  const ip = match.slice(1).reverse().join('.');
  const zone = zones.find((one) => !one.endsWith('.arpa.')) ?? 'cluster.local.';
  const service = reader.lookup(services, serviceTerm.clusterIp(ip))[0];
  const target = service ? `${keyOf(service).split('/').reverse().join('.')}.svc.${zone}` : podName(reader, ip, zone);
  return target === undefined
    ? { ...NOT_FOUND, isAuthoritative: true }
    : { code: 'NOERROR', answers: [record(name, 'PTR', ttl, target)], isAuthoritative: true };
}

function podName(reader: ClusterReader, ip: string, zone: string): string | undefined {
  for (const pod of reader.lookup(pods, podTerm.ip(ip)))
    for (const service of reader.list(services, { namespace: pod.metadata.namespace ?? '' })) {
      const endpoint = service.spec.clusterIP === 'None' ? endpointsOf(reader, service).find((one) => one.ip === ip) : undefined;
      if (endpoint) return `${endpoint.hostname}.${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`;
    }
  return undefined;
}
