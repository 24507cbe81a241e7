// kube-proxy: what Services and EndpointSlices say, as rules of each machine. Mirrors pkg/proxy (endpoint selection, traffic policies); what it writes is data of the world
// (`world/network/services.ts`), not rules of a kernel. On a machine where it does not run, the rules stay as they were.

import type { Controller } from '../api/controller.ts';
import { watch } from '../api/controller.ts';
import type { EndpointSlice } from '../api/gen/discovery-v1.ts';
import type { Service, ServicePort } from '../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../api/object.ts';
import type { ObjectMeta } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { indexTerm } from '../api/resource.ts';
import { isEqual } from '../lib/json.ts';
import { nodes } from '../resources/core/node.ts';
import { services } from '../resources/core/service.ts';
import { endpointSlices } from '../resources/discovery/endpointslice.ts';
import type { Machine } from '../world/machine.ts';
import { ruleKey } from '../world/network/services.ts';
import type { EndpointRule, PortRule, ServiceRule } from '../world/network/services.ts';
import type { World } from '../world/world.ts';

export const KUBE_PROXY = 'kube-proxy';
const SERVICE_NAME = 'kubernetes.io/service-name';
/** Time of `ClientIP` affinity that a Service does not name. */
const AFFINITY_MS = 10_800_000;

export const makeKubeProxy = (world: World): Controller => ({
  name: KUBE_PROXY,
  component: 'world',
  watches: [
    watch(services),
    watch(endpointSlices, ({ metadata: { namespace = '', labels } }) => {
      const name = labels?.[SERVICE_NAME];
      return name ? [`${namespace}/${name}`] : [];
    }),
    // A node that comes has everything to learn.
    watch(nodes, ({ metadata: { name } }, previous) => (previous ? [] : [`/${name}`])),
  ],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    if (!namespace) {
      for (const service of context.api.list(services)) context.enqueue(keyOf(service));
      return;
    }
    const service = context.api.get(services, namespace, name);
    for (const machine of proxies(world)) {
      const at = ruleKey(machine, key);
      const rule = service && ruleOf(context.api, service, machine);
      const old = world.services.get(at);
      if (!rule) {
        if (old) world.services.delete(at);
      } else if (!old || !isEqual(old, rule)) world.services.put(at, rule);
    }
  },
});

/** Machines whose proxy runs; where nobody sees them, all as one. */
function proxies(world: World): string[] {
  if (world.traits.lenient) return ['*'];
  return world.machines
    .values()
    .filter((machine) => runsProxy(world, machine))
    .map(({ name }) => name);
}

export const runsProxy = (world: World, { name }: Machine): boolean =>
  world.sandboxes
    .find('machine', name)
    .some(({ containers }) => containers.some(({ main, state }) => main === 'kube-proxy' && state === 'running'));

/** Labels of what another proxy sees to, or none. */
const OTHERS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];
const isNotOurs = ({ labels }: ObjectMeta): boolean => labels !== undefined && OTHERS.some((name) => labels[name] !== undefined);

/** Undefined for what has no address of its own. */
function ruleOf(reader: ClusterReader, service: Service, machine: string): ServiceRule | undefined {
  const { spec, status, metadata } = service;
  const clusterIps = (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip !== 'None' && ip !== '');
  if (!clusterIps.length || spec.type === 'ExternalName' || isNotOurs(metadata)) return undefined;
  const slices = reader
    .lookup(endpointSlices, indexTerm.labelIn(metadata.namespace ?? '', SERVICE_NAME, metadata.name))
    .filter((slice) => !isNotOurs(slice.metadata));
  const balancerIps = (status?.loadBalancer.ingress ?? []).flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []));
  return {
    machine,
    service: keyOf(service),
    clusterIps,
    externalIps: [...(spec.externalIPs ?? []), ...balancerIps],
    ...(balancerIps.length && { balancerIps }),
    ...(spec.loadBalancerSourceRanges?.length && { balancerSources: spec.loadBalancerSourceRanges.map((range) => range.trim()) }),
    ports: (spec.ports ?? []).map((port) => portRule(port, slices)),
    affinityMs:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_MS / 1000) * 1000 : 0,
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
  };
}

function portRule({ name = '', port, nodePort = 0, protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): PortRule {
  const all = slices.flatMap(({ ports, endpoints, addressType }) =>
    addressType !== 'IPv4'
      ? []
      : (ports ?? [])
          .filter((one) => (one.name ?? '') === name && one.port !== undefined && (one.protocol ?? 'TCP') === protocol)
          .flatMap((one) =>
            (endpoints ?? []).map(({ addresses, conditions, nodeName = '' }) => ({
              ip: addresses[0] ?? '',
              port: one.port!,
              node: nodeName,
              conditions,
            })),
          ),
  );
  const ready = all.filter(({ conditions }) => conditions.ready !== false);
  // When all of them are about to go, those that still serve are better than none.
  const chosen = ready.length ? ready : all.filter(({ conditions }) => conditions.serving !== false && conditions.terminating);
  const endpoints = chosen
    .map(({ ip, port: number, node }): EndpointRule => ({ ip, port: number, node }))
    .sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port));
  return { name, protocol, port, nodePort, endpoints };
}
