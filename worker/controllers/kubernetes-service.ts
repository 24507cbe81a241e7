// The Service `kubernetes` in the namespace default, by which pods find the API server, the range of Services' addresses, and the system's namespaces. A part of the API server itself. Mirrors
// pkg/controlplane/controller/{kubernetesservice,systemnamespaces} and pkg/controlplane/reconcilers.

import { watch } from '../api/controller.ts';
import type { ClusterApi, Controller, ControllerContext } from '../api/controller.ts';
import { keyOf, splitKey } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isEqual } from '../lib/json.ts';
import { formatIp, parseCidr } from '../lib/ip.ts';
import { timeOf } from '../lib/time.ts';
import { endpoints } from '../resources/core/endpoints.ts';
import { namespaces } from '../resources/core/namespace.ts';
import { services } from '../resources/core/service.ts';
import { endpointSlices } from '../resources/discovery/endpointslice.ts';
import { serviceCIDRs } from '../resources/networking/servicecidr.ts';

const KEY = 'default/kubernetes';
const PORT = 6443;
/** Upstream looks again every so often; what was taken away is back then, or when the server begins. */
const CHECK_MS = 10_000;
export const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

const own = <T extends KubeObject>(resource: Resource<T>) =>
  watch(resource, (object, _previous, _reader, type) => (type !== 'created' && keyOf(object) === KEY ? [KEY] : []));

export const makeKubernetesService = (address: string): Controller => ({
  name: 'kubernetes-service',
  component: 'kube-apiserver',
  watches: [
    {
      ...watch(serviceCIDRs, ({ metadata }, _previous, _reader, type) =>
        type === 'deleted' && metadata.name === 'kubernetes' ? [KEY] : [],
      ),
      delayMs: () => CHECK_MS,
    },
    watch(services, (service, previous, _reader, type) =>
      type === 'created' && !previous && service.spec.clusterIPs?.some((ip) => ip !== 'None') ? [`new ${keyOf(service)}`] : [],
    ),
    { ...own(services), delayMs: () => CHECK_MS },
    { ...own(endpoints), delayMs: () => CHECK_MS },
    { ...own(endpointSlices), delayMs: () => CHECK_MS },
    {
      ...watch(namespaces, ({ metadata }, _previous, _reader, type) =>
        type === 'deleted' && SYSTEM_NAMESPACES.includes(metadata.name) ? [metadata.name] : [],
      ),
      delayMs: () => CHECK_MS,
    },
  ],
  start: ({ enqueue }, resumed) => {
    if (!resumed) for (const key of [...SYSTEM_NAMESPACES, KEY]) enqueue(key);
  },
  reconcile(key, context) {
    const { api, config } = context;
    if (key.startsWith('new ')) sayAllocated(context, key.slice(4));
    else if (key === KEY) ensureKubernetesService(api, config.serviceCidr, address);
    else if (!api.get(namespaces, '', key)) api.create(namespaces, { metadata: { name: key } });
  },
});

/** Said once: a server that starts anew finds services that were there before. */
const NEW_MS = 5000;

function sayAllocated({ api, log, now }: ControllerContext, key: string): void {
  const { namespace, name } = splitKey(key);
  const service = api.get(services, namespace, name);
  if (!service || now() - timeOf(service.metadata.creationTimestamp) > NEW_MS) return;
  const addresses = (service.spec.clusterIPs ?? []).map((ip) => `"${ip.includes(':') ? 'IPv6' : 'IPv4'}":"${ip}"`);
  log('I', `"allocated clusterIPs" service="${key}" clusterIPs={${addresses.join(',')}}`);
}

export function ensureKubernetesService(api: ClusterApi, serviceCidr: string, address: string): void {
  if (!api.get(serviceCIDRs, '', 'kubernetes'))
    api.create(serviceCIDRs, { metadata: { name: 'kubernetes' }, spec: { cidrs: serviceCidr.split(',') } });
  const metadata = { name: 'kubernetes', namespace: 'default' };
  if (!api.get(services, 'default', 'kubernetes'))
    api.create(services, {
      metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP: formatIp({ family: 4, value: parseCidr(serviceCidr)!.first + 1n }),
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: PORT }],
        sessionAffinity: 'None',
        type: 'ClusterIP',
      },
    } as never);

  const port = { name: 'https', port: PORT, protocol: 'TCP' };
  const subsets = [{ addresses: [{ ip: address }], ports: [port] }];
  const known = api.get(endpoints, 'default', 'kubernetes');
  if (!known)
    api.create(endpoints, { metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, subsets } as never);
  else if (!isEqual(known.subsets, subsets)) api.update(endpoints, { ...known, subsets } as never);

  const slice = api.get(endpointSlices, 'default', 'kubernetes');
  const content = { addressType: 'IPv4', endpoints: [{ addresses: [address], conditions: { ready: true } }], ports: [port] };
  if (!slice)
    api.create(endpointSlices, { metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } }, ...content } as never);
  else if (!isEqual(slice.endpoints, content.endpoints) || !isEqual(slice.ports, content.ports))
    api.update(endpointSlices, { ...slice, ...content } as never);
}
