// What the containers of a pod ask for together. Mirrors k8s.io/component-helpers/resource (AggregateContainerRequests, PodRequests and their like).

import type { Container, ContainerStatus, Pod, PodSpec } from '../../../api/gen/core-v1.ts';
import { addQuantities, compareQuantities } from '../../../lib/quantity.ts';
import { isPodLevelResource } from './resource-list.ts';
import type { ResourceList } from './resource-list.ts';

/** `isLasting`: it is there as long as the pod is. */
type Ask = (container: Container, isLasting: boolean) => ResourceList | undefined;

export const aggregateRequests = (spec: PodSpec): ResourceList => aggregate(spec, ({ resources }) => resources?.requests);
export const aggregateLimits = (spec: PodSpec): ResourceList => aggregate(spec, ({ resources }) => resources?.limits);

/** The sum of all containers, or what an init container needs while it runs beside the sidecars before it, whichever is more. */
function aggregate(spec: PodSpec, ask: Ask): ResourceList {
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) addTo(total, ask(container, true));
  const sidecars: ResourceList = {};
  const peak: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const own = ask(container, container.restartPolicy === 'Always');
    if (container.restartPolicy === 'Always') {
      addTo(total, own);
      addTo(sidecars, own);
      raiseTo(peak, sidecars);
    } else {
      const now: ResourceList = {};
      addTo(now, own);
      addTo(now, sidecars);
      raiseTo(peak, now);
    }
  }
  raiseTo(total, peak);
  return total;
}

/**
 * What a pod as a whole asks for: its own word counts more than its containers', and the overhead comes on top. With a status, what it holds during a resize
 * counts where that is more.
 */
export function podRequests(spec: PodSpec, status?: Pod['status']): ResourceList {
  const total = aggregate(spec, ({ name, resources }, isLasting) => {
    const known = isLasting ? statusOf(status, name) : undefined;
    return known?.resources ? held(status, resources?.requests, known.resources.requests, known.allocatedResources) : resources?.requests;
  });
  const wanted = spec.resources?.requests ?? {};
  const level = status?.resources ? held(status, wanted, status.resources.requests, status.allocatedResources) : wanted;
  for (const name in wanted) if (isPodLevelResource(name)) total[name] = level[name] ?? '0';
  addTo(total, spec.overhead);
  return total;
}

export function podLimits(spec: PodSpec, status?: Pod['status']): ResourceList {
  const total = aggregate(spec, ({ name, resources }, isLasting) => {
    const known = isLasting ? statusOf(status, name) : undefined;
    return known?.resources ? held(status, resources?.limits, known.resources.limits) : resources?.limits;
  });
  const wanted = spec.resources?.limits ?? {};
  const level = status?.resources ? held(status, wanted, status.resources.limits) : wanted;
  for (const name in wanted) if (isPodLevelResource(name)) total[name] = level[name] ?? '0';
  for (const [name, amount] of Object.entries(spec.overhead ?? {}))
    if (total[name] !== undefined && compareQuantities(total[name], '0') !== 0) total[name] = addQuantities(total[name], amount);
  return total;
}

const statusOf = (status: Pod['status'] | undefined, name: string): ContainerStatus | undefined =>
  status?.containerStatuses?.find((one) => one.name === name) ?? status?.initContainerStatuses?.find((one) => one.name === name);

/** The most of what is wanted and what is there; a resize that can never be does not count. */
function held(status: Pod['status'] | undefined, wanted: ResourceList | undefined, ...there: (ResourceList | undefined)[]): ResourceList {
  const pending = status?.conditions?.find(({ type }) => type === 'PodResizePending');
  const out: ResourceList = pending?.reason === 'Infeasible' ? {} : { ...wanted };
  for (const list of there) raiseTo(out, list ?? {});
  return out;
}

function addTo(total: ResourceList, list: ResourceList | undefined): void {
  for (const name in list) total[name] = total[name] === undefined ? list[name]! : addQuantities(total[name], list[name]);
}

function raiseTo(total: ResourceList, list: ResourceList): void {
  for (const name in list) if (total[name] === undefined || compareQuantities(list[name], total[name]) > 0) total[name] = list[name]!;
}
