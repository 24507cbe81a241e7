// Whether a schema is structural: each value's type is said once, outside of anyOf and its like. Mirrors apiextensions-apiserver pkg/apiserver/schema
// (validation.go and complete.go).

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { fieldErrorMessage, forbiddenField, invalidField, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { goRegExp } from '../../../lib/go-regexp.ts';
import { isEqual, isRecord } from '../../../lib/json.ts';
import { isEmbedded, isIntOrString, isMap, itemsOf, preservesUnknown, propertyOf, valuesOf } from '../../custom/schema.ts';

export function validateStructural(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors = [...invariants(schema, 'root', path), ...completeness(schema, path)];
  const text = new Map(errors.map((error) => [error, fieldErrorMessage(error)]));
  return errors.sort((a, b) => (text.get(a)! < text.get(b)! ? -1 : text.get(a)! > text.get(b)! ? 1 : 0));
}

type Level = 'root' | 'item' | 'field';

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function invariants(schema: JSONSchemaProps, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type = '' } = schema;
  const at = (name: string): string => `${path}.${name}`;
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (type === 'array' && !schema.items) errors.push(requiredField(at('items'), 'must be specified'));
  if (items) errors.push(...invariants(items, 'item', at('items')));
  for (const name of Object.keys(schema.properties ?? {}))
    errors.push(...invariants(propertyOf(schema, name)!, 'field', at(`properties[${name}]`)));
  if (isMap(schema) && level === 'root') errors.push(forbiddenField(at('additionalProperties'), 'must not be used at the root'));
  if (values) errors.push(...invariants(values, 'field', at('additionalProperties')));
  errors.push(
    ...extensions(schema, path),
    ...valueValidation(schema, path, level, isPattern(schema.anyOf), isPattern(schema.allOf?.[0]?.anyOf)),
  );
  if (isEmbedded(schema) && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type ? invalidField(at('type'), type, detail) : requiredField(at('type'), detail));
  } else if (!type && !isIntOrString(schema) && !preservesUnknown(schema)) errors.push(requiredField(at('type'), NO_TYPE[level]));
  if (isEmbedded(schema) && isMap(schema))
    errors.push(forbiddenField(at('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'));
  if (level === 'root' && type && type !== 'object') errors.push(invalidField(at('type'), type, 'must be object at the root'));
  if (level === 'root' || isEmbedded(schema)) errors.push(...metaFields(schema, path));
  const metadata = propertyOf(schema, 'metadata');
  if (metadata) errors.push(...metadataInvariants(metadata, level, isEmbedded(schema), at('properties[metadata]')));
  if (isEmbedded(schema) && !preservesUnknown(schema) && !Object.keys(schema.properties ?? {}).length)
    errors.push(
      requiredField(
        at('properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  return errors;
}

function metaFields(schema: JSONSchemaProps, path: string): FieldError[] {
  return ['kind', 'apiVersion'].flatMap((name) => {
    const property = propertyOf(schema, name);
    if (!property || property.type === 'string') return [];
    return [invalidField(`${path}.properties[${name}].type`, property.type ?? '', 'must be string')];
  });
}

function metadataInvariants(metadata: JSONSchemaProps, level: Level, embedded: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((level === 'root' || embedded) && metadata.type !== 'object')
    errors.push(invalidField(`${path}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return errors;
  const { type: _, description: __, properties, default: ___, ...rest } = metadata;
  const hasOthers = Object.keys(properties ?? {}).some((name) => name !== 'name' && name !== 'generateName');
  const { description } = metadata;
  if (hasOthers || Object.keys(rest).length || description)
    errors.push(forbiddenField(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
  return errors;
}

function extensions(schema: JSONSchemaProps, path: string): FieldError[] {
  if (!isIntOrString(schema)) return [];
  const errors: FieldError[] = [];
  for (const [name, is] of [
    ['x-kubernetes-preserve-unknown-fields', preservesUnknown(schema)],
    ['x-kubernetes-embedded-resource', isEmbedded(schema)],
  ] as const)
    if (is) errors.push(invalidField(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'));
  return errors;
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
/** The one place where anyOf may say types: an int-or-string's. */
const isPattern = (anyOf: unknown): boolean => isEqual(anyOf, INT_OR_STRING);

function valueValidation(schema: JSONSchemaProps, path: string, level: Level, skipAnyOf: boolean, skipFirst: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!skipAnyOf) for (const [i, one] of (schema.anyOf ?? []).entries()) errors.push(...nested(one, `${path}.anyOf[${i}]`, level, false));
  for (const [i, one] of (schema.allOf ?? []).entries()) errors.push(...nested(one, `${path}.allOf[${i}]`, level, skipFirst && i === 0));
  for (const [i, one] of (schema.oneOf ?? []).entries()) errors.push(...nested(one, `${path}.oneOf[${i}]`, level, false));
  if (schema.not) errors.push(...nested(schema.not, `${path}.not`, level, false));
  if (schema.pattern) {
    try {
      goRegExp(schema.pattern);
    } catch (error) {
      const detail = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
      errors.push(invalidField(`${path}.pattern`, schema.pattern, detail));
    }
  }
  return errors;
}

const EMPTY_INSIDE = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
  'x-kubernetes-validations': 'must be empty to be structural',
} as const;

/** A schema inside of anyOf and its like only checks values. */
function nested(schema: JSONSchemaProps, path: string, level: Level, skipAnyOf: boolean): FieldError[] {
  const errors = valueValidation(schema, path, level, skipAnyOf, false);
  const items = itemsOf(schema);
  if (items) errors.push(...nested(items, `${path}.items`, level, false));
  for (const name of Object.keys(schema.properties ?? {}))
    errors.push(...nested(propertyOf(schema, name)!, `${path}.properties[${name}]`, 'field', false));
  for (const [name, detail] of Object.entries(EMPTY_INSIDE)) {
    const value = (schema as Record<string, unknown>)[name];
    const isEmpty =
      value === undefined ||
      value === '' ||
      (value === false && name !== 'additionalProperties') ||
      (Array.isArray(value) && !value.length);
    if (!isEmpty) errors.push(forbiddenField(`${path}.${name}`, detail));
  }
  if (propertyOf(schema, 'metadata'))
    errors.push(forbiddenField(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  return errors;
}

/** Whatever is said inside of the root's anyOf and its like must be there outside too. Of schemas further inside upstream does not ask that. */
function completeness(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, list] of [
    ['anyOf', isPattern(schema.anyOf) ? [] : schema.anyOf],
    ['allOf', schema.allOf],
    ['oneOf', schema.oneOf],
  ] as const)
    for (const [i, one] of (list ?? []).entries()) errors.push(...complete(one, schema, `${path}.${name}[${i}]`, path));
  if (schema.not) errors.push(...complete(schema.not, schema, `${path}.not`, path));
  return errors;
}

function complete(inner: JSONSchemaProps, outer: JSONSchemaProps | undefined, innerPath: string, outerPath: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!outer) return [requiredField(outerPath, `because it is defined in ${innerPath}`)];
  for (const [name, list] of [
    ['anyOf', inner.anyOf],
    ['allOf', inner.allOf],
    ['oneOf', inner.oneOf],
  ] as const)
    for (const [i, one] of (list ?? []).entries())
      if (!isPattern(inner.anyOf) || name !== 'anyOf') errors.push(...complete(one, outer, `${innerPath}.${name}[${i}]`, outerPath));
  if (inner.not) errors.push(...complete(inner.not, outer, `${innerPath}.not`, outerPath));
  const items = itemsOf(inner);
  if (items) errors.push(...complete(items, itemsOf(outer), `${innerPath}.items`, `${outerPath}.items`));
  for (const name of Object.keys(inner.properties ?? {})) {
    const property = propertyOf(inner, name)!;
    const target = propertyOf(outer, name) ?? (isRecord(outer.additionalProperties) ? valuesOf(outer) : undefined);
    errors.push(...complete(property, target, `${innerPath}.properties[${name}]`, `${outerPath}.properties[${name}]`));
  }
  return errors;
}
