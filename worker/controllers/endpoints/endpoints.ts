// The Endpoints of each Service with a selector. Mirrors pkg/controller/endpoint/endpoints_controller.go.

import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { EndpointAddress, Endpoints, Pod, Service } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { StatusError, isNotFound } from '../../api/status.ts';
import { parseIp } from '../../lib/ip.ts';
import { isEqual } from '../../lib/json.ts';
import { endpoints } from '../../resources/core/endpoints.ts';
import { isReady } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { services } from '../../resources/core/service.ts';
import { durationFlag } from '../flags.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
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
import { countAddresses, packSubsets, truncateSubsets } from './subsets.ts';
import type { OfferedPort } from './subsets.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

export function makeEndpointsController(): Controller {
  /** How long changes of pods are gathered (ms). */
  let batch = 0;
  return {
    name: 'endpoint',
    component: 'kube-controller-manager',
    watches: [
      watch(services),
      delayed(
        () => batch,
        watch(pods, (pod, previous, reader, type) => keysOfPod(pod, previous, reader, type === 'deleted')),
      ),
      watch(endpoints, (object, _previous, _reader, type) => (type === 'deleted' ? [keyOf(object)] : [])),
    ],
    start(context, resumed) {
      batch = durationFlag(context, 'endpoint-updates-batch-period', 0);
      if (!resumed) lookForLeftovers(context);
    },
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const service = context.api.get(services, namespace, name);
      if (!service) return remove(key, context);
      return isManaged(service) ? sync(service, context) : undefined;
    },
  };
}

/** Those without a Service go when the process begins; not before, since a Service may follow its Endpoints. */
function lookForLeftovers({ api, enqueue }: ControllerContext): void {
  for (const object of api.list(endpoints)) if (object.metadata.annotations?.[LEADER] === undefined) enqueue(keyOf(object));
}

function remove(key: string, { api, state }: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  forget(state, key);
  try {
    api.delete(endpoints, namespace, name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return undefined;
}

function sync(service: Service, context: ControllerContext): Requeue | undefined {
  const { namespace = '', name } = service.metadata;
  const key = keyOf(service);
  const present = context.api.get(endpoints, namespace, name);
  const wait = waitBeforeWriting(context, key, countAddresses(present?.subsets));
  if (wait > 0) return { after: wait };
  const selected = podsOf(context, service);
  const all = packSubsets(selected.flatMap((pod) => offersOf(pod, service)));
  if (present && isRight(present, service, all)) return undefined;

  const trigger = triggerTime(context, key, service, selected);
  const truncated = truncateSubsets(all);
  const { [TRIGGER_TIME]: _time, [OVER_CAPACITY]: _over, ...others } = present?.metadata.annotations ?? {};
  const annotations = { ...others, ...(trigger && { [TRIGGER_TIME]: trigger }), ...(truncated && { [OVER_CAPACITY]: 'truncated' }) };
  const { [HEADLESS]: _headless, ...own } = service.metadata.labels ?? {};
  const labels = { ...own, ...(isHeadless(service) && { [HEADLESS]: '' }), [MANAGED_BY]: MANAGER };
  const subsets = truncated ?? all;
  try {
    if (present) {
      const { annotations: _, ...metadata } = present.metadata;
      const { subsets: _before, ...rest } = present;
      context.api.update(endpoints, {
        ...rest,
        metadata: { ...metadata, labels, ...(Object.keys(annotations).length && { annotations }) },
        ...(subsets.length && { subsets }),
      });
    } else {
      context.api.create<Endpoints>(endpoints, { metadata: { name, namespace, labels, annotations }, subsets });
    }
  } catch (error) {
    if (!present && isNamespaceTerminating(error)) return undefined;
    if (error instanceof StatusError) tellOfFailure(service, present, error, context);
    throw error;
  }
  noteWriting(context, key);
  return undefined;
}

function tellOfFailure(service: Service, present: Endpoints | undefined, error: StatusError, context: ControllerContext): void {
  const { namespace = '', name } = service.metadata;
  const about: Endpoints = present ?? {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { name, namespace, uid: '', resourceVersion: '', creationTimestamp: '' },
  };
  const [reason, what] = present
    ? ['FailedToUpdateEndpoint', `update endpoint ${namespace}/${name}`]
    : ['FailedToCreateEndpoint', `create endpoint for service ${namespace}/${name}`];
  context.event(about, 'Warning', reason, `Failed to ${what}: ${error.message}`);
}

function offersOf(pod: Pod, service: Service): OfferedPort[] {
  const { publishNotReadyAddresses = false, ports = [] } = service.spec;
  if (!hasEndpoint(pod) || (!publishNotReadyAddresses && pod.metadata.deletionTimestamp !== undefined)) return [];
  const address = addressOf(pod, service);
  if (!address) return [];
  const ready = publishNotReadyAddresses || isReady(pod);
  if (!ports.length) return service.spec.clusterIP === 'None' ? [{ address, port: undefined, ready }] : [];
  return ports.flatMap((one) => {
    const port = targetPort(pod, one);
    if (port === undefined) return [];
    const { name, protocol, appProtocol } = one;
    return [
      {
        address,
        ready,
        port: { ...(name && { name }), port, ...(protocol && { protocol }), ...(appProtocol !== undefined && { appProtocol }) },
      },
    ];
  });
}

/** The pod's address of the Service's first family. */
function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const { ipFamilies, clusterIP } = service.spec;
  const isV6 = (ip: string | undefined): boolean => ip !== undefined && parseIp(ip)?.family === 6;
  const wantV6 = ipFamilies?.length ? ipFamilies[0] === 'IPv6' : isV6(clusterIP && clusterIP !== 'None' ? clusterIP : pod.status.podIP);
  const found = pod.status.podIPs?.find(({ ip }) => isV6(ip) === wantV6)?.ip;
  if (!found) return undefined;
  const hostname = hostnameOf(pod, service);
  const { namespace = '', name, uid } = pod.metadata;
  return { ip: found, ...(hostname && { hostname }), nodeName: pod.spec.nodeName ?? '', targetRef: { kind: 'Pod', namespace, name, uid } };
}

function isRight({ metadata, subsets = [] }: Endpoints, service: Service, wanted: NonNullable<Endpoints['subsets']>): boolean {
  const { [HEADLESS]: _headless, [MANAGED_BY]: manager, ...labels } = metadata.labels ?? {};
  return (
    manager === MANAGER &&
    metadata.annotations?.[OVER_CAPACITY] === undefined &&
    isEqual(labels, service.metadata.labels ?? {}) &&
    isEqual(subsets, wanted)
  );
}
