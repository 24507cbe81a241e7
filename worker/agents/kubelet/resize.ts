// Whether a node grants what a resize asks for, how the containers come to have it, and what is told of it. Mirrors handlePodResourcesResize of
// pkg/kubelet/allocation, doPodResizeAction of pkg/kubelet/kuberuntime, the conditions of pkg/kubelet/status and the messages of pkg/kubelet/events/resize.go.
// Differs: lastProbeTime is when a condition came to say what it says.

import type { Container as ContainerSpec, Pod, PodCondition } from '../../api/gen/core-v1.ts';
import type { ChangeType } from '../../api/controller.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { quantityMilliValue, quantityValue } from '../../lib/quantity.ts';
import { formatTime } from '../../lib/time.ts';
import { nodes } from '../../resources/core/node.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import type { Container, Limits } from '../../world/runtime/sandbox.ts';
import { updateContainer } from '../../world/runtime/update.ts';
import { memoryOf } from '../../world/runtime/usage.ts';
import { admit } from './admission.ts';
import { otherAllocation, withAllocation } from './allocation.ts';
import { changeOf } from './container-limits.ts';
import { podEvent } from './events.ts';
import { total } from './pod-resources.ts';
import { findByName, specOf } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import { isStaticPod } from './static-pod.ts';
import { wakeAt } from './worker.ts';
import type { PodSync, Resize, ResizeNote, Worker } from './worker.ts';

/** How often what was not granted is asked for again if nothing happens on the node; when the runtime is looked at again; and when it is told again. */
const [RETRY_MS, RELIST_MS, ERROR_RETRY_MS] = [180_000, 1000, 10_000];

/** Whether a change of a pod may have made room on its node. */
export const makesRoom = (pod: Pod, previous: Pod | undefined, type: ChangeType): boolean =>
  type === 'deleted' ||
  (previous !== undefined && ((isTerminal(pod) && !isTerminal(previous)) || (isResizing(previous) && !isResizing(pod))));

const isResizing = ({ status }: Pod): boolean => status.conditions?.some(({ type }) => type === 'PodResizeInProgress') ?? false;

/** Of the pods whose resize waits, those of a node: who is worth more first, then who has waited longer. */
export function deferredOn(reader: ClusterReader, deferred: ReadonlySet<string>, nodeName: string | undefined): string[] {
  const waiting = [...deferred].flatMap((key) => {
    const { namespace, name } = splitKey(key);
    const pod = reader.get(pods, namespace, name);
    return pod && pod.spec.nodeName === nodeName ? [pod] : [];
  });
  const since = ({ status }: Pod): string => String(status.conditions?.find(({ type }) => type === 'PodResizePending')?.lastTransitionTime);
  return waiting.sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || (since(a) < since(b) ? -1 : 1)).map(keyOf);
}

interface Granted {
  /** With what it has been granted. */
  readonly pod: Pod;
  /** Its conditions say something else than before. */
  readonly isNews: boolean;
}

/** Decides about what the pod asks for now. A pod that the node has yet to take is admitted with it. */
export function grantResize(sync: PodSync, view: RuntimeView): Granted {
  const { pod, worker } = sync;
  if (pod.status.startTime === undefined || isStaticPod(pod)) return { pod, isNews: false };
  const [before, key] = [worker.resize, keyOf(pod)];
  sync.deferred.delete(key);
  const allocated = otherAllocation(pod, worker);
  if (!allocated) {
    if (before) change(worker, { allocated: undefined, deferred: undefined, pending: undefined });
    return { pod, isNews: finishResize(sync, view) || before?.pending !== undefined };
  }
  const refusal = refusalOf(sync);
  if (!refusal) {
    change(worker, { allocated: undefined, deferred: undefined, pending: undefined, progress: noteOf(sync, undefined, '', '') });
    podEvent(sync, 'Normal', 'ResizeStarted', `Pod resize started: ${summaryOf(pod)}`);
    wakeAt(sync, sync.context.now() + RELIST_MS);
    return { pod, isNews: true };
  }
  const { cause, message } = refusal;
  const reason = cause === 'Infeasible' ? cause : 'Deferred';
  const pending = noteOf(sync, before?.pending, reason, message);
  if (pending !== before?.pending) podEvent(sync, 'Warning', `Resize${reason}`, `Pod resize ${cause}: ${summaryOf(pod, message)}`);
  change(worker, { allocated, pending, deferred: reason === 'Deferred' ? key : undefined });
  if (reason === 'Deferred') {
    sync.deferred.add(key);
    wakeAt(sync, sync.context.now() + RETRY_MS, true);
  }
  const granted = withAllocation(pod, allocated);
  const isNews = finishResize({ ...sync, pod: granted }, view) || pending !== before?.pending;
  return { pod: granted, isNews };
}

function change(worker: Worker, changes: Resize): void {
  const resize = { ...worker.resize, ...changes };
  worker.resize = Object.values(resize).some((one) => one !== undefined) ? resize : undefined;
}

/** The same note if there is nothing new to say. */
function noteOf({ pod, context }: PodSync, old: ResizeNote | undefined, reason: string, message: string): ResizeNote {
  const generation = pod.metadata.generation ?? 0;
  if (old?.reason === reason && old.message === message && old.generation === generation) return old;
  const at = context.now();
  return { reason, message, generation, at, since: old?.reason === reason ? old.since : at };
}

/** What the node could never give, or has not got now. */
function refusalOf(sync: PodSync): { readonly cause: string; readonly message: string } | undefined {
  const { context, machine, pod } = sync;
  const allocatable = context.api.get(nodes, '', machine.name)?.status.allocatable ?? {};
  const requests = total(pod, 'requests');
  for (const [name, value] of [['memory', quantityValue] as const, ['cpu', quantityMilliValue] as const]) {
    const [requested, capacity] = [value(requests[name]), value(allocatable[name])];
    if (requested > capacity)
      return {
        cause: 'Infeasible',
        message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`,
      };
  }
  const refusal = admit(sync);
  return refusal && { cause: refusal.reason, message: refusal.message };
}

/** True if its containers have come to have what they were granted. */
function finishResize(sync: PodSync, view: RuntimeView): boolean {
  const { pod, worker, context } = sync;
  const progress = worker.resize?.progress;
  if (!progress) return false;
  // What the runtime was told is seen when it is looked at the next time.
  const seenAt = progress.at + RELIST_MS;
  if (context.now() < seenAt || isInProgress(pod, view, worker)) {
    const again = context.now() + (progress.reason ? ERROR_RETRY_MS : RELIST_MS);
    wakeAt(sync, context.now() < seenAt ? seenAt : again, progress.reason !== '');
    return false;
  }
  change(worker, { progress: undefined });
  podEvent(sync, 'Normal', 'ResizeCompleted', `Pod resize completed: ${summaryOf(pod, undefined, progress.generation)}`);
  return true;
}

function isInProgress(pod: Pod, view: RuntimeView, { exchanging }: Worker): boolean {
  const stopped = view.containers.find(({ id }) => id === exchanging);
  if (stopped && findByName(view, stopped.name) === stopped) return true;
  return view.active.some((container) => {
    const spec = specOf(pod, container.name);
    return spec !== undefined && changeOf(spec, container) !== undefined;
  });
}

export interface Update {
  readonly container: Container;
  readonly limits: Limits;
}

/** Gives running containers what they may use now. False if memory that is in use would have to go: it is tried again. */
export function updateContainers(sync: PodSync, view: RuntimeView, updates: readonly Update[]): boolean {
  if (!updates.length) return true;
  const { pod, worker, context, world } = sync;
  const problem = memoryProblem(sync, view, updates);
  if (problem !== undefined) {
    const old = worker.resize?.progress;
    const progress = noteOf(sync, old, 'Error', problem);
    if (progress !== old) podEvent(sync, 'Warning', 'ResizeError', `Pod resize error: ${summaryOf(pod, problem)}`);
    change(worker, { progress });
    wakeAt(sync, context.now() + ERROR_RETRY_MS, true);
    return false;
  }
  for (const { container, limits } of updates)
    updateContainer(
      world,
      view.sandboxes.find((one) => one.containers.includes(container))!,
      container,
      limits,
    );
  return true;
}

function memoryProblem({ pod, world }: PodSync, view: RuntimeView, updates: readonly Update[]): string | undefined {
  const sandbox = view.sandboxes[0]!;
  const shrinking = updates.filter(
    ({ container, limits }) => limits.memory && (!container.limits.memory || limits.memory < container.limits.memory),
  );
  if (!shrinking.length) return undefined;
  const used = (container: Container): number => memoryOf(world, sandbox, container);
  const problems: string[] = [];
  const whole = podMemoryLimit(pod);
  const usage = view.active.reduce((sum, container) => sum + used(container), 0);
  const had = view.active.reduce((sum, { state, limits }) => sum + (state === 'running' ? limits.memory : 0), 0);
  if (whole && whole < had && usage >= whole) problems.push(`attempting to set pod memory limit (${whole}) below current usage (${usage})`);
  for (const { container, limits } of shrinking) {
    const own = used(container);
    if (own < limits.memory) continue;
    problems.push(
      `attempting to set container ${JSON.stringify(container.name)} memory limit (${limits.memory}) below current usage (${own})`,
    );
  }
  if (!problems.length) return undefined;
  return `cannot decrease memory limits: ${problems.length > 1 ? `[${problems.join(', ')}]` : problems[0]!}`;
}

/** Bytes; 0 if not every container has a limit. */
function podMemoryLimit(pod: Pod): number {
  const { resources, containers, initContainers = [] } = pod.spec;
  const isLimited =
    resources?.limits?.['memory'] !== undefined ||
    [...containers, ...initContainers].every((one) => one.resources.limits?.['memory'] !== undefined);
  return isLimited ? quantityValue(total(pod, 'limits')['memory']) : 0;
}

/** What a pod's status says of its resize, as conditions. */
export const resizeConditions = ({ resize }: Worker): PodCondition[] => [
  ...(resize?.pending ? [conditionOf('PodResizePending', resize.pending)] : []),
  ...(resize?.progress ? [conditionOf('PodResizeInProgress', resize.progress)] : []),
];

const conditionOf = (type: string, { reason, message, generation, at, since }: ResizeNote): PodCondition => ({
  type,
  ...(generation && { observedGeneration: generation }),
  status: 'True',
  lastProbeTime: formatTime(at),
  lastTransitionTime: formatTime(since),
  ...(reason && { reason }),
  ...(message && { message }),
});

/** What containers ask for, as events tell it. */
function summaryOf({ spec, metadata }: Pod, error?: string, generation = metadata.generation ?? 0): string {
  const list = (containers: readonly ContainerSpec[]): object[] => containers.map(({ name, resources }) => ({ name, resources }));
  return JSON.stringify({
    ...(spec.initContainers?.length && { initContainers: list(spec.initContainers) }),
    containers: list(spec.containers),
    generation,
    ...(error && { error }),
  });
}
