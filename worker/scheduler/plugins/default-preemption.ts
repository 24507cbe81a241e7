// DefaultPreemption: where a pod fits nowhere, less important pods may have to go. They are told and deleted; the pod is nominated to their node, and tried
// again when they are gone.

import type { Pod } from '../../api/gen/core-v1.ts';
import { splitKey } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { pods } from '../../resources/core/pod.ts';
import { podDisruptionBudgets } from '../../resources/policy/poddisruptionbudget.ts';
import type { Asking } from '../asking.ts';
import { Action, on } from '../cluster-event.ts';
import { candidatesLeft } from '../extenders/cycle.ts';
import { ExtenderError } from '../extenders/extender.ts';
import { definePlugin } from '../framework.ts';
import type { Cycle, Handle, Plugin, PostFilterOutcome, Refusals } from '../framework.ts';
import { withCondition } from '../pod-condition.ts';
import type { PodInfo } from '../pod-info.ts';
import { cheapest, selectVictims } from '../preemption.ts';
import type { Candidate } from '../preemption.ts';
import { fitMessage } from '../schedule.ts';
import { failure, isRejection, messageOf, unresolvable, unschedulable } from '../status.ts';
import type { PluginStatus } from '../status.ts';

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

const NAME = 'DefaultPreemption';
const NOT_HELPFUL = unresolvable('', 'Preemption is not helpful for scheduling');

export const makeDefaultPreemption = (handle: Handle, args: DefaultPreemptionArgs): Plugin =>
  definePlugin({
    name: NAME,
    events: [on('Pod', Action.Delete, () => false)],
    *postFilter(cycle, refusals) {
      handle.metrics.preemptionTried();
      const outcome = yield* preempt(handle, args, cycle, refusals);
      const { status } = outcome;
      if (!status) return outcome;
      return { ...outcome, status: { ...status, plugin: NAME, reasons: [`preemption: ${messageOf(status)}`] } };
    },
  });

function* preempt(handle: Handle, args: DefaultPreemptionArgs, cycle: Cycle, refusals: Refusals): Asking<PostFilterOutcome> {
  const refusal = ineligible(handle, cycle, refusals);
  if (refusal) return { status: unschedulable(NAME, refusal) };
  const { nodes } = handle.cache;
  const { candidates, statuses } = findCandidates(handle, args, cycle, refusals);
  if (!candidates.length) {
    const errors = [...statuses.values()].filter((status) => !isRejection(status));
    if (errors.length) return { status: failure(NAME, errors.map(messageOf).join(', ')) };
    const message = fitMessage({ allNodes: nodes.length, statuses, absent: NOT_HELPFUL, preFilterMessage: '' }, '');
    return { status: unschedulable(NAME, message), nominated: '' };
  }
  const left = handle.extenders.length ? yield* leftByExtenders(handle, cycle, candidates) : candidates;
  if ('code' in left) return { status: left };
  const chosen = cheapest(left, handle.now());
  if (!chosen) return { status: unschedulable(NAME, 'no candidate node for preemption') };
  return { nominated: chosen.node, afterwards: () => makeRoom(handle, cycle, chosen) };
}

function* leftByExtenders(handle: Handle, { pod }: Cycle, candidates: readonly Candidate[]): Asking<readonly Candidate[] | PluginStatus> {
  try {
    return yield* candidatesLeft(handle, pod, candidates);
  } catch (error) {
    if (error instanceof ExtenderError) return failure(NAME, error.message);
    throw error;
  }
}

/** Why a pod may not preempt others: it does not want to, or it has done so and its victims are still going. */
function ineligible({ cache }: Handle, { pod, info }: Cycle, refusals: Refusals): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  if (!info.nominatedNodeName || refusals.statusOf(info.nominatedNodeName).code === 'Unresolvable') return undefined;
  for (const { priority, isPreempted } of cache.node(info.nominatedNodeName)?.pods.values() ?? []) {
    if (priority < info.priority && isPreempted) return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

function findCandidates(
  { api, cache, now, random }: Handle,
  { minCandidateNodesPercentage, minCandidateNodesAbsolute }: DefaultPreemptionArgs,
  { info }: Cycle,
  refusals: Refusals,
): { candidates: readonly Candidate[]; statuses: ReadonlyMap<string, PluginStatus> } {
  const statuses = new Map<string, PluginStatus>();
  const nodes = cache.nodes.filter(({ name }) => refusals.statusOf(name).code === 'Unschedulable');
  if (!nodes.length) return { candidates: [], statuses };
  const budgets = api.list(podDisruptionBudgets);
  const wanted = Math.min(
    Math.max(Math.trunc((nodes.length * minCandidateNodesPercentage) / 100), minCandidateNodesAbsolute),
    nodes.length,
  );
  const offset = random.below(nodes.length);
  const harmless: Candidate[] = [];
  const violating: Candidate[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(offset + i) % nodes.length]!;
    const found = selectVictims(node, info, refusals.trial(), budgets, now());
    if ('code' in found) statuses.set(node.name, found);
    else if (!found.victims.length) statuses.set(node.name, failure(NAME, `expected at least one victim pod on node "${node.name}"`));
    else (found.violations ? violating : harmless).push(found);
    if (harmless.length && harmless.length + violating.length >= wanted) break;
  }
  return { candidates: [...harmless, ...violating], statuses };
}

function makeRoom(handle: Handle, { pod, info }: Cycle, { node, victims }: Candidate): void {
  const { api, nominator, metrics } = handle;
  const left = victims.flatMap(({ key, uid }) => {
    const { namespace, name } = splitKey(key);
    const found = api.get(pods, namespace, name);
    return found?.metadata.uid === uid && !found.metadata.deletionTimestamp ? found : [];
  });
  if (!left.length) return;
  metrics.preempted(victims.length);
  try {
    for (const other of nominator.podsFor(node)) if (other.priority < info.priority) clearNomination(handle, other);
    for (const victim of left) evict(handle, pod, victim, node);
    metrics.roomMade('success');
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    handle.log('E', `"Error occurred during async preemption" err=${JSON.stringify(error.message)}`);
    metrics.roomMade('error');
    handle.activate(info.key);
  }
}

function clearNomination({ api }: Handle, { key }: PodInfo): void {
  const { namespace, name } = splitKey(key);
  const found = api.get(pods, namespace, name);
  if (!found?.status.nominatedNodeName) return;
  const { nominatedNodeName: _, ...status } = found.status;
  api.updateStatus(pods, { ...found, status });
}

function evict(handle: Handle, preemptor: Pod, victim: Pod, node: string): void {
  const { api, now, cancelBinding } = handle;
  const scheduler = preemptor.spec.schedulerName ?? '';
  const { namespace = '', name } = victim.metadata;
  let note = `Preempted by pod ${preemptor.metadata.uid} on node ${node}`;
  if (cancelBinding(`${namespace}/${name}`, `preempted by ${NAME}`)) note += ' (in kube-scheduler memory).';
  else {
    const conditions = withCondition(
      victim,
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${scheduler}: preempting to accommodate a higher priority pod`,
      },
      now(),
    );
    if (conditions) api.updateStatus(pods, { ...victim, status: { ...victim.status, conditions } });
    api.delete(pods, namespace, name);
  }
  handle.event(scheduler, victim, { type: 'Normal', reason: 'Preempted', action: 'Preempting', note, related: preemptor });
}
