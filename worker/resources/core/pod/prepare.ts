// What the server makes of a pod before it is checked and stored. Mirrors kubernetes pkg/registry/core/pod/strategy.go.

import type { Affinity, Container, Pod, PodAffinityTerm, PodSpec, PodStatus, TopologySpreadConstraint } from '../../../api/gen/core-v1.ts';
import type { KubeObject } from '../../../api/object.ts';
import type { ResourceContext } from '../../../api/resource.ts';
import type { LabelSelectorFields } from '../../../api/selectors.ts';
import { isEqual } from '../../../lib/json.ts';
import { withPodCondition } from '../pod-state.ts';
import { APP_ARMOR, appArmorProfileOf } from './annotations.ts';
import { CONTAINER_LISTS } from './containers-of.ts';
import { dropDisabledPodFields, dropDisabledPodStatusFields } from './drop-disabled.ts';
import { qosClass } from './qos.ts';
import { validateAppArmor } from './security-context.ts';
import { APP_ARMOR_DEPRECATED } from './warnings.ts';

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

type Labels = Readonly<Record<string, string>> | undefined;

export function preparePodForCreate(pod: Pod, context: ResourceContext): void {
  const { metadata, spec } = pod;
  metadata.generation = 1;
  const conditions = spec.schedulingGates?.length ? withPodCondition(undefined, GATED, context.now()) : undefined;
  pod.status = conditions ? { phase: 'Pending', conditions, qosClass: qosClass(spec) } : { phase: 'Pending', qosClass: qosClass(spec) };
  dropDisabledPodFields(spec);
  if (spec.affinity) resolveAffinityKeys(spec.affinity, metadata.labels);
  for (const constraint of spec.topologySpreadConstraints ?? []) resolveSpreadKeys(constraint, metadata.labels);
  if (metadata.annotations) adoptAppArmorAnnotations(spec, metadata.annotations, context);
}

/** Keys whose values come from the pod become expressions of the selector. */
function addExpressions(selector: LabelSelectorFields | undefined, keys: readonly string[] = [], operator: string, labels: Labels): void {
  if (!selector) return;
  for (const key of keys)
    if (labels?.[key] !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [labels[key]!] });
}

function resolveAffinityKeys({ podAffinity, podAntiAffinity }: Affinity, labels: Labels): void {
  const resolve = ({ labelSelector, matchLabelKeys, mismatchLabelKeys }: PodAffinityTerm): void => {
    addExpressions(labelSelector, matchLabelKeys, 'In', labels);
    addExpressions(labelSelector, mismatchLabelKeys, 'NotIn', labels);
  };
  for (const affinity of [podAffinity, podAntiAffinity]) {
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) resolve(podAffinityTerm);
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) resolve(term);
  }
}

const resolveSpreadKeys = ({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, labels: Labels): void =>
  addExpressions(labelSelector, matchLabelKeys, 'In', labels);

/** Profiles that are given as they were before 1.30. */
function adoptAppArmorAnnotations(spec: PodSpec, annotations: Readonly<Record<string, string>>, context: ResourceContext): void {
  if (spec.os?.name === 'windows') return;
  for (const list of CONTAINER_LISTS) {
    for (const container of (spec[list] ?? []) as Container[]) {
      const text = annotations[APP_ARMOR + container.name];
      if (text === undefined || container.securityContext?.appArmorProfile) continue;
      const given = appArmorProfileOf(text);
      const profile = given && validateAppArmor(given, '').length === 0 ? given : undefined;
      if (profile && isEqual(profile, spec.securityContext?.appArmorProfile)) continue;
      if (profile) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
      context.warn(`metadata.annotations[${APP_ARMOR}${container.name}]: ${APP_ARMOR_DEPRECATED}`);
    }
  }
}

/** The generation counts changes of what is wanted. */
function countChange(pod: Pod, old: Pod): void {
  if (!isEqual(pod.spec, old.spec)) pod.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

export function preparePodForUpdate(pod: Pod, old: Pod): void {
  pod.status = old.status;
  dropDisabledPodFields(pod.spec);
  countChange(pod, old);
}

/** What a write through a part of the object does not take from the client. Mirrors metav1.ResetObjectMetaForStatus. */
function keepMetadata({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  for (const name of [
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'labels',
    'annotations',
    'finalizers',
    'ownerReferences',
  ] as const) {
    if (old[name] === undefined) delete metadata[name];
    else Object.assign(metadata, { [name]: old[name] });
  }
}

export function prepareStatus(pod: Pod, old: Pod): void {
  pod.spec = old.spec;
  const { metadata } = pod;
  if (metadata.deletionTimestamp !== undefined) delete metadata.deletionTimestamp; // that of the stored object comes back by itself
  const { ownerReferences } = old.metadata;
  if (ownerReferences) metadata.ownerReferences = ownerReferences;
  else if (metadata.ownerReferences) delete metadata.ownerReferences;
  const status: PodStatus = { ...pod.status };
  if (!status.qosClass && old.status.qosClass) status.qosClass = old.status.qosClass;
  keepObservedGenerations(status, old.status);
  dropDisabledPodStatusFields(status);
  pod.status = status;
}

/** Writers of a status that do not know of observed generations leave them as they are. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration;
  if (status.conditions?.every(({ observedGeneration }) => observedGeneration)) return;
  if (!old.conditions?.some(({ observedGeneration }) => observedGeneration)) return;
  const before = new Map<string, number[]>();
  for (const { type, observedGeneration = 0 } of old.conditions) before.set(type, [...(before.get(type) ?? []), observedGeneration]);
  status.conditions = (status.conditions ?? []).map((condition) => {
    const generation = before.get(condition.type)?.shift();
    return condition.observedGeneration || !generation ? condition : { ...condition, observedGeneration: generation };
  });
}

export function prepareEphemeralContainers(pod: Pod, old: Pod): void {
  const { ephemeralContainers } = pod.spec;
  pod.spec = { ...old.spec };
  if (ephemeralContainers) pod.spec.ephemeralContainers = ephemeralContainers;
  else delete pod.spec.ephemeralContainers;
  pod.status = old.status;
  keepMetadata(pod, old);
  dropDisabledPodFields(pod.spec);
  countChange(pod, old);
}

/** Of containers in their old order, only resources are taken; otherwise validation says what is wrong. */
export function prepareResize(pod: Pod, old: Pod): void {
  const { containers, initContainers, resources } = pod.spec;
  const isSameLength = (a: readonly unknown[] = [], b: readonly unknown[] = []): boolean => a.length === b.length;
  if (isSameLength(containers, old.spec.containers) && isSameLength(initContainers, old.spec.initContainers)) {
    pod.spec = { ...old.spec, containers: mergeResources(containers, old.spec.containers) };
    if (initContainers) pod.spec.initContainers = mergeResources(initContainers, old.spec.initContainers ?? []);
    if (resources) pod.spec.resources = resources;
    else delete pod.spec.resources;
    pod.status = old.status;
    keepMetadata(pod, old);
  }
  dropDisabledPodFields(pod.spec);
  countChange(pod, old);
}

function mergeResources(now: readonly Container[], before: readonly Container[]): Container[] {
  if (now.some(({ name }, i) => before[i]!.name !== name)) return [...now];
  return before.map((container, i) => {
    const { resizePolicy: _policy, ...rest } = container;
    const { resources, resizePolicy } = now[i]!;
    return { ...rest, resources, ...(resizePolicy && { resizePolicy }) };
  });
}
