// Fields that hold one of a few words.

import { notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';

/** Required. The words are listed as given: sort them where upstream prints a set. */
export function oneOf(value: string | undefined, words: readonly string[], path: string): FieldError[] {
  if (!value) return [requiredField(path)];
  return words.includes(value) ? [] : [notSupported(path, value, words)];
}

/** May be left out; an empty word is a wrong one. */
export const oneOfIfSet = (value: string | undefined, words: readonly string[], path: string): FieldError[] =>
  value === undefined || words.includes(value) ? [] : [notSupported(path, value, words)];
