// Deployments: a ReplicaSet for each revision of the pod template, and the way from one to the next. Mirrors pkg/controller/deployment; the files here are
// upstream's topics.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Deployment, ReplicaSet } from '../../api/gen/apps-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { controllerOf, isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { whoSelects } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import { deployments } from '../../resources/apps/deployment.ts';
import { replicaSets } from '../../resources/apps/replicaset.ts';
import { pods } from '../../resources/core/pod.ts';
import { claim } from '../claim.ts';
import { checkPaused } from './progress.ts';
import { rollOutByRecreation } from './recreate.ts';
import { rollBack, rollbackTarget } from './rollback.ts';
import { rollOut } from './rolling.ts';
import { isScalingEvent, scaleOnly } from './scale.ts';
import { writeStatus } from './status.ts';
import { findSets } from './new-replicaset.ts';
import { byCreation } from './rollout.ts';
import type { Rollout } from './rollout.ts';

export const deployment: Controller = {
  name: 'deployment',
  component: 'kube-controller-manager',
  watches: [
    watch(deployments),
    watch(replicaSets, keysOfReplicaSet),
    watch(pods, (pod, _, reader, type) => keysOfPod(pod, reader, type === 'deleted')),
  ],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const found = context.api.get(deployments, namespace, name);
    return found && sync(found, context);
  },
};

function* keysOfReplicaSet(set: ReplicaSet, previous: ReplicaSet | undefined, reader: ClusterReader): Iterable<string> {
  const { namespace = '', labels } = set.metadata;
  const [owner, before] = [controllerOf(set), previous && controllerOf(previous)];
  if (before && before.uid !== owner?.uid && before.kind === 'Deployment') yield `${namespace}/${before.name}`;
  if (owner) {
    if (owner.kind === 'Deployment') yield `${namespace}/${owner.name}`;
  } else if (labels && (!previous || before || !isEqual(labels, previous.metadata.labels))) {
    for (const one of whoSelects(reader, deployments, namespace, labels, ({ spec }) => labelSelectorOf(spec.selector))) yield keyOf(one);
  }
}

/** A Deployment that recreates waits for its last old pod to be gone. */
function* keysOfPod(pod: Pod, reader: ClusterReader, deleted: boolean): Iterable<string> {
  const owner = deleted ? controllerOf(pod) : undefined;
  if (owner?.kind !== 'ReplicaSet') return;
  const { namespace = '' } = pod.metadata;
  const set = reader.get(replicaSets, namespace, owner.name);
  const by = set && controllerOf(set);
  if (by && reader.get(deployments, namespace, by.name)?.spec.strategy.type === 'Recreate') yield `${namespace}/${by.name}`;
}

function sync(found: Deployment, context: ControllerContext): Requeue | undefined {
  if (isEqual(found.spec.selector, {})) return refuseToSelectAll(found, context);
  const rollout: Rollout = { context, deployment: found, sets: setsOf(found, context) };
  if (isTerminating(found)) {
    const { newSet, oldSets } = findSets(rollout);
    return writeStatus(rollout, oldSets, newSet);
  }
  checkPaused(rollout);
  if (found.spec.paused) return scaleOnly(rollout);
  if (rollbackTarget(rollout.deployment) !== undefined) return rollBack(rollout);
  if (isScalingEvent(rollout)) return scaleOnly(rollout);
  return found.spec.strategy.type === 'Recreate' ? rollOutByRecreation(rollout) : rollOut(rollout);
}

/** Upstream warns, and otherwise leaves it alone. */
function refuseToSelectAll(found: Deployment, context: ControllerContext): undefined {
  context.event(found, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
  const { generation } = found.metadata;
  if (generation && (found.status.observedGeneration ?? 0) < generation)
    context.api.updateStatus(deployments, { ...found, status: { ...found.status, observedGeneration: generation } });
  return undefined;
}

/** The Deployment's ReplicaSets, after adoption and release; oldest first. */
function setsOf(found: Deployment, { api }: ControllerContext): ReplicaSet[] {
  const selector = labelSelectorOf(found.spec.selector);
  const mine = api.lookup(replicaSets, indexTerm.controller(found.metadata.uid));
  const orphans = api.list(replicaSets, { namespace: found.metadata.namespace ?? '', selector }).filter((set) => !controllerOf(set));
  return claim(api, replicaSets, found, selector, [...mine, ...orphans]).sort(byCreation);
}
