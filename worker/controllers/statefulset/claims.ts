// The volume claims of a StatefulSet's pods: made with the pods, and owned according to the retention policy. Mirrors stateful_pod_control.go and the claims'
// part of stateful_set_utils.go.

import { SyncError } from '../../api/controller.ts';
import type { ControllerContext } from '../../api/controller.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { KubeObject, OwnerReference } from '../../api/object.ts';
import { isAlreadyExists } from '../../api/status.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { controllerRef } from '../claim.ts';
import { isExpected } from '../pod-control.ts';
import { claimName, isInRange } from './identity.ts';

/** A pod, as far as its claims know it: it may not exist yet. */
export interface ClaimOwner {
  readonly name: string;
  readonly ordinal: number;
  /** Undefined for a pod that is not there. */
  readonly pod: KubeObject | undefined;
}

const find = (set: StatefulSet, { ordinal }: ClaimOwner, { api }: ControllerContext): PersistentVolumeClaim[] =>
  (set.spec.volumeClaimTemplates ?? [])
    .map((one) => api.get(persistentVolumeClaims, set.metadata.namespace ?? '', claimName(one, set, ordinal)))
    .filter((one) => one !== undefined);

export function createClaims(set: StatefulSet, owner: ClaimOwner, context: ControllerContext): void {
  const problems: string[] = [];
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(template, set, owner.ordinal);
    const known = context.api.get(persistentVolumeClaims, set.metadata.namespace ?? '', name);
    if (known) {
      if (isTerminating(known)) problems.push(`pvc ${name} is being deleted`);
      continue;
    }
    const where = `${name} Pod ${owner.name} in StatefulSet ${set.metadata.name}`;
    try {
      const { labels, annotations, finalizers } = template.metadata;
      context.api.create<PersistentVolumeClaim>(persistentVolumeClaims, {
        metadata: {
          name,
          namespace: set.metadata.namespace ?? '',
          labels: { ...labels, ...set.spec.selector.matchLabels },
          ...(annotations && { annotations }),
          ...(finalizers && { finalizers }),
        },
        spec: template.spec,
      });
      context.event(set, 'Normal', 'SuccessfulCreate', `create Claim ${where} success`);
    } catch (error) {
      if (!isExpected(error)) throw error;
      problems.push(`failed to create PVC ${name}: ${error.message}`);
      if (!isAlreadyExists(error)) {
        const message = `create Claim ${name} for Pod ${owner.name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
        context.event(set, 'Warning', 'FailedCreate', message);
      }
    }
  }
  if (problems.length) throw new SyncError(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
}

/** Left by an earlier pod of the name, and about to be collected: a new pod must wait. */
export function hasStaleClaim(set: StatefulSet, owner: ClaimOwner, context: ControllerContext): boolean {
  return policyOf(set).whenScaled !== 'Retain' && find(set, owner, context).some((claim) => isStaleOf(claim, podIdentity(set, owner)));
}

interface Policy {
  readonly whenScaled: string;
  readonly whenDeleted: string;
}

const policyOf = ({ spec }: StatefulSet): Policy => ({
  whenScaled: spec.persistentVolumeClaimRetentionPolicy?.whenScaled ?? 'Retain',
  whenDeleted: spec.persistentVolumeClaimRetentionPolicy?.whenDeleted ?? 'Retain',
});

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

const setIdentity = (set: StatefulSet): Identity => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name: set.metadata.name,
  uid: set.metadata.uid,
});
const podIdentity = (_set: StatefulSet, { name, pod }: ClaimOwner): Identity => ({
  apiVersion: 'v1',
  kind: 'Pod',
  name,
  uid: pod?.metadata.uid ?? '',
});

const refersTo = (ref: OwnerReference, { apiVersion, kind, name }: Identity): boolean =>
  ref.apiVersion === apiVersion && ref.kind === kind && ref.name === name;

const refsOf = ({ metadata }: PersistentVolumeClaim): OwnerReference[] => metadata.ownerReferences ?? [];

function isStaleOf(claim: PersistentVolumeClaim, identity: Identity): boolean {
  const ref = refsOf(claim).find((one) => refersTo(one, identity));
  return ref !== undefined && ref.uid !== identity.uid;
}

/** Somebody else manages the claim: the policy is not applied. */
function hasForeignController(claim: PersistentVolumeClaim, set: StatefulSet, owner: ClaimOwner): boolean {
  const { whenScaled, whenDeleted } = policyOf(set);
  if (whenScaled === 'Retain' && whenDeleted === 'Retain') return false;
  const ours = [setIdentity(set), podIdentity(set, owner)];
  return refsOf(claim).some((ref) => {
    const known = ours.find((one) => refersTo(ref, one));
    return known ? ref.uid !== known.uid : ref.controller === true;
  });
}

/** Who should own the claim. */
function wantedOwners(set: StatefulSet, owner: ClaimOwner): { set: boolean; pod: boolean } {
  const { whenScaled, whenDeleted } = policyOf(set);
  const scaledDown = !isInRange(set, owner.ordinal);
  return {
    pod: whenScaled === 'Delete' && scaledDown,
    set: whenDeleted === 'Delete' && !(whenScaled === 'Delete' && scaledDown),
  };
}

function isUpToDate(claim: PersistentVolumeClaim, set: StatefulSet, owner: ClaimOwner): boolean {
  const [ofSet, ofPod] = [setIdentity(set), podIdentity(set, owner)];
  const has = ({ uid }: Identity): boolean => uid !== '' && refsOf(claim).some((ref) => ref.uid === uid);
  if (isStaleOf(claim, ofSet) || isStaleOf(claim, ofPod)) return true;
  if (hasForeignController(claim, set, owner)) return !has(ofSet) && !has(ofPod);
  if (refsOf(claim).some((ref) => (ref.uid === ofSet.uid || ref.uid === ofPod.uid) && !ref.controller)) return false;
  const wanted = wantedOwners(set, owner);
  return has(ofSet) === wanted.set && has(ofPod) === wanted.pod;
}

export const claimsMatchPolicy = (set: StatefulSet, owner: ClaimOwner, context: ControllerContext): boolean =>
  find(set, owner, context).every((claim) => isUpToDate(claim, set, owner));

export function applyPolicy(set: StatefulSet, owner: ClaimOwner, context: ControllerContext): void {
  for (const claim of find(set, owner, context)) {
    const foreign = hasForeignController(claim, set, owner);
    if (foreign) {
      const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`;
      context.event(set, 'Warning', 'ConflictingController', message);
    }
    if (isUpToDate(claim, set, owner)) continue;
    const others = refsOf(claim).filter((ref) => !refersTo(ref, setIdentity(set)) && !refersTo(ref, podIdentity(set, owner)));
    const wanted = wantedOwners(set, owner);
    const owners = [
      ...others,
      ...(wanted.pod && !foreign && owner.pod ? [controllerRef(owner.pod)] : []),
      ...(wanted.set && !foreign ? [controllerRef(set)] : []),
    ];
    const { ownerReferences: _, ...metadata } = claim.metadata;
    context.api.update(persistentVolumeClaims, { ...claim, metadata: { ...metadata, ...(owners.length && { ownerReferences: owners }) } });
  }
}
