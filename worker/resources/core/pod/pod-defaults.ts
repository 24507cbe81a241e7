// What a pod gets that a template does not. Mirrors SetDefaults_Pod of kubernetes pkg/apis/core/v1/defaults.go, and what reading a v1 Pod changes
// (conversion.go).

import type { Container, Pod, PodSpec } from '../../../api/gen/core-v1.ts';
import { aggregateLimits, aggregateRequests } from './aggregate.ts';
import { defaultPodSpec } from './defaults.ts';
import { isHugePages, isOvercommitAllowed, isPodLevelResource } from './resource-list.ts';

export function defaultPod({ metadata, spec }: Pod): void {
  for (const container of spec.containers ?? []) defaultRequests(container);
  for (const container of spec.initContainers ?? []) defaultRequests(container);
  if (spec.resources) defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) defaultHostPorts(spec);
  defaultPodSpec(spec);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  for (const key of INIT_ANNOTATIONS) if (metadata.annotations?.[key] !== undefined) delete metadata.annotations[key];
  if (metadata.annotations && Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
}

/** How init containers were given before there was a field for them. */
const INIT_ANNOTATIONS = ['alpha', 'beta'].flatMap((stage) => [
  `pod.${stage}.kubernetes.io/init-containers`,
  `pod.${stage}.kubernetes.io/init-container-statuses`,
]);

/** Who sets only a limit asks for as much. */
function defaultRequests({ resources }: Container): void {
  const { limits } = resources;
  for (const name in limits) {
    if (resources.requests?.[name] !== undefined) continue;
    resources.requests ??= {};
    resources.requests[name] = limits[name]!;
  }
}

/** Once a pod says something for all its containers, the rest follows from them. */
function defaultPodResources(spec: PodSpec): void {
  const resources = spec.resources!;
  const hadLimits = resources.limits !== undefined;
  if (hadLimits || resources.requests) {
    const limits = aggregateLimits(spec);
    for (const name in limits) {
      if (!isHugePages(name) || resources.requests?.[name] !== undefined || resources.limits?.[name] !== undefined) continue;
      resources.limits ??= {};
      resources.limits[name] = limits[name]!;
    }
  }
  if (resources.limits) {
    const requests = { ...resources.requests };
    for (const [name, amount] of Object.entries(aggregateRequests(spec)))
      if (requests[name] === undefined && isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] = amount;
    for (const [name, amount] of Object.entries(resources.limits)) if (isPodLevelResource(name)) requests[name] ??= amount;
    if (Object.keys(requests).length > Object.keys(resources.requests ?? {}).length) resources.requests = requests;
  }
}

/** In the network of the node, a port of a container is one of the node. */
function defaultHostPorts(spec: PodSpec): void {
  for (const list of [spec.containers ?? [], spec.initContainers ?? []])
    for (const { ports } of list)
      for (const port of ports ?? []) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort;
}
