// The rules of a schema as a CRD gives them: their fields, whether they compile, and what they may cost.

import type { JSONSchemaProps, ValidationRule } from '../../../api/gen/apiextensions-v1.ts';
import { forbiddenField, internalFieldError, invalidField, notSupported, PrintedValue, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { celType, maxCardinality } from '../../custom/cel-types.ts';
import { compileRule } from '../../custom/rules.ts';
import { FieldPathError, followFieldPath } from './field-path.ts';

export interface RuleContext {
  readonly root: JSONSchemaProps;
  /** The schema was accepted before: no single rule of it is too expensive now. */
  readonly isUnchanged: boolean;
  readonly total: { cost: bigint; expensive: { path: string; cost: bigint }[] };
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasLineBreaks = (text: string): boolean => /[\n\r]/.test(text);

export function validateRuleFields(schema: JSONSchemaProps, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((one, i) => {
    const { rule, message = '', messageExpression = '', reason, fieldPath = '' } = one;
    const at = (name: string): string => `${path}.x-kubernetes-validations[${i}].${name}`;
    const errors: FieldError[] = [];
    if (!rule.trim()) errors.push(requiredField(at('rule'), 'rule is not specified'));
    else if (message && !message.trim()) errors.push(invalidField(at('message'), message, 'must be non-empty if specified'));
    else if (hasLineBreaks(message.trim())) errors.push(invalidField(at('message'), message, 'must not contain line breaks'));
    else if (hasLineBreaks(rule.trim()) && !message.trim())
      errors.push(requiredField(at('message'), 'message must be specified if rule contains line breaks'));
    if (messageExpression && !messageExpression.trim())
      errors.push(requiredField(at('messageExpression'), 'messageExpression must be non-empty if specified'));
    if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at('reason'), reason, REASONS));
    if (fieldPath && !fieldPath.trim()) errors.push(invalidField(at('fieldPath'), fieldPath, 'must be non-empty if specified'));
    if (hasLineBreaks(fieldPath)) errors.push(invalidField(at('fieldPath'), fieldPath, 'must not contain line breaks'));
    if (fieldPath && !leadsSomewhere(schema, fieldPath)) errors.push(invalidField(at('fieldPath'), fieldPath, 'must be a valid path'));
    return errors;
  });
}

function leadsSomewhere(schema: JSONSchemaProps, path: string): boolean {
  try {
    followFieldPath(path, schema);
    return true;
  } catch (error) {
    if (error instanceof FieldPathError) return false;
    throw error;
  }
}

const STATIC_LIMIT = 10_000_000n;
const TOTAL_LIMIT = 100_000_000n;

/** Whether the rules compile, what they may cost, and whether they ask for what cannot be told. */
export function checkRules(
  schema: JSONSchemaProps,
  path: string,
  uncorrelatable: string | undefined,
  isRoot: boolean,
  context: RuleContext & { readonly cardinality: bigint | undefined },
): FieldError[] {
  const given = schema['x-kubernetes-validations'] ?? [];
  if (!given.length) return [];
  const self = celType(schema, isRoot);
  if (!self)
    return [
      internalFieldError(
        `${path}.x-kubernetes-validations`,
        'internal error: failed to retrieve type information for x-kubernetes-validations',
      ),
    ];
  const count = context.cardinality ?? BigInt(maxCardinality(schema, isRoot));
  return given.flatMap((rule, i) => {
    const errors: FieldError[] = [];
    const at = (name: string): string => `${path}.x-kubernetes-validations[${i}].${name}`;
    const compiled = compileRule(rule, self, schema);
    const charge = (field: string, what: string, cost: bigint): void => {
      if (!context.isUnchanged && cost > STATIC_LIMIT) errors.push(forbiddenField(field, costMessage(what, cost, STATIC_LIMIT)));
      context.total.cost += cost;
      context.total.expensive.push({ path: field, cost });
    };
    if (compiled.program) charge(at('rule'), 'estimated rule cost', BigInt(Math.min(compiled.program.maxCost, Number.MAX_VALUE)) * count);
    if (compiled.error !== undefined) errors.push(invalidField(at('rule'), printedRule(rule), compiled.error));
    if (compiled.messageError !== undefined) errors.push(invalidField(at('messageExpression'), printedRule(rule), compiled.messageError));
    else if (compiled.message) charge(at('messageExpression'), 'estimated messageExpression cost', BigInt(compiled.message.maxCost));
    if (compiled.usesOld && uncorrelatable !== undefined)
      errors.push(
        invalidField(at('rule'), rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`),
      );
    else if (!compiled.usesOld && rule.optionalOldSelf !== undefined)
      errors.push(invalidField(at('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
    return errors;
  });
}

/** As Go prints the internal form. */
function printedRule({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): PrintedValue {
  const text = JSON.stringify;
  const pointer = (type: string, value: unknown): string => `(*${type})(${value === undefined ? 'nil' : '0xc000000000'})`;
  return new PrintedValue(
    `apiextensions.ValidationRule{Rule:${text(rule)}, Message:${text(message)}, MessageExpression:${text(messageExpression)}, Reason:${pointer('apiextensions.FieldValueErrorReason', reason)}, FieldPath:${text(fieldPath)}, OptionalOldSelf:${pointer('bool', optionalOldSelf)}}`,
  );
}

function costMessage(what: string, cost: bigint, limit: bigint): string {
  const factor = Number(cost) / Number(limit);
  const by = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${by} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** How many rules are named of a schema that is too expensive as a whole. */
const NAMED = 4;

export function totalCostErrors({ total: { cost, expensive } }: RuleContext, path: string): FieldError[] {
  if (cost <= TOTAL_LIMIT) return [];
  const worst = expensive
    .filter((one) => one.cost >= TOTAL_LIMIT / 100n)
    .toSorted((a, b) => Number(b.cost - a.cost))
    .slice(0, NAMED);
  return [
    ...worst.map((one) =>
      forbiddenField(one.path, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'),
    ),
    forbiddenField(path, costMessage('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', cost, TOTAL_LIMIT)),
  ];
}
