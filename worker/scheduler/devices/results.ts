// What a claim's status says of the devices that were found for it. Mirrors dynamic-resource-allocation/structured (allocator_incubating.go, Allocate).

import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../api/gen/core-v1.ts';
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import type { Choice } from './allocator.ts';
import type { Wish } from './wishes.ts';

/** `newId` makes the ids of shares. */
export function allocationOf(claim: ResourceClaim, choices: readonly Choice[], node: string, newId: () => string): AllocationResult {
  const wishes = [...new Map(choices.map(({ wish }) => [wish.name, wish])).values()];
  const config = [...configOfClasses(wishes), ...configOfClaim(claim, wishes)];
  const nodeSelector = selectorOf(choices, node);
  return {
    devices: { results: choices.map((choice) => resultOf(choice, newId)), ...(config.length && { config }) },
    ...(nodeSelector && { nodeSelector }),
  };
}

function resultOf(
  { wish: { name, isAdmin, tolerations }, device: { driver, pool, device }, share }: Choice,
  newId: () => string,
): DeviceRequestAllocationResult {
  const { bindingConditions, bindingFailureConditions } = device;
  return {
    request: name,
    driver,
    pool,
    device: device.name,
    ...(isAdmin && { adminAccess: true }),
    ...(tolerations.length && { tolerations: [...tolerations] }),
    ...(bindingConditions && { bindingConditions }),
    ...(bindingFailureConditions && { bindingFailureConditions }),
    ...(share && { shareID: newId() }),
    ...(share && Object.keys(share).length && { consumedCapacity: share }),
  };
}

/** What a class has is there once, for all the requests of the class. */
function configOfClasses(wishes: readonly Wish[]): DeviceAllocationConfiguration[] {
  const byClass = Map.groupBy(wishes, ({ deviceClass }) => deviceClass.metadata.name);
  return [...byClass.values()].flatMap((ofClass) =>
    (ofClass[0]!.deviceClass.spec.config ?? []).map((one) => ({
      source: 'FromClass',
      requests: ofClass.map(({ name }) => name),
      ...one,
    })),
  );
}

/** What is for no request in particular is there once; else once for every request that got devices. */
const configOfClaim = ({ spec }: ResourceClaim, wishes: readonly Wish[]): DeviceAllocationConfiguration[] =>
  (spec.devices.config ?? []).flatMap(({ requests, ...one }) => {
    if (!requests?.length) return [{ source: 'FromClaim', ...one }];
    return wishes
      .filter(({ name }) => requests.includes(name) || requests.includes(name.split('/')[0]!))
      .map(() => ({ source: 'FromClaim', requests, ...one }));
  });

/** The nodes that reach all of the devices: this one, if any device is one node's; else what every device's nodes have. */
function selectorOf(choices: readonly Choice[], node: string): NodeSelector | undefined {
  const term: NodeSelectorTerm = {};
  for (const { nodes } of choices.map(({ device }) => device)) {
    if (nodes === 'one') return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
    const { matchExpressions = [], matchFields = [] } = nodes?.nodeSelectorTerms?.[0] ?? {};
    if (matchExpressions.length) term.matchExpressions = together(term.matchExpressions ?? [], matchExpressions);
    if (matchFields.length) term.matchFields = together(term.matchFields ?? [], matchFields);
  }
  return Object.keys(term).length ? { nodeSelectorTerms: [term] } : undefined;
}

function together(some: readonly NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[]): NodeSelectorRequirement[] {
  const out = [...some];
  for (const one of more) if (!out.some((other) => isSame(one, other))) out.push(one);
  return out;
}

const isSame = (a: NodeSelectorRequirement, b: NodeSelectorRequirement): boolean =>
  a.key === b.key && a.operator === b.operator && isEqual([...(a.values ?? [])].sort(), [...(b.values ?? [])].sort());
