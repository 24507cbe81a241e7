// Finding a node for a pod where extenders have a say. Mirrors findNodesThatFitPod and prioritizeNodes of kube-scheduler's schedule_one.go.

import type { Random } from '../../lib/host.ts';
import type { Asking } from '../asking.ts';
import type { Cycle } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PreFilterResult, Profile } from '../profile.ts';
import { absentFrom, best, broken, diagnose, filterNodes, noNode, nominatedNode, refusedBefore } from '../schedule.ts';
import type { Diagnosis, Rotation, Search } from '../schedule.ts';
import { messageOf } from '../status.ts';
import type { PluginStatus } from '../status.ts';
import { EXTENDER, ExtenderError } from './extender.ts';
import { passExtenders, scoresOfExtenders } from './cycle.ts';

export function* findNodeAsking(profile: Profile, cycle: Cycle, rotation: Rotation, random: Random): Asking<Search> {
  const { handle } = profile;
  const pre = profile.preFilter(cycle);
  if (pre.status) return refusedBefore(profile, pre);
  const statuses = new Map<string, PluginStatus>();
  try {
    const nominated = yield* tryNominated(profile, cycle, pre, statuses);
    if (nominated) return yield* choose(profile, cycle, [nominated], statuses, pre, [], random);
    const feasible = filterNodes(profile, cycle, pre, statuses, rotation);
    if ('code' in feasible) return broken(messageOf(feasible));
    const left = yield* passExtenders(handle, cycle.pod, feasible, statuses);
    return yield* choose(profile, cycle, left, statuses, pre, left.length === feasible.length ? [] : [EXTENDER], random);
  } catch (error) {
    if (error instanceof ExtenderError) return broken(error.message);
    throw error;
  }
}

/** Whatever goes wrong there: all nodes are looked at then. */
function* tryNominated(
  profile: Profile,
  cycle: Cycle,
  pre: PreFilterResult,
  statuses: Map<string, PluginStatus>,
): Asking<NodeInfo | undefined> {
  const { handle } = profile;
  const node = nominatedNode(profile, cycle);
  if (!node) return undefined;
  const status = profile.filterWithNominated(pre.filters, node, cycle);
  if (status) {
    if (status.code !== 'Error') statuses.set(node.name, status);
    return undefined;
  }
  try {
    return (yield* passExtenders(handle, cycle.pod, [node], statuses))[0];
  } catch (error) {
    if (!(error instanceof ExtenderError)) throw error;
    handle.log(
      'E',
      `"Evaluation failed on nominated node" err=${JSON.stringify(error.message)} logger="UnhandledError" pod=${JSON.stringify(cycle.info.key)} node=${JSON.stringify(node.name)}`,
    );
    return undefined;
  }
}

function* choose(
  profile: Profile,
  cycle: Cycle,
  feasible: readonly NodeInfo[],
  statuses: ReadonlyMap<string, PluginStatus>,
  pre: PreFilterResult,
  refusers: readonly string[],
  random: Random,
): Asking<Search> {
  const { handle } = profile;
  const diagnosis: Diagnosis = diagnose(handle.cache.nodes.length, statuses, absentFrom(pre), [...pre.limiters, ...refusers], '');
  const { filters } = pre;
  const [only] = feasible;
  if (!only) return noNode(pre, diagnosis);
  if (feasible.length === 1) return { node: only, feasible, scores: [], diagnosis, filters, error: undefined };
  const scores = profile.score(cycle, feasible);
  if ('code' in scores) return broken(messageOf(scores));
  // What is worked out now is written over by whoever scores next.
  const kept = scores.map(({ plugin, scores: all }) => ({ plugin, scores: all.slice() }));
  const all = [...kept, ...(yield* scoresOfExtenders(handle, cycle.pod, feasible))];
  return { node: best(feasible, all, random), feasible, scores: all, diagnosis, filters, error: undefined };
}
