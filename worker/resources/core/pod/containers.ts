// The containers of a pod: regular, init and ephemeral. Mirrors validateContainers, validateInitContainers and validateEphemeralContainers of
// kubernetes pkg/apis/core/validation.

import {
  duplicateField,
  fieldNotFound,
  forbiddenField,
  invalidField,
  notSupported,
  requiredField,
  tooMany,
} from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { Container, ContainerPort, ContainerResizePolicy, EphemeralContainer, PodSpec } from '../../../api/gen/core-v1.ts';
import { dnsLabelProblems, portNameProblems, portNumberProblems } from '../../../lib/names.ts';
import { oneOf, oneOfIfSet } from '../../validation/one-of.ts';
import { problems } from '../../validation/values.ts';
import { isSidecar } from './containers-of.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { validateLifecycle, validateProbe } from './probes.ts';
import { validatePullPolicy } from './pull-policy.ts';
import { validateContainerResources } from './resources.ts';
import { validateSecurityContext } from './security-context.ts';
import type { VolumesByName } from './volumes.ts';

/** What the rules of a container need to know of its pod. */
export interface PodFacts {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  /** It does not have users of its own. */
  readonly hostUsers: boolean;
}

export function validateContainers(facts: PodFacts, path: string, errors: FieldError[]): void {
  const { containers, terminationGracePeriodSeconds: grace } = facts.spec;
  if (!containers?.length) {
    errors.push(requiredField(path));
    return;
  }
  const names = new Set<string>();
  for (let i = 0; i < containers.length; i++) {
    const container = containers[i]!;
    const at = `${path}[${i}]`;
    validateContainer(container, facts, at, errors);
    if (names.has(container.name)) errors.push(duplicateField(`${at}.name`, container.name));
    names.add(container.name);
    if (container.lifecycle) validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`, errors);
    validateProbes(container, at, errors);
    validateRestartPolicy(container, at, errors);
  }
  validateHostPorts(containers, path, errors);
}

function validateProbes({ livenessProbe, readinessProbe, startupProbe }: Container, at: string, errors: FieldError[]): void {
  validateProbe(livenessProbe, 'livenessProbe', `${at}.livenessProbe`, errors);
  validateProbe(readinessProbe, 'readinessProbe', `${at}.readinessProbe`, errors);
  validateProbe(startupProbe, 'startupProbe', `${at}.startupProbe`, errors);
}

const ONLY_SIDECARS = 'may not be set for init containers without restartPolicy=Always';

export function validateInitContainers(facts: PodFacts, path: string, errors: FieldError[]): void {
  const { initContainers = [], containers, terminationGracePeriodSeconds: grace } = facts.spec;
  const names = new Set((containers ?? []).map(({ name }) => name));
  for (const [i, container] of initContainers.entries()) {
    const at = `${path}[${i}]`;
    validateContainer(container, facts, at, errors);
    validateRestartPolicy(container, at, errors);
    if (names.has(container.name)) errors.push(duplicateField(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    validateHostPorts([container], path, errors);
    if (isSidecar(container)) {
      if (container.lifecycle) validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`, errors);
      validateProbes(container, at, errors);
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (container[name]) errors.push(forbiddenField(`${at}.${name}`, ONLY_SIDECARS));
    for (const [n, policy] of (container.resizePolicy ?? []).entries()) {
      if (policy.restartPolicy !== 'RestartContainer') continue;
      const message = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      errors.push(invalidField(`${at}.resizePolicy[${n}].restartPolicy`, policy.restartPolicy, message));
    }
  }
}

/** In Go's order. What a container that only looks around may not have. */
const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function validateEphemeralContainers(facts: PodFacts, path: string, errors: FieldError[]): void {
  const { ephemeralContainers = [], containers, initContainers = [] } = facts.spec;
  if (!ephemeralContainers.length) return;
  const others = new Set([...(containers ?? []), ...initContainers].map(({ name }) => name));
  const names = new Set(others);
  for (const [i, container] of ephemeralContainers.entries()) {
    const at = `${path}[${i}]`;
    validateContainer(container, facts, at, errors);
    validateImagePadding(container.image, at, errors);
    if (names.has(container.name)) errors.push(duplicateField(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(fieldNotFound(`${at}.targetContainerName`, target));
    for (const name of NOT_EPHEMERAL)
      if (isSet(container[name], name)) errors.push(forbiddenField(`${at}.${name}`, 'cannot be set for an Ephemeral Container'));
    for (const [n, mount] of (container.volumeMounts ?? []).entries()) {
      for (const name of ['subPath', 'subPathExpr'] as const)
        if (mount[name]) errors.push(forbiddenField(`${at}.volumeMounts[${n}].${name}`, 'cannot be set for an Ephemeral Container'));
    }
  }
}

/** Resources are always there, if empty. */
const isSet = (value: unknown, name: string): boolean =>
  value !== undefined && value !== null && (name !== 'resources' || Object.keys(value).length > 0);

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

function validateRestartPolicy({ restartPolicy, restartPolicyRules: rules = [] }: Container, at: string, errors: FieldError[]): void {
  if (restartPolicy === undefined && !rules.length) return;
  if (restartPolicy === undefined)
    errors.push(requiredField(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  else errors.push(...oneOfIfSet(restartPolicy, RESTART_POLICIES, `${at}.restartPolicy`));
  if (rules.length > MAX_RULES) errors.push(tooMany(`${at}.restartPolicyRules`, rules.length, MAX_RULES));
  for (const [i, { action = '', exitCodes }] of rules.entries()) {
    const path = `${at}.restartPolicyRules[${i}]`;
    errors.push(...oneOfIfSet(action, ['Restart', 'RestartAllContainers'], `${path}.action`));
    if (!exitCodes) {
      errors.push(requiredField(`${path}.exitCodes`, 'must be specified'));
      continue;
    }
    errors.push(...oneOfIfSet(exitCodes.operator ?? '', ['In', 'NotIn'], `${path}.exitCodes.operator`));
    const count = exitCodes.values?.length ?? 0;
    if (count > MAX_EXIT_CODES) errors.push(tooMany(`${path}.exitCodes.values`, count, MAX_EXIT_CODES));
  }
}

/** What holds for every container. */
function validateContainer(
  container: Container | EphemeralContainer,
  { spec, volumes, claimNames, hostUsers }: PodFacts,
  path: string,
  errors: FieldError[],
): void {
  const { name, image, terminationMessagePolicy, ports, env, envFrom, resizePolicy } = container;
  if (!name) errors.push(requiredField(`${path}.name`));
  else {
    const wrong = dnsLabelProblems(name);
    if (wrong.length) errors.push(...problems(name, wrong, `${path}.name`));
  }
  if (!image) errors.push(requiredField(`${path}.image`));
  errors.push(...oneOf(terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${path}.terminationMessagePolicy`));
  if (ports) validatePorts(ports, `${path}.ports`, errors);
  if (env) validateEnv(env, `${path}.env`, errors);
  if (envFrom) validateEnvFrom(envFrom, `${path}.envFrom`, errors);
  if (container.volumeMounts) validateMounts(container, volumes, `${path}.volumeMounts`, errors);
  if (container.volumeDevices) validateDevices(container, volumes, `${path}.volumeDevices`, errors);
  errors.push(
    ...validatePullPolicy(container.imagePullPolicy, `${path}.imagePullPolicy`),
    ...validateContainerResources(container.resources, claimNames, `${path}.resources`),
  );
  if (resizePolicy) validateResizePolicy(resizePolicy, spec.restartPolicy, `${path}.resizePolicy`, errors);
  validateSecurityContext(container.securityContext, `${path}.securityContext`, hostUsers, errors);
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ContainerPort[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  for (const [i, { name, containerPort, hostPort, protocol }] of ports.entries()) {
    const at = `${path}[${i}]`;
    if (name) {
      const wrong = portNameProblems(name);
      if (wrong.length) errors.push(...problems(name, wrong, `${at}.name`));
      else if (names.has(name)) errors.push(duplicateField(`${at}.name`, name));
      else names.add(name);
    }
    if (!containerPort) errors.push(requiredField(`${at}.containerPort`));
    else errors.push(...problems(containerPort, portNumberProblems(containerPort), `${at}.containerPort`));
    if (hostPort) errors.push(...problems(hostPort, portNumberProblems(hostPort), `${at}.hostPort`));
    errors.push(...oneOf(protocol, PROTOCOLS, `${at}.protocol`));
  }
}

/** A port of the node can be had once. */
function validateHostPorts(containers: readonly Container[], path: string, errors: FieldError[]): void {
  const taken = new Set<string>();
  for (let i = 0; i < containers.length; i++) {
    for (const [n, { protocol, hostIP = '', hostPort }] of (containers[i]!.ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicateField(`${path}[${i}].ports[${n}].hostPort`, key));
      taken.add(key);
    }
  }
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) errors.push(duplicateField(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(requiredField(path));
    else if (resourceName !== 'cpu' && resourceName !== 'memory') errors.push(notSupported(path, resourceName, ['cpu', 'memory']));
    errors.push(...oneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalidField(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  }
}

export function validateImagePadding(image: string | undefined, at: string, errors: FieldError[]): void {
  if (image && image.trim() !== image) errors.push(invalidField(`${at}.image`, image, 'must not have leading or trailing whitespace'));
}
