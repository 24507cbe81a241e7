// Lists that are sets or maps hold nothing twice. Mirrors apiextensions-apiserver pkg/apiserver/schema/listtype.

import { duplicateField, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { canonicalJson, isRecord } from '../../lib/json.ts';
import { itemsOf, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

export function validateLists(value: unknown, schema: Schema | undefined, path = ''): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...validateList(value, schema, path),
      ...(items ? value.flatMap((item: unknown, i) => validateLists(item, items, `${path}[${i}]`)) : []),
    ];
  }
  if (!isRecord(value)) return [];
  const values = valuesOf(schema);
  return Object.keys(value).flatMap((key) => {
    const property = propertyOf(schema, key);
    if (property) return validateLists(value[key], property, path ? `${path}.${key}` : key);
    return values ? validateLists(value[key], values, `${path}[${key}]`) : [];
  });
}

function validateList(list: unknown[], schema: Schema, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(list).map((i) => duplicateField(`${path}[${i}]`, list[i]));
  if (type !== 'map') return [];
  const stranger = list.findIndex((item) => item !== null && !isRecord(item));
  if (stranger >= 0) return [invalidField(`${path}[${stranger}]`, list[stranger], 'must be an object for an array of list-type map')];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const ids = list.map((item) =>
    Object.fromEntries(
      keys.filter((key) => isRecord(item) && Object.hasOwn(item, key)).map((key) => [key, (item as Record<string, unknown>)[key]]),
    ),
  );
  return repeated(ids).map((i) => duplicateField(`${path}[${i}]`, ids[i]));
}

/** Where something comes for the second time; what comes a third time is not told again. */
function repeated(list: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  const out: number[] = [];
  list.forEach((item, i) => {
    const id = canonicalJson(item);
    const times = seen.get(id) ?? 0;
    if (times === 1) out.push(i);
    seen.set(id, times + 1);
  });
  return out;
}
