// Finding a node for a pod: which nodes take it, and which of them is best. Mirrors schedulePod of kube-scheduler's schedule_one.go.

import type { Random } from '../lib/host.ts';
import type { Answers } from './answers.ts';
import type { Cycle, Refusals } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { ActiveFilter, PluginScores, PreFilterResult, Profile } from './profile.ts';
import { messageOf, unresolvable } from './status.ts';
import { NodeStatuses } from './statuses.ts';
import type { Statuses } from './statuses.ts';
import type { PluginStatus } from './status.ts';

/** Why there was no node. `statuses` has the nodes that were looked at; for the others `absent` holds. */
export interface Diagnosis {
  readonly allNodes: number;
  readonly statuses: Statuses;
  readonly absent: PluginStatus;
  /** The plugins that refused, and those of them that know what they wait for. */
  readonly rejectors: readonly string[];
  readonly pending: readonly string[];
  /** Why no node was even looked at. */
  readonly preFilterMessage: string;
}

/** What a search for a node found. `feasible` and `scores` go together; there are no scores where one node was left. */
export interface Search {
  readonly node: NodeInfo | undefined;
  readonly feasible: readonly NodeInfo[];
  readonly scores: readonly PluginScores[];
  readonly diagnosis: Diagnosis;
  /** For PostFilter. */
  readonly filters: readonly ActiveFilter[];
  readonly error: string | undefined;
}

/** Where the next search among the nodes begins. */
export interface Rotation {
  next: number;
}

/** For nodes that were not looked at: removing pods would not help there. */
const NOT_LOOKED_AT = unresolvable('');
const NO_STATUSES: Statuses = new Map();
const NONE: readonly never[] = [];

/** Feasible nodes while they are being found: most searches find about as many. */
const scratch: NodeInfo[] = [];

export function findNode(profile: Profile, cycle: Cycle, rotation: Rotation, random: Random): Search {
  const { nodes } = profile.handle.cache;
  const pre = profile.preFilter(cycle);
  if (pre.status) return refusedBefore(profile, pre);
  const nominated = nominatedNode(profile, cycle);
  let tried: [string, PluginStatus] | undefined;
  if (nominated) {
    const status = profile.filterWithNominated(pre.filters, nominated, cycle);
    if (!status) return choose(profile, cycle, [nominated], found(nodes.length, NO_STATUSES, NOT_LOOKED_AT), pre, random);
    if (status.code !== 'Error') tried = [nominated.name, status];
  }
  const statuses = tried ? new Map([tried]) : new NodeStatuses();
  const answers = profile.answersFor(pre.filters, cycle);
  const feasible = filterNodes(profile, cycle, pre, statuses, rotation, answers);
  if ('code' in feasible) return broken(messageOf(feasible));
  const absent = absentFrom(pre);
  if (feasible.length) return choose(profile, cycle, feasible, found(nodes.length, statuses, absent), pre, random, answers);
  return noNode(pre, diagnose(nodes.length, statuses, absent, pre.limiters, ''));
}

/** PreFilter said no, or broke. */
export function refusedBefore({ handle }: Profile, pre: PreFilterResult): Search {
  const status = pre.status!;
  const message = messageOf(status);
  if (status.code === 'Error') return broken(message);
  return noNode(pre, diagnose(handle.cache.nodes.length, NO_STATUSES, status, pre.limiters, message));
}

export const nominatedNode = ({ handle }: Profile, { info: { nominatedNodeName } }: Cycle): NodeInfo | undefined =>
  nominatedNodeName ? handle.cache.node(nominatedNodeName) : undefined;

/** What holds for nodes that were not looked at. */
export const absentFrom = ({ nodes, limiters }: PreFilterResult): PluginStatus =>
  nodes ? unresolvable('', `node(s) didn't satisfy plugin(s) [${[...limiters].sort().join(' ')}]`) : NOT_LOOKED_AT;

/** The nodes that all filters let pass, until enough are found; `statuses` is told of the others. Or what broke. */
export function filterNodes(
  profile: Profile,
  cycle: Cycle,
  pre: PreFilterResult,
  statuses: Statuses & { set(node: string, status: PluginStatus): void },
  rotation: Rotation,
  answers?: Answers,
): readonly NodeInfo[] | PluginStatus {
  const { nodes } = profile.handle.cache;
  const only = pre.nodes;
  const candidates = only ? nodes.filter(({ name }) => only.has(name)) : nodes;
  const wanted = profile.takesFirst ? 1 : feasibleNodesToFind(candidates.length, profile.percentageOfNodesToScore);
  const { nominator } = profile.handle;
  const isNobodyNominated = nominator.isEmpty;
  const known = answers?.filters ?? 0;
  const ask = (node: NodeInfo): PluginStatus | undefined => profile.filter(pre.filters, node, cycle, 0, known);
  const askAll = (node: NodeInfo): PluginStatus | undefined => {
    if (!answers || (!isNobodyNominated && nominator.has(node.name))) return profile.filterWithNominated(pre.filters, node, cycle);
    return answers.refusal(node, ask) ?? (known < pre.filters.length ? profile.filter(pre.filters, node, cycle, known) : undefined);
  };
  let fitting = 0;
  let looked = 0;
  let at = rotation.next % Math.max(candidates.length, 1);
  for (; looked < candidates.length && fitting < wanted; looked++) {
    const node = candidates[at]!;
    if (++at === candidates.length) at = 0;
    const status = askAll(node);
    if (!status) scratch[fitting++] = node;
    else if (status.code === 'Error') return status;
    else statuses.set(node.name, status);
  }
  rotation.next = (rotation.next + fitting + statuses.size) % nodes.length;
  return scratch.slice(0, fitting);
}

function choose(
  profile: Profile,
  cycle: Cycle,
  feasible: readonly NodeInfo[],
  diagnosis: Diagnosis,
  { filters }: PreFilterResult,
  random: Random,
  answers?: Answers,
): Search {
  if (feasible.length === 1) return { node: feasible[0]!, feasible, scores: NONE, diagnosis, filters, error: undefined };
  const scores = profile.score(cycle, feasible, answers);
  if ('code' in scores) return broken(messageOf(scores));
  return { node: best(feasible, scores, random), feasible, scores, diagnosis, filters, error: undefined };
}

export const noNode = ({ filters }: PreFilterResult, diagnosis: Diagnosis): Search => ({
  node: undefined,
  feasible: NONE,
  scores: NONE,
  diagnosis,
  filters,
  error: undefined,
});

export const broken = (error: string): Search => ({
  node: undefined,
  feasible: NONE,
  scores: NONE,
  diagnosis: diagnose(0, NO_STATUSES, NOT_LOOKED_AT, NONE, ''),
  filters: NONE,
  error,
});

const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many nodes that fit are enough: the fewer in proportion, the more there are. */
export function feasibleNodesToFind(nodes: number, configured: number): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percentage = configured || Math.max(50 - Math.trunc(nodes / 125), MIN_PERCENTAGE);
  return Math.max(Math.trunc((nodes * percentage) / 100), MIN_FEASIBLE);
}

/** The node with the highest sum; among equals, any. */
export function best(nodes: readonly NodeInfo[], all: readonly PluginScores[], random: Random): NodeInfo {
  const winners: NodeInfo[] = [];
  let highest = -Infinity;
  for (let i = 0; i < nodes.length; i++) {
    let total = 0;
    for (let p = 0; p < all.length; p++) total += all[p]!.scores[i]!;
    if (total < highest) continue;
    if (total > highest) winners.length = 0;
    highest = total;
    winners.push(nodes[i]!);
  }
  return winners.length === 1 ? winners[0]! : winners[random.below(winners.length)]!;
}

/** Where there is a node, nobody asks who refused others. */
const found = (allNodes: number, statuses: Statuses, absent: PluginStatus): Diagnosis => ({
  allNodes,
  statuses,
  absent,
  rejectors: NONE,
  pending: NONE,
  preFilterMessage: '',
});

export function diagnose(
  allNodes: number,
  statuses: Statuses,
  absent: PluginStatus,
  limiters: readonly string[],
  preFilterMessage: string,
): Diagnosis {
  const rejectors = new Set(limiters);
  const pending = new Set<string>();
  const count = ({ plugin, code }: PluginStatus): void => {
    if (!plugin) return;
    rejectors.add(plugin);
    if (code === 'Pending') pending.add(plugin);
  };
  for (const status of statuses.values()) count(status);
  if (preFilterMessage) count(absent);
  return { allNodes, statuses, absent, rejectors: [...rejectors].sort(), pending: [...pending].sort(), preFilterMessage };
}

/** What PostFilter may ask about a search that found nothing. */
export const refusalsOf = (profile: Profile, cycle: Cycle, { diagnosis, filters }: Search): Refusals => ({
  statusOf: (node) => diagnosis.statuses.get(node) ?? diagnosis.absent,
  trial: () => profile.trial(filters, cycle),
});

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
export function fitMessage(
  { allNodes, statuses, absent, preFilterMessage }: Pick<Diagnosis, 'allNodes' | 'statuses' | 'absent' | 'preFilterMessage'>,
  postFilterMessage: string,
): string {
  let text = `0/${allNodes} nodes are available:`;
  if (preFilterMessage) text += ` ${preFilterMessage}.`;
  else {
    const counts = new Map<string, number>();
    const count = (reason: string, by: number): void => void counts.set(reason, (counts.get(reason) ?? 0) + by);
    for (const { reasons } of statuses.values()) for (const reason of reasons) count(reason, 1);
    if (statuses.size < allNodes) for (const reason of absent.reasons) count(reason, allNodes - statuses.size);
    const parts = [...counts].map(([reason, n]) => `${n} ${reason}`).sort();
    if (parts.length) text += ` ${parts.join(', ')}.`;
  }
  return postFilterMessage ? `${text} ${postFilterMessage}` : text;
}
