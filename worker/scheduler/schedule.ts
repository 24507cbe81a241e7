// Finding a node for a pod: which nodes take it, and which of them is best. Mirrors schedulePod of kube-scheduler's schedule_one.go.

import type { Random } from '../lib/host.ts';
import type { Cycle } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PluginScores, Profile } from './profile.ts';
import { unresolvable } from './status.ts';
import type { PluginStatus } from './status.ts';

/** Why there was no node. `statuses` has the nodes that were looked at; the others have `absent`. */
export interface Diagnosis {
  readonly statuses: ReadonlyMap<string, PluginStatus>;
  readonly absent: PluginStatus;
  readonly plugins: ReadonlySet<string>;
  readonly pendingPlugins: ReadonlySet<string>;
  readonly preFilterMessage: string;
}

export type ScheduleResult =
  | {
      readonly node: NodeInfo;
      readonly evaluated: number;
      readonly feasible: readonly NodeInfo[];
      readonly scores: readonly PluginScores[];
    }
  | { readonly diagnosis: Diagnosis; readonly allNodes: number }
  | { readonly error: string };

/** Where the next search among the nodes begins. */
export interface Rotation {
  next: number;
}

/** For nodes that were not looked at: removing pods would not help there. */
const NOT_LOOKED_AT = unresolvable('');

export function findNode(profile: Profile, cycle: Cycle, rotation: Rotation, random: Random): ScheduleResult {
  const { nodes } = profile.handle.cache;
  const pre = profile.preFilter(cycle);
  if (pre.status) {
    if (pre.status.code === 'Error') return { error: pre.status.reasons.join(', ') };
    return { allNodes: nodes.length, diagnosis: diagnose(new Map(), pre.status, pre.limiters, pre.status.reasons.join(', ')) };
  }
  const candidates = pre.nodes ? nodes.filter(({ name }) => pre.nodes!.has(name)) : nodes;
  const absent = pre.nodes ? unresolvable('', `node(s) didn't satisfy plugin(s) [${[...pre.limiters].sort().join(' ')}]`) : NOT_LOOKED_AT;

  const wanted = feasibleNodesToFind(candidates.length, profile.percentageOfNodesToScore);
  const feasible: NodeInfo[] = [];
  const statuses = new Map<string, PluginStatus>();
  let looked = 0;
  for (; looked < candidates.length && feasible.length < wanted; looked++) {
    const node = candidates[(rotation.next + looked) % candidates.length]!;
    const status = profile.filter(pre.filters, node, cycle);
    if (!status) feasible.push(node);
    else if (status.code === 'Error') return { error: status.reasons.join(', ') };
    else statuses.set(node.name, status);
  }
  rotation.next = (rotation.next + looked) % nodes.length;
  if (!feasible.length) return { allNodes: nodes.length, diagnosis: diagnose(statuses, absent, pre.limiters, '') };
  if (feasible.length === 1) return { node: feasible[0]!, evaluated: looked, feasible, scores: [] };

  const scores = profile.score(cycle, feasible);
  if (!Array.isArray(scores)) return { error: scores.reasons.join(', ') };
  return { node: best(feasible, scores, random), evaluated: looked, feasible, scores };
}

const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many nodes that fit are enough: fewer in proportion, the more there are. */
export function feasibleNodesToFind(nodes: number, configured: number | undefined): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percentage = configured || Math.max(50 - Math.trunc(nodes / 125), MIN_PERCENTAGE);
  return Math.max(Math.trunc((nodes * percentage) / 100), MIN_FEASIBLE);
}

/** The node with the highest sum; among equals, any. */
function best(nodes: readonly NodeInfo[], all: readonly PluginScores[], random: Random): NodeInfo {
  let winners: NodeInfo[] = [];
  let highest = -1;
  for (let i = 0; i < nodes.length; i++) {
    let total = 0;
    for (const { scores } of all) total += scores[i]!;
    if (total > highest) [highest, winners] = [total, [nodes[i]!]];
    else if (total === highest) winners.push(nodes[i]!);
  }
  return winners.length === 1 ? winners[0]! : winners[random.below(winners.length)]!;
}

function diagnose(
  statuses: ReadonlyMap<string, PluginStatus>,
  absent: PluginStatus,
  limiters: readonly string[],
  preFilterMessage: string,
): Diagnosis {
  const plugins = new Set(limiters);
  const pendingPlugins = new Set<string>();
  for (const { plugin, code } of [...statuses.values(), ...(preFilterMessage ? [absent] : [])]) {
    if (!plugin) continue;
    plugins.add(plugin);
    if (code === 'Pending') pendingPlugins.add(plugin);
  }
  return { statuses, absent, plugins, pendingPlugins, preFilterMessage };
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
export function fitMessage(allNodes: number, { statuses, absent, preFilterMessage }: Diagnosis, postFilterMessage: string): string {
  let text = `0/${allNodes} nodes are available:`;
  if (preFilterMessage) text += ` ${preFilterMessage}.`;
  else {
    const counts = new Map<string, number>();
    const count = (reason: string, by: number): void => void counts.set(reason, (counts.get(reason) ?? 0) + by);
    for (const { reasons } of statuses.values()) for (const reason of reasons) count(reason, 1);
    if (statuses.size < allNodes) for (const reason of absent.reasons) count(reason, allNodes - statuses.size);
    const parts = [...counts].map(([reason, n]) => `${n} ${reason}`).sort(byCodeUnit);
    if (parts.length) text += ` ${parts.join(', ')}.`;
  }
  return postFilterMessage ? `${text} ${postFilterMessage}` : text;
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
