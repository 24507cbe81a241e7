// What a kubelet or the scheduler may report of a pod. Mirrors ValidatePodStatusUpdate of kubernetes pkg/apis/core/validation.

import { duplicateField, forbiddenField, invalidField, notSupported, requiredField, tooLong } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { Container, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus, ResourceStatus } from '../../../api/gen/core-v1.ts';
import { validateImmutable } from '../../../api/metadata-validation.ts';
import { idProblems } from '../../../lib/formats.ts';
import { isDualStackTexts } from '../../validation/dual-stack.ts';
import { ipWarnings, validIpOfLegacyField } from '../../validation/ip.ts';
import { nameIsDnsSubdomain } from '../../../lib/names.ts';
import { dnsLabel, problems, qualifiedName } from '../../validation/values.ts';
import { internalList } from '../internal-form.ts';
import { validatePodAnnotationsUpdate } from './annotations.ts';
import { mayRestartAll, shouldRestart } from './restart.ts';

const NOT_NEGATIVE = 'must be a non-negative integer';

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const { status, spec } = pod;
  validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations', errors);
  if (status.conditions) validateConditions(status.conditions, errors);
  if (status.nominatedNodeName) errors.push(...validateNomination(status.nominatedNodeName, old));
  if ((status.observedGeneration ?? 0) < 0) errors.push(invalidField('status.observedGeneration', status.observedGeneration, NOT_NEGATIVE));
  if (status.qosClass !== old.status.qosClass)
    errors.push(...validateImmutable(status.qosClass ?? '', old.status.qosClass ?? '', 'status.qosClass'));
  validateTransitions(status, old, errors);
  if (status.resourceClaimStatuses) validateClaimStatuses(status.resourceClaimStatuses, spec, errors);
  if (status.extendedResourceClaimStatus) errors.push(...validateExtendedClaims(status, spec));
  if (status.podIPs) validateIps(status, old.status, 'podIPs', errors);
  if (status.hostIPs) validateIps(status, old.status, 'hostIPs', errors);
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = status;
  for (const list of STATUS_LISTS) if (status[list]) validateUsers(status[list], list, spec, errors);
  if (containerStatuses) validateHealth(containerStatuses, 'containerStatuses', spec.containers, errors);
  if (initContainerStatuses) validateHealth(initContainerStatuses, 'initContainerStatuses', spec.initContainers ?? [], errors);
  for (const [i, { allocatedResourcesStatus }] of (ephemeralContainerStatuses ?? []).entries())
    if (allocatedResourcesStatus?.length)
      errors.push(
        forbiddenField(`status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`, 'must not be specified in container status'),
      );
  return errors;
}

const STATUS_LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;
const SYSTEM_CONDITIONS = new Set(['PodScheduled', 'Ready', 'Initialized']);

function validateConditions(conditions: readonly PodCondition[], errors: FieldError[]): void {
  for (let i = 0; i < conditions.length; i++) {
    const { type, observedGeneration = 0 } = conditions[i]!;
    if (observedGeneration < 0) errors.push(invalidField(`status.conditions[${i}].observedGeneration`, observedGeneration, NOT_NEGATIVE));
    if (!SYSTEM_CONDITIONS.has(type)) errors.push(...qualifiedName(type, `status.conditions[${i}].Type`));
  }
}

function validateNomination(name: string, old: Pod): FieldError[] {
  if (name === old.status.nominatedNodeName) return [];
  const errors = problems(name, nameIsDnsSubdomain(name, false), 'status.nominatedNodeName');
  if (old.spec.nodeName) errors.push(forbiddenField('status.nominatedNodeName', 'may not be set on pods that are already bound to a node'));
  return errors;
}

/** What ended stays ended, unless it may be started again. */
function validateTransitions(status: PodStatus, { status: old, spec }: Pod, errors: FieldError[]): void {
  for (const list of STATUS_LISTS) {
    const before = old[list];
    if (!before?.some(({ state }) => state.terminated)) continue;
    const containers =
      list === 'containerStatuses' ? spec.containers : list === 'initContainerStatuses' ? (spec.initContainers ?? []) : undefined;
    if (containers && mayRestartAll(spec)) continue;
    for (const [i, { name, state }] of before.entries()) {
      if (!state.terminated || !status[list]?.some((one) => one.name === name && !one.state.terminated)) continue;
      const container = containers?.find((one) => one.name === name);
      if (!container || !shouldRestart(container, spec, state.terminated.exitCode))
        errors.push(forbiddenField(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state'));
    }
  }
}

function validateClaimStatuses(
  resourceClaimStatuses: NonNullable<PodStatus['resourceClaimStatuses']>,
  { resourceClaims = [] }: PodSpec,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [i, { name, resourceClaimName }] of resourceClaimStatuses.entries()) {
    const at = `status.resourceClaimStatuses[${i}]`;
    if (!resourceClaims.some((claim) => claim.name === name))
      errors.push(invalidField(`${at}.name`, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicateField(`${at}.name`, name));
    seen.add(name);
    if (resourceClaimName !== undefined)
      errors.push(...problems(resourceClaimName, nameIsDnsSubdomain(resourceClaimName, false), `${at}.resourceClaimName`));
  }
}

function validateExtendedClaims({ extendedResourceClaimStatus: claims }: PodStatus, spec: PodSpec): FieldError[] {
  if (!claims) return [];
  const path = 'status.extendedResourceClaimStatus';
  const containers = new Map([...(spec.initContainers ?? []), ...spec.containers].map((one) => [one.name, one]));
  const errors: FieldError[] = [];
  if (!claims.requestMappings?.length) errors.push(requiredField(`${path}.requestMappings`, 'at least one request mapping is required'));
  const seen = new Set<string>();
  for (const [i, { containerName, resourceName, requestName }] of (claims.requestMappings ?? []).entries()) {
    const at = `${path}.requestMappings[${i}]`;
    const container = containers.get(containerName);
    const entry = 'must match the name of an entry in spec.initContainers.name or spec.containers.name';
    const resource =
      'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests';
    if (!container) errors.push(invalidField(`${at}.containerName`, containerName, entry));
    else if (container.resources.requests?.[resourceName] === undefined)
      errors.push(invalidField(`${at}.resourceName`, resourceName, resource));
    errors.push(...dnsLabel(requestName, `${path}.requestName`));
    const key = `${containerName}/${resourceName}/${requestName}`;
    if (seen.has(key))
      errors.push(
        duplicateField(`${at}.containerName`, containerName),
        duplicateField(`${at}.resourceName`, resourceName),
        duplicateField(`${at}.requestName`, requestName),
      );
    seen.add(key);
  }
  const { resourceClaimName } = claims;
  if (!resourceClaimName) errors.push(requiredField(`${path}.resourceClaimName`));
  else errors.push(...problems(resourceClaimName, nameIsDnsSubdomain(resourceClaimName, false), `${path}.resourceClaimName`));
  return errors;
}

/** One address of each family at most. */
function validateIps(status: PodStatus, old: PodStatus, list: 'hostIPs' | 'podIPs', errors: FieldError[]): void {
  const addresses = status[list] ?? [];
  const path = `status.${list}`;
  if (list === 'hostIPs' && addresses.length && status.hostIP !== addresses[0]!.ip)
    errors.push(invalidField(`${path}[0].ip`, addresses[0]!.ip, 'must be equal to `hostIP`'));
  const known = (old[list] ?? []).map(({ ip }) => ip);
  for (const [i, { ip }] of addresses.entries()) errors.push(...validIpOfLegacyField(ip, `${path}[${i}]`, known));
  if (addresses.length > 1 && (addresses.length > 2 || !isDualStackTexts(addresses.map(({ ip }) => ip))))
    errors.push(invalidField(path, internalList('PodIP', addresses), 'may specify no more than one IP for each IP family'));
}

function validateUsers(statuses: readonly ContainerStatus[], list: string, { os }: PodSpec, errors: FieldError[]): void {
  for (const [i, { user }] of statuses.entries()) {
    const linux = user?.linux;
    if (!linux) continue;
    const at = `status.${list}[${i}].user.linux`;
    if (os?.name === 'windows') {
      errors.push(forbiddenField(at, 'cannot be set for a windows pod'));
      continue;
    }
    errors.push(...problems(linux.uid, idProblems(linux.uid), `${at}.uid`), ...problems(linux.gid, idProblems(linux.gid), `${at}.gid`));
    for (const [n, group] of (linux.supplementalGroups ?? []).entries())
      errors.push(...problems(group, idProblems(group), `${at}.supplementalGroups[${n}]`));
  }
}

const HEALTH = ['Healthy', 'Unhealthy', 'Unknown'];
const MAX_HEALTH_MESSAGE = 1024;

function validateHealth(statuses: readonly ContainerStatus[], list: string, containers: readonly Container[], errors: FieldError[]): void {
  for (const [i, { name, allocatedResourcesStatus = [] }] of statuses.entries()) {
    const container = containers.find((one) => one.name === name);
    for (const [j, allocated] of allocatedResourcesStatus.entries()) {
      const at = `status.${list}[${i}].allocatedResourcesStatus[${j}]`;
      if (container) errors.push(...validateAllocation(allocated.name, container, at));
      validateResourceHealth(allocated, at, errors);
    }
  }
}

function validateAllocation(name: string, { resources }: Container, at: string): FieldError[] {
  if (!name.startsWith('claim:')) {
    const isAsked = resources.requests?.[name] !== undefined;
    return isAsked ? [] : [invalidField(`${at}.name`, name, "must match one of the container's resource requests")];
  }
  const isClaimed = resources.claims?.some((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}` === name);
  const message =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  return isClaimed ? [] : [invalidField(`${at}.name`, name, message)];
}

function validateResourceHealth({ resources = [] }: ResourceStatus, at: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [k, { resourceID, health = '', message }] of resources.entries()) {
    const path = `${at}.resources[${k}]`;
    if (!HEALTH.includes(health)) errors.push(notSupported(`${path}.health`, health, HEALTH));
    if (message === '') errors.push(requiredField(`${path}.message`, 'must be non-empty if specified'));
    if (message && message.length > MAX_HEALTH_MESSAGE) errors.push(tooLong(`${path}.message`, MAX_HEALTH_MESSAGE));
    if (seen.has(resourceID)) errors.push(duplicateField(`${path}.resourceID`, resourceID));
    seen.add(resourceID);
  }
}

export const podStatusWarnings = ({ status }: Pod): string[] =>
  (['podIPs', 'hostIPs'] as const).flatMap((list) =>
    (status[list] ?? []).flatMap(({ ip }, i) => ipWarnings(ip, `status.${list}[${i}].ip`)),
  );
