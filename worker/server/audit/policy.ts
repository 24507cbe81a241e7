// The file of `--audit-policy-file`: of which requests how much is written down. It is read once, when the API server begins. Mirrors apiserver pkg/audit/policy and
// pkg/apis/audit/validation.

import { fieldErrorMessage, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { UserInfo } from '../../api/resource.ts';
import { ConfigFault, readConfig } from '../../lib/config-file.ts';
import { struct } from '../../lib/config-shape.ts';
import { nameIsDnsSubdomain } from '../../lib/names.ts';
import type { RequestInfo } from '../request-info.ts';

export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** audit.k8s.io/v1 Policy, as its file has it: what is not there may be null. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly omitStages?: readonly Stage[] | null;
  readonly omitManagedFields?: boolean | null;
}

type Names = readonly string[] | null;

export interface Rule {
  readonly level: Level;
  readonly users?: Names;
  readonly userGroups?: Names;
  readonly verbs?: Names;
  readonly resources?: readonly GroupResources[] | null;
  readonly namespaces?: Names;
  readonly nonResourceURLs?: Names;
  readonly omitStages?: readonly Stage[] | null;
  readonly omitManagedFields?: boolean | null;
}

interface GroupResources {
  readonly group?: string | null;
  readonly resources?: Names;
  readonly resourceNames?: Names;
}

/** What a policy says of a request. */
export interface Verdict {
  readonly level: Level;
  omits(stage: Stage): boolean;
  readonly omitManagedFields: boolean;
}

/** What was asked, and by whom. */
export type Asked = Pick<RequestInfo, 'isResource' | 'verb' | 'path' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>;

/** The first rule that matches decides; where none does, nothing is written down. */
export function evaluate(policy: Policy, asked: Asked, user: UserInfo | undefined): Verdict | undefined {
  const rule = policy.rules.find((one) => matches(one, asked, user));
  if (!rule || rule.level === 'None') return undefined;
  return {
    level: rule.level,
    omits: (stage) => (policy.omitStages?.includes(stage) ?? false) || (rule.omitStages?.includes(stage) ?? false),
    omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: Rule, asked: Asked, user: UserInfo | undefined): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule;
  if (users?.length && !(user && users.includes(user.name))) return false;
  if (userGroups?.length && !user?.groups.some((group) => userGroups.includes(group))) return false;
  if (verbs?.length && !verbs.includes(asked.verb)) return false;
  if (namespaces?.length || resources?.length) return asked.isResource && matchesResource(rule, asked);
  if (nonResourceURLs?.length) return !asked.isResource && nonResourceURLs.some((pattern) => matchesPath(asked.path, pattern));
  return true;
}

function matchesPath(path: string, pattern: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}

/** What is in no namespace is in ''. */
function matchesResource({ namespaces, resources }: Rule, asked: Asked): boolean {
  if (namespaces?.length && !namespaces.includes(asked.namespace)) return false;
  return !resources?.length || resources.some((one) => matchesGroup(one, asked));
}

function matchesGroup({ group, resources, resourceNames }: GroupResources, asked: Asked): boolean {
  if (group !== '*' && (group ?? '') !== asked.group) return false;
  if (!resources?.length) return true;
  if (resourceNames?.length && !resourceNames.includes(asked.name)) return false;
  const { resource, subresource } = asked;
  const whole = subresource ? `${resource}/${subresource}` : resource;
  return resources.some(
    (one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`) || one === `${resource}/*`,
  );
}

const SCHEME = {
  name: 'pkg/audit/scheme.go:30',
  kind: 'Policy',
  apiVersions: ['audit.k8s.io/v1'],
  shape: struct('Policy', {
    metadata: 'any',
    rules: [
      struct('PolicyRule', {
        level: 'string',
        users: 'strings',
        userGroups: 'strings',
        verbs: 'strings',
        resources: [struct('GroupResources', { group: 'string', resources: 'strings', resourceNames: 'strings' })],
        namespaces: 'strings',
        nonResourceURLs: 'strings',
        omitStages: 'strings',
        omitManagedFields: 'bool',
      }),
    ],
    omitStages: 'strings',
    omitManagedFields: 'bool',
  }),
};

/** `warn` is told what is passed over. Throws ConfigFault: without the problem's file. */
export function readPolicy(text: string, warn: (message: string) => void): Policy {
  let read: ReturnType<typeof readConfig>;
  try {
    read = readConfig(text, SCHEME);
  } catch (error) {
    throw error instanceof ConfigFault ? new ConfigFault(`failed decoding: ${error.message}`) : error;
  }
  if (read.strict.length)
    warn(`Audit policy contains errors, falling back to lenient decoding: strict decoding error: ${read.strict.join(', ')}`);
  const { rules, omitStages, omitManagedFields } = read.value as Partial<Policy>;
  const policy: Policy = { rules: rules ?? [], ...(omitStages && { omitStages }), ...(omitManagedFields && { omitManagedFields }) };
  const messages = [...new Set(validate(policy).map(fieldErrorMessage))];
  if (messages.length) throw new ConfigFault(messages.length > 1 ? `[${messages.join(', ')}]` : messages[0]);
  if (!policy.rules.length) throw new ConfigFault('loaded illegal policy with 0 rules');
  return policy;
}

const LEVELS: readonly string[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const STAGES: readonly string[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

const validate = ({ omitStages, rules }: Policy): FieldError[] => [
  ...validateStages(omitStages, 'omitStages'),
  ...rules.flatMap((rule, i) => validateRule(rule, `rules[${i}]`)),
];

function validateRule(rule: Rule | null, at: string): FieldError[] {
  const { level, nonResourceURLs, resources, namespaces, omitStages } = rule ?? ({} as Partial<Rule>);
  const errors: FieldError[] = [];
  if (!level) errors.push(requiredField(`${at}.level`));
  else if (!LEVELS.includes(level)) errors.push(notSupported(`${at}.level`, level, LEVELS));
  for (const [i, url] of (nonResourceURLs ?? []).entries()) errors.push(...validateUrl(url, `${at}.nonResourceURLs[${i}]`));
  for (const one of resources ?? []) errors.push(...validateResources(one, `${at}.resources`));
  errors.push(...validateStages(omitStages, `${at}.omitStages`));
  if (nonResourceURLs?.length && (resources?.length || namespaces?.length))
    errors.push(
      invalidField(`${at}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
    );
  return errors;
}

function validateUrl(url: string, at: string): FieldError[] {
  if (url === '*') return [];
  return [
    ...(url.startsWith('/') ? [] : [invalidField(at, url, "non-resource URL rules must begin with a '/' character")]),
    ...(url.slice(0, -1).includes('*')
      ? [invalidField(at, url, "non-resource URL wildcards '*' must be the final character of the rule")]
      : []),
  ];
}

function validateResources({ group, resources, resourceNames }: GroupResources, at: string): FieldError[] {
  const problems = group && group !== '*' ? nameIsDnsSubdomain(group, false) : [];
  return [
    ...(problems.length ? [invalidField(`${at}.group`, group, problems.join(','))] : []),
    ...(resourceNames?.length && !resources?.length
      ? [invalidField(`${at}.resourceNames`, resourceNames, 'using resourceNames requires at least one resource')]
      : []),
  ];
}

const validateStages = (stages: readonly string[] | null | undefined, at: string): FieldError[] =>
  (stages ?? []).flatMap((stage, i) =>
    STAGES.includes(stage) ? [] : [invalidField(`${at}[${i}]`, stage, `allowed stages are ${STAGES.join(',')}`)],
  );
