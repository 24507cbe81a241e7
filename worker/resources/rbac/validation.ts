// The rules of roles and bindings. Mirrors pkg/apis/rbac/validation.

import { child, index, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { ClusterRole, PolicyRule, RoleRef, Subject } from '../../api/gen/rbac-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { dnsSubdomainProblems, pathSegmentProblems } from '../../lib/names.ts';
import { goForm } from '../go-form.ts';
import { hasInvalidSelectorValue, isUsableSelector, validateLabelSelector } from '../validation/label-selector.ts';
import { problems } from '../validation/values.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRules(rules: readonly PolicyRule[] | null, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, rule] of (rules ?? []).entries()) errors.push(...validateRule(rule, namespaced, index('rules', i)));
  return errors;
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  if (!verbs?.length) errors.push(requiredField(child(path, 'verbs'), 'verbs must contain at least one value'));
  if (nonResourceURLs?.length) {
    const at = child(path, 'nonResourceURLs');
    if (namespaced) errors.push(invalidField(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups?.length || resources?.length || resourceNames?.length)
      errors.push(invalidField(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (!apiGroups?.length) errors.push(requiredField(child(path, 'apiGroups'), 'resource rules must supply at least one api group'));
  if (!resources?.length) errors.push(requiredField(child(path, 'resources'), 'resource rules must supply at least one resource'));
  return errors;
}

export function validateAggregation(role: ClusterRole, old: ClusterRole | undefined): FieldError[] {
  if (!role.aggregationRule) return [];
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
  const errors: FieldError[] = [];
  if (!selectors.length) errors.push(requiredField(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  const allowInvalidValues = (old?.aggregationRule?.clusterRoleSelectors ?? []).some(hasInvalidSelectorValue);
  for (const [i, selector] of selectors.entries()) {
    errors.push(...validateLabelSelector(selector, index(path, i), { allowInvalidValues }));
    if (!isUsableSelector(selector)) errors.push(invalidField(index(path, i), null, 'invalid label selector.'));
  }
  return errors;
}

export function validateBinding({ roleRef, subjects }: { roleRef: RoleRef; subjects?: Subject[] }, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (roleRef.apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup, [RBAC_GROUP]));
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind, kinds));
  if (!roleRef.name) errors.push(requiredField('roleRef.name'));
  else errors.push(...problems(roleRef.name, pathSegmentProblems(roleRef.name), 'roleRef.name'));
  for (const [i, subject] of (subjects ?? []).entries()) errors.push(...validateSubject(subject, namespaced, index('subjects', i)));
  return errors;
}

export function validateRoleRefUpdate(roleRef: RoleRef, old: RoleRef): FieldError[] {
  return isEqual(roleRef, old) ? [] : [invalidField('roleRef', goForm('rbac.v1.RoleRef', roleRef), 'cannot change roleRef')];
}

function validateSubject({ kind, apiGroup = '', name, namespace }: Subject, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = name ? [] : [requiredField(child(path, 'name'))];
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...problems(name, dnsSubdomainProblems(name), child(path, 'name')));
      if (apiGroup) errors.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']));
      if (!namespaced && !namespace) errors.push(requiredField(child(path, 'namespace')));
      return errors;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(child(path, 'apiGroup'), apiGroup, [RBAC_GROUP]));
      return errors;
    default:
      return [...errors, notSupported(child(path, 'kind'), kind, ['ServiceAccount', 'User', 'Group'])];
  }
}
