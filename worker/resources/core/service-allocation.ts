// Addresses and node ports of Services: which families, which address of the ranges, which port. Which addresses are taken, IPAddresses say; which
// ports, other Services, by index terms. Mirrors pkg/registry/core/service/storage/alloc.go, ipallocator and portallocator.

import { index, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import type { ResourceContext } from '../../api/resource.ts';
import { internalError, invalid } from '../../api/status.ts';
import { cidrContains, formatCidr, formatIp, parseCidr, parseIp, widthOf } from '../../lib/ip.ts';
import type { Cidr } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { ipAddresses } from '../networking/ipaddress.ts';
import { serviceCIDRs } from '../networking/servicecidr.ts';
import { familyOf } from './service-addresses.ts';
import { needsHealthCheckPort, needsNodePort } from './service-needs.ts';
import { serviceTerm } from './service-terms.ts';
import { services } from './service.ts';
import { validateClusterIps } from './service-validation.ts';

type Family = 'IPv4' | 'IPv6';
type Spec = Service['spec'];

const KIND = { group: '', kind: 'Service' };
const refuse = (service: Service, errors: readonly FieldError[]): Error => invalid(KIND, service.metadata.name, errors);

export function allocateForCreate(service: Service, context: ResourceContext): void {
  initFamilies(service, undefined, context);
  assignClusterIps(service, context);
  const ports = new PortAllocation(service, undefined, context);
  if (needsNodePort(service)) ports.assignForCreate();
  if (needsHealthCheckPort(service)) ports.assignHealthCheckPort();
}

export function allocateForUpdate(service: Service, old: Service, context: ResourceContext): void {
  initFamilies(service, old, context);
  updateClusterIps(service, old, context);
  const ports = new PortAllocation(service, old, context);
  if (needsNodePort(service)) ports.assignForUpdate();
  if (needsHealthCheckPort(service) && !needsHealthCheckPort(old)) ports.assignHealthCheckPort();
}

// --- Families ---

const other = (family: Family): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4');

/** Those of the ranges that the server was started with, the first of them the default. */
function familiesOf({ config }: ResourceContext): Family[] {
  return config.serviceCidr.split(',').map((range) => (parseCidr(range)?.family === 6 ? 'IPv6' : 'IPv4'));
}

const POLICY = 'spec.ipFamilyPolicy';

/** Fills in families and policy, from the cluster's and from what was there before. */
function initFamilies(service: Service, old: Service | undefined, context: ResourceContext): void {
  const { spec } = service;
  if (spec.type === 'ExternalName' || staysPreferred(spec, old?.spec)) return;
  const available = familiesOf(context);
  const hasSelector = Object.keys(spec.selector ?? {}).length > 0;
  const isBareHeadless = spec.clusterIP === 'None' && !hasSelector;
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (isBareHeadless ? 'RequireDualStack' : 'SingleStack');

  const wrong = validateClusterIps(service, old);
  if (wrong.length) throw refuse(service, wrong);
  const errors = [...(old ? reduce(spec, old.spec) : []), ...tooManyForOne(spec), ...inferFamilies(spec, available)];
  if (errors.length) throw refuse(service, errors);

  const isDual = spec.ipFamilyPolicy !== 'SingleStack';
  if (isBareHeadless) {
    spec.ipFamilies ??= [available[0]!];
    if (isDual && spec.ipFamilies.length === 1) spec.ipFamilies = [...spec.ipFamilies, other(spec.ipFamilies[0] as Family)];
    return;
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && available.length < 2)
    errors.push(invalidField(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  for (const [i, family] of (spec.ipFamilies ?? []).entries())
    if (!available.includes(family as Family))
      errors.push(invalidField(index('spec.ipFamilies', i), family, 'not configured on this cluster'));
  if (errors.length) throw refuse(service, errors);
  if (!spec.ipFamilies?.length) spec.ipFamilies = [available[0]!];
  if (isDual && spec.ipFamilies.length === 1 && available.length === 2)
    spec.ipFamilies = [...spec.ipFamilies, other(spec.ipFamilies[0] as Family)];
}

/** A service that would like both families keeps what it has when the cluster comes to have more or fewer. */
function staysPreferred(spec: Spec, old: Spec | undefined): boolean {
  if (!old || spec.type !== old.type || spec.ipFamilyPolicy !== 'PreferDualStack' || old.ipFamilyPolicy !== 'PreferDualStack') return false;
  return isEqual(spec.clusterIPs ?? [], old.clusterIPs ?? []) && isEqual(spec.ipFamilies ?? [], old.ipFamilies ?? []);
}

/** To ask for one family is to give back the second; to give it back without asking is a mistake. */
function reduce(spec: Spec, old: Spec): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (isEqual(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1) spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
    if (isEqual(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1) spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
    return [];
  }
  const isFewer = (name: 'clusterIPs' | 'ipFamilies'): boolean =>
    spec[name]?.length === 1 && old[name]?.length === 2 && spec[name]![0] === old[name]![0];
  const error = (what: string): FieldError =>
    invalidField(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [...(isFewer('clusterIPs') ? [error('cluster IP')] : []), ...(isFewer('ipFamilies') ? [error('IP family')] : [])];
}

function tooManyForOne({ ipFamilyPolicy, clusterIPs, ipFamilies }: Spec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const error = (what: string): FieldError =>
    invalidField(POLICY, ipFamilyPolicy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  return [...(clusterIPs?.length === 2 ? [error('cluster IPs')] : []), ...(ipFamilies?.length === 2 ? [error('IP families')] : [])];
}

function inferFamilies(spec: Spec, available: readonly Family[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break;
    if (i < (spec.ipFamilies?.length ?? 0)) continue;
    const family = familyOf(ip);
    if (available.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else errors.push(invalidField(index('spec.clusterIPs', i), spec.clusterIPs, `${family} is not configured on this cluster`));
  }
  return errors;
}

// --- Addresses ---

function updateClusterIps(service: Service, old: Service, context: ResourceContext): void {
  const { spec } = service;
  if (staysPreferred(spec, old.spec)) return;
  if (old.spec.type === 'ExternalName' && spec.type !== 'ExternalName') return assignClusterIps(service, context);
  if (old.spec.clusterIPs?.[0] === 'None' || spec.type === 'ExternalName') return;
  if (old.spec.ipFamilies?.length !== 1 || spec.ipFamilies?.length !== 2) return;
  const wanted = spec.clusterIPs?.[1] ?? '';
  spec.clusterIPs = [spec.clusterIPs?.[0] ?? '', takeIp(service, spec.ipFamilies[1] as Family, wanted, context)];
}

function assignClusterIps(service: Service, context: ResourceContext): void {
  const { spec } = service;
  if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === 'None') return;
  const families = (spec.ipFamilies ?? []) as Family[];
  const taken = families.map((family, i) => takeIp(service, family, spec.clusterIPs?.[i] ?? '', context));
  spec.clusterIPs = taken;
  if (taken[0]) spec.clusterIP = taken[0];
}

/** The one that is wanted, or any. */
function takeIp(service: Service, family: Family, wanted: string, context: ResourceContext): string {
  const ranges = rangesOf(family, context);
  if (!wanted) {
    // As upstream: nothing is looked for where nothing is taken.
    if (context.dryRun && ranges[0]) return formatIp({ family: ranges[0].family, value: ranges[0].first });
    for (const range of ranges) {
      const free = freeIp(range, context);
      if (free) return free;
    }
    throw internalError('failed to allocate a serviceIP: range is full');
  }
  const problem = ipProblem(wanted, ranges, context);
  if (!problem) return wanted;
  throw refuse(service, [invalidField('spec.clusterIPs', service.spec.clusterIPs, `failed to allocate IP ${wanted}: ${problem}`)]);
}

/** The server's own, and those of ServiceCIDRs that are not going. */
function rangesOf(family: Family, { config, reader }: ResourceContext): Cidr[] {
  const more = reader.list(serviceCIDRs).flatMap(({ metadata, spec }) => (metadata.deletionTimestamp ? [] : (spec.cidrs ?? [])));
  const wanted = family === 'IPv6' ? 6 : 4;
  const texts = new Set([...config.serviceCidr.split(','), ...more]);
  return [...texts].flatMap((text) => {
    const range = parseCidr(text);
    return range?.family === wanted ? [range] : [];
  });
}

function ipProblem(wanted: string, ranges: readonly Cidr[], context: ResourceContext): string | undefined {
  const ip = parseIp(wanted)!;
  const range = ranges.find((one) => cidrContains(one, ip));
  if (!range) return 'the provided network does not match the current range';
  const offset = ip.value - range.first;
  if (offset < 1n || offset > usable(range))
    return `the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${formatCidr(range)}`;
  return isIpTaken(wanted, context) ? 'provided IP is already allocated' : undefined;
}

/** Whoever has it: what is written down counts. */
const isIpTaken = (ip: string, { reader }: ResourceContext): boolean => reader.get(ipAddresses, '', ip) !== undefined;

/** How many addresses there are behind the first: the last of an IPv4 range is for everybody. */
const usable = ({ family, bits }: Cidr): bigint => (1n << BigInt(widthOf(family) - bits)) - (family === 4 ? 2n : 1n);

const MAX_BITS = 30n;

/** From a random one on, in the upper part of the range: the lower is for those who choose their own. */
function freeIp(range: Cidr, context: ResourceContext): string | undefined {
  const most = 1n << MAX_BITS;
  const size = Number(usable(range) < most ? usable(range) : most);
  const low = Math.min(size, Math.min(Math.max(16, Math.floor(size / 16)), 256));
  const at = (offset: number): string => formatIp({ family: range.family, value: range.first + BigInt(offset) });
  const find = (from: number, count: number, start: number): string | undefined => {
    for (let i = 0; i < count; i++) {
      const ip = at(from + ((start + i) % count));
      if (!isIpTaken(ip, context)) return ip;
    }
    return undefined;
  };
  const upper = size - low;
  return (upper > 0 ? find(low + 1, upper, context.random.below(upper)) : undefined) ?? find(1, low, context.random.below(low));
}

// --- Node ports ---

class PortAllocation {
  readonly #service: Service;
  readonly #context: ResourceContext;
  /** What this service had before: its own to keep. */
  readonly #own: ReadonlySet<number>;
  /** Taken in the course of this allocation. */
  readonly #taken = new Set<number>();

  constructor(service: Service, old: Service | undefined, context: ResourceContext) {
    this.#service = service;
    this.#context = context;
    this.#own = new Set(old ? nodePortsOf(old) : []);
  }

  /** Ports of one number share a node port, whatever their protocols. */
  assignForCreate(): void {
    const { ports = [] } = this.#service.spec;
    const known = new Map<number, number>();
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort && !this.#isWanted()) continue;
      const shared = known.get(port.port);
      if (shared === undefined) {
        const wanted = ports.find((one) => one.port === port.port && one.nodePort)?.nodePort;
        port.nodePort = wanted ? this.#take(wanted, i) : this.#takeAny();
        known.set(port.port, port.nodePort);
      } else if (!port.nodePort) port.nodePort = shared;
      else if (port.nodePort !== shared) this.#take(port.nodePort, i);
    }
  }

  assignForUpdate(): void {
    const seen = new Set<string>();
    for (const [i, port] of (this.#service.spec.ports ?? []).entries()) {
      if (!port.nodePort) {
        if (!this.#isWanted()) continue;
        port.nodePort = this.#takeAny();
      } else if (!this.#own.has(port.nodePort) && !this.#taken.has(port.nodePort)) this.#take(port.nodePort, i);
      const id = `${port.protocol} ${port.nodePort}`;
      if (seen.has(id)) throw internalError(`duplicate nodePort: {${port.protocol} ${port.nodePort}}`);
      seen.add(id);
    }
  }

  assignHealthCheckPort(): void {
    const { spec } = this.#service;
    const wanted = spec.healthCheckNodePort;
    if (!wanted) {
      spec.healthCheckNodePort = this.#takeAny();
      return;
    }
    const problem = this.#problem(wanted);
    if (problem) throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${problem}`);
    this.#taken.add(wanted);
  }

  #isWanted(): boolean {
    const { type, allocateLoadBalancerNodePorts } = this.#service.spec;
    return type === 'NodePort' || (allocateLoadBalancerNodePorts ?? true);
  }

  #take(port: number, position: number): number {
    const problem = this.#problem(port);
    if (problem) throw refuse(this.#service, [invalidField(`${index('spec.ports', position)}.nodePort`, port, problem)]);
    this.#taken.add(port);
    return port;
  }

  #problem(port: number): string | undefined {
    const [first, last] = this.#context.config.nodePortRange;
    if (port < first || port > last) return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
    return this.#isTaken(port) ? 'provided port is already allocated' : undefined;
  }

  #isTaken(port: number): boolean {
    if (this.#taken.has(port)) return true;
    const others = this.#context.reader.countTerm(services, serviceTerm.nodePort(port)) - (this.#own.has(port) ? 1 : 0);
    return others > 0;
  }

  /** From a random one on, in the upper part of the range first. */
  #takeAny(): number {
    if (this.#context.dryRun) return this.#takeDummy();
    const [first, last] = this.#context.config.nodePortRange;
    const size = last - first + 1;
    const low = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    for (const [from, count] of [
      [first + low, size - low],
      [first, low],
    ] as const) {
      if (!count) continue;
      const start = this.#context.random.below(count);
      for (let i = 0; i < count; i++) {
        const port = from + ((start + i) % count);
        if (this.#isTaken(port)) continue;
        this.#taken.add(port);
        return port;
      }
    }
    throw internalError('failed to allocate a nodePort: range is full');
  }

  /** What a dry run shows: one after the other, from beyond the range. */
  #takeDummy(): number {
    const port = this.#taken.size ? Math.max(...this.#taken) + 1 : DUMMY_PORT;
    this.#taken.add(port);
    return port;
  }
}

const DUMMY_PORT = 32_769;

const nodePortsOf = ({ spec }: Service): number[] =>
  [...(spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0), spec.healthCheckNodePort ?? 0].filter(Boolean);
