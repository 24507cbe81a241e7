// Making and deleting the pods of a controller, with the events that tell of it. Mirrors RealPodControl of pkg/controller/controller_utils.go.

import { SyncError } from '../api/controller.ts';
import type { ControllerContext } from '../api/controller.ts';
import type { Pod, PodTemplateSpec } from '../api/gen/core-v1.ts';
import type { Draft, KubeObject } from '../api/object.ts';
import { StatusError, isNotFound } from '../api/status.ts';
import { nameIsDnsSubdomain } from '../lib/names.ts';
import { pods } from '../resources/core/pod.ts';
import { controllerRef } from './claim.ts';

export type PodDraft = Draft<Pod> & { metadata: Partial<Pod['metadata']> };

/** A pod as the template of its owner has it. It may share parts with the template. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec): PodDraft {
  const { labels, annotations, finalizers } = template.metadata;
  const metadata: PodDraft['metadata'] = {
    generateName: generateNameOf(owner.metadata.name),
    namespace: owner.metadata.namespace ?? '',
    ownerReferences: [controllerRef(owner)],
  };
  if (labels) metadata.labels = labels;
  if (annotations) metadata.annotations = annotations;
  if (finalizers) metadata.finalizers = finalizers;
  return { metadata, spec: template.spec };
}

/** `web-`; without the dash where no name could follow it. */
const generateNameOf = (name: string): string => (nameIsDnsSubdomain(`${name}-`, true).length ? name : `${name}-`);

export function createPod(context: ControllerContext, owner: KubeObject, draft: PodDraft): Pod {
  if (!Object.keys(draft.metadata.labels ?? {}).length) throw new SyncError('unable to create pods, no labels');
  try {
    const pod = context.api.create<Pod>(pods, draft);
    context.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (error instanceof StatusError && !isNamespaceTerminating(error))
      context.event(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    throw error;
  }
}

/** Nothing can be made in a namespace that goes away, and nobody needs to hear of it. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');

/** NotFound passes. */
export function deletePod(context: ControllerContext, owner: KubeObject, { metadata: { namespace = '', name } }: Pod): void {
  try {
    context.api.delete(pods, namespace, name);
    context.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    if (!(error instanceof StatusError)) throw error;
    context.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
    throw new SyncError(`unable to delete pods: ${error.message}`);
  }
}

/** Does `count` things, in batches of 1, 2, 4 …, and stops after a batch in which one failed: many failures would all say the same. The first error is given. */
export function slowStart(count: number, attempt: () => void): unknown {
  for (let [left, size] = [count, 1]; left > 0; left -= size, size = Math.min(2 * size, left)) {
    let failure: unknown;
    for (let i = 0; i < size; i++) {
      try {
        attempt();
      } catch (error) {
        if (!isExpected(error)) throw error;
        failure ??= error;
      }
    }
    if (failure) return failure;
  }
  return undefined;
}

/** An error that the API or a rule gave, and not a mistake in the code. */
export const isExpected = (error: unknown): error is StatusError | SyncError => error instanceof StatusError || error instanceof SyncError;
