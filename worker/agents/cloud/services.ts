// Load balancers of the cloud for Services of type LoadBalancer. Mirrors the cloud-provider library's controllers/service; the balancers are entries in the loop's
// state, and what they balance is the world's network (the rules of kube-proxy take their addresses).
//
// Keys: `<namespace>/<name>` of a Service, or `all`.

import { SyncError, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node, Service } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';
import type { World } from '../../world/world.ts';
import { COMPONENT, balancerAddress, hasCloud, isManaged, watchManager } from './cloud.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';
/** How long the cloud takes for a new balancer. */
const CREATE_MS = 10_000;

/** A balancer of the cloud. */
interface Balancer {
  readonly uid: string;
  /** '' until it is there. */
  readonly ip: string;
  /** When it will be there, ms. */
  readonly at: number;
  /** It could not be made, and is tried again. */
  readonly hasFailed?: boolean;
  /** Nodes it leads to. */
  readonly hosts: readonly string[];
  readonly asked: Asked;
}

/** What of a Service makes a balancer another one. */
interface Asked {
  readonly type: string;
  readonly ranges: readonly string[];
  readonly ip: string;
  readonly externalIps: readonly string[];
  readonly policy: string;
  readonly healthPort: number;
  readonly families: number;
  readonly others: unknown;
}

export const makeServiceLb = (world: World): Controller => ({
  name: 'service-lb',
  component: COMPONENT,
  backOff: { first: 5000, most: 300_000 },
  reporter: 'service-controller',
  watches: [
    watch(services, (service, previous, reader, type) =>
      hasCloud(reader) && (type === 'deleted' || wants(service) || needsCleanup(service) || (previous && wants(previous)))
        ? [keyOf(service)]
        : [],
    ),
    watch(nodes, (node, previous, reader, type) =>
      !hasCloud(reader) ||
      (type === 'updated' && previous && isIncluded(previous) === isIncluded(node) && hostOf(previous) === hostOf(node))
        ? []
        : ['all'],
    ),
    watchManager,
  ],
  reconcile(key, context) {
    const { api, state } = context;
    if (!isManaged(world, api)) return undefined;
    if (key === 'all') {
      for (const service of api.lookup(services, serviceTerm.type('LoadBalancer'))) context.enqueue(keyOf(service));
      for (const [known] of state.entries()) context.enqueue(known);
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const service = api.get(services, namespace, name);
    const balancer = state.get<Balancer>(key);
    if (balancer && service?.metadata.uid !== balancer.uid) state.delete(key);
    if (!service) return undefined;
    const own = balancer?.uid === service.metadata.uid ? balancer : undefined;
    if (wants(service) && !needsCleanup(service)) return ensure(service, own, context);
    if (own || needsCleanup(service)) remove(service, own, context);
    return undefined;
  },
});

const wants = (service: Service): boolean =>
  service.spec.type === 'LoadBalancer' && service.spec.loadBalancerClass === undefined && !isOthers(service);

/** MetalLB marks what it balances. Differs: upstream's two would take turns; here whoever was first keeps a Service. */
const isOthers = (service: Service): boolean =>
  service.metadata.annotations?.['metallb.io/ip-allocated-from-pool'] !== undefined && !hasFinalizer(service);

const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

const needsCleanup = (service: Service): boolean =>
  hasFinalizer(service) && (isTerminating(service) || service.spec.type !== 'LoadBalancer');

/** What Go takes for a false boolean. */
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

const isIncluded = ({ metadata: { labels = {} } }: Node): boolean => labels[EXCLUDED] === undefined || FALSE.has(labels[EXCLUDED]);

const isHost = (node: Node): boolean =>
  !isTerminating(node) && isIncluded(node) && !node.spec.taints?.some(({ key }) => key === TO_BE_DELETED);

/** As what a balancer knows a node. */
const hostOf = ({ metadata: { name }, spec: { providerID = '' } }: Node): string => `${name} ${providerID}`;

const askedOf = ({ spec, metadata }: Service): Asked => ({
  type: spec.type ?? 'ClusterIP',
  ranges: spec.loadBalancerSourceRanges ?? [],
  ip: spec.loadBalancerIP ?? '',
  externalIps: spec.externalIPs ?? [],
  policy: spec.externalTrafficPolicy ?? '',
  healthPort: spec.healthCheckNodePort ?? 0,
  families: spec.ipFamilies?.length ?? 0,
  others: [spec.ports ?? [], spec.sessionAffinity ?? '', spec.sessionAffinityConfig ?? null, metadata.annotations ?? {}],
});

function ensure(service: Service, known: Balancer | undefined, context: ControllerContext): Requeue | undefined {
  const { api, event, state, now } = context;
  const key = keyOf(service);
  const asked = askedOf(service);
  const hosts = api.list(nodes).filter(isHost).map(hostOf);
  if (!known || !isEqual(known.asked, asked)) {
    event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    if (!hosts.length) event(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    const at = known?.ip ? now() : now() + CREATE_MS;
    state.set(key, { uid: service.metadata.uid, ip: known?.ip ?? '', at, hosts, asked } satisfies Balancer);
    if (!hasFinalizer(service)) {
      const finalizers = [...(service.metadata.finalizers ?? []), FINALIZER];
      api.update(services, { ...service, metadata: { ...service.metadata, finalizers } });
    }
    if (at > now()) return { after: at - now() };
    event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    return undefined;
  }
  if (!known.ip) {
    if (known.at > now()) return { after: known.at - now() };
    return finish(service, known, context);
  }
  if (!isEqual(hosts, known.hosts)) {
    state.set(key, { ...known, hosts });
    if (hosts.length) event(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    else event(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
  }
  return undefined;
}

/** The cloud has made it: its address is told. */
function finish(service: Service, known: Balancer, { api, event, state }: ControllerContext): undefined {
  if (known.hasFailed) event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  const taken = new Set(state.entries<Balancer>().map(([, { ip }]) => ip));
  const found = balancerAddress(taken, service.spec.loadBalancerIP);
  if ('problem' in found) {
    const problem = `failed to ensure load balancer: ${found.problem}`;
    state.set(keyOf(service), { ...known, hasFailed: true } satisfies Balancer);
    event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${problem}`);
    throw new SyncError(problem);
  }
  const { hasFailed: _, ...made } = known;
  state.set(keyOf(service), { ...made, ip: found.ip } satisfies Balancer);
  event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
  const loadBalancer = { ingress: [{ ip: found.ip, ipMode: 'VIP' }] };
  api.updateStatus(services, { ...service, status: { ...service.status, loadBalancer } });
}

function remove(service: Service, known: Balancer | undefined, context: ControllerContext): void {
  const { api, event, state } = context;
  if (known) event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
  state.delete(keyOf(service));
  event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
  try {
    const { finalizers = [], ...metadata } = service.metadata;
    const left = finalizers.filter((one) => one !== FINALIZER);
    const freed = api.update(services, { ...service, metadata: { ...metadata, ...(left.length && { finalizers: left }) } });
    if (freed.status.loadBalancer?.ingress) api.updateStatus(services, { ...freed, status: { ...freed.status, loadBalancer: {} } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
