// Rules that several kinds of storage share. Mirrors pkg/apis/storage/validation.

import { duplicateField, invalidField, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { TopologySelectorTerm } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { byteLength } from '../../lib/text.ts';
import { qualifiedName } from '../validation/values.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

export const validateProvisioner = (name: string, path: string): FieldError[] =>
  name ? qualifiedName(name.toLowerCase(), path) : [requiredField(path)];

export function validateParameters(parameters: Record<string, string> = {}, allowEmpty: boolean, path: string): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [tooLong(path, MAX_PARAMETERS)];
  const errors: FieldError[] = [];
  if ('' in parameters) errors.push(invalidField(path, '', 'field can not be empty.'));
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (size > MAX_PARAMETER_BYTES) errors.push(tooLong(path, MAX_PARAMETER_BYTES));
  if (!allowEmpty && !entries.length) errors.push(requiredField(path, 'must contain at least one key/value pair'));
  return errors;
}

export function validateTopologies(terms: readonly TopologySelectorTerm[] = [], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen: Record<string, string[]>[] = [];
  for (const [i, term] of terms.entries()) {
    const at = `${path}[${i}].matchLabelExpressions`;
    const keys: Record<string, string[]> = {};
    for (const [n, { key, values }] of (term.matchLabelExpressions ?? []).entries()) {
      errors.push(...validateTopologyValues(values ?? [], `${at}[${n}].values`), ...qualifiedName(key, `${at}[${n}].key`));
      if (Object.hasOwn(keys, key)) errors.push(duplicateField(`${at}[${n}].key`, key));
      keys[key] = [...new Set(values)].sort();
    }
    // Upstream compares with as many empty terms as there are terms, too.
    if (!Object.keys(keys).length || seen.some((other) => isEqual(other, keys))) errors.push(duplicateField(at, ''));
    seen.push(keys);
  }
  return errors;
}

function validateTopologyValues(values: readonly string[], path: string): FieldError[] {
  if (!values.length) return [requiredField(path)];
  return values.flatMap((value, i) => (values.indexOf(value) < i ? [duplicateField(`${path}[${i}]`, value)] : []));
}
