import type { FieldError } from '../../api/field-error.ts';
import type { Schema } from './schema.ts';

/** Checks a value against the rules of its schema; undefined if there are none. */
export function compileRules(_schema: Schema): ((value: unknown, old: unknown, path?: string) => FieldError[]) | undefined {
  return undefined;
}
