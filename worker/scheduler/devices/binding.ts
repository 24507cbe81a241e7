// From the decision for a node to the binding of a pod: its claims get the devices that were found, its status names the claim that the scheduler made, and
// devices that have to be prepared are waited for. Mirrors Reserve, Unreserve and PreBind of kube-scheduler's dynamicresources. Differs: that they are ready is
// heard of at once, and not looked for every five seconds.

import type { ClusterApi } from '../../api/controller.ts';
import type { ContainerExtendedResourceRequest, Pod } from '../../api/gen/core-v1.ts';
import type { AllocationResult, DeviceRequestAllocationResult, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import type { Random } from '../../lib/host.ts';
import { formatTime } from '../../lib/time.ts';
import { pods } from '../../resources/core/pod.ts';
import { isReservedFor } from '../../resources/resource/pod-claims.ts';
import { resourceClaims } from '../../resources/resource/resourceclaim.ts';
import type { Choice } from './allocator.ts';
import { deleteClaim, refusalOf, reserve, saying, unreserve } from './claim-writes.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { draftOf } from './extended-resources.ts';
import type { ExtendedClaim } from './extended-resources.ts';
import { isReady, lastMoment, preparedOf } from './readiness.ts';
import { allocationOf } from './results.ts';

/** How often upstream looks whether devices are ready. */
const LOOK_MS = 5000;

/** What was done, by the names of claims. Plain data: it survives an eviction. */
export interface Reserved {
  /** All that the pod uses. */
  readonly uses: string[];
  /** Those that were not the pod's before. */
  readonly claims: string[];
  /** Those of them that had no devices. */
  readonly allocated: string[];
  /** The claim that the scheduler made. */
  extended?: { readonly claim: string; readonly mappings: readonly ContainerExtendedResourceRequest[] };
  /** Devices are being prepared. */
  readonly isAwaited?: boolean;
  /** Why nothing could be done. */
  readonly problem?: string;
}

/** What was found for a pod. */
export interface Findings {
  readonly claims: readonly ResourceClaim[];
  readonly unallocated: readonly ResourceClaim[];
  /** By node. */
  readonly found: ReadonlyMap<string, { readonly choices: readonly (readonly Choice[])[]; readonly extended: ExtendedClaim | undefined }>;
}

interface Means {
  readonly api: ClusterApi;
  readonly random: Random;
  readonly metrics: SchedulerMetrics;
  /** When devices are given, ms; undefined where claims do not say. */
  readonly now?: number;
}

/** Notes in `done` what it has done, one by one. Throws what `refusalOf` takes. */
export function reserveDevices(pod: Pod, node: string, { claims, unallocated, found }: Findings, done: Reserved, means: Means): void {
  const { api, random, metrics, now } = means;
  const { choices, extended } = found.get(node) ?? {};
  const allocate = (claim: ResourceClaim, ofClaim: readonly Choice[] | undefined): AllocationResult | undefined =>
    ofClaim && {
      ...allocationOf(claim, ofClaim, node, () => random.uuid()),
      ...(now !== undefined && { allocationTimestamp: formatTime(now) }),
    };
  for (const claim of claims) {
    done.uses.push(claim.metadata.name);
    const allocation = claim.status.allocation ? undefined : allocate(claim, choices?.[unallocated.indexOf(claim)]);
    if (!allocation && isReservedFor(pod, claim)) continue;
    reserve(pod, claim, allocation, api);
    done.claims.push(claim.metadata.name);
    if (allocation) done.allocated.push(claim.metadata.name);
  }
  if (!extended) return;
  const made = saying(`create claim for extended resources ${pod.metadata.namespace}/`, () =>
    metrics.claimCreated(() => api.create<ResourceClaim>(resourceClaims, draftOf(pod, extended.claim))),
  );
  done.extended = { claim: made.metadata.name, mappings: extended.mappings };
  done.uses.push(made.metadata.name);
  reserve(pod, made, allocate(made, choices?.at(-1)), api);
}

/** Devices that are being prepared for the pod stay its claims'; the next try sees what has become of them. */
export function unreserveDevices(pod: Pod, { claims, allocated, extended, isAwaited = false }: Reserved, api: ClusterApi): void {
  const { namespace = '' } = pod.metadata;
  for (const name of claims) {
    const claim = api.get(resourceClaims, namespace, name);
    if (claim && isReservedFor(pod, claim)) refusalOf(() => unreserve(pod, claim, !isAwaited && allocated.includes(name), api));
  }
  const made = extended && api.get(resourceClaims, namespace, extended.claim);
  if (made) refusalOf(() => deleteClaim(made, api));
}

/** Writes into the pod's status which claim the scheduler made for it; gives why it could not. */
export const announceDevices = (pod: Pod, reserved: Reserved, api: ClusterApi): string | undefined =>
  refusalOf(() =>
    saying(`update pod ${pod.metadata.namespace}/${pod.metadata.name} ExtendedResourceClaimStatus`, () => tellPod(pod, reserved, api)),
  );

/** All devices of the pod, if some of them have to be prepared, or had to be; else none. */
export function preparedDevices(
  { metadata: { namespace = '' } }: Pod,
  { uses }: Reserved,
  api: ClusterApi,
): readonly DeviceRequestAllocationResult[] {
  const claims = uses.flatMap((name) => api.get(resourceClaims, namespace, name) ?? []);
  if (!claims.some(({ status }) => preparedOf(status).length)) return [];
  return claims.flatMap(({ status }) => status.allocation?.devices.results ?? []);
}

/** `until`: an age. How it ended: as metrics have it. */
export type Preparation =
  | { readonly waitsFor: readonly string[]; readonly until: number }
  | { readonly result: PreparationResult; readonly problem?: string };
export type PreparationResult = 'success' | 'failure' | 'timeout' | 'error';

/** What has to change before the pod can be bound, or what came of it. `timeout` and `age` in ms. */
export function devicePreparation(
  { metadata: { namespace = '' } }: Pod,
  { uses }: Reserved,
  timeout: number,
  age: number,
  { api, now }: { readonly api: ClusterApi; now(): number },
): Preparation {
  for (const name of uses) {
    const claim = api.get(resourceClaims, namespace, name);
    if (!claim) return { result: 'error', problem: `could not find v1.ResourceClaim "${namespace}/${name}"` };
    const ready = isReady(claim);
    if (typeof ready === 'string') return { result: 'failure', problem: ready };
    if (ready) continue;
    if (age >= timeout) return { result: 'timeout', problem: 'device binding timeout: context deadline exceeded' };
    const left = lastMoment(claim, timeout) - now();
    if (left < 0) return { result: 'timeout', problem: `device binding timeout: claim=${name}` };
    // The claim may have had its devices before this pod came, and be overdue before the pod is.
    const until = Math.min(timeout, (Math.floor((age + left) / LOOK_MS) + 1) * LOOK_MS);
    return { waitsFor: [`ResourceClaim/${namespace}/${name}`], until };
  }
  return { result: 'success' };
}

function tellPod(pod: Pod, { extended }: Reserved, api: ClusterApi): void {
  const { namespace = '', name } = pod.metadata;
  const current = extended && api.get(pods, namespace, name);
  if (!current) return;
  const said = { requestMappings: [...extended.mappings], resourceClaimName: extended.claim };
  if (isEqual(current.status.extendedResourceClaimStatus, said)) return;
  api.updateStatus(pods, { ...current, status: { ...current.status, extendedResourceClaimStatus: said } });
}
