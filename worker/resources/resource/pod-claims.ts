// Which claims a pod uses: those it names, and those made for it from templates, whose names its status says. Mirrors dynamic-resource-allocation/resourceclaim.

import type { Pod, PodResourceClaim } from '../../api/gen/core-v1.ts';
import type { ResourceClaim } from '../../api/gen/resource-v1.ts';

/** `isOwn`: it was made for the pod. Undefined name: the pod needs none. */
export type ClaimRef = { readonly name: string | undefined; readonly isOwn: boolean } | { readonly problem: string };

export function claimRefOf({ metadata, status }: Pod, claim: PodResourceClaim): ClaimRef {
  if (claim.resourceClaimName !== undefined) return { name: claim.resourceClaimName, isOwn: false };
  const made = status?.resourceClaimStatuses?.find(({ name }) => name === claim.name);
  if (made) return { name: made.resourceClaimName, isOwn: true };
  return { problem: `pod "${metadata.namespace}/${metadata.name}": ResourceClaim not created yet` };
}

/** The claims that are known by name. */
export const claimNamesOf = (pod: Pod): string[] =>
  (pod.spec.resourceClaims ?? []).flatMap((one) => {
    const ref = claimRefOf(pod, one);
    return 'name' in ref && ref.name !== undefined ? [ref.name] : [];
  });

/** What is wrong with a claim that should have been made for a pod. */
export const ownershipProblem = (pod: Pod, { metadata }: ResourceClaim): string | undefined =>
  metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)
    ? undefined
    : `ResourceClaim ${metadata.namespace}/${metadata.name} was not created for Pod ${pod.metadata.namespace}/${pod.metadata.name} (Pod is not owner)`;

export const isReservedFor = (pod: Pod, { status }: ResourceClaim): boolean =>
  status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false;

/** A changed copy. */
export const reservedFor = (pod: Pod, claim: ResourceClaim): ResourceClaim => ({
  ...claim,
  status: {
    ...claim.status,
    reservedFor: [...(claim.status.reservedFor ?? []), { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid }],
  },
});
