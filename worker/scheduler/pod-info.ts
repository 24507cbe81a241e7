// What the scheduler knows of a pod, taken out of the object once. Compact, because every assigned pod of the cluster is kept: requests as numbers, labels
// and affinity shared between pods that have the same (`PodClass`). Mirrors kube-scheduler framework.PodInfo.

import type { Affinity, Container, ContainerStatus, Pod, PodAffinityTerm, Volume, WeightedPodAffinityTerm } from '../api/gen/core-v1.ts';
import { keyOf } from '../api/object.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import type { LabelSelector } from '../api/selectors.ts';
import { canonicalJson, isEqual } from '../lib/json.ts';
import { timeOf } from '../lib/time.ts';
import { DEFAULT_REQUESTS, hasPodLevelRequests, isSidecar, podRequests } from './pod-requests.ts';
import { Resources } from './resources.ts';
import type { Amounts } from './resources.ts';

export type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};

/** The value of a label. Keys come from users: what objects inherit is no label. */
export function labelOf(labels: Labels, key: string): string | undefined {
  const value: unknown = labels[key];
  return typeof value === 'string' ? value : undefined;
}

/** A required or preferred term of pod affinity or anti-affinity; `weight` 0 where there is none. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly namespaces: ReadonlySet<string>;
  /** Of namespaces, in addition to those named. */
  readonly namespaceSelector: LabelSelector;
  readonly selector: LabelSelector;
  readonly weight: number;
}

export interface PodAffinity {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
  readonly preferredAnti: readonly AffinityTerm[];
}

/** Pods of one namespace with equal labels and equal pod affinity: they count alike for spreading and for affinity. */
export interface PodClass {
  readonly id: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly affinity: PodAffinity | undefined;
}

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

export interface PodInfo {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly class: PodClass;
  readonly priority: number;
  readonly isTerminating: boolean;
  /** It is being deleted to make room for a more important one. */
  readonly isPreempted: boolean;
  /** Since when it runs, ms; undefined if it does not yet. */
  readonly startTime: number | undefined;
  readonly nodeName: string;
  readonly nominatedNodeName: string;
  readonly requests: Resources;
  /** Requests with the defaults that scoring takes for containers without any. */
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** Those that any plugin may care about: not the kubelet's own (configMap, secret, emptyDir …). */
  readonly volumes: readonly Volume[];
}

const known = new WeakMap<Pod, PodInfo>();

export function podInfoOf(pod: Pod): PodInfo {
  let info = known.get(pod);
  if (!info) known.set(pod, (info = makePodInfo(pod)));
  return info;
}

/** Of a pod that was `before`, of which `old` was known; what has not changed is taken over. It is not remembered: pods change often. */
export function changedInfoOf(pod: Pod, before: Pod, old = known.get(before)): PodInfo {
  return old && isAlike(before, pod) ? changedPodInfo(old, pod, before) : podInfoOf(pod);
}

/** One literal: every change of a pod makes one, and a spread takes several times as long. */
function changedPodInfo(old: PodInfo, pod: Pod, before: Pod): PodInfo {
  const { isTerminating, isPreempted, startTime, nodeName, nominatedNodeName } = changingPart(pod);
  return {
    key: old.key,
    namespace: old.namespace,
    name: old.name,
    uid: old.uid,
    class: before.metadata.labels === pod.metadata.labels ? old.class : classOf(pod),
    priority: old.priority,
    requests: old.requests,
    scoredCpu: old.scoredCpu,
    scoredMemory: old.scoredMemory,
    hostPorts: old.hostPorts,
    volumes: old.volumes,
    isTerminating,
    isPreempted,
    startTime,
    nodeName,
    nominatedNodeName,
  };
}

/** Whether an update left alone what is costly to work out. Stored objects share what did not change. */
function isAlike(before: Pod, after: Pod): boolean {
  return (
    before.metadata.uid === after.metadata.uid &&
    before.spec.containers === after.spec.containers &&
    before.spec.initContainers === after.spec.initContainers &&
    before.spec.volumes === after.spec.volumes &&
    before.spec.resources === after.spec.resources &&
    !isResized(before) &&
    !isResized(after)
  );
}

/** Whether containers may hold anything else than what the spec says. */
export const isResized = ({ spec, status }: Pod): boolean =>
  (spec.resources !== undefined && status.resources !== undefined) ||
  (status.conditions?.some(({ type }) => type === 'PodResizePending') ?? false) ||
  holdOthers(spec.containers, status.containerStatuses) ||
  holdOthers(spec.initContainers, status.initContainerStatuses);

/** Kubelets say of every container that runs what it holds: mostly, what it asks for. */
function holdOthers(containers: readonly Container[] = NONE, statuses: readonly ContainerStatus[] = NONE): boolean {
  return statuses.some(({ name, resources, allocatedResources }) => {
    if (!resources) return false;
    const wanted = containers.find((one) => one.name === name)?.resources;
    if (wanted === resources && !allocatedResources) return false;
    const requests = wanted?.requests ?? NOTHING;
    return !isEqual(resources.requests ?? NOTHING, requests) || !isEqual(allocatedResources ?? requests, requests);
  });
}

const NOTHING: Readonly<Record<string, string>> = {};

type ChangingPart = Pick<PodInfo, 'isTerminating' | 'isPreempted' | 'startTime' | 'nodeName' | 'nominatedNodeName'>;

const changingPart = (pod: Pod): ChangingPart => ({
  isTerminating: pod.metadata.deletionTimestamp !== undefined,
  isPreempted: pod.metadata.deletionTimestamp !== undefined && isPreempted(pod),
  startTime: pod.status.startTime ? timeOf(pod.status.startTime) : undefined,
  nodeName: pod.spec.nodeName ?? '',
  nominatedNodeName: pod.status.nominatedNodeName ?? '',
});

function makePodInfo(pod: Pod): PodInfo {
  const { metadata, spec } = pod;
  const requests = podRequests(pod, { useStatus: true });
  const defaults = hasPodLevelRequests(pod) ? missingFrom(requests) : DEFAULT_REQUESTS;
  const { isTerminating, isPreempted, startTime, nodeName, nominatedNodeName } = changingPart(pod);
  const scored = defaults.size ? podRequests(pod, { useStatus: true, defaults }) : requests;
  return {
    key: keyOf(pod),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    class: classOf(pod),
    priority: spec.priority ?? 0,
    requests: new Resources().add(requests),
    scoredCpu: scored.get('cpu') ?? 0,
    scoredMemory: scored.get('memory') ?? 0,
    hostPorts: hostPortsOf(pod),
    volumes: spec.volumes?.filter(isPlaced) ?? NONE,
    isTerminating,
    isPreempted,
    startTime,
    nodeName,
    nominatedNodeName,
  };
}

const NONE: readonly never[] = [];

/** A pod's requests as text, as scoring counts them too; undefined where there is more to them than `PodInfo` says. */
export function requestsSign(pod: Pod, { requests, scoredCpu, scoredMemory }: PodInfo): string | undefined {
  if (isResized(pod) || hasPodLevelRequests(pod)) return undefined;
  const { milliCpu, memory, ephemeralStorage, scalars } = requests;
  return `${milliCpu} ${memory} ${ephemeralStorage} ${scoredCpu} ${scoredMemory} ${scalars ? JSON.stringify([...scalars]) : ''}`;
}

const isPreempted = ({ status }: Pod): boolean =>
  status.conditions?.some(
    ({ type, status: state, reason }) => type === 'DisruptionTarget' && state === 'True' && reason === 'PreemptionByScheduler',
  ) ?? false;

const missingFrom = (requests: Amounts): Amounts => new Map([...DEFAULT_REQUESTS].filter(([name]) => !requests.has(name)));

/** Volumes that live in the kubelet's hands alone never keep a pod from a node. */
function isPlaced(volume: Volume): boolean {
  return !(volume.configMap ?? volume.secret ?? volume.emptyDir ?? volume.projected ?? volume.downwardAPI ?? volume.hostPath);
}

export function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  let out: HostPort[] | undefined;
  for (const container of [...(spec.initContainers ?? NONE).filter(isSidecar), ...spec.containers]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? NONE) {
      if (hostPort && hostPort > 0) (out ??= []).push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
    }
  }
  return out ?? NONE;
}

/** Classes that some PodInfo still holds, by their id. */
const classes = new Map<string, WeakRef<PodClass>>();
let swept = 0;
/** Of the pod before, if that has no affinity: pods of a template come one after the other. */
let lastClass: PodClass | undefined;

function classOf({ metadata, spec }: Pod): PodClass {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const hasAffinity = podAffinity !== undefined || podAntiAffinity !== undefined;
  if (!hasAffinity && metadata.labels && metadata.labels === lastClass?.labels && metadata.namespace === lastClass.namespace)
    return lastClass;
  // Labels are stored in order.
  const id = `${metadata.namespace ?? ''} ${JSON.stringify(metadata.labels ?? NO_LABELS)}${hasAffinity ? canonicalJson({ podAffinity, podAntiAffinity }) : ''}`;
  const old = classes.get(id)?.deref();
  if (old) return hasAffinity ? old : (lastClass = old);
  if (classes.size > 2 * swept + 1000) {
    for (const [key, ref] of classes) if (!ref.deref()) classes.delete(key);
    swept = classes.size;
  }
  const made: PodClass = {
    id,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels ?? NO_LABELS,
    affinity: hasAffinity ? compileAffinity(spec.affinity!, metadata.namespace ?? '') : undefined,
  };
  classes.set(id, new WeakRef(made));
  if (!hasAffinity) lastClass = made;
  return made;
}

function compileAffinity({ podAffinity, podAntiAffinity }: Affinity, namespace: string): PodAffinity {
  const required = (terms: readonly PodAffinityTerm[] = NONE): AffinityTerm[] => terms.map((term) => compileTerm(term, namespace, 0));
  const preferred = (terms: readonly WeightedPodAffinityTerm[] = NONE): AffinityTerm[] =>
    terms.map(({ weight, podAffinityTerm }) => compileTerm(podAffinityTerm, namespace, weight));
  return {
    required: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

function compileTerm(term: PodAffinityTerm, namespace: string, weight: number): AffinityTerm {
  const isOwnNamespace = !term.namespaces?.length && !term.namespaceSelector;
  return {
    topologyKey: term.topologyKey,
    namespaces: new Set(isOwnNamespace ? [namespace] : term.namespaces),
    namespaceSelector: labelSelectorOf(term.namespaceSelector),
    selector: labelSelectorOf(term.labelSelector),
    weight,
  };
}

/** Whether a term means pods of a class. `namespaceLabels` are those of the class's namespace. */
export function termMatches(term: AffinityTerm, { namespace, labels }: PodClass, namespaceLabels: Labels | undefined): boolean {
  return (term.namespaces.has(namespace) || matchesLabels(term.namespaceSelector, namespaceLabels)) && matchesLabels(term.selector, labels);
}
