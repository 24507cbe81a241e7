// What webhooks and policies have alike: which requests they are about. Mirrors pkg/apis/admissionregistration/validation.

import { duplicateField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  RuleWithOperations,
} from '../../api/gen/admissionregistration-v1.ts';
import { dns1035LabelProblems, dnsSubdomainProblems, pathSegmentProblems } from '../../lib/names.ts';
import { validateLabelSelector } from '../validation/label-selector.ts';

export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

export const validateOneOf = (field: string, value: string | undefined, choices: readonly string[]): FieldError[] =>
  value === undefined || choices.includes(value) ? [] : [notSupported(field, value, choices)];

export function validateRule(rule: RuleWithOperations, path: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const errors: FieldError[] = [];
  const wildcard = (field: string, list: readonly string[], what: string): void => {
    if (list.length > 1 && list.includes('*'))
      errors.push(invalidField(`${path}.${field}`, list, `if '*' is present, must not specify other ${what}`));
  };
  if (!operations.length) errors.push(requiredField(`${path}.operations`));
  wildcard('operations', operations, 'operations');
  for (const [i, one] of operations.entries())
    if (!OPERATIONS.includes(one)) errors.push(notSupported(`${path}.operations[${i}]`, one, OPERATIONS));
  if (!apiGroups.length) errors.push(requiredField(`${path}.apiGroups`));
  wildcard('apiGroups', apiGroups, 'API groups');
  if (!apiVersions.length) errors.push(requiredField(`${path}.apiVersions`));
  wildcard('apiVersions', apiVersions, 'API versions');
  for (const [i, one] of apiVersions.entries()) if (!one) errors.push(requiredField(`${path}.apiVersions[${i}]`));
  return [...errors, ...validateResources(resources, `${path}.resources`), ...validateOneOf(`${path}.scope`, scope, SCOPES)];
}

function validateResources(resources: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = resources.length ? [] : [requiredField(path)];
  const [wholes, subs] = [new Set<string>(), new Set<string>()];
  let hasPlain = false;
  for (const [i, one] of resources.entries()) {
    if (!one) {
      errors.push(requiredField(`${path}[${i}]`));
      continue;
    }
    const slash = one.indexOf('/');
    if (slash < 0) {
      hasPlain = one !== '*';
      continue;
    }
    const [resource, sub] = [one.slice(0, slash), one.slice(slash + 1)];
    if (wholes.has(resource)) errors.push(invalidField(`${path}[${i}]`, one, `if '${resource}/*' is present, must not specify ${one}`));
    if (subs.has(sub)) errors.push(invalidField(`${path}[${i}]`, one, `if '*/${sub}' is present, must not specify ${one}`));
    if (sub === '*') wholes.add(resource);
    if (resource === '*') subs.add(sub);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalidField(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && hasPlain)
    errors.push(invalidField(path, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

export function validateMatchResources(resources: MatchResources | undefined, path: string): FieldError[] {
  if (!resources) return [];
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = resources;
  return [
    ...(matchPolicy === undefined
      ? [requiredField(`${path}.matchPolicy`)]
      : validateOneOf(`${path}.matchPolicy`, matchPolicy, MATCH_POLICIES)),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(objectSelector, `${path}.objectSelector`),
    ...resourceRules.flatMap((rule, i) => validateNamedRule(rule, `${path}.resourceRules[${i}]`)),
    ...excludeResourceRules.flatMap((rule, i) => validateNamedRule(rule, `${path}.excludeResourceRules[${i}]`)),
  ];
}

function validateNamedRule(rule: NamedRuleWithOperations, path: string): FieldError[] {
  const names = rule.resourceNames ?? [];
  const errors = names.flatMap((name, i) => {
    const at = `${path}.resourceNames[${i}]`;
    const problems = pathSegmentProblems(name).map((problem) => invalidField(at, name, problem));
    return names.indexOf(name) < i ? [...problems, duplicateField(at, name)] : problems;
  });
  return [...errors, ...validateRule(rule, path)];
}

export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = `${path}.apiVersion`;
  const parts = apiVersion.split('/');
  const [group, version] = parts.length === 1 ? ['', parts[0]!] : [parts[0]!, parts[1]!];
  if (!apiVersion) errors.push(requiredField(at));
  else if (parts.length > 2) errors.push(invalidField(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const problems = group ? dnsSubdomainProblems(group) : [];
    if (problems.length) errors.push(invalidField(at, group, problems.join(',')));
    const labels = version ? dns1035LabelProblems(version) : [];
    if (!version) errors.push(invalidField(at, apiVersion, 'version must be specified'));
    else if (labels.length) errors.push(invalidField(at, version, labels.join(',')));
  }
  const problems = kind ? dns1035LabelProblems(kind.toLowerCase()) : [];
  if (!kind) errors.push(requiredField(`${path}.kind`));
  else if (problems.length)
    errors.push(invalidField(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`));
  return errors;
}

export function validateParamRef(ref: ParamRef | undefined, path: string): FieldError[] {
  if (!ref) return [];
  const { name, namespace, selector, parameterNotFoundAction } = ref;
  const errors: FieldError[] = [];
  for (const problem of name ? pathSegmentProblems(name) : []) errors.push(invalidField(`${path}.name`, name, problem));
  if (name && selector) {
    const detail = 'name and selector are mutually exclusive';
    errors.push(
      { type: 'FieldValueForbidden', field: `${path}.name`, detail },
      { type: 'FieldValueForbidden', field: `${path}.selector`, detail },
    );
  }
  if (!name && !selector) {
    errors.push(requiredField(path, 'one of name or selector must be specified'));
  }
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (namespace) for (const problem of dnsSubdomainProblems(namespace)) errors.push(invalidField(`${path}.namespace`, namespace, problem));
  if (parameterNotFoundAction === undefined) errors.push(requiredField(`${path}.parameterNotFoundAction`));
  else errors.push(...validateOneOf(`${path}.parameterNotFoundAction`, parameterNotFoundAction, ['Deny', 'Allow']));
  return errors;
}

export function validatePolicyName(name: string | undefined, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  return dnsSubdomainProblems(name).map((problem) => invalidField(path, name, problem));
}
