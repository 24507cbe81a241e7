// Workloads in one list: what each wants, how much of it is there, and a word for where it is.

import type { CronJob, DaemonSet, Deployment, Job, KubeObject, Pod, StatefulSet } from '../cluster/kinds.ts';
import { podState, workloadKey } from './pod.ts';
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
  const note = spec.paused ? 'Paused' : (failing?.reason ?? stuck?.reason ?? (isThere ? '' : updating(updated, desired)));
  return row(deployment, { ready, desired, tone: failing || stuck ? 'bad' : isThere ? 'ok' : 'starting', note });
}

const updating = (updated: number, desired: number): string => (updated < desired ? `Updating ${updated}/${desired}` : 'Progressing');

export function ofStatefulSet(set: StatefulSet): Workload {
  const desired = set.spec.replicas ?? 1;
  const ready = set.status.readyReplicas ?? 0;
  const isOne = (set.status.updateRevision ?? '') === (set.status.currentRevision ?? '');
  const isThere = ready >= desired && isOne;
  return row(set, {
    ready,
    desired,
    tone: isThere ? 'ok' : 'starting',
    note: isThere ? '' : updating(isOne ? desired : (set.status.updatedReplicas ?? 0), desired),
  });
}

export function ofDaemonSet(set: DaemonSet): Workload {
  const { desiredNumberScheduled: desired, numberReady: ready, updatedNumberScheduled: updated = 0 } = set.status;
  const isThere = ready >= desired && updated >= desired;
  return row(set, {
    ready,
    desired,
    tone: isThere ? 'ok' : 'starting',
    note: isThere ? '' : updating(updated, desired),
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

interface Counts {
  readonly spec?: { readonly replicas?: number; readonly completions?: number; readonly parallelism?: number };
  readonly status?: Readonly<Record<string, number | undefined>>;
}

/** How many pods there are of a workload in which state, in the words of `kubectl describe`; '' of anything else. */
export function countsOf(object: KubeObject): string {
  const { spec, status = {} } = object as KubeObject & Counts;
  const n = (field: string): number => status[field] ?? 0;
  const wanted = spec?.replicas ?? 1;
  switch (object.kind) {
    case 'Deployment':
      return `${wanted} desired | ${n('updatedReplicas')} updated | ${n('replicas')} total | ${n('availableReplicas')} available | ${n('unavailableReplicas')} unavailable`;
    case 'StatefulSet':
      return `${wanted} desired | ${n('updatedReplicas')} updated | ${n('replicas')} total | ${n('availableReplicas')} available`;
    case 'ReplicaSet':
      return `${n('replicas')} current / ${wanted} desired`;
    case 'DaemonSet':
      return `${n('desiredNumberScheduled')} desired | ${n('updatedNumberScheduled')} updated | ${n('currentNumberScheduled')} total | ${n('numberAvailable')} available`;
    case 'Job':
      return `${n('active')} Active (${n('ready')} Ready) / ${n('succeeded')} Succeeded / ${n('failed')} Failed`;
    default:
      return '';
  }
}

/** By workload, what most of its pods that are in trouble, or that no node takes, have come to: `3 × ImagePullBackOff`. */
export function troublesOf(pods: readonly Pod[]): ReadonlyMap<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const pod of pods) {
    const { tone, text } = podState(pod);
    if (tone !== 'bad' && tone !== 'waiting') continue;
    const key = workloadKey(pod);
    const ofKey = counts.get(key) ?? new Map<string, number>();
    counts.set(key, ofKey.set(text, (ofKey.get(text) ?? 0) + 1));
  }
  return new Map(
    [...counts].map(([key, texts]) => {
      const [text, count] = [...texts].reduce((most, one) => (one[1] > most[1] ? one : most));
      return [key, `${count} × ${text}`];
    }),
  );
}

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

const isSystem = ({ object }: Workload): number => Number(object.metadata.namespace === 'kube-system');

/** One's own before the system's; what runs on, then what ends; by name within each. */
export const inOrder = (a: Workload, b: Workload): number =>
  isSystem(a) - isSystem(b) || KINDS.indexOf(a.object.kind) - KINDS.indexOf(b.object.kind) || (a.key < b.key ? -1 : 1);
