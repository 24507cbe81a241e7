// Sees to it that each address of a Service has its IPAddress, and that none is left over: what allocation wrote, somebody may have changed. Mirrors
// pkg/registry/core/service/ipallocator/controller/repairip.go.
//
// Keys: `service <namespace>/<name>`, `address <ip>`.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import type { IPAddress } from '../../api/gen/networking-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { cidrContains, parseCidr, parseIp } from '../../lib/ip.ts';
import { timeOf } from '../../lib/time.ts';
import { addressesOf, addressOf, ALLOCATOR, FAMILY, familyOf, MANAGED_BY } from '../../resources/core/service-addresses.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';
import { ipAddresses } from '../../resources/networking/ipaddress.ts';
import { serviceCIDRs } from '../../resources/networking/servicecidr.ts';

/** A Service may still be on its way. */
const GRACE_MS = 60_000;

export const serviceAddresses: Controller = {
  name: 'service-addresses',
  component: 'kube-apiserver',
  reporter: 'ipallocator-repair-controller',
  // What allocation has just written is right, and needs no look.
  watches: [
    watch(services, (service, _previous, reader, type) =>
      type === 'deleted' || addressesOf(service).every((ip) => isFor(reader.get(ipAddresses, '', ip), service))
        ? []
        : [serviceKey(service)],
    ),
    // Upstream comes upon what is missing when it looks at all Services again.
    watch(ipAddresses, (address, _previous, reader, type) => {
      const holders = reader.lookup(services, serviceTerm.clusterIp(address.metadata.name));
      if (type === 'created' && holders.length === 1 && isFor(address, holders[0]!)) return [];
      return [`address ${address.metadata.name}`, ...holders.map(serviceKey)];
    }),
  ],
  reconcile(key, context) {
    const [what, rest = ''] = key.split(' ');
    if (what === 'address') return checkAddress(rest, context);
    const { namespace, name } = splitKey(rest);
    const service = context.api.get(services, namespace, name);
    for (const ip of service ? addressesOf(service) : []) checkService(ip, service!, context);
    return undefined;
  },
};

const serviceKey = (service: Service): string => `service ${keyOf(service)}`;

/** Whether it is as allocation would have written it. */
function isFor(address: IPAddress | undefined, service: Service): boolean {
  const parent = address && parentOf(address);
  if (parent?.namespace !== service.metadata.namespace || parent?.name !== service.metadata.name) return false;
  const { name, labels = {} } = address!.metadata;
  return labels[FAMILY] === familyOf(name) && labels[MANAGED_BY] === ALLOCATOR;
}

function checkService(ip: string, service: Service, { api, event }: ControllerContext): void {
  const { namespace = '', name } = service.metadata;
  const warn = (reason: string, message: string): void => event(service, 'Warning', reason, message, { action: 'ClusterIPAllocation' });
  const recreate = (): void => {
    api.delete(ipAddresses, '', ip);
    api.create(ipAddresses, addressOf(ip, service));
  };
  if (!isInRange(ip, api)) {
    warn('ClusterIPOutOfRange', `Cluster IP [${familyOf(ip)}]: ${ip} is not within any configured Service CIDR; please recreate service`);
    return;
  }
  const known = api.get(ipAddresses, '', ip);
  if (!known) {
    warn('ClusterIPNotAllocated', `Cluster IP [${familyOf(ip)}]: ${ip} is not allocated; repairing`);
    api.create(ipAddresses, addressOf(ip, service));
    return;
  }
  const parent = parentOf(known);
  if (!parent || parent.namespace !== namespace || parent.name !== name) {
    const other = parent && api.get(services, parent.namespace, parent.name);
    if (other) {
      const message = `Cluster IP [${familyOf(ip)}]:${ip} was assigned to multiple services; please recreate service`;
      if (addressesOf(other).includes(ip)) warn('ClusterIPAlreadyAllocated', message);
      return;
    }
    const message = `the ClusterIP [${familyOf(ip)}]: ${ip} for Service ${namespace}/${name} has a wrong reference; repairing`;
    warn('ClusterIPNotAllocated', message);
    return recreate();
  }
  if (!isFor(known, service)) recreate();
}

function isInRange(text: string, reader: ClusterReader): boolean {
  const ip = parseIp(text);
  const ranges = reader.list(serviceCIDRs).flatMap(({ spec }) => spec.cidrs ?? []);
  return ip !== undefined && ranges.some((range) => cidrContains(parseCidr(range)!, ip));
}

/** Of those that the allocator made. What others made they keep. */
function checkAddress(ip: string, { api, event, now }: ControllerContext): Requeue | undefined {
  const known = api.get(ipAddresses, '', ip);
  if (known?.metadata.labels?.[MANAGED_BY] !== ALLOCATOR) return undefined;
  const remove = (reason: string, message: string): undefined => {
    event(known, 'Warning', reason, message, { action: 'IPAddressAllocation' });
    api.delete(ipAddresses, '', ip);
  };
  const parent = parentOf(known);
  if (!parent) {
    const { group = '', resource = '', namespace = '', name = '' } = known.spec.parentRef ?? {};
    const message = `IPAddress ${ip} appears to have been modified, not referencing a Service &{${group} ${resource} ${namespace} ${name}}: cleaning up`;
    return remove('IPAddressNotAllocated', message);
  }
  const service = api.get(services, parent.namespace, parent.name);
  const of = `IPAddress: ${ip} for Service ${parent.namespace}/${parent.name}`;
  if (!service) {
    const left = timeOf(known.metadata.creationTimestamp) + GRACE_MS - now();
    if (left >= 0) return { after: left + 1 };
    return remove('IPAddressNotAllocated', `${of} appears to have leaked: cleaning up`);
  }
  if (!addressesOf(service).includes(ip)) remove('IPAddressWrongReference', `${of} has a wrong reference; cleaning up`);
  return undefined;
}

/** The Service that it is for; undefined if it is for something else. */
function parentOf({ spec }: IPAddress): { namespace: string; name: string } | undefined {
  const { group = '', resource, namespace = '', name = '' } = spec.parentRef ?? {};
  return group === '' && resource === 'services' ? { namespace, name } : undefined;
}
