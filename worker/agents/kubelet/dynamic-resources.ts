// The devices of a pod's claims, as its kubelet sees them: whether the pod may use them, and how they are. Mirrors pkg/kubelet/cm/dra/manager.go.
// Differs: every driver is there, takes no time, and knows nothing of its devices' health.

import type { Container, ContainerStatus, PodResourceClaim, ResourceStatus } from '../../api/gen/core-v1.ts';
import type { ResourceClaim } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { claimRefOf, isReservedFor, ownershipProblem } from '../../resources/resource/pod-claims.ts';
import { resourceClaims } from '../../resources/resource/resourceclaim.ts';
import type { PodSync } from './worker.ts';

/** Why the devices cannot be made ready for the pod, as its event says. */
export function preparationProblem(sync: PodSync): string | undefined {
  const { pod } = sync;
  const made = pod.status.extendedResourceClaimStatus;
  const claims: PodResourceClaim[] = [
    ...(pod.spec.resourceClaims ?? []),
    ...(made ? [{ name: '', resourceClaimName: made.resourceClaimName }] : []),
  ];
  for (const one of claims) {
    const problem = claimProblem(sync, one);
    if (problem !== undefined) return `Failed to prepare dynamic resources: prepare dynamic resources: ${problem}`;
  }
  return undefined;
}

function claimProblem({ pod, context }: PodSync, one: PodResourceClaim): string | undefined {
  const ref = claimRefOf(pod, one);
  if ('problem' in ref) return ref.problem;
  const { name } = ref;
  if (name === undefined) return undefined;
  const claim = context.api.get(resourceClaims, pod.metadata.namespace ?? '', name);
  if (!claim) return `fetch ResourceClaim ${name}: resourceclaims.resource.k8s.io ${JSON.stringify(name)} not found`;
  const problem = ref.isOwn ? ownershipProblem(pod, claim) : undefined;
  if (problem !== undefined || isReservedFor(pod, claim)) return problem;
  return `pod ${pod.metadata.name} (${pod.metadata.uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata.uid})`;
}

/** The statuses of containers that use claims, with what is known of the devices; since 1.36. */
export function withDeviceHealth(sync: PodSync, statuses: ContainerStatus[], previous: readonly ContainerStatus[]): ContainerStatus[] {
  const { pod, context } = sync;
  if (context.config.minor < 36 || !pod.spec.resourceClaims?.length) return statuses;
  return statuses.map((status) => {
    const container = pod.spec.containers.find(({ name }) => name === status.name);
    const before = previous.find(({ name }) => name === status.name)?.allocatedResourcesStatus;
    const health = container ? healthOf(sync, container) : [];
    const said = isEqual(health, before) || !health.length ? before : health;
    return said ? { ...status, allocatedResourcesStatus: said } : status;
  });
}

/** Of claims that the pod has devices of. */
function healthOf(sync: PodSync, { resources: { claims = [] } }: Container): ResourceStatus[] {
  return claims.flatMap(({ name, request }) => {
    const results = claimOf(sync, name)?.status.allocation?.devices?.results ?? [];
    const resources = results.map(({ driver, pool, device }) => ({ resourceID: `${driver}/${pool}/${device}`, health: 'Unknown' }));
    return resources.length ? [{ name: `claim:${name}${request ? `/${request}` : ''}`, resources }] : [];
  });
}

function claimOf({ pod, context }: PodSync, name: string): ResourceClaim | undefined {
  const one = pod.spec.resourceClaims?.find((claim) => claim.name === name);
  const ref = one && claimRefOf(pod, one);
  const claim = ref && 'name' in ref && ref.name ? context.api.get(resourceClaims, pod.metadata.namespace ?? '', ref.name) : undefined;
  return claim && isReservedFor(pod, claim) ? claim : undefined;
}
