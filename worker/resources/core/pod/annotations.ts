// Annotations that mean something to pods, most of them older than the fields they became. Mirrors ValidatePodSpecificAnnotations and its like in
// kubernetes pkg/apis/core/validation.

import { forbiddenField, invalidField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, Toleration } from '../../../api/gen/core-v1.ts';
import { integerProblem } from '../../../lib/formats.ts';
import { visitContainers } from './containers-of.ts';
import { descendingPath } from './paths.ts';
import { validateTolerations } from './scheduling.ts';

export const MIRROR = 'kubernetes.io/config.mirror';
export const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const LOCALHOST = 'localhost/';

type Annotations = Readonly<Record<string, string>>;

export function validatePodAnnotations(annotations: Annotations | undefined, spec: PodSpec, path: string, errors: FieldError[]): void {
  if (!annotations) return;
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && !spec.nodeName)
    errors.push(invalidField(`${path}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  if (annotations[TOLERATIONS]) errors.push(...validateTolerationsText(annotations[TOLERATIONS], path));
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !isDeletionCost(cost)) errors.push(invalidField(`${path}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  for (const key in annotations) {
    const value = annotations[key]!;
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) errors.push(...validateSeccompText(value, `${path}.${key}`));
    else if (key.startsWith(APP_ARMOR)) validateAppArmorText(key, value, spec, path, errors);
  }
}

const isDeletionCost = (text: string): boolean => /^(-|0$|[1-9])/.test(text) && integerProblem(text, 32) === undefined;

function validateTolerationsText(text: string, path: string): FieldError[] {
  let tolerations: Toleration[];
  try {
    tolerations = JSON.parse(text) as Toleration[];
  } catch (error) {
    return [invalidField(path, TOLERATIONS, (error as Error).message)];
  }
  return Array.isArray(tolerations) ? validateTolerations(tolerations, `${path}.${TOLERATIONS}`) : [];
}

function validateSeccompText(profile: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith(LOCALHOST)) return descendingPath(profile.slice(LOCALHOST.length), path);
  return [invalidField(path, profile, 'must be a valid seccomp profile')];
}

function validateAppArmorText(key: string, profile: string, spec: PodSpec, path: string, errors: FieldError[]): void {
  const container = key.slice(APP_ARMOR.length);
  let isThere = false;
  visitContainers(spec, '', ({ name }) => (isThere ||= name === container));
  if (!isThere) errors.push(invalidField(`${path}[${key}]`, container, 'container not found'));
  if (!['', 'runtime/default', 'unconfined'].includes(profile) && !profile.startsWith(LOCALHOST))
    errors.push(invalidField(`${path}[${key}]`, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
}

/** Field and annotation may both be there, if they say the same. */
export function validateProfilesMatch(annotations: Annotations | undefined, spec: PodSpec, path: string, errors: FieldError[]): void {
  if (!annotations) return;
  const ofPod = spec.securityContext;
  if (ofPod?.seccompProfile) matchSeccomp(annotations[SECCOMP_POD], ofPod.seccompProfile, `${path}.securityContext.seccompProfile`, errors);
  visitContainers(spec, path, ({ name, securityContext }, at) => {
    const profile = securityContext?.seccompProfile;
    if (profile) matchSeccomp(annotations[SECCOMP_CONTAINER + name], profile, `${at()}.securityContext.seccompProfile`, errors);
  });
  if (spec.os?.name === 'windows') return;
  visitContainers(spec, path, ({ name, securityContext }, at) => {
    const profile = securityContext?.appArmorProfile ?? ofPod?.appArmorProfile;
    if (profile) matchAppArmor(annotations[APP_ARMOR + name], profile, `${at()}.securityContext.appArmorProfile`, errors);
  });
}

function matchSeccomp(text: string | undefined, profile: SeccompProfile, path: string, errors: FieldError[]): void {
  if (text === undefined) return;
  const isSameType =
    (profile.type === 'Unconfined' && text === 'unconfined') ||
    (profile.type === 'RuntimeDefault' && (text === 'runtime/default' || text === 'docker/default')) ||
    (profile.type === 'Localhost' && text.startsWith(LOCALHOST));
  matchProfile(isSameType, text, profile, 'seccomp', path, errors);
}

function matchAppArmor(text: string | undefined, profile: AppArmorProfile, path: string, errors: FieldError[]): void {
  if (text === undefined) return;
  const isSameType =
    (profile.type === 'Unconfined' && text === 'unconfined') ||
    (profile.type === 'RuntimeDefault' && text === 'runtime/default') ||
    (profile.type === 'Localhost' && text.startsWith(LOCALHOST));
  matchProfile(isSameType, text, profile, 'apparmor', path, errors);
}

function matchProfile(
  isSameType: boolean,
  text: string,
  { type, localhostProfile }: SeccompProfile | AppArmorProfile,
  what: string,
  path: string,
  errors: FieldError[],
): void {
  if (!isSameType) {
    if (['Unconfined', 'RuntimeDefault', 'Localhost'].includes(type))
      errors.push(forbiddenField(`${path}.type`, `${what} type in annotation and field must match`));
  } else if (type === 'Localhost' && text.slice(LOCALHOST.length) !== localhostProfile) {
    errors.push(forbiddenField(`${path}.localhostProfile`, `${what} profile in annotation and field must match`));
  }
}

/** On update, and on a change of the status. */
export function validatePodAnnotationsUpdate(now: Annotations = {}, before: Annotations = {}, path: string, errors: FieldError[]): void {
  for (const key in before) {
    if (now[key] === before[key]) continue;
    if (key.startsWith(APP_ARMOR)) errors.push(forbiddenField(`${path}[${key}]`, 'may not remove or update AppArmor annotations'));
    if (key === MIRROR) errors.push(forbiddenField(`${path}[${key}]`, 'may not remove or update mirror pod annotation'));
  }
  for (const key in now) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR)) errors.push(forbiddenField(`${path}[${key}]`, 'may not add AppArmor annotations'));
    if (key === MIRROR) errors.push(forbiddenField(`${path}[${key}]`, 'may not add mirror pod annotation'));
  }
}

/** The profile that an annotation stands for; undefined for what is none. */
export function appArmorProfileOf(text: string): AppArmorProfile | undefined {
  if (text === 'unconfined') return { type: 'Unconfined' };
  if (text === 'runtime/default') return { type: 'RuntimeDefault' };
  return text.length > LOCALHOST.length && text.startsWith(LOCALHOST)
    ? { type: 'Localhost', localhostProfile: text.slice(LOCALHOST.length) }
    : undefined;
}
