// What is let pass in a pod, but told to the client. Mirrors kubernetes pkg/api/pod/warnings.go.

import type { ContainerPort, EnvVar, NodeSelectorTerm, PodSpec } from '../../../api/gen/core-v1.ts';
import type { ObjectMeta } from '../../../api/object.ts';
import { isEqual } from '../../../lib/json.ts';
import { labelValueProblems } from '../../../lib/names.ts';
import { ipWarnings } from '../../validation/ip.ts';
import { claimSpecWarnings } from '../claim-warnings.ts';
import { fractionWarnings, isFraction } from '../fractions.ts';
import { deprecatedNodeLabel } from '../node-labels.ts';
import { APP_ARMOR, appArmorProfileOf, SECCOMP_CONTAINER, SECCOMP_POD } from './annotations.ts';
import { visitContainers } from './containers-of.ts';
import { overlappingPathWarnings } from './path-overlaps.ts';

const USELESS_ANNOTATIONS: readonly [key: string, message: string][] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

const DEPRECATED_VOLUMES = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['ephemeral', '', ''],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

const NO_SELECTOR = 'a null labelSelector results in matching no pod';

/** `root`: where a template is; undefined for a pod. */
export function podSpecWarnings(spec: PodSpec, meta: Partial<ObjectMeta>, root?: string): string[] {
  const path = root === undefined ? 'spec' : `${root}.spec`;
  const annotationsPath = root === undefined ? 'metadata.annotations' : `${root}.metadata.annotations`;
  const warnings: string[] = [];
  warnOfNodeLabels(spec, path, warnings);
  if (meta.annotations)
    for (const [key, message] of USELESS_ANNOTATIONS)
      if (meta.annotations[key] !== undefined) warnings.push(`${annotationsPath}[${key}]: ${message}`);
  warnOfVolumes(spec, path, warnings);
  warnOfDuplicates(spec, path, warnings);
  for (const name of ['memory', 'ephemeral-storage'])
    warnings.push(...fractionWarnings(spec.overhead?.[name], `${path}.overhead[${name}]`));
  warnOfProfiles(spec, meta.annotations, annotationsPath, root !== undefined, warnings);
  visitContainers(spec, path, ({ resources, env }, at) => {
    for (const name of ['memory', 'ephemeral-storage']) {
      for (const list of ['limits', 'requests'] as const) {
        const amount = resources?.[list]?.[name];
        if (amount !== undefined && isFraction(amount)) warnings.push(...fractionWarnings(amount, `${at()}.resources.${list}[${name}]`));
      }
    }
    if (env && env.length > 1) warnOfHiddenVariables(env, at, warnings);
  });
  warnOfPorts(spec, path, warnings);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  warnOfAffinity(spec, path, warnings);
  for (const [i, server] of (spec.dnsConfig?.nameservers ?? []).entries())
    warnings.push(...ipWarnings(server, `${path}.dnsConfig.nameservers[${i}]`));
  for (const [i, { ip }] of (spec.hostAliases ?? []).entries()) warnings.push(...ipWarnings(ip, `${path}.hostAliases[${i}].ip`));
  return warnings;
}

function warnOfNodeLabels({ nodeSelector, affinity, topologySpreadConstraints = [] }: PodSpec, path: string, warnings: string[]): void {
  for (const key in nodeSelector) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${path}.nodeSelector[${key}]: ${message}`);
  }
  const at = `${path}.affinity.nodeAffinity`;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const [i, term] of (required?.nodeSelectorTerms ?? []).entries()) {
    const where = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`;
    warnings.push(...nodeSelectorTermWarnings(term, where, false));
  }
  for (const [i, { preference }] of (affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    warnings.push(...nodeSelectorTermWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`, true));
  for (const [i, { topologyKey, labelSelector }] of topologySpreadConstraints.entries()) {
    const message = deprecatedNodeLabel(topologyKey);
    if (message) warnings.push(`${path}.topologySpreadConstraints[${i}].topologyKey: ${topologyKey} is ${message}`);
    if (!labelSelector) warnings.push(`${path}.topologySpreadConstraints[${i}].labelSelector: ${NO_SELECTOR}`);
  }
}

/** Also of volumes that only some nodes reach. */
export function nodeSelectorTermWarnings({ matchExpressions = [] }: NodeSelectorTerm, path: string, checkValues: boolean): string[] {
  const warnings: string[] = [];
  for (const [i, { key, values = [] }] of matchExpressions.entries()) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${path}.matchExpressions[${i}].key: ${key} is ${message}`);
    if (!checkValues) continue;
    for (const [n, value] of values.entries())
      for (const problem of labelValueProblems(value))
        warnings.push(`${path}.matchExpressions[${i}].values[${n}]: ${value} is invalid, ${problem}`);
  }
  return warnings;
}

function warnOfVolumes({ volumes = [] }: PodSpec, path: string, warnings: string[]): void {
  for (const [i, volume] of volumes.entries()) {
    for (const [name, shown, message] of DEPRECATED_VOLUMES)
      if (volume[name] !== undefined && message) warnings.push(`${path}.volumes[${i}].${shown}: ${message}`);
      else if (name === 'ephemeral' && volume.ephemeral?.volumeClaimTemplate)
        warnings.push(
          ...claimSpecWarnings(volume.ephemeral.volumeClaimTemplate.spec, `${path}.volumes[${i}].ephemeral.volumeClaimTemplate.spec`),
        );
  }
  warnings.push(...overlappingPathWarnings(volumes));
}

function warnOfDuplicates({ hostAliases = [], imagePullSecrets = [] }: PodSpec, path: string, warnings: string[]): void {
  for (const [i, { ip }] of hostAliases.entries())
    if (hostAliases.findIndex((one) => one.ip === ip) < i)
      warnings.push(`${path}.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}`);
  for (const [i, { name = '' }] of imagePullSecrets.entries())
    if (imagePullSecrets.findIndex((one) => (one.name ?? '') === name) < i)
      warnings.push(`${path}.imagePullSecrets[${i}].name: duplicate name ${JSON.stringify(name)}`);
  for (const [i, { name }] of imagePullSecrets.entries())
    if (!name) warnings.push(`${path}.imagePullSecrets[${i}].name: invalid empty name ""`);
}

function warnOfProfiles(
  spec: PodSpec,
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
  isTemplate: boolean,
  warnings: string[],
): void {
  if (!annotations) return;
  const seccomp = (key: string): void => {
    if (annotations[key] !== undefined) warnings.push(`${path}[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  };
  if (!spec.securityContext?.seccompProfile) seccomp(SECCOMP_POD);
  visitContainers(spec, '', ({ name, securityContext }) => {
    if (!securityContext?.seccompProfile) seccomp(SECCOMP_CONTAINER + name);
    const text = annotations[APP_ARMOR + name];
    // Of a pod it is said where the annotation becomes the field.
    if (!isTemplate || securityContext?.appArmorProfile || text === undefined) return;
    const ofPod = spec.securityContext?.appArmorProfile;
    if (!ofPod || !isEqual(ofPod, appArmorProfileOf(text))) warnings.push(`${path}[${APP_ARMOR}${name}]: ${APP_ARMOR_DEPRECATED}`);
  });
}

export const APP_ARMOR_DEPRECATED = 'deprecated since v1.30; use the "appArmorProfile" field instead';

/** A second definition may build on the first, and only on it. */
function warnOfHiddenVariables(env: readonly EnvVar[], at: () => string, warnings: string[]): void {
  const seen = new Set<string>();
  for (const [i, { name, value = '', valueFrom }] of env.entries()) {
    const reference = `$(${name})`;
    if (seen.has(name) && (valueFrom || value === reference || !value.includes(reference)))
      warnings.push(`${at()}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`);
    seen.add(name);
  }
}

function warnOfPorts(spec: PodSpec, path: string, warnings: string[]): void {
  const seen: { key: string; at: string; port: ContainerPort }[] = [];
  visitContainers(spec, path, ({ ports }, container) => {
    for (const [i, port] of (ports ?? []).entries()) {
      const at = `${container()}.ports[${i}]`;
      const { hostIP = '', hostPort = 0, containerPort, protocol } = port;
      if (hostIP && !hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goPort(port)}`);
      const key = `${containerPort}/${protocol}`;
      for (const other of seen) {
        if (other.key !== key) continue;
        const { hostIP: otherIP = '', hostPort: otherPort = 0 } = other.port;
        if (hostIP === otherIP && hostPort === otherPort) warnings.push(`${at}: duplicate port definition with ${other.at}`);
        else if (!hostPort || !otherPort) warnings.push(`${at}: overlapping port definition with ${other.at}`);
        else if (hostPort === otherPort && (hostIP === '') !== (otherIP === ''))
          warnings.push(`${at}: dangerously ambiguous port definition with ${other.at}`);
      }
      seen.push({ key, at, port });
    }
  });
  const named = new Map<string, string>();
  for (const { port, at } of seen) {
    if (!port.name) continue;
    const other = named.get(port.name);
    if (other === undefined) named.set(port.name, at);
    else {
      const rest = `services and probes that select ports by name will use ${other}`;
      warnings.push(`${at}: duplicate port name ${JSON.stringify(port.name)} with ${other}, ${rest}`);
    }
  }
}

/** Go's %+v. */
const goPort = ({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

function warnOfAffinity({ affinity }: PodSpec, path: string, warnings: string[]): void {
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const at = `${path}.affinity.${name}`;
    const terms = affinity?.[name];
    for (const [i, { labelSelector }] of (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
      if (!labelSelector) warnings.push(`${at}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${NO_SELECTOR}`);
    for (const [i, { podAffinityTerm }] of (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
      if (!podAffinityTerm.labelSelector)
        warnings.push(`${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${NO_SELECTOR}`);
  }
}
