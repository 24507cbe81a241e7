// Numbers that may be percentages (`maxUnavailable: 25%`). Mirrors pkg/apis/apps/validation and apimachinery pkg/util/intstr.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { percentProblems } from '../../lib/names.ts';
import { nonNegative, problems } from './values.ts';

export function nonNegativeIntOrPercent(value: number | string, path: string): FieldError[] {
  return typeof value === 'string' ? problems(value, percentProblems(value), path) : nonNegative(value, path);
}

export function atMost100Percent(value: number | string, path: string): FieldError[] {
  const percent = percentOf(value);
  return percent !== undefined && percent > 100 ? [invalidField(path, value, 'must not be greater than 100%')] : [];
}

/** 25 of `25%`; undefined of what is no percentage. */
const percentOf = (value: number | string): number | undefined =>
  typeof value === 'string' && percentProblems(value).length === 0 ? Number(value.slice(0, -1)) : undefined;

/** The number in it, of either kind; 0 if it is neither (Go's Atoi of any text, whose error is ignored). */
export function intOrPercentValue(value: number | string): number {
  if (typeof value === 'number') return value;
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0);
}
