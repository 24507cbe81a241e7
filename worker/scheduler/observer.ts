// What the scheduler hears of the cluster: every change goes into the cache and the queue. Mirrors kube-scheduler's eventhandlers.go.

import type { ChangeType } from '../api/controller.ts';
import type { Node, PersistentVolume, Pod } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../api/object.ts';
import { isTerminal } from '../resources/core/pod-state.ts';
import { nodeChanges, podChanges } from './changes.ts';
import { Action } from './cluster-event.ts';
import type { EventResource } from './cluster-event.ts';
import { podInfoOf, termMatches } from './pod-info.ts';
import type { QueuedPod } from './queued-pod.ts';
import type { Scheduling } from './scheduler.ts';

export function podChanged(scheduling: Scheduling, pod: Pod, previous: Pod | undefined, type: ChangeType, now: number): void {
  if (type === 'deleted') podGone(scheduling, pod, now);
  else if (!previous || isTerminal(previous)) {
    if (!isTerminal(pod)) podCame(scheduling, pod, now);
  } else if (isTerminal(pod)) podGone(scheduling, pod, now);
  else podUpdated(scheduling, previous, pod, now);
}

function podCame(scheduling: Scheduling, pod: Pod, now: number): void {
  const { cache, queue } = scheduling;
  if (pod.spec.nodeName) {
    cache.setPod(pod);
    queue.moveAll({ resource: 'AssignedPod', action: Action.Add }, undefined, pod, now, looksAt(scheduling, pod));
    return;
  }
  const profile = scheduling.profileOf(pod);
  if (!profile || queue.find(keyOf(pod))?.uid === pod.metadata.uid) return;
  queue.add(pod, profile.name, now);
  nominate(scheduling, pod);
}

function podUpdated(scheduling: Scheduling, before: Pod, after: Pod, now: number): void {
  const { cache, queue, nominator } = scheduling;
  if (before.spec.nodeName) {
    cache.setPod(after, before);
    for (const event of podChanges(before, after))
      queue.moveAll(event, before, after, now, event.action === Action.UpdatePodScaleDown ? undefined : looksAt(scheduling, after));
  } else if (after.spec.nodeName) {
    queue.remove(keyOf(after));
    nominator.delete(after.metadata.uid);
    scheduling.boundByOthers(keyOf(after));
    cache.setPod(after, before);
    queue.moveAll({ resource: 'AssignedPod', action: Action.Add }, undefined, after, now, looksAt(scheduling, after));
  } else pendingPodUpdated(scheduling, before, after, now);
}

/** Who may be helped by another pod that has come to a node, or changed there: pods that want such a one near, or spread among their like. */
const looksAt =
  (scheduling: Scheduling, other: Pod) =>
  ({ key, rejectors }: QueuedPod): boolean => {
    const pod = scheduling.podOf(key);
    if (!pod) return false;
    if (rejectors.includes('PodTopologySpread') && pod.metadata.namespace === other.metadata.namespace) return true;
    const { required = [] } = podInfoOf(pod).class.affinity ?? {};
    return required.some((term) => termMatches(term, podInfoOf(other).class, scheduling.namespaceLabels(other)));
  };

function pendingPodUpdated(scheduling: Scheduling, before: Pod, after: Pod, now: number): void {
  const { queue } = scheduling;
  const profile = scheduling.profileOf(after);
  if (!profile) return;
  if (scheduling.bindings.get(keyOf(after))) {
    if (after.metadata.deletionTimestamp && !before.metadata.deletionTimestamp) assumedPodGone(scheduling, after, now);
    return;
  }
  nominate(scheduling, after);
  queue.update(before, after, profile.name, now);
  const { nominatedNodeName } = before.status;
  if (nominatedNodeName && nominatedNodeName !== after.status.nominatedNodeName) roomIsLeft(scheduling, before, now);
}

function podGone(scheduling: Scheduling, pod: Pod, now: number): void {
  const { cache, queue, nominator } = scheduling;
  const key = keyOf(pod);
  scheduling.decisions.forget(key);
  if (pod.spec.nodeName) {
    cache.removePod(pod.metadata.uid);
    queue.moveAll({ resource: 'AssignedPod', action: Action.Delete }, pod, undefined, now);
    return;
  }
  if (!scheduling.profileOf(pod)) return;
  if (scheduling.bindings.get(key)) assumedPodGone(scheduling, pod, now);
  queue.remove(key);
  nominator.delete(pod.metadata.uid);
  if (pod.status.nominatedNodeName) roomIsLeft(scheduling, pod, now);
}

/** A pod that was decided on is being deleted: its room is free. */
function assumedPodGone(scheduling: Scheduling, pod: Pod, now: number): void {
  scheduling.cancelBinding(keyOf(pod), 'pod deleted');
  scheduling.queue.moveAll({ resource: 'AssignedPod', action: Action.Delete }, pod, undefined, now);
}

/** Whoever is not more important may want the room that was kept for a pod. */
function roomIsLeft({ queue }: Scheduling, pod: Pod, now: number): void {
  const highest = pod.spec.priority ?? 0;
  queue.moveAll({ resource: 'AssignedPod', action: Action.Delete }, pod, undefined, now, ({ priority }) => priority <= highest);
}

function nominate({ nominator }: Scheduling, pod: Pod): void {
  const { nominatedNodeName = '' } = pod.status;
  if (nominatedNodeName && !pod.spec.schedulingGates?.length) nominator.set(podInfoOf(pod), nominatedNodeName);
  else nominator.delete(pod.metadata.uid);
}

export function nodeChanged({ cache, queue }: Scheduling, node: Node, previous: Node | undefined, type: ChangeType, now: number): void {
  if (type === 'deleted') {
    queue.moveAll({ resource: 'Node', action: Action.Delete }, node, undefined, now);
    cache.removeNode(node.metadata.name);
    return;
  }
  const events = previous ? nodeChanges(previous, node) : [{ resource: 'Node' as const, action: Action.Add }];
  if (!events.length && previous?.status.images === node.status.images && previous?.spec === node.spec) return;
  cache.setNode(node);
  for (const event of events) queue.moveAll(event, previous, node, now);
}

/** Any other kind: only the queue is concerned, and pods whose binding waits for it. Gives the keys of these. */
export function otherChanged(
  { queue, bindings }: Scheduling,
  resource: EventResource,
  object: KubeObject,
  previous: KubeObject | undefined,
  type: ChangeType,
  now: number,
): Iterable<string> {
  const action = type === 'created' ? Action.Add : type === 'deleted' ? Action.Delete : Action.Update;
  if (type === 'deleted') queue.moveAll({ resource, action }, object, undefined, now);
  else queue.moveAll({ resource, action }, type === 'created' ? undefined : previous, object, now);
  return bindings.waitingFor(waitKeyOf(resource, object));
}

/** Who waits for a claim to be bound hears of it through the volume too. */
function waitKeyOf(resource: EventResource, object: KubeObject): string {
  if (resource !== 'PersistentVolume') return `${resource}/${keyOf(object)}`;
  const { claimRef } = (object as PersistentVolume).spec;
  return claimRef ? `PersistentVolumeClaim/${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '';
}
