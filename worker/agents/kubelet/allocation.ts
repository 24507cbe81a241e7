// What a pod has been granted, which is not what it asks for while a resize of it waits. Mirrors UpdatePodFromAllocation of pkg/kubelet/allocation/allocation_manager.go.
// Differs: it is kept only while it is something else; otherwise the status tells. A container that nobody has started has what it asks for.

import type { Container, ContainerStatus, Pod, ResourceRequirements } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import type { Allocation, Worker } from './worker.ts';

/** The pod with what it has been granted. */
export function allocatedPod(pod: Pod, { resize }: Pick<Worker, 'resize'>): Pod {
  return resize?.allocated ? withAllocation(pod, resize.allocated) : pod;
}

export function withAllocation(pod: Pod, { containers, pod: whole }: Allocation): Pod {
  const granted = (container: Container): Container => {
    const resources = containers[container.name];
    return resources ? { ...container, resources } : container;
  };
  const { spec } = pod;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: spec.containers.map(granted),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(granted) }),
      ...(whole && { resources: whole }),
    },
  };
}

/** What it has by what was granted before, if that is not what it asks for. */
export function otherAllocation(pod: Pod, { resize }: Pick<Worker, 'resize'>): Allocation | undefined {
  const { spec, status, metadata } = pod;
  if (resize?.allocated) return stillOther(pod, resize.allocated);
  // Its containers are about to get it.
  if (resize?.progress && resize.progress.generation === (metadata.generation ?? 0)) return undefined;
  const containers: Record<string, ResourceRequirements> = {};
  note(containers, spec.containers, status.containerStatuses);
  if (spec.initContainers) note(containers, spec.initContainers, status.initContainerStatuses);
  const whole = wholeAllocation(pod);
  return Object.keys(containers).length || whole ? { containers, ...(whole && { pod: whole }) } : undefined;
}

function stillOther({ spec }: Pod, { containers, pod: whole }: Allocation): Allocation | undefined {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const left = Object.fromEntries(
    Object.entries(containers).filter(([name, had]) => !isEqual(all.find((one) => one.name === name)?.resources, had)),
  );
  const isOther = whole !== undefined && !isEqual(whole, spec.resources);
  return Object.keys(left).length || isOther ? { containers: left, ...(isOther && { pod: whole }) } : undefined;
}

function note(
  into: Record<string, ResourceRequirements>,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] = [],
): void {
  for (const { name, resources } of containers) {
    const had = statuses.find((one) => one.name === name)?.resources;
    if (had && !isEqual(had, resources)) into[name] = had;
  }
}

/** Of a pod that says what it needs as a whole. With an overhead, the status says no more which part of the sum that is. */
function wholeAllocation({ spec, status }: Pod): ResourceRequirements | undefined {
  const { resources, overhead } = spec;
  if (!resources || overhead || !status.resources) return undefined;
  const requests = asShown(resources.requests, status.allocatedResources);
  const limits = asShown(resources.limits, status.resources.limits);
  if (isEqual(requests, resources.requests) && isEqual(limits, resources.limits)) return undefined;
  return { ...(limits && { limits }), ...(requests && { requests }) };
}

const asShown = (
  wanted: Readonly<Record<string, string>> | undefined,
  shown: Readonly<Record<string, string>> | undefined,
): Record<string, string> | undefined =>
  wanted &&
  Object.fromEntries(
    Object.entries(wanted).map(([name, amount]) => {
      const had = shown?.[name];
      return [name, had !== undefined && compareQuantities(had, amount) !== 0 ? had : amount];
    }),
  );
