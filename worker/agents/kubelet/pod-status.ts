// A pod's whole status, as it is told to the API. Mirrors generateAPIPodStatus and convertStatusToAPIStatus of pkg/kubelet/kubelet_pods.go, and the merging of
// pkg/kubelet/status/status_manager.go. Fields are written in Go's order.

import type { Container as ContainerSpec, ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { formatTime } from '../../lib/time.ts';
import { isTerminal, makePodCondition } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { allocatedPod } from './allocation.ts';
import { containersReady, initialized, podReady } from './conditions.ts';
import type { Verdict } from './conditions.ts';
import { containerStatuses } from './container-status.ts';
import { withDeviceHealth } from './dynamic-resources.ts';
import { phaseOf } from './phase.ts';
import type { Phase } from './phase.ts';
import { podResources } from './pod-resources.ts';
import { writeStaticStatus } from './mirror.ts';
import { resizeConditions } from './resize.ts';
import { isFromFile, isStaticPod } from './static-pod.ts';
import { sandboxChanged, viewOf } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import type { PodSync } from './worker.ts';

/** Conditions that are the kubelet's to set. */
const DISRUPTION = 'DisruptionTarget';
const OWN = new Set([
  'PodScheduled',
  'Ready',
  'Initialized',
  'ContainersReady',
  'PodReadyToStartContainers',
  'AllContainersRestarting',
  'PodResizePending',
  'PodResizeInProgress',
]);

/** Reads the runtime and tells the API what has changed. Gives the pod as it is then, with what it has been granted. */
export function reportStatus(sync: PodSync, isTerminalNow: boolean): Pod {
  return writeStatus(sync, makeStatus(sync, isTerminalNow));
}

export function writeStatus(sync: PodSync, status: PodStatus): Pod {
  const { context, pod, ownWrites, worker } = sync;
  if (isEqual(status, pod.status)) return pod;
  if (isFromFile(pod)) return writeStaticStatus(sync, status);
  // Told when there is somebody to tell: the kubelet looks at all its pods again then.
  if (!context.isApiUp()) return { ...pod, status };
  const written = context.api.updateStatus(pods, { ...pod, status });
  ownWrites.add(written);
  return allocatedPod(written, worker);
}

function makeStatus(sync: PodSync, isTerminalNow: boolean): PodStatus {
  const { pod, world, worker, machine, context } = sync;
  const { spec, status: old } = pod;
  const view = viewOf(world, pod);
  const statusesOf = (
    kind: 'init' | 'regular' | 'ephemeral',
    specs: readonly ContainerSpec[] | undefined,
    previous: ContainerStatus[] | undefined,
  ): ContainerStatus[] => containerStatuses(sync, view, kind, specs ?? [], previous ?? []);
  const plain = statusesOf('regular', spec.containers, old.containerStatuses);
  const regular = view.sandboxes.length ? withDeviceHealth(sync, plain, old.containerStatuses ?? []) : plain;
  const init = statusesOf('init', spec.initContainers, old.initContainerStatuses);
  const ephemeral = statusesOf('ephemeral', spec.ephemeralContainers as ContainerSpec[] | undefined, old.ephemeralContainerStatuses);

  const all = [...init, ...regular];
  const hasInitialized = view.active.some(({ name }) => spec.containers.some((one) => one.name === name));
  let phase = phaseOf(pod, all, { isTerminal: isTerminalNow, hasInitialized, isStatic: isStaticPod(pod) });
  if (worker.override) phase = 'Failed';
  if (isTerminal(pod)) phase = old.phase as Phase;
  // A pod is not over before everything in it is.
  const isRunningStill = view.containers.some(({ state }) => state === 'running');
  const entersEnd = !isTerminal(pod) && (phase === 'Succeeded' || phase === 'Failed');
  const shown = entersEnd && isRunningStill ? ((old.phase as Phase | undefined) ?? 'Pending') : phase;
  const { reason, message } = worker.override && shown === 'Failed' ? worker.override : shown === old.phase ? old : ({} as PodStatus);

  const hostIP = machine.ip;
  const sandbox = view.sandboxes[0];
  const sandboxIP = sandbox && sandbox.readyAt <= context.now() ? sandbox.ip : '';
  const podIP = spec.hostNetwork ? hostIP : sandboxIP || (isTerminalNow || isTerminal(pod) ? old.podIP : '') || '';
  const resources = context.config.minor >= 36 ? podResources(pod) : undefined;
  return compact({
    observedGeneration: pod.metadata.generation,
    phase: shown,
    conditions: makeConditions(sync, view, all, phase),
    message,
    reason,
    nominatedNodeName: old.nominatedNodeName,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: podIP || undefined,
    podIPs: podIP ? [{ ip: podIP }] : undefined,
    startTime: old.startTime ?? formatTime(context.now()),
    initContainerStatuses: init.length ? init : undefined,
    containerStatuses: regular,
    qosClass: old.qosClass,
    ephemeralContainerStatuses: ephemeral.length ? ephemeral : undefined,
    resourceClaimStatuses: old.resourceClaimStatuses,
    extendedResourceClaimStatus: old.extendedResourceClaimStatus,
    allocatedResources: resources?.allocated,
    resources: resources?.actual,
  });
}

/** Without what is not there. */
function compact(fields: { [K in keyof PodStatus]: PodStatus[K] | undefined }): PodStatus {
  const out: Record<string, unknown> = {};
  for (const key in fields) {
    const value = fields[key as keyof PodStatus];
    if (value !== undefined) out[key] = value;
  }
  return out as PodStatus;
}

function makeConditions(
  { pod, context, worker }: PodSync,
  view: RuntimeView,
  statuses: readonly ContainerStatus[],
  phase: Phase,
): PodCondition[] {
  const disruption = worker.override?.disruption;
  const kept = (pod.status.conditions ?? []).filter(({ type }) => !OWN.has(type) && !(disruption && type === DISRUPTION));
  if (disruption) kept.push(conditionOf(pod, DISRUPTION, { status: 'True', ...disruption }, context.now));
  const containers = containersReady(pod, statuses, phase);
  const own = (type: string, verdict: Verdict): PodCondition => conditionOf(pod, type, verdict, context.now);
  return [
    ...kept,
    ...resizeConditions(worker),
    own('PodReadyToStartContainers', hasSandbox(view, pod, context.now()) ? TRUE : FALSE),
    own('Initialized', initialized(pod, statuses, phase)),
    own('Ready', podReady(pod, containers, kept)),
    own('ContainersReady', containers),
    own('PodScheduled', TRUE),
  ];
}

const TRUE: Verdict = { status: 'True' };
const FALSE: Verdict = { status: 'False' };

function hasSandbox(view: RuntimeView, pod: Pod, now: number): boolean {
  return !sandboxChanged(view, pod).changed && view.sandboxes[0]!.readyAt <= now;
}

function conditionOf(pod: Pod, type: string, { status, reason, message }: Verdict, now: () => number): PodCondition {
  const old = pod.status.conditions?.find((one) => one.type === type);
  const { generation } = pod.metadata;
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime! : formatTime(now());
  return makePodCondition({ type, observedGeneration: generation, status, reason, message }, lastTransitionTime);
}
