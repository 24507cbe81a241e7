// What only Windows pods may say, and what they may not. Mirrors validateWindowsSecurityContextOptions, validateWindowsHostProcessPod, validateOS,
// validateLinux and validateWindows of kubernetes pkg/apis/core/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { PodSpec, SecurityContext, WindowsSecurityContextOptions } from '../../../api/gen/core-v1.ts';
import { dnsSubdomainProblems } from '../../../lib/names.ts';
import { byteLength } from '../../../lib/text.ts';
import { problems } from '../../validation/values.ts';
import { visitContainers } from './containers-of.ts';

const MAX_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_RE = /[\u0000-\u001f\u007f]/;
const NETBIOS_RE = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DNS_RE = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const USER_CHARS_RE = /["/\\:;|=,+*?<>@[\]]/;

export function validateWindowsOptions(options: WindowsSecurityContextOptions, path: string): FieldError[] {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  const errors: FieldError[] = [];
  if (gmsaCredentialSpecName !== undefined)
    errors.push(...problems(gmsaCredentialSpecName, dnsSubdomainProblems(gmsaCredentialSpecName), `${path}.gmsaCredentialSpecName`));
  if (gmsaCredentialSpec !== undefined) {
    const at = `${path}.gmsaCredentialSpec`;
    if (!gmsaCredentialSpec) errors.push(invalidField(at, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string'));
    else if (byteLength(gmsaCredentialSpec) > MAX_SPEC_KIB * 1024)
      errors.push(invalidField(at, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${MAX_SPEC_KIB} KiB`));
  }
  if (runAsUserName !== undefined) errors.push(...problems(runAsUserName, userNameProblems(runAsUserName), `${path}.runAsUserName`));
  return errors;
}

/** `DOMAIN\user` or `user`. */
function userNameProblems(name: string): string[] {
  if (!name) return ['runAsUserName cannot be an empty string'];
  if (CONTROL_RE.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const user = parts.at(-1)!;
  const wrong: string[] = [];
  if (domain !== undefined && domain.length >= MAX_DOMAIN)
    wrong.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`);
  if (domain !== undefined && !NETBIOS_RE.test(domain) && !DNS_RE.test(domain))
    wrong.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (!user) wrong.push("runAsUserName's User cannot be empty");
  else if (user.length > MAX_USER) wrong.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`);
  if (/^[. ]+$/.test(user)) wrong.push("runAsUserName's User cannot contain only periods or spaces");
  if (USER_CHARS_RE.test(user)) wrong.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return wrong;
}

/** Containers that run as the host do so all together, and in its network. */
export function validateHostProcess(spec: PodSpec, path: string, errors: FieldError[]): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let [count, hostCount] = [0, 0];
  visitContainers(spec, path, ({ securityContext }, at) => {
    const own = securityContext?.windowsOptions?.hostProcess;
    count++;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const message = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalidField(`${at()}.securityContext.windowsOptions.hostProcess`, own, message));
    }
    if (own ?? ofPod) hostCount++;
  });
  if (!hostCount) return;
  if (hostCount !== count)
    errors.push(invalidField(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (!spec.hostNetwork)
    errors.push(invalidField(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'));
}

/** What does not go with the system that the pod is made for. */
export function validateOs(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (!spec.os) return;
  const { name } = spec.os;
  if (!name) errors.push(requiredField(`${path}.os.name`));
  else if (name === 'linux') validateLinux(spec, path, errors);
  else if (name === 'windows') validateWindows(spec, path, errors);
  else errors.push(notSupported(`${path}.os`, name, ['linux', 'windows']));
}

function validateLinux(spec: PodSpec, path: string, errors: FieldError[]): void {
  const refuse = (at: string): void => {
    errors.push(forbiddenField(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
  };
  if (spec.securityContext?.windowsOptions) refuse(path);
  visitContainers(spec, path, ({ securityContext }, at) => {
    if (securityContext?.windowsOptions) refuse(at());
  });
}

/** In upstream's order: fields of the security context, and those beside it. */
const POD_FIELDS = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
];

const CONTAINER_FIELDS: readonly (keyof SecurityContext)[] = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

function validateWindows(spec: PodSpec, path: string, errors: FieldError[]): void {
  const context = (spec.securityContext ?? {}) as Record<string, unknown>;
  for (const field of POD_FIELDS) {
    const value = field.startsWith('securityContext.')
      ? context[field.slice('securityContext.'.length)]
      : (spec as unknown as Record<string, unknown>)[field];
    if (value !== undefined && !((field === 'hostPID' || field === 'hostIPC') && value === false))
      errors.push(forbiddenField(`${path}.${field}`, 'cannot be set for a windows pod'));
  }
  visitContainers(spec, path, ({ securityContext }, at) => {
    for (const field of CONTAINER_FIELDS)
      if (securityContext?.[field] !== undefined)
        errors.push(forbiddenField(`${at()}.securityContext.${field}`, 'cannot be set for a windows pod'));
  });
}
