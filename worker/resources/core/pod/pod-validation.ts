// A pod as a whole: when it is made, and when it is changed. Mirrors ValidatePodCreate, ValidatePodUpdate and ValidatePodEphemeralContainersUpdate of
// kubernetes pkg/apis/core/validation.

import { forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../../api/gen/core-v1.ts';
import { isEqual } from '../../../lib/json.ts';
import { rangeMessage } from '../../../lib/names.ts';
import { internalDiff, internalForm, internalList } from '../internal-form.ts';
import { MIRROR, validatePodAnnotations, validatePodAnnotationsUpdate, validateProfilesMatch } from './annotations.ts';
import { validateImagePadding } from './containers.ts';
import { isSameSpec } from './semantic.ts';
import { validateTolerations } from './scheduling.ts';
import { validatePodSpec } from './spec-validation.ts';

const MAX_INT32 = 2 ** 31 - 1;

export function validatePod({ metadata, spec }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations', errors);
  validatePodSpec(spec, metadata, 'spec', errors);
  if (!spec.serviceAccountName) refuseTokens(spec, errors);
  for (const list of ['containers', 'initContainers'] as const)
    for (const [i, { image }] of (spec[list] ?? []).entries()) validateImagePadding(image, `spec.${list}[${i}]`, errors);
  return errors;
}

/** A token is somebody's. */
function refuseTokens({ volumes = [] }: PodSpec, errors: FieldError[]): void {
  for (const [i, { projected }] of volumes.entries())
    for (const [n, { serviceAccountToken }] of (projected?.sources ?? []).entries())
      if (serviceAccountToken)
        errors.push(
          forbiddenField(
            `spec.volumes[${i}].projected.sources[${n}].serviceAccountToken`,
            'must not be specified when serviceAccountName is not set',
          ),
        );
}

export function validatePodCreate(pod: Pod): FieldError[] {
  const errors = validatePod(pod);
  const { ephemeralContainers, nodeName, schedulingGates } = pod.spec;
  if (ephemeralContainers?.length) errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  if (nodeName && schedulingGates?.length)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  validateProfilesMatch(pod.metadata.annotations, pod.spec, 'spec', errors);
  return errors;
}

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  if (isSamePart(pod, old)) return [];
  const errors = validatePod(pod);
  validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations', errors);
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [pod.spec[list] ?? [], old.spec[list] ?? []];
    if (now.length !== before.length) return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
    for (const [i, { image }] of now.entries()) {
      if (!image) errors.push(requiredField(`spec.${list}[${i}].image`));
      validateImagePadding(image, `spec.${list}[${i}]`, errors);
    }
  }
  if (!validateDeadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, errors)) return errors;
  errors.push(...validateTolerationsUpdate(pod.spec.tolerations, old.spec.tolerations), ...validateGatesUpdate(pod.spec, old.spec));
  if (isSameSpec(pod.spec, old.spec)) return errors;

  const rest = withoutUpdatable(pod.spec, old.spec);
  // Until it may be scheduled, a pod may still be told more narrowly where to go.
  if (old.spec.schedulingGates?.length) allowNarrowing(rest, old.spec, errors);
  if (!isSameSpec(rest, old.spec)) {
    const diff = internalDiff('PodSpec', old.spec, rest);
    errors.push(forbiddenField('spec', `pod updates may not change fields other than ${UPDATABLE}\n${diff}`));
  }
  return errors;
}

/** Whether everything that is looked at here is the very same that was looked at before: a finalizer goes, say. */
const isSamePart = ({ metadata, spec }: Pod, old: Pod): boolean =>
  spec === old.spec && metadata.annotations === old.metadata.annotations && metadata.labels === old.metadata.labels;

/** A deadline may come, and come nearer. False if nothing more is to be said. */
function validateDeadline(now: number | undefined, before: number | undefined, errors: FieldError[]): boolean {
  const at = 'spec.activeDeadlineSeconds';
  if (now === undefined) {
    if (before !== undefined) errors.push(invalidField(at, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  const problem =
    now < 0 || now > MAX_INT32
      ? rangeMessage(0, MAX_INT32)
      : before !== undefined && before < now
        ? 'must be less than or equal to previous value'
        : undefined;
  if (problem) errors.push(invalidField(at, now, problem));
  return !problem;
}

/** Tolerations may be added; of those that are there, the seconds may change. */
function validateTolerationsUpdate(now: readonly Toleration[] = [], before: readonly Toleration[] = []): FieldError[] {
  const withoutSeconds = ({ tolerationSeconds: _seconds, ...rest }: Toleration): Omit<Toleration, 'tolerationSeconds'> => rest;
  const isKept = (old: Toleration): boolean => now.some((one) => isEqual(withoutSeconds(one), withoutSeconds(old)));
  if (!before.every(isKept))
    return [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
  return validateTolerations(now, 'spec.tolerations');
}

function validateGatesUpdate({ schedulingGates: now = [] }: PodSpec, { schedulingGates: before = [] }: PodSpec): FieldError[] {
  const added = new Map(now.map(({ name }, i) => [name, i]));
  for (const { name } of before) added.delete(name);
  return [...added].map(([name, i]) =>
    forbiddenField(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`),
  );
}

/** The new specification, where what may change is as before. */
function withoutUpdatable(now: PodSpec, before: PodSpec): PodSpec {
  const rest: PodSpec = { ...now, containers: withImagesOf(before.containers, now.containers) };
  if (now.initContainers) rest.initContainers = withImagesOf(before.initContainers!, now.initContainers);
  for (const name of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) {
    if (before[name] === undefined) delete rest[name];
    else (rest as unknown as Record<string, unknown>)[name] = before[name];
  }
  const grace = before.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && rest.terminationGracePeriodSeconds === 1) rest.terminationGracePeriodSeconds = grace;
  return rest;
}

const withImagesOf = (before: readonly Container[], now: readonly Container[]): Container[] =>
  now.map((container, i) => ({ ...container, image: before[i]!.image ?? '' }));

function allowNarrowing(rest: PodSpec, old: PodSpec, errors: FieldError[]): void {
  if (!isEqual(rest.nodeSelector, old.nodeSelector)) {
    const isNarrower = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => rest.nodeSelector?.[key] === value);
    if (!isNarrower) {
      const message = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
      errors.push(invalidField('spec.nodeSelector', rest.nodeSelector ?? null, message));
    }
    if (old.nodeSelector) rest.nodeSelector = old.nodeSelector;
    else delete rest.nodeSelector;
  }
  const [now, before] = [rest.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (isEqual(now, before)) return;
  errors.push(...validateNodeAffinityUpdate(now, before));
  const { nodeAffinity: _affinity, ...others } = rest.affinity ?? {};
  if (before) rest.affinity = { ...others, nodeAffinity: before };
  else if (!old.affinity && Object.keys(others).length === 0) delete rest.affinity;
  else rest.affinity = others;
}

function validateNodeAffinityUpdate(now: NodeAffinity | undefined, before: NodeAffinity | undefined): FieldError[] {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const required = before?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return [];
  const [oldTerms, terms] = [
    required.nodeSelectorTerms ?? [],
    now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
  ];
  if (oldTerms.length && oldTerms.length !== terms.length) {
    const value = terms.length ? internalList('NodeSelectorTerm', terms) : null;
    return [invalidField(path, value, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return oldTerms.flatMap((term, i) =>
    isNarrower(terms[i]!, term)
      ? []
      : [
          invalidField(
            `${path}[${i}]`,
            internalForm('NodeSelectorTerm', terms[i]),
            'only additions are allowed (no mutations or deletions)',
          ),
        ],
  );
}

/** A term without expressions selects nothing: more of them would widen it. */
function isNarrower(now: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  const count = (term: NodeSelectorTerm): number => lists.reduce((sum, name) => sum + (term[name]?.length ?? 0), 0);
  if (count(before) === 0 && count(now) > 0) return false;
  return lists.every((name) => (before[name] ?? []).every((one, i) => isEqual(one, now[name]?.[i])));
}

/** Ephemeral containers come, and stay as they are. */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [forbiddenField('[]', 'static pods do not support ephemeral containers')];
  const errors = validatePod(pod);
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((one) => [one.name, one]));
  for (const container of old.spec.ephemeralContainers ?? []) {
    const found = now.get(container.name);
    const name = JSON.stringify(container.name);
    if (!found) errors.push(forbiddenField('spec.ephemeralContainers', `existing ephemeral containers ${name} may not be removed\n`));
    else if (!isEqual(found, container)) {
      const diff = internalDiff('EphemeralContainer', container, found);
      errors.push(forbiddenField('spec.ephemeralContainers', `existing ephemeral containers ${name} may not be changed\n${diff}`));
    }
  }
  return errors;
}
