// Changes of the cluster, as the queue looks at them: what kind of thing changed, and how. A plugin registers those that may make a pod schedulable which
// it refused. Mirrors kube-scheduler framework ClusterEvent and QueueingHint.

import type { Pod } from '../api/gen/core-v1.ts';
import type { KubeObject } from '../api/object.ts';

/** How something changed: one bit a kind of change; `Update` is all updates. */
export const Action = {
  Add: 1,
  Delete: 2,
  UpdateNodeAllocatable: 4,
  UpdateNodeLabel: 8,
  /** Taints, or cordoned. */
  UpdateNodeTaint: 16,
  UpdateNodeCondition: 32,
  UpdateNodeAnnotation: 64,
  UpdateNodeDeclaredFeature: 128,
  UpdatePodLabel: 256,
  /** Any request became smaller. */
  UpdatePodScaleDown: 512,
  UpdatePodToleration: 1024,
  UpdatePodSchedulingGatesEliminated: 2048,
  UpdatePodGeneratedResourceClaim: 4096,
  Update: 8188,
  All: 8191,
} as const;

/** `AssignedPod` and `UnschedulablePod` are pods seen from one side; who registers for `Pod` hears of both. */
export type EventResource =
  | 'Pod'
  | 'AssignedPod'
  | 'UnschedulablePod'
  | 'Node'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'StorageClass'
  | 'VolumeAttachment'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'DeviceClass'
  | '*';

export interface ClusterEvent {
  readonly resource: EventResource;
  readonly action: number;
}

/** Whether a pod may become schedulable by a change. `before` is undefined when the object came, `after` when it went. */
export type QueueingHint = (pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined) => boolean;

export interface EventRegistration {
  readonly event: ClusterEvent;
  /** None given: it always may. */
  readonly hint?: QueueingHint;
}

/** Registers for changes of one kind of object, whose type the hint then knows. */
export const on = <T extends KubeObject>(
  resource: EventResource,
  action: number,
  hint?: (pod: Pod, before: T | undefined, after: T | undefined) => boolean,
): EventRegistration => ({ event: { resource, action }, ...(hint && { hint: hint as QueueingHint }) });

/** Whether a registration is for a change. */
export function eventMatches(registered: ClusterEvent, incoming: ClusterEvent): boolean {
  if (registered.resource === '*' && registered.action === Action.All) return true;
  return (
    resourceMatches(registered.resource, incoming.resource) &&
    (registered.action & incoming.action) !== 0 &&
    incoming.action <= registered.action
  );
}

const resourceMatches = (registered: EventResource, incoming: EventResource): boolean =>
  registered === '*' ||
  registered === incoming ||
  (registered === 'Pod' && (incoming === 'AssignedPod' || incoming === 'UnschedulablePod'));

const ACTION_NAMES = new Map<number, string>(Object.entries(Action).map(([name, action]) => [action, name]));
const GROUPS: Readonly<Partial<Record<EventResource, string>>> = {
  CSINode: 'storage.k8s.io',
  CSIDriver: 'storage.k8s.io',
  CSIStorageCapacity: 'storage.k8s.io',
  StorageClass: 'storage.k8s.io',
  VolumeAttachment: 'storage.k8s.io',
  ResourceClaim: 'resource.k8s.io',
  ResourceSlice: 'resource.k8s.io',
  DeviceClass: 'resource.k8s.io',
};

/** `AssignedPodDelete`, as metrics have it. */
export function eventName({ resource, action }: ClusterEvent): string {
  const group = GROUPS[resource];
  return `${group ? `${group}/` : ''}${resource}${ACTION_NAMES.get(action) ?? ''}`;
}
