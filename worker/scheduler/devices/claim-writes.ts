// What the scheduler writes of claims: the devices they get, for whom, and taking both back.

import type { ClusterApi } from '../../api/controller.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import type { AllocationResult, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isNotFound, StatusError } from '../../api/status.ts';
import { isReservedFor, reservedFor } from '../../resources/resource/pod-claims.ts';
import { CLAIM_FINALIZER, resourceClaims } from '../../resources/resource/resourceclaim.ts';

/** Gives the claim its devices, if it has none yet, and lets the pod use it. */
export function reserve(pod: Pod, claim: ResourceClaim, allocation: AllocationResult | undefined, api: ClusterApi): void {
  const current = allocation ? saying(`add finalizer to claim ${keyOf(claim)}`, () => withFinalizer(claim, api)) : claim;
  const changed = allocation ? { ...current, status: { ...current.status, allocation } } : current;
  const what = allocation ? 'add allocation and reservation' : 'add reservation';
  saying(`${what} to claim ${keyOf(claim)}`, () => api.updateStatus(resourceClaims, reservedFor(pod, changed)));
}

/** Throws Refused, with what was tried before what the API server says. */
export function saying<T>(what: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof StatusError) throw new Refused(`${what}: ${error.message}`);
    throw error;
  }
}

class Refused extends Error {}

function withFinalizer(claim: ResourceClaim, api: ClusterApi): ResourceClaim {
  const { finalizers = [] } = claim.metadata;
  if (finalizers.includes(CLAIM_FINALIZER)) return claim;
  return api.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, CLAIM_FINALIZER] } });
}

/** The pod does not use the claim any more. `isGivenUp`: with nobody left who does, its devices go too. */
export function unreserve(pod: Pod, claim: ResourceClaim, isGivenUp: boolean, api: ClusterApi): void {
  const { reservedFor: users = [], ...status } = claim.status;
  const others = users.filter(({ uid }) => uid !== pod.metadata.uid);
  if (isGivenUp && !others.length) giveUp(claim, api);
  else if (isReservedFor(pod, claim))
    api.updateStatus(resourceClaims, { ...claim, status: { ...status, ...(others.length && { reservedFor: others }) } });
}

export function giveUp(claim: ResourceClaim, api: ClusterApi): void {
  const { allocation: _allocation, reservedFor: _users, ...status } = claim.status;
  api.updateStatus(resourceClaims, { ...claim, status });
}

/** Of the scheduler's own claims: at once. */
export function deleteClaim({ metadata }: ResourceClaim, api: ClusterApi): void {
  const { namespace = '', name } = metadata;
  const claim = api.get(resourceClaims, namespace, name);
  if (!claim) return;
  const finalizers = (claim.metadata.finalizers ?? []).filter((one) => one !== CLAIM_FINALIZER);
  try {
    if (finalizers.length < (claim.metadata.finalizers?.length ?? 0))
      api.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers } });
    api.delete(resourceClaims, namespace, name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** What the API server said against it. */
export function refusalOf(write: () => void): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (error instanceof StatusError || error instanceof Refused) return error.message;
    throw error;
  }
}
