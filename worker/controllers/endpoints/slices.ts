// Distributing endpoints over slices of at most so many (a hundred, mostly), with as few writes as it can be done. Mirrors reconcileByPortMapping of the endpointslice library.

import type { Endpoint, EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { isEqual } from '../../lib/json.ts';

/** What is to become of slices. New ones have no name yet. */
export interface SlicePlan {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly delete: EndpointSlice[];
}

/** How many endpoints come and go with it. */
export interface CountedPlan extends SlicePlan {
  readonly added: number;
  readonly removed: number;
}

/** Two endpoints of equal keys are the same one in another state. */
export const endpointKey = ({ addresses, hostname = '', targetRef }: Endpoint): string =>
  [...addresses.toSorted(), hostname, targetRef?.namespace, targetRef?.name].join(' ');

const endpointsOf = ({ endpoints }: EndpointSlice): Endpoint[] => endpoints ?? [];

/** Hints are given later; they do not make an endpoint another one. */
const isSame = ({ hints: _a, ...a }: Endpoint, { hints: _b, ...b }: Endpoint): boolean => isEqual(a, b);

export interface SliceRules {
  /** How many endpoints a slice may have. */
  readonly most: number;
  make(): EndpointSlice;
  /** The slice with the labels it should have; the same object if it has them. */
  refresh(slice: EndpointSlice): EndpointSlice;
}

/** For the slices of one set of ports. */
export function planSlices(present: readonly EndpointSlice[], wanted: readonly Endpoint[], rules: SliceRules): CountedPlan {
  const left = new Map(wanted.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const plan: SlicePlan = { create: [], update: [], delete: [] };
  const unchanged: EndpointSlice[] = [];
  let removed = 0;
  for (const slice of present) {
    const before = endpointsOf(slice);
    const kept: Endpoint[] = [];
    let changed = false;
    for (const endpoint of before) {
      const key = endpointKey(endpoint);
      const now = left.get(key);
      if (!now) continue;
      left.delete(key);
      kept.push(now);
      changed ||= !isSame(now, endpoint);
    }
    removed += before.length - kept.length;
    const fresh = rules.refresh(slice);
    if (changed || kept.length !== before.length) {
      if (kept.length) plan.update.push({ ...fresh, endpoints: kept });
      else plan.delete.push(slice);
    } else if (fresh !== slice) plan.update.push({ ...fresh, endpoints: before });
    else unchanged.push(slice);
  }
  const rest = [...left.values()];
  const added = rest.length;
  fillUpdated(plan, rest, rules.most);
  fillOthers(plan, unchanged, rest, rules);
  return { ...plan, added, removed };
}

/** Slices that are written anyway take the new ones first, the fullest before the others. */
function fillUpdated({ update }: SlicePlan, rest: Endpoint[], most: number): void {
  const byLength = update.map((slice, i) => ({ i, length: endpointsOf(slice).length })).sort((a, b) => b.length - a.length);
  for (const { i } of byLength) update[i] = fill(update[i]!, rest, most);
}

/** Then the one slice that the rest fits best, then new ones. */
function fillOthers(plan: SlicePlan, unchanged: EndpointSlice[], rest: Endpoint[], { most, make }: SliceRules): void {
  while (rest.length) {
    const fitting = rest.length < most ? bestFit(unchanged, rest.length, most) : undefined;
    if (fitting) {
      unchanged.splice(unchanged.indexOf(fitting), 1);
      plan.update.push(fill(fitting, rest, most));
    } else {
      plan.create.push(fill(make(), rest, most));
    }
  }
}

function bestFit(slices: readonly EndpointSlice[], count: number, most: number): EndpointSlice | undefined {
  let best: { slice: EndpointSlice; room: number } | undefined;
  for (const slice of slices) {
    const room = most - count - endpointsOf(slice).length;
    if (room >= 0 && room < (best?.room ?? most)) best = { slice, room };
  }
  return best?.slice;
}

function fill(slice: EndpointSlice, rest: Endpoint[], most: number): EndpointSlice {
  const present = endpointsOf(slice);
  const room = most - present.length;
  return room > 0 && rest.length ? { ...slice, endpoints: [...present, ...rest.splice(0, room)] } : slice;
}
