// Jobs: pods that are to end. Mirrors pkg/controller/job.
//
// Keys: `<namespace>/<name>`; `new <namespace>/<name>` for one that came; `pod <namespace>/<name>` for a pod that may hold a tracking finalizer nobody would take off.

import { delayed, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Job } from '../../api/gen/batch-v1.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { controllerOf, keyOf, splitKey } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { jobs } from '../../resources/batch/job.ts';
import { pods } from '../../resources/core/pod.ts';
import { JOBS_MANAGED_ELSEWHERE } from '../meters.ts';
import { podKeysFor } from '../pod-keys.ts';
import { hasFinalizer, isFinished } from './look.ts';
import { dropFinalizer } from './manage.ts';
import { sync } from './sync.ts';

/** Upstream looks at the changes of pods together. */
const BATCH_MS = 1000;
const MANAGER = 'kubernetes.io/job-controller';

const podKeys = podKeysFor(jobs, ({ spec }) => labelSelectorOf(spec.selector));

export const jobController: Controller = {
  name: 'job',
  component: 'kube-controller-manager',
  backOff: { first: 1000, most: 60_000 },
  watches: [
    watch(jobs, (job, previous, _reader, type) => (type === 'deleted' || isNewTo(job, previous) ? [keyOf(job)] : [])),
    watch(jobs, (job, _previous, _reader, type) => (type === 'created' && isManagedElsewhere(job) ? [`new ${keyOf(job)}`] : [])),
    delayed(
      BATCH_MS,
      watch(jobs, (job, previous, _reader, type) => (type === 'deleted' || isNewTo(job, previous) || isFinished(job) ? [] : [keyOf(job)])),
    ),
    delayed(BATCH_MS, watch(pods, podKeys)),
    watch(pods, (pod, _previous, reader, type) => (type !== 'deleted' && isLeftBehind(pod, reader) ? [`pod ${keyOf(pod)}`] : [])),
    watch(jobs, (job, _previous, reader, type) => (type === 'deleted' || isFinished(job) ? trackedPods(job, reader) : [])),
  ],
  reconcile(key, context) {
    if (key.startsWith('pod ')) return releasePod(key.slice(4), context);
    if (key.startsWith('new ')) return measureForeign(key.slice(4), context);
    const { namespace, name } = splitKey(key);
    const job = context.api.get(jobs, namespace, name);
    if (!job || isFinished(job)) return context.state.delete(key);
    return isManagedElsewhere(job) ? undefined : sync(job, context);
  },
};

function measureForeign(key: string, { api, meters }: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const by = api.get(jobs, namespace, name)?.spec.managedBy;
  if (by !== undefined) meters.add(JOBS_MANAGED_ELSEWHERE, { controller_name: by });
}

const isNewTo = (job: Job, previous: Job | undefined): boolean => !previous || previous.metadata.generation !== job.metadata.generation;

const isManagedElsewhere = ({ spec }: Job): boolean => spec.managedBy !== undefined && spec.managedBy !== MANAGER;

const trackedPods = (job: Job, reader: ClusterReader): string[] =>
  reader
    .lookup(pods, indexTerm.controller(job.metadata.uid))
    .filter(hasFinalizer)
    .map((pod) => `pod ${keyOf(pod)}`);

/** It has the finalizer, and no Job that would count it. */
function isLeftBehind(pod: Pod, reader: ClusterReader): boolean {
  if (!hasFinalizer(pod)) return false;
  const owner = controllerOf(pod);
  if (!owner) return true;
  if (owner.kind !== 'Job' || owner.apiVersion !== 'batch/v1') return false;
  const job = reader.get(jobs, pod.metadata.namespace ?? '', owner.name);
  return job?.metadata.uid !== owner.uid || (!isManagedElsewhere(job) && isFinished(job));
}

function releasePod(key: string, context: ControllerContext): undefined {
  const { namespace, name } = splitKey(key);
  const pod = context.api.get(pods, namespace, name);
  if (pod && isLeftBehind(pod, context.api)) dropFinalizer({ context }, pod);
  return undefined;
}
