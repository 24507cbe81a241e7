// Every schema inside a schema, itself first.

import type { JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { isRecord } from '../../../lib/json.ts';

export function* schemasIn(schema: JSONSchemaProps): Generator<JSONSchemaProps> {
  yield schema;
  for (const one of childrenOf(schema)) yield* schemasIn(one);
}

function childrenOf(schema: JSONSchemaProps): JSONSchemaProps[] {
  const { items, properties, additionalProperties, not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const single = [items, additionalProperties, not].filter(isRecord) as JSONSchemaProps[];
  const list = Array.isArray(items) ? (items as JSONSchemaProps[]) : [];
  return [...single, ...list, ...Object.values(properties ?? {}), ...allOf, ...anyOf, ...oneOf];
}
