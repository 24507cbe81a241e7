// What the pods of the addon metallb do: give Services of type LoadBalancer an address of a pool, and say from which node it is announced. Mirrors metallb
// controller/ and speaker/ (layer 2).
//
// Keys: `<namespace>/<name>` of a Service, and `all`.

import { watch, watchAll, watchIn } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Pod, Service } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { isEqual } from '../../lib/json.ts';
import { isReady } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';
import { balancedIps, freeAddress, hasAddress, poolsOf, SYSTEM, takenBy } from './pools.ts';
import type { Pool } from './pools.ts';

const LABELS = { app: 'metallb' };
const WANTED_IPS = ['metallb.io/loadBalancerIPs', 'metallb.universe.tf/loadBalancerIPs'];
const WANTED_POOL = ['metallb.io/address-pool', 'metallb.universe.tf/address-pool'];
const SHARING_KEY = ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip'];
const POOL = 'metallb.io/ip-allocated-from-pool';

export const metalLb: Controller = {
  name: 'metallb',
  component: 'metallb-controller',
  watches: [
    watch(services, (service, previous, _reader, type) =>
      isBalanced(service) || (previous && isBalanced(previous)) ? (type === 'deleted' ? ['all'] : [keyOf(service)]) : [],
    ),
    watchIn(SYSTEM, pods, (pod, previous) => (!previous || isReady(pod) !== isReady(previous) ? ['all'] : [])),
    watchAll(({ kind, apiVersion }) => (kind === 'IPAddressPool' && apiVersion.startsWith('metallb.io/') ? ['all'] : [])),
  ],
  reconcile(key, context) {
    const { api } = context;
    if (!runningPods(api, 'controller').length) return;
    if (key === 'all') {
      for (const service of api.lookup(services, serviceTerm.type('LoadBalancer'))) context.enqueue(keyOf(service));
      return;
    }
    const { namespace, name } = splitKey(key);
    const service = api.get(services, namespace, name);
    if (service && !isTerminating(service)) balance(service, context);
  },
};

const isBalanced = ({ spec, status }: Service): boolean => spec.type === 'LoadBalancer' || (status.loadBalancer?.ingress?.length ?? 0) > 0;

const runningPods = (reader: ClusterReader, component: string): Pod[] =>
  reader.list(pods, { namespace: SYSTEM, selector: labelSelectorOf({ matchLabels: { ...LABELS, component } }) }).filter(isReady);

const annotationOf = ({ metadata }: Service, keys: readonly string[]): string =>
  keys.map((key) => metadata.annotations?.[key]).find((value) => value !== undefined) ?? '';

/** A cloud's controller marks what it balances. Differs: upstream's two would take turns; here whoever was first keeps a Service. */
const isClouds = ({ metadata }: Service): boolean =>
  (metadata.finalizers?.includes('service.kubernetes.io/load-balancer-cleanup') ?? false) && metadata.annotations?.[POOL] === undefined;

function balance(service: Service, context: ControllerContext): void {
  if (isClouds(service)) return;
  if (service.spec.type !== 'LoadBalancer' || service.spec.loadBalancerClass !== undefined || !service.spec.clusterIP)
    return clear(service, context);
  const { api, event } = context;
  const pools = poolsOf(api);
  const held = balancedIps(service);
  const wanted = wantedIps(service);
  const isKept =
    held.length > 0 && held.every((ip) => pools.some((pool) => hasAddress(pool, ip))) && (!wanted.length || isEqual(held, wanted));
  if (isKept) return announce(service, held, context);
  const found = allocate(service, pools, wanted, context);
  if (typeof found === 'string') {
    event(service, 'Warning', 'AllocationFailed', `Failed to allocate IP for ${JSON.stringify(keyOf(service))}: ${found}`);
    return held.length ? clear(service, context) : undefined;
  }
  event(service, 'Normal', 'IPAllocated', `Assigned IP [${found.ips.map((ip) => JSON.stringify(ip)).join(' ')}]`);
  const annotations = { ...service.metadata.annotations, [POOL]: found.pool.metadata.name };
  const annotated = api.update(services, { ...service, metadata: { ...service.metadata, annotations } });
  const ingress = found.ips.map((ip) => ({ ip, ipMode: 'VIP' }));
  const told = api.updateStatus(services, { ...annotated, status: { ...annotated.status, loadBalancer: { ingress } } });
  announce(told, found.ips, context);
}

const wantedIps = (service: Service): string[] => {
  const text = annotationOf(service, WANTED_IPS) || service.spec.loadBalancerIP || '';
  return text ? text.split(',').map((ip) => ip.trim()) : [];
};

/** What is given, or what is wrong. */
function allocate(
  service: Service,
  pools: readonly Pool[],
  wanted: readonly string[],
  { api }: ControllerContext,
): { ips: string[]; pool: Pool } | string {
  const taken = takenBy(api, service);
  const wantedPool = annotationOf(service, WANTED_POOL);
  if (wanted.length) {
    const pool = pools.find((one) => wanted.every((ip) => hasAddress(one, ip)));
    if (!pool) return `[${wanted.map((ip) => JSON.stringify(ip)).join(' ')}] is not allowed in config`;
    for (const ip of wanted) {
      const other = taken.get(ip);
      const key = annotationOf(service, SHARING_KEY);
      if (other && (!key || key !== annotationOf(other, SHARING_KEY)))
        return `can't change sharing key for ${JSON.stringify(keyOf(service))}, address also in use by ${keyOf(other)}`;
    }
    return { ips: [...wanted], pool };
  }
  if (wantedPool && !pools.some(({ metadata }) => metadata.name === wantedPool)) return `unknown pool ${JSON.stringify(wantedPool)}`;
  for (const pool of pools) {
    const { namespaces } = pool.spec.serviceAllocation ?? {};
    if (wantedPool ? pool.metadata.name !== wantedPool : pool.spec.autoAssign === false) continue;
    if (namespaces?.length && !namespaces.includes(service.metadata.namespace ?? '')) continue;
    const ips = (service.spec.ipFamilies ?? ['IPv4']).map((family) => freeAddress(pool, family === 'IPv6' ? 6 : 4, taken));
    if (ips.every((ip) => ip !== undefined)) return { ips, pool };
  }
  return wantedPool
    ? `no available IPs in pool ${JSON.stringify(wantedPool)} for ${service.spec.ipFamilies?.[0] ?? 'IPv4'} IPFamily`
    : 'no available IPs';
}

/** An address that is not its any more is taken off; a balancer of another kind keeps its own. */
function clear(service: Service, { api }: ControllerContext): void {
  const { [POOL]: pool, ...annotations } = service.metadata.annotations ?? {};
  if (pool === undefined || service.spec.loadBalancerClass !== undefined) return;
  const { annotations: _gone, ...metadata } = service.metadata;
  const next = api.update(services, { ...service, metadata: { ...metadata, ...(Object.keys(annotations).length && { annotations }) } });
  if (next.status.loadBalancer?.ingress) api.updateStatus(services, { ...next, status: { ...next.status, loadBalancer: {} } });
}

/** One speaker answers for an address: which, is drawn from those that run. */
function announce(service: Service, ips: readonly string[], { api, event, state }: ControllerContext): void {
  const speakers = runningPods(api, 'speaker').map(({ spec }) => spec.nodeName ?? '');
  const rank = (node: string): number => fnv1a32(`${node}#${ips[0]}`);
  const [node] = speakers.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const said = `${node} ${ips.join()}`;
  if (!node || state.get<string>(service.metadata.uid) === said) return;
  state.set(service.metadata.uid, said);
  event(service, 'Normal', 'nodeAssigned', `announcing from node ${JSON.stringify(node)} with protocol "layer2"`, {
    source: 'metallb-speaker',
  });
}
