// Making and deleting a Job's pods. Mirrors manageJob and its helpers in job_controller.go and indexed_job_utils.go.

import type { Container, Pod } from '../../api/gen/core-v1.ts';
import { isNotFound } from '../../api/status.ts';
import { isPodTerminating, isReady, isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { JOB_PODS_CREATED, TRACKED_PODS_ENDED } from '../meters.ts';
import { createPod, deletePod, isExpected, isNamespaceTerminating, podFromTemplate, slowStart } from '../pod-control.ts';
import type { PodDraft } from '../pod-control.ts';
import { byActivity } from '../pod-ranking.ts';
import { finishTime, remaining } from './backoff.ts';
import { addIndexes, firstFree, mergeIndexes } from './indexes.ts';
import { FINALIZER, INDEX, hasFinalizer, hasIndexLimit, indexOf, isIndexed, isSuspended, replacesFailedOnly } from './look.ts';
import type { Look } from './look.ts';
import { judgeFailure } from './policies.ts';

/** The most pods that one look makes or deletes. */
const BURST = 500;
/** Upstream never looks again sooner. */
const MIN_WAIT_MS = 1000;
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';
const MAX_GENERATED_PREFIX = 58;

/** How many pods are active then, and what went wrong. */
export function manage(look: Look): { active: number; failure?: unknown } {
  const { job } = look;
  const active = look.active.length;
  look.action = 'pods_deleted';
  if (isSuspended(job)) return remove(look, podsToRemove(look, active));
  const wanted = wantedActive(look);
  const surplus = podsToRemove(look, Math.max(0, active - wanted)).slice(0, BURST);
  if (surplus.length) return remove(look, surplus);
  const missing = wanted - active - (replacesFailedOnly(job) ? look.status.terminating : 0);
  look.action = missing > 0 ? 'pods_created' : 'tracking';
  return missing > 0 ? add(look, Math.min(missing, BURST)) : { active };
}

function wantedActive({ job: { spec }, active, succeeded }: Look): number {
  const parallelism = spec.parallelism ?? 1;
  if (spec.completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(spec.completions - succeeded, parallelism));
}

/** At least `count`; of an indexed Job also those that share an index, or have none. */
function podsToRemove({ job, active }: Look, count: number): Pod[] {
  const removed: Pod[] = [];
  let left: Pod[] = [...active];
  if (isIndexed(job)) {
    left = [];
    const inOrder = active.toSorted((a, b) => indexOf(a) - indexOf(b));
    for (const [index, group] of Map.groupBy(inOrder, indexOf)) {
      const sorted = [...group].sort(byActivity);
      if (index < 0 || index >= (job.spec.completions ?? 0)) removed.push(...sorted);
      else {
        removed.push(...sorted.slice(0, -1));
        left.push(sorted.at(-1)!);
      }
    }
  }
  return [...removed, ...left.sort(byActivity).slice(0, Math.max(0, count - removed.length))];
}

/** Deletes pods; with `release`, uncounted. How many are active then, and what went wrong. */
export function remove(look: Look, which: readonly Pod[], release = true): { active: number; failure?: unknown } {
  const { context, job } = look;
  let { length: active } = look.active;
  let failure: unknown;
  for (const pod of which) {
    try {
      if (release) dropFinalizer(look, pod);
      deletePod(context, job, pod);
      active--;
      look.status.terminating++;
      if (isReady(pod)) look.status.ready--;
    } catch (error) {
      if (!isExpected(error)) throw error;
      failure ??= error;
    }
  }
  return { active, failure };
}

/** Takes the tracking finalizer off a pod; one that waited for it only is gone then. */
export function dropFinalizer({ context: { api, meters } }: Pick<Look, 'context'>, { metadata: { namespace = '', name, uid } }: Pod): void {
  const pod = api.get(pods, namespace, name);
  if (!pod || pod.metadata.uid !== uid || !hasFinalizer(pod)) return;
  const { finalizers = [], ...metadata } = pod.metadata;
  const left = finalizers.filter((one) => one !== FINALIZER);
  try {
    api.update(pods, { ...pod, metadata: { ...metadata, ...(left.length && { finalizers: left }) } });
    // Upstream counts the end when it hears of it; nobody can tell the difference.
    if (isTerminal(pod)) for (const event of ['add', 'delete']) meters.add(TRACKED_PODS_ENDED, { event });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function add(look: Look, missing: number): { active: number; failure?: unknown } {
  const { job, context } = look;
  const perIndex = hasIndexLimit(job);
  const wait = perIndex ? 0 : remaining(look.backOff, context.now());
  if (wait > 0) return comeAgain(look, wait);
  let indexes: number[] | undefined;
  if (isIndexed(job)) {
    indexes = firstFree(takenIndexes(look), missing, job.spec.completions ?? 0);
    if (perIndex) {
      const due = indexes.map((index) => ({ index, wait: indexWait(look, index) }));
      indexes = due.filter((one) => one.wait === 0).map(({ index }) => index);
      if (!indexes.length && due.length) return comeAgain(look, Math.min(...due.map((one) => one.wait)));
    }
  }
  const count = indexes?.length ?? missing;
  let [made, failed, skipped] = [0, 0, 0];
  const failure = slowStart(count, () => {
    try {
      createPod(context, job, draftFor(look, indexes?.shift()));
      made++;
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        failed++;
        throw error;
      }
      skipped++;
    }
  });
  measureCreations(look, made, failed);
  return { active: look.active.length + made + skipped, failure };
}

/** Mirrors recordJobPodsCreationTotal. Upstream counts what failed as succeeded, too. */
function measureCreations({ job, failed: failures, status, context: { meters } }: Look, made: number, failed: number): void {
  const isRetry = failures > 0 && job.spec.podReplacementPolicy === 'Failed';
  const reason = isRetry ? 'recreate_failed' : failures > 0 || status.terminating > 0 ? 'recreate_terminating_or_failed' : 'new';
  if (made + failed > 0) meters.add(JOB_PODS_CREATED, { reason, status: 'succeeded' }, made + failed);
  if (failed > 0) meters.add(JOB_PODS_CREATED, { reason, status: 'failed' }, failed);
}

function comeAgain(look: Look, wait: number): { active: number } {
  look.waits.work = Math.max(MIN_WAIT_MS, wait);
  return { active: look.active.length };
}

function takenIndexes(look: Look): ReturnType<typeof addIndexes> {
  const valid = (which: readonly Pod[]): number[] => which.map(indexOf).filter((index) => index >= 0);
  const holding = replacesFailedOnly(look.job) ? look.pods.filter(isPodTerminating) : [];
  const taken = addIndexes(look.succeededIndexes, valid([...look.active, ...holding]));
  return look.failedIndexes ? mergeIndexes(taken, look.failedIndexes) : taken;
}

function indexWait({ delayed, context }: Look, index: number): number {
  const pod = delayed.get(index);
  return pod ? remaining({ failures: absoluteFailures(pod) + 1, last: finishTime(pod) }, context.now()) : 0;
}

const annotated = ({ metadata }: Pod, key: string): number => {
  const text = metadata.annotations?.[key] ?? '';
  return /^\d+$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : 0;
};
/** Of its index, before this pod. */
export const failuresBefore = (pod: Pod): number => annotated(pod, FAILURES);
export const absoluteFailures = (pod: Pod): number => annotated(pod, FAILURES) + annotated(pod, IGNORED_FAILURES);

function draftFor(look: Look, index: number | undefined): PodDraft {
  const { job } = look;
  const { metadata, spec } = podFromTemplate(job, job.spec.template);
  const finalizers = metadata.finalizers ?? [];
  const tracked = { ...metadata, finalizers: finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER] };
  if (index === undefined) return { metadata: tracked, spec: spec! };
  const place = `-${index}-`;
  const prefix = job.metadata.name.slice(0, MAX_GENERATED_PREFIX - place.length);
  const template = job.spec.template.spec;
  return {
    metadata: {
      ...tracked,
      generateName: prefix + place,
      labels: { ...metadata.labels, [INDEX]: String(index) },
      annotations: { ...metadata.annotations, [INDEX]: String(index), ...(hasIndexLimit(job) && failureCounts(look, index)) },
    },
    spec: {
      ...template,
      containers: template.containers.map(withIndexVariable),
      ...(template.initContainers && { initContainers: template.initContainers.map(withIndexVariable) }),
      hostname: `${job.metadata.name}-${index}`,
    },
  };
}

/** Carried from the pod whose place the new one takes. */
function failureCounts({ job, delayed }: Look, index: number): Record<string, string> {
  const replaced = delayed.get(index);
  if (!replaced) return { [FAILURES]: '0' };
  const { counts } = judgeFailure(job, replaced);
  const failures = annotated(replaced, FAILURES) + (counts ? 1 : 0);
  const ignored = annotated(replaced, IGNORED_FAILURES) + (counts ? 0 : 1);
  return { [FAILURES]: String(failures), ...(ignored && { [IGNORED_FAILURES]: String(ignored) }) };
}

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) return container;
  return {
    ...container,
    env: [...env, { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } } }],
  };
}
