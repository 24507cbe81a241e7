// Workloads in one list: what each wants, how much of it is there, and a word for where it is.

import type { CronJob, DaemonSet, Deployment, Job, KubeObject, StatefulSet } from '../cluster/kinds.ts';
import type { Tone } from './pod.ts';

export interface Workload {
  /** As `workloadKey` gives it for its pods. */
  readonly key: string;
  readonly object: KubeObject;
  readonly ready: number;
  /** Undefined where nothing in particular is wanted: a CronJob. */
  readonly desired: number | undefined;
  readonly tone: Tone;
  /** A word of Kubernetes' own: `Progressing`, `Suspended`, the schedule. */
  readonly note: string;
}

type Condition = { readonly type: string; readonly status: string; readonly reason?: string };

const row = (object: KubeObject, rest: Omit<Workload, 'key' | 'object'>): Workload => ({
  key: `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`,
  object,
  ...rest,
});

const isTrue = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((one) => one.type === type && one.status === 'True');

export function ofDeployment(deployment: Deployment): Workload {
  const { spec, status } = deployment;
  const desired = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const updated = status.updatedReplicas ?? 0;
  const stuck = status.conditions?.find(({ type, status: is }) => type === 'Progressing' && is === 'False');
  const failing = isTrue(status.conditions, 'ReplicaFailure');
  const isThere = ready >= desired && updated >= desired && (status.replicas ?? 0) === desired;
  const note = spec.paused
    ? 'Paused'
    : (failing?.reason ?? stuck?.reason ?? (isThere ? '' : updated < desired ? 'Updating' : 'Progressing'));
  return row(deployment, { ready, desired, tone: failing || stuck ? 'bad' : isThere ? 'ok' : 'starting', note });
}

export function ofStatefulSet(set: StatefulSet): Workload {
  const desired = set.spec.replicas ?? 1;
  const ready = set.status.readyReplicas ?? 0;
  const isThere = ready >= desired && (set.status.updateRevision ?? '') === (set.status.currentRevision ?? '');
  return row(set, {
    ready,
    desired,
    tone: isThere ? 'ok' : 'starting',
    note: isThere ? '' : ready >= desired ? 'Updating' : 'Progressing',
  });
}

export function ofDaemonSet(set: DaemonSet): Workload {
  const { desiredNumberScheduled: desired, numberReady: ready, updatedNumberScheduled: updated = 0 } = set.status;
  const isThere = ready >= desired && updated >= desired;
  return row(set, {
    ready,
    desired,
    tone: isThere ? 'ok' : 'starting',
    note: isThere ? '' : updated < desired ? 'Updating' : 'Progressing',
  });
}

export function ofJob(job: Job): Workload {
  const { spec, status } = job;
  const done = status.succeeded ?? 0;
  const desired = spec.completions ?? spec.parallelism ?? 1;
  const failed = isTrue(status.conditions, 'Failed') ?? isTrue(status.conditions, 'FailureTarget');
  if (failed) return row(job, { ready: done, desired, tone: 'bad', note: failed.reason ?? 'Failed' });
  if (isTrue(status.conditions, 'Complete')) return row(job, { ready: done, desired, tone: 'done', note: 'Complete' });
  if (spec.suspend) return row(job, { ready: done, desired, tone: 'waiting', note: 'Suspended' });
  return row(job, { ready: done, desired, tone: 'starting', note: 'Running' });
}

export function ofCronJob(cronJob: CronJob): Workload {
  const { spec, status } = cronJob;
  const active = status.active?.length ?? 0;
  const note = spec.suspend ? 'Suspended' : spec.schedule;
  return row(cronJob, { ready: active, desired: undefined, tone: spec.suspend ? 'waiting' : active ? 'starting' : 'done', note });
}

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

const isSystem = ({ object }: Workload): number => Number(object.metadata.namespace === 'kube-system');

/** One's own before the system's; what runs on, then what ends; by name within each. */
export const inOrder = (a: Workload, b: Workload): number =>
  isSystem(a) - isSystem(b) || KINDS.indexOf(a.object.kind) - KINDS.indexOf(b.object.kind) || (a.key < b.key ? -1 : 1);
