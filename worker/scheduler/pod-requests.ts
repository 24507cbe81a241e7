// What a pod asks of a node: containers together, or its largest moment during initialization, plus overhead; a pod-level request stands above its
// containers'. Mirrors component-helpers resource.PodRequests.

import type { Container, ContainerStatus, Pod } from '../api/gen/core-v1.ts';
import { addAmounts, amountsOf, maxAmounts } from './resources.ts';
import type { Amounts } from './resources.ts';

export interface RequestOptions {
  /** Counts what containers hold during a resize, where that is more than what they ask for. */
  readonly useStatus?: boolean;
  /** Taken for containers that do not say. */
  readonly defaults?: ReadonlyMap<string, number>;
}

/** What scoring takes for a container that requests nothing: 100m CPU, 200 MB (upstream's DefaultMilliCPURequest, DefaultMemoryRequest). */
export const DEFAULT_REQUESTS: ReadonlyMap<string, number> = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);

export function podRequests(pod: Pod, options: RequestOptions = {}): Amounts {
  const { spec, status } = pod;
  const out = aggregateContainers(pod, options);
  if (hasPodLevelRequests(pod)) {
    const requests = amountsOf(spec.resources!.requests);
    const effective =
      options.useStatus && status.resources
        ? effectiveRequests(pod, requests, status.resources.requests, status.allocatedResources)
        : requests;
    for (const name of requests.keys()) if (isPodLevelResource(name)) out.set(name, effective.get(name) ?? 0);
  }
  if (spec.overhead) addAmounts(out, amountsOf(spec.overhead));
  return out;
}

export function hasPodLevelRequests({ spec }: Pod): boolean {
  for (const name in spec.resources?.requests) if (isPodLevelResource(name)) return true;
  return false;
}

const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

function aggregateContainers(pod: Pod, options: RequestOptions): Amounts {
  const { containers, initContainers } = pod.spec;
  const out: Amounts = new Map();
  for (const container of containers) addAmounts(out, containerRequests(pod, container, options, true));
  if (!initContainers?.length) return out;

  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of initContainers) {
    const requests = containerRequests(pod, container, options, isSidecar(container));
    if (isSidecar(container)) {
      addAmounts(out, requests);
      addAmounts(sidecars, requests);
      maxAmounts(peak, sidecars);
    } else {
      const moment = new Map(requests);
      addAmounts(moment, sidecars);
      maxAmounts(peak, moment);
    }
  }
  maxAmounts(out, peak);
  return out;
}

function containerRequests(pod: Pod, container: Container, { useStatus, defaults }: RequestOptions, isLasting: boolean): Amounts {
  let requests = amountsOf(container.resources.requests);
  const status = useStatus && isLasting ? statusOf(pod, container.name) : undefined;
  if (status?.resources) requests = effectiveRequests(pod, requests, status.resources.requests, status.allocatedResources);
  if (defaults) for (const [name, amount] of defaults) if (!requests.has(name)) requests.set(name, amount);
  return requests;
}

const statusOf = ({ status }: Pod, name: string): ContainerStatus | undefined =>
  status.containerStatuses?.find((one) => one.name === name) ?? status.initContainerStatuses?.find((one) => one.name === name);

type Quantities = Record<string, string> | undefined;

/** During a resize the most of what is wanted, allocated and actual; a resize that can never be does not count. */
function effectiveRequests(pod: Pod, wanted: Amounts, actual: Quantities, allocated: Quantities): Amounts {
  const pending = pod.status.conditions?.find(({ type }) => type === 'PodResizePending');
  const out: Amounts = pending?.reason === 'Infeasible' ? new Map() : new Map(wanted);
  maxAmounts(out, amountsOf(actual));
  maxAmounts(out, amountsOf(allocated));
  return out;
}
