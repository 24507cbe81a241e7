// The claims that a pod names, or that were made for it: whether all of them are there and could get devices at all.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { ResourceClaim } from '../../api/gen/resource-v1.ts';
import { keyOf } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { deviceClasses } from '../../resources/resource/deviceclass.ts';
import { claimRefOf, ownershipProblem } from '../../resources/resource/pod-claims.ts';
import { resourceClaims } from '../../resources/resource/resourceclaim.ts';

/** Each of them once. `problem`: what the pod has to wait for. */
export function claimsOfPod(pod: Pod, reader: ClusterReader): { readonly claims: readonly ResourceClaim[] } | { readonly problem: string } {
  if (!pod.spec.resourceClaims?.length) return NONE;
  const claims: ResourceClaim[] = [];
  const { namespace = '' } = pod.metadata;
  for (const one of pod.spec.resourceClaims) {
    const ref = claimRefOf(pod, one);
    if ('problem' in ref) return ref;
    if (ref.name === undefined) continue;
    const claim = reader.get(resourceClaims, namespace, ref.name);
    if (!claim) return { problem: `could not find v1.ResourceClaim "${namespace}/${ref.name}"` };
    if (claim.metadata.deletionTimestamp) return { problem: `resourceclaim "${ref.name}" is being deleted` };
    const problem = ref.isOwn ? ownershipProblem(pod, claim) : undefined;
    if (problem) return { problem };
    if (!claims.some(({ metadata }) => metadata.uid === claim.metadata.uid)) claims.push(claim);
  }
  return { claims };
}

const NONE = { claims: [] };

/** Why no node has devices for a claim. */
export function classProblem(claim: ResourceClaim, reader: ClusterReader): string | undefined {
  for (const { name, exactly, firstAvailable = [] } of claim.spec.devices.requests ?? []) {
    const wanted = exactly
      ? [{ name, deviceClassName: exactly.deviceClassName }]
      : firstAvailable.map((one) => ({ name: `${name}/${one.name}`, deviceClassName: one.deviceClassName }));
    if (!wanted.length) return `resource claim ${keyOf(claim)}, request ${name}: unknown request type`;
    const missing = wanted.find(({ deviceClassName }) => !reader.get(deviceClasses, '', deviceClassName));
    if (missing) return `request ${missing.name}: device class ${missing.deviceClassName} does not exist`;
  }
  return undefined;
}
