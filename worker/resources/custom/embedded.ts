// Objects inside objects have a kind, a version and sound metadata. Mirrors apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go.

import { invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateObjectMeta } from '../../api/metadata-validation.ts';
import { isRecord } from '../../lib/json.ts';
import { dns1035LabelProblems, pathSegmentProblems } from '../../lib/names.ts';
import { isEmbedded, itemsOf, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

export function validateEmbedded(value: unknown, schema: Schema | undefined, path = ''): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items ? value.flatMap((item: unknown, i) => validateEmbedded(item, items, `${path}[${i}]`)) : [];
  }
  if (!isRecord(value)) return [];
  const at = (key: string): string => (path ? `${path}.${key}` : key);
  const values = valuesOf(schema);
  return [
    ...(isEmbedded(schema) ? validateObject(value, at) : []),
    ...Object.keys(value).flatMap((key) => {
      const property = propertyOf(schema, key);
      if (property) return validateEmbedded(value[key], property, at(key));
      return values ? validateEmbedded(value[key], values, `${path}[${key}]`) : [];
    }),
  ];
}

function validateObject(value: Record<string, unknown>, at: (key: string) => string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind, metadata } = value;
  if (!apiVersion) errors.push(requiredField(at('apiVersion'), 'must not be empty'));
  else if (String(apiVersion).split('/').length > 2)
    errors.push(invalidField(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${String(apiVersion)}`));
  if (!kind) errors.push(requiredField(at('kind'), 'must not be empty'));
  else {
    const problems = dns1035LabelProblems(String(kind).toLowerCase());
    if (problems.length)
      errors.push(invalidField(at('kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`));
  }
  if (isRecord(metadata)) {
    const isNamespaced = typeof metadata['namespace'] === 'string' && metadata['namespace'] !== '';
    const named = { ...metadata, name: metadata['name'] || 'fakename' };
    errors.push(...validateObjectMeta(named as never, isNamespaced, pathSegmentProblems, at('metadata')));
  }
  return errors;
}
