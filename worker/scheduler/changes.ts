// What a change of a pod or node means for scheduling. Mirrors kube-scheduler framework/events.go.

import type { Node, Pod } from '../api/gen/core-v1.ts';
import { isEqual } from '../lib/json.ts';
import { Action } from './cluster-event.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { isResized } from './pod-info.ts';
import { podRequests } from './pod-requests.ts';

/** In upstream's order. At least one: an update of nothing in particular. */
export function podChanges(before: Pod, after: Pod): ClusterEvent[] {
  const resource = after.spec.nodeName ? 'AssignedPod' : 'UnschedulablePod';
  const actions: number[] = [];
  if (!isSame(before.metadata.labels, after.metadata.labels)) actions.push(Action.UpdatePodLabel);
  if (hasShrunk(before, after)) actions.push(Action.UpdatePodScaleDown);
  if (before.spec.schedulingGates?.length && !after.spec.schedulingGates?.length) actions.push(Action.UpdatePodSchedulingGatesEliminated);
  if ((before.spec.tolerations?.length ?? 0) !== (after.spec.tolerations?.length ?? 0)) actions.push(Action.UpdatePodToleration);
  if (
    !isSame(before.status.resourceClaimStatuses, after.status.resourceClaimStatuses) ||
    !isSame(before.status.extendedResourceClaimStatus, after.status.extendedResourceClaimStatus)
  )
    actions.push(Action.UpdatePodGeneratedResourceClaim);
  if (!actions.length) actions.push(Action.Update);
  return actions.map((action) => ({ resource, action }));
}

export function nodeChanges(before: Node, after: Node): ClusterEvent[] {
  const actions: number[] = [];
  if (before.spec.unschedulable && !after.spec.unschedulable) actions.push(Action.UpdateNodeTaint);
  if (!isSame(before.status.allocatable, after.status.allocatable)) actions.push(Action.UpdateNodeAllocatable);
  if (!isSame(before.metadata.labels, after.metadata.labels)) actions.push(Action.UpdateNodeLabel);
  if (!isSame(before.spec.taints, after.spec.taints)) actions.push(Action.UpdateNodeTaint);
  if (!isSame(conditionsOf(before), conditionsOf(after))) actions.push(Action.UpdateNodeCondition);
  if (!isSame(before.metadata.annotations, after.metadata.annotations)) actions.push(Action.UpdateNodeAnnotation);
  if (!isSame(before.status.declaredFeatures, after.status.declaredFeatures)) actions.push(Action.UpdateNodeDeclaredFeature);
  return actions.map((action) => ({ resource: 'Node', action }));
}

/** Absent and empty are the same. */
function isSame(a: object | undefined, b: object | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return Object.keys(a ?? b!).length === 0;
  return isEqual(a, b);
}

const conditionsOf = ({ status }: Node): Record<string, string> =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: state }) => [type, state]));

function hasShrunk(before: Pod, after: Pod): boolean {
  if (before.spec.containers === after.spec.containers && !isResized(before) && !isResized(after)) return false;
  const now = podRequests(after, { useStatus: true });
  for (const [name, amount] of podRequests(before, { useStatus: true })) if (amount > (now.get(name) ?? -1)) return true;
  return false;
}
