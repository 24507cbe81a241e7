// The expressions of policies and webhooks: which variables they may speak of, and whether they compile. What the variables are in a request, admission/ says.
// Mirrors apiserver pkg/admission/plugin/cel.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { MatchCondition, Variable } from '../../api/gen/admissionregistration-v1.ts';
import { compile, CompileError } from '../../lib/cel/index.ts';
import type { Program } from '../../lib/cel/index.ts';
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from '../../lib/cel/library/authorizer.ts';
import { BOOL, DYN, listOf, mapOf, objectType, STRING } from '../../lib/cel/types.ts';
import type { Type } from '../../lib/cel/types.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';

const objectWith = (name: string, fields: Readonly<Record<string, Type>>): Type =>
  objectType(name, (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined));

const KIND = objectWith('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const RESOURCE = objectWith('kubernetes.GroupVersionResource', { group: STRING, version: STRING, resource: STRING });
const USER = objectWith('kubernetes.UserInfo', {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});
const REQUEST = objectWith('kubernetes.AdmissionRequest', {
  kind: KIND,
  resource: RESOURCE,
  subResource: STRING,
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: USER,
  dryRun: BOOL,
  options: DYN,
});
const METADATA = objectWith('kubernetes.NamespaceMetadata', {
  name: STRING,
  generateName: STRING,
  namespace: STRING,
  labels: mapOf(STRING, STRING),
  annotations: mapOf(STRING, STRING),
  UID: STRING,
  creationTimestamp: { kind: 'timestamp', name: 'google.protobuf.Timestamp', params: [] },
  deletionGracePeriodSeconds: { kind: 'int', name: 'int', params: [] },
  deletionTimestamp: { kind: 'timestamp', name: 'google.protobuf.Timestamp', params: [] },
  generation: { kind: 'int', name: 'int', params: [] },
  resourceVersion: STRING,
  finalizers: listOf(STRING),
});
const NAMESPACE = objectWith('kubernetes.Namespace', {
  metadata: METADATA,
  spec: objectWith('kubernetes.NamespaceSpec', { finalizers: listOf(STRING) }),
  status: objectWith('kubernetes.NamespaceStatus', { phase: STRING }),
});

export interface Scope {
  readonly hasParams: boolean;
  readonly hasAuthorizer?: boolean;
  /** Where the expression may name what else the policy defines: the types of those before it. */
  readonly variables?: ReadonlyMap<string, Type>;
  /** The structs that mutations build. */
  readonly hasPatchTypes?: boolean;
  /** Instead of any JSON: what the object and the params are known to be. */
  readonly object?: Type;
  readonly params?: Type;
}

function variablesOf({ hasParams, hasAuthorizer = true, variables, object = DYN, params = DYN }: Scope): Map<string, Type> {
  const all = new Map<string, Type>([
    ['object', object],
    ['oldObject', object],
    ['request', REQUEST],
    ['namespaceObject', NAMESPACE],
  ]);
  if (hasParams) all.set('params', params);
  if (hasAuthorizer) {
    all.set('authorizer', AUTHORIZER_TYPE);
    all.set('authorizer.requestResource', RESOURCE_CHECK_TYPE);
  }
  if (variables)
    all.set(
      'variables',
      objectType('kubernetes.variables', (name) => variables.get(name)),
    );
  return all;
}

const JSON_PATCH = objectWith('JSONPatch', { op: STRING, path: STRING, from: STRING, value: DYN });

/** `Object`, `Object.spec.template` and the like: any field goes, as the schema is looked at when the patch is applied. */
const structOf = (name: string): Type | undefined =>
  name === 'JSONPatch' ? JSON_PATCH : /^Object(\.\w+)*$/.test(name) ? objectType(name, () => DYN) : undefined;

export type Wanted = 'bool' | 'string' | 'string or null' | 'any' | 'Object' | 'list(JSONPatch)';

/** Compiled, or in upstream's words why not. */
export function compilePolicyExpression(source: string, wanted: Wanted, scope: Scope): Program | string {
  const compiled = compileIn(source, scope);
  if ('problem' in compiled) return `compilation failed: ${compiled.problem}`;
  return isWanted(compiled.type, wanted) ? compiled : MUST[wanted];
}

function compileIn(source: string, scope: Scope): Program | { readonly problem: string } {
  try {
    return compile(source, { variables: variablesOf(scope), ...(scope.hasPatchTypes && { structOf }) });
  } catch (error) {
    if (error instanceof CompileError) return { problem: error.message };
    throw error;
  }
}

/** What is wrong with the types of an expression that may use what the variables before it come to. Undefined if nothing is. */
export function typeProblem(source: string, variables: readonly Variable[], scope: Scope): string | undefined {
  const types = new Map<string, Type>();
  for (const { name, expression } of variables) {
    const compiled = compileIn(expression, { ...scope, variables: new Map(types) });
    types.set(name, 'problem' in compiled ? DYN : compiled.type);
  }
  const compiled = compileIn(source, { ...scope, variables: types });
  return 'problem' in compiled ? compiled.problem : undefined;
}

/** A type that is known only when it runs is not enough for what has to be a bool or a text. */
function isWanted(type: Type, wanted: Wanted): boolean {
  const { kind } = type;
  switch (wanted) {
    case 'bool':
      return kind === 'bool';
    case 'string':
      return kind === 'string';
    case 'string or null':
      return kind === 'string' || kind === 'null';
    case 'Object':
      return kind === 'dyn' || (kind === 'object' && type.name === 'Object');
    case 'list(JSONPatch)':
      return kind === 'dyn' || (kind === 'list' && (type.params[0]!.name === 'JSONPatch' || type.params[0]!.kind === 'dyn'));
    default:
      return true;
  }
}

const MUST: Readonly<Record<Wanted, string>> = {
  bool: 'must evaluate to bool',
  string: 'must evaluate to string',
  'string or null': 'must evaluate to one of [string null_type]',
  any: '',
  Object: 'must evaluate to Object',
  'list(JSONPatch)': 'must evaluate to list(JSONPatch)',
};

export function validateExpression(field: string, source: string, wanted: Wanted, scope: Scope): FieldError[] {
  const compiled = compilePolicyExpression(source, wanted, scope);
  return typeof compiled === 'string' ? [invalidField(field, source, compiled)] : [];
}

const MAX_CONDITIONS = 64;

export function validateMatchConditions(conditions: readonly MatchCondition[] | undefined, path: string, hasParams: boolean): FieldError[] {
  const list = conditions ?? [];
  const errors: FieldError[] =
    list.length > MAX_CONDITIONS
      ? [{ type: 'FieldValueTooMany', field: path, value: list.length, detail: `must have at most ${MAX_CONDITIONS} items` }]
      : [];
  const names = new Set<string>();
  for (const [i, { name, expression }] of list.entries()) {
    const at = `${path}[${i}]`;
    if (!expression.trim()) errors.push(requiredField(`${at}.expression`));
    else errors.push(...validateExpression(`${at}.expression`, expression.trim(), 'bool', { hasParams }));
    if (!name) errors.push(requiredField(`${at}.name`));
    else errors.push(...qualifiedNameProblems(name).map((problem) => invalidField(`${at}.name`, name, problem)));
    if (name && names.has(name)) errors.push({ type: 'FieldValueDuplicate', field: `${at}.name`, value: name, detail: '' });
    names.add(name);
  }
  return errors;
}

const RESERVED: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** The errors of a policy's variables, and their types for what comes after them. */
export function validateVariables(
  variables: readonly Variable[] | undefined,
  path: string,
  scope: Scope,
): { errors: FieldError[]; types: ReadonlyMap<string, Type> } {
  const errors: FieldError[] = [];
  const types = new Map<string, Type>();
  for (const [i, { name, expression }] of (variables ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (!name.trim()) errors.push(requiredField(`${at}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z]\w*$/.test(name) || RESERVED.has(name))
      errors.push(invalidField(`${at}.name`, name, 'name is not a valid CEL identifier'));
    if (!expression.trim()) {
      errors.push(requiredField(`${at}.expression`, 'expression is not specified'));
      continue;
    }
    const compiled = compilePolicyExpression(expression, 'any', { ...scope, variables: new Map(types) });
    if (typeof compiled === 'string') errors.push(invalidField(`${at}.expression`, expression, compiled));
    types.set(name, typeof compiled === 'string' ? DYN : compiled.type);
  }
  return { errors, types };
}
