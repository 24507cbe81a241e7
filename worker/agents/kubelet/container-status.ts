// What the API is told of a pod's containers. Mirrors convertToAPIContainerStatuses of pkg/kubelet/kubelet_pods.go and UpdatePodStatus of
// pkg/kubelet/prober/prober_manager.go. Fields are written in Go's order: a status goes into the store as it is.

import type { Container as ContainerSpec, ContainerState, ContainerStatus, Pod } from '../../api/gen/core-v1.ts';
import { formatTime } from '../../lib/time.ts';
import type { Container } from '../../world/runtime/sandbox.ts';
import { actualResources } from './container-limits.ts';
import { probeResult } from './probe-results.ts';
import { containerId, findByName, isSidecar, shouldBeRestarted } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import { terminationMessage } from './termination-message.ts';
import type { PodSync } from './worker.ts';

export type ContainerKind = 'init' | 'regular' | 'ephemeral';

/** A status while it is being made. */
interface Draft {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageId: string;
  id: string;
  started?: boolean;
  spec: ContainerSpec;
  runtime?: Container;
  volumeMounts: ContainerStatus['volumeMounts'];
}

export function containerStatuses(
  sync: PodSync,
  view: RuntimeView,
  kind: ContainerKind,
  specs: readonly ContainerSpec[],
  previous: readonly ContainerStatus[],
): ContainerStatus[] {
  if (!specs.length) return [];
  const drafts = specs.map((spec) =>
    draftOf(
      sync,
      view,
      kind,
      spec,
      previous.find(({ name }) => name === spec.name),
    ),
  );
  for (const draft of drafts) addProbeResults(sync, kind, draft);
  const order = kind === 'init' ? drafts : drafts.sort((a, b) => (a.name < b.name ? -1 : 1));
  return order.map(finish);
}

function draftOf(sync: PodSync, view: RuntimeView, kind: ContainerKind, spec: ContainerSpec, old: ContainerStatus | undefined): Draft {
  const { pod, worker } = sync;
  const draft = initialDraft(pod, spec, old);
  const ofName = view.containers.filter(({ name }) => name === spec.name);
  const [newest, before] = ofName;
  if (!newest) inferEnd(pod, draft, old);
  else {
    Object.assign(draft, fromRuntime(sync, newest, old));
    if (before) draft.lastState = stateOf(sync, before);
  }
  // What is to be started next, and could not be, waits.
  if (kind === 'init' && newest?.state === 'exited' && newest.exitCode === 0) return draft;
  if (kind === 'init' && !newest && hasRegularContainer(pod, view) && !isSidecar(spec) && draft.state.waiting) {
    draft.state = {
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        message: 'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally',
        startedAt: null as never,
        finishedAt: null as never,
      },
    };
    return draft;
  }
  const reason = worker.reasons[spec.name];
  if (!reason || !shouldBeRestarted(spec, pod, view)) return draft;
  if (draft.state.terminated) draft.lastState = draft.state;
  draft.state = { waiting: { reason: reason.reason, ...(reason.message && { message: reason.message }) } };
  return draft;
}

const hasRegularContainer = (pod: Pod, view: RuntimeView): boolean => pod.spec.containers.some(({ name }) => findByName(view, name));

function initialDraft(pod: Pod, spec: ContainerSpec, old: ContainerStatus | undefined): Draft {
  const volumeMounts = spec.volumeMounts?.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
    name,
    mountPath,
    ...(readOnly && {
      readOnly,
      recursiveReadOnly: recursiveReadOnly === 'Enabled' || recursiveReadOnly === 'IfPossible' ? 'Enabled' : 'Disabled',
    }),
  }));
  const draft: Draft = {
    name: spec.name,
    state: { waiting: { reason: pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: spec.image ?? '',
    imageId: '',
    id: '',
    spec,
    volumeMounts,
  };
  if (!old) return draft;
  draft.lastState = old.lastState;
  if (old.state.terminated) Object.assign(draft, { state: old.state, image: old.image, imageId: old.imageID, id: old.containerID ?? '' });
  return draft;
}

/** The runtime has nothing of a container that ran: it must have ended, however. */
function inferEnd(pod: Pod, draft: Draft, old: ContainerStatus | undefined): void {
  if (!old?.state.running || draft.lastState.terminated) return;
  draft.lastState = {
    terminated: {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was deleted.  The container used to be Running',
      startedAt: null as never,
      finishedAt: null as never,
    },
  };
  if (pod.metadata.deletionTimestamp === undefined) draft.restartCount++;
}

function fromRuntime(sync: PodSync, container: Container, old: ContainerStatus | undefined): Partial<Draft> {
  return {
    restartCount: container.attempt,
    image: container.imageName,
    imageId: container.imageRef,
    id: containerId(container),
    state: stateOf(sync, container),
    lastState: old?.lastState.terminated ? old.lastState : {},
    runtime: container,
    ...(container.state === 'running' &&
      old?.containerID === containerId(container) &&
      old.started !== undefined && { started: old.started }),
  };
}

function stateOf(sync: PodSync, container: Container): ContainerState {
  if (container.state === 'running') return { running: { startedAt: formatTime(container.startedAt) } };
  if (container.state === 'created') return { waiting: {} };
  const message = terminationMessage(sync, container);
  const terminated: NonNullable<ContainerState['terminated']> = { exitCode: container.exitCode };
  if (container.reason) terminated.reason = container.reason;
  if (message) terminated.message = message;
  terminated.startedAt = formatTime(container.startedAt);
  terminated.finishedAt = formatTime(container.finishedAt);
  terminated.containerID = containerId(container);
  return { terminated };
}

function addProbeResults({ worker }: PodSync, kind: ContainerKind, draft: Draft): void {
  if (kind === 'ephemeral') return;
  const { spec, runtime, state } = draft;
  const startup = runtime && spec.startupProbe ? probeResult(worker, 'startup', runtime) : null;
  draft.started = state.running !== undefined && (startup ?? (spec.startupProbe ? (draft.started ?? false) : true));
  if (kind === 'init' && !isSidecar(spec)) {
    draft.ready = state.terminated?.exitCode === 0;
    return;
  }
  draft.ready = draft.started && (!spec.readinessProbe || (runtime !== undefined && probeResult(worker, 'readiness', runtime) === true));
}

function finish(draft: Draft): ContainerStatus {
  const { spec, runtime, name, state, lastState, ready, restartCount, image, imageId: imageID, id, started, volumeMounts } = draft;
  const status: ContainerStatus = { name, state, lastState, ready, restartCount, image, imageID };
  if (id) status.containerID = id;
  if (started !== undefined) status.started = started;
  if (runtime) {
    const { requests } = spec.resources;
    if (requests) status.allocatedResources = requests;
    status.resources = actualResources(spec, runtime);
  }
  if (volumeMounts?.length) status.volumeMounts = volumeMounts;
  if (runtime?.user) {
    const { uid, gid, groups } = runtime.user;
    status.user = { linux: groups.length ? { uid, gid, supplementalGroups: [...groups] } : { uid, gid } };
  }
  return status;
}
