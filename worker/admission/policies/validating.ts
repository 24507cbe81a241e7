// ValidatingAdmissionPolicies: expressions that a request must pass. Mirrors apiserver pkg/admission/plugin/policy/validating.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type {
  AuditAnnotation,
  MatchCondition,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
} from '../../api/gen/admissionregistration-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { StatusError } from '../../api/status.ts';
import type { Program } from '../../lib/cel/index.ts';
import { validatingAdmissionPolicies } from '../../resources/admissionregistration/validatingadmissionpolicy.ts';
import { validatingAdmissionPolicyBindings } from '../../resources/admissionregistration/validatingadmissionpolicybinding.ts';
import { inVersion, isPolicyExempt, matchedResource } from '../matching.ts';
import { refusal } from '../refusal.ts';
import {
  BUDGET,
  BudgetError,
  compiler,
  compileVariables,
  CONDITIONS_BUDGET,
  environmentOf,
  matchesConditions,
  PolicyError,
  run,
} from './environment.ts';
import type { Environment, Given, Variables } from './environment.ts';
import { ConfigurationError, paramsOf, PolicyConfigurationError } from './params.ts';

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: (resource) => !isPolicyExempt(resource),
  ignores: (_, reader) => reader.count(validatingAdmissionPolicies) === 0,
  validate(request, context) {
    const policies = context.reader.list(validatingAdmissionPolicies);
    if (!policies.length) return;
    const bindings = context.reader.list(validatingAdmissionPolicyBindings);
    const findings: Findings = { denials: [], failures: [] };
    for (const policy of policies) {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
      if (own.length) applyPolicy(policy, own, request, context, findings);
    }
    if (findings.failures.length)
      request.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(findings.failures.slice(0, MAX_FAILURES)));
    const [first] = findings.denials;
    if (first) throw denial(request, first);
  },
};

const MAX_FAILURES = 50;
const MAX_ANNOTATION = 10 * 1024;
const MAX_MESSAGE = 5 * 1024;

interface Denial {
  readonly policy: string;
  readonly binding: string | undefined;
  readonly message: string;
  readonly reason?: string | undefined;
}

interface Findings {
  readonly denials: Denial[];
  /** For the audit log. */
  readonly failures: object[];
}

const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

function denial(request: AdmissionRequest, { policy, binding, message, reason = 'Invalid' }: Denial): StatusError {
  const by = binding === undefined ? `'${policy}'` : `'${policy}' with binding '${binding}'`;
  const text = `ValidatingAdmissionPolicy ${by} denied request: ${message}`;
  const { status } = refusal(request, text);
  return new StatusError({
    ...status,
    reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes: [{ message: text }] },
  });
}

function applyPolicy(
  policy: ValidatingAdmissionPolicy,
  bindings: readonly ValidatingAdmissionPolicyBinding[],
  request: AdmissionRequest,
  context: AdmissionContext,
  { denials, failures }: Findings,
): void {
  const resource = matchedResource(policy.spec.matchConstraints ?? {}, request, context);
  if (!resource) return;
  const { name } = policy.metadata;
  const annotations = new Map<string, Set<string>>();
  for (const binding of bindings) {
    if (binding.spec.matchResources && !matchedResource(binding.spec.matchResources, request, context)) continue;
    const by = { policy: name, binding: binding.metadata.name };
    let params: (KubeObject | null)[];
    try {
      params = paramsOf(policy.spec.paramKind, binding.spec.paramRef, request.namespace, context);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const isOfPolicy = error instanceof PolicyConfigurationError;
      const what = isOfPolicy ? 'policy' : 'binding';
      if (policy.spec.failurePolicy !== 'Ignore')
        denials.push({
          policy: name,
          binding: isOfPolicy ? undefined : by.binding,
          message: `failed to configure ${what}: ${error.message}`,
        });
      continue;
    }
    for (const param of params) {
      const { decisions, notes, noteErrors } = evaluate(policy, resource, request, context, param);
      for (const [i, decision] of decisions.entries()) {
        if (!decision) continue;
        for (const action of binding.spec.validationActions ?? []) {
          if (action === 'Deny') denials.push({ ...by, ...decision });
          else if (action === 'Audit')
            failures.push({
              message: decision.message,
              policy: name,
              binding: by.binding,
              expressionIndex: i,
              validationActions: binding.spec.validationActions,
            });
          else context.warn(`Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${by.binding}': ${decision.message}`);
        }
      }
      for (const message of noteErrors) denials.push({ ...by, message });
      for (const [key, value] of notes) annotations.set(key, (annotations.get(key) ?? new Set()).add(value.slice(0, MAX_ANNOTATION)));
    }
  }
  for (const [key, values] of annotations) request.annotate(`${name}/${key}`, [...values].join(', '));
}

interface Compiled {
  readonly variables: Variables;
  readonly conditions: readonly { readonly condition: MatchCondition; readonly program: Program | string }[];
  readonly validations: readonly {
    readonly validation: Validation;
    readonly program: Program | string;
    readonly message: Program | string | undefined;
  }[];
  readonly annotations: readonly { readonly annotation: AuditAnnotation; readonly program: Program | string }[];
}

const compiled = new WeakMap<ValidatingAdmissionPolicy, Compiled>();

function compiledOf(policy: ValidatingAdmissionPolicy): Compiled {
  let known = compiled.get(policy);
  if (!known) compiled.set(policy, (known = compilePolicy(policy)));
  return known;
}

function compilePolicy({ spec }: ValidatingAdmissionPolicy): Compiled {
  const hasParams = spec.paramKind !== undefined;
  const { programs, types } = compileVariables(spec.variables, hasParams);
  const scope = { hasParams, ...(types.size && { variables: types }) };
  const compile = compiler(scope);
  const compileMessage = compiler({ ...scope, hasAuthorizer: false });
  const compileCondition = compiler({ hasParams });
  return {
    variables: programs,
    conditions: (spec.matchConditions ?? []).map((condition) => ({ condition, program: compileCondition(condition.expression, 'bool') })),
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: compile(validation.expression, 'bool'),
      message: validation.messageExpression ? compileMessage(validation.messageExpression, 'string') : undefined,
    })),
    annotations: (spec.auditAnnotations ?? []).map((annotation) => ({
      annotation,
      program: compile(annotation.valueExpression, 'string or null'),
    })),
  };
}

interface Result {
  /** For each validation: why it refuses; undefined if it does not. */
  readonly decisions: ({ readonly message: string; readonly reason?: string | undefined } | undefined)[];
  readonly notes: [key: string, value: string][];
  readonly noteErrors: string[];
}

function evaluate(
  policy: ValidatingAdmissionPolicy,
  resource: Resource,
  request: AdmissionRequest,
  context: AdmissionContext,
  params: KubeObject | null,
): Result {
  const { variables, conditions, validations, annotations } = compiledOf(policy);
  const isStrict = policy.spec.failurePolicy !== 'Ignore';
  const given: Given = {
    request,
    context,
    resource,
    object: inVersion(request.object, request.resource, resource),
    old: inVersion(request.old, request.resource, resource),
    ...(policy.spec.paramKind && { params }),
    variables,
  };
  const failed = (message: string): Result['decisions'][number] => (isStrict ? { message } : undefined);
  const conditionPurse = { left: CONDITIONS_BUDGET };
  try {
    if (!matchesConditions(conditions, environmentOf(given, conditionPurse), conditionPurse))
      return { decisions: [], notes: [], noteErrors: [] };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { decisions: [failed(error.message)], notes: [], noteErrors: [] };
  }
  const purse = { left: BUDGET };
  const environment = environmentOf(given, purse);
  const decisions: Result['decisions'] = [];
  for (const { validation, program, message } of validations) {
    try {
      const passed = run(program, validation.expression, environment, purse) === true;
      decisions.push(passed ? undefined : { message: messageOf(validation, message, environment, purse), reason: validation.reason });
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      if (error instanceof BudgetError) return { decisions: [failed(error.message)], notes: [], noteErrors: [] };
      decisions.push(failed(error.message));
    }
  }
  return { decisions, ...annotate(annotations, given, isStrict) };
}

function messageOf(
  { expression, message = '', messageExpression = '' }: Validation,
  program: Program | string | undefined,
  environment: Environment,
  purse: { left: number },
): string {
  if (program !== undefined) {
    try {
      const value = run(program, messageExpression, environment, purse);
      const text = typeof value === 'string' ? value.trim() : '';
      if (text && text.length <= MAX_MESSAGE && !text.includes('\n')) return text;
    } catch (error) {
      if (!(error instanceof PolicyError) || error instanceof BudgetError) throw error;
    }
  }
  return message.trim() || `failed expression: ${expression.trim()}`;
}

function annotate(annotations: Compiled['annotations'], given: Given, isStrict: boolean): Omit<Result, 'decisions'> {
  const notes: Result['notes'] = [];
  const noteErrors: string[] = [];
  const purse = { left: BUDGET };
  const environment = environmentOf(given, purse);
  for (const { annotation, program } of annotations) {
    try {
      const value = run(program, annotation.valueExpression, environment, purse);
      if (typeof value === 'string') {
        if (value.trim()) notes.push([annotation.key, value.trim()]);
      } else if (value !== null)
        noteErrors.push(
          `valueExpression '${annotation.valueExpression}' resulted in unsupported return type: ${typeof value}. Return type must be either string or null.`,
        );
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      if (isStrict) noteErrors.push(error.message);
    }
  }
  return { notes, noteErrors };
}
