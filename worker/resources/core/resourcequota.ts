// ResourceQuotas. Mirrors pkg/registry/core/resourcequota and ValidateResourceQuota.

import { child, invalidField, mapKey, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ResourceQuota, ResourceQuotaSpec } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';
import { keepOnlyStatus, keepStatus, resetStatus } from '../strategy.ts';
import { isQuotaResource } from './pod/resource-list.ts';
import { validateAmount, validateResourceName } from './pod/resources.ts';

const schema = builtinType('core.v1.ResourceQuota');

export const resourceQuotas = defineResource<ResourceQuota>({
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
  shortNames: ['quota'],
  returnDeleted: true,
  schema,
  prepareForCreate: (quota) => resetStatus(quota, schema),
  prepareForUpdate: keepStatus,
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [...validateSpec(spec), ...validateSameScopes(spec.scopes ?? [], old.spec.scopes ?? [])],
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: keepOnlyStatus,
      validateUpdate: (quota) => {
        const { hard, used } = (quota as ResourceQuota).status;
        return [...validateList(hard, 'status.hard'), ...validateList(used, 'status.used')];
      },
    },
  },
  columns: [
    NAME_COLUMN,
    AGE_COLUMN,
    column('Request', (quota) => usageText(quota, (name) => !isLimit(name)), {
      description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    }),
    column('Limit', (quota) => usageText(quota, isLimit), {
      description: 'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
    }),
  ],
});

const isLimit = (name: string): boolean => name.startsWith('limits.');

function usageText({ status: { hard = {}, used = {} } }: ResourceQuota, isShown: (name: string) => boolean): string {
  const names = Object.keys(hard).filter(isShown).sort();
  return names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`).join(', ');
}

function validateList(list: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => {
    const at = mapKey(path, name);
    return [...validateQuotaName(name, at), ...validateAmount(name, amount, at)];
  });
}

function validateQuotaName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/') && !isQuotaResource(name)) errors.push(invalidField(path, name, 'must be a standard resource for quota'));
  return errors;
}

const SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
const ONLY_EXISTS = SCOPES.filter((scope) => scope !== 'PriorityClass' && scope !== 'VolumeAttributesClass');
const COMPUTE: ReadonlySet<string> = new Set(['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** Which resources a scope can narrow. */
function scopeFits(scope: string, name: string): boolean {
  switch (scope) {
    case 'BestEffort':
      return name === 'pods';
    case 'VolumeAttributesClass':
      return name === 'persistentvolumeclaims' || name === 'requests.storage';
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return COMPUTE.has(name);
    default:
      return true;
  }
}

const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function validateSpec(spec: ResourceQuotaSpec): FieldError[] {
  return [...validateList(spec.hard, 'spec.hard'), ...validateScopes(spec), ...validateSelector(spec)];
}

function validateScopes({ hard = {}, scopes = [] }: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopes';
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.includes(scope) ? [] : [invalidField(path, scopes, 'unsupported scope')]),
    ...misfits(scope, hard).map(() => invalidField(path, scopes, 'unsupported scope applied to resource')),
  ]);
  return [...errors, ...conflicting(scopes, scopes)];
}

const misfits = (scope: string, hard: Readonly<Record<string, string>>): string[] =>
  Object.keys(hard)
    .sort()
    .filter((name) => isQuotaResource(name) && !scopeFits(scope, name));

const conflicting = (scopes: readonly string[], shown: readonly string[]): FieldError[] =>
  CONFLICTS.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() =>
    invalidField('spec.scopes', shown, 'conflicting scopes'),
  );

function validateSelector({ hard = {}, scopes, scopeSelector }: ResourceQuotaSpec): FieldError[] {
  if (!scopeSelector) return [];
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = scopeSelector.matchExpressions ?? [];
  const errors = requirements.flatMap(({ scopeName, operator, values = [] }) => {
    const list: FieldError[] = [];
    if (!SCOPES.includes(scopeName)) list.push(invalidField(child(path, 'scopeName'), scopeName, 'unsupported scope'));
    list.push(...misfits(scopeName, hard).map(() => invalidField(path, scopeSelector, 'unsupported scope applied to resource')));
    if (ONLY_EXISTS.includes(scopeName) && operator !== 'Exists')
      list.push(
        invalidField(
          child(path, 'operator'),
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      );
    return [...list, ...validateOperator(operator, values, path)];
  });
  return [
    ...errors,
    ...conflicting(
      requirements.map(({ scopeName }) => scopeName),
      scopes ?? [],
    ),
  ];
}

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length
        ? []
        : [requiredField(child(path, 'values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length
        ? [invalidField(child(path, 'values'), values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")]
        : [];
    default:
      return [invalidField(child(path, 'operator'), operator, 'not a valid selector operator')];
  }
}

function validateSameScopes(scopes: readonly string[], old: readonly string[]): FieldError[] {
  const isSame = scopes.every((one) => old.includes(one)) && old.every((one) => scopes.includes(one));
  return isSame ? [] : [invalidField('spec.scopes', scopes, IMMUTABLE)];
}
