// How fast the pods of silent nodes are driven away: a node in ten seconds in each zone; slower, or not at all, where so many are silent that the fault may be elsewhere; not
// at all when nobody is heard of. Mirrors handleDisruption and ComputeZoneState of pkg/controller/nodelifecycle.

import type { ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import { numberFlag } from '../flags.ts';
import { NODE_EVICTIONS } from '../meters.ts';
import { hasTaint, nodeCondition, NOT_READY, UNREACHABLE, withTaints, zoneOf } from './conditions.ts';

type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

interface Zone {
  readonly state: ZoneState;
  readonly size: number;
  /** Nodes that wait for their taint, in the order in which they came. */
  readonly queue: readonly string[];
  /** No taint before this time. */
  readonly nextAt: number;
}

const LARGE_ZONE = 50;
const [RATE, SECONDARY_RATE, THRESHOLD] = [0.1, 0.01, 0.55];
const STOPPED = 'stopped';
const zoneKey = (zone: string): string => `zone ${zone}`;

/** Every zone is silent: then nobody is driven away. */
export const isStopped = ({ state }: ControllerContext): boolean => state.get<boolean>(STOPPED) === true;

/** Looks at all nodes again after one changed. Gives the nodes to be looked at, when everything stops or goes on. */
export function noteZones(context: ControllerContext): string[] {
  const { api, state } = context;
  const all = api.list(nodes);
  const threshold = numberFlag(context, 'unhealthy-zone-threshold', THRESHOLD);
  const byZone = new Map<string, { ready: number; silent: number }>();
  for (const node of all) {
    if (node.metadata.labels?.['node.kubernetes.io/exclude-disruption'] !== undefined) continue;
    const zone = zoneOf(node);
    const counts = byZone.get(zone) ?? { ready: 0, silent: 0 };
    if (nodeCondition(node, 'Ready')?.status === 'True') counts.ready++;
    else counts.silent++;
    byZone.set(zone, counts);
  }
  for (const [key] of state.entries<Zone>()) if (key.startsWith('zone ') && !byZone.has(key.slice(5))) state.delete(key);
  for (const [zone, { ready, silent }] of byZone) {
    const old = state.get<Zone>(zoneKey(zone));
    const next = stateOf(ready, silent, threshold);
    if (old && old.state !== next)
      context.log('I', `"Controller detected that zone is now in new state" zone="${zone}" newState="${next}"`);
    state.set(zoneKey(zone), { queue: old?.queue ?? [], nextAt: old?.nextAt ?? 0, state: next, size: ready + silent } satisfies Zone);
    if (old && old.state !== next && old.queue.length) context.enqueue(zoneKey(zone));
  }
  const wasStopped = isStopped(context);
  const stops = byZone.size > 0 && [...byZone.values()].every(({ ready, silent }) => ready === 0 && silent > 0);
  if (stops === wasStopped) return [];
  if (!stops) {
    state.delete(STOPPED);
    context.log('I', '"Controller detected that some Nodes are Ready. Exiting master disruption mode"');
    return all.map(({ metadata }) => metadata.name);
  }
  context.log('I', '"Controller detected that all Nodes are not-Ready. Entering master disruption mode"');
  state.set(STOPPED, true);
  for (const node of all) {
    leaveQueue(context, node.metadata.name);
    if (!hasTaint(node, NOT_READY) && !hasTaint(node, UNREACHABLE)) continue;
    const kept = (node.spec.taints ?? []).filter(
      ({ key, effect }) => effect !== 'NoExecute' || (key !== NOT_READY.key && key !== UNREACHABLE.key),
    );
    api.update(nodes, withTaints(node, kept));
  }
  return [];
}

function stateOf(ready: number, silent: number, threshold: number): ZoneState {
  if (ready === 0 && silent > 0) return 'FullDisruption';
  return silent > 2 && silent / (ready + silent) >= threshold ? 'PartialDisruption' : 'Normal';
}

export function queueForTaint(context: ControllerContext, node: string, zone: string, at: number): void {
  const known = context.state.get<Zone>(zoneKey(zone));
  if (!known || known.queue.includes(node)) return;
  context.state.set(zoneKey(zone), {
    ...known,
    queue: [...known.queue, node],
    nextAt: Math.max(known.nextAt, known.queue.length ? 0 : at),
  });
  const { nextAt } = context.state.get<Zone>(zoneKey(zone))!;
  context.enqueue(zoneKey(zone), { after: Math.max(1, nextAt - context.now()) });
}

export function leaveQueue({ state }: ControllerContext, node: string): void {
  for (const [key, zone] of state.entries<Zone>())
    if (key.startsWith('zone ') && zone.queue.includes(node)) state.set(key, { ...zone, queue: zone.queue.filter((one) => one !== node) });
}

/** Nodes a second; 0 for none. */
function rateOf(context: ControllerContext, { state, size }: Zone): number {
  if (state !== 'PartialDisruption') return numberFlag(context, 'node-eviction-rate', RATE);
  const isLarge = size > numberFlag(context, 'large-cluster-size-threshold', LARGE_ZONE);
  return isLarge ? numberFlag(context, 'secondary-node-eviction-rate', SECONDARY_RATE) : 0;
}

/** Taints the next node of a zone, when it is time. */
export function taintNext(context: ControllerContext, name: string): Requeue | undefined {
  const { state, now, api } = context;
  const zone = state.get<Zone>(zoneKey(name));
  const rate = zone ? rateOf(context, zone) : 0;
  if (!zone?.queue.length || isStopped(context) || rate <= 0) return undefined;
  if (zone.nextAt > now()) return { after: zone.nextAt - now() };
  const [first = '', ...queue] = zone.queue;
  const node = api.get(nodes, '', first);
  const didTaint = node !== undefined && taint(context, node);
  const nextAt = didTaint ? now() + 1000 / rate : zone.nextAt;
  state.set(zoneKey(name), { ...zone, queue, nextAt } satisfies Zone);
  return queue.length ? { after: Math.max(1, nextAt - now()) } : undefined;
}

function taint({ api, now, meters }: ControllerContext, node: Node): boolean {
  const ready = nodeCondition(node, 'Ready')?.status ?? 'Unknown';
  if (ready === 'True') return false;
  const [wanted, opposite] = ready === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
  const kept = (node.spec.taints ?? []).filter(({ key, effect }) => effect !== 'NoExecute' || (key !== opposite.key && key !== wanted.key));
  api.update(nodes, withTaints(node, [...kept, { ...wanted, timeAdded: formatTime(now()) }]));
  meters.add(NODE_EVICTIONS, { zone: zoneOf(node) });
  return true;
}
