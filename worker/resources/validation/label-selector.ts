// Selectors as fields of objects. Mirrors apimachinery pkg/apis/meta/v1/validation (ValidateLabelSelector) and LabelSelectorAsSelector.

import { child, forbiddenField, index, invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateLabels } from '../../api/metadata-validation.ts';
import type { LabelSelectorFields } from '../../api/selectors.ts';
import { labelValueProblems } from '../../lib/names.ts';
import { problems, qualifiedName } from './values.ts';

export interface LabelSelectorRules {
  /** Values that no label may have are let pass: the object had them before. */
  readonly allowInvalidValues?: boolean;
  readonly allowUnknownOperators?: boolean;
}

type Selector = LabelSelectorFields | null | undefined;

/** An absent selector is valid here. */
export function validateLabelSelector(selector: Selector, path: string, rules: LabelSelectorRules = {}): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, child(path, 'matchLabels'));
  const expressions = selector.matchExpressions ?? [];
  for (let i = 0; i < expressions.length; i++)
    errors.push(...validateRequirement(expressions[i]!, index(child(path, 'matchExpressions'), i), rules));
  return errors;
}

type Requirement = NonNullable<LabelSelectorFields['matchExpressions']>[number];

export function validateRequirement({ key, operator, values }: Requirement, path: string, rules: LabelSelectorRules = {}): FieldError[] {
  const errors = validateOperator(operator, values, path, rules.allowUnknownOperators ?? false);
  errors.push(...qualifiedName(key, child(path, 'key')));
  if (rules.allowInvalidValues) return errors;
  const list = values ?? [];
  for (let i = 0; i < list.length; i++) errors.push(...problems(list[i], labelValueProblems(list[i]!), index(child(path, 'values'), i)));
  return errors;
}

/** Of a field selector: any field may be named, and have any value. */
export function validateFieldRequirement(
  { key, operator, values }: Requirement,
  path: string,
  rules: LabelSelectorRules = {},
): FieldError[] {
  return [
    ...(key ? [] : [requiredField(child(path, 'key'), 'must be specified')]),
    ...validateOperator(operator, values, path, rules.allowUnknownOperators ?? false),
  ];
}

/** What label and field selectors have alike. */
function validateOperator(operator: string, values: string[] | null | undefined, path: string, allowUnknown: boolean): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values?.length ? [] : [requiredField(child(path, 'values'), "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      if (!values?.length) return [];
      return [forbiddenField(child(path, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return allowUnknown ? [] : [invalidField(child(path, 'operator'), operator, 'not a valid selector operator')];
  }
}

/** Whether an expression of an object's present selector has a value that no label may have; then an update may keep it. */
export const hasInvalidSelectorValue = (selector: Selector): boolean =>
  (selector?.matchExpressions ?? []).some(({ values }) => (values ?? []).some((value) => labelValueProblems(value).length > 0));

/** Whether upstream can make a selector of it at all; if not, it says so besides naming the field. */
export function isUsableSelector(selector: Selector): boolean {
  return !selector || validateLabelSelector(selector, '').length === 0;
}

export const isEmptySelector = (selector: NonNullable<Selector>): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
