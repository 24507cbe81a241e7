// The kinds that the live picture is made of, and where they are.

import type { HorizontalPodAutoscaler } from '../../worker/api/gen/autoscaling-v2.ts';
import type { CronJob, Job } from '../../worker/api/gen/batch-v1.ts';
import type { DaemonSet, Deployment, StatefulSet } from '../../worker/api/gen/apps-v1.ts';
import type { Event, Namespace, Node, Pod } from '../../worker/api/gen/core-v1.ts';
import type { KubeObject } from '../../worker/api/object.ts';

export type { CronJob, DaemonSet, Deployment, Event, HorizontalPodAutoscaler, Job, KubeObject, Namespace, Node, Pod, StatefulSet };

export const PATHS = {
  nodes: '/api/v1/nodes',
  pods: '/api/v1/pods',
  events: '/api/v1/events',
  namespaces: '/api/v1/namespaces',
  deployments: '/apis/apps/v1/deployments',
  statefulSets: '/apis/apps/v1/statefulsets',
  daemonSets: '/apis/apps/v1/daemonsets',
  jobs: '/apis/batch/v1/jobs',
  cronJobs: '/apis/batch/v1/cronjobs',
  autoscalers: '/apis/autoscaling/v2/horizontalpodautoscalers',
} as const;

/** Which object: enough to find it. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' if it is in none. */
  readonly namespace: string;
  readonly name: string;
}

export const refOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectRef => ({
  apiVersion,
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});
