// Making, repairing and deleting the pods of a StatefulSet, with the events that tell of it. Mirrors stateful_pod_control.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isAlreadyExists, isNotFound } from '../../api/status.ts';
import { pods } from '../../resources/core/pod.ts';
import { isExpected } from '../pod-control.ts';
import type { PodDraft } from '../pod-control.ts';
import { applyPolicy, claimsMatchPolicy, createClaims } from './claims.ts';
import { hasIdentity, hasStorage, identityLabels, ordinalOf, volumesFor } from './identity.ts';

type Verb = 'Create' | 'Update' | 'Delete';

/** Does something to a pod and tells of it; a failure too, which is thrown on. */
function told(set: StatefulSet, verb: Verb, name: string, context: ControllerContext, act: () => void): void {
  const what = `${verb} Pod ${name} in StatefulSet ${set.metadata.name}`;
  try {
    act();
  } catch (error) {
    if (isExpected(error) && !isAlreadyExists(error))
      context.event(set, 'Warning', `Failed${verb}`, `${what} failed error: ${error.message}`);
    throw error;
  }
  context.event(set, 'Normal', `Successful${verb}`, `${what} successful`);
}

export function createPod(set: StatefulSet, ordinal: number, draft: PodDraft, context: ControllerContext): void {
  const name = draft.metadata.name!;
  const owner = { name, ordinal, pod: undefined };
  told(set, 'Create', name, context, () => {
    createClaims(set, owner, context);
    context.api.create<Pod>(pods, draft);
    applyPolicy(set, owner, context);
  });
}

/** Claims that are missing although the pod is there: they were deleted. */
export function createMissingClaims(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const owner = { name: pod.metadata.name, ordinal: ordinalOf(pod), pod };
  createClaims(set, owner, context);
  applyPolicy(set, owner, context);
}

export function deletePod(set: StatefulSet, { metadata: { namespace = '', name } }: Pod, context: ControllerContext): void {
  told(set, 'Delete', name, context, () => {
    try {
      context.api.delete(pods, namespace, name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
}

/** Gives a pod back its labels, its volumes, and its claims their owners. */
export function repairPod(set: StatefulSet, pod: Pod, context: ControllerContext): void {
  const ordinal = ordinalOf(pod);
  const owner = { name: pod.metadata.name, ordinal, pod };
  const storage = hasStorage(set, pod);
  const retention = claimsMatchPolicy(set, owner, context);
  if (hasIdentity(set, pod) && storage && retention) return;
  told(set, 'Update', pod.metadata.name, context, () => {
    if (!storage) createClaims(set, owner, context);
    if (!retention) applyPolicy(set, owner, context);
    context.api.update(pods, {
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...identityLabels(set, ordinal) } },
      spec: { ...pod.spec, ...(!storage && { volumes: volumesFor(set, ordinal, pod.spec.volumes) }) },
    });
  });
}
