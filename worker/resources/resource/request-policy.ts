// How much of a device's capacity a claim may ask for. Mirrors pkg/apis/resource/validation (validateRequestPolicy).

import { duplicateField, forbiddenField, invalidField, requiredField, tooMany } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../../api/gen/resource-v1.ts';
import { addQuantities, compareQuantities, parseQuantity, subtractQuantities } from '../../lib/quantity.ts';

const MAX_VALUES = 10;

export function validateRequestPolicy(capacity: string, policy: CapacityRequestPolicy, path: string): FieldError[] {
  const { default: usual, validValues = [], validRange } = policy;
  if (validValues.length && validRange)
    return [forbiddenField(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  if (validValues.length)
    return usual === undefined
      ? [requiredField(`${path}.default`, 'required when validValues is defined')]
      : validateValues(usual, capacity, validValues, `${path}.validValues`);
  if (!validRange) return [];
  return usual === undefined
    ? [requiredField(`${path}.default`, 'required when validRange is defined')]
    : validateRange(usual, capacity, validRange, `${path}.validRange`);
}

function validateValues(usual: string, capacity: string, values: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const notFound = invalidField(path, usual, 'default value is not valid according to the requestPolicy');
  values.forEach((value, i) => {
    if (i && compareQuantities(values[i - 1], value) > 0)
      errors.push(invalidField(`${path}[${i}]`, value, 'values must be sorted in ascending order'));
  });
  if (values.length > MAX_VALUES) return [...errors, tooMany(path, values.length, MAX_VALUES), notFound];
  values.forEach((value, i) => {
    if (compareQuantities(value, capacity) > 0)
      errors.push(invalidField(`${path}[${i}]`, value, `option is larger than capacity value: ${capacity}`));
  });
  values.forEach((value, i) => {
    if (values.slice(0, i).some((one) => compareQuantities(one, value) === 0)) errors.push(duplicateField(`${path}[${i}]`, value));
  });
  return values.some((value) => compareQuantities(value, usual) === 0) ? errors : [...errors, notFound];
}

function validateRange(usual: string, capacity: string, range: CapacityRequestPolicyRange, path: string): FieldError[] {
  const { min, max, step } = range;
  if (min === undefined) return [requiredField(`${path}.min`, 'required when validRange is defined')];
  const errors: FieldError[] = [];
  const check = (isWrong: boolean, field: string, value: string, detail: string): void => {
    if (isWrong) errors.push(invalidField(`${path}.${field}`, value, detail));
  };
  check(compareQuantities(min, capacity) > 0, 'min', min, `min is larger than capacity value: ${capacity}`);
  check(compareQuantities(usual, min) < 0, 'default', usual, `default is less than min: ${min}`);
  if (max !== undefined) {
    check(compareQuantities(min, max) > 0, 'max', min, `min is larger than max: ${max}`);
    check(compareQuantities(max, capacity) > 0, 'max', max, `max is larger than capacity value: ${capacity}`);
    check(compareQuantities(usual, max) > 0, 'default', usual, `default is more than max: ${max}`);
  }
  if (step === undefined) return errors;
  if (compareQuantities(step, '0') <= 0) return [...errors, invalidField(`${path}.step`, step, 'must be greater than zero')];
  const first = addQuantities(min, step);
  check(compareQuantities(first, capacity) > 0, 'step', step, `one step ${first} is larger than capacity value: ${capacity}`);
  for (const value of max === undefined ? [usual] : [usual, max])
    check(!isOnStep(value, min, step), 'step', value, `value is not a multiple of a given step (${step}) from (${min})`);
  return errors;
}

const isOnStep = (value: string, min: string, step: string): boolean =>
  (parseQuantity(subtractQuantities(value, min))?.nanos ?? 0n) % (parseQuantity(step)?.nanos ?? 1n) === 0n;
