// What expressions may know of the objects of a kind, built-in or custom: its schema as a type of CEL. Mirrors apiserver pkg/cel/common/schemas.go over the
// published schemas.

import type { Resource } from '../api/resource.ts';
import type { Type as FieldType } from '../api/schema.ts';
import { BOOL, BYTES, DOUBLE, DYN, INT, listOf, mapOf, objectType, STRING, TIMESTAMP } from '../lib/cel/types.ts';
import type { Type } from '../lib/cel/types.ts';
import { celType, escapeName } from './custom/cel-types.ts';

/** Undefined where rules cannot speak of such values. */
export function objectTypeOf({ openapiSchema, schema, kind }: Resource): Type | undefined {
  return openapiSchema ? celType(openapiSchema(), true) : typeOf(schema, kind);
}

/** `name` is what messages call it: `Deployment.spec`. Differs: upstream numbers the kinds by the time of day. */
function typeOf(type: FieldType, name: string): Type {
  switch (type.kind) {
    case 'struct':
      return objectType(name, (field) => {
        for (const [own, { type: of }] of type.fields) if (escapeName(own) === field) return typeOf(of, `${name}.${own}`);
        return undefined;
      });
    case 'list':
      return listOf(typeOf(type.of, `${name}.@idx`));
    case 'map':
      return mapOf(STRING, typeOf(type.of, `${name}.@elem`));
    case 'bool':
      return BOOL;
    case 'int32':
    case 'int64':
    case 'uint32':
      return INT;
    case 'float64':
      return DOUBLE;
    case 'bytes':
      return BYTES;
    case 'Time':
    case 'MicroTime':
      return TIMESTAMP;
    case 'string':
    case 'Duration':
      return STRING;
    default:
      return DYN;
  }
}
