// One look at a pod: what is, what should be, and one step from here to there. Mirrors SyncPod, SyncTerminatingPod and SyncTerminatedPod of pkg/kubelet/kubelet.go.

import type { Container as ContainerSpec, Pod } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';
import { findNamespace, namespaceId } from '../../world/process/namespace.ts';
import { createSandbox, removeSandbox, stopSandbox } from '../../world/runtime/create.ts';
import { RuntimeError } from '../../world/runtime/error.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import { computeActions } from './actions.ts';
import type { Actions } from './actions.ts';
import { admit } from './admission.ts';
import { allocatedPod } from './allocation.ts';
import { preparationProblem } from './dynamic-resources.ts';
import { podEvent } from './events.ts';
import { growVolumes } from './grow.ts';
import { killContainer, killPod } from './kill.ts';
import { hasNetwork, NETWORK_NOT_READY } from './node.ts';
import { reportStatus, writeStatus } from './pod-status.ts';
import { runProbes } from './probes.ts';
import { grantResize, updateContainers } from './resize.ts';
import { findByName, viewOf } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { finishHook, startContainer } from './start-container.ts';
import { isStaticPod } from './static-pod.ts';
import { dropVolumes, setUpVolumes, Unattached } from './volumes.ts';
import { dropWorker, saveWorker, wakeAt } from './worker.ts';
import type { PodSync } from './worker.ts';

/** How long the kubelet waits for volumes before it complains. */
const ATTACH_PATIENCE_MS = 123_000;

export function syncPod(given: PodSync): void {
  let sync = given;
  const { worker, context, world } = sync;
  const { uid } = sync.pod.metadata;
  const view = viewOf(world, sync.pod);
  worker.sleeper = undefined;
  if (!admitPod(sync, view)) return;
  pastDeadline(sync);
  if (isOver(sync)) {
    terminate({ ...sync, pod: allocatedPod(sync.pod, worker) }, view);
    return;
  }
  const granted = grantResize(sync, view);
  sync = { ...sync, pod: granted.pod };
  runProbes(sync, view);
  // A new pod, and an end, show before anything else is done about them.
  const isNews = granted.isNews || sync.pod.status.startTime === undefined || view.containers.some(({ state }) => state === 'exited');
  const isTold = isNews && !isUnnoticed(sync, view);
  if (isTold) sync = { ...sync, pod: reportStatus(sync, false) };
  if (isOver(sync) || hasEnded(sync, view)) {
    terminate(sync, viewOf(world, sync.pod));
    return;
  }
  act(sync, view);
  const after = viewOf(world, sync.pod);
  if (hasBegunProgram(sync, view, after)) {
    context.enqueue(keyOf(sync.pod));
    saveWorker(context, uid, worker);
    return;
  }
  // What has been started shows at once, and may be probed at once.
  runProbes(sync, after);
  const isSaid = isTold && isBeingSetUp(sync, after);
  if (!isSaid && !isAboutToStart(sync, after) && !isUnnoticed(sync, after)) reportStatus(sync, false);
  if (worker.retryAt !== undefined) wakeAt(sync, worker.retryAt, true);
  saveWorker(context, uid, worker);
}

/** A program that was started a moment ago gets its turn before anything is said of it: what ends as soon as it begins is never seen running. */
const hasBegunProgram = ({ world }: PodSync, before: RuntimeView, after: RuntimeView): boolean =>
  after.sandboxes.some((sandbox) =>
    sandbox.containers.some(
      (one) => one.state === 'running' && !before.containers.includes(one) && findNamespace(world, namespaceId(sandbox, one)) !== undefined,
    ),
  );

/** Not worth a word: before it could be read, there will be another. */
const isAboutToStart = ({ context }: PodSync, { sandboxes }: RuntimeView): boolean =>
  sandboxes[0]?.pull !== undefined && sandboxes[0].pull.endsAt - context.now() < 100;

/** It has its first sandbox, and nothing in it yet: no more than was said of it before. */
const isBeingSetUp = ({ context }: PodSync, { sandboxes, containers }: RuntimeView): boolean =>
  sandboxes.length === 1 && !containers.length && sandboxes[0]!.readyAt > context.now();

/** How often a kubelet looks at what runs. */
const RELIST_MS = 1000;

/** A container that it stopped itself, to start it otherwise: that nothing runs shows only if it is still so at the next look. */
function isUnnoticed(sync: PodSync, view: RuntimeView): boolean {
  const { worker, context } = sync;
  const stopped = view.containers.find(({ id }) => id === worker.exchanging);
  if (!stopped || findByName(view, stopped.name) !== stopped) {
    worker.exchanging = undefined;
    return false;
  }
  const until = stopped.finishedAt + RELIST_MS;
  if (stopped.state !== 'exited' || context.now() >= until) return false;
  wakeAt(sync, until, true);
  return true;
}

const isOver = ({ pod, worker }: PodSync): boolean =>
  pod.metadata.deletionTimestamp !== undefined || isTerminal(pod) || worker.override !== undefined;

/** Every container has ended, and none is to be started again. */
function hasEnded({ pod, worker }: PodSync, view: RuntimeView): boolean {
  if (!view.containers.length || isStaticPod(pod)) return false;
  const actions = computeActions(pod, view, worker);
  return actions.killPod && !actions.createSandbox && !view.containers.some(({ state }) => state === 'running');
}

/** Once, before anything else: whether the machine takes it at all. */
function admitPod(sync: PodSync, view: RuntimeView): boolean {
  const { pod } = sync;
  if (pod.status.startTime !== undefined || view.sandboxes.length || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod))
    return true;
  const rejection = admit(sync);
  if (!rejection) return true;
  podEvent(sync, 'Warning', rejection.reason, rejection.message);
  const { qosClass, conditions } = pod.status;
  const { generation } = pod.metadata;
  writeStatus(sync, {
    ...(generation && { observedGeneration: generation }),
    phase: 'Failed',
    ...(conditions && { conditions }),
    message: `Pod was rejected: ${rejection.message}`,
    reason: rejection.reason,
    startTime: new Date(Math.floor(sync.context.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    ...(qosClass && { qosClass }),
  });
  return false;
}

const DEADLINE = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };

function pastDeadline(sync: PodSync): void {
  const { pod, context, worker } = sync;
  const seconds = pod.spec.activeDeadlineSeconds;
  if (seconds === undefined || !pod.status.startTime || isTerminal(pod) || worker.override) return;
  const at = Date.parse(pod.status.startTime) + seconds * 1000;
  if (context.now() < at) return wakeAt(sync, at);
  podEvent(sync, 'Normal', DEADLINE.reason, DEADLINE.message);
  worker.override = DEADLINE;
}

/** How soon a pod is looked at again that waits for its node's network. */
const NETWORK_RETRY_MS = 2000;

function act(sync: PodSync, before: RuntimeView): void {
  const { pod, worker, world, context, machine } = sync;
  if (!pod.spec.hostNetwork && !before.sandboxes.length && !hasNetwork(world, machine)) {
    podEvent(sync, 'Warning', 'NetworkNotReady', `network is not ready: ${NETWORK_NOT_READY}`);
    return wakeAt(sync, context.now() + NETWORK_RETRY_MS, true);
  }
  if (!isMounted(sync, before)) return;
  const actions = computeActions(pod, before, worker);
  if (actions.killPod) {
    if (!killPod(sync, before)) return;
    for (const sandbox of before.sandboxes) if (sandbox.state === 'ready') stopSandbox(world, sandbox);
  } else if (!killUnwanted(sync, before, actions) || !updateContainers(sync, before, actions.updates)) return;
  let sandbox: Sandbox | undefined = before.sandboxes[0];
  if (actions.createSandbox) {
    if (sandbox) podEvent(sync, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    const problem = preparationProblem(sync);
    if (problem !== undefined) {
      podEvent(sync, 'Warning', 'FailedPrepareDynamicResources', problem);
      worker.retryAt = context.now() + 10_000 + context.random.below(5000);
      return;
    }
    try {
      sandbox = createSandbox(world, machine, sandboxConfig(sync, actions.attempt));
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      podEvent(sync, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
      worker.retryAt = context.now() + 10_000 + context.random.below(5000);
      return;
    }
  }
  if (!sandbox || sandbox.state !== 'ready') return;
  if (sandbox.readyAt > context.now()) return wakeAt(sync, sandbox.readyAt);
  if (!finishHook(sync)) return;
  startAll(sync, sandbox, actions);
}

/** Volumes are set up before the first sandbox, and tried again if they cannot be. */
function isMounted(sync: PodSync, { sandboxes }: RuntimeView): boolean {
  const { worker, context } = sync;
  if (sandboxes.length) {
    growVolumes(sync);
    return true;
  }
  if (worker.mounts && worker.mounts.at + worker.mounts.ms > context.now()) {
    wakeAt(sync, worker.mounts.at + worker.mounts.ms, true);
    return false;
  }
  const problem = setUpVolumes(sync);
  if (problem === undefined) {
    worker.mounts = undefined;
    worker.attachSince = undefined;
    growVolumes(sync);
    return true;
  }
  if (problem instanceof Unattached) return awaitAttachment(sync, problem);
  podEvent(sync, 'Warning', 'FailedMount', problem);
  // goroutinemap's exponential back-off: half a second, doubling, up to two minutes and two seconds.
  worker.mounts = { ms: Math.min((worker.mounts?.ms ?? 250) * 2, 122_000), at: context.now() };
  wakeAt(sync, context.now() + worker.mounts.ms, true);
  return false;
}

/** The kubelet hears of the attachment; what it says of a long wait, it says every two minutes. */
function awaitAttachment(sync: PodSync, { message: name }: Unattached): false {
  const { worker, context } = sync;
  const since = (worker.attachSince ??= context.now());
  const waited = context.now() - since;
  if (waited >= ATTACH_PATIENCE_MS) {
    worker.attachSince = context.now();
    const why = 'context deadline exceeded';
    podEvent(
      sync,
      'Warning',
      'FailedMount',
      `Unable to attach or mount volumes: unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[]: ${why}`,
    );
  }
  wakeAt(sync, worker.attachSince! + ATTACH_PATIENCE_MS);
  return false;
}

function killUnwanted(sync: PodSync, view: RuntimeView, { kills }: Actions): boolean {
  let isDone = true;
  for (const { container, message, reason } of kills) {
    const sandbox = view.sandboxes.find((one) => one.containers.includes(container))!;
    if (reason === '') sync.worker.exchanging = container.id;
    if (!killContainer(sync, sandbox, container, message, reason)) isDone = false;
  }
  return isDone;
}

function startAll(sync: PodSync, sandbox: Sandbox, actions: Actions): void {
  const { pod, worker, world, context } = sync;
  const { spec } = pod;
  const wanted: (readonly [spec: ContainerSpec, isInit: boolean])[] = [
    ...actions.startEphemeral.map((i) => [spec.ephemeralContainers![i] as ContainerSpec, false] as const),
    ...actions.startInit.map((i) => [spec.initContainers![i]!, true] as const),
    ...actions.start.map((i) => [spec.containers[i]!, false] as const),
  ];
  if (!wanted.length) {
    worker.retryAt = undefined;
    return;
  }
  // In the middle of a round, it goes on where it stood; else a new round begins when the time has come.
  const at = wanted.findIndex(([{ name }]) => name === sandbox.pull?.container);
  if (at < 0) {
    if (worker.retryAt !== undefined && worker.retryAt > context.now()) return;
    worker.retryAt = undefined;
  }
  for (const [container, isInit] of wanted.slice(Math.max(at, 0))) {
    const result = startContainer(sync, viewOf(world, pod), sandbox, container, isInit);
    if (result === 'waiting') return;
    // The next init container needs this one, unless it only runs beside the others.
    if (result === 'failed' && isInit && container.restartPolicy !== 'Always') return;
    // It does not end, so nothing else tells that the next one's turn has come.
    if (result === 'started' && isInit && container.restartPolicy === 'Always') wakeAt(sync, context.now() + 1);
  }
}

/** Ends a pod that has to go, or that is through. */
function terminate(sync: PodSync, view: RuntimeView): void {
  const { pod, worker, context, world } = sync;
  const { uid } = pod.metadata;
  worker.retryAt = undefined;
  worker.hook = undefined;
  runProbes(sync, view);
  if (!killPod(sync, view, worker.override?.graceMs)) {
    reportStatus(sync, false);
    saveWorker(context, uid, worker);
    return;
  }
  for (const sandbox of view.sandboxes) if (sandbox.state === 'ready') stopSandbox(world, sandbox);
  const last = reportStatus(sync, true);
  const isLeaving = pod.metadata.deletionTimestamp !== undefined && !isStaticPod(pod);
  if (!isLeaving || !context.isApiUp()) {
    // Its containers stay, for their logs; of the rest nothing is needed.
    worker.probes = {};
    worker.kills = {};
    saveWorker(context, uid, worker);
    return;
  }
  cleanUp(sync, view, uid);
  context.api.delete(pods, last.metadata.namespace ?? '', last.metadata.name, { gracePeriodSeconds: 0, preconditions: { uid } });
}

function cleanUp(sync: Pick<PodSync, 'world' | 'context'>, view: RuntimeView, uid: string): void {
  const volumes = new Set(
    view.containers.flatMap(({ mounts }) =>
      mounts.flatMap(({ source }) =>
        source.type === 'volume' && source.id.startsWith(`${uid}/`) ? [source.id.slice(uid.length + 1)] : [],
      ),
    ),
  );
  dropVolumes(sync, uid, [...volumes]);
  for (const sandbox of view.sandboxes) removeSandbox(sync.world, sandbox);
  dropWorker(sync.context, uid);
}

/** A pod that the API has forgotten. What still runs of it is stopped. */
export function cleanUpOrphan(sync: Omit<PodSync, 'pod'>, sandbox: Sandbox): boolean {
  const { name, namespace, uid } = sandbox;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, deletionGracePeriodSeconds: 1 },
    spec: { containers: [] },
    status: {},
  } as unknown as Pod;
  const view = viewOf(sync.world, pod);
  if (!killPod({ ...sync, pod }, view, 1000)) {
    saveWorker(sync.context, uid, sync.worker);
    return false;
  }
  cleanUp(sync, view, uid);
  return true;
}
