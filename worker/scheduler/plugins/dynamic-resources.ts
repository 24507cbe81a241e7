// DynamicResources: a pod goes where its claims' devices are, or where there are devices for those that have none yet; these become the claims' before the
// pod is bound. Differs: a claim gets its devices at Reserve, not at PreBind, so that no other pod counts on them, also after an eviction.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../api/gen/resource-v1.ts';
import { StatusError } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { compileSelector, matchesAnyTerm } from '../../resources/core/node-selector.ts';
import { deviceClasses } from '../../resources/resource/deviceclass.ts';
import {
  canBeReserved,
  claimNamesOf,
  claimRefOf,
  isReservedFor,
  ownershipProblem,
  reservedFor,
} from '../../resources/resource/pod-claims.ts';
import { ALLOCATED, CLAIM_FINALIZER, resourceClaims } from '../../resources/resource/resourceclaim.ts';
import { newestSlices, resourceSlices } from '../../resources/resource/resourceslice.ts';
import { Action, on } from '../cluster-event.ts';
import type { EventRegistration } from '../cluster-event.ts';
import { allocate } from '../device-allocator.ts';
import { deviceId, poolsOf } from '../device-pools.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { failure, unresolvable, unschedulable } from '../status.ts';
import type { PluginStatus } from '../status.ts';

const NAME = 'DynamicResources';

interface State {
  readonly claims: readonly ResourceClaim[];
  readonly unallocated: readonly ResourceClaim[];
  readonly slices: readonly (readonly ResourceSlice[])[];
  readonly used: ReadonlySet<string>;
  readonly results: Map<string, readonly AllocationResult[]>;
  /** Claims whose devices some node does not reach. */
  readonly unavailable: Set<ResourceClaim>;
}

/** What PreFilter notes before it looks. */
const NOTHING: State = { claims: [], unallocated: [], slices: [], used: new Set(), results: new Map(), unavailable: new Set() };

/** What Reserve did, by the claims' names. */
interface Reserved {
  readonly reserved: readonly string[];
  readonly allocated: readonly string[];
}

export const makeDynamicResources = ({ api }: Handle): Plugin =>
  definePlugin<State, undefined>({
    name: NAME,
    events: eventsOf(api),
    preEnqueue(pod) {
      const claims = claimsOf(pod, api);
      return 'problem' in claims ? unresolvable(NAME, claims.problem) : undefined;
    },
    preFilter({ pod, filterStates }) {
      filterStates.set(NAME, NOTHING);
      const found = claimsOf(pod, api);
      if ('problem' in found) return { status: unresolvable(NAME, found.problem) };
      const { claims } = found;
      if (!claims.length) return 'skip';
      const isInUse = claims.some((claim) => claim.status.allocation && !canBeReserved(claim) && !isReservedFor(pod, claim));
      if (isInUse) return { status: unresolvable(NAME, 'resourceclaim in use') };
      const unallocated = claims.filter(({ status }) => !status.allocation);
      for (const claim of unallocated) {
        const problem = classProblem(claim, api);
        if (problem) return { status: unresolvable(NAME, problem) };
      }
      const slices = unallocated.length ? newestSlices(api.list(resourceSlices)) : [];
      return { state: { claims, unallocated, slices, used: usedDevices(api), results: new Map(), unavailable: new Set() } };
    },
    filter(state, node) {
      for (const claim of state.claims) {
        const nodes = claim.status.allocation?.nodeSelector;
        if (nodes && !matchesAnyTerm(compileSelector(nodes), node)) state.unavailable.add(claim);
        else continue;
        return unresolvable(NAME, 'resourceclaim not available on the node');
      }
      if (!state.unallocated.length) return undefined;
      const found = allocate({
        claims: state.unallocated,
        pools: poolsOf(node, state.slices),
        used: state.used,
        classOf: (name) => api.get(deviceClasses, '', name),
      });
      if (!found) return unresolvable(NAME, 'cannot allocate all claims');
      if ('error' in found) return failure(NAME, found.error);
      if ('refusal' in found) return unresolvable(NAME, found.refusal);
      state.results.set(node.name, found.results);
      return undefined;
    },
    postFilter({ pod, filterStates }) {
      const state = filterStates.get(NAME) as State | undefined;
      // As upstream, word for word: a plugin before this one has ended PreFilter, so that nothing was noted.
      if (!state) return { status: failure(NAME, 'not found') };
      if (!state.claims.length) return { status: unschedulable(NAME, 'no new claims to deallocate') };
      const idle = [...state.unavailable].find(({ status }) => (status.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid));
      if (!idle) return { status: unschedulable(NAME, 'still not schedulable') };
      const problem = tryTo(() => giveUp(idle, api));
      return { status: problem ?? unschedulable(NAME, 'deallocation of ResourceClaim completed') };
    },
    reserve({ pod, filterStates }, node) {
      const state = filterStates.get(NAME) as State | undefined;
      if (!state?.claims.length) return undefined;
      const done = { reserved: [] as string[], allocated: [] as string[] };
      const problem = tryTo(() => {
        for (const claim of state.claims) {
          const allocation = state.results.get(node.name)?.[state.unallocated.indexOf(claim)];
          if (!allocation && isReservedFor(pod, claim)) continue;
          const current = allocation ? withFinalizer(claim, api) : claim;
          const changed = allocation ? { ...current, status: { ...current.status, allocation } } : current;
          api.updateStatus(resourceClaims, reservedFor(pod, changed));
          done.reserved.push(claim.metadata.name);
          if (allocation) done.allocated.push(claim.metadata.name);
        }
      });
      if (!problem) return { data: done satisfies Reserved };
      undo(pod, done, api);
      return { status: problem };
    },
    unreserve(pod, _node, data) {
      if (data) undo(pod, data as Reserved, api);
    },
  });

type Api = Handle['api'];

function claimsOf(pod: Pod, api: Api): { readonly claims: readonly ResourceClaim[] } | { readonly problem: string } {
  const claims: ResourceClaim[] = [];
  const { namespace = '' } = pod.metadata;
  for (const one of pod.spec.resourceClaims ?? []) {
    const ref = claimRefOf(pod, one);
    if ('problem' in ref) return ref;
    if (ref.name === undefined) continue;
    const claim = api.get(resourceClaims, namespace, ref.name);
    if (!claim) return { problem: `could not find v1.ResourceClaim "${namespace}/${ref.name}"` };
    if (claim.metadata.deletionTimestamp) return { problem: `resourceclaim "${ref.name}" is being deleted` };
    const problem = ref.isOwn ? ownershipProblem(pod, claim) : undefined;
    if (problem) return { problem };
    if (!claims.some(({ metadata }) => metadata.uid === claim.metadata.uid)) claims.push(claim);
  }
  return { claims };
}

function classProblem({ spec }: ResourceClaim, api: Api): string | undefined {
  for (const { name, exactly, firstAvailable = [] } of spec.devices.requests ?? []) {
    const wanted = exactly
      ? [{ name, deviceClassName: exactly.deviceClassName }]
      : firstAvailable.map((one) => ({ name: `${name}/${one.name}`, deviceClassName: one.deviceClassName }));
    const missing = wanted.find(({ deviceClassName }) => !api.get(deviceClasses, '', deviceClassName));
    if (missing) return `request ${missing.name}: device class ${missing.deviceClassName} does not exist`;
  }
  return undefined;
}

/** An administrator's access leaves a device to others. */
const usedDevices = (api: Api): ReadonlySet<string> =>
  new Set(
    api
      .lookup(resourceClaims, ALLOCATED)
      .flatMap(({ status }) => status.allocation?.devices?.results ?? [])
      .filter(({ adminAccess }) => !adminAccess)
      .map(({ driver, pool, device }) => deviceId(driver, pool, device)),
  );

function withFinalizer(claim: ResourceClaim, api: Api): ResourceClaim {
  const { finalizers = [] } = claim.metadata;
  if (finalizers.includes(CLAIM_FINALIZER)) return claim;
  return api.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, CLAIM_FINALIZER] } });
}

function giveUp(claim: ResourceClaim, api: Api): void {
  const { allocation: _allocation, reservedFor: _users, ...status } = claim.status;
  api.updateStatus(resourceClaims, { ...claim, status });
}

function undo(pod: Pod, { reserved, allocated }: Reserved, api: Api): void {
  for (const name of reserved) {
    const claim = api.get(resourceClaims, pod.metadata.namespace ?? '', name);
    if (!claim || !isReservedFor(pod, claim)) continue;
    const { reservedFor: users = [], ...status } = claim.status;
    const others = users.filter(({ uid }) => uid !== pod.metadata.uid);
    tryTo(() => {
      if (!others.length && allocated.includes(name)) giveUp(claim, api);
      else api.updateStatus(resourceClaims, { ...claim, status: { ...status, ...(others.length && { reservedFor: others }) } });
    });
  }
}

function tryTo(run: () => void): PluginStatus | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return failure(NAME, error.message);
    throw error;
  }
}

const eventsOf = (api: Api): readonly EventRegistration[] => [
  on<ResourceClaim>('ResourceClaim', Action.Add | Action.Update, (pod, before, after) => {
    if ('problem' in claimsOf(pod, api) || !after) return false;
    if (before?.status.allocation && !after.status.allocation) return true;
    const isPods = after.metadata.namespace === pod.metadata.namespace && claimNamesOf(pod).includes(after.metadata.name);
    return isPods && (!before || !isEqual(before.status, after.status));
  }),
  on<Pod>(
    'UnschedulablePod',
    Action.UpdatePodGeneratedResourceClaim,
    (pod, _before, after) => after?.metadata.uid === pod.metadata.uid && !('problem' in claimsOf(after, api)),
  ),
  on('Node', Action.Add | Action.UpdateNodeLabel | Action.UpdateNodeTaint),
  on<DeviceClass>('DeviceClass', Action.Add | Action.Update),
  on<ResourceSlice>('ResourceSlice', Action.Add | Action.Update),
];
