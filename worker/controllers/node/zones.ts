// How fast the pods of silent nodes are driven away: a node in ten seconds in each zone; slower, or not at all, where so many are silent that the fault may be elsewhere; not
// at all when nobody is heard of. Mirrors handleDisruption and ComputeZoneState of pkg/controller/nodelifecycle.

import type { ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import { numberFlag } from '../flags.ts';
import { NODE_EVICTIONS } from '../meters.ts';
import { isExcluded, nodeCondition, NOT_READY, UNREACHABLE, withoutSilence, withTaints, zoneOf } from './conditions.ts';

type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

interface Zone {
  readonly state: ZoneState;
  readonly size: number;
  /** Nodes that wait for their taint, in the order in which they came. */
  readonly queue: readonly string[];
  /** No taint before this time: when the rate allows the next. */
  readonly nextAt: number;
  /** Nor before this one: when the first of them is looked at. */
  readonly from?: number;
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
    const zone = zoneOf(node);
    const counts = byZone.get(zone) ?? { ready: 0, silent: 0 };
    if (isExcluded(node)) byZone.set(zone, counts);
    else if (nodeCondition(node, 'Ready')?.status === 'True') counts.ready++;
    else counts.silent++;
    byZone.set(zone, counts);
  }
  for (const [key] of state.entries<Zone>()) if (key.startsWith('zone ') && !byZone.has(key.slice(5))) state.delete(key);
  for (const [zone, { ready, silent }] of byZone) {
    const old = state.get<Zone>(zoneKey(zone));
    const next: Zone = { queue: [], nextAt: 0, ...old, state: stateOf(ready, silent, threshold), size: ready + silent };
    if (!old) context.meters.add(NODE_EVICTIONS, { zone }, 0);
    else if (old.state !== next.state)
      context.log('I', `"Controller detected that zone is now in new state" zone="${zone}" newState="${next.state}"`);
    const isAnother = old !== undefined && old.state !== next.state && rateOf(context, old) !== rateOf(context, next);
    state.set(zoneKey(zone), isAnother ? limited(context, next, rateOf(context, old) === 0) : next);
    if (old && old.state !== next.state && old.queue.length) context.enqueue(zoneKey(zone));
  }
  const wasStopped = isStopped(context);
  const counted = [...byZone.values()].filter(({ ready, silent }) => ready + silent > 0);
  const stops = counted.length > 0 && counted.every(({ ready }) => ready === 0);
  if (stops === wasStopped) return [];
  if (!stops) {
    state.delete(STOPPED);
    for (const zone of byZone.keys()) state.set(zoneKey(zone), limited(context, state.get<Zone>(zoneKey(zone))!, true));
    context.log('I', '"Controller detected that some Nodes are Ready. Exiting master disruption mode"');
    return all.map(({ metadata }) => metadata.name);
  }
  context.log('I', '"Controller detected that all Nodes are not-Ready. Entering master disruption mode"');
  state.set(STOPPED, true);
  for (const node of all) {
    leaveQueue(context, node.metadata.name);
    const healthy = withoutSilence(node);
    if (healthy !== node) api.update(nodes, healthy);
  }
  return [];
}

function stateOf(ready: number, silent: number, threshold: number): ZoneState {
  if (ready === 0 && silent > 0) return 'FullDisruption';
  return silent > 2 && silent / (ready + silent) >= threshold ? 'PartialDisruption' : 'Normal';
}

/** A zone that goes on at another rate: where one waited for the old, the new has to pass first. */
function limited(context: ControllerContext, zone: Zone, isWaiting: boolean): Zone {
  const rate = rateOf(context, zone);
  const waits = rate > 0 && (isWaiting || zone.nextAt > context.now());
  return waits ? { ...zone, nextAt: context.now() + 1000 / rate } : zone;
}

export function queueForTaint(context: ControllerContext, node: string, zone: string, at: number): void {
  const known = context.state.get<Zone>(zoneKey(zone));
  if (!known || known.queue.includes(node)) return;
  const next: Zone = { ...known, queue: [...known.queue, node], ...(!known.queue.length && { from: at }) };
  context.state.set(zoneKey(zone), next);
  context.enqueue(zoneKey(zone), { after: Math.max(1, timeOfNext(next) - context.now()) });
}

const timeOfNext = ({ nextAt, from = 0 }: Zone): number => Math.max(nextAt, from);

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
  if (timeOfNext(zone) > now()) return { after: timeOfNext(zone) - now() };
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
