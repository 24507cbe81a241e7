// The EndpointSlices of each Service with a selector. Mirrors pkg/controller/endpointslice and the endpointslice library's reconciler.

import { SyncError, delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node, Pod, Service } from '../../api/gen/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { parseIp } from '../../lib/ip.ts';
import { canonicalJson, isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { nodes } from '../../resources/core/node.ts';
import { isReady } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { serviceTerm } from '../../resources/core/service-terms.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { controllerRef } from '../claim.ts';
import { durationFlag, numberFlag } from '../flags.ts';
import { isExpected, isNamespaceTerminating } from '../pod-control.ts';
import { closeHints, distributionOf, rewriteEndpoints, wantsTopologyHints, withoutHints } from './hints.ts';
import { ADDED, CHANGED, CHANGES, REMOVED, SYNCS } from './meters.ts';
import { sortSlicePorts } from './port-order.ts';
import {
  HEADLESS,
  TRIGGER_TIME,
  forget,
  hasEndpoint,
  hostnameOf,
  isHeadless,
  isManaged,
  keysOfPod,
  noteWriting,
  podsOf,
  targetPort,
  triggerTime,
  waitBeforeWriting,
} from './selected-pods.ts';
import { OwnWrites } from './own-writes.ts';
import { planSlices } from './slices.ts';
import type { SlicePlan } from './slices.ts';
import { ZONE, addTopologyHints, cpuRatios, isOverloaded } from './topology-hints.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const [SUCCESS, FAILURE] = [{ result: 'success' }, { result: 'error' }];
const MAX_ENDPOINTS = 100;
/** Somebody else's change of a slice is looked at so much later. */
const FOREIGN_CHANGE_MS = 1000;

export function makeEndpointSliceController(): Controller {
  const own = new OwnWrites(CHANGES);
  /** How long changes of pods are gathered (ms). */
  let batch = 0;
  return {
    name: 'endpoint_slice',
    component: 'kube-controller-manager',
    backOff: { first: 1000, most: 1_000_000 },
    serviceAccount: 'endpointslice-controller',
    reporter: 'endpoint-slice-controller',
    watches: [
      watch(services),
      delayed(
        () => batch,
        watch(pods, (pod, previous, reader, type) => keysOfPod(pod, previous, reader, type === 'deleted')),
      ),
      watch(nodes, keysOfNode),
      delayed(
        FOREIGN_CHANGE_MS,
        watch(endpointSlices, (slice, previous, _reader, type) => (own.takes(slice, type) ? [] : keysOfSlice(slice, previous))),
      ),
    ],
    start: (context) => void (batch = durationFlag(context, 'endpointslice-updates-batch-period', 0)),
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const service = context.api.get(services, namespace, name);
      if (!service) {
        forget(context.state, key);
        context.state.delete(hintsMark(key));
      }
      try {
        const again = service && isManaged(service) ? sync(service, context, own) : undefined;
        if (!again) context.meters.add(SYNCS, SUCCESS);
        return again;
      } catch (error) {
        context.meters.add(SYNCS, FAILURE);
        throw error;
      }
    },
  };
}

const isMine = ({ metadata: { labels } }: EndpointSlice): boolean => labels?.[MANAGED_BY] === MANAGER;

function* keysOfSlice(slice: EndpointSlice, previous: EndpointSlice | undefined): Iterable<string> {
  for (const one of [slice, previous]) {
    const name = one?.metadata.labels?.[SERVICE_NAME];
    if (one && name && (isMine(slice) || (previous && isMine(previous)))) yield `${one.metadata.namespace}/${name}`;
  }
}

/** Services whose hints a change of a node may have made wrong. */
function* keysOfNode(node: Node, previous: Node | undefined, reader: ClusterReader): Iterable<string> {
  const facts = ({ metadata, status }: Node): unknown[] => [
    metadata.labels?.[ZONE],
    status.conditions?.find(({ type }) => type === 'Ready')?.status,
  ];
  if (previous && isEqual(facts(node), facts(previous))) return;
  for (const service of reader.lookup(services, serviceTerm.topologyAware)) {
    if (isOverloaded(slicesOf(reader, service), cpuRatios(reader.list(nodes)))) yield keyOf(service);
  }
}

const slicesOf = (reader: ClusterReader, { metadata: { namespace = '', name } }: Service): EndpointSlice[] =>
  reader
    .list(endpointSlices, { namespace, selector: labelSelectorOf({ matchLabels: { [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER } }) })
    .filter((slice) => !isTerminating(slice));

function sync(service: Service, context: ControllerContext, own: OwnWrites): Requeue | undefined {
  const key = keyOf(service);
  const present = slicesOf(context.api, service);
  const wait = waitBeforeWriting(
    context,
    key,
    present.reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0),
  );
  if (wait > 0) return { after: wait };
  const selected = podsOf(context, service);
  const trigger = triggerTime(context, key, service, selected);
  try {
    const types = addressTypesOf(service);
    const problems: string[] = [];
    for (const addressType of types) {
      const ofType = present.filter((slice) => slice.addressType === addressType);
      problems.push(...syncFamily(service, selected, ofType, addressType, trigger, context, own));
    }
    for (const slice of present.filter((one) => !types.includes(one.addressType))) own.delete(context, slice);
    if (problems.length) throw new SyncError(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  } catch (error) {
    if (!isExpected(error)) throw error;
    const { namespace, name } = service.metadata;
    const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${error.message}`;
    context.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
    throw error;
  }
  return undefined;
}

function addressTypesOf({ spec: { ipFamilies = [], clusterIP } }: Service): string[] {
  if (ipFamilies.length) return ipFamilies;
  if (clusterIP && clusterIP !== 'None') return [parseIp(clusterIP)?.family === 6 ? 'IPv6' : 'IPv4'];
  return ['IPv4', 'IPv6'];
}

/** Brings the slices of one address family up to date. Gives what stood in the way of single pods. */
function syncFamily(
  service: Service,
  selected: readonly Pod[],
  present: readonly EndpointSlice[],
  addressType: string,
  trigger: string | undefined,
  context: ControllerContext,
  own: OwnWrites,
): string[] {
  const owned = present.filter((slice) =>
    slice.metadata.ownerReferences?.some(({ uid, kind }) => uid === service.metadata.uid && kind === 'Service'),
  );
  const { groups, problems } = wantedEndpoints(service, selected, addressType, context.api);
  const byPorts = Map.groupBy(owned, ({ ports }) => portsKey(ports ?? []));
  const plan: SlicePlan = { create: [], update: [], delete: present.filter((slice) => !owned.includes(slice)) };
  let [added, removed] = [0, 0];
  for (const [key, { ports, endpoints }] of groups) {
    const part = planSlices(byPorts.get(key) ?? [], endpoints, {
      most: numberFlag(context, 'max-endpoints-per-slice', MAX_ENDPOINTS),
      make: () => newSlice(service, ports, addressType),
      refresh: (slice) => withLabels(slice, service),
    });
    plan.create.push(...part.create);
    plan.update.push(...part.update);
    plan.delete.push(...part.delete);
    added += part.added;
    removed += part.removed;
  }
  for (const [key, slices] of byPorts) if (!groups.has(key)) plan.delete.push(...slices);
  if (plan.delete.length === present.length && !plan.create.length) {
    const placeholder = newSlice(service, [], addressType);
    if (plan.delete.length === 1 && isPlaceholder(plan.delete[0]!, placeholder)) plan.delete.pop();
    else plan.create.push(placeholder);
  }
  context.meters.observe(ADDED, {}, added);
  context.meters.observe(REMOVED, {}, removed);
  const touched = new Set([...plan.update, ...plan.delete].map(({ metadata }) => metadata.name));
  const unchanged = present.filter(({ metadata }) => !touched.has(metadata.name));
  write(service, withHints(service, plan, unchanged, addressType, context), trigger, context, own);
  return problems;
}

interface PortGroup {
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

const portsKey = (ports: readonly EndpointPort[]): string => ports.map(canonicalJson).sort().join();

/** The endpoints there should be, by the ports they offer: named target ports may differ from pod to pod. */
function wantedEndpoints(
  service: Service,
  selected: readonly Pod[],
  addressType: string,
  reader: ClusterReader,
): { groups: Map<string, PortGroup>; problems: string[] } {
  const groups = new Map<string, PortGroup>();
  const problems: string[] = [];
  const { namespace, name } = service.metadata;
  for (const pod of selected) {
    if (!hasEndpoint(pod)) continue;
    const ports = portsOf(pod, service);
    const key = portsKey(ports);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { ports, endpoints: [] }));
    const node = reader.get(nodes, '', pod.spec.nodeName ?? '');
    if (!node && !service.spec.publishNotReadyAddresses) {
      problems.push(`skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${pod.spec.nodeName ?? ''} Not Found`);
      continue;
    }
    const endpoint = endpointOf(pod, node, service, addressType);
    if (endpoint.addresses.length) group.endpoints.push(endpoint);
  }
  return { groups, problems };
}

function portsOf(pod: Pod, { spec }: Service): EndpointPort[] {
  const found = (spec.ports ?? []).flatMap((one) => {
    const port = targetPort(pod, one);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = one;
    return [{ name, protocol, port, ...(appProtocol !== undefined && { appProtocol }) }];
  });
  return sortSlicePorts(found);
}

function endpointOf(pod: Pod, node: Node | undefined, service: Service, addressType: string): Endpoint {
  const { namespace = '', name, uid } = pod.metadata;
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const hostname = hostnameOf(pod, service);
  const zone = node?.metadata.labels?.[ZONE];
  return {
    addresses: (pod.status.podIPs ?? []).map(({ ip }) => ip).filter((ip) => parseIp(ip)?.family === (addressType === 'IPv6' ? 6 : 4)),
    conditions: { ready: Boolean(service.spec.publishNotReadyAddresses) || (serving && !terminating), serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
  };
}

const RESERVED: ReadonlySet<string> = new Set([SERVICE_NAME, MANAGED_BY, HEADLESS]);
const freeLabels = (labels: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !RESERVED.has(key)));

const labelsOf = (service: Service): Record<string, string> => ({
  ...freeLabels(service.metadata.labels),
  ...(isHeadless(service) && { [HEADLESS]: '' }),
  [SERVICE_NAME]: service.metadata.name,
  [MANAGED_BY]: MANAGER,
});

function withLabels(slice: EndpointSlice, service: Service): EndpointSlice {
  if (isEqual(freeLabels(slice.metadata.labels), freeLabels(service.metadata.labels))) return slice;
  return { ...slice, metadata: { ...slice.metadata, labels: labelsOf(service) } };
}

function newSlice(service: Service, ports: EndpointPort[], addressType: string): EndpointSlice {
  const { name, namespace = '' } = service.metadata;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: '',
      generateName: nameIsDnsSubdomain(`${name}-`, true).length ? name : `${name}-`,
      namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerRef(service)],
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
    },
    addressType,
    endpoints: [],
    ports,
  };
}

const isPlaceholder = (slice: EndpointSlice, placeholder: EndpointSlice): boolean =>
  !slice.endpoints?.length && !slice.ports?.length && isEqual(slice.metadata.labels, placeholder.metadata.labels);

/** In the state of the controller: the Service has hints that are made by topology. */
const hintsMark = (key: string): string => `hints ${key}`;

function withHints(
  service: Service,
  plan: SlicePlan,
  unchanged: readonly EndpointSlice[],
  addressType: string,
  context: ControllerContext,
): SlicePlan {
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    context.event(service, type, reason, `${message}, addressType: ${addressType}`);
  const distribution = distributionOf(service);
  const mark = hintsMark(keyOf(service));
  const hadHints = context.state.get(mark) !== undefined;
  if (wantsTopologyHints(service)) {
    const hinted = addTopologyHints(plan, unchanged, cpuRatios(context.api.list(nodes)));
    if (hinted.problem) tell('Warning', 'TopologyAwareHintsDisabled', hinted.problem);
    else if (!hadHints) tell('Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled');
    if (hinted.problem) context.state.delete(mark);
    else context.state.set(mark, true);
    return hinted.plan;
  }
  if (hadHints) {
    tell('Warning', 'TopologyAwareHintsDisabled', 'Topology Aware Hints has been disabled');
    context.state.delete(mark);
  }
  if (distribution !== undefined) return rewriteEndpoints(plan, unchanged, closeHints(distribution));
  return rewriteEndpoints(plan, unchanged, withoutHints);
}

/** New slices take the names of old ones that would go. */
function write(service: Service, plan: SlicePlan, trigger: string | undefined, context: ControllerContext, own: OwnWrites): void {
  const [create, update, toDelete] = [[...plan.create], [...plan.update], [...plan.delete]];
  for (const old of plan.delete) {
    if (!create.length) break;
    if (!old.metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid)) continue;
    const { endpoints, ports, metadata } = create.pop()!;
    // It is another one but for its name: what somebody else annotated goes.
    const { annotations: _, ...kept } = old.metadata;
    update.push({ ...old, metadata: { ...kept, labels: metadata.labels!, ownerReferences: metadata.ownerReferences! }, endpoints, ports });
    toDelete.splice(toDelete.indexOf(old), 1);
  }
  const changes = create.length + update.length + toDelete.length;
  const told = { topology: wantsTopologyHints(service) ? 'Auto' : 'Disabled', traffic_distribution: distributionOf(service) ?? '' };
  if (!changes) return context.meters.observe(CHANGED, told, 0);
  const annotated = (slice: EndpointSlice): EndpointSlice => {
    const { annotations: before, ...metadata } = slice.metadata;
    const { [TRIGGER_TIME]: _, ...others } = before ?? {};
    const annotations = { ...others, ...(trigger && { [TRIGGER_TIME]: trigger }) };
    return { ...slice, metadata: { ...metadata, ...(Object.keys(annotations).length && { annotations }) } };
  };
  const attempt = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!isExpected(error) || isNamespaceTerminating(error)) throw error;
      throw new SyncError(`failed to ${what} EndpointSlice for Service ${keyOf(service)}: ${error.message}`);
    }
  };
  if (!isTerminating(service)) {
    try {
      for (const slice of create) attempt('create', () => own.create(context, annotated(slice)));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw error;
    }
  }
  for (const slice of update) attempt(`update ${slice.metadata.name}`, () => own.update(context, annotated(slice)));
  for (const slice of toDelete) attempt(`delete ${slice.metadata.name}`, () => own.delete(context, slice));
  noteWriting(context, keyOf(service));
  context.meters.observe(CHANGED, told, changes);
}
