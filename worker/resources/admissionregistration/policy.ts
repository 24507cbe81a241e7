// The rules of policies and their bindings. Mirrors pkg/apis/admissionregistration/validation.

import { duplicateField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  AuditAnnotation,
  MatchResources,
  MutatingAdmissionPolicySpec,
  Mutation,
  ParamKind,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../../api/gen/admissionregistration-v1.ts';
import { qualifiedNameProblems } from '../../lib/names.ts';
import { validateExpression, validateMatchConditions, validateVariables } from './expressions.ts';
import type { Scope } from './expressions.ts';
import { FAILURE_POLICIES, validateMatchResources, validateOneOf, validateParamKind } from './rules.ts';

export function validatePolicySpec(spec: ValidatingAdmissionPolicySpec, name: string, path: string): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const { errors, scope } = validateCommon(spec, path);
  if (!validations.length && !auditAnnotations.length) {
    const detail = 'validations or auditAnnotations must contain at least one item';
    return [...errors, requiredField(`${path}.validations`, detail), requiredField(`${path}.auditAnnotations`, detail)];
  }
  for (const [i, one] of validations.entries()) errors.push(...validateValidation(one, `${path}.validations[${i}]`, scope));
  const keys = new Set<string>();
  if (auditAnnotations.length > MAX_ANNOTATIONS)
    errors.push(invalidField(`${path}.auditAnnotations`, auditAnnotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`));
  for (const [i, one] of auditAnnotations.entries()) {
    const at = `${path}.auditAnnotations[${i}]`;
    errors.push(...validateAnnotation(one, name, at, scope));
    if (keys.has(one.key)) errors.push(duplicateField(`${at}.key`, one.key));
    keys.add(one.key);
  }
  return errors;
}

const MAX_ANNOTATIONS = 20;
const MAX_ANNOTATION_EXPRESSION = 5 * 1024;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const hasLineBreaks = (text: string): boolean => /[\n\r]/.test(text);

interface Common {
  readonly failurePolicy?: string;
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: ValidatingAdmissionPolicySpec['matchConditions'];
  readonly variables?: ValidatingAdmissionPolicySpec['variables'];
}

/** What both kinds of policies have, and what their expressions may speak of. */
function validateCommon(spec: Common, path: string): { errors: FieldError[]; scope: Scope } {
  const errors: FieldError[] = [];
  const { failurePolicy, paramKind, matchConstraints } = spec;
  if (failurePolicy === undefined) errors.push(requiredField(`${path}.failurePolicy`));
  else errors.push(...validateOneOf(`${path}.failurePolicy`, failurePolicy, FAILURE_POLICIES));
  if (paramKind) errors.push(...validateParamKind(paramKind, `${path}.paramKind`));
  if (!matchConstraints) errors.push(requiredField(`${path}.matchConstraints`));
  else {
    errors.push(...validateMatchResources(matchConstraints, `${path}.matchConstraints`));
    if (!matchConstraints.resourceRules?.length) errors.push(requiredField(`${path}.matchConstraints.resourceRules`));
  }
  const hasParams = paramKind !== undefined;
  errors.push(...validateMatchConditions(spec.matchConditions, `${path}.matchConditions`, hasParams));
  const { errors: ofVariables, types } = validateVariables(spec.variables, `${path}.variables`, { hasParams });
  return { errors: [...errors, ...ofVariables], scope: { hasParams, ...(spec.variables?.length && { variables: types }) } };
}

function validateValidation(validation: Validation, path: string, scope: Scope): FieldError[] {
  const { expression, message = '', messageExpression = '', reason } = validation;
  const errors: FieldError[] = [];
  if (!expression.trim()) errors.push(requiredField(`${path}.expression`, 'expression is not specified'));
  else errors.push(...validateExpression(`${path}.expression`, expression, 'bool', scope));
  if (messageExpression && !messageExpression.trim())
    errors.push(invalidField(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression)
    errors.push(...validateExpression(`${path}.messageExpression`, messageExpression, 'string', { ...scope, hasAuthorizer: false }));
  if (message && !message.trim()) errors.push(invalidField(`${path}.message`, message, 'message must be non-empty if specified'));
  else if (hasLineBreaks(message.trim())) errors.push(invalidField(`${path}.message`, message, 'message must not contain line breaks'));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, REASONS));
  return errors;
}

function validateAnnotation({ key, valueExpression }: AuditAnnotation, name: string, path: string, scope: Scope): FieldError[] {
  const errors: FieldError[] = name
    ? qualifiedNameProblems(`${name}/${key}`).map((problem) => invalidField(`${path}.key`, `${name}/${key}`, problem))
    : [invalidField(`${path}.key`, key, 'requires metadata.name be non-empty')];
  const at = `${path}.valueExpression`;
  const trimmed = valueExpression.trim();
  if (!trimmed) errors.push(requiredField(at, 'valueExpression is not specified'));
  else if (trimmed.length > MAX_ANNOTATION_EXPRESSION)
    errors.push(requiredField(at, `must not exceed ${MAX_ANNOTATION_EXPRESSION} bytes in length`));
  else errors.push(...validateExpression(at, valueExpression, 'string or null', scope));
  return errors;
}

export function validateMutatingPolicySpec(spec: MutatingAdmissionPolicySpec, path: string): FieldError[] {
  const { errors, scope } = validateCommon(spec, path);
  const { mutations = [], reinvocationPolicy } = spec;
  if (!mutations.length) errors.push(requiredField(`${path}.mutations`, 'mutations must contain at least one item'));
  for (const [i, one] of mutations.entries())
    errors.push(...validateMutation(one, `${path}.mutations[${i}]`, { ...scope, hasPatchTypes: true }));
  if (!reinvocationPolicy) errors.push(requiredField(`${path}.reinvocationPolicy`));
  else errors.push(...validateOneOf(`${path}.reinvocationPolicy`, reinvocationPolicy, ['IfNeeded', 'Never']));
  return errors;
}

const PATCHES = { ApplyConfiguration: ['applyConfiguration', 'Object'], JSONPatch: ['jsonPatch', 'list(JSONPatch)'] } as const;

function validateMutation(mutation: Mutation, path: string, scope: Scope): FieldError[] {
  const { patchType } = mutation;
  if (!patchType) return [requiredField(`${path}.patchType`)];
  if (patchType !== 'ApplyConfiguration' && patchType !== 'JSONPatch')
    return [notSupported(`${path}.patchType`, patchType, ['ApplyConfiguration', 'JSONPatch'])];
  const [field, wanted] = PATCHES[patchType];
  const other = field === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const errors: FieldError[] = [];
  const expression = mutation[field]?.expression;
  if (mutation[field] === undefined) errors.push(requiredField(`${path}.${field}`, `must be specified when patchType is ${patchType}`));
  else if (!expression?.trim()) errors.push(requiredField(`${path}.${field}.expression`, 'expression is not specified'));
  else errors.push(...validateExpression(`${path}.${field}.expression`, expression, wanted, scope));
  if (mutation[other] !== undefined)
    errors.push(invalidField(`${path}.${other}`, mutation[other], `must not be specified when patchType is ${patchType}`));
  return errors;
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

export function validateActions(actions: readonly string[] = [], path: string): FieldError[] {
  const errors: FieldError[] = actions.flatMap((one, i) => {
    const at = `${path}[${i}]`;
    return [...validateOneOf(at, one, ACTIONS), ...(actions.indexOf(one) < i ? [duplicateField(at, one)] : [])];
  });
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalidField(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  if (!actions.length) errors.push(requiredField(path, 'at least one validation action is required'));
  return errors;
}
