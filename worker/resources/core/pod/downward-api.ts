// What a pod may learn about itself, through variables and files. Mirrors validateObjectFieldSelector and its like, and
// kubernetes pkg/apis/core/pods and pkg/fieldpath.

import { invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { DownwardAPIVolumeFile, ObjectFieldSelector, ResourceFieldSelector } from '../../../api/gen/core-v1.ts';
import { compareQuantities } from '../../../lib/quantity.ts';
import { qualifiedName } from '../../validation/values.ts';
import { fileMode, localPath } from './paths.ts';

/** What is known at all; a variable or a file may name only some of them. */
const FIELD_LABELS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

/** `metadata.labels['app']` is the path and what is asked of it. */
export function splitSubscript(text: string): { path: string; subscript: string } | undefined {
  const match = /^([^]+?)\['([^]*)'\]$/.exec(text);
  return match ? { path: match[1]!, subscript: match[2]! } : undefined;
}

export function validateFieldRef({ apiVersion, fieldPath }: ObjectFieldSelector, allowed: readonly string[], path: string): FieldError[] {
  if (!apiVersion) return [requiredField(`${path}.apiVersion`)];
  if (!fieldPath) return [requiredField(`${path}.fieldPath`)];
  const refuse = (problem: string): FieldError[] => [
    invalidField(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`),
  ];
  if (apiVersion !== 'v1') return refuse(`unsupported pod version: ${apiVersion}`);
  const parts = splitSubscript(fieldPath);
  if (parts) {
    if (parts.path === 'metadata.annotations') return qualifiedName(parts.subscript.toLowerCase(), path);
    if (parts.path === 'metadata.labels') return qualifiedName(parts.subscript, path);
    return refuse(`field label does not support subscript: ${fieldPath}`);
  }
  const label = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath; // what clients of old versions say
  if (!FIELD_LABELS.has(label)) return refuse(`field label not supported: ${fieldPath}`);
  return allowed.includes(label) ? [] : [notSupported(`${path}.fieldPath`, label, allowed)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const isHugePages = (resource: string): boolean => resource.startsWith('limits.hugepages-') || resource.startsWith('requests.hugepages-');

export function validateResourceRef(
  { containerName, resource, divisor }: ResourceFieldSelector,
  path: string,
  isFile: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  if (isFile && !containerName) errors.push(requiredField(`${path}.containerName`));
  else if (!resource) errors.push(requiredField(`${path}.resource`));
  else if (!RESOURCES.includes(resource) && !isHugePages(resource)) errors.push(notSupported(`${path}.resource`, resource, RESOURCES));
  return [...errors, ...validateDivisor(resource, divisor ?? '0', `${path}.divisor`)];
}

const BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const MILLI = ['1m', '1'];

function validateDivisor(resource: string, divisor: string, path: string): FieldError[] {
  if (compareQuantities(divisor, '0') === 0) return [];
  const refuse = (what: string, allowed: readonly string[], words: string): FieldError[] =>
    allowed.includes(divisor)
      ? []
      : [invalidField(path, resource, `only divisor's values ${words} are supported with the ${what} resource`)];
  if (resource.endsWith('.cpu')) return refuse('cpu', MILLI, '1m and 1');
  if (resource.endsWith('.memory')) return refuse('memory', BYTES, BYTES.join(', '));
  if (resource.endsWith('.ephemeral-storage')) return refuse('local ephemeral storage', BYTES, BYTES.join(', '));
  return isHugePages(resource) ? refuse('hugepages', BYTES, BYTES.join(', ')) : [];
}

/** A file of a downward API volume, or of a projected one. */
export function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile, at: string): FieldError[] {
  const errors = path ? [] : [requiredField(`${at}.path`)];
  errors.push(...localPath(path, `${at}.path`));
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, FILE_FIELDS, `${at}.fieldRef`));
    if (resourceFieldRef) errors.push(invalidField(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef) errors.push(...validateResourceRef(resourceFieldRef, `${at}.resourceFieldRef`, true));
  else errors.push(requiredField(at, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...fileMode(mode, `${at}.mode`)];
}
