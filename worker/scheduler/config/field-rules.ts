// Rules for fields of the API that a configuration embeds: affinity that is added to every pod. Mirrors component-helpers nodeaffinity's parse errors.

import type { FieldError } from '../../api/field-error.ts';
import { invalidField, notSupported } from '../../api/field-error.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm } from '../../api/gen/core-v1.ts';
import { labelValueProblems } from '../../lib/names.ts';
import { problems, qualifiedName } from '../../resources/validation/values.ts';
import type { AddedAffinity } from './types.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

export function validateNodeAffinity(affinity: AddedAffinity, path: string): FieldError[] {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      validateTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ weight, preference }, i) =>
      weight ? validateTerm(preference, `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`) : [],
    ),
  ];
}

const validateTerm = ({ matchExpressions, matchFields }: NodeSelectorTerm, path: string): FieldError[] => [
  ...(matchExpressions ?? []).flatMap((one, i) => validateExpression(one, `${path}.matchExpressions[${i}]`)),
  ...(matchFields ?? []).flatMap((one, i) => validateField(one, `${path}.matchFields[${i}]`)),
];

function validateExpression({ key, operator, values }: NodeSelectorRequirement, path: string): FieldError[] {
  if (!OPERATORS.includes(operator)) return [notSupported(`${path}.operator`, operator, OPERATORS)];
  const given = values ?? [];
  const errors = qualifiedName(key, `${path}.key`);
  const refuse = (problem: string): void => void errors.push(invalidField(`${path}.values`, given, problem));
  if ((operator === 'In' || operator === 'NotIn') && !given.length) refuse("for 'in', 'notin' operators, values set can't be empty");
  if ((operator === 'Exists' || operator === 'DoesNotExist') && given.length)
    refuse('values set must be empty for exists and does not exist');
  if (operator === 'Gt' || operator === 'Lt') {
    if (given.length !== 1) refuse("for 'Gt', 'Lt' operators, exactly one value is required");
    for (const [i, value] of given.entries())
      if (!/^[+-]?\d+$/.test(value))
        errors.push(invalidField(`${path}.values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
  }
  for (const [i, value] of given.entries()) errors.push(...problems(value, labelValueProblems(value), `${path}.values[${i}]`));
  return errors;
}

function validateField({ operator, values }: NodeSelectorRequirement, path: string): FieldError[] {
  if (operator !== 'In' && operator !== 'NotIn') return [notSupported(`${path}.operator`, operator, ['In', 'NotIn'])];
  return values?.length === 1 ? [] : [invalidField(`${path}.values`, values ?? [], 'must have one element')];
}
