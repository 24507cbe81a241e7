// The rolling update of a DaemonSet: node by node, as many at once as may be unavailable, or as may have two pods. Mirrors rollingUpdate of update.go.

import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { isAvailable } from '../../resources/core/pod-state.ts';
import { fitOf } from './nodes.ts';
import { isUpdated, surgeOf, syncPods, unavailableOf } from './pods.ts';
import type { Look } from './pods.ts';

export function rollOut(look: Look): void {
  const wanted = look.nodes.filter((node) => fitOf(look.set, node).shouldRun).map(({ metadata }) => metadata.name);
  const entries: [string, readonly Pod[]][] = [
    ...look.byNode,
    ...wanted.filter((name) => !look.byNode.has(name)).map((name): [string, Pod[]] => [name, []]),
  ];
  const byNode = new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  const surge = surgeOf(look.set, wanted.length);
  if (surge === 0) rollOutInPlace(look, byNode, unavailableOf(look.set, wanted.length) || (wanted.length ? 1 : 0));
  else rollOutWithSurge(look, byNode, new Set(wanted), surge);
}

/** The pod of the present template and that of an older one; undefined if there are several of either. */
function pairOn(look: Look, pods: readonly Pod[]): { fresh: Pod | undefined; old: Pod | undefined } | undefined {
  const alive = pods.filter((pod) => !isTerminating(pod));
  const fresh = alive.filter((pod) => isUpdated(look, pod));
  const old = alive.filter((pod) => !isUpdated(look, pod));
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
}

const isUp = ({ set, context }: Look, pod: Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, context.now());

function rollOutInPlace(look: Look, byNode: ReadonlyMap<string, readonly Pod[]>, maxUnavailable: number): void {
  let unavailable = 0;
  const atOnce: Pod[] = [];
  const inTurn: Pod[] = [];
  for (const pods of byNode.values()) {
    const pair = pairOn(look, pods);
    if (!pair || Boolean(pair.fresh) === Boolean(pair.old)) unavailable++;
    else if (pair.fresh) unavailable += isUp(look, pair.fresh) ? 0 : 1;
    else if (!isUp(look, pair.old!)) {
      atOnce.push(pair.old!);
      unavailable++;
    } else if (unavailable < maxUnavailable) inTurn.push(pair.old!);
  }
  syncPods(look, [...atOnce, ...inTurn.slice(0, Math.max(0, maxUnavailable - unavailable))], []);
}

function rollOutWithSurge(look: Look, byNode: ReadonlyMap<string, readonly Pod[]>, wanted: ReadonlySet<string>, maxSurge: number): void {
  let [surge, available] = [0, 0];
  const toDelete: Pod[] = [];
  /** Of nodes that should have no pod any more: they go as others become available. */
  const onSunsetNodes: Pod[] = [];
  const atOnce: string[] = [];
  const inTurn: string[] = [];
  for (const [node, pods] of byNode) {
    const pair = pairOn(look, pods);
    if (!pair) {
      surge++;
      continue;
    }
    const { fresh, old } = pair;
    const serving = old ?? fresh;
    if (serving && isUp(look, serving)) available++;
    if (!old) continue;
    if (fresh) {
      if (isUp(look, fresh)) toDelete.push(old);
      else surge++;
    } else if (!isUp(look, old)) {
      if (wanted.has(node)) atOnce.push(node);
      else toDelete.push(old);
    } else if (!wanted.has(node)) onSunsetNodes.push(old);
    else if (surge < maxSurge) inTurn.push(node);
  }
  toDelete.push(...onSunsetNodes.slice(0, Math.max(0, available - wanted.size)));
  syncPods(look, toDelete, [...atOnce, ...inTurn.slice(0, Math.max(0, maxSurge - surge))]);
}
