// EndpointSlices for Endpoints that people write themselves: for Services without a selector. Mirrors pkg/controller/endpointslicemirroring.

import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../../api/gen/core-v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { formatIp, parseIp } from '../../lib/ip.ts';
import { canonicalJson, isEqual } from '../../lib/json.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import { endpoints } from '../../resources/core/endpoints.ts';
import { services } from '../../resources/core/service.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { controllerRef } from '../claim.ts';
import { durationFlag, numberFlag } from '../flags.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import {
  MIRRORING_ADDED,
  MIRRORING_CHANGES,
  MIRRORING_DURATION,
  MIRRORING_REMOVED,
  MIRRORING_SKIPPED,
  MIRRORING_UPDATED,
} from './meters.ts';
import { OwnWrites } from './own-writes.ts';
import { sortSlicePorts } from './port-order.ts';
import { TRIGGER_TIME } from './selected-pods.ts';
import { endpointKey } from './slices.ts';
import { packSubsets } from './subsets.ts';
import type { OfferedPort } from './subsets.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_PER_SUBSET = 1000;
const FOREIGN_CHANGE_MS = 1000;

export function makeEndpointSliceMirroringController(): Controller {
  const own = new OwnWrites(MIRRORING_CHANGES);
  /** How long changes of Endpoints are gathered (ms). */
  let batch = 0;
  return {
    name: 'endpoint_slice_mirroring',
    component: 'kube-controller-manager',
    backOff: { first: 1000, most: 100_000 },
    serviceAccount: 'endpointslicemirroring-controller',
    reporter: 'endpoint-slice-mirroring-controller',
    watches: [
      delayed(
        () => batch,
        watch(endpoints, (object, previous) => (shouldMirror(object) || (previous && shouldMirror(previous)) ? [keyOf(object)] : [])),
      ),
      watch(services, (service, previous, _reader, type) => {
        const isNews = type === 'updated' && previous ? hasSelector(service) !== hasSelector(previous) : !hasSelector(service);
        return isNews ? [keyOf(service)] : [];
      }),
      delayed(
        FOREIGN_CHANGE_MS,
        watch(endpointSlices, (slice, _previous, _reader, type) => {
          const name = slice.metadata.labels?.[SERVICE_NAME];
          const isMine = slice.metadata.labels?.[MANAGED_BY] === MANAGER;
          return !own.takes(slice, type) && isMine && name ? [`${slice.metadata.namespace}/${name}`] : [];
        }),
      ),
    ],
    start: (context) => void (batch = durationFlag(context, 'mirroring-endpointslice-updates-batch-period', 0)),
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const source = context.api.get(endpoints, namespace, name);
      const service = context.api.get(services, namespace, name);
      const selector = labelSelectorOf({ matchLabels: { [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER } });
      const present = context.api.list(endpointSlices, { namespace, selector });
      if (source && service && !hasSelector(service) && shouldMirror(source)) mirror(source, present, context, own);
      else for (const slice of present) own.forget(context, slice);
      context.meters.observe(MIRRORING_DURATION, {}, 0);
    },
  };
}

const hasSelector = ({ spec }: Service): boolean => spec.selector !== undefined;

const shouldMirror = ({ metadata: { labels, annotations } }: Endpoints): boolean =>
  labels?.[SKIP] !== 'true' && annotations?.[LEADER] === undefined;

interface Wanted {
  readonly addressType: string;
  readonly ports: EndpointPort[];
  readonly endpoints: Map<string, Endpoint>;
}

function mirror(source: Endpoints, present: readonly EndpointSlice[], context: ControllerContext, own: OwnWrites): void {
  const wanted = wantedOf(source, context);
  const byKey = Map.groupBy(present, ({ addressType, ports }) => groupKey(addressType, ports ?? []));
  const [create, update, toDelete]: [EndpointSlice[], EndpointSlice[], EndpointSlice[]] = [[], [], []];
  const totals: Totals = { added: 0, updated: 0, removed: 0 };
  for (const [key, group] of wanted) {
    const [first, ...others] = byKey.get(key) ?? [];
    count(totals, group.endpoints, group.endpoints.size ? [first] : (byKey.get(key) ?? []));
    if (!group.endpoints.size) toDelete.push(...(first ? [first] : []), ...others);
    else {
      toDelete.push(...others);
      const next = sliceOf(source, group);
      if (!first) create.push(next);
      else if (!isRight(first, next, source)) update.push(renewed(first, next));
    }
  }
  for (const [key, slices] of byKey) if (!wanted.has(key)) toDelete.push(...slices);
  context.meters.observe(MIRRORING_ADDED, {}, totals.added);
  context.meters.observe(MIRRORING_UPDATED, {}, totals.updated);
  context.meters.observe(MIRRORING_REMOVED, {}, totals.removed);
  recycle(create, update, toDelete);
  if (!isTerminating(source)) {
    for (const slice of create) {
      try {
        own.create(context, slice);
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        throw error;
      }
    }
  }
  for (const slice of update) own.update(context, slice);
  for (const slice of toDelete) own.delete(context, slice);
}

interface Totals {
  added: number;
  updated: number;
  removed: number;
}

function count(totals: Totals, wanted: ReadonlyMap<string, Endpoint>, present: readonly (EndpointSlice | undefined)[]): void {
  let matches = 0;
  for (const endpoint of present.flatMap((slice) => slice?.endpoints ?? [])) {
    const next = wanted.get(endpointKey(endpoint));
    if (!next) totals.removed++;
    else {
      matches++;
      if (!isEqual(next, endpoint)) totals.updated++;
    }
  }
  totals.added += wanted.size - matches;
}

const groupKey = (addressType: string, ports: readonly EndpointPort[]): string =>
  `${addressType} ${ports.map(canonicalJson).sort().join()}`;

/** The subsets as upstream's own controller would have written them: each address once for a set of ports. */
function repacked({ subsets = [] }: Endpoints): EndpointSubset[] {
  const offers = subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) =>
    [...addresses.map((address) => ({ address, ready: true })), ...notReadyAddresses.map((address) => ({ address, ready: false }))].flatMap(
      (one): OfferedPort[] => (ports.length ? ports.map((port) => ({ ...one, port })) : [{ ...one, port: undefined }]),
    ),
  );
  return packSubsets(offers);
}

function wantedOf(source: Endpoints, context: ControllerContext): Map<string, Wanted> {
  const most = numberFlag(context, 'mirroring-max-endpoints-per-subset', MAX_PER_SUBSET);
  const wanted = new Map<string, Wanted>();
  let [invalid, skipped] = [0, 0];
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of repacked(source)) {
    const slicePorts = sortSlicePorts(
      ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
        name,
        protocol,
        port,
        ...(appProtocol !== undefined && { appProtocol }),
      })),
    );
    for (const addressType of ['IPv4', 'IPv6']) {
      const key = groupKey(addressType, slicePorts);
      if (!wanted.has(key)) wanted.set(key, { addressType, ports: slicePorts, endpoints: new Map() });
    }
    let added = 0;
    for (const [list, ready] of [
      [addresses, true],
      [notReadyAddresses, false],
    ] as const) {
      for (const address of list) {
        if (added >= most) break;
        const endpoint = endpointOf(address, ready);
        if (!endpoint) {
          invalid++;
          continue;
        }
        added++;
        const addressType = parseIp(address.ip)!.family === 6 ? 'IPv6' : 'IPv4';
        wanted.get(groupKey(addressType, slicePorts))!.endpoints.set(endpointKey(endpoint), endpoint);
      }
    }
    skipped += addresses.length + notReadyAddresses.length - added;
  }
  context.meters.observe(MIRRORING_SKIPPED, {}, skipped);
  if (invalid)
    context.event(source, 'Warning', 'InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`);
  if (skipped > invalid)
    context.event(
      source,
      'Warning',
      'TooManyAddressesToMirror',
      `A max of ${most} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`,
    );
  return wanted;
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint | undefined {
  const parsed = parseIp(ip);
  if (!parsed) return undefined;
  return {
    addresses: [formatIp(parsed)],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName !== undefined && { nodeName }),
  };
}

function without(map: Record<string, string> | undefined, ...keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}

function sliceOf(source: Endpoints, { addressType, ports, endpoints: map }: Wanted): EndpointSlice {
  const { name, namespace = '', labels, annotations } = source.metadata;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: '',
      generateName: nameIsDnsSubdomain(`${name}-`, true).length ? name : `${name}-`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      annotations: without(annotations, TRIGGER_TIME, LAST_APPLIED),
      ownerReferences: [controllerRef(source)],
      uid: '',
      resourceVersion: '',
      creationTimestamp: '',
    },
    addressType,
    endpoints: [...map.values()],
    ports,
  };
}

/** An old slice with what a new one says. */
function renewed({ metadata, ...old }: EndpointSlice, { metadata: next, endpoints: list, ports }: EndpointSlice): EndpointSlice {
  const { annotations: _, ...kept } = metadata;
  const { labels, annotations, ownerReferences } = next;
  return {
    ...old,
    metadata: {
      ...kept,
      labels: labels!,
      ...(Object.keys(annotations!).length && { annotations: annotations! }),
      ownerReferences: ownerReferences!,
    },
    endpoints: list,
    ports,
  };
}

function isRight(slice: EndpointSlice, next: EndpointSlice, source: Endpoints): boolean {
  const byKey = (list: readonly Endpoint[]): Record<string, Endpoint> => Object.fromEntries(list.map((one) => [endpointKey(one), one]));
  return (
    isEqual(byKey(slice.endpoints ?? []), byKey(next.endpoints ?? [])) &&
    isEqual(slice.metadata.labels, next.metadata.labels) &&
    isEqual(slice.metadata.annotations ?? {}, next.metadata.annotations) &&
    !slice.metadata.ownerReferences?.some(
      ({ kind, name, uid }) => kind === 'Endpoints' && name === source.metadata.name && uid !== source.metadata.uid,
    )
  );
}

/** New slices take the place of those of their family that would go. */
function recycle(create: EndpointSlice[], update: EndpointSlice[], toDelete: EndpointSlice[]): void {
  for (const slice of [...create]) {
    const at = toDelete.findIndex(({ addressType }) => addressType === slice.addressType);
    if (at < 0) continue;
    const [old] = toDelete.splice(at, 1);
    create.splice(create.indexOf(slice), 1);
    update.push(renewed(old!, slice));
  }
}
