// Security contexts of pods and containers. Mirrors ValidateSecurityContext, validatePodSpecSecurityContext and what they call in
// kubernetes pkg/apis/core/validation. Containers may be privileged, as in clusters that kubeadm makes (--allow-privileged).

import { duplicateField, invalidField, notSupported, requiredField, tooLong } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../../api/gen/core-v1.ts';
import { idProblems } from '../../../lib/formats.ts';
import { byteLength } from '../../../lib/text.ts';
import { oneOfIfSet } from '../../validation/one-of.ts';
import { problems } from '../../validation/values.ts';
import { internalForm } from '../internal-form.ts';
import { descendingPath } from './paths.ts';
import { validateWindowsOptions } from './windows.ts';

const id = (value: number | undefined, path: string): FieldError[] => (value === undefined ? [] : problems(value, idProblems(value), path));

export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: string,
  hostUsers: boolean,
  errors: FieldError[],
): void {
  if (!context) return;
  const { runAsUser, runAsGroup, procMount, seccompProfile, appArmorProfile, windowsOptions } = context;
  errors.push(...id(runAsUser, `${path}.runAsUser`), ...id(runAsGroup, `${path}.runAsGroup`));
  if (procMount !== undefined) {
    errors.push(...oneOfIfSet(procMount, ['Default', 'Unmasked'], `${path}.procMount`));
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalidField(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  errors.push(...validateSeccomp(seccompProfile, `${path}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) errors.push(...validateNoEscalation(context, path));
  if (windowsOptions) errors.push(...validateWindowsOptions(windowsOptions, `${path}.windowsOptions`));
  errors.push(...validateAppArmor(appArmorProfile, `${path}.appArmorProfile`));
}

/** Who may do everything cannot be kept from gaining more. */
function validateNoEscalation(context: SecurityContext, path: string): FieldError[] {
  const refuse = (what: string): FieldError =>
    invalidField(path, internalForm('SecurityContext', context), `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  return [
    ...(context.privileged ? [refuse('`privileged` to true')] : []),
    ...(context.capabilities?.add ?? []).filter((one) => one === 'CAP_SYS_ADMIN').map(() => refuse('`capabilities.Add` CAP_SYS_ADMIN')),
  ];
}

export function validatePodSecurityContext(spec: PodSpec, path: string, errors: FieldError[]): void {
  const context = spec.securityContext;
  const at = `${path}.securityContext`;
  if (!context) return;
  errors.push(
    ...id(context.fsGroup, `${at}.fsGroup`),
    ...id(context.runAsUser, `${at}.runAsUser`),
    ...id(context.runAsGroup, `${at}.runAsGroup`),
  );
  for (const [i, group] of (context.supplementalGroups ?? []).entries()) errors.push(...id(group, `${at}.supplementalGroups[${i}]`));
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalidField(`${at}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  if (context.sysctls) errors.push(...validateSysctls(context.sysctls, spec, `${at}.sysctls`));
  errors.push(...validatePolicies(context, at), ...validateSeccomp(context.seccompProfile, `${at}.seccompProfile`));
  if (context.windowsOptions) errors.push(...validateWindowsOptions(context.windowsOptions, `${at}.windowsOptions`));
  errors.push(...validateAppArmor(context.appArmorProfile, `${at}.appArmorProfile`));
  errors.push(
    ...oneOfIfSet(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${at}.supplementalGroupsPolicy`),
    ...oneOfIfSet(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], `${at}.seLinuxChangePolicy`),
  );
}

const validatePolicies = ({ fsGroupChangePolicy }: PodSecurityContext, at: string): FieldError[] =>
  oneOfIfSet(fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${at}.fsGroupChangePolicy`);

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const SYSCTL_RE = new RegExp(SYSCTL);
const MAX_SYSCTL = 253;

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name }] of sysctls.entries()) {
    const at = `${path}[${i}].name`;
    if (!name) errors.push(requiredField(at));
    else if (name.length > MAX_SYSCTL || !SYSCTL_RE.test(name))
      errors.push(invalidField(at, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`));
    else if (seen.has(name)) errors.push(duplicateField(at, name));
    const namespace = sysctlNamespace(name);
    if (spec.hostNetwork && namespace === 'net') errors.push(invalidField(at, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && namespace === 'ipc') errors.push(invalidField(at, name, "may not be specified when 'hostIPC' is true"));
    seen.add(name);
  }
  return errors;
}

const IPC_SYSCTL_RE = /^(?:kernel\.(?:sem|shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni)$|fs\.mqueue\.)/;

/** Which namespace of the kernel a setting belongs to. Written with slashes first, dots and slashes change places. */
function sysctlNamespace(name: string): 'ipc' | 'net' | undefined {
  const first = name.search(/[./]/);
  const dotted = first >= 0 && name[first] === '/' ? name.replace(/[./]/g, (char) => (char === '.' ? '/' : '.')) : name;
  if (IPC_SYSCTL_RE.test(dotted)) return 'ipc';
  return dotted.startsWith('net.') ? 'net' : undefined;
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(requiredField(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(requiredField(at, 'must be set when seccomp type is Localhost'));
    else errors.push(...descendingPath(localhostProfile, at));
  } else if (localhostProfile !== undefined) {
    errors.push(invalidField(at, internalForm('SeccompProfile', profile), 'can only be set when seccomp type is Localhost'));
  }
  return errors;
}

const MAX_PROFILE = 4095;

export function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) return [requiredField(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(`${path}.type`, type, PROFILE_TYPES)];
  if (type !== 'Localhost')
    return localhostProfile === undefined ? [] : [invalidField(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  const missing = requiredField(at, 'must be set when AppArmor type is Localhost');
  if (localhostProfile === undefined) return [missing];
  const errors: FieldError[] = [];
  if (localhostProfile.trim() !== localhostProfile) errors.push(invalidField(at, localhostProfile, 'must not be padded with whitespace'));
  else if (!localhostProfile) errors.push(missing);
  if (byteLength(localhostProfile) > MAX_PROFILE) errors.push(tooLong(at, MAX_PROFILE));
  return errors;
}
