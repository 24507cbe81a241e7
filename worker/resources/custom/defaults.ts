// Fills in a schema's defaults, in place. Mirrors apiextensions-apiserver pkg/apiserver/schema/defaulting.

import { clone, isRecord, setOwn } from '../../lib/json.ts';
import { isIdleNull, itemsOf, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

export function fillDefaults(value: unknown, schema: Schema | undefined): void {
  if (!schema) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    for (let i = 0; i < value.length; i++) {
      if (isIdleNull(value[i], items)) value[i] = clone(items!.default ?? null);
      fillDefaults(value[i], items);
    }
    return;
  }
  if (!isRecord(value)) return;
  addMissing(value, schema);
  const values = valuesOf(schema);
  for (const key in value) {
    const property = propertyOf(schema, key);
    if (!property && values && isIdleNull(value[key], values)) setOwn(value, key, clone(values.default ?? null));
    fillDefaults(value[key], property ?? values);
  }
}

/** Fields stay in order of their names, as Go writes maps. */
function addMissing(value: Record<string, unknown>, schema: Schema): void {
  let isChanged = false;
  for (const key in schema.properties) {
    const property = schema.properties[key]!;
    if (property.default === undefined) continue;
    if (Object.hasOwn(value, key) && !isIdleNull(value[key], property)) continue;
    setOwn(value, key, clone(property.default));
    isChanged = true;
  }
  if (!isChanged) return;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key] of fields) delete value[key];
  for (const [key, field] of fields) setOwn(value, key, field);
}
