// DynamicResources: a pod goes where its claims' devices are, or where there are devices for those that have none yet; these become the claims' before the
// pod is bound, and are prepared, where they have to be. Differs: a claim gets its devices at Reserve, not at PreBind, so that no other pod counts on them, also
// after an eviction.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { parseDuration } from '../../lib/time.ts';
import { compileSelector, matchesAnyTerm } from '../../resources/core/node-selector.ts';
import { deviceClasses } from '../../resources/resource/deviceclass.ts';
import { claimNamesOf } from '../../resources/resource/pod-claims.ts';
import { ALLOCATED, resourceClaims } from '../../resources/resource/resourceclaim.ts';
import { resourceSlices } from '../../resources/resource/resourceslice.ts';
import { Action, on } from '../cluster-event.ts';
import type { EventRegistration } from '../cluster-event.ts';
import { DeviceAllocator } from '../devices/allocator.ts';
import type { Choice } from '../devices/allocator.ts';
import { announceDevices, devicePreparation, preparedDevices, reserveDevices, unreserveDevices } from '../devices/binding.ts';
import type { Reserved } from '../devices/binding.ts';
import { deleteClaim, giveUp, refusalOf } from '../devices/claim-writes.ts';
import { classProblem, claimsOfPod } from '../devices/claims.ts';
import { extendedResourcesOf, planFor } from '../devices/extended-resources.ts';
import type { ExtendedClaim, ExtendedResources } from '../devices/extended-resources.ts';
import { devicesInUse } from '../devices/in-use.ts';
import { isOverdue, isReady } from '../devices/readiness.ts';
import { definePlugin, normalizeByMax } from '../framework.ts';
import type { Handle, Plugin, SchedulerEvent } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { failure, unresolvable, unschedulable } from '../status.ts';
import type { PluginStatus } from '../status.ts';

const NAME = 'DynamicResources';
/** Of a request; one that is not the first counts less. */
const MAX_ALTERNATIVES = 8;

interface State {
  /** Those that the pod names, or that were made for it. */
  readonly claims: readonly ResourceClaim[];
  readonly unallocated: readonly ResourceClaim[];
  readonly extended: ExtendedResources | undefined;
  readonly allocator: DeviceAllocator | undefined;
  readonly found: Map<string, FoundDevices>;
  /** Claims whose devices some node does not reach, or that are of no use. */
  readonly unavailable: Set<ResourceClaim>;
}

/** On a node. */
export interface FoundDevices {
  /** Of each claim that has none yet, the scheduler's own last. */
  readonly choices: readonly (readonly Choice[])[];
  readonly extended: ExtendedClaim | undefined;
}

export interface DynamicResourcesArgs {
  /** Differs: `filterTimeout` is not looked at; the search ends after so many steps. */
  readonly bindingTimeout: string;
}

/** What PreFilter notes before it looks. */
const NOTHING: State = {
  claims: [],
  unallocated: [],
  extended: undefined,
  allocator: undefined,
  found: new Map(),
  unavailable: new Set(),
};

export const makeDynamicResources = (handle: Handle, args: DynamicResourcesArgs): Plugin => {
  const { api, config, now, random } = handle;
  const timeout = parseDuration(args.bindingTimeout) ?? 0;
  const isSince36 = config.minor >= 36;
  return definePlugin<State, State>({
    name: NAME,
    events: eventsOf(api),
    preEnqueue(pod) {
      const found = claimsOfPod(pod, api);
      return 'problem' in found ? unresolvable(NAME, found.problem) : undefined;
    },
    preFilter({ pod, info, filterStates }) {
      filterStates.set(NAME, NOTHING);
      const given = claimsOfPod(pod, api);
      if ('problem' in given) return { status: unresolvable(NAME, given.problem) };
      const { claims } = given;
      const extended = isSince36 ? extendedResourcesOf(info, api) : undefined;
      if (!claims.length && !extended) return 'skip';
      const unallocated = claims.filter(({ status }) => !status.allocation);
      for (const claim of unallocated) {
        const problem = classProblem(claim, api);
        if (problem) return { status: unresolvable(NAME, problem) };
      }
      const allocator = unallocated.length || (extended && !extended.leftover) ? allocatorOf(api) : undefined;
      return { state: { claims, unallocated, extended, allocator, found: new Map(), unavailable: new Set() } };
    },
    filter(state, node, { pod }) {
      const { extended: resources, claims, unallocated, allocator } = state;
      const extended = resources && extendedOn(pod, resources, node);
      if (extended && 'code' in extended) return extended;
      const unavailable = claims.filter((claim) => !isUsableOn(claim, node, timeout, now()));
      if (allocator && (unallocated.length || extended)) {
        const found = allocator.allocate(node, extended ? [...unallocated, extended.claim] : unallocated);
        if (!found) return unresolvable(NAME, 'cannot allocate all claims');
        if ('error' in found) return failure(NAME, found.error);
        if ('refusal' in found) return unresolvable(NAME, found.refusal);
        if (!unavailable.length) state.found.set(node.name, { ...found, extended });
      }
      for (const claim of unavailable) state.unavailable.add(claim);
      return unavailable.length ? unresolvable(NAME, 'resourceclaim not available on the node') : undefined;
    },
    postFilter({ pod, filterStates }) {
      const state = filterStates.get(NAME) as State | undefined;
      // As upstream, word for word: a plugin before this one has ended PreFilter, so that nothing was noted.
      if (!state) return { status: failure(NAME, 'not found') };
      if (!state.claims.length && !state.extended) return { status: unschedulable(NAME, 'no new claims to deallocate') };
      const idle = [...state.unavailable].find(({ status }) => (status.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid));
      const leftover = state.extended?.leftover;
      if (idle) return { status: done('deallocation', () => giveUp(idle, api)) };
      if (leftover) return { status: done('deletion', () => deleteClaim(leftover, api)) };
      return { status: unschedulable(NAME, 'still not schedulable') };
    },
    preScore: ({ filterStates }) => {
      const state = filterStates.get(NAME) as State | undefined;
      return state?.found.size ? { state } : 'skip';
    },
    score({ found, claims }, { name }) {
      const choices = found.get(name)?.choices;
      return choices ? scoreOf(choices) + claims.reduce((sum, claim) => sum + scoreOfAllocated(claim), 0) : 0;
    },
    normalize: (_state, scores) => normalizeByMax(scores, false),
    reserve({ pod, filterStates }, node) {
      const state = filterStates.get(NAME) as State | undefined;
      if (!state || (!state.claims.length && !state.extended)) return undefined;
      const reserved: Reserved = { uses: [], claims: [], allocated: [] };
      const problem = refusalOf(() =>
        reserveDevices(pod, node.name, state, reserved, { api, random, metrics: handle.metrics, ...(isSince36 && { now: now() }) }),
      );
      if (problem === undefined) return { data: reserved };
      unreserveDevices(pod, reserved, api);
      // Told where upstream would have tried it.
      return { data: { uses: [], claims: [], allocated: [], problem } satisfies Reserved };
    },
    unreserve(pod, _node, data) {
      if (data) unreserveDevices(pod, data as Reserved, api);
    },
    needsPreBind: (_cycle, _node, data) => data !== undefined,
    preBind(pod, node, data, age) {
      if (!data) return undefined;
      const reserved = data as Reserved;
      const refusal = reserved.problem ?? announceDevices(pod, reserved, api);
      if (refusal !== undefined) return { status: failure(NAME, refusal) };
      const { schedulerName = '' } = pod.spec;
      const devices = preparedDevices(pod, reserved, api);
      if (devices.length && !reserved.isAwaited) handle.event(schedulerName, pod, preparing(node));
      const found = devicePreparation(pod, reserved, timeout, age, handle);
      if ('waitsFor' in found)
        return { wait: { timeout: found.until, waitsFor: found.waitsFor }, data: { ...reserved, isAwaited: true } satisfies Reserved };
      handle.metrics.devicesPrepared(schedulerName, devices, found.result, age);
      return found.problem === undefined ? undefined : { status: failure(NAME, found.problem) };
    },
  });
};

const preparing = (node: string): SchedulerEvent => ({
  type: 'Normal',
  reason: 'BindingConditionsPending',
  action: 'Scheduling',
  note: `waiting for binding conditions for device on node ${node}`,
});

type Api = Handle['api'];

const allocatorOf = (api: Api): DeviceAllocator =>
  new DeviceAllocator(api.list(resourceSlices), devicesInUse(api.lookup(resourceClaims, ALLOCATED)), (name) =>
    api.get(deviceClasses, '', name),
  );

function extendedOn(pod: Pod, resources: ExtendedResources, { allocatable }: NodeInfo): ExtendedClaim | PluginStatus | undefined {
  if (resources.leftover) return unresolvable(NAME, 'cannot schedule extended resource claim');
  const plan = planFor(pod, resources, allocatable);
  return plan === 'unfit' ? unresolvable(NAME, 'cannot fit resource') : plan;
}

/** Of a claim with devices: the node reaches them, and they are ready, or may still become so. */
function isUsableOn(claim: ResourceClaim, node: NodeInfo, timeout: number, now: number): boolean {
  const { allocation } = claim.status;
  if (!allocation) return true;
  if (allocation.nodeSelector && !matchesAnyTerm(compileSelector(allocation.nodeSelector), node)) return false;
  const ready = isReady(claim);
  return ready === true || (ready === false && !isOverdue(claim, timeout, now));
}

/** The earlier the alternatives that were found, the better. */
function scoreOf(choices: readonly (readonly Choice[])[]): number {
  let score = 0;
  for (const ofClaim of choices)
    for (const { alternative } of new Map(ofClaim.map(({ wish }) => [wish.name, wish])).values())
      if (alternative !== undefined) score += MAX_ALTERNATIVES - alternative;
  return score;
}

/** What a claim got before counts too: on every node alike. */
function scoreOfAllocated({ spec, status }: ResourceClaim): number {
  const results = new Set(status.allocation?.devices?.results?.map(({ request }) => request));
  let score = 0;
  for (const { name, firstAvailable = [] } of spec.devices.requests ?? [])
    for (const [i, one] of firstAvailable.entries()) if (results.has(`${name}/${one.name}`)) score += MAX_ALTERNATIVES - i;
  return score;
}

function done(what: string, write: () => void): PluginStatus {
  const problem = refusalOf(write);
  return problem === undefined ? unschedulable(NAME, `${what} of ResourceClaim completed`) : failure(NAME, problem);
}

const eventsOf = (api: Api): readonly EventRegistration[] => [
  on<ResourceClaim>('ResourceClaim', Action.Add | Action.Update, (pod, before, after) => {
    if ('problem' in claimsOfPod(pod, api) || !after) return false;
    if (before?.status.allocation && !after.status.allocation) return true;
    const isPods = after.metadata.namespace === pod.metadata.namespace && claimNamesOf(pod).includes(after.metadata.name);
    return isPods && (!before || !isEqual(before.status, after.status));
  }),
  on<Pod>(
    'UnschedulablePod',
    Action.UpdatePodGeneratedResourceClaim,
    (pod, _before, after) => after?.metadata.uid === pod.metadata.uid && !('problem' in claimsOfPod(after, api)),
  ),
  on('Node', Action.Add | Action.UpdateNodeLabel | Action.UpdateNodeTaint | Action.UpdateNodeAllocatable),
  on<DeviceClass>('DeviceClass', Action.Add | Action.Update),
  on<ResourceSlice>('ResourceSlice', Action.Add | Action.Update),
];
