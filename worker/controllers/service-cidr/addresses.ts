// IPAddresses: one for each address that a Service has. Upstream they are what allocation writes down, and a loop of the API server puts right what went wrong
// (pkg/registry/core/service/ipallocator, .../controller/repairip.go). Here allocation asks the Services themselves, and this loop writes it down.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { IPAddress } from '../../api/gen/networking-v1.ts';
import { isAlreadyExists, isNotFound } from '../../api/status.ts';
import { parseIp } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';
import { ipAddresses } from '../../resources/networking/ipaddress.ts';

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';

/** Keys: addresses. */
export const serviceAddresses: Controller = {
  name: 'service-addresses',
  component: 'kube-apiserver',
  watches: [
    watch(services, ({ spec }, previous) =>
      [...(spec.clusterIPs ?? []), ...(previous?.spec.clusterIPs ?? [])].filter((ip) => ip !== 'None'),
    ),
    watch(ipAddresses, ({ metadata }) => [metadata.name]),
  ],
  reconcile(ip, { api }) {
    const known = api.get(ipAddresses, '', ip);
    const [service] = api.lookup(services, serviceTerm.clusterIp(ip));
    if (!service) {
      if (known && isOurs(known)) remove();
      return;
    }
    const { namespace = '', name } = service.metadata;
    const parentRef = { resource: 'services', namespace, name };
    const { group: _group, ...parent } = known?.spec.parentRef ?? {};
    if (known && isEqual(parent, parentRef)) return;
    if (known) remove();
    const family = parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4';
    try {
      api.create(ipAddresses, {
        metadata: { name: ip, labels: { 'ipaddress.kubernetes.io/ip-family': family, [MANAGED_BY]: ALLOCATOR } },
        spec: { parentRef },
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }

    function remove(): void {
      try {
        api.delete(ipAddresses, '', ip);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  },
};

/** What users made they may keep: it holds the address for them. */
const isOurs = ({ metadata }: IPAddress): boolean => metadata.labels?.[MANAGED_BY] === ALLOCATOR;
