// Defaults are values like any other: pruned already, and valid. Mirrors apiextensions-apiserver pkg/apiserver/schema/defaulting/validation.go.

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { invalidField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { isEqual } from '../../../lib/json.ts';
import { validateEmbedded } from '../../custom/embedded.ts';
import { prune } from '../../custom/prune.ts';
import { compileRules } from '../../custom/rules.ts';
import { itemsOf, propertyOf } from '../../custom/schema.ts';
import { validateValue } from '../../custom/validate.ts';

export function validateDefaults(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = schema.default === undefined ? [] : validateDefault(schema, `${path}.default`);
  const items = itemsOf(schema);
  if (items) errors.push(...validateDefaults(items, `${path}.items`));
  for (const name of Object.keys(schema.properties ?? {}))
    errors.push(...validateDefaults(propertyOf(schema, name)!, `${path}.properties[${name}]`));
  return errors;
}

function validateDefault(schema: JSONSchemaProps, field: string): FieldError[] {
  const value = schema.default;
  const unread = { unknown: [], readMetadata: (given: unknown) => ({ object: given as Record<string, unknown>, unknown: [] }) };
  if (!isEqual(prune(value, schema, unread), value)) return [invalidField(field, value, 'must not have unknown fields')];
  const errors = [...validateEmbedded(value, schema, field)];
  if (!errors.length) errors.push(...validateValue(value, schema, field));
  return errors.length ? errors : (compileRules(schema)?.(value, undefined, field) ?? []);
}
