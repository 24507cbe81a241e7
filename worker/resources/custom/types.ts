// A schema as a type of api/schema.ts, for ownership of fields: what is one value, what goes on by field, by key or by item. Mirrors
// apiextensions-apiserver pkg/controller/openapi/builder and structured-merge-diff's view of it.

import { scalar } from '../../api/schema.ts';
import type { Field, StructType, Type } from '../../api/schema.ts';
import { builtinType } from '../schema/index.ts';
import { isEmbedded, isIntOrString, isMap, itemsOf, preservesUnknown, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** The type of a whole object. */
export function objectType(schema: Schema, name: string): StructType {
  const type = structType(schema, name, true);
  return type;
}

function typeOf(schema: Schema, name: string): Type {
  if (isIntOrString(schema)) return scalar('IntOrString');
  switch (schema.type) {
    case 'object':
      return objectLike(schema, name);
    case 'array': {
      const items = itemsOf(schema);
      return {
        kind: 'list',
        of: items ? typeOf(items, name) : scalar('any'),
        list: schema['x-kubernetes-list-type'] === 'set' ? 'set' : schema['x-kubernetes-list-type'] === 'map' ? 'map' : 'atomic',
        keys: schema['x-kubernetes-list-map-keys'] ?? [],
      };
    }
    case 'string':
      return scalar('string');
    case 'integer':
      return scalar('int64');
    case 'number':
      return scalar('float64');
    case 'boolean':
      return scalar('bool');
    default:
      return scalar('any');
  }
}

function objectLike(schema: Schema, name: string): Type {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic';
  if (isMap(schema)) {
    const values = valuesOf(schema);
    return { kind: 'map', of: values ? typeOf(values, name) : scalar('any'), atomic };
  }
  if (!schema.properties && !isEmbedded(schema) && preservesUnknown(schema))
    return atomic ? { kind: 'map', of: scalar('any'), atomic } : scalar('any');
  return structType(schema, name, isEmbedded(schema));
}

function structType(schema: Schema, name: string, hasMeta: boolean): StructType {
  const fields = new Map<string, Field>();
  for (const [key, property] of Object.entries(schema.properties ?? {}))
    fields.set(key, fieldOf(key, typeOf(property, `${name}.${key}`), property));
  if (hasMeta) {
    fields.set('apiVersion', fieldOf('apiVersion', scalar('string')));
    fields.set('kind', fieldOf('kind', scalar('string')));
    fields.set('metadata', fieldOf('metadata', builtinType('meta.v1.ObjectMeta')));
  }
  return {
    kind: 'struct',
    name,
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    fields,
    members: [],
    ...(preservesUnknown(schema) && { preserveUnknownFields: true }),
  };
}

function fieldOf(name: string, type: Type, schema?: Schema): Field {
  return {
    name,
    type,
    omit: 'empty',
    pointer: true,
    optional: true,
    wrapped: false,
    ...(schema?.default !== undefined && { default: schema.default }),
  };
}
