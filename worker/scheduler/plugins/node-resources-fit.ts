// NodeResourcesFit: the pod's requests have to fit into what the node has left; how full it becomes is its score. Extended resources that a node does not have,
// and that a class of devices stands behind, are DynamicResources' matter.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import type { DeviceClass } from '../../api/gen/resource-v1.ts';
import { CLASS_PREFIX, classOfResource } from '../../resources/resource/deviceclass.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { isResized, requestsSign } from '../pod-info.ts';
import { DEFAULT_REQUESTS, podRequests } from '../pod-requests.ts';
import { deviceUsageOf } from '../devices/usage.ts';
import { makeScorer, makeUsage, measure } from '../resource-score.ts';
import type { DeviceUsage, ScoringStrategy } from '../resource-score.ts';
import { amountsOf, isExtendedResource, isScalarResource, Resources } from '../resources.ts';
import type { Amounts } from '../resources.ts';
import type { PluginStatus } from '../status.ts';

export interface NodeResourcesFitArgs {
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
  readonly scoringStrategy: ScoringStrategy;
}

const NAME = 'NodeResourcesFit';

interface State {
  readonly wanted: Resources;
  /** Names that a class of devices stands behind. */
  readonly ofDevices: ReadonlySet<string>;
}

/** What nodes are scored with. */
interface Wanted {
  readonly requests: readonly number[];
  readonly devices: DeviceUsage | undefined;
}

export function makeNodeResourcesFit({ api, config }: Handle, args: NodeResourcesFitArgs): Plugin {
  const { scoringStrategy: strategy } = args;
  const hasDevices = config.minor >= 36;
  const ofDevices = ({ scalars }: Resources): ReadonlySet<string> =>
    scalars && hasDevices ? new Set([...scalars.keys()].filter((name) => classOfResource(api, name))) : NO_NAMES;
  const ignored = new Set(args.ignoredResources);
  const ignoredGroups = new Set(args.ignoredResourceGroups);
  const isIgnored = (name: string): boolean =>
    isExtendedResource(name) && (ignored.has(name) || ignoredGroups.has(name.slice(0, name.indexOf('/'))));
  const scorer = makeScorer(strategy);
  const usage = makeUsage(strategy.resources.length);
  return definePlugin<State, Wanted>({
    name: NAME,
    events: [
      on<Pod>('Pod', Action.Delete | Action.UpdatePodScaleDown, freesResources),
      on<Node>('Node', Action.Add | Action.UpdateNodeAllocatable, (pod, before, after) => {
        const wanted = requestsOf(pod);
        const state = { wanted, ofDevices: ofDevices(wanted) };
        const now = allocatableOf(after!);
        return !shortage(state, now, 0, undefined) && (!before || hasGrown(state, allocatableOf(before), now));
      }),
      ...(hasDevices ? [on<DeviceClass>('DeviceClass', Action.Add | Action.Update, isBehindRequests)] : []),
    ],
    signPod: ({ pod, info }) => (ofDevices(info.requests).size ? undefined : requestsSign(pod, info)),
    preFilter: ({ pod, info }) => {
      const wanted = isResized(pod) ? requestsOf(pod) : info.requests;
      return { state: { wanted, ofDevices: ofDevices(wanted) } };
    },
    filter: (state, node) =>
      !state.wanted.scalars && node.hasRoomFor(state.wanted)
        ? undefined
        : shortage(state, node.allocatable, node.pods.size, node.requested, isIgnored),
    preScore: ({ pod }) => {
      const requests = podRequests(pod, { useStatus: true, defaults: DEFAULT_REQUESTS });
      const devices = hasDevices ? deviceUsageOf(api, strategy.resources) : undefined;
      return { state: { requests: strategy.resources.map(({ name }) => requests.get(name) ?? 0), devices } };
    },
    score({ requests, devices }, node: NodeInfo) {
      measure(usage, node, strategy.resources, requests, true, devices);
      return scorer(usage);
    },
  });
}

const requestsOf = (pod: Pod): Resources => new Resources().add(podRequests(pod));
const allocatableOf = (node: Node): Resources => new Resources().add(amountsOf(node.status.allocatable));
const NOTHING = new Resources();
const NO_NAMES: ReadonlySet<string> = new Set();

/** What is missing on a node, or undefined. */
function shortage(
  { wanted, ofDevices }: State,
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
      if (capacity <= 0 && ofDevices.has(name)) continue;
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

/** A class that came, or has another name for pods to ask for it, is behind something that the pod wants. */
function isBehindRequests(pod: Pod, before: DeviceClass | undefined, after: DeviceClass | undefined): boolean {
  const { metadata, spec } = after!;
  const wanted = podRequests(pod);
  if (!before && wanted.has(CLASS_PREFIX + metadata.name)) return true;
  const name = spec.extendedResourceName;
  return name !== undefined && name !== before?.spec.extendedResourceName && wanted.has(name);
}

/** Whether the node now has more of anything that is wanted, or room for more pods. */
function hasGrown({ wanted, ofDevices }: State, before: Resources, after: Resources): boolean {
  if (after.pods > before.pods) return true;
  if (wanted.milliCpu > 0 && after.milliCpu > before.milliCpu) return true;
  if (wanted.memory > 0 && after.memory > before.memory) return true;
  if (wanted.ephemeralStorage > 0 && after.ephemeralStorage > before.ephemeralStorage) return true;
  return [...(wanted.scalars ?? [])].some(
    ([name, amount]) => amount !== 0 && (after.amountOf(name) > before.amountOf(name) || (ofDevices.has(name) && !after.amountOf(name))),
  );
}
