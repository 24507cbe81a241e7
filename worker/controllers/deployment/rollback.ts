// Going back to an earlier revision by the annotation that stands for the old rollback subresource. (kubectl's `rollout undo` writes the template itself.)

import type { Deployment, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { deployments } from '../../resources/apps/deployment.ts';
import { TEMPLATE_HASH, templateText } from '../template-hash.ts';
import { findOrMakeSets } from './new-replicaset.ts';
import { ROLLBACK_TO, annotationsFromSet, lastRevision, parseRevision, revisionOf } from './revision.ts';
import type { Rollout } from './rollout.ts';

/** The revision asked for; 0 for the one before. */
export function rollbackTarget({ metadata }: Deployment): bigint | undefined {
  const text = metadata.annotations?.[ROLLBACK_TO];
  return text === undefined ? undefined : parseRevision(text);
}

export function rollBack(rollout: Rollout): undefined {
  const { newSet, oldSets } = findOrMakeSets(rollout);
  const sets = [...oldSets, newSet];
  const revision = rollbackTarget(rollout.deployment) || lastRevision(sets);
  const target = revision ? sets.find((set) => revisionOf(set) === revision) : undefined;
  if (!target) {
    const problem = revision ? 'Unable to find the revision to rollback to.' : 'Unable to find last revision.';
    rollout.context.event(rollout.deployment, 'Warning', 'DeploymentRollbackRevisionNotFound', problem);
    finish(rollout, rollout.deployment);
  } else {
    takeTemplate(rollout, target, revision);
  }
  return undefined;
}

function takeTemplate(rollout: Rollout, target: ReplicaSet, revision: bigint): void {
  const { context, deployment } = rollout;
  const { name } = deployment.metadata;
  if (templateText(deployment.spec.template) === templateText(target.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${name}"`;
    context.event(deployment, 'Warning', 'DeploymentRollbackTemplateUnchanged', message);
    return finish(rollout, deployment);
  }
  const { metadata, spec } = target.spec.template;
  const { [TEMPLATE_HASH]: _, ...labels } = metadata.labels ?? {};
  finish(rollout, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: annotationsFromSet(deployment, target) },
    spec: { ...deployment.spec, template: { metadata: { ...metadata, labels }, spec } },
  });
  context.event(deployment, 'Normal', 'DeploymentRollback', `Rolled back deployment "${name}" to revision ${revision}`);
}

/** Stores what came of it, without the annotation that asked. */
function finish(rollout: Rollout, next: Deployment): void {
  const { [ROLLBACK_TO]: _, ...annotations } = next.metadata.annotations ?? {};
  rollout.deployment = rollout.context.api.update(deployments, { ...next, metadata: { ...next.metadata, annotations } });
}
