// The claims of pods for devices: made from templates with the pod, given up and deleted when it has ended. Which devices a claim gets, the scheduler says.
// Mirrors pkg/controller/resourceclaim.

import { SyncError, watch } from '../api/controller.ts';
import type { Controller, ControllerContext } from '../api/controller.ts';
import type { Pod, PodResourceClaim } from '../api/gen/core-v1.ts';
import type { ResourceClaim, ResourceClaimConsumerReference } from '../api/gen/resource-v1.ts';
import { controllerOf, isTerminating, keyOf, splitKey } from '../api/object.ts';
import { indexTerm } from '../api/resource.ts';
import type { ClusterReader } from '../api/resource.ts';
import { isNotFound, StatusError } from '../api/status.ts';
import { podTerm } from '../resources/core/pod-terms.ts';
import { pods } from '../resources/core/pod.ts';
import { claimNamesOf, claimRefOf, isReservedFor, ownershipProblem, reservedFor } from '../resources/resource/pod-claims.ts';
import { CLAIM_FINALIZER, claimTerm, hasAdminAccess, POD_CLAIM_ANNOTATION, resourceClaims } from '../resources/resource/resourceclaim.ts';
import { resourceClaimTemplates } from '../resources/resource/resourceclaimtemplate.ts';
import { controllerRef } from './claim.ts';
import { CLAIMS_CREATED } from './meters.ts';

const POD = 'pod:';
const CLAIM = 'claim:';
/** A generated name has 63 characters at most, 6 of them chance. */
const MAX_BASE = 57;
/** Of the statuses of pods. */
const FIELD_MANAGER = 'ResourceClaimController';

export const resourceClaim: Controller = {
  name: 'resource_claim',
  component: 'kube-controller-manager',
  serviceAccount: 'resource-claim-controller',
  reporter: 'resource_claim',
  watches: [
    watch(pods, (pod, _previous, reader, type) => {
      const names = pod.spec.resourceClaims?.length ?? 0;
      if (!names && !pod.status.extendedResourceClaimStatus) return [];
      const claims = type === 'deleted' || isDone(pod) ? claimKeysOf(pod, reader) : [];
      return type === 'deleted' || isTerminating(pod) || !names ? claims : [POD + keyOf(pod), ...claims];
    }),
    watch(resourceClaims, (claim, _previous, reader, type) => {
      const owner = controllerOf(claim);
      return [
        ...(type === 'deleted' ? [] : [CLAIM + keyOf(claim)]),
        ...(owner?.kind === 'Pod' ? [`${POD}${claim.metadata.namespace}/${owner.name}`] : []),
        ...reader.lookup(pods, podTerm.devices(keyOf(claim))).map((pod) => POD + keyOf(pod)),
      ];
    }),
  ],
  reconcile(key, context) {
    const isPod = key.startsWith(POD);
    const { namespace, name } = splitKey(key.slice(isPod ? POD.length : CLAIM.length));
    if (isPod) syncPod(namespace, name, context);
    else syncClaim(namespace, name, context);
  },
};

/** None of its containers runs, or will. */
const isDone = ({ metadata, spec, status }: Pod): boolean =>
  status.phase === 'Succeeded' || status.phase === 'Failed' || (metadata.deletionTimestamp !== undefined && !spec.nodeName);

function claimKeysOf(pod: Pod, reader: ClusterReader): string[] {
  const { namespace, uid } = pod.metadata;
  const found = [...reader.lookup(resourceClaims, claimTerm(uid)), ...reader.lookup(resourceClaims, indexTerm.controller(uid))].map(keyOf);
  return [...new Set([...found, ...claimNamesOf(pod).map((name) => `${namespace}/${name}`)])].map((claim) => CLAIM + claim);
}

function syncPod(namespace: string, name: string, context: ControllerContext): void {
  const { api, event } = context;
  const pod = api.get(pods, namespace, name);
  if (!pod || isTerminating(pod) || isDone(pod)) return;
  const made = new Map<string, string>();
  for (const claim of pod.spec.resourceClaims ?? []) {
    const result = ensureClaim(pod, claim, context);
    if (result && 'problem' in result) {
      event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${claim.name}: ${result.problem}`);
      throw new SyncError(`pod ${namespace}/${name}, PodResourceClaim ${claim.name}: ${result.problem}`);
    }
    if (result) made.set(claim.name, result.name);
  }
  const current = made.size ? sayClaims(pod, made, context) : pod;
  if (current.spec.nodeName) reserve(current, context);
}

/** The name of a claim that the pod's status does not have yet, if one was made or found. */
function ensureClaim(
  pod: Pod,
  claim: PodResourceClaim,
  { api, meters }: ControllerContext,
): { readonly name: string } | { readonly problem: string } | undefined {
  const { namespace = '', uid } = pod.metadata;
  const ref = claimRefOf(pod, claim);
  if ('name' in ref) {
    if (ref.name === undefined) return undefined;
    const known = api.get(resourceClaims, namespace, ref.name);
    if (known && !(ref.isOwn && ownershipProblem(pod, known))) return undefined;
  }
  const templateName = claim.resourceClaimTemplateName;
  if (templateName === undefined) return undefined;
  const found = api
    .lookup(resourceClaims, indexTerm.controller(uid))
    .find(({ metadata }) => metadata.annotations?.[POD_CLAIM_ANNOTATION] === claim.name);
  if (found) return { name: found.metadata.name };
  const template = api.get(resourceClaimTemplates, namespace, templateName);
  if (!template)
    return {
      problem: `resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`,
    };
  const { metadata, spec } = template.spec;
  const measure = (status: string): void => meters.add(CLAIMS_CREATED, { admin_access: String(hasAdminAccess(spec)), status });
  try {
    const created = api.create<ResourceClaim>(resourceClaims, {
      metadata: {
        generateName: baseName(pod.metadata.name, claim.name),
        namespace,
        annotations: { ...metadata?.annotations, [POD_CLAIM_ANNOTATION]: claim.name },
        ...(metadata?.labels && { labels: metadata.labels }),
        ownerReferences: [controllerRef(pod)],
      },
      spec,
    });
    measure('success');
    return { name: created.metadata.name };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    measure('failure');
    return { problem: `create ResourceClaim : ${error.message}` };
  }
}

/** Long names are cut in proportion; upstream forgets the hyphen before what is chance. */
function baseName(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`;
  if (whole.length <= MAX_BASE) return whole;
  const cut = (name: string): string => name.slice(0, Math.floor((name.length * MAX_BASE) / whole.length));
  return `${cut(pod)}-${cut(claim)}`;
}

function sayClaims(pod: Pod, made: ReadonlyMap<string, string>, { api }: ControllerContext): Pod {
  const { namespace = '', name: podName } = pod.metadata;
  // Differs: upstream applies only what it has just made, and with that takes away what it said of the pod's other claims before.
  const others = (pod.status.resourceClaimStatuses ?? []).filter(({ name }) => !made.has(name));
  const statuses = [...others, ...[...made].map(([name, resourceClaimName]) => ({ name, resourceClaimName }))];
  return api.applyStatus(pods, { metadata: { namespace, name: podName }, status: { resourceClaimStatuses: statuses } }, FIELD_MANAGER);
}

/** For pods that were bound without the scheduler's having looked at their claims. */
function reserve(pod: Pod, { api }: ControllerContext): void {
  for (const one of pod.spec.resourceClaims ?? []) {
    const ref = claimRefOf(pod, one);
    if (!('name' in ref) || ref.name === undefined) continue;
    const claim = api.get(resourceClaims, pod.metadata.namespace ?? '', ref.name);
    if (!claim) return;
    const problem = ref.isOwn ? ownershipProblem(pod, claim) : undefined;
    if (problem) throw new SyncError(problem);
    if (claim.status.allocation && !isReservedFor(pod, claim)) api.updateStatus(resourceClaims, reservedFor(pod, claim));
  }
}

function syncClaim(namespace: string, name: string, context: ControllerContext): void {
  const { api } = context;
  const claim = api.get(resourceClaims, namespace, name);
  if (!claim) return;
  const users = claim.status.reservedFor ?? [];
  const valid = users.filter((user) => isInUse(user, namespace, context));
  const hasFinalizer = claim.metadata.finalizers?.includes(CLAIM_FINALIZER) ?? false;
  if (valid.length < users.length || (hasFinalizer && isTerminating(claim) && !valid.length)) {
    const isGivenUp = hasFinalizer && !valid.length;
    const current = withUsers(claim, valid, isGivenUp, api);
    if (isGivenUp) {
      const finalizers = current.metadata.finalizers?.filter((one) => one !== CLAIM_FINALIZER) ?? [];
      api.update(resourceClaims, { ...current, metadata: { ...current.metadata, finalizers } });
    }
  }
  if (!valid.length) deleteIfUnneeded(claim, namespace, api);
}

/** Who is no pod has it as long as they say so; before 1.36 nobody knew what to do with them. */
function isInUse(
  { apiGroup = '', resource, name, uid }: ResourceClaimConsumerReference,
  namespace: string,
  context: ControllerContext,
): boolean {
  if (apiGroup || resource !== 'pods') {
    if (context.config.minor >= 36) return true;
    throw new SyncError(`unsupported ReservedFor entry: {${apiGroup} ${resource} ${name} ${uid}}`);
  }
  const pod = context.api.get(pods, namespace, name);
  return !!pod && pod.metadata.uid === uid && !isDone(pod);
}

/** The claim's devices go with its last user. */
function withUsers(
  claim: ResourceClaim,
  users: readonly ResourceClaimConsumerReference[],
  isGivenUp: boolean,
  api: ControllerContext['api'],
): ResourceClaim {
  const { allocation, reservedFor: before = [], ...status } = claim.status;
  const changed = before.length !== users.length || (isGivenUp && allocation);
  if (!changed) return claim;
  return api.updateStatus(resourceClaims, {
    ...claim,
    status: { ...status, ...(allocation && !isGivenUp && { allocation }), ...(users.length && { reservedFor: [...users] }) },
  });
}

/** A claim that was made for a pod goes when that has ended; if the pod is gone, the garbage collector sees to it. */
function deleteIfUnneeded(claim: ResourceClaim, namespace: string, api: ControllerContext['api']): void {
  const owner = controllerOf(claim);
  if (owner?.kind !== 'Pod' || owner.apiVersion !== 'v1') return;
  const pod = api.get(pods, namespace, owner.name);
  if (!pod || (pod.metadata.uid === owner.uid && !isDone(pod))) return;
  try {
    api.delete(resourceClaims, namespace, claim.metadata.name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
