// Conditions of the common type. Mirrors apimachinery pkg/apis/meta/v1/validation (ValidateConditions).

import { child, duplicateField, index, invalidField, notSupported, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { regexMessage } from '../../lib/names.ts';
import { qualifiedName } from './values.ts';

const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_RE = new RegExp(`^${REASON}$`);
const REASON_MESSAGE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;

interface Condition {
  type: string;
  status: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  reason: string;
  message: string;
}

export function validateConditions(conditions: readonly Condition[] = [], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, condition] of conditions.entries()) {
    if (seen.has(condition.type)) errors.push(duplicateField(child(index(path, i), 'type'), condition.type));
    seen.add(condition.type);
    errors.push(...validateCondition(condition, index(path, i)));
  }
  return errors;
}

function validateCondition(
  { type, status, observedGeneration = 0, lastTransitionTime, reason, message }: Condition,
  path: string,
): FieldError[] {
  const errors = qualifiedName(type, child(path, 'type'));
  if (status !== 'True' && status !== 'False' && status !== 'Unknown')
    errors.push(notSupported(child(path, 'status'), status, ['False', 'True', 'Unknown']));
  if (observedGeneration < 0)
    errors.push(invalidField(child(path, 'observedGeneration'), observedGeneration, 'must be greater than or equal to zero'));
  if (!lastTransitionTime) errors.push(requiredField(child(path, 'lastTransitionTime')));
  if (!reason) errors.push(requiredField(child(path, 'reason')));
  else {
    if (!REASON_RE.test(reason))
      errors.push(
        invalidField(
          child(path, 'reason'),
          reason,
          regexMessage(REASON_MESSAGE, REASON, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'),
        ),
      );
    if (reason.length > MAX_REASON) errors.push(tooLong(child(path, 'reason'), MAX_REASON));
  }
  if (message.length > MAX_MESSAGE) errors.push(tooLong(child(path, 'message'), MAX_MESSAGE));
  return errors;
}
