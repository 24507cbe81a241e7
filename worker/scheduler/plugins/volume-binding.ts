// VolumeBinding: a pod goes where its bound volumes can be reached, and where claims that waited for it can be served; these are then bound or provisioned
// before the pod is.

import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from '../../api/gen/storage-v1.ts';
import { StatusError } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { Action, on } from '../cluster-event.ts';
import type { EventRegistration } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Cycle, Handle, Plugin, PreBindOutcome } from '../framework.ts';
import { claimNotFound, claimsOfPod, ownershipProblem, usesClaim } from '../pod-claims.ts';
import { failure, unresolvable } from '../status.ts';
import type { PluginStatus } from '../status.ts';
import { areVolumesReady, planVolumes, requestVolumes, sortClaims } from '../volume-binder.ts';
import type { ClaimsOfPod, PlannedVolumes } from '../volume-binder.ts';

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds: number;
}

const NAME = 'VolumeBinding';
const UNBOUND = unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
const MIGRATED = 'storage.alpha.kubernetes.io/migrated-plugins';

interface State {
  readonly claims: ClaimsOfPod;
  readonly plans: Map<string, PlannedVolumes>;
}

/** What Reserve hands to PreBind. */
interface Reserved {
  readonly plan: PlannedVolumes;
  readonly isRequested: boolean;
}

export const makeVolumeBinding = ({ api }: Handle, { bindTimeoutSeconds }: VolumeBindingArgs): Plugin =>
  definePlugin<State, undefined>({
    name: NAME,
    events: EVENTS,
    preFilter(cycle) {
      const claims = claimsOf(api, cycle);
      if (!Array.isArray(claims)) return { status: claims };
      if (!claims.length) return 'skip';
      const sorted = sortClaims(api, claims);
      if (!sorted) return { status: UNBOUND };
      return 'error' in sorted ? { status: failure(NAME, sorted.error) } : { state: { claims: sorted, plans: new Map() } };
    },
    filter({ claims, plans }, node) {
      const plan = planVolumes(api, claims, node);
      if ('error' in plan) return failure(NAME, plan.error);
      if ('reasons' in plan) return unresolvable(NAME, ...plan.reasons);
      plans.set(node.name, plan);
      return undefined;
    },
    reserve({ filterStates }, node) {
      const plan = (filterStates.get(NAME) as State | undefined)?.plans.get(node.name);
      return plan && (plan.bindings.length || plan.provisions.length)
        ? { data: { plan, isRequested: false } satisfies Reserved }
        : undefined;
    },
    needsPreBind: (_cycle, _node, data) => data !== undefined,
    preBind(_pod, node, data, age): PreBindOutcome {
      if (!data) return undefined;
      const { plan, isRequested } = data as Reserved;
      if (!isRequested) {
        const problem = tryTo(() => requestVolumes(api, plan, node));
        if (problem !== undefined) return { status: failure(NAME, problem) };
      }
      const isReady = areVolumesReady(api, plan, node);
      if (isReady === true) return undefined;
      const timeout = bindTimeoutSeconds * 1000;
      const problem = isReady ? isReady.error : age >= timeout ? 'context deadline exceeded' : undefined;
      if (problem !== undefined) return { status: failure(NAME, `binding volumes: ${problem}`) };
      const waitsFor = [...plan.bindings.map(({ claim }) => claim), ...plan.provisions].map((claim) => `PersistentVolumeClaim/${claim}`);
      return { wait: { timeout, waitsFor: [...waitsFor, `Node/${node}`] }, data: { plan, isRequested: true } satisfies Reserved };
    },
  });

function tryTo(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

/** The pod's claims, all of them there and its own. */
function claimsOf(api: Handle['api'], { pod, info }: Cycle): PersistentVolumeClaim[] | PluginStatus {
  const claims: PersistentVolumeClaim[] = [];
  for (const { name, isEphemeral } of claimsOfPod(pod)) {
    const claim = api.get(persistentVolumeClaims, info.namespace, name);
    const problem = claim
      ? problemOf(claim, isEphemeral ? ownershipProblem(info, claim) : undefined)
      : isEphemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : claimNotFound(name);
    if (problem !== undefined) return unresolvable(NAME, problem);
    claims.push(claim!);
  }
  return claims;
}

function problemOf({ metadata, spec, status }: PersistentVolumeClaim, ownership: string | undefined): string | undefined {
  if (status.phase === 'Lost')
    return `persistentvolumeclaim "${metadata.name}" bound to non-existent persistentvolume "${spec.volumeName ?? ''}"`;
  return metadata.deletionTimestamp ? `persistentvolumeclaim "${metadata.name}" is being deleted` : ownership;
}

const EVENTS: readonly EventRegistration[] = [
  on<StorageClass>(
    'StorageClass',
    Action.Add | Action.Update,
    (_pod, before, after) => !before || !isEqual(before.allowedTopologies, after?.allowedTopologies),
  ),
  on<PersistentVolumeClaim>('PersistentVolumeClaim', Action.Add | Action.Update, (pod, _before, after) => usesClaim(pod, after!)),
  on('PersistentVolume', Action.Add | Action.Update),
  on('Node', Action.Add | Action.UpdateNodeLabel),
  on<CSINode>(
    'CSINode',
    Action.Add | Action.Update,
    (_pod, before, after) => !before || before.metadata.annotations?.[MIGRATED] !== after?.metadata.annotations?.[MIGRATED],
  ),
  on<CSIDriver>(
    'CSIDriver',
    Action.Update,
    (pod, before, after) =>
      before?.spec.storageCapacity === true &&
      !after?.spec.storageCapacity &&
      (pod.spec.volumes ?? []).some(({ csi }) => csi?.driver === after?.metadata.name),
  ),
  on<CSIStorageCapacity>('CSIStorageCapacity', Action.Add | Action.Update, (_pod, before, after) => {
    if (!before) return true;
    const [had, has] = [before.maximumVolumeSize ?? before.capacity, after?.maximumVolumeSize ?? after?.capacity];
    return has !== undefined && (had === undefined || compareQuantities(has, had) > 0);
  }),
];
