// The conditions of a pod that its kubelet sets. Mirrors pkg/kubelet/status/generate.go.

import type { ContainerStatus, Pod, PodCondition } from '../../api/gen/core-v1.ts';
import type { Phase } from './phase.ts';
import { isSidecar } from './runtime-view.ts';

export interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

const TRUE: Verdict = { status: 'True' };
const list = (names: readonly string[]): string => `[${names.join(' ')}]`;

export function containersReady(pod: Pod, statuses: readonly ContainerStatus[], phase: Phase): Verdict {
  const { initContainers, containers } = pod.spec;
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const container of initContainers?.length ? [...initContainers.filter(isSidecar), ...containers] : containers) {
    const status = statuses.find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  if (phase === 'Succeeded' && !unknown.length) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(unready.length ? [`containers with unready status: ${list(unready)}`] : []),
  ];
  return messages.length ? { status: 'False', reason: 'ContainersNotReady', message: messages.join(', ') } : TRUE;
}

export function podReady(pod: Pod, containers: Verdict, conditions: readonly PodCondition[]): Verdict {
  if (containers.status !== 'True') return containers;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`];
  });
  return messages.length ? { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') } : TRUE;
}

export function initialized(pod: Pod, statuses: readonly ContainerStatus[], phase: Phase): Verdict {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (!(isSidecar(container) ? status.started : status.ready)) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && !unknown.length) return { status: 'True', reason: 'PodCompleted' };
  const hasStarted = pod.spec.containers.some(({ name }) =>
    statuses.some((one) => one.name === name && (one.state.running || one.state.terminated)),
  );
  if (hasStarted) return TRUE;
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(incomplete.length ? [`containers with incomplete status: ${list(incomplete)}`] : []),
  ];
  return messages.length ? { status: 'False', reason: 'ContainersNotInitialized', message: messages.join(', ') } : TRUE;
}
