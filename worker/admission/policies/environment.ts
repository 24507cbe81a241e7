// The variables of policies' and webhooks' expressions in a request, and how an expression is run: within a budget, and with upstream's words for what goes wrong.
// Mirrors apiserver pkg/admission/plugin/cel (condition.go, composition.go, activation.go).

import { serviceAccountUser } from '../../api/access.ts';
import type { AdmissionContext, AdmissionRequest } from '../../api/admission.ts';
import type { MatchCondition, Variable } from '../../api/gen/admissionregistration-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import type { Program } from '../../lib/cel/index.ts';
import { authorizerValue, resourceCheckValue } from '../../lib/cel/library/authorizer.ts';
import type { Ask } from '../../lib/cel/library/authorizer.ts';
import { parseTimestamp } from '../../lib/cel/library/standard.ts';
import type { Type } from '../../lib/cel/types.ts';
import { CelError, CostError } from '../../lib/cel/values.ts';
import type { Value } from '../../lib/cel/values.ts';
import { compilePolicyExpression } from '../../resources/admissionregistration/expressions.ts';
import type { Scope, Wanted } from '../../resources/admissionregistration/expressions.ts';
import { plainValue } from '../../resources/custom/cel-types.ts';
import { namespaceOf } from '../matching.ts';

const PER_CALL_LIMIT = 1_000_000;
export const BUDGET = 10_000_000;
export const CONDITIONS_BUDGET = 2_500_000;
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** An expression that could not be evaluated; the message is upstream's. */
export class PolicyError extends Error {}
/** Nothing more is evaluated. */
export class BudgetError extends PolicyError {}

/** What is left of the budget of one policy. */
export interface Purse {
  left: number;
}

/** What expressions may look at. */
export interface Environment {
  variable(name: string): Value;
}

export interface Given {
  readonly request: AdmissionRequest;
  readonly context: AdmissionContext;
  /** As which the request matched. */
  readonly resource: Resource;
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** Undefined if the policy takes none. */
  readonly params?: KubeObject | null;
  readonly hasAuthorizer?: boolean;
  readonly variables?: Variables;
}

/** The compiled variables of a policy, by name. */
export type Variables = ReadonlyMap<string, { readonly program: Program | string; readonly expression: string }>;

export function environmentOf(given: Given, purse: Purse): Environment {
  const { request, context, params, variables, hasAuthorizer = true } = given;
  const known = new Map<string, Value>();
  const make = (name: string): Value => {
    switch (name) {
      case 'object':
        return plainValue(given.object ?? null);
      case 'oldObject':
        return plainValue(given.old ?? null);
      case 'request':
        return requestValue(given);
      case 'params':
        return params === undefined ? undefined : plainValue(params);
      case 'namespaceObject':
        return namespaceValue(namespaceOf(request, context));
      case 'authorizer':
        return hasAuthorizer ? authorizerValue(askerOf(context)) : undefined;
      case 'authorizer.requestResource':
        return hasAuthorizer ? requestCheck(request, context) : undefined;
      case 'variables':
        return variables && lazily(variables, environment, purse);
      default:
        return undefined;
    }
  };
  const environment: Environment = {
    variable: (name) => {
      if (!known.has(name)) known.set(name, make(name));
      return known.get(name);
    },
  };
  return environment;
}

/** Variables are worked out when they are first asked for. */
function lazily(variables: Variables, environment: Environment, purse: Purse): Map<Value, Value> {
  return new LazyMap(variables, environment, purse);
}

class LazyMap extends Map<Value, Value> {
  readonly #variables: Variables;
  readonly #environment: Environment;
  readonly #purse: Purse;
  constructor(variables: Variables, environment: Environment, purse: Purse) {
    super();
    this.#variables = variables;
    this.#environment = environment;
    this.#purse = purse;
  }
  override has(key: Value): boolean {
    return this.#variables.has(key as string);
  }
  override get(key: Value): Value {
    if (super.has(key)) return super.get(key);
    const { program, expression } = this.#variables.get(key as string)!;
    try {
      const value = run(program, expression, this.#environment, this.#purse);
      this.set(key, value);
      return value;
    } catch (error) {
      if (error instanceof BudgetError) throw error;
      if (error instanceof PolicyError) throw new CelError(`composited variable "${String(key)}" fails to evaluate: ${error.message}`);
      throw error;
    }
  }
}

/** Throws PolicyError. */
export function run(program: Program | string, expression: string, environment: Environment, purse: Purse): Value {
  if (typeof program === 'string') throw new PolicyError(`compilation error: ${program}`);
  if (purse.left <= 0) throw new BudgetError(OUT_OF_BUDGET);
  try {
    const { value, cost } = program.run({ variable: (name) => environment.variable(name), limit: PER_CALL_LIMIT });
    spend(purse, cost);
    return value;
  } catch (error) {
    if (!(error instanceof CelError || error instanceof CostError)) throw error;
    spend(purse, error.cost);
    throw new PolicyError(`expression '${expression}' resulted in error: ${error.message}`);
  }
}

function spend(purse: Purse, cost: number): void {
  if (cost > purse.left) {
    purse.left = -1;
    throw new BudgetError(OUT_OF_BUDGET);
  }
  purse.left -= cost;
}

/** Compiles once for each object that expressions stand in. */
export function compiler(scope: Scope): (source: string, wanted: Wanted) => Program | string {
  return (source, wanted) => compilePolicyExpression(source, wanted, scope);
}

export function compileVariables(
  variables: readonly Variable[] | undefined,
  hasParams: boolean,
): { programs: Variables; types: Map<string, Type> } {
  const programs = new Map<string, { program: Program | string; expression: string }>();
  const types = new Map<string, Type>();
  for (const { name, expression } of variables ?? []) {
    const program = compilePolicyExpression(expression, 'any', { hasParams, variables: new Map(types) });
    programs.set(name, { program, expression });
    if (typeof program !== 'string') types.set(name, program.type);
  }
  return { programs, types };
}

/** Whether all conditions hold. Throws PolicyError with all that failed, unless one does not hold anyway. */
export function matchesConditions(
  conditions: readonly { readonly condition: MatchCondition; readonly program: Program | string }[],
  environment: Environment,
  purse: Purse,
): boolean {
  const errors: string[] = [];
  for (const { condition, program } of conditions) {
    try {
      if (run(program, condition.expression, environment, purse) !== true) return false;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      errors.push(error.message);
      if (error instanceof BudgetError) break;
    }
  }
  if (!errors.length) return true;
  throw new PolicyError(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`);
}

const kindOf = ({ group, version, kind }: { group: string; version: string; kind: string }): Record<string, string> => ({
  group,
  version,
  kind,
});
const resourceOf = ({ group, version, resource }: Resource): Record<string, string> => ({ group, version, resource });

function requestValue({ request, context, resource }: Given): Value {
  const { user } = context;
  return plainValue({
    kind: kindOf(resource),
    resource: resourceOf(resource),
    subResource: request.subresource,
    requestKind: kindOf(request.resource),
    requestResource: resourceOf(request.resource),
    requestSubResource: request.subresource,
    name: request.name,
    namespace: request.namespace,
    operation: request.operation,
    userInfo: { username: user.name, uid: user.uid ?? '', groups: user.groups, extra: user.extra ?? {} },
    dryRun: context.dryRun,
    options: request.options,
  });
}

function namespaceValue(namespace: KubeObject | undefined): Value {
  if (!namespace) return null;
  const value = plainValue(namespace) as Map<Value, Value>;
  const metadata = value.get('metadata') as Map<Value, Value>;
  for (const name of ['creationTimestamp', 'deletionTimestamp']) {
    const time = metadata.get(name);
    if (typeof time === 'string') metadata.set(name, parseTimestamp(time));
  }
  metadata.set('UID', metadata.get('uid'));
  return value;
}

const askerOf =
  ({ access, user }: AdmissionContext): Ask =>
  (question, verb) => {
    const { serviceAccount, path, group, resource, subresource, namespace, name } = question;
    const who = serviceAccount ? serviceAccountUser(serviceAccount.namespace, serviceAccount.name) : user;
    return access.authorize(who, { isResource: path === '', verb, group, version: '*', namespace, resource, subresource, name, path });
  };

function requestCheck({ resource, subresource, namespace, name }: AdmissionRequest, context: AdmissionContext): Value {
  return resourceCheckValue(askerOf(context), { group: resource.group, resource: resource.resource, subresource, namespace, name });
}
