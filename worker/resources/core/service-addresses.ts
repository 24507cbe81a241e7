// The IPAddresses of a Service: who has an address is written down for all to see. Mirrors newIPAddress of pkg/registry/core/service/ipallocator.

import type { Service } from '../../api/gen/core-v1.ts';
import type { IPAddress } from '../../api/gen/networking-v1.ts';
import type { Draft } from '../../api/object.ts';
import type { Companion, Resource } from '../../api/resource.ts';
import { parseIp } from '../../lib/ip.ts';
import { ipAddresses } from '../networking/ipaddress.ts';

export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
export const FAMILY = 'ipaddress.kubernetes.io/ip-family';
export const ALLOCATOR = 'ipallocator.k8s.io';

export const addressesOf = ({ spec }: Service): string[] => (spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '');

export const familyOf = (ip: string): 'IPv4' | 'IPv6' => (parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4');

export const addressOf = (ip: string, { metadata: { namespace = '', name } }: Service): Draft<IPAddress> => ({
  metadata: { name: ip, labels: { [FAMILY]: familyOf(ip), [MANAGED_BY]: ALLOCATOR } },
  spec: { parentRef: { resource: 'services', namespace, name } },
});

export const addressCompanions = (service: Service): Companion[] =>
  addressesOf(service).map((ip) => ({ resource: ipAddresses as unknown as Resource, object: addressOf(ip, service) as IPAddress }));
