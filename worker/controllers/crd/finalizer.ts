// Deletes the objects of a CRD that is being deleted, and then lets the CRD go. Mirrors apiextensions-apiserver pkg/controller/finalizer.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { CustomResourceDefinition } from '../../api/gen/apiextensions-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { CLEANUP_FINALIZER, customResourceDefinitions } from '../../resources/apiextensions/customresourcedefinition.ts';
import { isTrue, withCondition } from './conditions.ts';
import type { Wanted } from './conditions.ts';

/** How often upstream looks whether they are gone. */
const POLL_MS = 5000;

export const crdFinalizer: Controller = {
  name: 'crd-finalizer',
  component: 'kube-apiserver',
  watches: [watch(customResourceDefinitions, (crd) => (isDue(crd) ? [crd.metadata.name] : []))],
  reconcile(name, context) {
    const found = context.api.get(customResourceDefinitions, '', name);
    return found && isDue(found) ? empty(found, context) : undefined;
  },
};

const isDue = (crd: CustomResourceDefinition): boolean => isTerminating(crd) && (crd.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER);

function empty(found: CustomResourceDefinition, context: ControllerContext): Requeue | undefined {
  const { api, now } = context;
  const crd = api.updateStatus(
    customResourceDefinitions,
    withCondition(found, condition('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'), now()),
  );
  if (!isTrue(crd, 'Established')) return release(crd, condition('False', 'NeverEstablished', 'resource was never established'), context);
  if (deleteInstances(crd, context)) return { after: POLL_MS };
  return release(crd, condition('False', 'InstanceDeletionCompleted', 'removed all instances'), context);
}

const condition = (status: 'True' | 'False', reason: string, message: string): Wanted => ({ type: 'Terminating', status, reason, message });

/** How many are still there afterwards. */
function deleteInstances({ spec, status }: CustomResourceDefinition, { api }: ControllerContext): number {
  const resource = api.resourceOf(spec.group, status.acceptedNames.kind);
  if (!resource) return 0;
  for (const { metadata } of api.list(resource)) {
    if (metadata.deletionTimestamp) continue;
    try {
      api.delete(resource, metadata.namespace ?? '', metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return api.list(resource).length;
}

function release(crd: CustomResourceDefinition, done: Wanted, { api, now }: ControllerContext): undefined {
  const finished = withCondition(crd, done, now());
  const finalizers = (crd.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER);
  const { finalizers: _, ...metadata } = crd.metadata;
  const written = api.updateStatus(customResourceDefinitions, finished);
  api.update(customResourceDefinitions, {
    ...written,
    metadata: { ...metadata, resourceVersion: written.metadata.resourceVersion, ...(finalizers.length && { finalizers }) },
  });
}
