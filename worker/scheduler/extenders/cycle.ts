// Where extenders have a say in a pod's way to a node: they filter after the plugins, score beside them, change who has to go, and bind. Mirrors the calls
// of extenders in kube-scheduler's schedule_one.go and framework/preemption.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { splitKey } from '../../api/object.ts';
import { nodes as nodeResource } from '../../resources/core/node.ts';
import { pods } from '../../resources/core/pod.ts';
import type { Asking } from '../asking.ts';
import type { Handle } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { PluginScores } from '../profile.ts';
import type { Candidate } from '../preemption.ts';
import { unresolvable, unschedulable } from '../status.ts';
import type { PluginStatus } from '../status.ts';
import { bodyOf, ExtenderError, isInterested, questionTo, send } from './extender.ts';
import type { Extender, Question } from './extender.ts';
import { argsOf, bindingArgs, preemptionArgs, readBindingResult, readFilterResult, readScores, readVictims } from './wire.ts';

/** Scores of extenders go up to this; those of plugins up to ten times as much. */
const MAX_EXTENDER_SCORE = 10;
const SCALE = 100 / MAX_EXTENDER_SCORE;

type Part = Pick<Handle, 'api' | 'cache' | 'log' | 'extenders'>;

/** A node goes to whoever keeps nodes by its name, to others whole. */
const nodesFor = ({ nodeCacheCapable }: Extender, nodes: readonly NodeInfo[], { api }: Part): readonly string[] | readonly Node[] =>
  nodeCacheCapable ? nodes.map(({ name }) => name) : nodes.flatMap(({ name }) => api.get(nodeResource, '', name) ?? []);

/**
 * The nodes that all extenders let pass, one after the other. `statuses` is told of the others, where a reason is given. Throws ExtenderError, if one that may not
 * be left out does not answer.
 */
export function* passExtenders(
  part: Part,
  pod: Pod,
  feasible: readonly NodeInfo[],
  statuses: Map<string, PluginStatus>,
): Asking<readonly NodeInfo[]> {
  let left = feasible;
  for (const extender of part.extenders) {
    if (!left.length) break;
    if (!extender.filterVerb || !isInterested(extender, pod)) continue;
    try {
      left = yield* filter(part, extender, pod, left, statuses);
    } catch (error) {
      skipOrThrow(part, extender, error, 'Skipping extender as it returned error and has ignorable flag set');
    }
  }
  return left;
}

function* filter(
  part: Part,
  extender: Extender,
  pod: Pod,
  nodes: readonly NodeInfo[],
  statuses: Map<string, PluginStatus>,
): Asking<readonly NodeInfo[]> {
  const args = argsOf(pod, nodesFor(extender, nodes, part));
  const result = yield* send(part.api, extender, extender.filterVerb, args, readFilterResult);
  if (result.error) throw new ExtenderError(result.error);
  const passed = passedNodes(extender, result, nodes);
  for (const [name, reason] of Object.entries(result.hopeless)) statuses.set(name, unresolvable('', reason));
  for (const [name, reason] of Object.entries(result.failed))
    if (!Object.hasOwn(result.hopeless, name)) statuses.set(name, unschedulable('', reason));
  return passed;
}

/** Differs: of whole nodes that come back, those that were not sent are left out; upstream would place the pod on one that is not there. */
function passedNodes(
  { nodeCacheCapable, urlPrefix }: Extender,
  { names, nodes: objects = [] }: ReturnType<typeof readFilterResult>,
  nodes: readonly NodeInfo[],
): readonly NodeInfo[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  if (!nodeCacheCapable || !names) return objects.flatMap((name) => byName.get(name) ?? []);
  return names.map((name) => {
    const node = byName.get(name);
    if (node) return node;
    throw new ExtenderError(
      `extender ${JSON.stringify(urlPrefix)} claims a filtered node ${JSON.stringify(name)} which is not found in the input node list`,
    );
  });
}

/** What extenders give to nodes, weighted; they are asked at the same time. Who does not answer gives nothing. */
export function* scoresOfExtenders(part: Part, pod: Pod, nodes: readonly NodeInfo[]): Asking<PluginScores[]> {
  const asked = part.extenders
    .filter((extender) => extender.prioritizeVerb && isInterested(extender, pod))
    .map((extender) => ({
      extender,
      question: questionTo(part.api, extender, extender.prioritizeVerb, argsOf(pod, nodesFor(extender, nodes, part))),
    }))
    .filter((one): one is { extender: Extender; question: Exclude<Question, ExtenderError> } => !(one.question instanceof ExtenderError));
  if (!asked.length) return [];
  const answers = yield asked.map(({ question }) => question);
  return asked.flatMap(({ extender }, i) => {
    try {
      const given = readScores(bodyOf(extender, extender.prioritizeVerb, answers[i]!));
      return [{ plugin: extender.urlPrefix, scores: sumsFor(nodes, given, extender.weight * SCALE) }];
    } catch (error) {
      if (error instanceof ExtenderError) return [];
      throw error;
    }
  });
}

function sumsFor(nodes: readonly NodeInfo[], given: ReturnType<typeof readScores>, weight: number): Float64Array {
  const sums = new Map<string, number>();
  for (const { host, score } of given) sums.set(host, (sums.get(host) ?? 0) + score * weight);
  return Float64Array.from(nodes, ({ name }) => sums.get(name) ?? 0);
}

/** What extenders leave of the candidates for preemption. Throws ExtenderError. */
export function* candidatesLeft(part: Part, preemptor: Pod, candidates: readonly Candidate[]): Asking<readonly Candidate[]> {
  let left = candidates;
  for (const extender of part.extenders) {
    if (!left.length) break;
    if (!extender.preemptVerb || !isInterested(extender, preemptor)) continue;
    try {
      left = yield* preempt(part, extender, preemptor, left);
    } catch (error) {
      skipOrThrow(part, extender, error, 'Skipped extender as it returned error and has ignorable flag set');
      continue;
    }
    const empty = left.find(({ victims }) => !victims.length);
    if (empty && !extender.ignorable) throw new ExtenderError(`expected at least one victim pod on node ${JSON.stringify(empty.node)}`);
    if (empty) left = left.filter(({ victims }) => victims.length);
  }
  return left;
}

function* preempt(part: Part, extender: Extender, preemptor: Pod, candidates: readonly Candidate[]): Asking<Candidate[]> {
  const podOf = ({ key }: PodInfo): Pod[] => {
    const { namespace, name } = splitKey(key);
    return [part.api.get(pods, namespace, name) ?? []].flat();
  };
  const victims = candidates.map(({ node, victims: all, violations }) => ({ node, pods: all.flatMap(podOf), violations }));
  const args = preemptionArgs(preemptor, victims, extender.nodeCacheCapable);
  const result = yield* send(part.api, extender, extender.preemptVerb, args, readVictims);
  return result.map(({ node, uids, violations }) => {
    const found = part.cache.node(node);
    if (!found) throw new ExtenderError(`nodeinfo not found for node name ${JSON.stringify(node)}`);
    return { node, violations, victims: uids.map((uid) => victimAt(extender, found, uid)) };
  });
}

function victimAt({ urlPrefix }: Extender, node: NodeInfo, uid: string): PodInfo {
  const found = node.pods.get(uid);
  if (found) return found;
  throw new ExtenderError(
    `extender: ${urlPrefix} claims to preempt pod (UID: &{${uid}}) on node: ${node.name}, but the pod is not found on that node`,
  );
}

/** The extender that binds a pod, if one does. */
export const bindersOf = ({ extenders }: Part, pod: Pod): readonly Extender[] =>
  extenders.length ? extenders.filter((extender) => extender.bindVerb && isInterested(extender, pod)) : NONE;

const NONE: readonly Extender[] = [];

/** Has a pod bound by the first extender that does not fail and may be left out. `false` leaves it to the plugins. Throws ExtenderError. */
export function* bindByExtender(part: Part, pod: Pod, node: string): Asking<boolean> {
  for (const extender of bindersOf(part, pod)) {
    try {
      const problem = yield* send(part.api, extender, extender.bindVerb, bindingArgs(pod, node), readBindingResult);
      if (problem) throw new ExtenderError(problem);
      return true;
    } catch (error) {
      skipOrThrow(part, extender, error, 'Skipping extender in bind as it returned error and has ignorable flag set');
    }
  }
  return false;
}

function skipOrThrow({ log }: Part, { ignorable, urlPrefix }: Extender, error: unknown, note: string): void {
  if (!(error instanceof ExtenderError) || !ignorable) throw error;
  log('I', `${JSON.stringify(note)} extender=${JSON.stringify(urlPrefix)} err=${JSON.stringify(error.message)}`);
}
