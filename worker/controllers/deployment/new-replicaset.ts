// The ReplicaSet of the present template: finding it, making it, and keeping its annotations right.

import { SyncError } from '../../api/controller.ts';
import type { DeploymentStatus, ReplicaSet } from '../../api/gen/apps-v1.ts';
import { controllerOf } from '../../api/object.ts';
import { StatusError, isAlreadyExists } from '../../api/status.ts';
import { deployments } from '../../resources/apps/deployment.ts';
import { replicaSets } from '../../resources/apps/replicaset.ts';
import { controllerRef } from '../claim.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { TEMPLATE_HASH, templateHash, templateText } from '../template-hash.ts';
import { findCondition, makeCondition, withCondition } from './conditions.ts';
import { isRolling, maxReplicas, progressDeadline, wantedReplicas } from './limits.ts';
import { REVISION, annotationsForSet, highestRevision } from './revision.ts';
import { putStatus, replicasOf, sizeAnnotations, sumOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';

export interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: ReplicaSet[];
}

/** The sets, told apart. The new one, if it is there, gets its revision; the Deployment too. */
export function findSets(rollout: Rollout): Sets {
  const wanted = templateText(rollout.deployment.spec.template);
  const known = rollout.sets.find((set) => templateText(set.spec.template) === wanted);
  const oldSets = rollout.sets.filter((set) => set !== known);
  return { newSet: known && keepUpToDate(rollout, known, highestRevision(oldSets) + 1n), oldSets };
}

/** The same, and a new one is made if there is none. */
export function findOrMakeSets(rollout: Rollout): { newSet: ReplicaSet; oldSets: ReplicaSet[] } {
  const { newSet, oldSets } = findSets(rollout);
  return { newSet: newSet ?? makeNewSet(rollout, oldSets), oldSets };
}

function keepUpToDate(rollout: Rollout, known: ReplicaSet, revision: bigint): ReplicaSet {
  const { context, deployment } = rollout;
  const annotations = annotationsForSet(deployment, known.metadata.annotations ?? {}, revision);
  const { minReadySeconds = 0 } = deployment.spec;
  if (annotations || (known.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const { minReadySeconds: _, ...spec } = known.spec;
    return context.api.update(replicaSets, {
      ...known,
      metadata: { ...known.metadata, annotations: annotations ?? known.metadata.annotations ?? {} },
      spec: { ...spec, ...(minReadySeconds && { minReadySeconds }) },
    });
  }
  const isUnheardOf = progressDeadline(deployment) !== undefined && !findCondition(deployment.status.conditions, 'Progressing');
  noteRevision(
    rollout,
    known.metadata.annotations?.[REVISION] ?? '',
    isUnheardOf ? ['FoundNewReplicaSet', `Found new replica set "${known.metadata.name}"`] : undefined,
  );
  return known;
}

/** Writes the revision to the Deployment, and a word on its progress. */
function noteRevision(rollout: Rollout, revision: string, progress: [reason: string, message: string] | undefined): void {
  const { deployment, context } = rollout;
  const { metadata, status } = deployment;
  if (metadata.annotations?.[REVISION] === revision && !progress) return;
  putStatus(rollout, progress ? withProgress(status, 'True', progress[0], progress[1], context.now()) : status, {
    ...metadata,
    annotations: { ...metadata.annotations, [REVISION]: revision },
  });
}

function withProgress(status: DeploymentStatus, value: string, reason: string, message: string, now: number): DeploymentStatus {
  return { ...status, conditions: withCondition(status.conditions ?? [], makeCondition('Progressing', value, reason, message, now)) };
}

function makeNewSet(rollout: Rollout, oldSets: readonly ReplicaSet[]): ReplicaSet {
  const { context, deployment } = rollout;
  const { spec, metadata, status } = deployment;
  const hash = templateHash(spec.template, status.collisionCount);
  const labels = { ...spec.template.metadata.labels, [TEMPLATE_HASH]: hash };
  const revision = highestRevision(oldSets) + 1n;
  const name = `${metadata.name.slice(0, 253 - 1 - hash.length)}-${hash}`;
  const replicas = isRolling(deployment)
    ? Math.max(0, Math.min(maxReplicas(deployment) - sumOf(oldSets, replicasOf), wantedReplicas(deployment)))
    : wantedReplicas(deployment);
  let made: ReplicaSet;
  try {
    made = context.api.create(replicaSets, {
      metadata: {
        name,
        namespace: metadata.namespace ?? '',
        ownerReferences: [controllerRef(deployment)],
        labels,
        annotations: { ...annotationsForSet(deployment, {}, revision), ...sizeAnnotations(deployment) },
      },
      spec: {
        replicas,
        minReadySeconds: spec.minReadySeconds ?? 0,
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [TEMPLATE_HASH]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    });
  } catch (error) {
    if (isAlreadyExists(error)) return takeOrAvoid(rollout, name, error, revision);
    if (error instanceof StatusError && !isNamespaceTerminating(error))
      tellOfFailure(rollout, `Failed to create new replica set "${name}": ${error.message}`);
    throw error;
  }
  if (replicas > 0) context.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
  const progress: [string, string] | undefined =
    progressDeadline(deployment) === undefined ? undefined : ['NewReplicaSetCreated', `Created new replica set "${name}"`];
  noteRevision(rollout, String(revision), progress);
  return made;
}

/** The name is taken: by this very template's set, or by another's, and then the next attempt gets another hash. */
function takeOrAvoid(rollout: Rollout, name: string, taken: Error, revision: bigint): ReplicaSet {
  const { context, deployment } = rollout;
  const { metadata, spec, status } = deployment;
  const other = context.api.get(replicaSets, metadata.namespace ?? '', name);
  if (other && controllerOf(other)?.uid === metadata.uid && templateText(other.spec.template) === templateText(spec.template)) {
    noteRevision(rollout, String(revision), undefined);
    return other;
  }
  const collisionCount = (status.collisionCount ?? 0) + 1;
  context.api.updateStatus(deployments, { ...deployment, status: { ...status, collisionCount } });
  context.log(
    'I',
    `"Found a hash collision for deployment - bumping collisionCount to resolve it" deployment="${metadata.namespace}/${metadata.name}" newCollisionCount=${collisionCount}`,
  );
  throw new SyncError(taken.message);
}

function tellOfFailure(rollout: Rollout, message: string): void {
  const { context, deployment } = rollout;
  if (progressDeadline(deployment) !== undefined)
    putStatus(rollout, withProgress(deployment.status, 'False', 'ReplicaSetCreateError', message, context.now()));
  context.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
}
