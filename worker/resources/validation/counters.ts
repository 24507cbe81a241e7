// Numbers that a controller reports in a status: none negative, parts not greater than the whole, collisions never fewer. Mirrors pkg/apis/apps/validation.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { nonNegative } from './values.ts';

export function nonNegativeCounters<K extends string>(status: { readonly [key in K]?: unknown }, names: readonly K[]): FieldError[] {
  return names.flatMap((name) => nonNegative(status[name] as number | undefined, `status.${name}`));
}

type Count = number | undefined;

/** `part` may not be more than `whole`. */
export const notMoreThan = (part: Count, whole: Count, name: string, than: string): FieldError[] =>
  (part ?? 0) > (whole ?? 0) ? [invalidField(`status.${name}`, part ?? 0, `cannot be greater than ${than}`)] : [];

export const invalidDecrement = (count: Count, old: Count): FieldError[] =>
  old !== undefined && (count === undefined || count < old)
    ? [invalidField('status.collisionCount', count ?? 0, 'cannot be decremented')]
    : [];
