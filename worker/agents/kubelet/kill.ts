// Stopping containers: first the preStop hook, then the signal, and when the grace is over, the end. Mirrors killContainer and the termination order of
// pkg/kubelet/kuberuntime.

import type { Container as ContainerSpec, Pod } from '../../api/gen/core-v1.ts';
import { stopContainer } from '../../world/runtime/lifecycle.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import { containerEvent } from './events.ts';
import { hookProgress, startHook } from './hooks.ts';
import { isSidecar, specOf } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import { wakeAt } from './worker.ts';
import type { Kill, PodSync } from './worker.ts';

export type KillReason = '' | 'StartupProbe' | 'LivenessProbe' | 'FailedPostStartHook';

/** However little grace there is, a container gets this long. */
const MIN_GRACE_MS = 2000;

/** Moves the stopping of a container one step on. True when it has ended. */
export function killContainer(
  sync: PodSync,
  sandbox: Sandbox,
  container: Container,
  message: string,
  reason: KillReason,
  options: { readonly graceMs?: number | undefined; readonly mayStop?: boolean } = {},
): boolean {
  const { worker, world, context, pod } = sync;
  if (container.state !== 'running') {
    delete worker.kills[container.id];
    return true;
  }
  const spec = specOf(pod, container.name);
  let kill = worker.kills[container.id];
  if (!kill) {
    containerEvent(sync, container.name, 'Normal', 'Killing', message || `Stopping container ${container.name}`);
    kill = { since: context.now(), graceMs: options.graceMs ?? graceOf(pod, spec, reason) * 1000, stopping: false };
    worker.kills[container.id] = kill;
  }
  shorten(sync, container, kill, options.graceMs);
  if (kill.stopping) return hasEnded(container);
  if (!isPreStopDone(sync, sandbox, container, spec, kill)) return false;
  const remaining = kill.since + kill.graceMs - context.now();
  if (options.mayStop === false && remaining > 0) {
    wakeAt(sync, kill.since + kill.graceMs);
    return false;
  }
  kill.stopping = true;
  stopContainer(world, sandbox, container, Math.max(remaining, MIN_GRACE_MS));
  return hasEnded(container);

  function hasEnded({ state }: Container): boolean {
    if (state === 'running') return false;
    delete worker.kills[container.id];
    return true;
  }
}

/** A second deletion may leave less time than the first. */
function shorten({ worker, world, context, pod }: PodSync, container: Container, kill: Kill, graceMs: number | undefined): void {
  const deletion = pod.metadata.deletionGracePeriodSeconds;
  const wanted = graceMs ?? (deletion === undefined ? undefined : deletion * 1000);
  if (wanted === undefined || wanted >= kill.graceMs) return;
  worker.kills[container.id] = { ...kill, graceMs: wanted };
  Object.assign(kill, { graceMs: wanted });
  const sandbox = world.sandboxes.find('container', container.id)[0];
  if (kill.stopping && sandbox) stopContainer(world, sandbox, container, Math.max(kill.since + wanted - context.now(), MIN_GRACE_MS));
}

function isPreStopDone(sync: PodSync, sandbox: Sandbox, container: Container, spec: ContainerSpec | undefined, kill: Kill): boolean {
  const handler = spec?.lifecycle?.preStop;
  if (!handler || kill.graceMs <= 0) return true;
  const deadline = kill.since + kill.graceMs;
  if (!kill.hook) kill.hook = startHook(sync, sandbox, container, handler);
  const progress = hookProgress(sync, sandbox, container, handler, kill.hook);
  if (progress === 'running') {
    wakeAt(sync, deadline);
    return sync.context.now() >= deadline;
  }
  if (progress !== 'done') containerEvent(sync, container.name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
  return true;
}

function graceOf(pod: Pod, spec: ContainerSpec | undefined, reason: KillReason): number {
  if (pod.metadata.deletionGracePeriodSeconds !== undefined) return pod.metadata.deletionGracePeriodSeconds;
  const own =
    reason === 'StartupProbe'
      ? spec?.startupProbe?.terminationGracePeriodSeconds
      : reason === 'LivenessProbe'
        ? spec?.livenessProbe?.terminationGracePeriodSeconds
        : undefined;
  return own ?? pod.spec.terminationGracePeriodSeconds ?? MIN_GRACE_MS / 1000;
}

/** Stops everything in a pod, sidecars after the others, in the opposite order of their start. True when nothing runs any more. */
export function killPod(sync: PodSync, view: RuntimeView, graceMs?: number): boolean {
  const running = view.sandboxes.flatMap((sandbox) =>
    sandbox.containers.filter(({ state }) => state === 'running').map((container) => ({ sandbox, container })),
  );
  const sidecars = (sync.pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const isRunning = (name: string): boolean => running.some(({ container }) => container.name === name);
  const hasMain = sync.pod.spec.containers.some(({ name }) => isRunning(name));
  let isOver = true;
  for (const { sandbox, container } of running) {
    const place = sidecars.indexOf(container.name);
    const mayStop = place < 0 || (!hasMain && !sidecars.slice(place + 1).some(isRunning));
    if (!killContainer(sync, sandbox, container, '', '', { graceMs, mayStop })) isOver = false;
  }
  return isOver;
}
