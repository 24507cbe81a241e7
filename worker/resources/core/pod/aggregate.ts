// What the containers of a pod ask for together. Mirrors k8s.io/component-helpers/resource (AggregateContainerRequests, PodRequests and their like).

import type { Container, PodSpec } from '../../../api/gen/core-v1.ts';
import { addQuantities, compareQuantities } from '../../../lib/quantity.ts';
import { isPodLevelResource } from './resource-list.ts';
import type { ResourceList } from './resource-list.ts';

type Ask = (container: Container) => ResourceList | undefined;

export const aggregateRequests = (spec: PodSpec): ResourceList => aggregate(spec, ({ resources }) => resources?.requests);
export const aggregateLimits = (spec: PodSpec): ResourceList => aggregate(spec, ({ resources }) => resources?.limits);

/** The sum of all containers, or what an init container needs while it runs beside the sidecars before it, whichever is more. */
function aggregate(spec: PodSpec, ask: Ask): ResourceList {
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) addTo(total, ask(container));
  const sidecars: ResourceList = {};
  const peak: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const own = ask(container);
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

/** What a pod as a whole asks for: its own word counts more than its containers', and the overhead comes on top. */
export function podRequests(spec: PodSpec): ResourceList {
  const total = aggregateRequests(spec);
  for (const [name, amount] of Object.entries(spec.resources?.requests ?? {})) if (isPodLevelResource(name)) total[name] = amount;
  addTo(total, spec.overhead);
  return total;
}

export function podLimits(spec: PodSpec): ResourceList {
  const total = aggregateLimits(spec);
  for (const [name, amount] of Object.entries(spec.resources?.limits ?? {})) if (isPodLevelResource(name)) total[name] = amount;
  for (const [name, amount] of Object.entries(spec.overhead ?? {}))
    if (total[name] !== undefined && compareQuantities(total[name], '0') !== 0) total[name] = addQuantities(total[name], amount);
  return total;
}

function addTo(total: ResourceList, list: ResourceList | undefined): void {
  for (const name in list) total[name] = total[name] === undefined ? list[name]! : addQuantities(total[name], list[name]);
}

function raiseTo(total: ResourceList, list: ResourceList): void {
  for (const name in list) if (total[name] === undefined || compareQuantities(list[name], total[name]) > 0) total[name] = list[name]!;
}
