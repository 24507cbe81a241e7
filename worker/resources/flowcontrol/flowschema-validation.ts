// The rules of FlowSchemas. Mirrors pkg/apis/flowcontrol/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../api/gen/flowcontrol-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../lib/names.ts';
import { goForm } from '../go-form.ts';
import { dnsLabel, dnsSubdomain, problems } from '../validation/values.ts';
import { validateFlowConditions } from './conditions.ts';
import { MANDATORY_FLOW_SCHEMAS } from './mandatory.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const MAX_PRECEDENCE = 10_000;

export function validateFlowSchema(schema: FlowSchema): FieldError[] {
  const { name } = schema.metadata;
  const errors = validateSpec(schema.spec, name);
  const fixed = MANDATORY_FLOW_SCHEMAS.get(name);
  if (fixed && !isEqual(schema.spec, fixed))
    errors.push(invalidField('spec', goForm('flowcontrol.v1.FlowSchemaSpec', schema.spec), `spec of '${name}' must equal the fixed value`));
  return [...errors, ...validateFlowConditions(schema)];
}

function validateSpec(spec: FlowSchema['spec'], name: string): FieldError[] {
  const { matchingPrecedence: precedence, distinguisherMethod, priorityLevelConfiguration: level, rules = [] } = spec;
  const errors: FieldError[] = [];
  const wrongPrecedence = (detail: string): unknown => errors.push(invalidField('spec.matchingPrecedence', precedence, detail));
  if (precedence <= 0) wrongPrecedence('must be a positive value');
  if (precedence > MAX_PRECEDENCE) wrongPrecedence(`must not be greater than ${MAX_PRECEDENCE}`);
  if (precedence === 1 && name !== 'exempt') wrongPrecedence("only the schema named 'exempt' may have matchingPrecedence 1");
  if (distinguisherMethod && distinguisherMethod.type !== 'ByNamespace' && distinguisherMethod.type !== 'ByUser')
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type }, ['ByNamespace', 'ByUser']));
  if (level.name) errors.push(...dnsSubdomain(level.name, 'spec.priorityLevelConfiguration.name'));
  else errors.push(requiredField('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  for (const [i, rule] of rules.entries()) errors.push(...validateRules(rule, `spec.rules[${i}]`));
  return errors;
}

function validateRules({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, path: string): FieldError[] {
  const errors = subjects?.length
    ? subjects.flatMap((subject, i) => validateSubject(subject, `${path}.subjects[${i}]`))
    : [requiredField(`${path}.subjects`, 'subjects must contain at least one value')];
  if (!resourceRules.length && !nonResourceRules.length)
    errors.push(requiredField(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [i, rule] of resourceRules.entries()) errors.push(...validateResourceRule(rule, `${path}.resourceRules[${i}]`));
  for (const [i, rule] of nonResourceRules.entries()) errors.push(...validateNonResourceRule(rule, `${path}.nonResourceRules[${i}]`));
  return errors;
}

/** In the order that upstream looks for those that must be absent. */
const SUBJECTS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: Subject, path: string): FieldError[] {
  const { kind } = subject;
  if (!Object.hasOwn(SUBJECTS, kind)) return [notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User'])];
  const own = SUBJECTS[kind as keyof typeof SUBJECTS];
  const errors = validateOwnSubject(subject, own, kind, `${path}.${own}`);
  for (const [otherKind, other] of Object.entries(SUBJECTS))
    if (other !== own && subject[other])
      errors.push(forbiddenField(`${path}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
  return errors;
}

function validateOwnSubject(subject: Subject, own: 'serviceAccount' | 'user' | 'group', kind: string, path: string): FieldError[] {
  const given = subject[own];
  if (!given) return [requiredField(path, `${own} is required when subject kind is '${kind}'`)];
  const errors: FieldError[] = given.name ? [] : [requiredField(`${path}.name`)];
  if (own !== 'serviceAccount') return errors;
  const { name, namespace } = subject.serviceAccount!;
  if (name && name !== '*') errors.push(...problems(name, dnsSubdomainProblems(name), `${path}.name`));
  if (namespace) errors.push(...dnsLabel(namespace, `${path}.namespace`));
  else errors.push(requiredField(`${path}.namespace`, 'must specify namespace for service account'));
  return errors;
}

function validateVerbs(verbs: readonly string[] | null, path: string): FieldError[] {
  if (!verbs?.length) return [requiredField(path, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return aloneWildcard(verbs, 'verbs', path);
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(path, verbs, VERBS)];
}

const aloneWildcard = (values: readonly string[], what: string, path: string): FieldError[] =>
  values.includes('*') && values.length > 1 ? [invalidField(path, values, `if '*' is present, must not specify other ${what}`)] : [];

function validateResourceRule(rule: ResourcePolicyRule, path: string): FieldError[] {
  const { verbs, apiGroups, resources, namespaces, clusterScope } = rule;
  const errors = validateVerbs(verbs, `${path}.verbs`);
  if (!apiGroups?.length) errors.push(requiredField(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  else errors.push(...aloneWildcard(apiGroups, 'api groups', `${path}.apiGroups`));
  if (!resources?.length) errors.push(requiredField(`${path}.resources`, 'resource rules must supply at least one resource'));
  else errors.push(...aloneWildcard(resources, 'resources', `${path}.resources`));
  const at = `${path}.namespaces`;
  if (!namespaces?.length && !clusterScope)
    errors.push(requiredField(at, 'resource rules that are not cluster scoped must supply at least one namespace'));
  else if (namespaces?.includes('*')) errors.push(...aloneWildcard(namespaces, 'namespaces', at));
  else
    for (const [i, namespace] of (namespaces ?? []).entries())
      for (const problem of dnsLabelProblems(namespace))
        errors.push(invalidField(`${at}[${i}]`, namespace, `each member of this list must be '*' or a DNS-1123 label; ${problem}`));
  return errors;
}

function validateNonResourceRule({ verbs, nonResourceURLs: urls }: NonResourcePolicyRule, path: string): FieldError[] {
  const errors = validateVerbs(verbs, `${path}.verbs`);
  const at = `${path}.nonResourceURLs`;
  if (!urls?.length) return [...errors, requiredField(at, 'nonResourceURLs must contain at least one value')];
  if (urls.includes('*')) return [...errors, ...aloneWildcard(urls, 'non-resource URLs', at)];
  for (const [i, url] of urls.entries()) {
    const problem = urlProblem(url);
    if (problem) errors.push(invalidField(`${at}[${i}]`, url, problem));
  }
  return errors;
}

function urlProblem(url: string): string | undefined {
  if (!url) return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const wildcards = url.split('*').length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}
