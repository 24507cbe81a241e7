// Starting a container: its image, its configuration, the runtime, its postStart hook. Mirrors startContainer and doBackOff of
// pkg/kubelet/kuberuntime/kuberuntime_container.go and kuberuntime_manager.go.

import type { Container as ContainerSpec } from '../../api/gen/core-v1.ts';
import { formatDuration } from '../../lib/time.ts';
import { createContainer, removeContainer } from '../../world/runtime/create.ts';
import { RuntimeError } from '../../world/runtime/error.ts';
import { startContainer as runContainer } from '../../world/runtime/lifecycle.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import { findContainer } from '../../world/world.ts';
import { next, remaining } from './backoff.ts';
import { containerConfig } from './container-config.ts';
import { ConfigError } from './environment.ts';
import { containerEvent } from './events.ts';
import { FieldRefError } from './field-ref.ts';
import { hookProgress, startHook } from './hooks.ts';
import { ensureImage } from './image.ts';
import { killContainer } from './kill.ts';
import { findByName, podText } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import type { PodSync, Reason } from './worker.ts';

/** `started`, `failed` (the reason is kept), or `waiting`: nothing else of the pod is started meanwhile. */
export type StartResult = 'started' | 'failed' | 'waiting';

export function startContainer(sync: PodSync, view: RuntimeView, sandbox: Sandbox, spec: ContainerSpec, isInit: boolean): StartResult {
  const { worker } = sync;
  const inBackOff = backOffOf(sync, view, spec);
  if (inBackOff) return fail(sync, spec, inBackOff.reason, inBackOff.leftMs);
  const image = ensureImage(sync, sandbox, spec);
  if (image === 'pulling') return 'waiting';
  if ('failure' in image) {
    containerEvent(sync, spec.name, 'Warning', 'Failed', `Error: ${image.failure.reason}`);
    return fail(sync, spec, image.failure, image.leftMs);
  }
  const before = findByName(view, spec.name);
  let container: Container;
  try {
    const attempt = before ? before.attempt + 1 : 0;
    container = createContainer(sync.world, sandbox, containerConfig(sync, sandbox, spec, image.image, attempt, isInit));
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FieldRefError || error instanceof RuntimeError)) throw error;
    containerEvent(sync, spec.name, 'Warning', 'Failed', `Error: ${error.message}`);
    return fail(sync, spec, {
      reason: error instanceof RuntimeError ? 'CreateContainerError' : 'CreateContainerConfigError',
      message: error.message,
    });
  }
  noteRestart(sync, spec, before);
  forgetOldOnes(sync, sandbox, spec);
  containerEvent(sync, spec.name, 'Normal', 'Created', 'Container created');
  try {
    runContainer(sync.world, sandbox, container);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    containerEvent(sync, spec.name, 'Warning', 'Failed', `Error: ${error.message}`);
    return fail(sync, spec, { reason: 'RunContainerError', message: error.message });
  }
  containerEvent(sync, spec.name, 'Normal', 'Started', 'Container started');
  delete worker.reasons[spec.name];
  const handler = spec.lifecycle?.postStart;
  if (!handler) return 'started';
  worker.hook = startHook(sync, sandbox, container, handler);
  return finishHook(sync) ? 'started' : 'waiting';
}

/** Upstream's back-off of a pod that could not be synced, and the longest time without a look at it. */
const [RETRY_MS, RESYNC_MS] = [10_000, 60_000];

/** Kept until the container is started. The pod is tried again before long; `afterMs` is when it may succeed, if that is known. */
function fail({ worker, context }: PodSync, spec: ContainerSpec, reason: Reason, afterMs = RETRY_MS): StartResult {
  worker.reasons[spec.name] = reason;
  const jitter = 1 + context.random.below(500) / 1000;
  const retryAt = context.now() + Math.min(afterMs, RESYNC_MS) * jitter;
  worker.retryAt = Math.min(worker.retryAt ?? Infinity, Math.ceil(retryAt));
  return 'failed';
}

function backOffOf(sync: PodSync, view: RuntimeView, spec: ContainerSpec): { reason: Reason; leftMs: number } | undefined {
  const { worker, context, pod } = sync;
  const last = view.containers.find(({ name, state }) => name === spec.name && state === 'exited');
  const backOff = worker.restarts[restartKey(spec)];
  const leftMs = last ? remaining(backOff, last.finishedAt, context.now()) : 0;
  if (!backOff || leftMs <= 0) return undefined;
  const text = podText(pod);
  containerEvent(sync, spec.name, 'Warning', 'BackOff', `Back-off restarting failed container ${spec.name} in pod ${text}`);
  const message = `back-off ${formatDuration(backOff.ms)} restarting failed container=${spec.name} pod=${text}`;
  return { reason: { reason: 'CrashLoopBackOff', message }, leftMs };
}

/** The next end of it is waited for longer. */
function noteRestart({ worker, context }: PodSync, spec: ContainerSpec, before: Container | undefined): void {
  const key = restartKey(spec);
  if (before?.state === 'exited') worker.restarts[key] = next(worker.restarts[key], before.finishedAt, context.now());
}

/** With another image it is another container, which has not failed yet. */
const restartKey = ({ name, image = '' }: ContainerSpec): string => `${name} ${image}`;

/** Of each name, the runtime keeps the last that ended. */
function forgetOldOnes({ world }: PodSync, sandbox: Sandbox, spec: ContainerSpec): void {
  const dead = sandbox.containers.filter(({ name, state }) => name === spec.name && state === 'exited');
  for (const { id } of dead.slice(0, -1)) removeContainer(world, id);
}

/** Waits for a postStart hook. True when there is none any more. */
export function finishHook(sync: PodSync): boolean {
  const { worker, world, pod } = sync;
  const { hook } = worker;
  if (!hook) return true;
  const found = findContainer(world, hook.container);
  const spec = found && [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === found.container.name);
  if (!found || !spec || found.container.state !== 'running') {
    worker.hook = undefined;
    return true;
  }
  const progress = hookProgress(sync, found.sandbox, found.container, spec.lifecycle!.postStart!, hook);
  if (progress === 'running') return false;
  worker.hook = undefined;
  if (progress !== 'done') {
    containerEvent(sync, spec.name, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    killContainer(sync, found.sandbox, found.container, 'FailedPostStartHook', 'FailedPostStartHook');
    worker.reasons[spec.name] = { reason: 'PostStartHookError', message: progress.error };
  }
  return true;
}
