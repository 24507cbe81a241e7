// What containers and pods may ask for. Mirrors validateResourceRequirements and its like in kubernetes pkg/apis/core/validation.

import { duplicateField, fieldNotFound, forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import type { PodSpec, ResourceClaim, ResourceRequirements } from '../../../api/gen/core-v1.ts';
import { qualifiedNameProblems } from '../../../lib/names.ts';
import { compareQuantities, parseQuantity } from '../../../lib/quantity.ts';
import { dnsLabel, NEGATIVE, problems } from '../../validation/values.ts';
import { aggregateLimits, aggregateRequests } from './aggregate.ts';
import {
  isContainerResource,
  isExtendedResource,
  isHugePages,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
  isStandardResource,
  isWholePages,
} from './resource-list.ts';

const UNIT = 1_000_000_000n;

/** An amount of one resource: not negative, and whole where things are counted. */
export function validateAmount(name: string, amount: string, path: string): FieldError[] {
  const errors = compareQuantities(amount, '0') < 0 ? [invalidField(path, amount, NEGATIVE)] : [];
  if (isIntegerResource(name) && parseQuantity(amount)!.nanos % UNIT !== 0n) errors.push(invalidField(path, amount, 'must be an integer'));
  return errors;
}

export const validatePositiveAmount = (amount: string, path: string): FieldError[] =>
  compareQuantities(amount, '0') <= 0 ? [invalidField(path, amount, 'must be greater than zero')] : [];

type NameRule = (name: string, path: string) => FieldError[];

export function validateResourceName(name: string, path: string): FieldError[] {
  const wrong = problems(name, qualifiedNameProblems(name), path);
  if (wrong.length || name.includes('/') || isStandardResource(name)) return wrong;
  return [invalidField(path, name, 'must be a standard resource type or fully qualified')];
}

/** Of a container; also of a LimitRange for pods and containers. */
export function validateContainerResourceName(name: string, path: string): FieldError[] {
  if (isContainerResource(name) && !isHugePages(name)) return [];
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (!isContainerResource(name)) errors.push(invalidField(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalidField(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function validatePodResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (errors.length || isPodLevelResource(name)) return errors;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

export const validateContainerResources = (
  resources: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  path: string,
): FieldError[] => (resources ? validateRequirements(resources, validateContainerResourceName, claimNames, path) : []);

function validateRequirements(
  { limits, requests, claims }: ResourceRequirements,
  nameRule: NameRule,
  claimNames: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let [hasCompute, hasHugePages] = [false, false];
  for (const [list, name] of [
    [limits, 'limits'],
    [requests, 'requests'],
  ] as const) {
    for (const resource in list) {
      const at = `${path}.${name}[${resource}]`;
      const amount = list[resource]!;
      errors.push(...nameRule(resource, at), ...validateAmount(resource, amount, at));
      if (list === requests) errors.push(...validateRequest(resource, amount, limits?.[resource], path));
      if (isHugePages(resource)) {
        hasHugePages = true;
        if (!isWholePages(resource, amount))
          errors.push(invalidField(at, amount, `${amount} is not positive integer multiple of ${resource}`));
      }
      if (resource === 'cpu' || resource === 'memory') hasCompute = true;
    }
  }
  if (hasHugePages && !hasCompute) errors.push(forbiddenField(path, 'HugePages require cpu or memory'));
  if (claims) errors.push(...validateClaimReferences(claims, claimNames, `${path}.claims`));
  return errors;
}

function validateRequest(resource: string, amount: string, limit: string | undefined, path: string): FieldError[] {
  if (limit === undefined) {
    if (isOvercommitAllowed(resource)) return [];
    return [requiredField(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(amount, limit);
  if (order !== 0 && !isOvercommitAllowed(resource))
    return [invalidField(`${path}.requests`, amount, `must be equal to ${resource} limit of ${limit}`)];
  if (order > 0) return [invalidField(`${path}.requests`, amount, `must be less than or equal to ${resource} limit of ${limit}`)];
  return [];
}

/** Claims of the pod that a container uses: each once, whole or by request. */
function validateClaimReferences(claims: readonly ResourceClaim[], known: ReadonlySet<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name, request }] of claims.entries()) {
    const at = `${path}[${i}]`;
    if (!name) errors.push(requiredField(at));
    else if (seen.has(name)) errors.push(duplicateField(at, name));
    else {
      const key = request ? `${name}/${request}` : name;
      if (request) errors.push(...dnsLabel(request, `${at}.request`));
      if (seen.has(key)) errors.push(duplicateField(at, key));
      else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicateField(at, name));
      seen.add(key);
    }
    if (known.has(name)) continue;
    const rest = known.size ? `: ${[...known].sort().join(', ')}` : ' which is empty';
    errors.push({ ...fieldNotFound(at, name), detail: `must be one of the names in pod.spec.resourceClaims${rest}` });
  }
  return errors;
}

/** `spec.resources`: for all containers together. */
export function validatePodResources(spec: PodSpec, claimNames: ReadonlySet<string>, path: string): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const at = `${path}.resources`;
  if (spec.os?.name === 'windows') return [forbiddenField(at, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (resources.claims) errors.push(forbiddenField(`${at}.claims`, 'claims may not be set for Resources at pod-level'));
  errors.push(...validateRequirements(resources, validatePodResourceName, claimNames, at), ...validateConsistency(spec, at));
  return errors;
}

/** What the pod has must do for its containers. */
function validateConsistency(spec: PodSpec, path: string): FieldError[] {
  const { requests = {}, limits = {} } = spec.resources!;
  const errors: FieldError[] = [];
  for (const [name, total] of Object.entries(aggregateRequests(spec))) {
    const own = requests[name];
    if (own === undefined || compareQuantities(total, own) <= 0) continue;
    errors.push(
      invalidField(`${path}.requests[${name}]`, own, `must be greater than or equal to aggregate container requests of ${total}`),
    );
  }
  for (const [name, total] of Object.entries(aggregateLimits(spec))) {
    const own = limits[name];
    if (!isHugePages(name) || own === undefined || compareQuantities(total, own) <= 0) continue;
    errors.push(invalidField(`${path}.limits[${name}]`, own, `must be greater than or equal to aggregate container limits of ${total}`));
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = limits[name];
      if (own === undefined || compareQuantities(limit, own) <= 0) continue;
      errors.push(invalidField(`${path}.containers[${i}][${name}].limits`, limit, `must be less than or equal to pod limits of ${own}`));
    }
  }
  return errors;
}
