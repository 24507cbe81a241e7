// Topology Aware Routing (annotation `service.kubernetes.io/topology-mode: Auto`): endpoints are shared among zones in proportion to their CPU, if that can be done
// without overloading one. Mirrors the endpointslice library's topologycache; the endpoints of zones that it remembers are read off the slices here.

import type { Node } from '../../api/gen/core-v1.ts';
import type { Endpoint, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { quantityMilliValue } from '../../lib/quantity.ts';
import { rewriteEndpoints, withoutHints } from './hints.ts';
import type { SlicePlan } from './slices.ts';

const OVERLOAD = 0.2;
export const ZONE = 'topology.kubernetes.io/zone';

/** Each zone's share of the CPU of ready nodes; undefined if a node does not say, or there is one zone only. */
export function cpuRatios(nodes: readonly Node[]): Map<string, number> | undefined {
  const byZone = new Map<string, number>();
  for (const { metadata, status } of nodes) {
    const labels = metadata.labels ?? {};
    if ('node-role.kubernetes.io/control-plane' in labels || 'node-role.kubernetes.io/master' in labels) continue;
    if (status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue;
    const cpu = quantityMilliValue(status.allocatable?.['cpu']);
    const zone = labels[ZONE];
    if (!zone || !cpu) return undefined;
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu);
  }
  const total = [...byZone.values()].reduce((sum, cpu) => sum + cpu, 0);
  return total && byZone.size > 1 ? new Map([...byZone].map(([zone, cpu]) => [zone, cpu / total])) : undefined;
}

interface Allocation {
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
}

const isReady = ({ conditions }: Endpoint): boolean => conditions.ready === true;
const readyOf = (slices: readonly EndpointSlice[]): Endpoint[] => slices.flatMap(({ endpoints }) => endpoints ?? []).filter(isReady);

/** The plan with hints; or without any, and the reason. */
export function addTopologyHints(
  plan: SlicePlan,
  unchanged: readonly EndpointSlice[],
  ratios: Map<string, number> | undefined,
): { plan: SlicePlan; problem?: string } {
  const refuse = (problem: string): { plan: SlicePlan; problem: string } => ({
    plan: rewriteEndpoints(plan, unchanged, withoutHints),
    problem,
  });
  const total = readyOf([...plan.create, ...plan.update, ...unchanged]).length;
  const allocations = allocate(total, ratios);
  if (typeof allocations === 'string') return refuse(allocations);

  const given = new Map<string, number>();
  const add = (zone: string, count = 1): void => void given.set(zone, (given.get(zone) ?? 0) + count);
  const toWrite: EndpointSlice[] = [];
  for (const slice of unchanged) {
    const zones = zonesOf(slice, given, allocations);
    if (zones) for (const [zone, count] of zones) add(zone, count);
    else toWrite.push(slice);
  }
  const slices = [...plan.create, ...plan.update, ...toWrite].map((slice) => ({ ...slice, endpoints: [...(slice.endpoints ?? [])] }));
  for (const { endpoints } of slices) {
    for (const [i, endpoint] of endpoints.entries()) {
      if (!isReady(endpoint)) continue;
      if (!endpoint.zone) return refuse('One or more endpoints do not have a zone specified');
      add(endpoint.zone);
      endpoints[i] = { ...endpoint, hints: { forZones: [{ name: endpoint.zone }] } };
    }
  }
  redistribute(slices, ...givingAndReceiving(allocations, given));
  if (!given.size) return refuse('No hints allocated for zones');
  return { plan: { create: slices.slice(0, plan.create.length), update: slices.slice(plan.create.length), delete: plan.delete } };
}

function allocate(total: number, ratios: Map<string, number> | undefined): Map<string, Allocation> | string {
  if (!ratios) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  const counts = `(${total} endpoints, ${ratios.size} zones)`;
  if (ratios.size > total) return `Insufficient number of endpoints ${counts}`;
  const minimums = [...ratios].map(([zone, ratio]) => ({
    zone,
    wanted: ratio * total,
    minimum: Math.ceil((ratio * total) / (1 + OVERLOAD)),
  }));
  const least = minimums.reduce((sum, { minimum }) => sum + minimum, 0);
  if (least > total) return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    minimums.map(({ zone, wanted, minimum }) => [zone, { minimum, desired: Math.max(wanted, minimum), maximum: minimum + total - least }]),
  );
}

/** How many endpoints of a slice are for which zone; undefined if they cannot stay so. */
function zonesOf(
  slice: EndpointSlice,
  given: ReadonlyMap<string, number>,
  allocations: ReadonlyMap<string, Allocation>,
): Map<string, number> | undefined {
  const zones = new Map<string, number>();
  for (const { hints } of (slice.endpoints ?? []).filter(isReady)) {
    if (!hints?.forZones?.length) return undefined;
    for (const { name } of hints.forZones) {
      if (!allocations.has(name)) return undefined;
      zones.set(name, (zones.get(name) ?? 0) + 1);
    }
  }
  const fits = [...zones].every(([zone, count]) => count + (given.get(zone) ?? 0) <= allocations.get(zone)!.maximum);
  return fits ? zones : undefined;
}

function givingAndReceiving(
  allocations: ReadonlyMap<string, Allocation>,
  given: ReadonlyMap<string, number>,
): [giving: Map<string, number>, receiving: Map<string, number>] {
  const surplus = new Map<string, number>();
  const need = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const difference = (given.get(zone) ?? 0) - desired;
    if (difference > 0) surplus.set(zone, difference);
    else if (difference < 0) need.set(zone, -difference);
  }
  const [giving, receiving] = [new Map<string, number>(), new Map<string, number>()];
  const step = (from: Map<string, number>, to: Map<string, number>, zone: string): void => {
    from.set(zone, from.get(zone)! - 1);
    to.set(zone, (to.get(zone) ?? 0) + 1);
  };
  for (;;) {
    const [giver, give] = most(surplus);
    const [receiver, receive] = most(need);
    if (!giver || !receiver || (give < 1 && receive < 1) || give < 0.5 || receive < 0.5) return [giving, receiving];
    step(surplus, giving, giver);
    step(need, receiving, receiver);
  }
}

function most(zones: ReadonlyMap<string, number>): [zone: string, count: number] {
  let best: [string, number] = ['', 0];
  for (const [zone, count] of zones) if (count > best[1]) best = [zone, count];
  return best;
}

/** Gives endpoints of zones that have too many to zones that have too few. */
function redistribute(slices: readonly { endpoints: Endpoint[] }[], giving: Map<string, number>, receiving: Map<string, number>): void {
  for (const { endpoints } of slices) {
    for (const [i, endpoint] of endpoints.entries()) {
      if (!isReady(endpoint) || !endpoint.zone || !giving.get(endpoint.zone)) continue;
      const receiver = [...receiving].find(([, count]) => count > 0)?.[0];
      if (receiver === undefined) return;
      endpoints[i] = { ...endpoint, hints: { forZones: [{ name: receiver }] } };
      giving.set(endpoint.zone, giving.get(endpoint.zone)! - 1);
      receiving.set(receiver, receiving.get(receiver)! - 1);
    }
  }
}

/** A zone has fewer endpoints than it must have: the hints have to be made anew. */
export function isOverloaded(slices: readonly EndpointSlice[], ratios: Map<string, number> | undefined): boolean {
  const zones = new Map<string, number>();
  for (const { hints } of readyOf(slices)) for (const { name } of hints?.forZones ?? []) zones.set(name, (zones.get(name) ?? 0) + 1);
  if (!zones.size) return false;
  if (!ratios) return true;
  const total = [...zones.values()].reduce((sum, count) => sum + count, 0);
  return [...ratios].some(([zone, ratio]) => (zones.get(zone) ?? 0) < Math.ceil((total * ratio) / (1 + OVERLOAD)));
}
