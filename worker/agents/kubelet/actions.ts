// What to do about a pod: which containers to stop and which to start. Mirrors computePodActions and computeInitContainerActions of
// pkg/kubelet/kuberuntime/kuberuntime_manager.go.

import type { Container as ContainerSpec, Pod } from '../../api/gen/core-v1.ts';
import type { Container } from '../../world/runtime/sandbox.ts';
import { changeOf } from './container-limits.ts';
import type { KillReason } from './kill.ts';
import { probeResult } from './probe-results.ts';
import type { Update } from './resize.ts';
import { findByName, isSidecar, sandboxChanged, shouldBeRestarted } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import type { Worker } from './worker.ts';

export interface Actions {
  createSandbox: boolean;
  attempt: number;
  /** Everything is to end: all that was to run has run. */
  killPod: boolean;
  kills: { readonly container: Container; readonly message: string; readonly reason: KillReason }[];
  startInit: number[];
  start: number[];
  startEphemeral: number[];
  /** Containers that go on with other limits. */
  updates: Update[];
}

const restartsOnFailure = (pod: Pod): boolean => pod.spec.restartPolicy !== 'Never';

export function computeActions(pod: Pod, view: RuntimeView, worker: Worker): Actions {
  const { changed, attempt } = sandboxChanged(view, pod);
  const actions: Actions = {
    createSandbox: changed,
    attempt,
    killPod: changed,
    kills: [],
    startInit: [],
    start: [],
    startEphemeral: [],
    updates: [],
  };
  if (changed) {
    startOver(pod, view, actions);
    return actions;
  }
  for (const [i, { name }] of (pod.spec.ephemeralContainers ?? []).entries()) if (!findByName(view, name)) actions.startEphemeral.push(i);
  const isInitialized = computeInitActions(pod, view, worker, actions);
  if (actions.killPod || !isInitialized) return actions;

  let kept = 0;
  for (const [i, container] of pod.spec.containers.entries()) {
    const status = findByName(view, container.name);
    if (status?.state !== 'running') {
      if (shouldBeRestarted(container, pod, view)) actions.start.push(i);
      continue;
    }
    const verdict = unwanted(container, status, worker);
    if (!verdict) {
      if (isKept(container, status, actions)) kept++;
      else actions.start.push(i);
      continue;
    }
    const isDefinition = verdict.reason === '';
    const restarts = isDefinition || (container.restartPolicy === undefined ? restartsOnFailure(pod) : container.restartPolicy !== 'Never');
    if (restarts) actions.start.push(i);
    actions.kills.push({
      container: status,
      message: restarts ? `${verdict.message}, will be restarted` : verdict.message,
      reason: verdict.reason,
    });
  }
  if (kept === 0 && actions.start.length === 0) {
    actions.killPod = true;
    actions.startInit = [];
  }
  return actions;
}

/** Without a sandbox, everything begins anew; unless there is nothing left to run. */
function startOver(pod: Pod, view: RuntimeView, actions: Actions): void {
  if (!restartsOnFailure(pod) && actions.attempt !== 0 && view.containers.length > 0) {
    actions.createSandbox = false;
    return;
  }
  const start = [...pod.spec.containers.entries()].filter(([, container]) => {
    const runsOnce = (container.restartPolicy ?? pod.spec.restartPolicy) === 'OnFailure';
    const status = findByName(view, container.name);
    return !(runsOnce && status?.state === 'exited' && status.exitCode === 0);
  });
  if (start.length === 0 && pod.spec.containers.some(({ name }) => findByName(view, name))) {
    actions.createSandbox = false;
    return;
  }
  if (pod.spec.initContainers?.length) actions.startInit = [0];
  else actions.start = start.map(([i]) => i);
}

/** Why a running container must go, if it must. */
function unwanted(container: ContainerSpec, status: Container, worker: Worker): { message: string; reason: KillReason } | undefined {
  if (status.labels['spec'] !== undefined && status.labels['spec'] !== container.image)
    return { message: `Container ${container.name} definition changed`, reason: '' };
  if (probeResult(worker, 'liveness', status) === false)
    return { message: `Container ${container.name} failed liveness probe`, reason: 'LivenessProbe' };
  if (probeResult(worker, 'startup', status) === false)
    return { message: `Container ${container.name} failed startup probe`, reason: 'StartupProbe' };
  return undefined;
}

/** What it may use has changed: whether it goes on all the same, with other limits. */
function isKept(container: ContainerSpec, status: Container, actions: Actions): boolean {
  const change = changeOf(container, status);
  if (!change?.isRestart) {
    if (change) actions.updates.push({ container: status, limits: change.limits });
    return true;
  }
  actions.kills.push({ container: status, message: `Container ${container.name} resize requires restart`, reason: '' });
  return false;
}

/** True if all init containers have done what the others wait for. */
function computeInitActions(pod: Pod, view: RuntimeView, worker: Worker, actions: Actions): boolean {
  const all = pod.spec.initContainers ?? [];
  if (!all.length) return true;
  let isInitialized = pod.spec.containers.some(({ name }) => {
    const state = findByName(view, name)?.state;
    return state === 'created' || state === 'running';
  });
  let wasInitialized = isInitialized;
  const start: number[] = [];
  // From the last one backwards: how far we have come shows at the last one that has a status.
  for (let i = all.length - 1; i >= 0; i--) {
    const container = all[i]!;
    const status = findByName(view, container.name);
    if (!status) {
      if (wasInitialized && isSidecar(container)) start.push(i);
      continue;
    }
    if (wasInitialized && !isSidecar(container)) continue;
    const isLast = i === all.length - 1;
    if (status.state === 'created') start.push(i);
    else if (status.state === 'running') {
      if (isSidecar(container)) {
        const startup = container.startupProbe ? probeResult(worker, 'startup', status) : true;
        if (startup === false) {
          actions.kills.push({
            container: status,
            message: `Init container ${container.name} failed startup probe`,
            reason: 'StartupProbe',
          });
          start.push(i);
        } else if (startup) {
          if (isLast) isInitialized = true;
          else if (!wasInitialized) start.push(i + 1);
          if (container.livenessProbe && probeResult(worker, 'liveness', status) === false) {
            actions.kills.push({
              container: status,
              message: `Init container ${container.name} failed liveness probe`,
              reason: 'LivenessProbe',
            });
            start.push(i);
          } else if (!isKept(container, status, actions)) start.push(i);
        }
      } else isKept(container, status, actions);
    } else if (isSidecar(container)) start.push(i);
    else if (status.exitCode !== 0) {
      if (!shouldBeRestarted(container, pod, view)) {
        actions.killPod = true;
        return false;
      }
      start.push(i);
    } else if (isLast) isInitialized = true;
    else start.push(i + 1);
    wasInitialized = true;
  }
  if (!wasInitialized) start.push(0);
  actions.startInit = start.reverse();
  return isInitialized;
}
