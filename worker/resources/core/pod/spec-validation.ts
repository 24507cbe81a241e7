// The specification of a pod, in a pod or in a template. Mirrors ValidatePodSpec of kubernetes pkg/apis/core/validation with the gates of 1.36.
// Upstream lets an update keep what only older releases took; there are no older releases here, so those exceptions are left out.

import { duplicateField, forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { PodResourceClaim, PodSpec } from '../../../api/gen/core-v1.ts';
import { validateLabels } from '../../../api/metadata-validation.ts';
import type { ObjectMeta } from '../../../api/object.ts';
import { nameIsDnsSubdomain, rangeMessage } from '../../../lib/names.ts';
import { oneOf, oneOfIfSet } from '../../validation/one-of.ts';
import { dnsLabel, problems, qualifiedName } from '../../validation/values.ts';
import { internalForm } from '../internal-form.ts';
import { MIRROR } from './annotations.ts';
import { visitContainers } from './containers-of.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { validateDnsConfig, validateHostAliases, validateHostnameOverride } from './dns.ts';
import { validateFileKeyVolumes } from './env.ts';
import { validateContainerResources, validatePodResources } from './resources.ts';
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validatePodSecurityContext } from './security-context.ts';
import { validateVolumes } from './volumes.ts';
import { validateHostProcess, validateOs } from './windows.ts';

const MAX_INT32 = 2 ** 31 - 1;
const NO_CLAIMS: ReadonlySet<string> = new Set();

/** `meta`: of a pod; undefined for a template. */
export function validatePodSpec(spec: PodSpec, meta: Partial<ObjectMeta> | undefined, path: string, errors: FieldError[]): void {
  const isPod = meta !== undefined;
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(requiredField(`${path}.terminationGracePeriodSeconds`));
  const volumes = validateVolumes(spec.volumes ?? [], meta, `${path}.volumes`, isPod, errors);
  const claimNames = spec.resourceClaims ? new Set(spec.resourceClaims.map(({ name }) => name).filter(Boolean)) : NO_CLAIMS;
  if (spec.resourceClaims) errors.push(...validateResourceClaims(spec.resourceClaims, meta, `${path}.resourceClaims`));
  const facts = { spec, volumes, claimNames, hostUsers: spec.hostUsers ?? true };
  validateContainers(facts, `${path}.containers`, errors);
  validateInitContainers(facts, `${path}.initContainers`, errors);
  validateEphemeralContainers(facts, `${path}.ephemeralContainers`, errors);
  if (spec.resources) errors.push(...validatePodResources(spec, claimNames, path));
  if (spec.hostNetwork) validateHostNetworkPorts(spec, isPod, path, errors);
  errors.push(
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], `${path}.dnsPolicy`),
  );
  if (spec.nodeSelector) errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  validatePodSecurityContext(spec, path, errors);
  if (spec.affinity) errors.push(...validateAffinity(spec.affinity, `${path}.affinity`));
  errors.push(...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`));
  for (const [i, { conditionType }] of (spec.readinessGates ?? []).entries())
    errors.push(...qualifiedName(conditionType, `${path}.readinessGates[${i}].conditionType`));
  if (spec.schedulingGates) errors.push(...validateSchedulingGates(spec.schedulingGates, `${path}.schedulingGates`));
  if (spec.topologySpreadConstraints)
    errors.push(...validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`));
  validateHostProcess(spec, path, errors);
  if (spec.hostUsers === false) validateOwnUsers(spec, path, errors);
  errors.push(...validateHostnameOverride(spec, path));
  validateNames(spec, path, errors);
  if (spec.tolerations) errors.push(...validateTolerations(spec.tolerations, `${path}.tolerations`));
  if (spec.hostAliases) errors.push(...validateHostAliases(spec.hostAliases, `${path}.hostAliases`));
  validateClasses(spec, path, errors);
  validateOs(spec, path, errors);
  validateFileKeyVolumes(spec, path, errors);
}

function validateNames(spec: PodSpec, path: string, errors: FieldError[]): void {
  const name = (field: 'serviceAccountName' | 'nodeName'): void => {
    const value = spec[field];
    if (value) errors.push(...problems(value, nameIsDnsSubdomain(value, false), `${path}.${field}`));
  };
  name('serviceAccountName');
  name('nodeName');
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32))
    errors.push(invalidField(`${path}.activeDeadlineSeconds`, deadline, rangeMessage(1, MAX_INT32)));
  if (spec.hostname) errors.push(...dnsLabel(spec.hostname, `${path}.hostname`));
  if (spec.subdomain) errors.push(...dnsLabel(spec.subdomain, `${path}.subdomain`));
}

function validateClasses(spec: PodSpec, path: string, errors: FieldError[]): void {
  const { priorityClassName, runtimeClassName, preemptionPolicy, overhead } = spec;
  if (priorityClassName)
    errors.push(...problems(priorityClassName, nameIsDnsSubdomain(priorityClassName, false), `${path}.priorityClassName`));
  if (runtimeClassName !== undefined)
    errors.push(...problems(runtimeClassName, nameIsDnsSubdomain(runtimeClassName, false), `${path}.runtimeClassName`));
  if (preemptionPolicy === '') errors.push(requiredField(`${path}.preemptionPolicy`));
  else errors.push(...oneOfIfSet(preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`));
  if (overhead) errors.push(...validateContainerResources({ limits: overhead }, NO_CLAIMS, `${path}.overhead`));
}

/** With the network of the node, ports of containers are ports of the node. */
function validateHostNetworkPorts({ containers }: PodSpec, isPod: boolean, path: string, errors: FieldError[]): void {
  for (const [i, { ports }] of (containers ?? []).entries()) {
    for (const [n, { hostPort = 0, containerPort }] of (ports ?? []).entries()) {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) continue;
      const message = 'must match `containerPort` when `hostNetwork` is true';
      errors.push(invalidField(`${path}.containers[${i}].ports[${n}].hostPort`, hostPort, message));
    }
  }
}

function validateOwnUsers(spec: PodSpec, path: string, errors: FieldError[]): void {
  const refuse = (at: string): void => {
    errors.push(forbiddenField(at, 'when `hostUsers` is false'));
  };
  if (spec.hostNetwork) refuse(`${path}.hostNetwork`);
  if (spec.hostPID) refuse(`${path}.HostPID`);
  if (spec.hostIPC) refuse(`${path}.HostIPC`);
  visitContainers(spec, path, ({ volumeDevices }, at) => {
    if (volumeDevices?.length) refuse(`${at()}.volumeDevices`);
  });
}

function validateResourceClaims(claims: readonly PodResourceClaim[], meta: Partial<ObjectMeta> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    if (meta?.annotations?.[MIRROR] !== undefined) {
      errors.push(forbiddenField('[]', 'static pods do not support resource claims'));
      continue;
    }
    const at = `${path}[${i}]`;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    if (!name) errors.push(requiredField(`${at}.name`));
    else if (seen.has(name)) errors.push(duplicateField(`${at}.name`, name));
    else errors.push(...dnsLabel(name, `${at}.name`));
    seen.add(name);
    const refuse = (message: string): void => {
      errors.push(invalidField(at, internalForm('PodResourceClaim', claim), message));
    };
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      refuse('at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      refuse('must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field];
      if (value !== undefined) errors.push(...problems(value, nameIsDnsSubdomain(value, false), `${at}.${field}`));
    }
  }
  return errors;
}
