// Changing what running containers may use. Mirrors ValidatePodResize of kubernetes pkg/apis/core/validation.

import { forbiddenField, invalidField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../api/gen/core-v1.ts';
import { isEqual } from '../../../lib/json.ts';
import { MIRROR } from './annotations.ts';
import { isSidecar } from './containers-of.ts';
import { validatePod } from './pod-validation.ts';
import { qosClass } from './qos.ts';
import type { ResourceList } from './resource-list.ts';
import { isSameSpec } from './semantic.ts';

export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [forbiddenField('[]', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [forbiddenField('[]', 'windows pods cannot be resized')];
  const errors = validatePod(pod);
  if ((old.status.qosClass ?? qosClass(old.spec)) !== qosClass(pod.spec))
    errors.push(invalidField('spec', pod.status.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  if (!isSupported(old)) errors.push(forbiddenField('spec', 'Pod running on node without support for resize'));
  const rest: PodSpec = { ...pod.spec };
  if (asks(old.spec.resources) || asks(pod.spec.resources)) errors.push(...validatePodLevel(rest, old.spec));
  const disorder = validateOrder(pod.spec, old.spec);
  if (disorder.length) return [...errors, ...disorder];
  for (const list of ['initContainers', 'containers'] as const)
    for (const [i, container] of (old.spec[list] ?? []).entries())
      errors.push(...validateNothingRemoved(pod.spec[list]![i]!.resources, container.resources, `spec.${list}[${i}].resources`));
  rest.containers = rest.containers.map((container, i) => withComputeOf(container, old.spec.containers[i]!));
  for (const [i, container] of rest.containers.entries())
    if (!isEqual(container, old.spec.containers[i])) errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'));
  if (rest.initContainers) rest.initContainers = validateInitContainers(rest.initContainers, old.spec.initContainers!, errors);
  if (!errors.length && !isSameSpec(rest, old.spec)) errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

/** A kubelet that can resize reports what containers have. */
function isSupported({ status }: Pod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

const asks = (resources: ResourceRequirements | undefined): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

function validatePodLevel(rest: PodSpec, old: PodSpec): FieldError[] {
  const at = 'spec.resources';
  if (old.resources && !rest.resources) return [forbiddenField(at, 'pod-level resources cannot be removed')];
  const errors: FieldError[] = [];
  if (old.resources) {
    if (isRemoved(rest.resources!.requests, old.resources.requests))
      errors.push(forbiddenField(`${at}.requests`, 'pod-level resource requests cannot be removed'));
    if (isRemoved(rest.resources!.limits, old.resources.limits))
      errors.push(forbiddenField(`${at}.limits`, 'pod-level resource limits cannot be removed'));
  }
  const { claims } = rest.resources!;
  const munged: ResourceRequirements = {
    ...listOrNothing('limits', computeOf(rest.resources!.limits, old.resources?.limits)),
    ...listOrNothing('requests', computeOf(rest.resources!.requests, old.resources?.requests)),
    ...(claims && { claims }),
  };
  if (old.resources || Object.keys(munged).length) rest.resources = munged;
  else delete rest.resources;
  if (!isEqual(rest.resources, old.resources))
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level'));
  return errors;
}

function validateOrder(now: PodSpec, before: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) => {
    const [own, old] = [now[list] ?? [], before[list] ?? []];
    if (own.length !== old.length) return [forbiddenField(`spec.${list}`, `${list} may not be added or removed on resize`)];
    return old.flatMap(({ name }, i) =>
      own[i]!.name === name ? [] : [forbiddenField(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)],
    );
  });
}

function validateNothingRemoved(now: ResourceRequirements, before: ResourceRequirements, path: string): FieldError[] {
  return [
    ...(isRemoved(now.requests, before.requests) ? [forbiddenField(`${path}.requests`, 'resource requests cannot be removed')] : []),
    ...(isRemoved(now.limits, before.limits) ? [forbiddenField(`${path}.limits`, 'resource limits cannot be removed')] : []),
  ];
}

const isRemoved = (now: ResourceList = {}, before: ResourceList = {}): boolean =>
  Object.keys(before).some((name) => now[name] === undefined);

/** The list, but with cpu and memory as before. */
function computeOf(now: ResourceList = {}, before: ResourceList = {}): ResourceList {
  const { cpu: _cpu, memory: _memory, ...list } = now;
  for (const name of ['cpu', 'memory']) if (before[name] !== undefined) list[name] = before[name];
  return list;
}

const listOrNothing = (name: 'limits' | 'requests', list: ResourceList): ResourceRequirements =>
  Object.keys(list).length ? { [name]: list } : {};

const withComputeOf = (container: Container, old: Container): Container => ({
  ...container,
  resources: {
    ...listOrNothing('limits', computeOf(container.resources.limits, old.resources.limits)),
    ...listOrNothing('requests', computeOf(container.resources.requests, old.resources.requests)),
  },
});

function validateInitContainers(now: readonly Container[], before: readonly Container[], errors: FieldError[]): Container[] {
  return now.map((container, i) => {
    const isChanged = !isEqual(container, before[i]);
    const munged = withComputeOf(container, before[i]!);
    const at = `spec.initContainers[${i}]`;
    if (!isEqual(munged, before[i]))
      errors.push(forbiddenField(at, 'only cpu and memory resources for init or sidecar containers are mutable'));
    if (isChanged && !isSidecar(container) && container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === 'RestartContainer')) {
      const message = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
      errors.push(forbiddenField(at, message));
    }
    return munged;
  });
}
