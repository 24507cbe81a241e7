// What a pod's state comes down to: the word that kubectl prints, and how it is drawn.

import type { Pod } from '../cluster/kinds.ts';

/** How something is doing; each is drawn with a colour and a shape of its own. */
export type Tone = 'ok' | 'unready' | 'starting' | 'waiting' | 'bad' | 'done' | 'ending';

export interface PodState {
  /** The STATUS column of `kubectl get pods`. */
  readonly text: string;
  readonly tone: Tone;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
}

/** Waiting for one of these is how a pod begins; waiting for anything else is trouble. */
const BEGINNINGS = new Set(['ContainerCreating', 'PodInitializing', 'Pending', 'SchedulingGated']);

/** Objects are replaced, never changed: what one came to, it comes to again. */
const states = new WeakMap<Pod, PodState>();

export function podState(pod: Pod): PodState {
  let state = states.get(pod);
  if (!state) states.set(pod, (state = readState(pod)));
  return state;
}

function readState(pod: Pod): PodState {
  const { status, spec, metadata } = pod;
  const statuses = status.containerStatuses ?? [];
  const restartable = new Set(spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
  const sidecars = (status.initContainerStatuses ?? []).filter(({ name }) => restartable.has(name));
  const counted = [...statuses, ...sidecars];
  const ready = counted.filter((one) => one.ready && one.state.running).length;
  const restarts = counted.reduce((sum, one) => sum + one.restartCount, 0);
  const text = statusText(pod, restartable);
  const containers = spec.containers.length + restartable.size;
  return { text, tone: toneOf(pod, text, ready === containers), ready, containers, restarts: metadata.deletionTimestamp ? 0 : restarts };
}

function statusText({ status, spec, metadata }: Pod, restartable: ReadonlySet<string>): string {
  let text = status.reason || status.phase || 'Pending';
  if (status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')) text = 'SchedulingGated';
  const initial = initText({ status, spec } as Pod, restartable);
  if (initial !== undefined) text = initial;
  else {
    let isRunning = false;
    for (const { state, ready } of [...(status.containerStatuses ?? [])].reverse()) {
      if (state.waiting?.reason) text = state.waiting.reason;
      else if (state.terminated) text = endText(state.terminated);
      else if (state.running && ready) isRunning = true;
    }
    if (text === 'Completed' && isRunning)
      text = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ? 'Running' : 'NotReady';
  }
  if (metadata.deletionTimestamp) {
    if (status.reason === 'NodeLost') return 'Unknown';
    if (status.phase !== 'Failed' && status.phase !== 'Succeeded') return 'Terminating';
  }
  return text;
}

const endText = ({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

/** `Init:1/2` and its like, while the containers that come first are not through. */
function initText({ status, spec }: Pod, restartable: ReadonlySet<string>): string | undefined {
  for (const [i, { name, state, started }] of (status.initContainerStatuses ?? []).entries()) {
    if (state.terminated?.exitCode === 0) continue;
    if (restartable.has(name) && started) continue;
    if (state.terminated) return `Init:${endText(state.terminated)}`;
    if (state.waiting?.reason && state.waiting.reason !== 'PodInitializing') return `Init:${state.waiting.reason}`;
    return `Init:${i}/${spec.initContainers?.length ?? 0}`;
  }
  return undefined;
}

function toneOf({ status, spec, metadata }: Pod, text: string, isReady: boolean): Tone {
  if (metadata.deletionTimestamp) return 'ending';
  if (status.phase === 'Succeeded') return 'done';
  if (status.phase === 'Failed') return 'bad';
  if (!spec.nodeName) return 'waiting';
  // Its containers may be ready, and it is not: a gate holds it back, or its node is not heard of.
  const isServing = isReady && !status.conditions?.some(({ type, status: is }) => type === 'Ready' && is !== 'True');
  if (status.phase === 'Running' && text === 'Running') return isServing ? 'ok' : 'unready';
  if (BEGINNINGS.has(text) || /^Init:\d+\/\d+$/.test(text)) return 'starting';
  return text === 'NotReady' || text === 'Completed' ? 'unready' : 'bad';
}

/** Why the scheduler has found no node. */
export const whyWaiting = ({ status }: Pod): string =>
  status.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False')?.message ?? '';

/** Why a pod is not running, or goes, in the words of whoever knows: the scheduler, the kubelet, who makes it go. */
export function whyNot(pod: Pod): string {
  const { status, metadata } = pod;
  const { message: disruption = '' } =
    status.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True') ?? {};
  if (metadata.deletionTimestamp && disruption) return disruption;
  const waiting = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(
    ({ state }) => state.waiting?.message,
  );
  return whyWaiting(pod) || status.message || waiting?.state.waiting?.message || disruption;
}

/** `Deployment/default/web`: the workload that a pod is of, as far as it can be told from the pod; '' if it is of none. */
export function workloadKey({ metadata }: Pod): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner || owner.kind === 'Node') return '';
  const hash = metadata.labels?.['pod-template-hash'];
  const isDeployments = owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`);
  const [kind, name] = isDeployments ? ['Deployment', owner.name.slice(0, -hash.length - 1)] : [owner.kind, owner.name];
  return `${kind}/${metadata.namespace ?? ''}/${name}`;
}

/** The component that a static pod runs; '' if it is not one. Its name ends with its node's. */
export function componentOf({ metadata, spec }: Pod): string {
  const suffix = `-${spec.nodeName}`;
  const isStatic = metadata.ownerReferences?.some(({ kind }) => kind === 'Node') ?? false;
  return isStatic && metadata.name.endsWith(suffix) ? metadata.name.slice(0, -suffix.length) : '';
}

/** Two letters to tell tiles apart by: of `web-api` WA, of `nginx` NG; of a StatefulSet, whose pods are no strangers, `db-2` D2. */
export function monogram(pod: Pod): string {
  const ordinal = pod.metadata.labels?.['apps.kubernetes.io/pod-index'];
  if (ordinal !== undefined) return pod.metadata.name[0]!.toUpperCase() + ordinal;
  const name = workloadKey(pod).split('/')[2] || componentOf(pod) || pod.metadata.name;
  const [first = '', second = ''] = name.split(/[-.]/).filter(Boolean);
  return (second && !/^\d/.test(second) ? first[0]! + second[0]! : first.slice(0, 2)).toUpperCase();
}

const ORDER: readonly Tone[] = ['bad', 'waiting', 'unready', 'starting', 'ending', 'ok', 'done'];

/** The one to worry about most. */
export const worst = (tones: Iterable<Tone>): Tone | undefined => {
  const all = new Set(tones);
  return ORDER.find((one) => all.has(one));
};
