// Making, repairing and deleting the pods of a StatefulSet, with the events that tell of it. Mirrors stateful_pod_control.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isAlreadyExists, isNotFound } from '../../api/status.ts';
import { pods } from '../../resources/core/pod.ts';
import { isExpected } from '../pod-control.ts';
import type { PodDraft } from '../pod-control.ts';
import { applyPolicy, claimsMatchPolicy, createClaims } from './claims.ts';
import type { ClaimOwner } from './claims.ts';
import { hasIdentity, hasStorage, identityLabels, ordinalOf, volumesFor } from './identity.ts';

type Verb = 'create' | 'update' | 'delete';

const tell = (set: StatefulSet, verb: Verb, name: string, { event }: ControllerContext): void =>
  event(set, 'Normal', `Successful${titled(verb)}`, `${verb} Pod ${name} in StatefulSet ${set.metadata.name} successful`);

const titled = (verb: Verb): string => verb[0]!.toUpperCase() + verb.slice(1);

/** Does something to a pod. A failure is told of, and thrown on; not that there is one of its name. */
function attempt(set: StatefulSet, verb: Verb, name: string, { event }: ControllerContext, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (isExpected(error) && !isAlreadyExists(error)) {
      const message = `${verb} Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
      event(set, 'Warning', `Failed${titled(verb)}`, message);
    }
    throw error;
  }
}

/** The claims belong to whom the policy says even if there can be no pod. */
export function createPod(set: StatefulSet, ordinal: number, draft: PodDraft, context: ControllerContext): void {
  const name = draft.metadata.name!;
  const owner = { name, ordinal, pod: undefined };
  attempt(set, 'create', name, context, () => createClaims(set, owner, context));
  let refusal: unknown;
  try {
    context.api.create<Pod>(pods, draft);
  } catch (error) {
    if (!isExpected(error) || isAlreadyExists(error)) throw error;
    refusal = error;
  }
  settleClaims(set, owner, context);
  attempt(set, 'create', name, context, () => {
    if (refusal) throw refusal as Error;
  });
  tell(set, 'create', name, context);
}

const settleClaims = (set: StatefulSet, owner: ClaimOwner, context: ControllerContext): void =>
  attempt(set, 'update', owner.name, context, () => applyPolicy(set, owner, context));

/** Claims that are missing although the pod is there: they were deleted. */
export function createMissingClaims(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const owner = { name: pod.metadata.name, ordinal: ordinalOf(pod), pod };
  createClaims(set, owner, context);
  settleClaims(set, owner, context);
}

export function deletePod(set: StatefulSet, { metadata: { namespace = '', name } }: Pod, context: ControllerContext): void {
  attempt(set, 'delete', name, context, () => {
    try {
      context.api.delete(pods, namespace, name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  tell(set, 'delete', name, context);
}

/** Gives a pod back its labels, its volumes, and its claims their owners. */
export function repairPod(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const ordinal = ordinalOf(pod);
  const owner = { name: pod.metadata.name, ordinal, pod };
  const storage = hasStorage(set, pod);
  const retention = claimsMatchPolicy(set, owner, context);
  if (hasIdentity(set, pod) && storage && retention) return;
  attempt(set, 'update', pod.metadata.name, context, () => {
    if (!storage) createClaims(set, owner, context);
    if (!retention) applyPolicy(set, owner, context);
    context.api.update(pods, {
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...identityLabels(set, ordinal) } },
      spec: { ...pod.spec, ...(!storage && { volumes: volumesFor(set, ordinal, pod.spec.volumes) }) },
    });
  });
  tell(set, 'update', pod.metadata.name, context);
}
