// ServiceCIDRs: ready for use, and kept as long as an address of theirs is in use and no other range has it. Mirrors pkg/controller/servicecidrs.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { ServiceCIDR } from '../../api/gen/networking-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { cidrContains, cidrCovers, cidrsOverlap, parseCidr, parseIp, widthOf } from '../../lib/ip.ts';
import type { Cidr, Ip } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { timeOf } from '../../lib/time.ts';
import { ALLOCATOR, MANAGED_BY } from '../../resources/core/service-addresses.ts';
import { ipAddresses } from '../../resources/networking/ipaddress.ts';
import { serviceCIDRs } from '../../resources/networking/servicecidr.ts';
import { setCondition } from '../meta-conditions.ts';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
/** API servers may still be giving out addresses of a range that goes. */
const GRACE_MS = 10_000;

export const serviceCidrController: Controller = {
  name: 'servicecidrs',
  component: 'kube-controller-manager',
  serviceAccount: 'service-cidrs-controller',
  watches: [
    watch(serviceCIDRs, (range, _previous, reader) => [range.metadata.name, ...overlapping(range, reader)]),
    watch(ipAddresses, ({ metadata }, _previous, reader, type) => {
      if (type === 'updated' || metadata.labels?.[MANAGED_BY] !== ALLOCATOR) return [];
      const ranges = rangesOf(metadata.name, reader);
      return (type === 'deleted' ? ranges : ranges.filter(isTerminating)).map((range) => range.metadata.name);
    }),
  ],
  reconcile(name, context) {
    const range = context.api.get(serviceCIDRs, '', name);
    return range && (isTerminating(range) ? release(range, context) : keep(range, context));
  },
};

function keep(range: ServiceCIDR, { api, now }: ControllerContext): undefined {
  const { finalizers = [] } = range.metadata;
  let held = range;
  if (!finalizers.includes(FINALIZER))
    held = api.update(serviceCIDRs, { ...range, metadata: { ...range.metadata, finalizers: [...finalizers, FINALIZER] } });
  const ready = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' } as const;
  tell(held, ready, { api, now });
}

function release(range: ServiceCIDR, { api, now, log }: ControllerContext): Requeue | undefined {
  const { finalizers = [], deletionTimestamp } = range.metadata;
  if (!finalizers.includes(FINALIZER)) return undefined;
  const user = userOf(range, api);
  if (user !== undefined) {
    log('I', `"Deleting ServiceCIDR blocked by IP address" IPAddress="${user}"`);
    const message = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
    tell(range, { type: 'Ready', status: 'False', reason: 'Terminating', message }, { api, now });
    return undefined;
  }
  const left = timeOf(deletionTimestamp) + GRACE_MS - now();
  if (left > 0) return { after: left };
  const rest = finalizers.filter((one) => one !== FINALIZER);
  const { finalizers: _gone, ...metadata } = range.metadata;
  api.update(serviceCIDRs, { ...range, metadata: { ...metadata, ...(rest.length && { finalizers: rest }) } });
  return undefined;
}

function tell(range: ServiceCIDR, facts: Parameters<typeof setCondition>[1], { api, now }: Pick<ControllerContext, 'api' | 'now'>): void {
  const conditions = setCondition(range.status.conditions, facts, now());
  if (!isEqual(conditions, range.status.conditions)) api.updateStatus(serviceCIDRs, { ...range, status: { ...range.status, conditions } });
}

const cidrsOf = ({ spec }: ServiceCIDR): Cidr[] => (spec.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined);

const others = (range: ServiceCIDR, reader: ClusterReader): ServiceCIDR[] =>
  reader.list(serviceCIDRs).filter((one) => one.metadata.name !== range.metadata.name);

const overlapping = (range: ServiceCIDR, reader: ClusterReader): string[] =>
  others(range, reader)
    .filter((one) => cidrsOf(one).some((a) => cidrsOf(range).some((b) => cidrsOverlap(a, b))))
    .map(({ metadata }) => metadata.name);

/** Those that give out an address. Whether they go is no matter. */
function rangesOf(text: string, reader: ClusterReader): ServiceCIDR[] {
  const ip = parseIp(text);
  return ip ? reader.list(serviceCIDRs).filter((range) => cidrsOf(range).some((cidr) => givesOut(cidr, ip))) : [];
}

/** No range gives out its first address, nor, of IPv4, its last. */
function givesOut(cidr: Cidr, { family, value }: Ip): boolean {
  const last = cidr.first + (1n << BigInt(widthOf(cidr.family) - cidr.bits)) - 1n;
  return cidrContains(cidr, { family, value }) && value !== cidr.first && !(family === 4 && value === last);
}

/** An address of it that a Service has, and no other range. */
function userOf(range: ServiceCIDR, reader: ClusterReader): string | undefined {
  const rest = others(range, reader).flatMap(cidrsOf);
  if (cidrsOf(range).every((cidr) => rest.some((other) => cidrCovers(other, cidr)))) return undefined;
  return reader.list(ipAddresses).find(({ metadata }) => {
    if (metadata.labels?.[MANAGED_BY] !== ALLOCATOR) return false;
    const found = rangesOf(metadata.name, reader);
    return found.length === 1 && found[0]!.metadata.name === range.metadata.name;
  })?.metadata.name;
}
