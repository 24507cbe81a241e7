// What Endpoints and EndpointSlices have in common: the pods of a Service, which of them count, and the port that a pod gives it.
// Mirrors the endpointslice library's util and pkg/controller/endpoint.

import type { ControllerContext, ControllerState } from '../../api/controller.ts';
import type { Pod, Service, ServicePort } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { whoSelects } from '../../api/selector-index.ts';
import { NOTHING, labelSelectorOfMap } from '../../api/selectors.ts';
import type { LabelSelector } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import { timeOf } from '../../lib/time.ts';
import { isReady, isTerminal, podCondition } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { services } from '../../resources/core/service.ts';

export const selectorOf = ({ spec }: Service): LabelSelector => (spec.selector ? labelSelectorOfMap(spec.selector) : NOTHING);

/** Whether its endpoints are the controllers' business. */
export const isManaged = ({ spec }: Service): boolean => spec.type !== 'ExternalName' && spec.selector !== undefined;

export const podsOf = ({ api }: ControllerContext, service: Service): Pod[] =>
  api.list(pods, { namespace: service.metadata.namespace ?? '', selector: selectorOf(service) });

/** The Services that a change of a pod is for. */
export function keysOfPod(pod: Pod, previous: Pod | undefined, reader: ClusterReader, deleted: boolean): readonly string[] {
  const sameLabels = previous === undefined || isEqual(pod.metadata.labels, previous.metadata.labels);
  if (!deleted && previous && sameLabels && !endpointChanged(pod, previous)) return NONE;
  const select = (labels: Record<string, string> | undefined): string[] =>
    whoSelects(reader, services, pod.metadata.namespace ?? '', labels, selectorOf).map(keyOf);
  const keys = select(pod.metadata.labels);
  return sameLabels ? keys : [...keys, ...select(previous.metadata.labels)];
}

const NONE: readonly string[] = [];

const endpointChanged = (pod: Pod, previous: Pod): boolean =>
  pod.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
  isReady(pod) !== isReady(previous) ||
  isTerminal(pod) !== isTerminal(previous) ||
  pod.spec.nodeName !== previous.spec.nodeName ||
  pod.spec.hostname !== previous.spec.hostname ||
  pod.spec.subdomain !== previous.spec.subdomain ||
  !isEqual(pod.status.podIPs, previous.status.podIPs);

/** It has an address, and has not ended. */
export const hasEndpoint = (pod: Pod): boolean => !isTerminal(pod) && Boolean(pod.status.podIP || pod.status.podIPs?.length);

/** Its own DNS name below the Service. */
export const hostnameOf = (pod: Pod, service: Service): string | undefined =>
  pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;

/** The number of the port of a pod that a Service's port leads to; undefined if the pod has none of that name. */
export function targetPort(pod: Pod, { targetPort: target = 0, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = pod.spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  for (const { ports = [] } of [...pod.spec.containers, ...sidecars]) {
    const found = ports.find((port) => port.name === target && (port.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

export const isHeadless = ({ spec }: Service): boolean => !spec.clusterIP || spec.clusterIP === 'None';

/** When a Service of many pods was last written, so that a burst of changes is one write. */
const COALESCE = { moreThan: 100, ms: 250 };

/**
 * How long to wait before writing; 0 mostly.
 * Differs: upstream writes a thousand addresses anew for each of them that changes, and is held back only by its API quota (20 requests/s).
 */
export function waitBeforeWriting({ state, now }: ControllerContext, key: string, present: number): number {
  const last = present > COALESCE.moreThan ? state.get<number>(key) : undefined;
  return last === undefined ? 0 : Math.max(0, last + COALESCE.ms - now());
}

export const noteWriting = ({ state, now }: ControllerContext, key: string): void => state.set(key, now());
export const forget = (state: ControllerState, key: string): void => state.delete(key);

/**
 * When that happened which is being written: the earliest of the changes since the last write, in the text form of the annotation; undefined if no pod's
 * readiness changed.
 */
export function triggerTime({ state }: ControllerContext, key: string, service: Service, selected: readonly Pod[]): string | undefined {
  const last = state.get<number>(key);
  if (last === undefined) return service.metadata.creationTimestamp;
  const since = Math.floor(last / 1000) * 1000;
  let earliest: string | undefined;
  for (const pod of selected) {
    const time = podCondition(pod, 'Ready')?.lastTransitionTime;
    if (time && timeOf(time) >= since && (earliest === undefined || timeOf(time) < timeOf(earliest))) earliest = time;
  }
  return earliest;
}

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
export const HEADLESS = 'service.kubernetes.io/headless';
