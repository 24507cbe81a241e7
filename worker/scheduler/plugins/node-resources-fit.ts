// NodeResourcesFit: the pod's requests have to fit into what the node has left; how full it becomes is its score.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { isResized, requestsSign } from '../pod-info.ts';
import { DEFAULT_REQUESTS, podRequests } from '../pod-requests.ts';
import { makeScorer, makeUsage, measure } from '../resource-score.ts';
import type { ScoringStrategy } from '../resource-score.ts';
import { amountsOf, isExtendedResource, isScalarResource, Resources } from '../resources.ts';
import type { Amounts } from '../resources.ts';
import type { PluginStatus } from '../status.ts';

export interface NodeResourcesFitArgs {
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
  readonly scoringStrategy: ScoringStrategy;
}

const NAME = 'NodeResourcesFit';

export function makeNodeResourcesFit(_handle: Handle, args: NodeResourcesFitArgs): Plugin {
  const { scoringStrategy: strategy } = args;
  const ignored = new Set(args.ignoredResources);
  const ignoredGroups = new Set(args.ignoredResourceGroups);
  const isIgnored = (name: string): boolean =>
    isExtendedResource(name) && (ignored.has(name) || ignoredGroups.has(name.slice(0, name.indexOf('/'))));
  const scorer = makeScorer(strategy);
  const usage = makeUsage(strategy.resources.length);
  return definePlugin<Resources, readonly number[]>({
    name: NAME,
    events: [
      on<Pod>('Pod', Action.Delete | Action.UpdatePodScaleDown, freesResources),
      on<Node>('Node', Action.Add | Action.UpdateNodeAllocatable, (pod, before, after) => {
        const wanted = requestsOf(pod);
        const now = allocatableOf(after!);
        return !shortage(wanted, now, 0, undefined) && (!before || hasGrown(wanted, allocatableOf(before), now));
      }),
    ],
    signPod: ({ pod, info }) => requestsSign(pod, info),
    preFilter: ({ pod, info }) => ({ state: isResized(pod) ? requestsOf(pod) : info.requests }),
    filter: (wanted, node) =>
      !wanted.scalars && node.hasRoomFor(wanted)
        ? undefined
        : shortage(wanted, node.allocatable, node.pods.size, node.requested, isIgnored),
    preScore: ({ pod }) => {
      const requests = podRequests(pod, { useStatus: true, defaults: DEFAULT_REQUESTS });
      return { state: strategy.resources.map(({ name }) => requests.get(name) ?? 0) };
    },
    score(requests, node: NodeInfo) {
      measure(usage, node, strategy.resources, requests, true);
      return scorer(usage);
    },
  });
}

const requestsOf = (pod: Pod): Resources => new Resources().add(podRequests(pod));
const allocatableOf = (node: Node): Resources => new Resources().add(amountsOf(node.status.allocatable));
const NOTHING = new Resources();

/** What is missing on a node, or undefined. */
function shortage(
  wanted: Resources,
  allocatable: Resources,
  pods: number,
  requested: Resources = NOTHING,
  isIgnored?: (name: string) => boolean,
): PluginStatus | undefined {
  let missing: string[] | undefined;
  let isHopeless = false;
  const lacks = (name: string, amount: number, capacity: number): void => {
    (missing ??= []).push(`Insufficient ${name}`);
    if (amount > capacity) isHopeless = true;
  };
  if (pods + 1 > allocatable.pods) missing = ['Too many pods'];
  if (wanted.milliCpu > 0 && wanted.milliCpu > allocatable.milliCpu - requested.milliCpu)
    lacks('cpu', wanted.milliCpu, allocatable.milliCpu);
  if (wanted.memory > 0 && wanted.memory > allocatable.memory - requested.memory) lacks('memory', wanted.memory, allocatable.memory);
  if (wanted.ephemeralStorage > 0 && wanted.ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage)
    lacks('ephemeral-storage', wanted.ephemeralStorage, allocatable.ephemeralStorage);
  if (wanted.scalars) {
    for (const [name, amount] of wanted.scalars) {
      if (amount === 0 || isIgnored?.(name)) continue;
      const capacity = allocatable.amountOf(name);
      if (amount > capacity - requested.amountOf(name)) lacks(name, amount, capacity);
    }
  }
  return missing && { code: isHopeless ? 'Unresolvable' : 'Unschedulable', reasons: missing, plugin: NAME };
}

/** A pod that had a place is gone, or asks for less of something that this pod wants. */
function freesResources(pod: Pod, before: Pod | undefined, after: Pod | undefined): boolean {
  if (!after) return Boolean(before?.spec.nodeName ?? before?.status.nominatedNodeName);
  if (after.metadata.uid === pod.metadata.uid) return true;
  if (!after.spec.nodeName || !before) return false;
  const [had, has] = [podRequests(before, { useStatus: true }), podRequests(after, { useStatus: true })];
  for (const [name, amount] of podRequests(pod, { useStatus: true })) {
    if (amount > 0 && isCounted(name) && amountIn(had, name) > amountIn(has, name)) return true;
  }
  return false;
}

const amountIn = (amounts: Amounts, name: string): number => amounts.get(name) ?? 0;
const isCounted = (name: string): boolean => name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isScalarResource(name);

/** Whether the node now has more of anything that is wanted, or room for more pods. */
function hasGrown(wanted: Resources, before: Resources, after: Resources): boolean {
  if (after.pods > before.pods) return true;
  if (wanted.milliCpu > 0 && after.milliCpu > before.milliCpu) return true;
  if (wanted.memory > 0 && after.memory > before.memory) return true;
  if (wanted.ephemeralStorage > 0 && after.ephemeralStorage > before.ephemeralStorage) return true;
  for (const [name, amount] of wanted.scalars ?? []) if (amount !== 0 && after.amountOf(name) > before.amountOf(name)) return true;
  return false;
}
