// What a schema says of its lists: sets, and maps by keys. Mirrors apiextensions-apiserver pkg/apis/apiextensions/validation.

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { itemsOf, propertyOf } from '../../custom/schema.ts';

export function validateListType(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  const at = (name: string): string => `${path}.${name}`;
  if (type !== undefined && schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push(schema.type ? invalidField(at('type'), schema.type, detail) : requiredField(at('type'), detail));
  } else if (type === 'set' && items) errors.push(...validateSetItems(items, path));
  if (type !== undefined && !['atomic', 'set', 'map'].includes(type))
    errors.push(notSupported(at('x-kubernetes-list-type'), type, ['atomic', 'set', 'map']));
  if (keys.length && type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(
      type === undefined ? requiredField(at('x-kubernetes-list-type'), detail) : invalidField(at('x-kubernetes-list-type'), type, detail),
    );
  }
  if (type !== 'map') return errors;
  if (!keys.length) errors.push(requiredField(at('x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'));
  if (!schema.items) errors.push(requiredField(at('items'), 'must have a schema if x-kubernetes-list-type is map'));
  if (items && items.type !== 'object')
    errors.push(invalidField(at('items.type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
  if (items?.type === 'object') errors.push(...validateKeys(items, keys, path));
  return errors;
}

function validateSetItems(items: JSONSchemaProps, path: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidField(`${path}.items.x-kubernetes-list-type`, listType, detail)];
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalidField(`${path}.items.x-kubernetes-map-type`, listType ?? null, detail)];
  return [];
}

function validateKeys(items: JSONSchemaProps, keys: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, key] of keys.entries()) {
    const property = propertyOf(items, key);
    if (!property) errors.push(invalidField(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalidField(
          `${path}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (keys.indexOf(key) < i) errors.push(invalidField(`${path}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries'));
  }
  return errors;
}

/** Keys must be there, and nothing that tells items apart may be null. */
export function validateListKeys(schema: JSONSchemaProps, path: string): FieldError[] {
  const items = itemsOf(schema);
  const type = schema['x-kubernetes-list-type'];
  if (!items || (type !== 'set' && type !== 'map')) return [];
  const errors: FieldError[] = [];
  if (items.nullable) errors.push(forbiddenField(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  if (type === 'set') return errors;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = propertyOf(items, key);
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    if (!items.required?.includes(key) && property.default === undefined)
      errors.push(
        requiredField(
          `${at}.default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (property.nullable)
      errors.push(forbiddenField(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'));
  }
  return errors;
}
