// What a pod as a whole has been given. Mirrors convertToAPIPodLevelResourcesStatus of pkg/kubelet/kubelet_pods.go, and PodRequests and PodLimits of
// component-helpers/resource.

import type { Container, Pod, PodSpec, ResourceRequirements } from '../../api/gen/core-v1.ts';
import { addQuantities, compareQuantities } from '../../lib/quantity.ts';
import { isSidecar } from './runtime-view.ts';

type Amounts = Record<string, string>;

export function podResources(pod: Pod): { allocated: Amounts | undefined; actual: ResourceRequirements } {
  const requests = total(pod, 'requests');
  const running = pod.status.phase === 'Running';
  const limits = total(pod, 'limits');
  // A running pod shows its cgroup: that has a limit only if every container has one.
  const declared = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const shown = running
    ? Object.fromEntries(
        Object.entries(limits).filter(
          ([name]) => pod.spec.resources?.limits?.[name] || declared.every(({ resources }) => resources.limits?.[name]),
        ),
      )
    : limits;
  return {
    allocated: Object.keys(requests).length ? requests : undefined,
    actual: { ...(Object.keys(shown).length && { limits: shown }), ...(Object.keys(requests).length && { requests }) },
  };
}

type Which = 'requests' | 'limits';

/** A pod's status is told several times, and its spec stays. */
const totals = new WeakMap<PodSpec, Partial<Record<Which, Amounts>>>();

/** Of all containers together: what runs at the same time is added, of what runs before only the most counts. Not to be changed. */
export function total({ spec }: Pod, which: Which): Readonly<Amounts> {
  let known = totals.get(spec);
  if (!known) totals.set(spec, (known = {}));
  return (known[which] ??= sumOf(spec, which));
}

function sumOf(spec: PodSpec, which: Which): Amounts {
  const sum: Amounts = {};
  for (const container of spec.containers) add(sum, container.resources[which]);
  const [sidecars, most]: [Amounts, Amounts] = [{}, {}];
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) {
      add(sum, container.resources[which]);
      add(sidecars, container.resources[which]);
      max(most, sidecars);
    } else max(most, added(sidecars, container));
  }
  max(sum, most);
  for (const [name, quantity] of Object.entries(spec.resources?.[which] ?? {})) sum[name] = quantity;
  if (spec.overhead && (which === 'requests' || Object.keys(sum).length)) {
    for (const [name, quantity] of Object.entries(spec.overhead)) {
      if (which === 'requests' || sum[name] !== undefined) sum[name] = addQuantities(sum[name], quantity);
    }
  }
  return sorted(sum);

  function added(base: Amounts, { resources }: Container): Amounts {
    const out = { ...base };
    add(out, resources[which]);
    return out;
  }
}

function add(sum: Amounts, more: Readonly<Amounts> | undefined): void {
  for (const name in more) sum[name] = sum[name] === undefined ? more[name]! : addQuantities(sum[name], more[name]);
}

function max(sum: Amounts, other: Readonly<Amounts>): void {
  for (const name in other) if (sum[name] === undefined || compareQuantities(other[name], sum[name]) > 0) sum[name] = other[name]!;
}

/** Go writes maps in the order of their keys. */
function sorted(amounts: Amounts): Amounts {
  const entries = Object.entries(amounts);
  return entries.length < 2 ? amounts : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
