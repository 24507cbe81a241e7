// Pods as rows. Mirrors printPod of kubernetes pkg/printers/internalversion.

import type { Container, ContainerStatus, Pod } from '../../../api/gen/core-v1.ts';
import { AGE_COLUMN, column, NAME_COLUMN, wide } from '../../../api/resource.ts';
import type { Column } from '../../../api/resource.ts';
import { humanDuration, timeOf } from '../../../lib/time.ts';
import { DESCRIPTIONS } from '../column-descriptions.ts';
import { isTerminal, podCondition } from '../pod-state.ts';
import { isSidecar } from './containers-of.ts';

const NONE = '<none>';

export const podColumns: readonly Column<Pod>[] = [
  NAME_COLUMN,
  column('Ready', (pod) => summaryOf(pod).ready, { description: 'The aggregate readiness state of this pod for accepting traffic.' }),
  column('Status', (pod) => summaryOf(pod).status, { description: 'The aggregate status of the containers in this pod.' }),
  column('Restarts', (pod, now) => restartsText(summaryOf(pod), now), {
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  }),
  AGE_COLUMN,
  column('IP', ({ status }) => status.podIPs?.[0]?.ip || NONE, { ...wide, description: DESCRIPTIONS['PodStatus.podIP'] }),
  column('Node', ({ spec }) => spec.nodeName || NONE, { ...wide, description: DESCRIPTIONS['PodSpec.nodeName'] }),
  column('Nominated Node', ({ status }) => status.nominatedNodeName || NONE, {
    ...wide,
    description: DESCRIPTIONS['PodStatus.nominatedNodeName'],
  }),
  column('Readiness Gates', readinessGates, { ...wide, description: DESCRIPTIONS['PodSpec.readinessGates'] }),
];

interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended and was started again (ms). */
  readonly lastRestart: number;
}

/** Three cells come from one walk over the containers. */
const summaries = new WeakMap<Pod, Summary>();

export function summaryOf(pod: Pod): Summary {
  let summary = summaries.get(pod);
  if (!summary) summaries.set(pod, (summary = summarize(pod)));
  return summary;
}

const restartsText = ({ restarts, lastRestart }: Summary, now: number): string =>
  restarts && lastRestart ? `${restarts} (${humanDuration(now - lastRestart)} ago)` : String(restarts);

/** Restarts of some containers, and the last of their ends (ms). */
interface Restarts {
  readonly count: number;
  readonly last: number;
}

const NO_RESTARTS: Restarts = { count: 0, last: 0 };
const addRestarts = ({ count, last }: Restarts, { restartCount, lastState }: ContainerStatus): Restarts => ({
  count: count + restartCount,
  last: Math.max(last, timeOf(lastState.terminated?.finishedAt)),
});

function summarize(pod: Pod): Summary {
  const { metadata, spec, status } = pod;
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  const total = (spec.containers?.length ?? 0) + sidecars.length;
  let text = status.reason || (status.phase ?? '');
  if (status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')) text = 'SchedulingGated';

  const init = initState(status.initContainerStatuses ?? [], spec.initContainers ?? []);
  let { ready, restarts } = init;
  if (init.text !== undefined) text = init.text;
  if (init.text === undefined || podCondition(pod, 'Initialized')?.status === 'True') {
    const containers = status.containerStatuses ?? [];
    restarts = containers.reduce(addRestarts, init.sidecarRestarts);
    const regular = regularState(containers, text, status.conditions?.some(isReadyCondition) ?? false);
    ready += regular.ready;
    text = regular.text;
  }
  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') text = 'Unknown';
    else if (!isTerminal(pod)) text = 'Terminating';
  }
  return { ready: `${ready}/${total}`, status: text, restarts: restarts.count, lastRestart: restarts.last };
}

const isReadyCondition = ({ type, status }: { type: string; status: string }): boolean => type === 'Ready' && status === 'True';

/** Up to the first init container that is not done. `text` is set if there is one. */
function initState(
  statuses: readonly ContainerStatus[],
  containers: readonly Container[],
): { text: string | undefined; ready: number; restarts: Restarts; sidecarRestarts: Restarts } {
  let [ready, restarts, sidecarRestarts] = [0, NO_RESTARTS, NO_RESTARTS];
  for (const [i, one] of statuses.entries()) {
    const container = containers.find(({ name }) => name === one.name);
    restarts = addRestarts(restarts, one);
    if (container && isSidecar(container)) sidecarRestarts = addRestarts(sidecarRestarts, one);
    const { terminated, waiting } = one.state;
    if (terminated?.exitCode === 0) continue;
    if (container && isSidecar(container) && one.started) {
      if (one.ready) ready++;
      continue;
    }
    let text = `Init:${i}/${containers.length}`;
    if (terminated) text = `Init:${terminated.reason || exitText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') text = `Init:${waiting.reason}`;
    return { text, ready, restarts, sidecarRestarts };
  }
  return { text: undefined, ready, restarts, sidecarRestarts };
}

const exitText = ({ signal, exitCode }: { signal?: number; exitCode: number }): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;

/** The first container that has something to say is heard. */
function regularState(statuses: readonly ContainerStatus[], initial: string, isPodReady: boolean): { text: string; ready: number } {
  let [text, failure, ready] = [initial, '', 0];
  for (const one of statuses.toReversed()) {
    const { waiting, terminated, running } = one.state;
    if (waiting?.reason) text = waiting.reason;
    else if (terminated) {
      text = terminated.reason || exitText(terminated);
      if (terminated.exitCode !== 0) failure = text;
    } else if (one.ready && running) ready++;
  }
  if (text !== 'Completed') return { text, ready };
  if (ready && isPodReady) return { text: 'Running', ready };
  if (failure) return { text: failure, ready };
  return { text: ready ? 'NotReady' : text, ready };
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (!gates.length) return NONE;
  const open = gates.filter(({ conditionType }) => status.conditions?.find(({ type }) => type === conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}
