// The phase of a pod, from the statuses of its containers. Mirrors getPhase of pkg/kubelet/kubelet_pods.go.

import type { Container, ContainerStatus, Pod } from '../../api/gen/core-v1.ts';
import { isSidecar, shouldRestart } from './runtime-view.ts';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

interface Counts {
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  stoppedForGood: number;
  succeeded: number;
  pendingInit: number;
  pendingSidecars: number;
  failedInit: number;
}

export interface PhaseFacts {
  /** Its containers will not be started again, whatever the policy says. */
  readonly isTerminal: boolean;
  /** A regular container was started in the present sandbox. */
  readonly hasInitialized: boolean;
  readonly isStatic: boolean;
}

export function phaseOf(pod: Pod, statuses: readonly ContainerStatus[], facts: PhaseFacts): Phase {
  const counts = count(pod, statuses);
  if (counts.failedInit > 0) return 'Failed';
  if (counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !facts.hasInitialized) || counts.waiting > 0) return 'Pending';
  if (counts.running > 0 && counts.unknown === 0) return 'Running';
  if (counts.running > 0 || counts.stopped === 0 || counts.unknown > 0) return 'Pending';
  const end = counts.stopped === counts.succeeded ? 'Succeeded' : 'Failed';
  if (facts.isTerminal && !facts.isStatic) return end;
  return counts.stopped === counts.stoppedForGood ? end : 'Running';
}

function count(pod: Pod, statuses: readonly ContainerStatus[]): Counts {
  const counts: Counts = {
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    stoppedForGood: 0,
    succeeded: 0,
    pendingInit: 0,
    pendingSidecars: 0,
    failedInit: 0,
  };
  const statusOf = ({ name }: Container): ContainerStatus | undefined => statuses.find((one) => one.name === name);
  for (const container of pod.spec.initContainers ?? []) {
    if (isSidecar(container)) countSidecar(statusOf(container), counts);
    else countInit(pod, container, statusOf(container), counts);
  }
  for (const container of pod.spec.containers) countRegular(pod, container, statusOf(container), counts);
  return counts;
}

function countInit(pod: Pod, container: Container, status: ContainerStatus | undefined, counts: Counts): void {
  const end = status?.state.terminated ?? (status?.state.waiting ? status.lastState.terminated : undefined);
  if (!end) counts.pendingInit++;
  else if (end.exitCode !== 0 && !shouldRestart(container, pod, end.exitCode)) counts.failedInit++;
}

function countSidecar(status: ContainerStatus | undefined, counts: Counts): void {
  if (!status) counts.unknown++;
  else if (status.state.running) {
    if (!status.started) counts.pendingSidecars++;
    counts.running++;
  } else if (!status.state.terminated && !status.lastState.terminated) {
    counts.pendingSidecars++;
    counts.waiting++;
  }
}

function countRegular(pod: Pod, container: Container, status: ContainerStatus | undefined, counts: Counts): void {
  if (!status) counts.unknown++;
  else if (status.state.running) counts.running++;
  else {
    const end = status.state.terminated ?? status.lastState.terminated;
    if (!end) {
      counts.waiting++;
      return;
    }
    counts.stopped++;
    if (!shouldRestart(container, pod, end.exitCode)) counts.stoppedForGood++;
    if (status.state.terminated?.exitCode === 0) counts.succeeded++;
  }
}
